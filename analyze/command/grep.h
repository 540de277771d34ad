/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_GREP_H
#define SOCKTAPE_ANALYZE_COMMAND_GREP_H

#include "analyze/command/select.h"
#include "analyze/listing/listing.h"
#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/said.h"
#include "analyze/replay/search.h"
#include "analyze/replay/streams.h"

/* What the files of `socktape grep` share. */

/* Where a match is. */
struct grep_place {
	int64_t ts;
	const char *proto; /* NULL: a stream */
	const char *record;
	uint64_t conn;
	const char *side;
	const char *part;
	uint64_t offset; /* of the bytes that are searched */
};

struct grep {
	const char *command;
	struct select select;
	bool ignore_case;
	bool list;
	bool count;
	const char *hex;
	struct listing_wish wish;
	struct listing listing;
	uint64_t threads;
	struct protobuf_schema *protobuf;

	struct search *search;
	struct reading reading;
	struct output *out;
	struct buffer text; /* that isn't written yet */
	bool colour;
	bool dead;

	uint64_t matched; /* records and connections */
	uint64_t partial; /* records that lack something */
	uint64_t holes;	  /* in streams */
	uint64_t cut;	  /* beginnings of matches that were too long */
	struct said said;

	struct id_set unknown; /* connections without a protocol */
	uint64_t unlisted;     /* for which there was no room */
	bool no_memory;
	struct streams *streams;
	struct map tails;   /* two struct tail by connection */
	struct id_set told; /* connections that have a match */
};

/* ---- grep_match.c ---- */

enum {
	GREP_COLUMN_TS,
	GREP_COLUMN_PROTO,
	GREP_COLUMN_RECORD,
	GREP_COLUMN_CONN,
	GREP_COLUMN_SIDE,
	GREP_COLUMN_PART,
	GREP_COLUMN_OFFSET,
	GREP_COLUMN_BEFORE,
	GREP_COLUMN_MATCH,
	GREP_COLUMN_AFTER,
	GREP_COLUMNS,
};

extern const struct column grep_columns[GREP_COLUMNS];

/* Nothing more is wanted, or can be told. */
bool grep_is_over(const struct grep *g);

/* Writes what waits to be. */
void grep_flush(struct grep *g);

/* Tells match M in BYTES, which are at P. False: it is not wanted. */
bool grep_match(struct grep *g, const struct grep_place *p, struct span bytes,
		const struct search_match *m);

/* Where to go on in BYTES behind M: a line is told once. */
size_t grep_behind(struct span bytes, const struct search_match *m);

/* Tells the matches of a record. */
void grep_row(struct grep *g, const struct row *row);

/* ---- grep_streams.c ---- */

/* Searches the streams of connections whose protocol isn't known; an exit status. */
int grep_streams(struct grep *g);

/* ---- grep.c ---- */

/* What may be used of memory for all. */
uint64_t grep_memory(const struct grep *g);

#endif
