/* SPDX-License-Identifier: BSD-2-Clause */

#include "protocols/protobuf/view_private.h"
#include "protocols/value/base64.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"

/* What each type is on the wire (protobuf.dev, "Encoding", Message Structure); -1: not read here.
 */
static int wire_of(enum protobuf_type type)
{
	switch (type) {
	case PROTOBUF_TYPE_DOUBLE:
	case PROTOBUF_TYPE_FIXED64:
	case PROTOBUF_TYPE_SFIXED64:
		return PROTOBUF_I64;
	case PROTOBUF_TYPE_FLOAT:
	case PROTOBUF_TYPE_FIXED32:
	case PROTOBUF_TYPE_SFIXED32:
		return PROTOBUF_I32;
	case PROTOBUF_TYPE_STRING:
	case PROTOBUF_TYPE_BYTES:
	case PROTOBUF_TYPE_MESSAGE:
		return PROTOBUF_LEN;
	case PROTOBUF_TYPE_INT64:
	case PROTOBUF_TYPE_UINT64:
	case PROTOBUF_TYPE_INT32:
	case PROTOBUF_TYPE_BOOL:
	case PROTOBUF_TYPE_UINT32:
	case PROTOBUF_TYPE_ENUM:
	case PROTOBUF_TYPE_SINT32:
	case PROTOBUF_TYPE_SINT64:
		return PROTOBUF_VARINT;
	case PROTOBUF_TYPE_GROUP:
		break;
	}
	return -1;
}

/* The next of numbers that are packed into C; false: none is there. */
static bool unpack(struct cursor *c, int wire, struct protobuf_field *field)
{
	*field = (struct protobuf_field){.wire = (uint8_t)wire};
	field->integer = wire == PROTOBUF_VARINT ? cursor_varint(c)
			 : wire == PROTOBUF_I64	 ? cursor_le64(c)
						 : cursor_le32(c);
	return !c->failed;
}

/* Readers take both: packed, and one by one (the same, Packed Repeated Fields). */
static bool is_packed(int wire, const struct protobuf_field *field)
{
	struct cursor c = cursor_of(field->bytes.data, field->bytes.len);
	struct protobuf_field number;

	if (wire == PROTOBUF_LEN || field->wire != PROTOBUF_LEN)
		return false;
	while (cursor_left(&c))
		if (!unpack(&c, wire, &number))
			return false;
	return true;
}

bool protobuf_fits_member(const struct protobuf_member *member, const struct protobuf_field *fields,
			  size_t count)
{
	int wire = wire_of(member->type);

	for (size_t i = 0; i < count; i++) {
		if (fields[i].wire != wire && !(member->repeated && is_packed(wire, &fields[i])))
			return false;
		if (member->type == PROTOBUF_TYPE_MESSAGE && !protobuf_is_message(fields[i].bytes))
			return false;
	}
	return true;
}

/* ---- values ---- */

static void append_enum(struct buffer *out, const struct protobuf_enum *values, int32_t number)
{
	struct span name = values ? protobuf_enum_name(values, number) : (struct span){0};

	if (name.len)
		json_append_string(out, name);
	else
		buffer_append_i64(out, number);
}

static int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void append_string(struct view *v, struct span text)
{
	json_append_string(v->out, protobuf_fitting(v, text));
}

static void append_base64(struct view *v, struct span bytes)
{
	buffer_append_char(v->out, '"');
	base64_append(v->out, protobuf_fitting(v, bytes));
	buffer_append_char(v->out, '"');
}

static void append_value(struct view *v, const struct protobuf_member *member,
			 const struct protobuf_field *field, unsigned depth)
{
	uint64_t integer = field->integer;

	switch (member->type) {
	case PROTOBUF_TYPE_DOUBLE:
		real_append_bits64(v->out, integer);
		break;
	case PROTOBUF_TYPE_FLOAT:
		real_append_bits32(v->out, (uint32_t)integer);
		break;
	case PROTOBUF_TYPE_UINT64:
	case PROTOBUF_TYPE_FIXED64:
		buffer_append_u64(v->out, integer);
		break;
	case PROTOBUF_TYPE_INT64:
	case PROTOBUF_TYPE_SFIXED64:
		buffer_append_i64(v->out, (int64_t)integer);
		break;
	case PROTOBUF_TYPE_UINT32:
	case PROTOBUF_TYPE_FIXED32:
		buffer_append_u64(v->out, (uint32_t)integer);
		break;
	case PROTOBUF_TYPE_INT32:
	case PROTOBUF_TYPE_SFIXED32:
		buffer_append_i64(v->out, (int32_t)integer);
		break;
	case PROTOBUF_TYPE_SINT32:
	case PROTOBUF_TYPE_SINT64:
		buffer_append_i64(v->out, unzigzag(integer));
		break;
	case PROTOBUF_TYPE_BOOL:
		buffer_append_text(v->out, integer ? "true" : "false");
		break;
	case PROTOBUF_TYPE_ENUM:
		append_enum(v->out, member->values, (int32_t)integer);
		break;
	case PROTOBUF_TYPE_STRING:
		append_string(v, field->bytes);
		break;
	case PROTOBUF_TYPE_BYTES:
		append_base64(v, field->bytes);
		break;
	default:
		if (depth < PROTOBUF_DEPTH_MAX)
			protobuf_append_message(v, field->bytes, member->message, depth + 1);
		else
			protobuf_append_bytes(v, field->bytes);
		break;
	}
}

