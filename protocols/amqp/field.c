/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/field.h"

#include <stdlib.h>
#include <time.h>

#include "protocols/value/json.h"
#include "protocols/value/real.h"

/* Tables in tables and arrays: what is deeper isn't shown. */
#define DEPTH_MAX 32

static bool is_full(struct amqp_json *w)
{
	w->cut |= w->out->len >= w->limit;
	return w->cut;
}

static void append_string(struct amqp_json *w, struct span text)
{
	size_t room = w->limit > w->out->len ? w->limit - w->out->len : 0;

	if (text.len > room) {
		text.len = room;
		w->cut = true;
	}
	json_append_string(w->out, text);
}

/* ---- values of field tables ---- */

static void append_fields(struct amqp_json *w, struct span bytes, bool array, unsigned depth);

/* Of the year 9999, the last. */
#define SECONDS_MAX 253402300799

void amqp_json_time(struct buffer *out, uint64_t seconds)
{
	time_t time = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds > SECONDS_MAX || !gmtime_r(&time, &tm) ||
	    !strftime(text, sizeof(text), "\"%Y-%m-%dT%H:%M:%SZ\"", &tm))
		buffer_append_u64(out, seconds);
	else
		buffer_append_text(out, text);
}

/* Places behind the point, then a signed number: a JSON number with all of its digits. */
static void append_decimal(struct buffer *out, uint8_t scale, int32_t number)
{
	char digits[U64_DIGITS];
	size_t len = (size_t)(buffer_put_u64(digits, (uint64_t)llabs((long long)number)) - digits);

	if (number < 0)
		buffer_append_char(out, '-');
	if (scale >= len) {
		buffer_append_text(out, "0.");
		for (size_t zeroes = scale - len; zeroes; zeroes--)
			buffer_append_char(out, '0');
		buffer_append(out, digits, len);
		return;
	}
	buffer_append(out, digits, len - scale);
	if (scale)
		buffer_append_char(out, '.');
	buffer_append(out, digits + len - scale, scale);
}

/* False: nobody has defined the type, so how long its value is can't be told. */
static bool append_value(struct amqp_json *w, uint8_t type, struct cursor *c, unsigned depth)
{
	switch (type) {
	case 't':
		buffer_append_text(w->out, cursor_u8(c) ? "true" : "false");
		break;
	case 'b':
		buffer_append_i64(w->out, (int8_t)cursor_u8(c));
		break;
	case 'B':
		buffer_append_i64(w->out, cursor_u8(c));
		break;
	case 's':
		w->ambiguous = true;
		if (w->short_strings) {
			append_string(w, cursor_span(c, cursor_u8(c)));
			break;
		}
		buffer_append_i64(w->out, (int16_t)cursor_be16(c));
		break;
	case 'U':
		buffer_append_i64(w->out, (int16_t)cursor_be16(c));
		break;
	case 'u':
		buffer_append_i64(w->out, cursor_be16(c));
		break;
	case 'I':
		buffer_append_i64(w->out, (int32_t)cursor_be32(c));
		break;
	case 'i':
		buffer_append_i64(w->out, cursor_be32(c));
		break;
	case 'l': /* unsigned in the specification, which nobody means */
	case 'L':
		buffer_append_i64(w->out, (int64_t)cursor_be64(c));
		break;
	case 'f':
		real_append_bits32(w->out, cursor_be32(c));
		break;
	case 'd':
		real_append_bits64(w->out, cursor_be64(c));
		break;
	case 'D': {
		uint8_t scale = cursor_u8(c);

		append_decimal(w->out, scale, (int32_t)cursor_be32(c));
		break;
	}
	case 'S':
	case 'x':
		append_string(w, cursor_span(c, cursor_be32(c)));
		break;
	case 'T':
		amqp_json_time(w->out, cursor_be64(c));
		break;
	case 'A':
	case 'F':
		append_fields(w, cursor_span(c, cursor_be32(c)), type == 'A', depth + 1);
		break;
	case 'V':
		buffer_append_text(w->out, "null");
		break;
	default:
		return false;
	}
	return true;
}

