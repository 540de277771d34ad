/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/fields.h"

#include <stdint.h>

#include "protocols/value/base64.h"
#include "protocols/value/json.h"

struct http2_field {
	uint32_t at; /* in text: the name, then the value */
	uint32_t name_len;
	uint32_t value_len;
	uint32_t hash; /* of the name */
	bool name_unknown;
	bool value_unknown;
};

static uint32_t hash_of(struct span name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.data[i]) * 16777619u;
	return hash;
}

void http2_fields_add(void *context, const struct hpack_field *field)
{
	struct http2_fields *fields = context;
	struct http2_field f = {
		.at = (uint32_t)fields->text.len,
		.name_len = (uint32_t)field->name.len,
		.value_len = (uint32_t)field->value.len,
		.hash = hash_of(field->name),
		.name_unknown = field->name_unknown,
		.value_unknown = field->value_unknown,
	};

	fields->unknown += field->name_unknown || field->value_unknown;
	if (fields->count == HTTP2_FIELDS_MAX) {
		fields->dropped++;
		return;
	}
	buffer_append_span(&fields->text, field->name);
	buffer_append_span(&fields->text, field->value);
	buffer_append(&fields->list, &f, sizeof(f));
	if (!fields->text.failed && !fields->list.failed)
		fields->count++;
}

void http2_fields_clear(struct http2_fields *fields)
{
	buffer_clear(&fields->text);
	buffer_clear(&fields->list);
	fields->count = fields->unknown = fields->dropped = 0;
}

static const struct http2_field *raw(const struct http2_fields *fields, size_t i)
{
	return (const struct http2_field *)fields->list.data + i;
}

struct hpack_field http2_fields_at(const struct http2_fields *fields, size_t i)
{
	const struct http2_field *f = raw(fields, i);

	return (struct hpack_field){
		.name = span_of(fields->text.data + f->at, f->name_len),
		.value = span_of(fields->text.data + f->at + f->name_len, f->value_len),
		.name_unknown = f->name_unknown,
		.value_unknown = f->value_unknown,
	};
}

bool http2_field_is_raw(struct span name, struct span value, struct span *bytes)
{
	static const char suffix[] = "-bin";
	size_t len = sizeof(suffix) - 1;

	if (!value.len || *value.data || name.len < len ||
	    memcmp(name.data + name.len - len, suffix, len) != 0)
		return false;
	*bytes = span_of(value.data + 1, value.len - 1);
	return true;
}

bool http2_fields_find(const struct http2_fields *fields, const char *name, struct span *value)
{
	for (size_t i = 0; i < fields->count; i++) {
		struct hpack_field field = http2_fields_at(fields, i);

		if (field.name_unknown || field.value_unknown || !span_is(field.name, name))
			continue;
		*value = field.value;
		return true;
	}
	return false;
}

/* ---- JSON ---- */

static bool has_column(struct span name)
{
	static const char *const columns[] = {":method", ":scheme", ":authority", ":path",
					      ":status"};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (span_is(name, columns[i]))
			return true;
	return false;
}

static bool same_name(const struct http2_fields *fields, size_t a, size_t b)
{
	return raw(fields, a)->hash == raw(fields, b)->hash &&
	       raw(fields, a)->name_unknown == raw(fields, b)->name_unknown &&
	       span_equal(http2_fields_at(fields, a).name, http2_fields_at(fields, b).name);
}

/* The next field from I on with the name of FIRST, or count. */
static size_t next_same(const struct http2_fields *fields, size_t first, size_t i)
{
	while (i < fields->count && !same_name(fields, first, i))
		i++;
	return i;
}

static void append_field_value(const struct http2_fields *fields, size_t i, struct buffer *out)
{
	struct hpack_field field = http2_fields_at(fields, i);
	struct span bytes;

	if (field.value_unknown) {
		buffer_append_text(out, "null");
	} else if (http2_field_is_raw(field.name, field.value, &bytes)) {
		buffer_append_char(out, '"');
		base64_append(out, bytes);
		buffer_append_char(out, '"');
	} else {
		json_append_string(out, field.value);
	}
}

static void append_values(const struct http2_fields *fields, size_t first, struct buffer *out)
{
	size_t next = next_same(fields, first, first + 1);

	if (next == fields->count) {
		append_field_value(fields, first, out);
		return;
	}
	buffer_append_char(out, '[');
	append_field_value(fields, first, out);
	for (; next < fields->count; next = next_same(fields, first, next + 1)) {
		buffer_append_char(out, ',');
		append_field_value(fields, next, out);
	}
	buffer_append_char(out, ']');
}

static bool came_before(const struct http2_fields *fields, size_t i)
{
	return next_same(fields, i, 0) < i;
}

void http2_fields_json(const struct http2_fields *fields, struct buffer *out)
{
	bool first = true;

	buffer_append_char(out, '{');
	for (size_t i = 0; i < fields->count; i++) {
		struct hpack_field field = http2_fields_at(fields, i);

		if ((!field.name_unknown && has_column(field.name)) || came_before(fields, i))
			continue;
		if (!first)
			buffer_append_char(out, ',');
		first = false;
		json_append_string(out, field.name_unknown ? span_text("?") : field.name);
		buffer_append_char(out, ':');
		append_values(fields, i, out);
	}
	buffer_append_char(out, '}');
}

void http2_fields_free(struct http2_fields *fields)
{
	buffer_free(&fields->text);
	buffer_free(&fields->list);
}
