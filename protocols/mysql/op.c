/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/mysql/state.h"
#include "protocols/value/json.h"

/* ---- columns ---- */

void mysql_columns_add(struct mysql_columns *columns, const struct mysql_column *column)
{
	struct mysql_type_of type = {column->type, column->flags & MYSQL_FLAG_UNSIGNED};

	if (columns->names.len)
		buffer_append_char(&columns->names, ',');
	json_append_string(&columns->names, column->name);
	buffer_append(&columns->types, &type, sizeof(type));
	columns->count++;
}

void mysql_columns_clear(struct mysql_columns *columns)
{
	buffer_clear(&columns->names);
	buffer_clear(&columns->types);
	columns->count = 0;
}

void mysql_columns_free(struct mysql_columns *columns)
{
	buffer_free(&columns->names);
	buffer_free(&columns->types);
	columns->count = 0;
}

static size_t columns_memory(const struct mysql_columns *columns)
{
	return columns->names.capacity + columns->types.capacity;
}

/* ---- commands ---- */

static bool give_up_oldest(void *state)
{
	struct mysql_state *st = state;

	if (!st->oldest)
		return false;
	mysql_emit(st, st->oldest, &(struct mysql_end){.missed = true});
	mysql_op_done(st);
	return true;
}

struct mysql_op *mysql_op_new(struct mysql_state *st, unsigned command, const struct frame *frame)
{
	struct budget *budget = session_budget(st->session);
	struct mysql_op *op;

	budget_make_room(budget, sizeof(*op), give_up_oldest, st);
	op = budget_calloc(budget, sizeof(*op));
	if (!op)
		return NULL;
	op->command = command;
	op->first = frame->ts_first;
	op->last = frame->ts_last;
	op->answer_first = op->answer_last = TIME_UNKNOWN;
	op->position = frame->offset;
	op->req_bytes = frame->len;
	op->lost = frame->lost;
	op->next_seq = 1;
	*st->newest = op;
	st->newest = &op->next;
	return op;
}

void mysql_op_done(struct mysql_state *st)
{
	struct mysql_op *op = st->oldest;

	st->oldest = op->next;
	if (!st->oldest)
		st->newest = &st->oldest;
	buffer_free(&op->text);
	mysql_columns_free(&op->columns);
	buffer_free(&op->row_data);
	buffer_free(&op->infile);
	budget_give(session_budget(st->session), op->charged);
	budget_free(session_budget(st->session), op, sizeof(*op));
}

void mysql_op_settle(struct mysql_state *st, struct mysql_op *op)
{
	uint64_t now = op->text.capacity + columns_memory(&op->columns) + op->row_data.capacity +
		       op->infile.capacity;

	budget_recharge(session_budget(st->session), now, &op->charged);
}

bool mysql_room(struct mysql_state *st, const struct buffer *b, size_t n, size_t most)
{
	return budget_has_room(session_budget(st->session), b, n, most);
}

/* ---- prepared statements ---- */

static struct mysql_statement **bucket(struct mysql_state *st, uint32_t id)
{
	return &st->statements[id % MYSQL_BUCKETS];
}

struct mysql_statement *mysql_statement_find(struct mysql_state *st, uint32_t id)
{
	struct mysql_statement *s = *bucket(st, id);

	while (s && s->id != id)
		s = s->next;
	return s;
}

struct mysql_statement *mysql_statement_get(struct mysql_state *st, uint32_t id)
{
	struct mysql_statement *s = mysql_statement_find(st, id);

	if (s)
		return s;
	s = budget_calloc(session_budget(st->session), sizeof(*s));
	if (!s)
		return NULL;
	s->id = id;
	s->next = *bucket(st, id);
	*bucket(st, id) = s;
	return s;
}

void mysql_statement_settle(struct mysql_state *st, struct mysql_statement *s)
{
	uint64_t now = s->text.capacity + s->types.capacity + s->long_data.capacity +
		       columns_memory(&s->columns);

	budget_recharge(session_budget(st->session), now, &s->charged);
}

void mysql_statement_close(struct mysql_state *st, uint32_t id)
{
	struct mysql_statement **at = bucket(st, id), *s;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	s = *at;
	if (!s)
		return;
	*at = s->next;
	buffer_free(&s->text);
	buffer_free(&s->types);
	buffer_free(&s->long_data);
	mysql_columns_free(&s->columns);
	budget_give(session_budget(st->session), s->charged);
	budget_free(session_budget(st->session), s, sizeof(*s));
}

void mysql_statements_close(struct mysql_state *st)
{
	for (size_t i = 0; i < MYSQL_BUCKETS; i++)
		while (st->statements[i])
			mysql_statement_close(st, st->statements[i]->id);
	st->last_prepared = 0;
}

/* ---- all ---- */

void mysql_free_all(struct mysql_state *st)
{
	while (st->oldest)
		mysql_op_done(st);
	mysql_statements_close(st);
	inner_free(st->inner);
	codec_free(&st->codecs);
	buffer_free(&st->plain);
	buffer_free(&st->version);
	buffer_free(&st->user);
	buffer_free(&st->database);
	buffer_free(&st->plugin);
	buffer_free(&st->json);
	buffer_free(&st->bound);
	buffer_free(&st->names);
	buffer_free(&st->note);
	buffer_free(&st->events);
}
