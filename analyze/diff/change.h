/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_CHANGE_H
#define SOCKTAPE_ANALYZE_DIFF_CHANGE_H

#include "analyze/diff/comparison.h"

/* What differs between the sides, and how that is found out. */

enum change_kind {
	CHANGE_DRIFT, /* the latency of all shapes together */
	CHANGE_GONE,  /* a shape that B has no more */
	CHANGE_ERRORS,
	CHANGE_LATENCY,
	CHANGE_NEW,   /* a shape that only B has */
	CHANGE_FIELD, /* a member or column that came, went or has another type */
	CHANGE_VALUE, /* the values of one that has few */
	CHANGE_SIZE,
	CHANGE_KINDS,
};

enum change_unit {
	UNIT_COUNT, /* of records */
	UNIT_SHARE, /* of records, 0 to 1 */
	UNIT_NS,
	UNIT_BYTES,
};

#define CHANGE_SIDE_MAX 64

struct change {
	enum change_kind kind;
	const struct shape *shape; /* NULL: all of them (drift) */
	const struct share *only;  /* the process that it is of alone; NULL: not of one */
	const char *part;	   /* "p50", "resp_body.user.name", "404"; "": none */
	enum change_unit unit;
	double value[2];
	char text[2][CHANGE_SIDE_MAX]; /* of either side, beside the value: a type, a value; "" */
	uint64_t count[2];	       /* records that were looked at */
	const char *example[2];	       /* ids; "": none */
	double p;		       /* after correction */
	double weight;		       /* by which those of a kind are ordered */
	uint64_t shapes;	       /* in so many of one table is the same; from 1 on */
};

/* What counts as a shift. */
struct change_limits {
	double part; /* 0.2: beyond a fifth */
	double ns;   /* and beyond this, of latency */
};

#define CHANGE_PART 0.2
#define CHANGE_NS   1e6

struct changes {
	struct change_limits limits; /* set before */
	bool without_drift;	     /* set before: drift is told, but is no difference */

	struct change *all; /* by importance */
	size_t count;
	size_t capacity;
	double drift;	   /* by so much all shapes' latencies moved together; 1: they did not */
	double drift_ns;   /* the same as what was added to each; 0: nothing */
	bool drift_counts; /* as a difference of its own */
	uint64_t drift_shapes; /* that were asked */
	uint64_t shapes[2];    /* of either side */
	uint64_t few;	       /* shapes of both with too few records to tell a latency's shift */
	uint64_t starved;      /* shapes whose latencies, sizes and fields found no room */
	bool no_memory;
};

/*
 * The chance that any of a kind is found where there is none: of whole shapes, and as much of their
 * parts, which are processes and ways to fail.
 */
#define CHANGE_ALPHA 0.005

/* All changes; C outlives them. */
void changes_find(struct changes *changes, const struct comparison *c);

const char *change_kind_text(enum change_kind kind);

void changes_free(struct changes *changes);

/* ---- the parts of it: each appends what it finds ---- */

/* A copy is appended. */
void changes_append(struct changes *changes, const struct change *change);

void changes_find_presence(struct changes *changes, const struct comparison *c);
void changes_find_drift(struct changes *changes, const struct comparison *c);
void changes_find_errors(struct changes *changes, const struct comparison *c);
void changes_find_shifts(struct changes *changes, const struct comparison *c);
void changes_find_parts(struct changes *changes, const struct comparison *c);

/* Whether B's share is so different from A's that it counts if it is no chance. */
bool change_of_share_counts(const struct changes *changes, double a, double b);

/* ---- suspects: what is a change unless it is chance ---- */

struct suspect {
	struct change change;
	bool taken;
};

struct suspects {
	struct suspect *all;
	size_t count;
	size_t capacity;
	uint64_t tests[2]; /* that were made, also those that found nothing; of parts of shapes */
};

/* Whether it is of a part of a shape's records. */
bool change_is_of_part(const struct change *c);

/* False without memory. */
bool suspects_append(struct suspects *c, const struct change *change);

/*
 * Corrects the p of all for the number of tests; those below CHANGE_ALPHA are taken. False without
 * memory: none are.
 */
bool suspects_judge(struct suspects *c);

void suspects_free(struct suspects *c);

#endif
