/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_STARTS_H
#define SOCKTAPE_ANALYZE_FINDING_STARTS_H

#include "analyze/replay/row.h"
#include "format/buffer.h"

/*
 * Servers whose first answer in the recording took far longer than those that followed: caches are
 * cold, code isn't compiled, a pool is filled. Only some servers are remembered. Zero-initialised:
 * none.
 */
#define START_SLOTS 256

struct server_start {
	uint64_t key;	       /* of server and table; 0: none */
	bool waits;	       /* it may yet be one */
	int64_t ts;	       /* of the first exchange, ns since the epoch */
	int64_t took;	       /* its latency */
	int64_t over;	       /* when it ended */
	int64_t longest;       /* latency of those that began after that */
	unsigned later;	       /* how many */
	struct buffer finding; /* the caller's, about the first */
};

struct starts {
	struct server_start slots[START_SLOTS];
};

/* What became known with an exchange. */
enum start_news {
	START_NOTHING,
	START_MAYBE, /* this one is the first, and slow: keep what is to be told in `finding` */
	START_SLOW,  /* those that followed the first were all fast: tell */
};

/*
 * ROW is the next exchange in the order of their beginning; OPENED: the beginning of its connection
 * was recorded. *START is the server's.
 */
enum start_news starts_look(struct starts *starts, const struct row *row, bool opened,
			    struct server_start **start);

void starts_free(struct starts *starts);

#endif
