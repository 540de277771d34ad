/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"

/* ---- lists and maps of strings ---- */

static void append_strings(struct buffer *out, struct cursor *c, uint16_t count)
{
	buffer_append_char(out, '[');
	for (uint16_t i = 0; i < count && cursor_left(c) && !c->failed; i++) {
		if (i)
			buffer_append_char(out, ',');
		json_append_string(out, cql_string(c));
	}
	buffer_append_char(out, ']');
}

void cql_strings_json(struct buffer *out, struct span list, uint16_t count)
{
	struct cursor c = cursor_of(list.data, list.len);

	append_strings(out, &c, count);
}

static void append_key(struct buffer *out, struct span key, bool first)
{
	if (!first)
		buffer_append_char(out, ',');
	json_append_string(out, key);
	buffer_append_char(out, ':');
}

void cql_map_json(struct buffer *out, struct span map, uint16_t count)
{
	struct cursor c = cursor_of(map.data, map.len);

	buffer_append_char(out, '{');
	for (uint16_t i = 0; i < count && cursor_left(&c) && !c.failed; i++) {
		append_key(out, cql_string(&c), !i);
		json_append_string(out, cql_string(&c));
	}
	buffer_append_char(out, '}');
}

void cql_multimap_json(struct buffer *out, struct span map, uint16_t count)
{
	struct cursor c = cursor_of(map.data, map.len);

	buffer_append_char(out, '{');
	for (uint16_t i = 0; i < count && cursor_left(&c) && !c.failed; i++) {
		append_key(out, cql_string(&c), !i);
		append_strings(out, &c, cursor_be16(&c));
	}
	buffer_append_char(out, '}');
}

void cql_bytes_map_json(struct cql_writer *w, struct span map, uint16_t count)
{
	struct cursor c = cursor_of(map.data, map.len);
	int32_t null_;

	buffer_append_char(w->out, '{');
	for (uint16_t i = 0; i < count && cursor_left(&c) && !c.failed && !cql_writer_full(w);
	     i++) {
		struct span value;

		append_key(w->out, cql_string(&c), !i);
		value = cql_bytes(&c, &null_);
		if (null_)
			buffer_append_text(w->out, "null");
		else
			cql_bytes_json(w, value);
	}
	buffer_append_char(w->out, '}');
}

struct span cql_map_find(struct span map, uint16_t count, const char *key)
{
	struct cursor c = cursor_of(map.data, map.len);

	for (uint16_t i = 0; i < count && cursor_left(&c) && !c.failed; i++) {
		struct span name = cql_string(&c), value = cql_string(&c);

		if (span_is(name, key))
			return value;
	}
	return (struct span){0};
}

/* ---- members of an object; those that aren't there are left out ---- */

static void append_name(struct buffer *out, const char *name)
{
	append_key(out, span_text(name), out->len && out->data[out->len - 1] == '{');
}

static void append_text(struct buffer *out, const char *name, struct cursor *c)
{
	struct span text = cql_string(c);

	if (c->failed)
		return;
	append_name(out, name);
	json_append_string(out, text);
}

static void append_int(struct buffer *out, const char *name, struct cursor *c)
{
	int32_t value = (int32_t)cursor_be32(c);

	if (c->failed)
		return;
	append_name(out, name);
	buffer_append_i64(out, value);
}

static void append_types(struct buffer *out, struct cursor *c)
{
	uint16_t count = cursor_be16(c);

	if (c->failed)
		return;
	append_name(out, "argument_types");
	append_strings(out, c, count);
}

static void append_consistency(struct buffer *out, struct cursor *c)
{
	uint16_t consistency = cursor_be16(c);
	const char *name = cql_consistency_name(consistency);

	if (c->failed)
		return;
	append_name(out, "consistency");
	if (name)
		json_append_string(out, span_text(name));
	else
		buffer_append_u64(out, consistency);
}

static void append_flag(struct buffer *out, const char *name, struct cursor *c)
{
	uint8_t value = cursor_u8(c);

	if (c->failed)
		return;
	append_name(out, name);
	buffer_append_text(out, value ? "true" : "false");
}

/* ---- errors: section 9 ---- */

/* From version 5 on each replica that failed has a reason; before, they are counted. */
static void append_failures(struct buffer *out, struct cursor *c, unsigned version)
{
	uint32_t count;

	if (!cql_has_wide_flags(version)) {
		append_int(out, "failures", c);
		return;
	}
	count = cursor_be32(c);
	if (c->failed)
		return;
	append_name(out, "failures");
	buffer_append_char(out, '{');
	for (uint32_t i = 0; i < count && cursor_left(c); i++) {
		struct span address = cursor_span(c, cursor_u8(c));
		uint16_t reason = cursor_be16(c);

		if (c->failed)
			break;
		if (i)
			buffer_append_char(out, ',');
		buffer_append_char(out, '"');
		if (!cql_append_address(out, address))
			hex_append(out, address);
		buffer_printf(out, "\":%u", reason);
	}
	buffer_append_char(out, '}');
}

