/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_EXPORT_FILES_H
#define SOCKTAPE_ANALYZE_COMMAND_EXPORT_FILES_H

#include "analyze/output/target.h"

/*
 * The file that an export is written to; or several of one name and a number that sorts them:
 * x-00001.pcapng, x-00002.pcapng. Each is there when it is whole.
 */
struct export_files {
	const char *path; /* as the user gave it */
	bool split;
	unsigned number; /* of the file that is being written, from 1 */
	char *name;	 /* its name */
	struct target target;
};

/* The last number that has its place in the order of names: that file takes all that is left. */
#define EXPORT_FILES_MAX 99999

/* Opens the first one. TAPE_ERROR_IO sets errno, here and below. */
MUST_CHECK enum tape_error export_files_open(struct export_files *f, const char *path, bool split);

struct sink export_files_sink(struct export_files *f);

/* Completes the file, and opens the next. CONTEXT is the export_files. */
MUST_CHECK enum tape_error export_files_next(void *context);

MUST_CHECK enum tape_error export_files_complete(struct export_files *f);
/* Removes the file that isn't complete; those before it stay. */
void export_files_abandon(struct export_files *f);

/* After the last one: the name of a file that isn't of this export and looks as if; or NULL. */
char *export_files_stray(const struct export_files *f);

/* What was written: "x.pcapng", "x-00001.pcapng to x-00003.pcapng". NULL when there is no memory.
 */
char *export_files_text(const struct export_files *f);

void export_files_free(struct export_files *f);

#endif