/* What can't be read ends it, without leaving anything of it behind. */
static bool append_field(struct amqp_json *w, struct cursor *c, bool array, bool first,
			 unsigned depth)
{
	size_t begin = w->out->len;
	struct span name;

	if (!first)
		buffer_append_char(w->out, ',');
	if (!array) {
		name = cursor_span(c, cursor_u8(c));
		json_append_string(w->out, name);
		buffer_append_char(w->out, ':');
	}
	if (append_value(w, cursor_u8(c), c, depth) && !c->failed)
		return true;
	if (!w->out->failed)
		w->out->len = begin;
	w->damaged = true;
	return false;
}

static void append_fields(struct amqp_json *w, struct span bytes, bool array, unsigned depth)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	bool first = true;

	buffer_append_char(w->out, array ? '[' : '{');
	w->cut |= depth > DEPTH_MAX;
	while (depth <= DEPTH_MAX && cursor_left(&c) && !is_full(w)) {
		if (!append_field(w, &c, array, first, depth))
			break;
		first = false;
	}
	buffer_append_char(w->out, array ? ']' : '}');
}

/* What 's' is, a number or a string, is told by which of them leads to the table's end. */
void amqp_json_table(struct amqp_json *w, struct span table)
{
	const struct amqp_json before = *w;
	size_t begin = w->out->len;

	w->damaged = w->ambiguous = false;
	append_fields(w, table, false, 0);
	for (int tries = 0; tries < 2 && w->damaged && w->ambiguous && !w->out->failed; tries++) {
		w->out->len = begin;
		w->cut = before.cut;
		w->damaged = false;
		w->short_strings = !tries;
		append_fields(w, table, false, 0);
	}
	w->short_strings = false;
	w->damaged |= before.damaged;
}

struct span amqp_table_string(struct span table, const char *name)
{
	struct cursor c = cursor_of(table.data, table.len);
	struct buffer passed = {0};
	struct amqp_json w = {.out = &passed};
	struct span found = {0};

	while (cursor_left(&c) && !c.failed) {
		struct span key = cursor_span(&c, cursor_u8(&c));
		uint8_t type = cursor_u8(&c);

		if (type == 'S' && span_is(key, name)) {
			found = cursor_span(&c, cursor_be32(&c));
			break;
		}
		if (!append_value(&w, type, &c, 0))
			break;
	}
	buffer_free(&passed);
	return found;
}

/* ---- methods ---- */

static void append_argument(struct amqp_json *w, enum amqp_type type,
			    const struct amqp_value *value)
{
	switch (type) {
	case AMQP_BIT:
		buffer_append_text(w->out, value->number ? "true" : "false");
		break;
	case AMQP_OCTET:
	case AMQP_SHORT:
	case AMQP_LONG:
	case AMQP_LONGLONG:
		buffer_append_u64(w->out, value->number);
		break;
	case AMQP_SHORT_STRING:
	case AMQP_LONG_STRING:
		append_string(w, value->text);
		break;
	case AMQP_TABLE:
		amqp_json_table(w, value->text);
		break;
	}
}

/* What most are: a bit, a number, or a short string without escapes. NULL: it is something else. */
static char *put_simple(char *to, enum amqp_type type, const struct amqp_value *value)
{
	const struct value text = value_text(value->text);

	if (type == AMQP_BIT)
		return span_put(to, span_text(value->number ? "true" : "false"));
	if (type < AMQP_SHORT_STRING)
		return buffer_put_u64(to, value->number);
	return type == AMQP_SHORT_STRING ? json_put_value(to, &text) : NULL;
}

/* The longest of those, with quotes; and the key's quotes, colon and comma. */
#define SIMPLE_ROOM (UINT8_MAX + JSON_VALUE_ROOM)
#define KEY_ROOM    4

static void append_member(struct amqp_json *w, const char *name, enum amqp_type type,
			  const struct amqp_value *value, bool *first)
{
	const struct span key = span_text(name);
	char *to = buffer_reserve(w->out, KEY_ROOM + key.len + SIMPLE_ROOM);
	bool fits = w->out->len + key.len + value->text.len < w->limit;

	if (!to)
		return;
	if (!*first)
		*to++ = ',';
	*first = false;
	*to++ = '"';
	to = span_put(to, key);
	*to++ = '"';
	*to++ = ':';
	w->out->len = (size_t)(to - w->out->data);
	to = fits ? put_simple(to, type, value) : NULL;
	if (to)
		w->out->len = (size_t)(to - w->out->data);
	else
		append_argument(w, type, value);
}

