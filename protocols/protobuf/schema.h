/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_SCHEMA_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_SCHEMA_H

#include "format/buffer.h"

/*
 * What messages are called and what is in them, as `protoc --descriptor_set_out` writes it: a
 * FileDescriptorSet (google/protobuf/descriptor.proto).
 */
struct protobuf_schema;

/* FieldDescriptorProto.Type. */
enum protobuf_type {
	PROTOBUF_TYPE_DOUBLE = 1,
	PROTOBUF_TYPE_FLOAT,
	PROTOBUF_TYPE_INT64,
	PROTOBUF_TYPE_UINT64,
	PROTOBUF_TYPE_INT32,
	PROTOBUF_TYPE_FIXED64,
	PROTOBUF_TYPE_FIXED32,
	PROTOBUF_TYPE_BOOL,
	PROTOBUF_TYPE_STRING,
	PROTOBUF_TYPE_GROUP,
	PROTOBUF_TYPE_MESSAGE,
	PROTOBUF_TYPE_BYTES,
	PROTOBUF_TYPE_UINT32,
	PROTOBUF_TYPE_ENUM,
	PROTOBUF_TYPE_SFIXED32,
	PROTOBUF_TYPE_SFIXED64,
	PROTOBUF_TYPE_SINT32,
	PROTOBUF_TYPE_SINT64,
};

struct protobuf_message;
struct protobuf_enum;

/* A field as it is declared. */
struct protobuf_member {
	uint32_t number;
	enum protobuf_type type;
	bool repeated;
	struct span name;
	struct span type_name;			/* of MESSAGE and ENUM, in full */
	const struct protobuf_message *message; /* of MESSAGE; NULL: it isn't in the schema */
	const struct protobuf_enum *values;	/* of ENUM; as that */
};

/* An empty one. NULL when there is no memory. */
struct protobuf_schema *protobuf_schema_new(void);

enum protobuf_schema_answer {
	PROTOBUF_SCHEMA_TAKEN,
	PROTOBUF_SCHEMA_NONE, /* SET is no FileDescriptorSet, or nothing is declared in it */
	PROTOBUF_SCHEMA_NO_MEMORY
};

/* Copies what it needs. What was declared before stays as it was. */
enum protobuf_schema_answer protobuf_schema_add(struct protobuf_schema *s, struct span set);

/* By its full name, "shop.v1.Order"; NULL when there is none, as where S is NULL. */
const struct protobuf_message *protobuf_schema_message(const struct protobuf_schema *s,
						       struct span name);

/*
 * What a method takes, or gives. PATH: as gRPC calls it, "/shop.v1.Orders/Get". NULL when it is
 * not known, as where S is NULL.
 */
const struct protobuf_message *protobuf_schema_method(struct protobuf_schema *s, struct span path,
						      bool response);

/* Whether a method was found in it. */
bool protobuf_schema_was_used(const struct protobuf_schema *s);

/* NULL: no field of the message has this number. */
const struct protobuf_member *protobuf_message_member(const struct protobuf_message *m,
						      uint32_t number);

/* By its full name, another one of the schema that M is of; NULL: there is none. */
const struct protobuf_message *protobuf_message_beside(const struct protobuf_message *m,
						       struct span name);

/* Whether it is a map's entry: of a key and a value. */
bool protobuf_message_is_entry(const struct protobuf_message *m);

/* Whether it is google.protobuf.Any, which names what it holds. */
bool protobuf_message_is_any(const struct protobuf_message *m);

/* Empty: the value has no name. */
struct span protobuf_enum_name(const struct protobuf_enum *e, int32_t number);

void protobuf_schema_free(struct protobuf_schema *s); /* NULL is fine */

#endif
