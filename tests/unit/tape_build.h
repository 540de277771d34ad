/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_TAPE_BUILD_H
#define SOCKTAPE_TESTS_TAPE_BUILD_H

/* Makes small recordings for tests. Whatever fails, fails the test. */

#include "format/event.h"

struct tape_build {
	char path[64]; /* of the recording */
	struct recording_writer *writer;
	int64_t ts; /* of the next event; monotonic ns; each event takes a millisecond */
};

/* The clocks at ts 0. */
#define TAPE_BUILD_REALTIME 1700000000000000000ll

/* A recording with clock and host in the directory DIR/rec. */
void tape_build_begin(struct tape_build *b, const char *dir);

/* Writes any event at the next moment. */
void tape_build_event(struct tape_build *b, struct event event);

void tape_build_process(struct tape_build *b, uint32_t pid, const char *name);

/* A connection of PID. LOCAL and REMOTE as in "10.0.0.1:80", "[::1]:80" or "unix:/path". */
struct tape_conn_spec {
	uint64_t id;
	enum transport transport;
	enum role role;
	enum conn_origin origin;
	const char *local;
	const char *remote;
	uint32_t pid;
};
void tape_build_conn(struct tape_build *b, const struct tape_conn_spec *spec);

/* All of TEXT, in the wire layer. */
void tape_build_text(struct tape_build *b, uint64_t conn, uint32_t pid, enum direction direction,
		     uint64_t offset, const char *text);

/* Any data; its payload may be shorter than its len. */
void tape_build_data(struct tape_build *b, const struct event_data *data);

void tape_build_close(struct tape_build *b, uint64_t conn, uint64_t sent, uint64_t received);

void tape_build_end(struct tape_build *b);

/* "10.0.0.1:80" or "[::1]:80" as an address. */
struct address tape_build_address(const char *text);

/* A temporary directory, to be removed with scratch_remove(). */
char *scratch_new(void);
void scratch_remove(char *dir);

#endif
