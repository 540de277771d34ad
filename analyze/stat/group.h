/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_GROUP_H
#define SOCKTAPE_ANALYZE_STAT_GROUP_H

#include "analyze/replay/row.h"
#include "analyze/stat/facts.h"
#include "analyze/stat/quantile.h"

/* Records that are counted together, and what is counted of them. */

/* How many failed in a way that has a name. */
struct group_failure {
	char name[24];
	uint64_t count;
};

/* Ways that are told apart in one group; the last is all others. */
#define GROUP_FAILURES 8

struct group {
	struct span key;	   /* its own */
	const struct table *table; /* NULL: of any */
	int64_t since;		   /* of the interval that it is of; 0: of all time */
	bool rest;		   /* of what found no room: the key says nothing */
	size_t number;		   /* in the order in which they came */

	uint64_t count;
	uint64_t failed; /* in any way */
	struct group_failure *failures;
	struct quantiles *latencies; /* NULL: none was known */
	int64_t total_ns;
	int64_t most_ns;
	char worst[ROW_ID_MAX]; /* id of the record that took longest; or the first one */
	uint64_t bytes;
	uint64_t answer_bytes; /* of these, of responses */

	uint64_t repeats;	     /* the longest run of one question with other values */
	uint64_t runs;		     /* of at least REPEATS_MIN */
	char repeats_in[ROW_ID_MAX]; /* id of the request, or of the first record, of that run */
};

struct groups;

/* MEMORY: about so many bytes. NULL without memory. */
struct groups *groups_new(size_t memory);

/*
 * The group of a key, made where it isn't there yet; where there is no more room, the one of all
 * the rest. NULL without memory.
 */
struct group *groups_get(struct groups *g, const struct table *table, int64_t since,
			 struct span key);

/* That of all the rest. NULL without memory. */
struct group *groups_get_rest(struct groups *g);

/* Whether some found no room. */
bool groups_overflowed(const struct groups *g);

/* Whether there is hardly any room for more of them. */
bool groups_are_many(const struct groups *g);

/* All groups, in the order in which they came. */
struct group *const *groups_all(const struct groups *g, size_t *count);

/*
 * The same by time, then what took most of it in all first, then what was most often, then as they
 * came; to be freed. NULL without memory.
 */
struct group **groups_in_order(const struct groups *g, size_t *count);

/* One more that failed in the way NAME. False without memory. */
bool group_failed(struct group *g, struct span name, uint64_t count);

bool group_took(struct group *g, int64_t ns);

/* One more record: how it ended, how long it took, how large it is. False without memory. */
bool group_count_row(struct group *g, const struct row *row, const struct facts *facts);

/* Adds FROM. False without memory. */
bool group_merge(struct group *g, const struct group *from);

void groups_free(struct groups *g); /* NULL is fine */

#endif
