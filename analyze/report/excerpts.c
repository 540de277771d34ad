/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/excerpts.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/output/body_text.h"
#include "protocols/value/utf8.h"

/* Of what one side said, bytes as they are printed; and of the line for both. */
#define HEAD_MAX     2048
#define BODY_MAX     4096
#define LINE_MAX_LEN 400

static void free_excerpt(struct excerpt *excerpt)
{
	if (!excerpt)
		return;
	for (int side = 0; side < 2; side++) {
		free(excerpt->sides[side].head);
		free(excerpt->sides[side].body);
	}
	free(excerpt->line);
	free(excerpt->note);
	free(excerpt->client);
	free(excerpt->server);
	free(excerpt);
}

/* A copy of at most LIMIT bytes, that ends with a character where it is text. NULL: empty. */
static char *copy(struct excerpts *s, struct span text, size_t limit, bool *cut)
{
	struct span some = utf8_fitting(text, limit);
	char *to;

	*cut |= some.len < text.len;
	if (!some.len)
		return NULL;
	to = strndup(some.data, some.len);
	if (!to)
		s->no_memory = true;
	return to;
}

/* Zero bytes would end the copy: they become what a person reads. */
static char *copy_read(struct excerpts *s, struct span bytes, size_t limit, bool *cut)
{
	struct span some = bytes;

	/* What can't be shown needn't be laid out. */
	if (some.len > 4 * limit)
		some.len = 4 * limit;
	*cut |= some.len < bytes.len;
	buffer_clear(&s->text);
	body_append(&s->text, some);
	if (s->text.failed)
		s->no_memory = true;
	return copy(s, buffer_span(&s->text), limit, cut);
}

static void fill_side(struct excerpts *s, struct excerpt *to, const struct row *row, enum side side)
{
	struct excerpt_side *out = &to->sides[side];

	said_fill(&s->said, row, side, s->no_body ? SAID_HEADS : SAID_READ);
	out->head = copy_read(s, buffer_span(&s->said.head), HEAD_MAX, &out->cut);
	out->body = copy_read(s, s->said.body, BODY_MAX, &out->cut);
}

static char *who(struct excerpts *s, const struct row *row, enum side side)
{
	char text[ADDRESS_TEXT_MAX];
	bool cut = false;

	said_who(row, side, text);
	return copy(s, span_text(text), sizeof(text), &cut);
}

/* TEXT without line ends and zero bytes that would end it: escaped as it is printed. */
static char *copy_line(struct excerpts *s, struct span text)
{
	bool cut = false;

	text = utf8_fitting(text, LINE_MAX_LEN);
	buffer_clear(&s->text);
	for (size_t i = 0; i < text.len; i++)
		buffer_append_char(&s->text, text.data[i] ? text.data[i] : ' ');
	return copy(s, buffer_span(&s->text), LINE_MAX_LEN, &cut);
}

static struct excerpt *make_excerpt(struct excerpts *s, const struct row *row)
{
	struct excerpt *to = calloc(1, sizeof(*to));
	struct buffer line = {0};

	if (!to) {
		s->no_memory = true;
		return NULL;
	}
	to->table = row->table;
	to->begin = row->begin;
	to->latency = row_latency(row);
	to->first_byte = row_first_byte(row);
	to->outcome = row->outcome;
	to->number = s->number;
	row_id(row, to->id);
	row->table->describe(row->values, &line);
	to->line = copy_line(s, buffer_span(&line));
	buffer_free(&line);
	to->note = copy_line(s, row->note);
	to->client = who(s, row, SIDE_CLIENT);
	to->server = who(s, row, SIDE_SERVER);
	fill_side(s, to, row, SIDE_CLIENT);
	fill_side(s, to, row, SIDE_SERVER);
	return to;
}

/* ---- the slowest ---- */

static struct slow_excerpts *slow_of(struct excerpts *s, const struct table *table)
{
	size_t i = 0;

	while (i < s->slow_count && s->slow[i].table != table)
		i++;
	if (i == EXCERPTS_TABLES)
		return NULL;
	if (i == s->slow_count)
		s->slow[s->slow_count++].table = table;
	return &s->slow[i];
}

static void add_slow(struct excerpts *s, const struct row *row)
{
	int64_t took = row_latency(row);
	struct slow_excerpts *slow = took == TIME_UNKNOWN ? NULL : slow_of(s, row->table);
	struct excerpt *excerpt;
	size_t at;

	if (!slow)
		return;
	slow->count++;
	for (at = slow->kept; at && slow->of[at - 1]->latency < took; at--)
		;
	if (at == EXCERPTS_SLOW)
		return;
	excerpt = make_excerpt(s, row);
	if (!excerpt)
		return;
	if (slow->kept == EXCERPTS_SLOW)
		free_excerpt(slow->of[--slow->kept]);
	memmove(&slow->of[at + 1], &slow->of[at], (slow->kept - at) * sizeof(struct excerpt *));
	slow->of[at] = excerpt;
	slow->kept++;
}

/* ---- those that failed ---- */

/* NAME as it is kept: not too long, and without what would end it. */
static struct span short_name(struct buffer *name)
{
	size_t limit = sizeof(((struct failed_excerpts *)NULL)->name) - 1;

	for (size_t i = 0; i < name->len; i++)
		if (!name->data[i])
			name->data[i] = ' ';
	return span_of(name->data, name->len < limit ? name->len : limit);
}

static struct failed_excerpts *failed_of(struct excerpts *s, const struct table *table,
					 struct span name)
{
	size_t i = 0;

	while (i < s->failed_count &&
	       (s->failed[i].table != table || !span_is(name, s->failed[i].name)))
		i++;
	if (i == EXCERPTS_WAYS)
		return NULL;
	if (i == s->failed_count) {
		s->failed_count++;
		s->failed[i].table = table;
		memcpy(s->failed[i].name, name.data, name.len);
	}
	return &s->failed[i];
}

static void add_failed(struct excerpts *s, struct facts_cache *facts, const struct row *row)
{
	struct failed_excerpts *failed;
	struct buffer name = {0};

	if (row->outcome == OUTCOME_OK)
		return;
	facts_failure(facts_of(facts, row->table), row->outcome, row->values, &name);
	failed = failed_of(s, row->table, short_name(&name));
	buffer_free(&name);
	if (!failed) {
		s->more_failed++;
		return;
	}
	failed->count++;
	if (failed->kept == EXCERPTS_FAILED)
		return;
	failed->of[failed->kept] = make_excerpt(s, row);
	failed->kept += failed->of[failed->kept] != NULL;
}

void excerpts_add(struct excerpts *s, struct facts_cache *facts, const struct row *row)
{
	s->number++;
	add_slow(s, row);
	add_failed(s, facts, row);
}

void excerpts_free(struct excerpts *s)
{
	for (size_t i = 0; i < s->slow_count; i++)
		for (size_t j = 0; j < s->slow[i].kept; j++)
			free_excerpt(s->slow[i].of[j]);
	for (size_t i = 0; i < s->failed_count; i++)
		for (size_t j = 0; j < s->failed[i].kept; j++)
			free_excerpt(s->failed[i].of[j]);
	said_free(&s->said);
	buffer_free(&s->text);
}
