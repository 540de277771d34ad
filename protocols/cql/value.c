/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/cql/wire.h"
#include "protocols/value/date.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"
#include "protocols/value/utf8.h"

bool cql_writer_full(struct cql_writer *w)
{
	w->cut |= w->out->len >= w->limit;
	return w->cut;
}

static size_t room(const struct cql_writer *w)
{
	return w->limit > w->out->len ? w->limit - w->out->len : 0;
}

/* ---- bytes and text ---- */

void cql_bytes_json(struct cql_writer *w, struct span bytes)
{
	if (bytes.len > room(w) / 2) {
		bytes.len = room(w) / 2;
		w->cut = true;
	}
	buffer_append_text(w->out, "\"0x");
	hex_append(w->out, bytes);
	buffer_append_char(w->out, '"');
}

void cql_text_json(struct cql_writer *w, struct span text)
{
	size_t most = room(w);

	if (text.len > most) {
		/* Not in the middle of a character. */
		while (most && (text.data[most] & 0xc0) == 0x80 && room(w) - most < 4)
			most--;
		text.len = most;
		w->cut = true;
	}
	json_append_string(w->out, text);
}

bool cql_append_address(struct buffer *out, struct span bytes)
{
	char text[INET6_ADDRSTRLEN];

	if ((bytes.len != 4 && bytes.len != 16) ||
	    !inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, bytes.data, text, sizeof(text)))
		return false;
	buffer_append_text(out, text);
	return true;
}

/* ---- numbers and times ---- */

#define DAY_MS 86400000
#define DAY_NS 86400000000000

/* Nanoseconds since midnight, with so many digits of a second's part. */
static void append_time(struct buffer *out, uint64_t ns, unsigned digits)
{
	char *to = buffer_reserve(out, DATE_CLOCK_ROOM);

	if (to)
		out->len = (size_t)(date_put_clock(to, ns, digits) - out->data);
}

static void append_timestamp(struct buffer *out, int64_t ms)
{
	int64_t days = ms / DAY_MS, rest = ms % DAY_MS;

	if (rest < 0) {
		rest += DAY_MS;
		days--;
	}
	buffer_append_char(out, '"');
	date_append(out, days);
	buffer_append_char(out, 'T');
	append_time(out, (uint64_t)rest * 1000000, 3);
	buffer_append_text(out, "Z\"");
}

/* Days with 1970-01-01 at 2^31. */
static void append_date(struct buffer *out, uint32_t days)
{
	buffer_append_char(out, '"');
	date_append(out, (int64_t)days - (1ll << 31));
	buffer_append_char(out, '"');
}

static bool append_time_of_day(struct buffer *out, uint64_t ns)
{
	if (ns >= DAY_NS)
		return false;
	buffer_append_char(out, '"');
	append_time(out, ns, 9);
	buffer_append_char(out, '"');
	return true;
}

static int64_t signed_vint(struct cursor *c)
{
	uint64_t value = cql_vint(c);

	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static void append_unit(struct buffer *out, uint64_t *value, uint64_t size, const char *unit)
{
	if (*value / size)
		buffer_printf(out, "%llu%s", (unsigned long long)(*value / size), unit);
	*value %= size;
}

/* As CQL writes one: "1y2mo3d4h5m6s7ms8us9ns" (section 6.8). */
static bool append_duration(struct buffer *out, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);
	int64_t months = signed_vint(&c), days = signed_vint(&c), ns = signed_vint(&c);
	uint64_t m = magnitude(months), d = magnitude(days), n = magnitude(ns);

	if (c.failed || cursor_left(&c))
		return false;
	buffer_append_char(out, '"');
	if (months < 0 || days < 0 || ns < 0)
		buffer_append_char(out, '-');
	if (!m && !d && !n)
		buffer_append_text(out, "0ns");
	append_unit(out, &m, 12, "y");
	append_unit(out, &m, 1, "mo");
	append_unit(out, &d, 1, "d");
	append_unit(out, &n, 3600000000000, "h");
	append_unit(out, &n, 60000000000, "m");
	append_unit(out, &n, 1000000000, "s");
	append_unit(out, &n, 1000000, "ms");
	append_unit(out, &n, 1000, "us");
	append_unit(out, &n, 1, "ns");
	buffer_append_char(out, '"');
	return true;
}

/* ---- what has a fixed length ---- */