static void append_received(struct buffer *out, struct cursor *c)
{
	append_consistency(out, c);
	append_int(out, "received", c);
	append_int(out, "block_for", c);
}

static void append_write_timeout(struct buffer *out, struct cursor *c, unsigned version)
{
	struct cursor look;
	struct span type;

	append_received(out, c);
	look = *c;
	type = cql_string(&look);
	append_text(out, "write_type", c);
	if (!cql_has_wide_flags(version) || !span_is(type, "CAS") || cursor_left(c) < 2)
		return;
	append_name(out, "contentions");
	buffer_append_u64(out, cursor_be16(c));
}

static void append_unprepared(struct buffer *out, struct cursor *c)
{
	struct span id = cql_short_bytes(c);

	if (c->failed)
		return;
	append_name(out, "statement_id");
	buffer_append_char(out, '"');
	hex_append(out, id);
	buffer_append_char(out, '"');
}

static void append_details(struct buffer *out, struct cursor *c, int32_t code, unsigned version)
{
	switch (code) {
	case CQL_ERROR_UNAVAILABLE:
		append_consistency(out, c);
		append_int(out, "required", c);
		append_int(out, "alive", c);
		break;
	case CQL_ERROR_WRITE_TIMEOUT:
		append_write_timeout(out, c, version);
		break;
	case CQL_ERROR_READ_TIMEOUT:
		append_received(out, c);
		append_flag(out, "data_present", c);
		break;
	case CQL_ERROR_READ_FAILURE:
		append_received(out, c);
		append_failures(out, c, version);
		append_flag(out, "data_present", c);
		break;
	case CQL_ERROR_FUNCTION_FAILURE:
		append_text(out, "keyspace", c);
		append_text(out, "function", c);
		append_types(out, c);
		break;
	case CQL_ERROR_WRITE_FAILURE:
		append_received(out, c);
		append_failures(out, c, version);
		append_text(out, "write_type", c);
		break;
	case CQL_ERROR_CAS_WRITE_UNKNOWN:
		append_received(out, c);
		break;
	case CQL_ERROR_ALREADY_EXISTS:
		append_text(out, "keyspace", c);
		append_text(out, "table", c);
		break;
	case CQL_ERROR_UNPREPARED:
		append_unprepared(out, c);
		break;
	default:
		break;
	}
}

void cql_error_json(struct buffer *out, const struct cql_header *header,
		    const struct cql_response *r)
{
	struct cursor c = cursor_of(r->details.data, r->details.len);

	if (!r->details.len)
		return;
	buffer_append_char(out, '{');
	append_details(out, &c, r->error_code, header->version);
	buffer_append_char(out, '}');
	if (out->len == 2)
		buffer_clear(out);
}

/* ---- changes: section 4.2.6 ---- */

static void append_node(struct buffer *out, struct cursor *c)
{
	struct span address;
	uint32_t port;

	append_text(out, "change", c);
	address = cursor_span(c, cursor_u8(c));
	port = cursor_be32(c);
	if (c->failed)
		return;
	append_name(out, "address");
	buffer_append_char(out, '"');
	if (!cql_append_address(out, address))
		hex_append(out, address);
	buffer_append_char(out, '"');
	append_name(out, "port");
	buffer_append_i64(out, (int32_t)port);
}

static void append_schema(struct buffer *out, struct cursor *c)
{
	struct cursor look;
	struct span target;

	append_text(out, "change", c);
	look = *c;
	target = cql_string(&look);
	append_text(out, "target", c);
	append_text(out, "keyspace", c);
	if (span_is(target, "KEYSPACE"))
		return;
	append_text(out, "name", c);
	if (span_is(target, "FUNCTION") || span_is(target, "AGGREGATE"))
		append_types(out, c);
}

void cql_change_json(struct buffer *out, const struct cql_response *r)
{
	struct cursor c = cursor_of(r->details.data, r->details.len);
	bool event = r->result != CQL_RESULT_SCHEMA_CHANGE;

	buffer_append_char(out, '{');
	if (event) {
		append_name(out, "event");
		json_append_string(out, r->text);
	}
	if (!event || span_is(r->text, "SCHEMA_CHANGE"))
		append_schema(out, &c);
	else
		append_node(out, &c);
	buffer_append_char(out, '}');
}