void amqp_json_call(struct amqp_json *w, const struct amqp_call *call)
{
	bool first = true;

	buffer_append_char(w->out, '{');
	for (unsigned i = 0; i < call->count; i++) {
		const struct amqp_argument *argument = &call->method->arguments[i];

		if (argument->role == AMQP_ROLE_RESERVED || argument->role == AMQP_ROLE_SECRET)
			continue;
		append_member(w, argument->name, argument->type, &call->values[i], &first);
	}
	buffer_append_char(w->out, '}');
}

/* ---- properties ---- */

struct property {
	const char *name;
	enum amqp_type type;
};

/* The first has the highest bit of the flags. */
static const struct property properties_of_basic[AMQP_PROPERTY_COUNT] = {
	[AMQP_CONTENT_TYPE] = {"content_type", AMQP_SHORT_STRING},
	[AMQP_CONTENT_ENCODING] = {"content_encoding", AMQP_SHORT_STRING},
	[AMQP_HEADERS] = {"headers", AMQP_TABLE},
	[AMQP_DELIVERY_MODE] = {"delivery_mode", AMQP_OCTET},
	[AMQP_PRIORITY] = {"priority", AMQP_OCTET},
	[AMQP_CORRELATION_ID] = {"correlation_id", AMQP_SHORT_STRING},
	[AMQP_REPLY_TO] = {"reply_to", AMQP_SHORT_STRING},
	[AMQP_EXPIRATION] = {"expiration", AMQP_SHORT_STRING},
	[AMQP_MESSAGE_ID] = {"message_id", AMQP_SHORT_STRING},
	[AMQP_TIMESTAMP] = {"timestamp", AMQP_LONGLONG},
	[AMQP_TYPE] = {"type", AMQP_SHORT_STRING},
	[AMQP_USER_ID] = {"user_id", AMQP_SHORT_STRING},
	[AMQP_APP_ID] = {"app_id", AMQP_SHORT_STRING},
	[AMQP_CLUSTER_ID] = {"cluster_id", AMQP_SHORT_STRING},
};

uint64_t amqp_content_size(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint64_t size;

	cursor_skip(&c, 4); /* class and weight */
	size = cursor_be64(&c);
	return c.failed ? UINT64_MAX : size;
}

bool amqp_properties_read(struct span payload, struct amqp_properties *p)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint16_t flags, more;

	p->class_id = cursor_be16(&c);
	cursor_skip(&c, 2); /* weight */
	p->body_size = cursor_be64(&c);
	p->there = 0;
	p->whole = false;
	if (c.failed)
		return false;
	more = flags = cursor_be16(&c);
	/* Bit 0: more flags follow, of properties that class basic doesn't have. */
	while (more & 1 && !c.failed)
		more = cursor_be16(&c);
	for (unsigned i = 0; i < AMQP_PROPERTY_COUNT; i++) {
		if (!(flags & 0x8000u >> i))
			continue;
		amqp_value_read(&c, properties_of_basic[i].type, &p->values[i]);
		if (c.failed)
			return true;
		p->there |= (uint16_t)(1u << i);
	}
	p->whole = !c.failed && !cursor_left(&c);
	return true;
}

void amqp_json_properties(struct amqp_json *w, const struct amqp_properties *p)
{
	bool first = true;

	buffer_append_char(w->out, '{');
	for (unsigned i = 0; i < AMQP_PROPERTY_COUNT; i++) {
		if (!(p->there & 1u << i))
			continue;
		if (i != AMQP_TIMESTAMP) {
			append_member(w, properties_of_basic[i].name, properties_of_basic[i].type,
				      &p->values[i], &first);
			continue;
		}
		json_append_key(w->out, properties_of_basic[i].name, &first);
		amqp_json_time(w->out, p->values[i].number);
	}
	buffer_append_char(w->out, '}');
}
