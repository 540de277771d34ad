/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_TARGET_H
#define SOCKTAPE_ANALYZE_OUTPUT_TARGET_H

#include <sys/types.h>

#include "format/writer.h"

/*
 * A file that is written whole or not at all. Until it is complete it is a new file of its own
 * beside PATH, named PATH.partial, or PATH.NUMBER.partial where somebody has put something under
 * that name: what was there is never opened. "-" is standard output; a device or pipe at PATH is
 * written as it is.
 */
struct target {
	const char *path;
	char *partial; /* NULL: written in place */
	int fd;
};

/*
 * MODE is a new file's: 0600 for what people said. TAPE_ERROR_IO sets errno. PATH is borrowed until
 * target_complete() or target_abandon().
 */
MUST_CHECK enum tape_error target_open(struct target *t, const char *path, mode_t mode);

struct sink target_sink(struct target *t);

/* Syncs and gives it its name. TAPE_ERROR_IO sets errno. Ends the target. */
MUST_CHECK enum tape_error target_complete(struct target *t);

/* Removes what was written so far. Ends the target. */
void target_abandon(struct target *t);

#endif
