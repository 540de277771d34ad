/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_COMMAND_H
#define SOCKTAPE_PROTOCOLS_REDIS_COMMAND_H

#include "format/buffer.h"

/* What a command means for the conversation, beyond one reply for one request. */
enum redis_trait {
	TRAIT_NONE,
	TRAIT_CONTAINER, /* the second word belongs to the name: CONFIG GET */
	TRAIT_CLIENT,	 /* a container, of which CLIENT REPLY switches replies off and on */
	TRAIT_SUBSCRIBE, /* one confirmation for each channel */
	TRAIT_PSUBSCRIBE,
	TRAIT_SSUBSCRIBE,
	TRAIT_UNSUBSCRIBE,
	TRAIT_PUNSUBSCRIBE,
	TRAIT_SUNSUBSCRIBE,
	TRAIT_PING, /* allowed while subscribed */
	TRAIT_QUIT,
	TRAIT_RESET,
	TRAIT_MULTI,
	TRAIT_EXEC, /* and DISCARD: the end of MULTI */
	TRAIT_MONITOR,
	TRAIT_SYNC,
	TRAIT_PSYNC,
	TRAIT_REPLCONF,
	TRAIT_SECRET, /* of its arguments some are: redis_secret_of() */
};

struct redis_command {
	const char *name;
	enum redis_trait trait;
};

/* By its name in upper case; NULL when Redis (8.2, without modules) doesn't know it. */
const struct redis_command *redis_command_find(struct span name);

/* The same, whatever the case. */
const struct redis_command *redis_command_known(struct span word);

#endif
