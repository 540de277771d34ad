/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_WALK_H
#define SOCKTAPE_PROTOCOLS_THRIFT_WALK_H

#include "protocols/thrift/wire.h"

/* What structures are made of, for those who pass over them and those who read them. */

struct thrift_list {
	uint8_t types[2]; /* of elements, both; of keys and of values. Of an empty one anything */
	uint32_t count;
};

/* A type as the encoding writes it for a field; THRIFT_NO_TYPE: there is none. */
uint8_t thrift_type_of(enum thrift_encoding encoding, uint8_t type);

/* Bytes that every value of the type has; 0: that depends. */
size_t thrift_fixed_size(enum thrift_encoding encoding, uint8_t type);

/* These read what comes before the elements. False: it can't be. C may have failed. */
bool thrift_list_begin(struct cursor *c, enum thrift_encoding encoding, struct thrift_list *list);
bool thrift_map_begin(struct cursor *c, enum thrift_encoding encoding, struct thrift_list *map);

/* The type of the next field, or THRIFT_STOP; *ID: in, that of the one before it; out, its own. */
uint8_t thrift_field_begin(struct cursor *c, enum thrift_encoding encoding, int16_t *id);

uint64_t thrift_string_len(struct cursor *c, enum thrift_encoding encoding);

#endif
