/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_WAIT_H
#define SOCKTAPE_RECORD_TLS_WAIT_H

#include "record/tls_tie.h"
#include "record/tls_wire.h"

/*
 * Objects of TLS libraries whose connection is not known yet, and their plaintext, which waits with
 * them until what crosses sockets tells:
 *
 * - the encrypted record that a plaintext became, or was made of, where the library shows that:
 *   its tag proves it;
 * - or else, of connections whose ClientHello nobody has seen, the order of a thread's calls: what
 *   was read from a socket before plaintext came out of the library, and what was written to one
 *   after. One call alone tells nothing, as an application may hold records back: two that agree
 *   are needed, of one of which the length fits, too, and no other object that says the same. Even
 *   so it is inferred.
 *
 * Who isn't told apart in some seconds or calls is known to nobody. All is bounded.
 */
struct tls_waits;

struct tls_wait;

/* NULL: no memory. */
struct tls_waits *tls_waits_new(void);

/* What waits is dropped. */
void tls_waits_free(struct tls_waits *w); /* NULL is fine */

/*
 * SIGHT's object begins to wait; OWNER is the caller's. Where a record is what tells, it may have
 * crossed its socket already: *CONN is set then, else 0. NULL when too many wait.
 */
struct tls_wait *tls_wait_begin(struct tls_waits *w, const struct tls_sight *sight, void *owner,
				uint64_t *conn);

const struct tls_sight *tls_wait_sight(const struct tls_wait *wait);

void *tls_wait_owner(const struct tls_wait *wait);

/* Plaintext of the object: a copy is kept. False when there is no more room for it. */
bool tls_wait_hold(struct tls_waits *w, struct tls_wait *wait, const struct event *event);

/* The connection that thread order tells of it by now; 0: none. */
uint64_t tls_wait_inferred(const struct tls_wait *wait);

/*
 * A call has moved bytes of a connection that has no ClientHello but records of application data.
 * BODY: the length of the first one's body where EVENT begins with its header, else 0. A call that
 * has sent on any other connection is told so, too.
 */
void tls_waits_socket(struct tls_waits *w, const struct event *event, uint32_t body);

/*
 * A record of application data has passed a socket of PID whole; its connection has no object in
 * this direction. Returns the one that waits for it, or NULL.
 */
struct tls_wait *tls_waits_record(struct tls_waits *w, uint64_t conn, uint32_t pid,
				  enum direction direction, const uint8_t tag[TLS_TAG_LEN]);

/* The connection is gone. */
void tls_waits_close(struct tls_waits *w, uint64_t conn);

/* One that waits since before TS; NULL: none does. */
struct tls_wait *tls_waits_older(const struct tls_waits *w, int64_t ts);

/* One that thread order tells of; NULL: none. */
struct tls_wait *tls_waits_next_inferred(const struct tls_waits *w);

/* Whether nobody waits. */
bool tls_waits_empty(const struct tls_waits *w);

/* It waits no more: EACH is given what was held, in order. */
void tls_wait_end(struct tls_waits *w, struct tls_wait *wait,
		  void (*each)(void *context, void *owner, const struct event *event),
		  void *context);

#endif
