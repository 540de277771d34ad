/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/answers.h"

#include <stdlib.h>

#include "format/array.h"
#include "protocols/value/json_read.h"

/* Longest name, in presentation format with escapes, and longest answer that is kept. */
#define NAME_MAX_LEN   300
#define ANSWER_MAX_LEN 120

static void bind(struct answers *a, const struct table *table)
{
	if (a->table == table)
		return;
	a->table = table;
	a->qname = table_column(table, "qname");
	a->qtype = table_column(table, "qtype");
	a->answers = table_column(table, "answers");
}

void answers_question(struct answers *a, const struct table *table, const struct value *values,
		      struct buffer *name, struct buffer *type)
{
	bind(a, table);
	if (a->qname >= 0 && value_has_text(&values[a->qname])) {
		struct span text = values[a->qname].text;

		for (size_t i = 0; i < text.len && i < NAME_MAX_LEN; i++) {
			char c = text.data[i];

			buffer_append_char(name, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
		}
		if (!text.len)
			buffer_append_char(name, '.');
	}
	if (a->qtype >= 0 && value_has_text(&values[a->qtype]))
		buffer_append_span(type, values[a->qtype].text);
}

/* ---- answers ---- */

static struct answers_of *of_question(struct answers *a, uint32_t name, uint32_t type)
{
	const uint32_t key[2] = {name, type};
	size_t count = a->questions.count;
	size_t number = intern_put(&a->questions, span_of(key, sizeof(key)));
	struct answers_of *of;

	if (number == INTERN_NONE)
		return NULL;
	if (number < count)
		return &a->of[number];
	of = array_room(a->of, count, sizeof(*of));
	if (!of)
		return NULL;
	a->of = of;
	of[number] = (struct answers_of){0};
	return &of[number];
}

static bool keep(struct answers *a, struct answers_of *of, struct span text)
{
	size_t number;

	if (text.len > ANSWER_MAX_LEN)
		text.len = ANSWER_MAX_LEN;
	number = intern_find(&a->texts, text);
	for (size_t i = 0; i < of->count; i++)
		if (of->texts[i] == number)
			return true;
	if (of->count == ANSWERS_KEPT) {
		of->more = true;
		return true;
	}
	number = intern_put(&a->texts, text);
	if (number == INTERN_NONE)
		return false;
	of->texts[of->count++] = number;
	return true;
}

static bool keep_answer(struct answers *a, struct answers_of *of, struct span answer)
{
	struct span data;

	buffer_clear(&a->text);
	if (!json_find(answer, "data", &data) || !json_string_append(&a->text, data))
		return true;
	return keep(a, of, buffer_span(&a->text));
}

bool answers_learn(struct answers *a, const struct value *values, uint32_t name, uint32_t type)
{
	struct answers_of *of = of_question(a, name, type);
	struct span list;

	if (!of)
		return false;
	if (of->more || a->answers < 0 || values[a->answers].type != VALUE_JSON)
		return true;
	list = values[a->answers].text;
	for (size_t at = 1, end; at < list.len; at = end + 1) {
		end = json_value_end(list, at);
		if (!end)
			break;
		if (!keep_answer(a, of, span_of(list.data + at, end - at)))
			return false;
	}
	return true;
}

void answers_append(const struct answers *a, uint32_t name, uint32_t type, struct buffer *out)
{
	const uint32_t key[2] = {name, type};
	size_t number = intern_find(&a->questions, span_of(key, sizeof(key)));
	const struct answers_of *of;

	if (number == INTERN_NONE)
		return;
	of = &a->of[number];
	for (size_t i = 0; i < of->count; i++) {
		if (i)
			buffer_append_text(out, ", ");
		buffer_append_span(out, intern_text(&a->texts, of->texts[i]));
	}
	if (of->more)
		buffer_append_text(out, ", ...");
}

void answers_free(struct answers *a)
{
	free(a->of);
	intern_free(&a->questions);
	intern_free(&a->texts);
	buffer_free(&a->text);
}
