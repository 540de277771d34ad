/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/value.h"
#include "protocols/cql/wire.h"

static const char *const names[] = {
	[CQL_TYPE_ASCII] = "ascii",
	[CQL_TYPE_BIGINT] = "bigint",
	[CQL_TYPE_BLOB] = "blob",
	[CQL_TYPE_BOOLEAN] = "boolean",
	[CQL_TYPE_COUNTER] = "counter",
	[CQL_TYPE_DECIMAL] = "decimal",
	[CQL_TYPE_DOUBLE] = "double",
	[CQL_TYPE_FLOAT] = "float",
	[CQL_TYPE_INT] = "int",
	[CQL_TYPE_TEXT] = "text",
	[CQL_TYPE_TIMESTAMP] = "timestamp",
	[CQL_TYPE_UUID] = "uuid",
	[CQL_TYPE_VARCHAR] = "text",
	[CQL_TYPE_VARINT] = "varint",
	[CQL_TYPE_TIMEUUID] = "timeuuid",
	[CQL_TYPE_INET] = "inet",
	[CQL_TYPE_DATE] = "date",
	[CQL_TYPE_TIME] = "time",
	[CQL_TYPE_SMALLINT] = "smallint",
	[CQL_TYPE_TINYINT] = "tinyint",
	[CQL_TYPE_DURATION] = "duration",
	[CQL_TYPE_LIST] = "list",
	[CQL_TYPE_MAP] = "map",
	[CQL_TYPE_SET] = "set",
};

static const char *name_of(unsigned id)
{
	return id < sizeof(names) / sizeof(names[0]) ? names[id] : NULL;
}

/* How many types stand in one: of those that hold nothing else. */
static unsigned elements_of(unsigned id)
{
	return id == CQL_TYPE_MAP ? 2 : id == CQL_TYPE_LIST || id == CQL_TYPE_SET;
}

/* ---- moving over, and copying ---- */

static void copy(struct buffer *out, const uint8_t *from, const struct cursor *c)
{
	if (out)
		buffer_append(out, from, (size_t)(c->pos - from));
}

/* OUT may be NULL. */
static void walk(struct cursor *c, struct buffer *out, unsigned depth)
{
	const uint8_t *from = c->pos;
	uint16_t id = cursor_be16(c), count = 0;
	struct span class;

	if (depth > CQL_TYPE_DEPTH_MAX)
		c->failed = true;
	if (c->failed)
		return;
	if (id == CQL_TYPE_CUSTOM) {
		class = cql_string(c);
		if (!out || c->failed || !cql_class_compile(class, out, depth))
			copy(out, from, c);
		return;
	}
	if (id == CQL_TYPE_UDT) {
		cql_string(c);
		cql_string(c);
	}
	if (id == CQL_TYPE_VECTOR)
		cursor_skip(c, 4);
	if (id == CQL_TYPE_UDT || id == CQL_TYPE_TUPLE)
		count = cursor_be16(c);
	else if (id == CQL_TYPE_VECTOR)
		count = 1;
	else if (name_of(id))
		count = (uint16_t)elements_of(id);
	else
		c->failed = true;
	copy(out, from, c);
	for (; count && !c->failed; count--) {
		from = c->pos;
		if (id == CQL_TYPE_UDT)
			cql_string(c);
		copy(out, from, c);
		walk(c, out, depth + 1);
	}
}

void cql_type_skip(struct cursor *c)
{
	walk(c, NULL, 0);
}

void cql_type_compile(struct cursor *c, struct buffer *out)
{
	walk(c, out, 0);
}

/* ---- names ---- */

static void append_list(struct cursor *c, struct buffer *out, unsigned count)
{
	for (unsigned i = 0; i < count && !c->failed; i++) {
		if (i)
			buffer_append_text(out, ", ");
		cql_type_name(c, out);
	}
}

static void append_udt(struct cursor *c, struct buffer *out)
{
	struct span keyspace = cql_string(c);
	uint16_t count;

	buffer_append_span(out, keyspace);
	buffer_append_char(out, '.');
	buffer_append_span(out, cql_string(c));
	count = cursor_be16(c);
	for (; count && !c->failed; count--) {
		cql_string(c);
		cql_type_skip(c);
	}
}

void cql_type_name(struct cursor *c, struct buffer *out)
{
	uint16_t id = cursor_be16(c);
	uint32_t dimension = id == CQL_TYPE_VECTOR ? cursor_be32(c) : 0;
	unsigned count = elements_of(id);

	if (id == CQL_TYPE_CUSTOM) {
		buffer_append_span(out, cql_string(c));
		return;
	}
	if (id == CQL_TYPE_UDT) {
		append_udt(c, out);
		return;
	}
	buffer_append_text(out, id == CQL_TYPE_VECTOR  ? "vector"
				: id == CQL_TYPE_TUPLE ? "tuple"
				: name_of(id)	       ? name_of(id)
						       : "?");
	if (id == CQL_TYPE_TUPLE)
		count = cursor_be16(c);
	else if (id == CQL_TYPE_VECTOR)
		count = 1;
	if (!count)
		return;
	buffer_append_char(out, '<');
	append_list(c, out, count);
	if (id == CQL_TYPE_VECTOR)
		buffer_printf(out, ", %u", dimension);
	buffer_append_char(out, '>');
}
