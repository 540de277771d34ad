/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_SCHEMA_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_SCHEMA_PRIVATE_H

#include "protocols/protobuf/schema.h"

/* schema.c looks things up; schema_read.c makes them of a descriptor set. */

/* What begins so is in one of the lists below. */
struct named {
	struct buffer name;  /* in full: "shop.v1.Order"; a method's is its path */
	struct buffer parts; /* struct protobuf_member by number, or enum_value as declared */
	size_t order;	     /* in which they were declared */
};

struct named_list {
	struct buffer items; /* struct named *, by name once protobuf_schema_add() is through */
	size_t count;
};

struct protobuf_message {
	struct named named;
	const struct protobuf_schema *schema; /* that it is of */
	bool entry;			      /* of a map */
};

struct enum_value {
	struct span name;
	int32_t number;
};

struct protobuf_enum {
	struct named named;
};

struct method {
	struct named named;
	struct span input; /* names of messages */
	struct span output;
};

struct protobuf_schema {
	struct named_list messages;
	struct named_list enums;
	struct named_list methods;
	struct named_list sets; /* what was read: the spans above lie in their "names" */
	bool used;
	bool failed; /* there was no memory */
};

/* Adds what SET declares, in its order. False: it is no descriptor set, or not all of it. */
bool protobuf_schema_read(struct protobuf_schema *s, struct span set);

#endif
