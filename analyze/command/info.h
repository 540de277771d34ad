/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ANALYZE_COMMAND_INFO_H
#define ANALYZE_COMMAND_INFO_H

#include "analyze/command/info_process.h"
#include "analyze/command/info_tls.h"
#include "analyze/replay/account.h"
#include "analyze/replay/reading.h"

/* What `info` gathers of a recording, and its two forms. */

#define INFO_PROTOCOLS_MAX 64

struct protocol_sums {
	const char *name; /* "" for what wasn't recognised */
	uint64_t connections;
	uint64_t records;
	uint64_t sent;
	uint64_t received;
};

struct info {
	struct reading reading;
	struct account account;
	uint64_t processes;
	struct protocol_sums protocols[INFO_PROTOCOLS_MAX];
	size_t protocol_count;
	struct tls_rows tls;
	struct process_uses by_process;
};

/* Both print to standard output. False: it couldn't be written, or there is no memory. */
bool info_print_text(const struct info *info);
bool info_print_json(const struct info *info);

#endif
