/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_EXCERPTS_H
#define SOCKTAPE_ANALYZE_REPORT_EXCERPTS_H

#include "analyze/replay/said.h"
#include "analyze/stat/facts.h"

/*
 * Exchanges that are worth a look, as copies: of each table those that took longest, and of each
 * way to fail the first ones.
 */

/* Of one table, and of one way to fail. */
#define EXCERPTS_SLOW	10
#define EXCERPTS_FAILED 3
/* Ways to fail that are told apart; more are counted. */
#define EXCERPTS_WAYS 64

struct excerpt_side {
	char *head; /* may be NULL; each of a limited length */
	char *body;
	bool cut; /* there is more of them */
};

struct excerpt {
	const struct table *table;
	int64_t begin;
	int64_t latency;    /* TIME_UNKNOWN: none */
	int64_t first_byte; /* of the response; TIME_UNKNOWN: unknown */
	enum outcome outcome;
	uint64_t number; /* in the order of their beginnings */
	char id[ROW_ID_MAX];
	char *line;
	char *note;
	char *client;
	char *server;
	struct excerpt_side sides[2]; /* by enum side */
};

/* The slowest of a table. */
struct slow_excerpts {
	const struct table *table;
	uint64_t count; /* records whose latency is known */
	size_t kept;
	struct excerpt *of[EXCERPTS_SLOW]; /* the slowest first */
};

struct failed_excerpts {
	const struct table *table;
	char name[24];
	uint64_t count;
	size_t kept;
	struct excerpt *of[EXCERPTS_FAILED];
};

/* More tables than there are. */
#define EXCERPTS_TABLES 64

struct excerpts {
	bool no_body; /* set before: bodies are left out */
	struct slow_excerpts slow[EXCERPTS_TABLES];
	size_t slow_count;
	struct failed_excerpts failed[EXCERPTS_WAYS];
	size_t failed_count;
	uint64_t more_failed; /* in ways for which there was no room */
	uint64_t number;
	struct said said;
	struct buffer text;
	bool no_memory;
};

/* Records in the order of their beginnings. */
void excerpts_add(struct excerpts *s, struct facts_cache *facts, const struct row *row);

void excerpts_free(struct excerpts *s);

#endif
