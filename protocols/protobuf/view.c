/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protobuf/view.h"

#include <math.h>
#include <stdlib.h>

#include "protocols/protobuf/view_private.h"
#include "protocols/value/base64.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"
#include "protocols/value/utf8.h"

bool protobuf_is_full(struct view *v)
{
	v->cut |= v->out->len >= v->limit;
	return v->cut;
}

/* Not a number and infinity are no JSON; the integer beside it says it all. */
static void append_fixed32(struct view *v, uint32_t integer)
{
	float real;

	memcpy(&real, &integer, sizeof(real));
	buffer_printf(v->out, "{\"fixed32\":%u", integer);
	if (isfinite(real)) {
		buffer_append_text(v->out, ",\"float\":");
		real_append_float(v->out, real);
	}
	buffer_append_char(v->out, '}');
}

static void append_fixed64(struct view *v, uint64_t integer)
{
	double real;

	memcpy(&real, &integer, sizeof(real));
	buffer_printf(v->out, "{\"fixed64\":%llu", (unsigned long long)integer);
	if (isfinite(real)) {
		buffer_append_text(v->out, ",\"double\":");
		real_append(v->out, real);
	}
	buffer_append_char(v->out, '}');
}

struct span protobuf_fitting(struct view *v, struct span bytes)
{
	size_t room = v->limit > v->out->len ? v->limit - v->out->len : 0;

	if (bytes.len <= room)
		return bytes;
	v->cut = true;
	return span_of(bytes.data, room);
}

void protobuf_append_bytes(struct view *v, struct span bytes)
{
	buffer_append_text(v->out, "{\"bytes\":\"");
	base64_append(v->out, protobuf_fitting(v, bytes));
	buffer_append_text(v->out, "\"}");
}

static void append_len(struct view *v, struct span bytes, unsigned depth)
{
	bool message = bytes.len && depth < PROTOBUF_DEPTH_MAX && protobuf_is_message(bytes);
	bool text = utf8_is_text(bytes);

	if (text && message) {
		buffer_append_text(v->out, "{\"text\":");
		json_append_string(v->out, protobuf_fitting(v, bytes));
		buffer_append_text(v->out, ",\"message\":");
		protobuf_append_message(v, bytes, NULL, depth + 1);
		buffer_append_char(v->out, '}');
	} else if (text) {
		json_append_string(v->out, protobuf_fitting(v, bytes));
	} else if (message) {
		protobuf_append_message(v, bytes, NULL, depth + 1);
	} else {
		protobuf_append_bytes(v, bytes);
	}
}

static void append_value(struct view *v, const struct protobuf_field *field, unsigned depth)
{
	switch (field->wire) {
	case PROTOBUF_VARINT:
		buffer_append_u64(v->out, field->integer);
		break;
	case PROTOBUF_I64:
		append_fixed64(v, field->integer);
		break;
	case PROTOBUF_I32:
		append_fixed32(v, (uint32_t)field->integer);
		break;
	default:
		append_len(v, field->bytes, depth);
		break;
	}
}

/* By number; those of one number stay in their order, which has a meaning. */
static int compare(const void *a, const void *b)
{
	const struct protobuf_field *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void sort(struct protobuf_field *fields, size_t count)
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
	struct protobuf_field field;

	while (cursor_left(&c) && protobuf_read_field(&c, &field)) {
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
static void append_values(struct view *v, const struct protobuf_field *fields, size_t count,
			  unsigned depth)
{
	if (count > 1)
		buffer_append_char(v->out, '[');
	for (size_t i = 0; i < count && (!i || !protobuf_is_full(v)); i++) {
		if (i)
			buffer_append_char(v->out, ',');
		append_value(v, &fields[i], depth);
	}
	if (count > 1)
		buffer_append_char(v->out, ']');
}

/* FIELDS are all that have their number: by the name that TYPE gives it, or by number. */
static void append_field(struct view *v, const struct protobuf_message *type,
			 const struct protobuf_field *fields, size_t count, unsigned depth)
{
	const struct protobuf_member *member = type ? protobuf_message_member(type, fields->number)
						    : NULL;

	if (member && protobuf_fits_member(member, fields, count)) {
		json_append_string(v->out, member->name);
		buffer_append_char(v->out, ':');
		protobuf_append_member(v, member, fields, count, depth);
		return;
	}
	buffer_append_char(v->out, '"');
	buffer_append_u64(v->out, fields->number);
	buffer_append_text(v->out, "\":");
	append_values(v, fields, count, depth);
}

/* BEGUN: something stands in the object before them. */
static void append_fields(struct view *v, struct span message, const struct protobuf_message *type,
			  bool begun, unsigned depth)
{
	struct buffer list = {0};
	size_t count = read_fields(v, message, &list), same;
	struct protobuf_field *fields = (struct protobuf_field *)list.data;

	if (count)
		sort(fields, count);
	for (size_t i = 0; i < count && ((!i && !begun) || !protobuf_is_full(v)); i += same) {
		for (same = 1; i + same < count && fields[i + same].number == fields[i].number;
		     same++)
			;
		if (i || begun)
			buffer_append_char(v->out, ',');
		append_field(v, type, &fields[i], same, depth);
	}
	buffer_free(&list);
}

/* google.protobuf.Any: a URL that ends in the name of what VALUE is. */
#define ANY_URL	  1
#define ANY_VALUE 2

/* False: it isn't known what it holds. */
static bool append_any(struct view *v, struct span message, const struct protobuf_message *type,
		       unsigned depth)
{
	struct span url = protobuf_last_field(message, ANY_URL).bytes;
	struct span value = protobuf_last_field(message, ANY_VALUE).bytes;
	const char *slash = url.len ? memrchr(url.data, '/', url.len) : NULL;
	size_t at = slash ? (size_t)(slash - url.data) + 1 : 0;

	type = protobuf_message_beside(type, span_of(slash ? slash + 1 : NULL, url.len - at));
	if (!slash || !type || depth >= PROTOBUF_DEPTH_MAX || !protobuf_is_message(value))
		return false;
	buffer_append_text(v->out, "{\"@type\":");
	json_append_string(v->out, protobuf_fitting(v, url));
	append_fields(v, value, type, true, depth + 1);
	buffer_append_char(v->out, '}');
	return true;
}

void protobuf_append_message(struct view *v, struct span message,
			     const struct protobuf_message *type, unsigned depth)
{
	if (type && protobuf_message_is_any(type) && append_any(v, message, type, depth))
		return;
	buffer_append_char(v->out, '{');
	append_fields(v, message, type, false, depth);
	buffer_append_char(v->out, '}');
}

bool protobuf_view(struct span message, const struct protobuf_message *type, size_t limit,
		   struct buffer *out, bool *cut)
{
	struct view v = {.out = out, .limit = out->len + limit};

	if (!protobuf_is_message(message))
		return false;
	protobuf_append_message(&v, message, type, 0);
	*cut |= v.cut;
	return true;
}
