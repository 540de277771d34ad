/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_WEBSOCKET_WIRE_H
#define SOCKTAPE_PROTOCOLS_WEBSOCKET_WIRE_H

#include <stdint.h>

#include "protocols/protocol.h"

/* RFC 6455, section 5.2. */
enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10
};

/* Opcode and length. */
#define WEBSOCKET_HEAD_MIN 2

/* Opcode, length of 64 bits, mask. */
#define WEBSOCKET_HEAD_MAX 14

struct websocket_head {
	bool fin;
	bool compressed; /* RSV1: the message is (RFC 7692, section 6) */
	bool masked;
	bool odd; /* against a rule that a sender may break and still be understood */
	uint8_t opcode;
	uint8_t mask[4];
	unsigned head_len;
	uint64_t len; /* of the payload */
};

enum websocket_answer {
	WEBSOCKET_IS,
	WEBSOCKET_MORE, /* so far it could be */
	WEBSOCKET_IS_NOT
};

/*
 * The head of a frame that SIDE sends at the beginning of BYTES. Where it isn't sure that a frame
 * begins there, an odd one is none.
 */
enum websocket_answer websocket_head_read(struct span bytes, enum side side,
					  struct websocket_head *head);

#endif
