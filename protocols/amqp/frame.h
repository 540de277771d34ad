/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP_FRAME_H
#define SOCKTAPE_PROTOCOLS_AMQP_FRAME_H

#include "protocols/amqp/spec.h"
#include "protocols/protocol.h"

/* AMQP 0-9-1, section 4.2.3: type, channel, size, payload, a last octet that is always the same. */
enum amqp_frame_type {
	AMQP_FRAME_PROTOCOL = 0, /* none: the header of the protocol (section 4.2.2) */
	AMQP_FRAME_METHOD = 1,
	AMQP_FRAME_HEADER = 2,
	AMQP_FRAME_BODY = 3,
	AMQP_FRAME_HEARTBEAT = 8
};

#define AMQP_FRAME_HEAD	    7
#define AMQP_FRAME_OVERHEAD 8 /* head and end */
#define AMQP_FRAME_END	    0xce

#define AMQP_PROTOCOL_LEN 8

/* The largest payload that is believed as long as nothing was agreed on. */
#define AMQP_FRAME_MAX (16u << 20)

struct amqp_head {
	uint8_t type;
	uint16_t channel;
	uint32_t size; /* of the payload */
};

/* False: no frame begins so. C must have a head left. */
bool amqp_head_read(struct cursor *c, uint64_t size_max, struct amqp_head *head);

/* "0-9-1" and others that are framed in the same way; NULL: it is none of them. */
const char *amqp_protocol_version(struct span header);

enum amqp_proof {
	AMQP_PROOF_NONE,
	AMQP_PROOF_WEAK,  /* nothing is wrong, but little could be */
	AMQP_PROOF_FRONT, /* what can be seen of a longer one fits */
	AMQP_PROOF_WHOLE  /* a frame that is as it should be, from its head to its end */
};

/* What speaks for a frame at the front of BYTES; *LEN and CALL (of a method) are what it is. */
enum amqp_proof amqp_frame_prove(struct span bytes, uint64_t *len, struct amqp_call *call);

/* struct framing */
enum frame_status amqp_frame(const void *state, enum side side, const struct cursor *in,
			     struct frame *frame);
bool amqp_resync(void *state, enum side side, struct cursor *in);

#endif
