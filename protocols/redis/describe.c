/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/state.h"
#include "protocols/value/fitting.h"

/* Columns for either half. */
#define DESCRIBE_MAX 60

/* The JSON string that begins at JSON, quotes included. */
static size_t string_len(struct span json)
{
	size_t at = 1;

	while (at < json.len && json.data[at] != '"')
		at += json.data[at] == '\\' ? 2 : 1;
	return at < json.len ? at + 1 : json.len;
}

/* A JSON string as a word: without its quotes where it can do without. */
static void append_word(struct buffer *out, struct span string, size_t end)
{
	struct span inner = span_of(string.data + 1, string.len - 2);

	if (inner.len == 0 || memchr(inner.data, ' ', inner.len) ||
	    memchr(inner.data, '\\', inner.len))
		append_fitting(out, string, end);
	else
		append_fitting(out, inner, end);
}

/* The strings of a JSON array, a space before each. */
static void append_words(struct buffer *out, struct span json, size_t end)
{
	for (size_t at = 1; at < json.len && json.data[at] == '"';) {
		size_t len = string_len(span_of(json.data + at, json.len - at));

		if (out->len >= end) {
			buffer_append_text(out, " ...");
			return;
		}
		buffer_append_char(out, ' ');
		append_word(out, span_of(json.data + at, len), end);
		at += len + 1;
	}
}

static void append_reply(struct buffer *out, struct span json, size_t end)
{
	static const char error[] = "{\"error\":";
	size_t skip = sizeof(error) - 1;

	if (json.len > skip && memcmp(json.data, error, skip) == 0) {
		json = span_of(json.data + skip + 1, json.len - skip - 3);
		buffer_append_text(out, "(error) ");
	} else if (span_is(json, "null")) {
		json = span_text("(nil)");
	} else if (json.len && json.data[0] == '"') {
		append_word(out, json, end);
		return;
	}
	append_fitting(out, json, end);
}

void redis_describe(const struct value *values, struct buffer *out)
{
	const struct value *command = &values[COLUMN_COMMAND];
	const struct value *reply = &values[COLUMN_REPLY];
	const struct value *push = &values[COLUMN_PUSH];
	size_t end = out->len + DESCRIBE_MAX;

	if (push->type != VALUE_NULL) {
		buffer_append_text(out, "<- ");
		append_fitting(out, push->text, end);
		buffer_append_char(out, ' ');
	} else if (command->type != VALUE_NULL) {
		append_fitting(out, command->text.len ? command->text : span_text("\"\""), end);
		append_words(out, values[COLUMN_ARGS].text, end);
	} else {
		buffer_append_char(out, '?');
	}
	if (reply->type == VALUE_NULL)
		return;
	if (push->type == VALUE_NULL)
		buffer_append_text(out, " -> ");
	append_reply(out, reply->text, out->len + DESCRIBE_MAX);
}
