/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <stdio.h>

#include "protocols/pgsql/state.h"
#include "protocols/value/base64.h"
#include "protocols/value/date.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"
#include "protocols/value/utf8.h"

/* Built-in types by their OIDs (pg_type.dat); those are the same in every database. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_CHAR = 18,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_OID = 26,
	OID_JSON = 114,
	OID_XML = 142,
	OID_CIDR = 650,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_UNKNOWN = 705,
	OID_INET = 869,
	OID_BPCHAR = 1042,
	OID_VARCHAR = 1043,
	OID_DATE = 1082,
	OID_TIME = 1083,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_INTERVAL = 1186,
	OID_NUMERIC = 1700,
	OID_UUID = 2950,
	OID_JSONB = 3802
};

static const uint16_t array_oids[] = {
	143,  199,  651,  1000, 1001, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016,
	1021, 1022, 1028, 1041, 1115, 1182, 1183, 1185, 1187, 1231, 1270, 2951, 3807,
};

static bool is_array(uint32_t oid)
{
	for (size_t i = 0; i < sizeof(array_oids) / sizeof(array_oids[0]); i++)
		if (array_oids[i] == oid)
			return true;
	return false;
}

static bool is_number_type(uint32_t oid)
{
	return oid == OID_INT2 || oid == OID_INT4 || oid == OID_INT8 || oid == OID_OID ||
	       oid == OID_FLOAT4 || oid == OID_FLOAT8 || oid == OID_NUMERIC;
}

static void append_bytes(struct buffer *out, struct span bytes)
{
	buffer_append_text(out, "{\"bytes\":\"");
	base64_append(out, bytes);
	buffer_append_text(out, "\"}");
}

/* ---- text format ---- */

static size_t digits_at(struct span text, size_t at)
{
	size_t from = at;

	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at - from;
}

/* RFC 8259, section 6. */
static bool is_json_number(struct span text)
{
	size_t at = text.len && *text.data == '-', whole = digits_at(text, at), part;

	if (!whole || (whole > 1 && text.data[at] == '0'))
		return false;
	at += whole;
	if (at < text.len && text.data[at] == '.') {
		part = digits_at(text, ++at);
		if (!part)
			return false;
		at += part;
	}
	if (at < text.len && (text.data[at] | 0x20) == 'e') {
		at++;
		at += at < text.len && (text.data[at] == '+' || text.data[at] == '-');
		part = digits_at(text, at);
		if (!part)
			return false;
		at += part;
	}
	return at == text.len;
}

static void append_text_value(uint32_t oid, struct span text, struct buffer *out)
{
	if (is_number_type(oid) && is_json_number(text))
		buffer_append_span(out, text);
	else if (oid == OID_BOOL && (span_is(text, "t") || span_is(text, "f")))
		buffer_append_text(out, *text.data == 't' ? "true" : "false");
	else
		json_append_string(out, text);
}

/* ---- binary format ---- */

/* Days since 2000-01-01. */
#define EPOCH_DAYS 10957

/* Microseconds since midnight. */
void pgsql_append_time(struct buffer *out, uint64_t us)
{
	buffer_printf(out, "%02llu:%02llu:%02llu", (unsigned long long)(us / 3600000000),
		      (unsigned long long)(us / 60000000 % 60),
		      (unsigned long long)(us / 1000000 % 60));
	if (us % 1000000)
		buffer_printf(out, ".%06llu", (unsigned long long)(us % 1000000));
}

#define DAY_US 86400000000

static void append_timestamp(struct buffer *out, int64_t us, const char *zone)
{
	int64_t days = us / DAY_US, rest = us % DAY_US;

	if (us == INT64_MAX || us == INT64_MIN) {
		buffer_append_text(out, us > 0 ? "\"infinity\"" : "\"-infinity\"");
		return;
	}
	if (rest < 0) {
		rest += DAY_US;
		days--;
	}
	buffer_append_char(out, '"');
	date_append(out, days + EPOCH_DAYS);
	buffer_append_char(out, ' ');
	pgsql_append_time(out, (uint64_t)rest);
	buffer_append_text(out, zone);
	buffer_append_char(out, '"');
}

