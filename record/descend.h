/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_DESCEND_H
#define SOCKTAPE_RECORD_DESCEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/error.h"

/* The processes whose descendants are wanted: those that match everything that is given. */
struct descend_roots {
	const uint32_t *pids;
	size_t pid_count;	  /* 0: any */
	const char *const *names; /* as in /proc/PID/comm */
	size_t name_count;	  /* 0: any */
};

/*
 * Calls FOUND for every living process that descends from one of ROOTS, once each; also when it is
 * a root itself, which a new program with another name may end. TAPE_ERROR_IO when /proc can't be
 * read.
 */
MUST_CHECK enum tape_error descend_list(const struct descend_roots *roots,
					void (*found)(void *context, uint32_t pid), void *context);

#endif
