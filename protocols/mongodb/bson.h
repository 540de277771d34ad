/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MONGODB_BSON_H
#define SOCKTAPE_PROTOCOLS_MONGODB_BSON_H

#include "format/buffer.h"
#include "protocols/cursor.h"

/* Element types (bsonspec.org, version 1.1). */
enum bson_type {
	BSON_DOUBLE = 0x01,
	BSON_STRING = 0x02,
	BSON_DOCUMENT = 0x03,
	BSON_ARRAY = 0x04,
	BSON_BINARY = 0x05,
	BSON_UNDEFINED = 0x06,
	BSON_OBJECT_ID = 0x07,
	BSON_BOOL = 0x08,
	BSON_DATE = 0x09,
	BSON_NULL = 0x0a,
	BSON_REGEX = 0x0b,
	BSON_DB_POINTER = 0x0c,
	BSON_CODE = 0x0d,
	BSON_SYMBOL = 0x0e,
	BSON_CODE_WITH_SCOPE = 0x0f,
	BSON_INT32 = 0x10,
	BSON_TIMESTAMP = 0x11,
	BSON_INT64 = 0x12,
	BSON_DECIMAL128 = 0x13,
	BSON_MAX_KEY = 0x7f,
	BSON_MIN_KEY = 0xff
};

struct bson_element {
	uint8_t type;
	struct span name;
	struct span value; /* as encoded, behind the name */
};

/* A cursor over the elements of DOCUMENT, which begins with its length and may be cut. */
struct cursor bson_begin(struct span document);

/* The next element; false: there are no more, or what comes is none (then C failed). */
bool bson_next(struct cursor *c, struct bson_element *element);

/* The next whole document of several, one behind the other; empty: there is none. */
struct span bson_next_document(struct cursor *c);

/* The element with this name; false: there is none. */
bool bson_find(struct span document, const char *name, struct bson_element *element);

/*
 * The first elements with each of these names, COUNT of them, in one pass; those that aren't there
 * have neither type nor value.
 */
void bson_pick(struct span document, const struct span *names, size_t count,
	       struct bson_element *found);

/* Its value where it is a string, a document or an array; else empty. */
struct span bson_string(const struct bson_element *element);
struct span bson_document(const struct bson_element *element);

/* Its value where it is a number or a boolean; false: it is neither. */
bool bson_integer(const struct bson_element *element, int64_t *value);

/* Where JSON goes, at most about LIMIT bytes of it. */
struct bson_writer {
	struct buffer *out;
	size_t limit; /* of out->len */
	const char
		*hidden; /* this field's value isn't shown, at the top or one below; NULL: none */
	bool cut;
	bool damaged;
};

/*
 * Appends DOCUMENT as extended JSON v2, relaxed (MongoDB's specification "Extended JSON"). What is
 * damaged ends it; the result is valid all the same.
 */
void bson_json(struct bson_writer *w, struct span document);

/*
 * The same with values taken out: "?" for each, one for an array of them, and without the fields
 * that drivers put into every command.
 */
void bson_shape(struct bson_writer *w, struct span document);

/* Where nobody asks for it: only whether it is damaged; "{}" stands for it. */
void bson_check(struct bson_writer *w, struct span document);

/* ---- decimal.c ---- */

/* IEEE 754-2008 decimal128, integer significand, as text: "1.5", "1E+3", "NaN". */
void bson_decimal(uint64_t low, uint64_t high, struct buffer *out);

#endif
