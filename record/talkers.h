/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TALKERS_H
#define SOCKTAPE_RECORD_TALKERS_H

#include <stdio.h>

#include "format/event.h"

/*
 * Who moved how much: sums over the events of a recording, by process and by connection, in memory
 * of a fixed size. What has no room is summed up as the rest.
 */
struct talkers;

/* NULL without memory. */
struct talkers *talkers_new(void);

void talkers_event(struct talkers *t, const struct event *event);

/* The largest of each, a line each. */
void talkers_print(const struct talkers *t, FILE *out);

void talkers_free(struct talkers *t); /* NULL is fine */

#endif