static void append_interval(struct buffer *out, struct cursor *c)
{
	int64_t us = (int64_t)cursor_be64(c);
	int32_t days = (int32_t)cursor_be32(c), months = (int32_t)cursor_be32(c);

	buffer_append_char(out, '"');
	if (months)
		buffer_printf(out, "%d mons ", months);
	if (days)
		buffer_printf(out, "%d days ", days);
	if (us < 0)
		buffer_append_char(out, '-');
	pgsql_append_time(out, us < 0 ? -(uint64_t)us : (uint64_t)us);
	buffer_append_char(out, '"');
}

#define NUMERIC_NEGATIVE   0x4000
#define NUMERIC_NAN	   0xc000
#define NUMERIC_DIGITS_MAX 4096 /* groups of four, of what is shown */

/* Groups of four decimal digits; WEIGHT: of the first, in groups before the point. */
static bool append_numeric(struct buffer *out, struct cursor *c)
{
	uint16_t count = cursor_be16(c);
	int16_t weight = (int16_t)cursor_be16(c);
	uint16_t sign = cursor_be16(c), scale = cursor_be16(c);
	struct cursor groups = cursor_part(c, (size_t)count * 2);
	int at = 0;

	if (c->failed || weight > NUMERIC_DIGITS_MAX || scale > 4 * NUMERIC_DIGITS_MAX)
		return false;
	if (sign >= NUMERIC_NAN) {
		buffer_append_text(out, sign == NUMERIC_NAN ? "\"NaN\"" : "\"Infinity\"");
		return true;
	}
	if (sign == NUMERIC_NEGATIVE)
		buffer_append_char(out, '-');
	if (weight < 0)
		buffer_append_char(out, '0');
	for (; at <= weight; at++) {
		unsigned group = at < count ? cursor_be16(&groups) : 0;

		buffer_printf(out, at ? "%04u" : "%u", group > 9999 ? 9999 : group);
	}
	if (!scale)
		return true;
	buffer_append_char(out, '.');
	for (int place = -1, left = scale; left > 0; place--, left -= 4) {
		int index = weight - place;
		unsigned group = index >= 0 && index < count ? cursor_be16(&groups) : 0;
		char digits[8];

		snprintf(digits, sizeof(digits), "%04u", group > 9999 ? 9999 : group);
		buffer_append(out, digits, left < 4 ? (size_t)left : 4);
	}
	return true;
}

#define PGSQL_AF_INET  2
#define PGSQL_AF_INET6 3

static bool append_inet(struct buffer *out, struct cursor *c)
{
	uint8_t family = cursor_u8(c), bits = cursor_u8(c);
	uint8_t is_cidr = cursor_u8(c), len = cursor_u8(c);
	struct span address = cursor_span(c, len);
	char text[INET6_ADDRSTRLEN];
	bool six = family == PGSQL_AF_INET6;

	if (c->failed || len != (six ? 16 : 4) || (!six && family != PGSQL_AF_INET) ||
	    !inet_ntop(six ? AF_INET6 : AF_INET, address.data, text, sizeof(text)))
		return false;
	buffer_printf(out, "\"%s", text);
	if (is_cidr || bits != (six ? 128 : 32))
		buffer_printf(out, "/%u", bits);
	buffer_append_char(out, '"');
	return true;
}

#define DIMENSIONS_MAX 6 /* MAXDIM of the server */

struct dimensions {
	uint32_t count;
	uint32_t len[DIMENSIONS_MAX];
	uint32_t oid;
};

/* The elements of one dimension, and of those inside it. */
static bool append_elements(struct buffer *out, struct cursor *c, const struct dimensions *d,
			    uint32_t depth)
{
	buffer_append_char(out, '[');
	for (uint32_t i = 0; i < d->len[depth] && !c->failed; i++) {
		if (i)
			buffer_append_char(out, ',');
		if (depth + 1 < d->count) {
			if (!append_elements(out, c, d, depth + 1))
				return false;
			continue;
		}
		{
			int32_t len = (int32_t)cursor_be32(c);

			if (len < 0)
				buffer_append_text(out, "null");
			else
				pgsql_value(d->oid, 1, cursor_span(c, (size_t)len), out);
		}
	}
	buffer_append_char(out, ']');
	return !c->failed;
}

