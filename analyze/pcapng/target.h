/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_TARGET_H
#define SOCKTAPE_ANALYZE_PCAPNG_TARGET_H

#include "format/writer.h"

/*
 * The file that is written: under the name PATH.partial until it is complete, mode 0600 because it
 * holds what people said. "-" is standard output; a device or pipe is written as it is.
 */
struct target {
	const char *path;
	char *partial; /* NULL: written in place */
	int fd;
};

/* TAPE_ERROR_IO sets errno. PATH is borrowed. */
MUST_CHECK enum tape_error target_open(struct target *t, const char *path);

struct sink target_sink(struct target *t);

/* Syncs and gives it its name. TAPE_ERROR_IO sets errno. Ends the target. */
MUST_CHECK enum tape_error target_complete(struct target *t);

/* Removes what was written so far. Ends the target. */
void target_abandon(struct target *t);

#endif
