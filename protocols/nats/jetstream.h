/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_NATS_JETSTREAM_H
#define SOCKTAPE_PROTOCOLS_NATS_JETSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

/* JetStream's subjects and answers (docs.nats.io, "JetStream wire API"; acks: ADR-15). */

enum jetstream_use {
	JETSTREAM_NONE,
	JETSTREAM_API,	/* $JS.API. and $JS.<domain>.API. */
	JETSTREAM_PULL, /* of these CONSUMER.MSG.NEXT */
	JETSTREAM_ACK,	/* $JS.ACK.: where a delivery is acknowledged */
};

struct jetstream_subject {
	enum jetstream_use use;
	struct span stream;
	struct span consumer;
	/* Of JETSTREAM_ACK; -1: it isn't there. */
	int64_t delivered; /* how often, this time included */
	int64_t stream_seq;
	int64_t consumer_seq;
	int64_t pending; /* messages that wait for the consumer */
};

struct jetstream_subject jetstream_subject_read(struct span subject);

/* What the payload of an acknowledgement says: "ack", "nak", "term", "progress", "next"; or NULL.
 */
const char *jetstream_ack(struct span payload);

/* The answer of a stream to what was published, or of the API. */
struct jetstream_answer {
	bool published; /* it tells where the message went */
	struct span stream;
	int64_t seq;
	bool duplicate;
	bool failed;
	int64_t code;	   /* err_code, or code where there is none */
	struct span error; /* JSON string, as it stands */
};

/* False when PAYLOAD is nothing like it. */
bool jetstream_answer_read(struct span payload, struct jetstream_answer *answer);

/* How many messages a pull asks for: 1 unless it says so. */
int64_t jetstream_batch(struct span payload);

#endif
