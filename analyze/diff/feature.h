/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_FEATURE_H
#define SOCKTAPE_ANALYZE_DIFF_FEATURE_H

#include "analyze/diff/rate.h"
#include "analyze/replay/row.h"
#include "format/map.h"

/*
 * What records of one shape consist of: columns that hold something, headers by name, members of
 * JSON by path, each with its type, and the values of those that have few. Of both sides.
 */

/* Values of a feature that are told apart. */
#define FEATURE_VALUES 6
/* So much of a value is kept for people, with its end. */
#define FEATURE_TEXT 48

struct feature_value {
	uint64_t hash;
	char text[FEATURE_TEXT];
	struct rate in[2];
	char first[2][ROW_ID_MAX]; /* ids of the first records of either side that have it */
};

enum feature_type {
	FEATURE_STRING,
	FEATURE_NUMBER,
	FEATURE_BOOLEAN,
	FEATURE_NULL,
	FEATURE_OBJECT,
	FEATURE_ARRAY,
	FEATURE_BYTES, /* content that isn't JSON */
};

struct feature {
	char *path; /* "resp_headers.server", "resp_body.items[].id", "database" */
	enum feature_type type;
	bool header;
	bool varies[2];	   /* on this side more values came than are told apart */
	uint64_t seen;	   /* the number of the last record that had it */
	struct rate in[2]; /* records of either side that have it */
	char first[2][ROW_ID_MAX];
	struct feature_value *values; /* NULL: none are kept */
	unsigned value_count;
};

/* Zero-initialised is empty. */
struct features {
	struct map by_path;   /* struct feature, by a hash of path and type */
	struct rate count[2]; /* records that were looked into */
	uint64_t number;      /* of the last of them */
	uint64_t left_out;    /* times that a feature found no room */
};

#define FEATURES_MAX 400

const char *feature_type_text(enum feature_type type);

/*
 * Takes a record of SIDE, 0 or 1, in. FULL: nothing may be kept but counts. *GROWN: so many bytes
 * of memory it took more. False without memory.
 */
bool features_add(struct features *f, const struct row *row, int side, unsigned window, bool full,
		  size_t *grown);

void features_free(struct features *f);

#endif
