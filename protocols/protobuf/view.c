/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protobuf/view.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocols/cursor.h"
#include "protocols/value/base64.h"
#include "protocols/value/json.h"
#include "protocols/value/utf8.h"

/* Messages inside messages are shown as bytes below this. */
#define DEPTH_MAX 16

#define FIELD_NUMBER_MAX ((1u << 29) - 1)

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_I64 = 1,
	WIRE_LEN = 2,
	WIRE_I32 = 5
};

struct field {
	uint32_t number;
	uint32_t order; /* in the message */
	uint8_t type;
	uint64_t integer;  /* of VARINT, I64, I32 */
	struct span bytes; /* of LEN */
};

struct view {
	struct buffer *out;
	size_t limit; /* of out->len */
	bool cut;
};

/* False: no field is there. Groups are no more (they were deprecated in 2008). */
static bool read_field(struct cursor *c, struct field *field)
{
	uint64_t tag = cursor_varint(c), len;

	*field = (struct field){.number = (uint32_t)(tag >> 3), .type = tag & 7};
	if (c->failed || tag >> 3 > FIELD_NUMBER_MAX || !field->number)
		return false;
	switch (field->type) {
	case WIRE_VARINT:
		field->integer = cursor_varint(c);
		break;
	case WIRE_I64:
		field->integer = cursor_le64(c);
		break;
	case WIRE_I32:
		field->integer = cursor_le32(c);
		break;
	case WIRE_LEN:
		len = cursor_varint(c);
		if (len > cursor_left(c))
			return false;
		field->bytes = cursor_span(c, (size_t)len);
		break;
	default:
		return false;
	}
	return !c->failed;
}

/* Whether the bytes are fields to their end; what is in those isn't looked at. */
static bool is_message(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct field field;

	while (cursor_left(&c))
		if (!read_field(&c, &field))
			return false;
	return true;
}

static bool is_full(struct view *v)
{
	v->cut |= v->out->len >= v->limit;
	return v->cut;
}

static void append_message(struct view *v, struct span message, unsigned depth);

/* Not a number and infinity are no JSON; the integer beside it says it all. */
static void append_real(struct view *v, const char *name, double real, int digits)
{
	if (isfinite(real))
		buffer_printf(v->out, ",\"%s\":%.*g", name, digits, real);
}

static void append_fixed32(struct view *v, uint32_t integer)
{
	float real;

	memcpy(&real, &integer, sizeof(real));
	buffer_printf(v->out, "{\"fixed32\":%u", integer);
	append_real(v, "float", (double)real, 9);
	buffer_append_char(v->out, '}');
}

static void append_fixed64(struct view *v, uint64_t integer)
{
	double real;

	memcpy(&real, &integer, sizeof(real));
	buffer_printf(v->out, "{\"fixed64\":%llu", (unsigned long long)integer);
	append_real(v, "double", real, 17);
	buffer_append_char(v->out, '}');
}

/* Bytes as far as they fit. */
static struct span fitting(struct view *v, struct span bytes)
{
	size_t room = v->limit > v->out->len ? v->limit - v->out->len : 0;

	if (bytes.len <= room)
		return bytes;
	v->cut = true;
	return span_of(bytes.data, room);
}

static void append_bytes(struct view *v, struct span bytes, unsigned depth)
{
	bool message = bytes.len && depth < DEPTH_MAX && is_message(bytes);
	bool text = utf8_is_text(bytes);

	if (text && message) {
		buffer_append_text(v->out, "{\"text\":");
		json_append_string(v->out, fitting(v, bytes));
		buffer_append_text(v->out, ",\"message\":");
		append_message(v, bytes, depth + 1);
		buffer_append_char(v->out, '}');
	} else if (text) {
		json_append_string(v->out, fitting(v, bytes));
	} else if (message) {
		append_message(v, bytes, depth + 1);
	} else {
		buffer_append_text(v->out, "{\"bytes\":\"");
		base64_append(v->out, fitting(v, bytes));
		buffer_append_text(v->out, "\"}");
	}
}

static void append_value(struct view *v, const struct field *field, unsigned depth)
{
	switch (field->type) {
	case WIRE_VARINT:
		buffer_append_u64(v->out, field->integer);
		break;
	case WIRE_I64:
		append_fixed64(v, field->integer);
		break;
	case WIRE_I32:
		append_fixed32(v, (uint32_t)field->integer);
		break;
	default:
		append_bytes(v, field->bytes, depth);
		break;
	}
}

/* By number; those of one number stay in their order, which has a meaning. */
static int compare(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void sort(struct field *fields, size_t count)
{
	size_t i = 1;

	while (i < count && fields[i - 1].number <= fields[i].number)
		i++;
	if (i < count)
		qsort(fields, count, sizeof(*fields), compare);
}

/* The fields of a message; as many as are worth looking at when only LIMIT bytes are shown. */
static size_t read_fields(struct view *v, struct span message, struct buffer *list)
{
	struct cursor c = cursor_of(message.data, message.len);
	size_t count = 0, most = v->limit > v->out->len ? v->limit - v->out->len : 0;
	struct field field;

	while (cursor_left(&c) && read_field(&c, &field)) {
		if (count == most) {
			v->cut = true;
			break;
		}
		field.order = (uint32_t)count;
		buffer_append(list, &field, sizeof(field));
		count++;
	}
	return list->failed ? 0 : count;
}

/* The values of one field, COUNT of them. */
static void append_values(struct view *v, const struct field *fields, size_t count, unsigned depth)
{
	if (count > 1)
		buffer_append_char(v->out, '[');
	for (size_t i = 0; i < count && (!i || !is_full(v)); i++) {
		if (i)
			buffer_append_char(v->out, ',');
		append_value(v, &fields[i], depth);
	}
	if (count > 1)
		buffer_append_char(v->out, ']');
}

static void append_message(struct view *v, struct span message, unsigned depth)
{
	struct buffer list = {0};
	size_t count = read_fields(v, message, &list), same;
	struct field *fields = (struct field *)list.data;

	if (count)
		sort(fields, count);
	buffer_append_char(v->out, '{');
	for (size_t i = 0; i < count && (!i || !is_full(v)); i += same) {
		for (same = 1; i + same < count && fields[i + same].number == fields[i].number;
		     same++)
			;
		if (i)
			buffer_append_char(v->out, ',');
		buffer_append_char(v->out, '"');
		buffer_append_u64(v->out, fields[i].number);
		buffer_append_text(v->out, "\":");
		append_values(v, &fields[i], same, depth);
	}
	buffer_append_char(v->out, '}');
	buffer_free(&list);
}

bool protobuf_view(struct span message, size_t limit, struct buffer *out, bool *cut)
{
	struct view v = {.out = out, .limit = out->len + limit};

	if (!is_message(message))
		return false;
	append_message(&v, message, 0);
	*cut |= v.cut;
	return true;
}
