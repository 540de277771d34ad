/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_H
#define SOCKTAPE_RECORD_TLS_H

#include <stdio.h>

#include "record/options.h"
#include "record/tls_secret.h"
#include "record/tls_tie.h"

/*
 * Plaintext of TLS libraries in the processes of this host, or their secrets: finds the libraries,
 * hooks them, and puts what the hooks tell into the connections that it belongs to.
 */
struct tls;

struct programs;

struct tls_totals {
	struct tls_tie_totals ties;
	uint64_t secrets;	   /* recorded */
	uint64_t secrets_left_out; /* of connections that a filter leaves out, as far as is known */
	uint32_t libraries;	   /* found */
	uint32_t hooked;	   /* of them */
};

/*
 * PROGRAMS must outlive it. What is to be recorded goes to EMIT. NULL: no memory.
 */
struct tls *tls_new(const struct options *options, const struct programs *programs,
		    void (*emit)(void *context, const struct event *event), void *context);

/* Looks for libraries in all processes, and where ld.so does, and hooks them. */
void tls_begin(struct tls *tls);

/* Looks for what was loaded since the last time: some times a second. */
void tls_turn(struct tls *tls);

/* Every event of the recording passes here, in order. */
void tls_event(struct tls *tls, const struct event *event);

/* The kernel programs saw an object of a library. */
void tls_sight(struct tls *tls, struct tls_sight *sight);

/* The kernel programs saw a secret: it is recorded, if it is one of a connection that is, too. */
void tls_secret_take(struct tls *tls, const struct tls_secret *secret);

/* No more calls are recorded. */
void tls_detach(struct tls *tls);

/* Recording ends, and with it what is known of connections that are open. */
void tls_end(struct tls *tls, int64_t ts);

struct tls_totals tls_totals(const struct tls *tls);

/* One line for each library: what it is, whether it is hooked or why not, who uses it. */
void tls_list(const struct tls *tls, FILE *out);

void tls_free(struct tls *tls); /* NULL is fine */

#endif