static bool append_array(struct buffer *out, struct cursor *c)
{
	struct dimensions d = {.count = cursor_be32(c)};
	uint64_t elements = 1;

	cursor_skip(c, 4); /* whether there are nulls */
	d.oid = cursor_be32(c);
	if (c->failed || d.count > DIMENSIONS_MAX || is_array(d.oid))
		return false;
	for (uint32_t i = 0; i < d.count; i++) {
		d.len[i] = cursor_be32(c);
		cursor_skip(c, 4); /* lower bound */
		elements *= d.len[i];
		/* Each takes four bytes at least. */
		if (c->failed || elements > cursor_left(c) / 4 || !d.len[i])
			return false;
	}
	if (!d.count) {
		buffer_append_text(out, "[]");
		return true;
	}
	return append_elements(out, c, &d, 0);
}

/* Fixed lengths are part of a type: false when this is not as long. */
static bool append_fixed(uint32_t oid, struct span bytes, struct buffer *out)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);

	switch (oid) {
	case OID_BOOL:
		buffer_append_text(out, cursor_u8(&c) ? "true" : "false");
		break;
	case OID_INT2:
		buffer_append_i64(out, (int16_t)cursor_be16(&c));
		break;
	case OID_INT4:
		buffer_append_i64(out, (int32_t)cursor_be32(&c));
		break;
	case OID_OID:
		buffer_append_i64(out, cursor_be32(&c));
		break;
	case OID_INT8:
		buffer_append_i64(out, (int64_t)cursor_be64(&c));
		break;
	case OID_FLOAT4:
		real_append_bits32(out, cursor_be32(&c));
		break;
	case OID_FLOAT8:
		real_append_bits64(out, cursor_be64(&c));
		break;
	case OID_DATE:
		buffer_append_char(out, '"');
		date_append(out, (int64_t)(int32_t)cursor_be32(&c) + EPOCH_DAYS);
		buffer_append_char(out, '"');
		break;
	case OID_TIME:
		buffer_append_char(out, '"');
		pgsql_append_time(out, cursor_be64(&c));
		buffer_append_char(out, '"');
		break;
	case OID_TIMESTAMP:
		append_timestamp(out, (int64_t)cursor_be64(&c), "");
		break;
	case OID_TIMESTAMPTZ:
		append_timestamp(out, (int64_t)cursor_be64(&c), "+00");
		break;
	case OID_INTERVAL:
		append_interval(out, &c);
		break;
	case OID_UUID:
		buffer_append_char(out, '"');
		hex_append_uuid(out, cursor_span(&c, HEX_UUID_LEN));
		buffer_append_char(out, '"');
		break;
	default:
		return false;
	}
	return !c.failed && !cursor_left(&c);
}

static bool append_variable(uint32_t oid, struct span bytes, struct buffer *out)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);

	switch (oid) {
	case OID_NUMERIC:
		return append_numeric(out, &c);
	case OID_INET:
	case OID_CIDR:
		return append_inet(out, &c);
	case OID_JSONB: /* a version, and text */
		if (cursor_u8(&c) != 1 || !utf8_is_text(cursor_rest(&c)))
			return false;
		json_append_string(out, cursor_rest(&c));
		return true;
	case OID_TEXT:
	case OID_VARCHAR:
	case OID_BPCHAR:
	case OID_NAME:
	case OID_CHAR:
	case OID_JSON:
	case OID_XML:
	case OID_UNKNOWN:
		json_append_string(out, bytes);
		return true;
	default:
		return is_array(oid) && append_array(out, &c);
	}
}

void pgsql_value(uint32_t oid, unsigned format, struct span bytes, struct buffer *out)
{
	size_t before = out->len;

	if (format == 0) {
		append_text_value(oid, bytes, out);
		return;
	}
	if (append_fixed(oid, bytes, out))
		return;
	out->len = before;
	if (append_variable(oid, bytes, out))
		return;
	out->len = before;
	if (pgsql_rare_value(oid, bytes, out))
		return;
	out->len = before;
	append_bytes(out, bytes);
}
