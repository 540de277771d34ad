/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_SCRATCH_H
#define SOCKTAPE_ANALYZE_SPILL_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A file for what doesn't fit into memory: in $TMPDIR, /var/tmp or /tmp, without a name from the
 * beginning, mode 0600, gone with the program. It is made with the first byte.
 *
 * All functions that return bool set errno when they return false.
 */
struct scratch {
	int fd; /* -1: not made yet */
	uint64_t len;
};

void scratch_init(struct scratch *s);

bool scratch_write(struct scratch *s, uint64_t offset, const void *data, size_t len);

/* What was never written reads as zeros. */
bool scratch_read(const struct scratch *s, uint64_t offset, void *data, size_t len);

/* A path that opens it once more, as long as it isn't closed: "/proc/self/fd/3". */
#define SCRATCH_PATH_MAX 32
void scratch_path(const struct scratch *s, char text[static SCRATCH_PATH_MAX]);

/* Whether PATH is of that kind: a name that tells a user nothing. */
bool scratch_is_path(const char *path);

void scratch_close(struct scratch *s);

#endif
