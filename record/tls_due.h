/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_DUE_H
#define SOCKTAPE_RECORD_TLS_DUE_H

#include "format/event.h"
#include "record/tls_secret.h"

/*
 * Secrets of connections that are older than the recorder. The call that they were found in is
 * about to write to its socket: the connection that its thread writes records to next is most
 * likely theirs. That is a hint, and no more is needed, as secrets prove themselves when they open
 * a record.
 */
struct tls_due;

/* Called once for each secret; CONN is 0 when its thread has written to none in time. */
typedef void tls_due_found(void *context, const struct tls_secret *secret, uint64_t conn);

/* NULL: no memory. */
struct tls_due *tls_due_new(tls_due_found *found, void *context);

void tls_due_add(struct tls_due *due, const struct tls_secret *secret);

/* A DATA event. */
void tls_due_event(struct tls_due *due, const struct event *event);

/* Those that have waited long enough, by NOW. */
void tls_due_turn(struct tls_due *due, int64_t now);

void tls_due_free(struct tls_due *due); /* NULL is fine; what waits is dropped */

#endif