/* ---- fields that come several times ---- */

static void append_packed(struct view *v, const struct protobuf_member *member, struct span bytes,
			  bool *first)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct protobuf_field number;

	while (cursor_left(&c) && (*first || !protobuf_is_full(v)) &&
	       unpack(&c, wire_of(member->type), &number)) {
		if (!*first)
			buffer_append_char(v->out, ',');
		*first = false;
		append_value(v, member, &number, 0);
	}
}

static void append_list(struct view *v, const struct protobuf_member *member,
			const struct protobuf_field *fields, size_t count, unsigned depth)
{
	bool first = true;

	buffer_append_char(v->out, '[');
	for (size_t i = 0; i < count && (first || !protobuf_is_full(v)); i++) {
		if (is_packed(wire_of(member->type), &fields[i])) {
			append_packed(v, member, fields[i].bytes, &first);
			continue;
		}
		if (!first)
			buffer_append_char(v->out, ',');
		first = false;
		append_value(v, member, &fields[i], depth);
	}
	buffer_append_char(v->out, ']');
}

/* ---- maps: messages of a key, 1, and a value, 2 (the same, Maps) ---- */

#define ENTRY_KEY   1
#define ENTRY_VALUE 2

/* What field NUMBER of an entry is; its default where it is left out. */
static void append_half(struct view *v, const struct protobuf_message *entry, struct span bytes,
			uint32_t number, unsigned depth)
{
	const struct protobuf_member *member = protobuf_message_member(entry, number);
	struct protobuf_field found = protobuf_last_field(bytes, number);

	if (!member)
		buffer_append_text(v->out, "null");
	else if (!found.number || protobuf_fits_member(member, &found, 1))
		append_value(v, member, &found, depth);
	else
		protobuf_append_bytes(v, bytes);
}

/* A key is a text in JSON, whatever it is here. */
static void append_key(struct view *v, const struct protobuf_message *entry, struct span bytes)
{
	struct buffer key = {0};
	struct view inner = {.out = &key, .limit = v->limit};

	append_half(&inner, entry, bytes, ENTRY_KEY, 0);
	if (key.len && *key.data == '"')
		buffer_append_span(v->out, buffer_span(&key));
	else
		json_append_string(v->out, buffer_span(&key));
	v->cut |= inner.cut;
	buffer_free(&key);
}

static void append_map(struct view *v, const struct protobuf_message *entry,
		       const struct protobuf_field *fields, size_t count, unsigned depth)
{
	buffer_append_char(v->out, '{');
	for (size_t i = 0; i < count && (!i || !protobuf_is_full(v)); i++) {
		if (i)
			buffer_append_char(v->out, ',');
		append_key(v, entry, fields[i].bytes);
		buffer_append_char(v->out, ':');
		append_half(v, entry, fields[i].bytes, ENTRY_VALUE, depth + 1);
	}
	buffer_append_char(v->out, '}');
}

/* ---- fields that come once: a message that comes again is merged, which is to be joined ---- */

static void append_merged(struct view *v, const struct protobuf_member *member,
			  const struct protobuf_field *fields, size_t count, unsigned depth)
{
	struct protobuf_field all = *fields;
	struct buffer joined = {0};

	for (size_t i = 0; i < count; i++)
		buffer_append_span(&joined, fields[i].bytes);
	all.bytes = buffer_span(&joined);
	append_value(v, member, &all, depth);
	buffer_free(&joined);
}

void protobuf_append_member(struct view *v, const struct protobuf_member *member,
			    const struct protobuf_field *fields, size_t count, unsigned depth)
{
	bool message = member->type == PROTOBUF_TYPE_MESSAGE;

	if (message && member->repeated && member->message &&
	    protobuf_message_is_entry(member->message))
		append_map(v, member->message, fields, count, depth);
	else if (member->repeated)
		append_list(v, member, fields, count, depth);
	else if (message && count > 1)
		append_merged(v, member, fields, count, depth);
	else
		append_value(v, member, &fields[count - 1], depth);
}
