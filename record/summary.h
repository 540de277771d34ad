/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_SUMMARY_H
#define SOCKTAPE_RECORD_SUMMARY_H

#include <stdio.h>

#include "record/progress.h"
#include "record/talkers.h"

/* How a recording ended. */
struct summary {
	struct progress progress;
	const char *directory;
	uint64_t blind;		       /* bits of enum blind_spot */
	const char *reason;	       /* "interrupted", ... */
	const struct talkers *talkers; /* may be NULL */
};

/* The whole account with exact numbers. */
void summary_print(const struct summary *summary, FILE *out);

/* Only what is missing, in one line; nothing when nothing is. */
void summary_print_losses(const struct summary *summary, FILE *out);

/* One line of what can't be recorded on this kernel; nothing when everything can be. */
void summary_print_blind(uint64_t blind, FILE *out);

#endif
