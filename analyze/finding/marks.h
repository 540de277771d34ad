/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_MARKS_H
#define SOCKTAPE_ANALYZE_FINDING_MARKS_H

#include "analyze/finding/finding.h"
#include "analyze/replay/row.h"
#include "format/map.h"

/* The findings of each record, for a column of records. Zero-initialised: none are known. */
struct marks {
	struct map by_record; /* bits by enum finding_kind, under the hash of an id */
	bool known;
	bool no_memory;
	struct buffer text;
	struct value value; /* of the row that was filled in last, for marks_column */
};

/* "findings": their names, with commas between them; null where there are none. */
extern const struct column marks_column;

/* Reads the recording for it. Returns what to exit with; why was told. */
int marks_find(struct marks *marks, const struct findings_options *options);

/* Those of ROW, or of what the other end saw of the same exchange. */
void marks_fill(struct marks *marks, const struct row *row);

void marks_free(struct marks *marks);

#endif
