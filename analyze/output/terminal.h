/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_TERMINAL_H
#define SOCKTAPE_ANALYZE_OUTPUT_TERMINAL_H

#include <stdbool.h>

#include "format/span.h"

/* What standard output is. */
struct terminal {
	bool present;
	bool colour; /* there is one, and NO_COLOR doesn't forbid it */
	int width;   /* characters in a line; 0: no limit */
};

struct terminal terminal_find(void);

/* Writes all of TEXT to standard output. False when it could not be written. */
bool terminal_write(struct span text);

#endif
