/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"

/* The binary forms of types that are met less often (adt/ of its source: their send functions). */
enum {
	OID_REGPROC = 24,
	OID_TID = 27,
	OID_XID = 28,
	OID_CID = 29,
	OID_POINT = 600,
	OID_FLOAT8 = 701, /* its coordinates */
	OID_MACADDR8 = 774,
	OID_MACADDR = 829,
	OID_TIMETZ = 1266,
	OID_BIT = 1560,
	OID_VARBIT = 1562,
	OID_REGPROCEDURE = 2202,
	OID_REGOPER = 2203,
	OID_REGOPERATOR = 2204,
	OID_REGCLASS = 2205,
	OID_REGTYPE = 2206,
	OID_LSN = 3220,
	OID_XID8 = 5069
};

/* A value as it stands inside another's text: without the quotes that JSON wants. */
static bool append_part(struct buffer *out, uint32_t oid, struct span bytes)
{
	struct buffer json = {0};
	struct span text;
	bool good;

	pgsql_value(oid, 1, bytes, &json);
	text = buffer_span(&json);
	good = !json.failed && text.len && *text.data != '{';
	if (good && text.len > 1 && *text.data == '"')
		text = span_of(text.data + 1, text.len - 2);
	if (good)
		buffer_append_span(out, text);
	buffer_free(&json);
	return good;
}

/* ---- ranges ---- */

static const struct {
	uint32_t range, element;
} ranges[] = {
	{3904, 23},   /* int4range */
	{3906, 1700}, /* numrange */
	{3908, 1114}, /* tsrange */
	{3910, 1184}, /* tstzrange */
	{3912, 1082}, /* daterange */
	{3926, 20},   /* int8range */
};

static uint32_t element_of(uint32_t range)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].range == range)
			return ranges[i].element;
	return 0;
}

enum {
	RANGE_EMPTY = 0x01,
	RANGE_LOWER_IN = 0x02,
	RANGE_UPPER_IN = 0x04,
	RANGE_NO_LOWER = 0x08,
	RANGE_NO_UPPER = 0x10
};

static bool append_bound(struct buffer *out, uint32_t element, struct cursor *c)
{
	struct span bytes = cursor_span(c, cursor_be32(c));

	return !c->failed && append_part(out, element, bytes);
}

/* "[1,10)" */
static bool append_range(struct buffer *out, uint32_t element, struct cursor *c)
{
	uint8_t flags = cursor_u8(c);

	if (flags & RANGE_EMPTY) {
		buffer_append_text(out, "\"empty\"");
		return true;
	}
	buffer_append_text(out, flags & RANGE_LOWER_IN ? "\"[" : "\"(");
	if (!(flags & RANGE_NO_LOWER) && !append_bound(out, element, c))
		return false;
	buffer_append_char(out, ',');
	if (!(flags & RANGE_NO_UPPER) && !append_bound(out, element, c))
		return false;
	buffer_append_text(out, flags & RANGE_UPPER_IN ? "]\"" : ")\"");
	return true;
}

/* ---- others ---- */

static void append_address(struct buffer *out, struct cursor *c, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buffer_printf(out, i ? ":%02x" : "\"%02x", cursor_u8(c));
	buffer_append_char(out, '"');
}

static bool append_bits(struct buffer *out, struct cursor *c)
{
	uint32_t count = cursor_be32(c);
	uint8_t byte = 0;

	if (count > cursor_left(c) * 8)
		return false;
	buffer_append_char(out, '"');
	for (uint32_t i = 0; i < count; i++) {
		if (i % 8 == 0)
			byte = cursor_u8(c);
		buffer_append_char(out, byte >> (7 - i % 8) & 1 ? '1' : '0');
	}
	buffer_append_char(out, '"');
	return true;
}

/* "12:30:00.5+01": microseconds since midnight, and seconds west of Greenwich. */
static void append_timetz(struct buffer *out, struct cursor *c)
{
	uint64_t us = cursor_be64(c);
	int32_t west = (int32_t)cursor_be32(c);
	uint32_t off = west < 0 ? 0 - (uint32_t)west : (uint32_t)west;

	buffer_append_char(out, '"');
	pgsql_append_time(out, us);
	buffer_printf(out, "%c%02u", west > 0 ? '-' : '+', off / 3600);
	if (off / 60 % 60)
		buffer_printf(out, ":%02u", off / 60 % 60);
	buffer_append_char(out, '"');
}

/* "(1.5,-2)" */
static bool append_point(struct buffer *out, struct cursor *c)
{
	bool good;

	buffer_append_text(out, "\"(");
	good = append_part(out, OID_FLOAT8, cursor_span(c, 8));
	buffer_append_char(out, ',');
	good &= append_part(out, OID_FLOAT8, cursor_span(c, 8));
	buffer_append_text(out, ")\"");
	return good;
}

static bool append_one(uint32_t oid, struct cursor *c, struct buffer *out)
{
	uint32_t high;

	switch (oid) {
	case OID_XID:
	case OID_CID:
	case OID_REGPROC:
	case OID_REGPROCEDURE:
	case OID_REGOPER:
	case OID_REGOPERATOR:
	case OID_REGCLASS:
	case OID_REGTYPE:
		buffer_append_u64(out, cursor_be32(c));
		return true;
	case OID_XID8:
		buffer_append_u64(out, cursor_be64(c));
		return true;
	case OID_LSN:
		high = cursor_be32(c);
		buffer_printf(out, "\"%X/%X\"", high, cursor_be32(c));
		return true;
	case OID_TID:
		high = cursor_be32(c);
		buffer_printf(out, "\"(%u,%u)\"", high, cursor_be16(c));
		return true;
	case OID_MACADDR:
		append_address(out, c, 6);
		return true;
	case OID_MACADDR8:
		append_address(out, c, 8);
		return true;
	case OID_POINT:
		return append_point(out, c);
	case OID_BIT:
	case OID_VARBIT:
		return append_bits(out, c);
	case OID_TIMETZ:
		append_timetz(out, c);
		return true;
	default:
		return element_of(oid) && append_range(out, element_of(oid), c);
	}
}

bool pgsql_rare_value(uint32_t oid, struct span bytes, struct buffer *out)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);

	return append_one(oid, &c, out) && !c.failed && !cursor_left(&c);
}
