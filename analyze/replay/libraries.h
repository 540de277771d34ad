/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_LIBRARIES_H
#define SOCKTAPE_ANALYZE_REPLAY_LIBRARIES_H

#include "format/buffer.h"
#include "format/event.h"
#include "format/map.h"
#include "protocols/engine/budget.h"

/* The TLS libraries of processes, as the recording tells of them (EVENT_LIBRARY). */

struct library {
	enum tls_library kind;
	enum tls_hook hook; /* what is read of it, or why nothing is */
	const char *path;   /* all terminated, "" when unknown */
	const char *version;
	const char *note;
};

struct libraries {
	struct budget *budget;
	struct map by_file;    /* struct library, by process and number */
	struct map by_process; /* the one of a process that was told of last */
	uint64_t charged;
};

/* False: no memory. What the budget has no room for is forgotten. */
bool libraries_put(struct libraries *l, const struct event_library *event);

/* NUMBER: as EVENT_TLS has it; 0: not known. NULL: nothing is known. Valid until the next put. */
const struct library *libraries_get(const struct libraries *l, uint32_t pid, uint32_t number);

/* "OpenSSL 3.0.19": kind and version, as far as they are known. */
void library_append_name(const struct library *library, struct buffer *out);

void libraries_free(struct libraries *l);

#endif
