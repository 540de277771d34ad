/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_REPEATS_H
#define SOCKTAPE_ANALYZE_STAT_REPEATS_H

#include "analyze/replay/row.h"
#include "analyze/stat/facts.h"

/*
 * The same question asked again and again with other values, while one request is answered or on
 * one connection (N+1): what a join, or one call with a list, would have asked at once.
 */
struct repeats;

/* So many questions in a row are worth telling. */
#define REPEATS_MIN 5

struct run {
	uint64_t length;     /* questions in it, up to this one */
	char id[ROW_ID_MAX]; /* of the request that was answered; or of the first question */
	bool within_request;
};

struct repeats *repeats_new(void); /* NULL without memory */

/*
 * A record, in the order of their beginnings: each of them, also those that aren't counted. SHAPE
 * is a hash of its shape. True where it is a question with other values than the one before it, in
 * *RUN.
 */
bool repeats_add(struct repeats *r, const struct row *row, const struct facts *facts,
		 struct span shape, struct run *run);

void repeats_free(struct repeats *r); /* NULL is fine */

#endif
