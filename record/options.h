/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_OPTIONS_H
#define SOCKTAPE_RECORD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "format/buffer.h"

/* So many of every other filter: any of them (KERNEL_FILTERS_MAX of bpf/event.h). */
#define OPTIONS_FILTERS_MAX 16

/* No more than this many -p; the kernel side's table has room for their children as well. */
#define OPTIONS_PIDS_MAX 1024

/* A process name is at most this long (TASK_COMM_LEN without its end). */
#define OPTIONS_NAME_MAX 15

#define OPTIONS_SEGMENT_MIN	(64u << 10)
#define OPTIONS_SEGMENT_DEFAULT 256000000u
#define OPTIONS_RING_MIN	(256u << 10)
#define OPTIONS_RING_MAX	(2u << 30)
#define OPTIONS_RING_DEFAULT	(64u << 20)
#define OPTIONS_LEVEL_MAX	19
#define OPTIONS_BACKLOG_MIN	(4u << 20)
#define OPTIONS_BACKLOG_MAX	(UINT64_C(1) << 40)
#define OPTIONS_BACKLOG_DEFAULT (512u << 20)
#define OPTIONS_SNAPLEN_ALL	UINT32_MAX

enum options_action {
	OPTIONS_RECORD,
	OPTIONS_PROBE,
	OPTIONS_LIST_TLS,
	OPTIONS_STOP,
	OPTIONS_COMPLETION,
	OPTIONS_HELP,
	OPTIONS_VERSION
};

/* What is recorded of TLS, beside the wire. */
enum options_tls {
	OPTIONS_TLS_PLAINTEXT,
	OPTIONS_TLS_KEYS,
	OPTIONS_TLS_OFF
};

/* What is kept of the wire where plaintext is recorded. */
enum options_wire {
	OPTIONS_WIRE_HANDSHAKE,
	OPTIONS_WIRE_ALL,
	OPTIONS_WIRE_NONE
};

/* What the command line asks for. Strings belong to argv. */
struct options {
	enum options_action action;
	const char *directory; /* of the recording, also of OPTIONS_STOP */
	bool stream;	       /* to standard output, in place of a directory */

	uint32_t pids[OPTIONS_PIDS_MAX];
	size_t pid_count;
	const char *names[OPTIONS_FILTERS_MAX]; /* any of those that are given; none: any */
	size_t name_count;
	const char *cgroups[OPTIONS_FILTERS_MAX];
	size_t cgroup_count;
	uint16_t ports[OPTIONS_FILTERS_MAX];
	size_t port_count;
	bool follow;
	bool unix_sockets;

	uint32_t snaplen;
	uint64_t segment_len;
	uint64_t keep_len; /* 0: keep all */
	uint64_t ring_len; /* of the pool */
	uint64_t backlog_len;
	uint64_t duration; /* ns; 0: no limit */
	int level;	   /* of zstd; 0: as the backlog asks for */

	enum options_tls tls;
	bool tls_slow; /* also libraries that can't be hooked cheaply */
	enum options_wire wire;
	bool wire_given;

	const char *shell; /* of OPTIONS_COMPLETION */
	bool background;
	bool quiet;
	bool verbose;
	bool compat;

	char **command; /* NULL-terminated, or NULL when there is none */
};

/*
 * Reads the command line into *OPTIONS. False when it is wrong: PROBLEM then holds one line for
 * the user, without a newline. PROBLEM must be empty before.
 */
bool options_parse(int argc, char **argv, struct options *options, struct buffer *problem);

/* Whether not all that could be recorded is. */
bool options_filtered(const struct options *options);

/* Says in some words what OPTIONS ask to be recorded; nothing is said where it is everything. */
void options_describe(const struct options *options, struct buffer *words);

/* The same as it is typed, "-e nginx --port 80", without a command. */
void options_filters(const struct options *options, struct buffer *words);

/* What --completion prints for a shell. False: for none that there is. */
bool options_completion(const char *shell, FILE *out);

/* What --help prints, made from the same table that options_parse() reads. */
void options_help(FILE *out);

#endif
