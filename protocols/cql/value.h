/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CQL_VALUE_H
#define SOCKTAPE_PROTOCOLS_CQL_VALUE_H

#include "format/buffer.h"
#include "protocols/cursor.h"

/* Section 4.2.5.2, <type>; and what is only told by the name of a class. */
enum cql_type {
	CQL_TYPE_CUSTOM = 0x00,
	CQL_TYPE_ASCII = 0x01,
	CQL_TYPE_BIGINT = 0x02,
	CQL_TYPE_BLOB = 0x03,
	CQL_TYPE_BOOLEAN = 0x04,
	CQL_TYPE_COUNTER = 0x05,
	CQL_TYPE_DECIMAL = 0x06,
	CQL_TYPE_DOUBLE = 0x07,
	CQL_TYPE_FLOAT = 0x08,
	CQL_TYPE_INT = 0x09,
	CQL_TYPE_TEXT = 0x0a,
	CQL_TYPE_TIMESTAMP = 0x0b,
	CQL_TYPE_UUID = 0x0c,
	CQL_TYPE_VARCHAR = 0x0d,
	CQL_TYPE_VARINT = 0x0e,
	CQL_TYPE_TIMEUUID = 0x0f,
	CQL_TYPE_INET = 0x10,
	CQL_TYPE_DATE = 0x11,
	CQL_TYPE_TIME = 0x12,
	CQL_TYPE_SMALLINT = 0x13,
	CQL_TYPE_TINYINT = 0x14,
	CQL_TYPE_DURATION = 0x15,
	CQL_TYPE_LIST = 0x20,
	CQL_TYPE_MAP = 0x21,
	CQL_TYPE_SET = 0x22,
	CQL_TYPE_UDT = 0x30,
	CQL_TYPE_TUPLE = 0x31,
	CQL_TYPE_VECTOR = 0x100 /* ours: [int] dimension, element's type */
};

/* Types inside types, at most. */
#define CQL_TYPE_DEPTH_MAX 32

/* ---- type.c ---- */

/* Moves over an [option]; C fails where it is none. */
void cql_type_skip(struct cursor *c);

/* Appends the [option] at C with the classes that are known put into the types above. */
void cql_type_compile(struct cursor *c, struct buffer *out);

/* Appends "map<text, frozen...>" as CQL would write it; C is then behind the (compiled) type. */
void cql_type_name(struct cursor *c, struct buffer *out);

/* ---- class.c ---- */

/*
 * Appends the compiled type that the class of Cassandra's NAME stands for, which is inside DEPTH
 * others. False, and nothing appended: it isn't known.
 */
bool cql_class_compile(struct span name, struct buffer *out, unsigned depth);

/* ---- value.c ---- */

/* Where JSON goes, at most about LIMIT bytes of it. */
struct cql_writer {
	struct buffer *out;
	size_t limit; /* of out->len */
	bool cut;
	bool damaged;
};

/*
 * Appends VALUE as JSON by its compiled type; TYPE is then behind it. Numbers stay numbers, blobs
 * are "0x...", maps and user-defined types objects; what is no such value is shown as its bytes.
 */
void cql_value_json(struct cql_writer *w, struct cursor *type, struct span value);

/* The next [bytes] or [value] of C by its type: null, {"unset":true}, or as above. */
void cql_element_json(struct cql_writer *w, struct cursor *type, struct cursor *c);

/* The same without a type: its bytes. */
void cql_bytes_json(struct cql_writer *w, struct span bytes);

/* A string of JSON that is cut where W is full. */
void cql_text_json(struct cql_writer *w, struct span text);

/* Whether no more should be written. */
bool cql_writer_full(struct cql_writer *w);

/* An address of 4 or 16 bytes as text; false: it is none. */
bool cql_append_address(struct buffer *out, struct span bytes);

/* ---- number.c ---- */

/* Two's complement of any length, and that with a scale before it (sections 6.24, 6.6). */
void cql_varint_json(struct cql_writer *w, struct span bytes);
void cql_decimal_json(struct cql_writer *w, struct span bytes);

/* The next [unsigned vint] of section 3. */
uint64_t cql_vint(struct cursor *c);

#endif
