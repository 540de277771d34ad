/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_DETAIL_H
#define SOCKTAPE_ANALYZE_COMMAND_DETAIL_H

#include "analyze/command/select.h"
#include "analyze/replay/replay.h"

/*
 * Everything about one record: prints what show --id does. SELECT has been checked, and selects
 * this record alone; OPTIONS are for reading rows. What to exit with.
 */
int detail_show(struct select *select, const char *command, const char *name, const char *id,
		const struct replay_options *options);

/* The phases of an exchange, in their order. */
enum phase {
	PHASE_CONNECT,	/* handshake of TCP, where this is the connection's first exchange */
	PHASE_TLS,	/* handshake of TLS, the same */
	PHASE_IDLE,	/* between what is before and the request */
	PHASE_REQUEST,	/* from its first byte to its last */
	PHASE_WAIT,	/* until the response's first byte */
	PHASE_RESPONSE, /* until its last */
	PHASE_COUNT,
};

/* When each ended, beside where the first began; TIME_UNKNOWN: there was none. */
struct moments {
	int64_t begin;
	int64_t ends[PHASE_COUNT];
};

/*
 * How long each took, never below 0, TIME_UNKNOWN where there was none; returns the whole, which is
 * their sum: what ended before the phase before it did, as a response that came while the request
 * was still sent, took no time of its own.
 */
int64_t phases_measure(const struct moments *m, int64_t phases[static PHASE_COUNT]);

#endif
