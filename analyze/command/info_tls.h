/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_INFO_TLS_H
#define SOCKTAPE_ANALYZE_COMMAND_INFO_TLS_H

#include "analyze/output/output.h"
#include "analyze/replay/replay.h"

/* Is TLS used in a recording, by whom, and was it read? */

/* More processes and reasons than these are counted together. */
#define TLS_ROWS_MAX 64

struct tls_row {
	struct buffer process; /* name; all terminated */
	struct buffer library; /* kind and version, or "" */
	struct buffer path;
	struct buffer unread;
	enum reading_of_tls reading;
	uint64_t connections;
};

struct tls_rows {
	struct tls_row rows[TLS_ROWS_MAX];
	size_t count;
	uint64_t others; /* connections for which there was no row */
};

/* Counts C, where it speaks TLS. */
void tls_rows_add(struct tls_rows *rows, const struct connection *c);

/* A table, where there is something to tell. */
void tls_rows_print(const struct tls_rows *rows, struct output *o);

/* A JSON array. */
void tls_rows_json(const struct tls_rows *rows, struct buffer *b);

void tls_rows_free(struct tls_rows *rows);

#endif
