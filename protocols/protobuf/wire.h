/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_WIRE_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_WIRE_H

#include "protocols/cursor.h"

/* One field of a message of Protocol Buffers (protobuf.dev, "Encoding"). */

enum protobuf_wire {
	PROTOBUF_VARINT = 0,
	PROTOBUF_I64 = 1,
	PROTOBUF_LEN = 2,
	PROTOBUF_I32 = 5
};

struct protobuf_field {
	uint32_t number;
	uint32_t order; /* in the message, for who sorts them */
	uint8_t wire;
	uint64_t integer;  /* of VARINT, I64, I32 */
	struct span bytes; /* of LEN */
};

/* False: no field is there. Groups are none (they were deprecated in 2008). */
bool protobuf_read_field(struct cursor *c, struct protobuf_field *field);

/* Whether the bytes are fields to their end; what is in those isn't looked at. */
bool protobuf_is_message(struct span bytes);

/* The last field NUMBER, which counts where one may come once; all zero where there is none. */
struct protobuf_field protobuf_last_field(struct span message, uint32_t number);

#endif
