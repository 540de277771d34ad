/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"
#include "protocols/value/json.h"

#define NULL_VALUE 0xfb /* in a text row */

static struct mysql_type_of type_of(const struct mysql_columns *columns, size_t i)
{
	const struct mysql_type_of *types = (const struct mysql_type_of *)columns->types.data;

	/* What isn't known is shown as it is. */
	return i < columns->count ? types[i] : (struct mysql_type_of){0xfd, false};
}

static void append_text_row(const struct mysql_columns *columns, struct cursor *c,
			    struct buffer *out)
{
	for (size_t i = 0; cursor_left(c) && !c->failed; i++) {
		struct mysql_value value = {.kind = MYSQL_VALUE_NULL};

		if (*c->pos == NULL_VALUE)
			cursor_skip(c, 1);
		else
			mysql_text_value(type_of(columns, i), mysql_lenenc_span(c), &value);
		if (c->failed)
			break;
		if (i)
			buffer_append_char(out, ',');
		mysql_value_json(&value, out);
	}
}

/* A zero, a bit for each column that is NULL (the first two aren't used), values. */
static void append_binary_row(const struct mysql_columns *columns, struct cursor *c,
			      struct buffer *out)
{
	const uint8_t *nulls;

	cursor_skip(c, 1);
	nulls = cursor_take(c, (columns->count + 7 + 2) / 8);
	for (size_t i = 0; nulls && i < columns->count && !c->failed; i++) {
		struct mysql_value value = {.kind = MYSQL_VALUE_NULL};

		if (!(nulls[(i + 2) / 8] >> ((i + 2) % 8) & 1))
			mysql_binary_value(type_of(columns, i), c, &value);
		if (c->failed)
			break;
		if (i)
			buffer_append_char(out, ',');
		mysql_value_json(&value, out);
	}
}

/* Rows that are fetched from a cursor are of its statement. */
static const struct mysql_columns *columns_of(struct mysql_state *st, struct mysql_op *op)
{
	struct mysql_statement *s;

	if (op->command != MYSQL_FETCH)
		return &op->columns;
	s = mysql_statement_find(st, op->statement);
	return s ? &s->columns : &op->columns;
}

void mysql_take_row(struct mysql_state *st, struct mysql_op *op, struct span payload, bool whole)
{
	bool binary = op->command == MYSQL_EXECUTE || op->command == MYSQL_FETCH ||
		      op->command == MYSQL_BULK_EXECUTE;
	struct cursor c = cursor_of(payload.data, payload.len);

	op->rows++;
	op->has_result = true;
	op->rows_cut |= !whole;
	if (op->rows_cut || !st->shows_rows)
		return;
	if (!mysql_room(st, &op->row_data, payload.len, session_keep(st->session))) {
		op->rows_cut = true;
		return;
	}
	json_list_next(&op->row_data);
	buffer_append_char(&op->row_data, '[');
	if (binary)
		append_binary_row(columns_of(st, op), &c, &op->row_data);
	else
		append_text_row(columns_of(st, op), &c, &op->row_data);
	buffer_append_char(&op->row_data, ']');
	mysql_op_settle(st, op);
}
