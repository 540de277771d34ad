/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_FACTS_H
#define SOCKTAPE_ANALYZE_STAT_FACTS_H

#include <stdbool.h>

#include "format/buffer.h"
#include "protocols/protocol.h"

/* What statistics take out of a record, whatever its table. */

struct facts {
	const struct table *table;
	int bytes[2]; /* columns; -1: none */
	int failure[2];
	int question[2];
	bool learnt;	      /* its shapes are (shape_is_learnt()) */
	bool within_requests; /* asking again is told only where a request is answered */
};

/* More tables than there are. */
#define FACTS_TABLES 64

/* Zero-initialised is empty. */
struct facts_cache {
	struct facts of[FACTS_TABLES];
	unsigned count;
};

const struct facts *facts_of(struct facts_cache *c, const struct table *table);

/* Whether there is such a column: facts_bytes() may tell more than 0. */
static inline bool facts_have_bytes(const struct facts *f)
{
	return f->bytes[0] >= 0 || f->bytes[1] >= 0;
}

/* Bytes of the request, or of the RESPONSE, as far as its columns tell. */
uint64_t facts_bytes(const struct facts *f, const struct value *values, bool response);

/*
 * Appends how a record failed whose OUTCOME isn't ok: as its protocol calls it, 404, NXDOMAIN,
 * 42P01; else the outcome.
 */
void facts_failure(const struct facts *f, enum outcome outcome, const struct value *values,
		   struct buffer *out);

/*
 * A number for what was asked, values and all: the same for the same question. False where such
 * records don't ask for anything again and again.
 */
bool facts_question(const struct facts *f, const struct value *values, uint64_t *hash);

#endif
