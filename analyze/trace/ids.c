/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/trace/ids.h"

#include <strings.h>

#include "format/hash.h"
#include "protocols/value/json_read.h"

const char *trace_id_text(enum trace_id_kind kind)
{
	static const char *const texts[TRACE_ID_KINDS] = {
		[TRACE_ID_TRACEPARENT] = "traceparent", [TRACE_ID_B3] = "b3",
		[TRACE_ID_UBER] = "uber-trace-id",	[TRACE_ID_FINAGLE] = "finagle",
		[TRACE_ID_REQUEST] = "request-id",
	};

	return texts[kind];
}

struct found {
	struct trace_id *ids;
	size_t count;
};

static void add(struct found *f, enum trace_id_kind kind, struct span id)
{
	/* Shorter ones say nothing. */
	if (id.len >= 8 && f->count < TRACE_IDS_MAX)
		f->ids[f->count++] = (struct trace_id){kind, hash_bytes(0, id.data, id.len)};
}

/* The part of TEXT before the first MARK behind FROM. */
static struct span part(struct span text, size_t from, char mark)
{
	const char *end;

	if (text.len <= from)
		return (struct span){0};
	end = memchr(text.data + from, mark, text.len - from);
	return span_of(text.data + from, end ? (size_t)(end - text.data) - from : text.len - from);
}

/* version-traceid-parentid-flags (W3C Trace Context, section 3.2). */
static void add_traceparent(struct found *f, struct span text)
{
	struct span id = part(text, 3, '-');

	if (text.len >= 55 && text.data[2] == '-' && id.len == 32)
		add(f, TRACE_ID_TRACEPARENT, id);
}

/* Names of headers, and where in their value the id ends. */
static const struct {
	const char *name;
	enum trace_id_kind kind;
	char end;
} headers[] = {
	{"b3", TRACE_ID_B3, '-'},
	{"x-b3-traceid", TRACE_ID_B3, '\0'},
	{"uber-trace-id", TRACE_ID_UBER, ':'},
	{"x-request-id", TRACE_ID_REQUEST, '\0'},
	{"x-correlation-id", TRACE_ID_REQUEST, '\0'},
	{"x-amzn-trace-id", TRACE_ID_REQUEST, ';'},
	{"x-cloud-trace-context", TRACE_ID_REQUEST, '/'},
};

static bool is_name(struct span name, const char *wanted)
{
	return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

static void add_header(struct found *f, struct span name, struct span value)
{
	/* Of an array the first. */
	if (value.len > 2 && value.data[0] == '[')
		value = span_of(value.data + 1, json_value_end(value, 1) - 1);
	if (value.len < 2 || value.data[0] != '"')
		return;
	value = span_of(value.data + 1, value.len - 2);
	if (is_name(name, "traceparent")) {
		add_traceparent(f, value);
		return;
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (is_name(name, headers[i].name))
			add(f, headers[i].kind, part(value, 0, headers[i].end));
}

static void look_in_headers(struct found *f, struct span json)
{
	struct span name, value;
	size_t at = 0;

	while (json_next_member(json, &at, &name, &value))
		add_header(f, name, value);
}

/* sqlcommenter: key='value' in a comment, values URL-encoded; a traceparent has nothing to encode.
 */
static void look_in_statement(struct found *f, struct span text)
{
	static const char key[] = "traceparent='";
	const char *at = text.len ? memmem(text.data, text.len, key, sizeof(key) - 1) : NULL;

	if (at)
		add_traceparent(f, part(text, (size_t)(at - text.data) + sizeof(key) - 1, '\''));
}

static void look_for_finagle(struct found *f, struct span text)
{
	add(f, TRACE_ID_FINAGLE, text);
}

/* Columns that may hold ids, by name: they are called alike in all tables. */
static const struct {
	const char *column;
	void (*look)(struct found *f, struct span text);
} places[] = {
	{"req_headers", look_in_headers}, {"req_metadata", look_in_headers},
	{"headers", look_in_headers},	  {"statement", look_in_statement},
	{"trace_id", look_for_finagle},
};

size_t trace_ids(const struct row *row, struct trace_id ids[static TRACE_IDS_MAX])
{
	struct found found = {.ids = ids};

	for (size_t i = 0; i < row->table->column_count; i++) {
		const struct value *v = &row->values[i];

		if (!value_has_text(v))
			continue;
		for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++)
			if (strcmp(row->table->columns[i].name, places[j].column) == 0)
				places[j].look(&found, v->text);
	}
	return found.count;
}
