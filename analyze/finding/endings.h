/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_ENDINGS_H
#define SOCKTAPE_ANALYZE_FINDING_ENDINGS_H

#include "analyze/replay/replay.h"

/* How each connection began and ended, in a few bits; learnt before its records are looked at. */
struct conn_ending {
	bool known;
	bool opened;	       /* its beginning is in the recording */
	bool closed;	       /* its end is in the recording */
	bool whole;	       /* and its beginning, and nothing of it is lost */
	enum conn_end left_by; /* who closed or reset it first */
};

struct endings {
	struct map map; /* by connection: bits */
	size_t limit;	/* connections */
	bool full;	/* some are not known */
};

void endings_add(struct endings *endings, const struct connection *c);
struct conn_ending endings_of(const struct endings *endings, uint64_t conn);
void endings_free(struct endings *endings);

#endif
