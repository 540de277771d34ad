/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_TAPE_COPY_H
#define SOCKTAPE_TESTS_UNIT_TAPE_COPY_H

#include "format/error.h"
#include "format/event.h"

/*
 * What happens on the connections of a recording, as copies: events that belong to one, so that
 * they can be changed and replayed. Each payload has memory of its own, in which a sanitizer sees a
 * read beyond the end. Zero-initialised is empty; memory that can't be had ends the program.
 */
struct tape_copy {
	struct event *events;
	size_t count;
	size_t room;
};

/* Appends a copy of EVENT; leaves out one that belongs to no connection. */
void tape_copy_add(struct tape_copy *tape, const struct event *event);

/*
 * Adds the beginning of a corpora case: at most EVENTS pieces of data with at most BYTES of
 * payload. Damage in the input is no error.
 */
MUST_CHECK enum tape_error tape_copy_case(struct tape_copy *tape, const char *folder, size_t events,
					  size_t bytes);

/* Payload of all data. */
size_t tape_copy_bytes(const struct tape_copy *tape);

void tape_copy_free(struct tape_copy *tape);

#endif
