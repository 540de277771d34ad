/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/json.h"

#include <math.h>

#include "protocols/value/base64.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"

/*
 * Once the limit is reached nothing more is appended but the brackets that are open, so that it
 * stays valid.
 */
static bool is_full(struct kafka_json *j)
{
	j->cut |= j->out->len >= j->limit;
	return j->cut;
}

/*
 * What stands before a value: a comma, a key. Where the value goes, for which there is room of ROOM
 * bytes; NULL: no memory.
 */
static char *begin_value(struct kafka_json *j, const struct kafka_field *field, size_t room)
{
	char *to = buffer_reserve(j->out, 1 + (size_t)field->key_len + room);

	if (!to)
		return NULL;
	if (j->comma)
		*to++ = ',';
	j->comma = true;
	if (!j->is_array[j->depth])
		to = span_put(to, span_of(field->key, field->key_len));
	j->out->len = (size_t)(to - j->out->data);
	return to;
}

void kafka_json_open(struct kafka_json *j, const struct kafka_field *field, bool array)
{
	bool shown = !is_full(j);

	if (shown) {
		begin_value(j, field, 1);
		buffer_append_char(j->out, array ? '[' : '{');
		j->comma = false;
	}
	j->depth++;
	j->is_array[j->depth] = array;
	j->is_shown[j->depth] = shown;
}

static void append_base64(struct kafka_json *j, struct span bytes)
{
	buffer_append_char(j->out, '"');
	base64_append(j->out, bytes);
	buffer_append_char(j->out, '"');
}

static bool read_whole(struct buffer *out, size_t limit, const struct kafka_schema *schema,
		       int version, struct cursor *in, bool *cut);

/* Bytes with a version before them, whose schema has this name; false: they are something else. */
static bool append_nested(struct kafka_json *j, const char *name, struct span bytes)
{
	struct cursor in = cursor_of(bytes.data, bytes.len);
	int16_t version = (int16_t)cursor_be16(&in);
	size_t before = j->out->len;
	const struct kafka_schema *schema;

	/* Newer versions only add fields behind those that are known. */
	schema = kafka_schema_data(name, version > 3 ? 3 : version);
	if (in.failed || !schema)
		return false;
	if (read_whole(j->out, j->limit > before ? j->limit - before : 0, schema,
		       version > 3 ? 3 : version, &in, &j->cut) &&
	    (version > 3 || !cursor_left(&in)))
		return true;
	j->out->len = before;
	return false;
}

static void append_bytes(struct kafka_json *j, const struct kafka_value *v)
{
	if (v->field->role == KAFKA_ROLE_SUBSCRIPTION &&
	    append_nested(j, "ConsumerProtocolSubscription", v->bytes))
		return;
	if (v->field->role == KAFKA_ROLE_ASSIGNMENT &&
	    append_nested(j, "ConsumerProtocolAssignment", v->bytes))
		return;
	append_base64(j, v->bytes);
}

/* What put_simple() leaves. */
static void append_scalar(struct kafka_json *j, const struct kafka_value *v)
{
	char uuid[23];

	switch ((enum kafka_type)v->field->type) {
	case KAFKA_BOOL:
		buffer_append_text(j->out, v->integer ? "true" : "false");
		break;
	case KAFKA_FLOAT64:
		if (isfinite(v->real))
			real_append(j->out, v->real);
		else
			buffer_append_text(j->out, "null");
		break;
	case KAFKA_STRING:
		json_append_string(j->out, v->bytes);
		break;
	case KAFKA_BYTES:
		append_bytes(j, v);
		break;
	case KAFKA_UUID:
		kafka_uuid_text(v->bytes, uuid);
		buffer_printf(j->out, "\"%s\"", uuid);
		break;
	case KAFKA_RECORDS:
		buffer_append_u64(j->out, v->bytes.len);
		break;
	default:
		break;
	}
}

/* What most are: a number, null, or a string without escapes. NULL: it is something else. */
static char *put_simple(char *to, const struct kafka_value *v)
{
	struct value text;

	if (v->is_null || v->field->role == KAFKA_ROLE_SECRET)
		return span_put(to, span_of("null", 4));
	if (v->field->type >= KAFKA_INT8 && v->field->type <= KAFKA_INT64)
		return json_put_integer(to, v->integer);
	if (v->field->type != KAFKA_STRING)
		return NULL;
	text = value_text(v->bytes);
	return json_put_value(to, &text);
}

void kafka_json_value(struct kafka_json *j, const struct kafka_value *value)
{
	size_t len = value->field->type == KAFKA_STRING && !value->is_null ? value->bytes.len : 0;
	char *to;

	if (is_full(j))
		return;
	to = begin_value(j, value->field, len + JSON_VALUE_ROOM);
	to = to ? put_simple(to, value) : NULL;
	if (to)
		j->out->len = (size_t)(to - j->out->data);
	else
		append_scalar(j, value);
}

void kafka_json_close(struct kafka_json *j)
{
	if (j->is_shown[j->depth])
		buffer_append_char(j->out, j->is_array[j->depth] ? ']' : '}');
	j->depth--;
	j->comma = true;
}

void kafka_json_tag(struct kafka_json *j, uint32_t tag, struct span bytes)
{
	if (is_full(j) || j->is_array[j->depth])
		return;
	if (j->comma)
		buffer_append_char(j->out, ',');
	j->comma = true;
	buffer_printf(j->out, "\"tag%u\":", tag);
	append_base64(j, bytes);
}

void kafka_json_begin(struct kafka_json *j, struct buffer *out, size_t limit)
{
	*j = (struct kafka_json){.out = out, .limit = out->len + limit};
	buffer_append_char(out, '{');
}

void kafka_json_end(struct kafka_json *j)
{
	/* What it broke off in. */
	while (j->depth > 0)
		kafka_json_close(j);
	buffer_append_char(j->out, '}');
}

/* ---- what is inside bytes ---- */

static void take_value(void *context, const struct kafka_value *value)
{
	kafka_json_value(context, value);
}

static void take_array(void *context, const struct kafka_field *field, uint32_t count)
{
	(void)count;
	kafka_json_open(context, field, true);
}

static void take_enter(void *context, const struct kafka_field *field)
{
	kafka_json_open(context, field, false);
}

static void take_leave(void *context, const struct kafka_field *field)
{
	(void)field;
	kafka_json_close(context);
}

static void take_tag(void *context, uint32_t tag, struct span bytes)
{
	kafka_json_tag(context, tag, bytes);
}

static bool read_whole(struct buffer *out, size_t limit, const struct kafka_schema *schema,
		       int version, struct cursor *in, bool *cut)
{
	struct kafka_json j;
	const struct kafka_visitor visitor = {
		.context = &j,
		.value = take_value,
		.array = take_array,
		.enter = take_enter,
		.leave = take_leave,
		.unknown_tag = take_tag,
	};
	bool good;

	kafka_json_begin(&j, out, limit);
	good = kafka_read(schema, version, in, &visitor);
	kafka_json_end(&j);
	*cut |= j.cut;
	return good;
}
