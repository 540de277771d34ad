/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_FILES_H
#define SOCKTAPE_RECORD_TLS_FILES_H

#include "record/hooks.h"

/*
 * The files with TLS libraries that were found, each looked at once, whoever has it under whatever
 * name.
 */
struct tls_files;

struct tls_file {
	uint32_t number; /* from 1, in the order in which they were found */
	struct tls_found found;
	char *path;
	int64_t hooked; /* since when it is; 0: it isn't */
};

/*
 * HOOKS attaches to what is found, and must outlive the table; NULL: nothing does. WANTED: as in
 * tls_find(). NULL: no memory.
 */
struct tls_files *tls_files_new(struct hooks *hooks, struct tls_wanted wanted);

/*
 * Looks at the file that is mapped in PID, unless that was done before; NULL when it holds no
 * library. CRYPTO is the libcrypto of the same process: its path, or NULL.
 */
struct mapping;
const struct tls_file *tls_files_mapping(struct tls_files *files, uint32_t pid,
					 const struct mapping *mapping,
					 const struct mapping *crypto);

/* Whether the mapped file was looked at before; *FILE is set then, to NULL when it holds no
 * library. */
bool tls_files_known(const struct tls_files *files, const struct mapping *mapping,
		     const struct tls_file **file);

/* Looks at the file at PATH of the caller's own, the libcrypto beside it included. */
const struct tls_file *tls_files_path(struct tls_files *files, const char *path);

/* Looks at the TLS libraries that ld.so's cache names, and in the directories beside it. */
void tls_files_system(struct tls_files *files);

/* The one with this number; NULL: there is none. */
const struct tls_file *tls_files_get(const struct tls_files *files, uint32_t number);

/* The hooks are gone: what is found from now on isn't hooked. */
void tls_files_detach(struct tls_files *files);

uint32_t tls_files_count(const struct tls_files *files);

void tls_files_free(struct tls_files *files); /* NULL is fine */

#endif
