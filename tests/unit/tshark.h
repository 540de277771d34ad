/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_TSHARK_H
#define SOCKTAPE_TESTS_TSHARK_H

#include <stddef.h>

#include "tests/unit/tape_build.h"

/* A recording of a test's own, exported, and looked at with Wireshark's tools. */
struct exported {
	struct tape_build tape; /* fill it before export_tape() */
	char *dir;
	char file[64]; /* the capture */
	bool loaded;   /* by sharkd */
	char *answer;  /* of the last question */
};

/* Skips the test where tshark isn't installed, and says so. */
void exported_begin(struct exported *x);

/* Ends the recording and runs `socktape export REC -o FILE ...`; OPTION may be NULL. */
void exported_write(struct exported *x, const char *option);
/* Again, of the same recording. */
void exported_rewrite(struct exported *x, const char *option, const char *value);

void exported_end(struct exported *x);

/* How many packets FILTER lets pass. */
size_t exported_count(struct exported *x, const char *filter);

/* The FIELD of each packet that FILTER lets pass, a line each. Valid until the next question. */
const char *exported_field(struct exported *x, const char *filter, const char *field);

/* How many values they are; a packet's stand on one line, with SEPARATOR between them. */
size_t exported_values(struct exported *x, const char *filter, const char *field, char separator);

/* What a shell command prints; %s in it is the capture. */
const char *exported_ask(struct exported *x, const char *command);

/*
 * Nothing is malformed, no checksum is wrong, TCP analysis has nothing to say, and tcpdump and
 * capinfos (where installed) read the file.
 */
void exported_is_clean(struct exported *x);
/* The same, but WARNINGS packets make TCP analysis speak. */
void exported_is_sound(struct exported *x, size_t warnings);

#endif
