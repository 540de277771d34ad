/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/value.h"

/*
 * Cassandra's name of a type's class, with those of its parameters behind it:
 * "org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType, 3)". So
 * are types told of which the protocol's version has no number.
 */
#define PACKAGE "org.apache.cassandra.db.marshal."

static const struct {
	const char *class;
	uint16_t id;
} classes[] = {
	{"AsciiType", CQL_TYPE_ASCII},
	{"LongType", CQL_TYPE_BIGINT},
	{"BytesType", CQL_TYPE_BLOB},
	{"BooleanType", CQL_TYPE_BOOLEAN},
	{"CounterColumnType", CQL_TYPE_COUNTER},
	{"DecimalType", CQL_TYPE_DECIMAL},
	{"DoubleType", CQL_TYPE_DOUBLE},
	{"FloatType", CQL_TYPE_FLOAT},
	{"Int32Type", CQL_TYPE_INT},
	{"TimestampType", CQL_TYPE_TIMESTAMP},
	{"DateType", CQL_TYPE_TIMESTAMP},
	{"UUIDType", CQL_TYPE_UUID},
	{"UTF8Type", CQL_TYPE_VARCHAR},
	{"IntegerType", CQL_TYPE_VARINT},
	{"TimeUUIDType", CQL_TYPE_TIMEUUID},
	{"InetAddressType", CQL_TYPE_INET},
	{"SimpleDateType", CQL_TYPE_DATE},
	{"TimeType", CQL_TYPE_TIME},
	{"ShortType", CQL_TYPE_SMALLINT},
	{"ByteType", CQL_TYPE_TINYINT},
	{"DurationType", CQL_TYPE_DURATION},
	{"ListType", CQL_TYPE_LIST},
	{"MapType", CQL_TYPE_MAP},
	{"SetType", CQL_TYPE_SET},
	{"TupleType", CQL_TYPE_TUPLE},
	{"UserType", CQL_TYPE_UDT},
	{"VectorType", CQL_TYPE_VECTOR},
};

static bool compile(struct cursor *c, struct buffer *out, unsigned depth);

static void append_be16(struct buffer *out, unsigned value)
{
	buffer_append_char(out, (char)(value >> 8));
	buffer_append_char(out, (char)value);
}

static void skip_spaces(struct cursor *c)
{
	while (cursor_left(c) && *c->pos == ' ')
		cursor_skip(c, 1);
}

static bool eat(struct cursor *c, char expected)
{
	skip_spaces(c);
	if (!cursor_left(c) || *c->pos != (uint8_t)expected)
		return false;
	cursor_skip(c, 1);
	return true;
}

/* Up to what ends a name. */
static struct span word(struct cursor *c)
{
	const uint8_t *begin;

	skip_spaces(c);
	begin = c->pos;
	while (cursor_left(c) && !strchr("(),: ", *c->pos))
		cursor_skip(c, 1);
	return span_of(begin, (size_t)(c->pos - begin));
}

/* Parameters, as many as there are when COUNT is 0; *SEEN of them. */
static bool compile_parameters(struct cursor *c, struct buffer *out, unsigned depth, unsigned count,
			       unsigned *seen)
{
	if (!eat(c, '('))
		return false;
	for (*seen = 0; !*seen || eat(c, ','); ++*seen)
		if (!compile(c, out, depth + 1))
			return false;
	return eat(c, ')') && (!count || *seen == count);
}

static void put_be16(struct buffer *out, size_t at, unsigned value)
{
	if (out->failed)
		return;
	out->data[at] = (char)(value >> 8);
	out->data[at + 1] = (char)value;
}

static bool compile_tuple(struct cursor *c, struct buffer *out, unsigned depth)
{
	size_t at = out->len;
	unsigned seen;

	append_be16(out, 0);
	if (!compile_parameters(c, out, depth, 0, &seen))
		return false;
	put_be16(out, at, seen);
	return true;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* A [string] of what HEX says. */
static bool append_hex_string(struct buffer *out, struct span hex)
{
	append_be16(out, (unsigned)(hex.len / 2));
	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		int high = digit(hex.data[i]), low = digit(hex.data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		buffer_append_char(out, (char)(high << 4 | low));
	}
	return !(hex.len & 1);
}

/* (keyspace,name,field:type,...): names, but for the keyspace's, in hexadecimal. */
static bool compile_udt(struct cursor *c, struct buffer *out, unsigned depth)
{
	struct span keyspace;
	unsigned seen = 0;
	size_t at;

	if (!eat(c, '('))
		return false;
	keyspace = word(c);
	append_be16(out, (unsigned)keyspace.len);
	buffer_append_span(out, keyspace);
	if (!eat(c, ',') || !append_hex_string(out, word(c)))
		return false;
	at = out->len;
	append_be16(out, 0);
	for (; eat(c, ','); seen++)
		if (!append_hex_string(out, word(c)) || !eat(c, ':') || !compile(c, out, depth + 1))
			return false;
	put_be16(out, at, seen);
	return eat(c, ')');
}

/* (type, dimension) */
static bool compile_vector(struct cursor *c, struct buffer *out, unsigned depth)
{
	size_t at = out->len;
	uint32_t dimension = 0;
	struct span digits;

	append_be16(out, 0);
	append_be16(out, 0);
	if (!eat(c, '(') || !compile(c, out, depth + 1) || !eat(c, ','))
		return false;
	digits = word(c);
	if (!digits.len || digits.len > 8)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		dimension = dimension * 10 + (uint32_t)(digits.data[i] - '0');
	}
	put_be16(out, at, dimension >> 16);
	put_be16(out, at + 2, dimension);
	return eat(c, ')');
}

static bool compile_known(struct cursor *c, struct buffer *out, uint16_t id, unsigned depth)
{
	unsigned seen;

	append_be16(out, id);
	switch (id) {
	case CQL_TYPE_LIST:
	case CQL_TYPE_SET:
		return compile_parameters(c, out, depth, 1, &seen);
	case CQL_TYPE_MAP:
		return compile_parameters(c, out, depth, 2, &seen);
	case CQL_TYPE_TUPLE:
		return compile_tuple(c, out, depth);
	case CQL_TYPE_UDT:
		return compile_udt(c, out, depth);
	case CQL_TYPE_VECTOR:
		return compile_vector(c, out, depth);
	default:
		return true;
	}
}

static bool compile(struct cursor *c, struct buffer *out, unsigned depth)
{
	const size_t prefix = sizeof(PACKAGE) - 1;
	struct span name = word(c);
	unsigned seen;

	if (depth > CQL_TYPE_DEPTH_MAX || c->failed)
		return false;
	if (name.len > prefix && !memcmp(name.data, PACKAGE, prefix))
		name = span_of(name.data + prefix, name.len - prefix);
	/* These say how it is kept, not what it is. */
	if (span_is(name, "FrozenType") || span_is(name, "ReversedType"))
		return compile_parameters(c, out, depth, 1, &seen);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (span_is(name, classes[i].class))
			return compile_known(c, out, classes[i].id, depth);
	return false;
}

bool cql_class_compile(struct span name, struct buffer *out, unsigned depth)
{
	struct cursor c = cursor_of(name.data, name.len);
	size_t before = out->len;

	if (compile(&c, out, depth) && !cursor_left(&c) && !out->failed)
		return true;
	out->len = before;
	return false;
}
