/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_HOOKS_H
#define SOCKTAPE_RECORD_HOOKS_H

#include "record/tls_find.h"

struct bpf_object;

/*
 * The programs that run at functions of TLS libraries, in every process that has the file mapped,
 * now or later. Functions that return int give 0 or a negative errno.
 */
struct hooks;

/*
 * OBJECT holds the programs and must outlive the hooks. MULTI: they were loaded to be attached to
 * all functions of a file together. NULL: no memory.
 */
struct hooks *hooks_new(struct bpf_object *object, bool multi);

/*
 * Attaches to all points of the library in the file that FD has open; NUMBER (from 1) is what its
 * records will have. When one can't be attached, none is.
 */
int hooks_add(struct hooks *hooks, int fd, uint32_t number, const struct tls_found *found);

/* Detaches what looks for secrets of older connections, and attaches no more of it; doesn't wait.
 */
void hooks_drop_older(struct hooks *hooks);

void hooks_free(struct hooks *hooks); /* NULL is fine; detaches */

#endif