/* 0: it has none. */
static size_t length_of(unsigned id)
{
	switch (id) {
	case CQL_TYPE_BOOLEAN:
	case CQL_TYPE_TINYINT:
		return 1;
	case CQL_TYPE_SMALLINT:
		return 2;
	case CQL_TYPE_INT:
	case CQL_TYPE_FLOAT:
	case CQL_TYPE_DATE:
		return 4;
	case CQL_TYPE_BIGINT:
	case CQL_TYPE_COUNTER:
	case CQL_TYPE_DOUBLE:
	case CQL_TYPE_TIMESTAMP:
	case CQL_TYPE_TIME:
		return 8;
	case CQL_TYPE_UUID:
	case CQL_TYPE_TIMEUUID:
		return 16;
	default:
		return 0;
	}
}

static bool append_fixed(struct buffer *out, unsigned id, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);

	switch (id) {
	case CQL_TYPE_BOOLEAN:
		buffer_append_text(out, cursor_u8(&c) ? "true" : "false");
		return true;
	case CQL_TYPE_TINYINT:
		buffer_append_i64(out, (int8_t)cursor_u8(&c));
		return true;
	case CQL_TYPE_SMALLINT:
		buffer_append_i64(out, (int16_t)cursor_be16(&c));
		return true;
	case CQL_TYPE_INT:
		buffer_append_i64(out, (int32_t)cursor_be32(&c));
		return true;
	case CQL_TYPE_BIGINT:
	case CQL_TYPE_COUNTER:
		buffer_append_i64(out, (int64_t)cursor_be64(&c));
		return true;
	case CQL_TYPE_FLOAT:
		real_append_bits32(out, cursor_be32(&c));
		return true;
	case CQL_TYPE_DOUBLE:
		real_append_bits64(out, cursor_be64(&c));
		return true;
	case CQL_TYPE_DATE:
		append_date(out, cursor_be32(&c));
		return true;
	case CQL_TYPE_TIMESTAMP:
		append_timestamp(out, (int64_t)cursor_be64(&c));
		return true;
	case CQL_TYPE_TIME:
		return append_time_of_day(out, cursor_be64(&c));
	default:
		buffer_append_char(out, '"');
		hex_append_uuid(out, value);
		buffer_append_char(out, '"');
		return true;
	}
}

static bool append_inet(struct buffer *out, struct span value)
{
	size_t before = out->len;

	buffer_append_char(out, '"');
	if (cql_append_address(out, value)) {
		buffer_append_char(out, '"');
		return true;
	}
	out->len = before;
	return false;
}

/* ---- what holds other values ---- */

/* What of C the elements of a list are, or as many of them as there is room for. */
static void append_elements(struct cql_writer *w, struct cursor type, struct cursor *c,
			    uint32_t count)
{
	buffer_append_char(w->out, '[');
	for (uint32_t i = 0; i < count && cursor_left(c) && !cql_writer_full(w); i++) {
		struct cursor one = type;

		if (i)
			buffer_append_char(w->out, ',');
		cql_element_json(w, &one, c);
	}
	buffer_append_char(w->out, ']');
}

static void append_list(struct cql_writer *w, struct cursor *type, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);

	append_elements(w, *type, &c, cursor_be32(&c));
	w->damaged |= c.failed;
	cql_type_skip(type);
}

/* A key of an object is a string: what isn't one becomes its JSON as text. */
static void append_key(struct cql_writer *w, struct cursor *type, struct cursor *c)
{
	size_t from = w->out->len, len;
	struct buffer text = {0};

	cql_element_json(w, type, c);
	if (w->out->failed || w->out->data[from] == '"')
		return;
	len = w->out->len - from;
	buffer_append(&text, w->out->data + from, len);
	w->out->len = from;
	w->out->failed |= text.failed;
	json_append_string(w->out, buffer_span(&text));
	buffer_free(&text);
}

static void append_map(struct cql_writer *w, struct cursor *type, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len), key = *type, values = *type;
	uint32_t count = cursor_be32(&c);

	cql_type_skip(&values);
	buffer_append_char(w->out, '{');
	for (uint32_t i = 0; i < count && cursor_left(&c) && !cql_writer_full(w); i++) {
		struct cursor key_type = key, value_type = values;

		if (i)
			buffer_append_char(w->out, ',');
		append_key(w, &key_type, &c);
		buffer_append_char(w->out, ':');
		cql_element_json(w, &value_type, &c);
	}
	buffer_append_char(w->out, '}');
	w->damaged |= c.failed;
	*type = values;
	cql_type_skip(type);
}

