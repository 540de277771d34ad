/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_DIRECTORY_H
#define SOCKTAPE_FORMAT_DIRECTORY_H

/* The directory that a recording is written into. Internal to format/. */

#include <stdbool.h>

#include "format/error.h"

struct directory {
	char *path;
	int fd;	   /* -1: none */
	bool made; /* by directory_open() */
};

/*
 * Makes PATH with mode 0700 when it isn't there, and opens it. TAPE_ERROR_IO with errno EEXIST
 * when it holds segments already. What there is of *D is released by directory_close() in any case.
 */
MUST_CHECK enum tape_error directory_open(struct directory *d, const char *path);

/* Deletes all segments, and the directory if it was made; errno stays. */
void directory_remove(struct directory *d);

void directory_close(struct directory *d);

#endif
