/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_BORDERS_H
#define SOCKTAPE_ANALYZE_PCAPNG_BORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Positions in one direction of a stream at which segments have to end, because more than a hundred
 * messages would be in one otherwise. Nothing is kept where every call moves a few messages.
 * Zero-initialised is empty and valid.
 */
struct borders {
	uint64_t *all; /* ascending */
	size_t count;
	size_t capacity;
	uint64_t event; /* where the newest data event begins: a segment begins there, too */
	uint64_t last;	/* where the last message ended */
	uint64_t begin; /* of the messages that are counted */
	unsigned messages;
};

/* Data was moved from POSITION on. */
void borders_event(struct borders *b, uint64_t position);

/* A message ends before POSITION; they come in order. False when there is no memory for it. */
bool borders_message(struct borders *b, uint64_t position);

void borders_free(struct borders *b);

#endif
