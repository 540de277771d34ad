/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_OPTIONS_H
#define SOCKTAPE_ANALYZE_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/output/output.h"

/* What the arguments of options mean; each false when the text isn't one, nothing is printed. */

/* A decimal number without sign; nothing may follow it. */
bool option_number(const char *text, uint64_t max, uint64_t *number);

/*
 * A moment, in ns since the epoch: RFC 3339 ("2026-11-22T10:00:00.5Z", "2026-11-22 10:00+01:00",
 * without a zone: local; the time of day may be left out), seconds since the epoch
 * ("1763805600.5"), or nanoseconds as JSON has them ("1763805600500000000").
 */
bool option_time(const char *text, int64_t *ns);

/* "10:00:05.25", "10:00": ns since midnight. */
bool option_time_of_day(const char *text, int64_t *ns);

/* From now on times are typed and printed in UTC. Before the first thread. */
void option_use_utc(void);

/*
 * Bytes, in binary units: "500", "64k", "10M", "2G".
 */
bool option_size(const char *text, uint64_t *bytes);

/* Of bodies: a size, "none" or "all", as struct session_options has it. */
bool option_keep(const char *text, size_t *keep);

/* Memory to use: a size as size_parse() takes it, of 1 MiB or more. */
bool option_memory(const char *text, uint64_t *bytes);

/* Of every command that reads: where it stands in a table of options. */
#define MEMORY_OPTION                                                                              \
	{                                                                                          \
		"memory", 0, "SIZE",                                                               \
			"memory to use (256MiB); what is more goes to a file in TMPDIR"            \
	}

/* The same, behind it. */
#define KEYLOG_OPTION                                                                              \
	{                                                                                          \
		"keylog", 0, "FILE...", "decrypt TLS with these secrets (SSLKEYLOGFILE), too"      \
	}

/* Of those that print records. */
#define PROTO_OPTION                                                                               \
	{                                                                                          \
		"proto", 0, "FILE...", "names for gRPC's messages: a .proto or a descriptor set"   \
	}

/* What is wrong with its value. */
#define MEMORY_WANTS "--memory wants a size from 1MiB on, as in 64MiB"

bool option_format(const char *text, enum output_format *format);

#endif