/* A tuple, or with names the fields of a user-defined type; those behind the last have no value. */
static void append_fields(struct cql_writer *w, struct cursor *type, struct span value, bool named)
{
	struct cursor c = cursor_of(value.data, value.len);
	uint16_t count = cursor_be16(type);

	buffer_append_char(w->out, named ? '{' : '[');
	for (uint16_t i = 0; i < count && !type->failed; i++) {
		struct span name = named ? cql_string(type) : (struct span){0};

		if (cql_writer_full(w)) {
			cql_type_skip(type);
			continue;
		}
		if (i)
			buffer_append_char(w->out, ',');
		if (named) {
			json_append_string(w->out, name);
			buffer_append_char(w->out, ':');
		}
		if (cursor_left(&c)) {
			cql_element_json(w, type, &c);
		} else {
			buffer_append_text(w->out, "null");
			cql_type_skip(type);
		}
	}
	buffer_append_char(w->out, named ? '}' : ']');
	w->damaged |= c.failed;
}

/* Of these types Cassandra says how long a value is in a vector, though it always is the same. */
static bool is_counted(unsigned id)
{
	return id == CQL_TYPE_TINYINT || id == CQL_TYPE_SMALLINT || id == CQL_TYPE_DATE ||
	       id == CQL_TYPE_TIME;
}

/* The length of each element of a vector of this type; 0: each says its own. */
static size_t element_length(struct cursor type)
{
	uint16_t id = cursor_be16(&type);
	uint32_t dimension;

	if (id == CQL_TYPE_VECTOR) {
		dimension = cursor_be32(&type);
		return dimension * element_length(type);
	}
	return is_counted(id) ? 0 : length_of(id);
}

static void append_vector(struct cql_writer *w, struct cursor *type, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);
	uint32_t dimension = cursor_be32(type);
	size_t fixed = element_length(*type);

	buffer_append_char(w->out, '[');
	for (uint32_t i = 0; i < dimension && cursor_left(&c) && !cql_writer_full(w); i++) {
		struct cursor one = *type;
		struct span element;

		element = cursor_span(&c, fixed ? fixed : (size_t)cql_vint(&c));
		if (c.failed)
			break;
		if (i)
			buffer_append_char(w->out, ',');
		cql_value_json(w, &one, element);
	}
	buffer_append_char(w->out, ']');
	w->damaged |= c.failed;
	cql_type_skip(type);
}

static bool append_composite(struct cql_writer *w, unsigned id, struct cursor *type,
			     struct span value)
{
	switch (id) {
	case CQL_TYPE_LIST:
	case CQL_TYPE_SET:
		append_list(w, type, value);
		return true;
	case CQL_TYPE_MAP:
		append_map(w, type, value);
		return true;
	case CQL_TYPE_TUPLE:
		append_fields(w, type, value, false);
		return true;
	case CQL_TYPE_UDT:
		cql_string(type);
		cql_string(type);
		append_fields(w, type, value, true);
		return true;
	case CQL_TYPE_VECTOR:
		append_vector(w, type, value);
		return true;
	default:
		return false;
	}
}

/* ---- all ---- */

void cql_value_json(struct cql_writer *w, struct cursor *type, struct span value)
{
	uint16_t id = cursor_be16(type);
	size_t fixed = length_of(id), before = w->out->len;

	if (id == CQL_TYPE_ASCII || id == CQL_TYPE_TEXT || id == CQL_TYPE_VARCHAR) {
		cql_text_json(w, value);
		return;
	}
	if (fixed && value.len == fixed && append_fixed(w->out, id, value))
		return;
	if (append_composite(w, id, type, value))
		return;
	if (id == CQL_TYPE_CUSTOM)
		cql_string(type);
	/* Most types have an empty value, which isn't null (section 6). */
	if (!value.len && id != CQL_TYPE_BLOB && id != CQL_TYPE_CUSTOM)
		buffer_append_text(w->out, "\"\"");
	else if (id == CQL_TYPE_VARINT)
		cql_varint_json(w, value);
	else if (id == CQL_TYPE_DECIMAL)
		cql_decimal_json(w, value);
	else if (!(id == CQL_TYPE_INET && append_inet(w->out, value)) &&
		 !(id == CQL_TYPE_DURATION && append_duration(w->out, value))) {
		w->damaged |= id != CQL_TYPE_BLOB && id != CQL_TYPE_CUSTOM;
		w->out->len = before;
		cql_bytes_json(w, value);
	}
}

#define UNSET -2

void cql_element_json(struct cql_writer *w, struct cursor *type, struct cursor *c)
{
	int32_t null_;
	struct span value = cql_bytes(c, &null_);

	if (c->failed && !value.len) {
		buffer_append_text(w->out, "null");
		cql_type_skip(type);
		return;
	}
	if (!null_) {
		cql_value_json(w, type, value);
		return;
	}
	buffer_append_text(w->out, null_ == UNSET ? "{\"unset\":true}" : "null");
	cql_type_skip(type);
}
