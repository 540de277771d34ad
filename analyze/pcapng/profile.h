/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_PROFILE_H
#define SOCKTAPE_ANALYZE_PCAPNG_PROFILE_H

#include "format/span.h"

/* A file of a Wireshark configuration profile. */
struct profile_file {
	const char *name;
	const char *text;
};

/* What all of them begin with: by it they are known to be ours. */
#define PROFILE_MARK "# Written by socktape"

/*
 * The profile with which an export says most: columns for the processes and for what became of each
 * exchange, colours for errors and for what is missing. Ended by one without a name.
 */
extern const struct profile_file profile_files[];

#endif
