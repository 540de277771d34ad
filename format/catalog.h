/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_CATALOG_H
#define SOCKTAPE_FORMAT_CATALOG_H

/*
 * What is alive at a moment of a recording, learned from the events that pass: the content of the
 * snapshot that heads every later segment. Grows with the live processes and connections only.
 * Internal to format/.
 */

#include "format/codec.h"
#include "format/error.h"
#include "format/event.h"
#include "format/map.h"

struct catalog_entry;

/* Zero-initialised is empty. */
struct catalog {
	struct catalog_entry *host;
	struct map processes; /* struct catalog_entry by pid */
	struct map conns;     /* struct catalog_entry by connection */
	struct map tls;	      /* the same: of those whose plaintext is recorded */
	struct map libraries; /* struct catalog_entry by pid and number */
	struct event clock;   /* the last one; its type is 0 when there was none */
};

/* Learns from all events of BLOCK. */
MUST_CHECK enum tape_error catalog_learn(struct catalog *c, const struct block *block);

/* Forgets processes that ended, but for those whose connections still live. */
void catalog_prune(struct catalog *c);

/* Tells what is alive: HOST, PROCESS, PROCESS_EXIT, LIBRARY, CONN and TLS events of the time TS. */
MUST_CHECK enum tape_error
catalog_tell(const struct catalog *c, int64_t ts,
	     enum tape_error (*tell)(void *context, const struct event *event), void *context);

void catalog_free(struct catalog *c);

#endif
