/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_TERMINAL_H
#define SOCKTAPE_ANALYZE_OUTPUT_TERMINAL_H

#include <stdbool.h>

#include "format/buffer.h"

/* What standard output is. */
struct terminal {
	bool present;
	bool colour; /* there is one, or CLICOLOR_FORCE is set; and NO_COLOR doesn't forbid it */
	bool ascii;  /* LC_ALL says that there are no other characters */
	int width;   /* characters in a line, COLUMNS if that is set; 0: no limit */
};

struct terminal terminal_find(void);

/*
 * "always", "never" or "auto"; false: something else. Before the first thread: it is the
 * environment's CLICOLOR_FORCE and NO_COLOR that are set.
 */
bool terminal_set_colour(const char *when);

/* The same, for people: in ASCII where the terminal knows no more. TEXT is emptied. */
bool terminal_write_text(struct buffer *text);

/* Writes all of TEXT to standard output. False when it could not be written. */
bool terminal_write(struct span text);

#endif
