/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CORPUS_CASE_H
#define SOCKTAPE_ANALYZE_CORPUS_CASE_H

#include <limits.h>

#include "format/buffer.h"
#include "format/error.h"

/*
 * A corpus case: a folder with `case.txt` (where it comes from and what it is for), the input
 * (capture.pcap, capture.pcapng, or segments *.tape.zst) and `expect.json`: the records that it
 * must give, as `socktape show --format json` prints them; with `keylog.txt` as --keylog, and
 * `descriptors.pb` as --proto, which may be missing.
 */
#define CASE_ABOUT  "case.txt"
#define CASE_KEYLOG "keylog.txt"
#define CASE_PROTO  "descriptors.pb"
#define CASE_EXPECT "expect.json"

/* Whether the folder is a case. */
bool case_is(const char *folder);

/*
 * Replays the case's input; its records are appended to RECORDS, one line of JSON each. Damage in
 * the input is not an error: a case may be about that. TAPE_ERROR_EMPTY: there is no input.
 */
MUST_CHECK enum tape_error case_run(const char *folder, struct buffer *records);

/* What a case has beside its input; each is NULL where there is none. */
struct case_aids {
	struct keylog *keylog;
	struct protobuf_schema *protobuf;
};

/* Reads them; to be freed whatever it returns. */
MUST_CHECK enum tape_error case_aids_read(const char *folder, struct case_aids *aids);
void case_aids_free(struct case_aids *aids);

/* Where the case's capture is; false: its input is segments. */
bool case_capture(const char *folder, char path[PATH_MAX]);

/* Reads a whole file; TAPE_ERROR_IO with errno. */
MUST_CHECK enum tape_error case_read(const char *folder, const char *name, struct buffer *text);

/* Replaces expect.json. TAPE_ERROR_IO with errno. */
MUST_CHECK enum tape_error case_write_expected(const char *folder, struct span records);

/*
 * Compares two texts of records line by line. Returns true when they are the same; else appends to
 * REPORT, for a person, which records differ and in which fields.
 */
bool case_compare(struct span expected, struct span got, struct buffer *report);

#endif
