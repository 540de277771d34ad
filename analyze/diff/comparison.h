/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_COMPARISON_H
#define SOCKTAPE_ANALYZE_DIFF_COMPARISON_H

#include "analyze/diff/cell.h"
#include "analyze/diff/feature.h"
#include "analyze/shape/shape.h"
#include "analyze/stat/facts.h"

/*
 * The records of two sides, A (0) and B (1), counted by their shape. Each side is read twice: first
 * both to learn which shapes there are, when either begins and ends, and which processes both have;
 * then A and B again, to count.
 */

/* A way to fail, as its protocol calls it. */
struct failure {
	char name[24];
	struct rate in[2];
	char first[2][ROW_ID_MAX];
};

#define FAILURES_MAX 8

/* The records of one shape that one process asked or answered. */
struct share {
	struct share *next;
	enum role role; /* of the process */
	char *process;	/* "nginx[100]" where both sides have it, "nginx :80", "nginx" */
	struct cell *cells[2];
};

/* More processes are not told apart. */
#define SHARES_MAX 64

struct shape {
	const struct table *table;
	char *text;
	struct shape *next;	   /* another of the same hash */
	struct cell *cells[2];	   /* NULL: no record */
	struct features *features; /* NULL: none */
	struct failure *failures;
	unsigned failure_count;
	struct share *shares;
	unsigned share_count;
};

struct comparison_side {
	int64_t first; /* when the first and the last record began; 0: none */
	int64_t last;
	uint64_t records;
	uint64_t left_out; /* of a shape that found no room */
};

struct comparison {
	size_t memory; /* set before: bytes for all of this */

	size_t used;
	struct comparison_side sides[2];
	struct shapes *shapes;
	struct map by_hash; /* struct shape */
	struct shape **all; /* in the order in which they came */
	size_t count;
	struct map processes; /* struct process_seen, by hash */
	bool by_process[3];   /* by role: whether there are several */
	struct facts_cache facts;
	struct buffer text;
	bool no_memory;
};

/* False without memory. */
bool comparison_begin(struct comparison *c);

/* A record of the first reading. */
void comparison_learn(struct comparison *c, const struct row *row, int side);

/* All were learnt. */
void comparison_settle(struct comparison *c);

/* A record of the second reading: those of A first. */
void comparison_add(struct comparison *c, const struct row *row, int side);

void comparison_free(struct comparison *c);

#endif
