/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/stat/facts.h"

#include <string.h>

#include "analyze/shape/shape.h"
#include "format/hash.h"
#include "protocols/value/json_read.h"

/* The longest name of a failure. */
#define FAILURE_MAX 23

/* Of a table: the first of these columns that isn't null says how it failed. */
static const struct {
	const char *table;
	const char *columns[2];
} failures[] = {
	{"http", {"code", NULL}},
	{"http2", {"status", "reset_code"}},
	{"grpc", {"status", "reset_code"}},
	{"pgsql", {"sqlstate", NULL}},
	{"mysql", {"error_code", NULL}},
	{"mongodb", {"error_code", NULL}},
	{"cql", {"error_name", NULL}},
	{"kafka", {"error", "error_code"}},
	{"dns", {"rcode", NULL}},
	{"redis", {"reply", NULL}},
	{"amqp", {"reply_code", NULL}},
	{"nats", {"error_code", "error"}},
	{"thrift", {"error", "error_code"}},
	{"mux", {"error", "status"}},
	{"socks", {"reply", NULL}},
};

/* Columns that together are the whole question. */
static const struct {
	const char *table;
	const char *columns[2];
} questions[] = {
	{"pgsql", {"statement", "params"}}, {"mysql", {"statement", "params"}},
	{"cql", {"statement", "params"}},   {"mongodb", {"request", NULL}},
	{"redis", {"args", NULL}},	    {"http", {"path", NULL}},
	{"http2", {"path", NULL}},	    {"grpc", {"requests", NULL}},
};

static void bind(struct facts *f, const struct table *t)
{
	*f = (struct facts){
		.table = t,
		.bytes = {table_column(t, "req_bytes"), table_column(t, "resp_bytes")},
		.failure = {-1, -1},
		.question = {-1, -1},
		.learnt = shape_is_learnt(t),
		.within_requests = strcmp(t->name, "http") == 0 || strcmp(t->name, "http2") == 0 ||
				   strcmp(t->name, "grpc") == 0,
	};
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		for (size_t c = 0; c < 2 && strcmp(failures[i].table, t->name) == 0; c++)
			f->failure[c] = table_column(t, failures[i].columns[c]);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		for (size_t c = 0; c < 2 && strcmp(questions[i].table, t->name) == 0; c++)
			f->question[c] = table_column(t, questions[i].columns[c]);
}

const struct facts *facts_of(struct facts_cache *c, const struct table *table)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->of[i].table == table)
			return &c->of[i];
	if (c->count == FACTS_TABLES)
		c->count = 0;
	bind(&c->of[c->count], table);
	return &c->of[c->count++];
}

uint64_t facts_bytes(const struct facts *f, const struct value *values, bool response)
{
	const struct value *v = f->bytes[response] < 0 ? NULL : &values[f->bytes[response]];

	return v && v->type == VALUE_INT && v->integer > 0 ? (uint64_t)v->integer : 0;
}

/* The first word of a sentence, or of Redis's {"error":"WRONGTYPE ..."}. */
static void append_word(struct buffer *out, const struct value *v)
{
	struct buffer text = {0};
	struct span error = v->text;
	size_t len = 0;

	if (v->type == VALUE_JSON && json_find(v->text, "error", &error) &&
	    json_string_append(&text, error))
		error = buffer_span(&text);
	while (len < error.len && len < FAILURE_MAX && !strchr(" :,\r\n", error.data[len]))
		len++;
	buffer_append_span(out, span_of(error.data, len));
	buffer_free(&text);
}

/* As the protocol says, where it does. */
static void append_failure(const struct facts *f, const struct value *values, struct buffer *out)
{
	for (size_t i = 0; i < 2; i++) {
		const struct value *v = f->failure[i] < 0 ? NULL : &values[f->failure[i]];

		if (!v || v->type == VALUE_NULL)
			continue;
		if (v->type == VALUE_INT)
			buffer_append_i64(out, v->integer);
		else if (value_has_text(v))
			append_word(out, v);
		return;
	}
}

void facts_failure(const struct facts *f, enum outcome outcome, const struct value *values,
		   struct buffer *out)
{
	size_t before = out->len;

	if (outcome == OUTCOME_ERROR)
		append_failure(f, values, out);
	if (out->len == before)
		buffer_append_text(out, outcome_text(outcome));
}

bool facts_question(const struct facts *f, const struct value *values, uint64_t *hash)
{
	*hash = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct value *v = f->question[i] < 0 ? NULL : &values[f->question[i]];

		if (v && value_has_text(v))
			*hash = hash_bytes(*hash, v->text.data, v->text.len);
	}
	return *hash != 0;
}
