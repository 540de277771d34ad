/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_WIRE_H
#define SOCKTAPE_PROTOCOLS_THRIFT_WIRE_H

#include "protocols/protocol.h"

/*
 * Apache Thrift's messages and structures in the binary protocol, strict or not, and in the compact
 * one (doc/specs/thrift-binary-protocol.md, thrift-compact-protocol.md).
 */
enum thrift_encoding {
	THRIFT_BINARY,
	THRIFT_BINARY_OLD, /* without a version in front */
	THRIFT_COMPACT,
};

enum thrift_kind {
	THRIFT_CALL = 1,
	THRIFT_REPLY = 2,
	THRIFT_EXCEPTION = 3,
	THRIFT_ONEWAY = 4,
};

/* Types of values, by the binary protocol's numbers. */
enum thrift_type {
	THRIFT_STOP = 0,
	THRIFT_BOOL = 2,
	THRIFT_BYTE = 3,
	THRIFT_DOUBLE = 4,
	THRIFT_I16 = 6,
	THRIFT_I32 = 8,
	THRIFT_I64 = 10,
	THRIFT_STRING = 11,
	THRIFT_STRUCT = 12,
	THRIFT_MAP = 13,
	THRIFT_SET = 14,
	THRIFT_LIST = 15,
	THRIFT_UUID = 16,
	/* A field's value that stands in its type. */
	THRIFT_TRUE = 32,
	THRIFT_FALSE = 33,
	THRIFT_NO_TYPE = 255,
};

/* Names of methods are shorter, with the service's before them ("Service:method"). */
#define THRIFT_NAME_MAX 255
/* Libraries take frames up to 16 MB unless told otherwise. */
#define THRIFT_FRAME_MAX (256u << 20)

/* What a message begins with. */
struct thrift_head {
	enum thrift_encoding encoding;
	enum thrift_kind kind;
	struct span name;
	int32_t sequence_id;
	size_t len; /* the structure begins behind */
};

/* DONE, MORE or BAD. */
enum frame_status thrift_head_read(struct span data, struct thrift_head *head);

const char *thrift_encoding_name(enum thrift_encoding encoding);

/* ---- structures ---- */

/* Of lists and maps in each other; structures may be deeper. */
#define THRIFT_DEPTH_MAX 64

/* Where in a structure one is, so that it can be gone on with when more has come. */
struct thrift_walk {
	uint8_t encoding; /* enum thrift_encoding */
	uint8_t depth;	  /* 0: it is whole */
	struct thrift_level {
		uint8_t kind;	  /* THRIFT_STRUCT, THRIFT_LIST or THRIFT_MAP */
		uint8_t types[2]; /* of elements; of keys and values */
		uint8_t turn;	  /* of types: the next one's */
		uint32_t left;	  /* elements, or keys and values; structures around this one */
	} levels[THRIFT_DEPTH_MAX];
};

/* At the beginning of a structure. */
void thrift_walk_begin(struct thrift_walk *walk, enum thrift_encoding encoding);

/*
 * Goes on at *POS of DATA, which may come to lie behind what is there, until the structure is whole
 * (walk->depth is 0), or *POS reached STOP: DONE. MORE and BAD as ever.
 */
enum frame_status thrift_walk(struct thrift_walk *walk, struct span data, size_t stop, size_t *pos);

/* The length of the structure that DATA begins with; 0: there is none, whole. */
size_t thrift_struct_len(enum thrift_encoding encoding, struct span data);

/* ---- values ---- */

/* Reads the fields of a structure one by one; begins zeroed but for the first two. */
struct thrift_fields {
	enum thrift_encoding encoding;
	struct cursor c;
	int16_t id; /* of the last */
};

/* The next field: its id and type; its value must be read or passed over. False: there is none. */
bool thrift_next_field(struct thrift_fields *f, uint8_t *type);

/* Passes over the value; false: it is damaged. */
bool thrift_skip(struct thrift_fields *f, uint8_t type);

/* A whole number, or a string; anything else is passed over, and false. */
bool thrift_integer(struct thrift_fields *f, uint8_t type, int64_t *value);
bool thrift_string(struct thrift_fields *f, uint8_t type, struct span *value);

struct thrift_writer {
	struct buffer *out;
	size_t limit; /* of out->len */
	bool cut;     /* there was more */
	bool damaged;
};

/*
 * Appends the value as JSON: structures with their fields' numbers as names, text as strings, other
 * bytes as {"bytes":base64}, maps with scalar keys as objects, others as arrays of pairs.
 */
void thrift_value_json(struct thrift_writer *w, struct thrift_fields *f, uint8_t type);

/* A whole structure. */
void thrift_struct_json(struct thrift_writer *w, enum thrift_encoding encoding, struct span data);

#endif
