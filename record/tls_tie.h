/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_TIE_H
#define SOCKTAPE_RECORD_TLS_TIE_H

#include "format/event.h"
#include "record/tls_secret.h"

/*
 * Which connection the plaintext of a TLS library's object belongs to.
 *
 * The sure sign is the client random, which the object holds and the ClientHello carried through
 * the socket, of the same process. Where the object's layout isn't known, or the hello was not
 * seen, it is the socket that was used inside of the library's calls, or that the object names.
 * Where a library's objects have nothing of the handshake, it is the tag of a record that one made,
 * or opened; and on a connection that is older than the recording, the order of a thread's calls
 * (record/tls_wait.h), marked as inferred. What can't be tied so is a connection of its own;
 * nothing is ever guessed from lengths alone.
 *
 * Positions of plaintext go on when another object takes over on a connection. What the pool had no
 * room for, and what went over the wire and was not read, is told as a loss at its place.
 */
struct tls_ties;

/* What the kernel programs saw of an object: struct kernel_tls of bpf/event.h. */
struct tls_sight {
	int64_t ts;
	uint64_t session; /* number that DATA of LAYER_TLS has in place of a connection's */
	uint64_t object;
	uint64_t conn; /* whose socket was used in its calls; 0: none was */
	uint64_t sent; /* positions, of the session's own count */
	uint64_t received;
	uint32_t pid;
	uint32_t tid;
	uint32_t library;
	int64_t hooked; /* since when all calls of the library are seen */
	bool server;	/* the object is a server's */
	bool client;	/* or a client's; neither: not known */
	bool named;	/* conn is what the object names */
	bool own;	/* and what its calls use themselves */
	bool one_way;	/* the object has one direction of a connection: */
	enum direction way;
	bool by_record; /* random begins with the tag of the record of its first plaintext */
	uint8_t random[EVENT_RANDOM_LEN];
};

struct tls_tie_options {
	bool cut_wire;	   /* leave out the wire bytes that recorded plaintext stands for */
	bool cut_all_wire; /* with it: all wire bytes of connections that speak TLS */
	bool drop_untied;  /* a filter chooses connections: what can't be tied isn't recorded */
	void *context;
	/* With cut_wire: the wire's bodies of this direction are left out from now on, or not. */
	void (*tied)(void *context, uint64_t conn, enum direction direction, bool yes);
	void (*emit)(void *context, const struct event *event);
	/* PID has sent or received a ClientHello, or data of a connection that had it before. */
	void (*uses)(void *context, uint32_t pid, int64_t ts);
	/* Whether the plaintext of PID is expected, because its library is hooked. */
	bool (*is_hooked)(void *context, uint32_t pid);
	/* PID has called LIBRARY. */
	void (*calls)(void *context, uint32_t pid, uint32_t library, int64_t ts);
};

struct tls_tie_totals {
	uint64_t tied;	  /* objects, by whatever sign; two of one way each are one */
	uint64_t untied;  /* that are connections of their own */
	uint64_t dropped; /* that are left out because of a filter */
	uint64_t refused; /* that are more than can be told apart at one time */
	uint64_t calls;
	uint64_t bytes;
	uint64_t inferred;     /* of those that are tied: by thread order */
	uint64_t missed_bytes; /* told in LOSS of cause LOSS_PLAINTEXT */
};

/* NULL: no memory. */
struct tls_ties *tls_tie_new(const struct tls_tie_options *options);

/* Every event of the recording passes here, in order; what is to be recorded of it is emitted. */
void tls_tie_event(struct tls_ties *t, const struct event *event);

/* An object of a library, before its first bytes and when more is known. */
void tls_tie_sight(struct tls_ties *t, const struct tls_sight *sight);

/*
 * A library told a secret: the connections of its process with that client random are tied. Returns
 * one of them, or else of another process; 0: none is known.
 */
uint64_t tls_tie_secret(struct tls_ties *t, const struct tls_secret *secret);

/* What has waited too long for what tells its connection, by NOW, waits no more. */
void tls_tie_turn(struct tls_ties *t, int64_t now);

/* Recording ends: what is known now of connections that are still open. */
void tls_tie_end(struct tls_ties *t, int64_t ts);

const struct tls_tie_totals *tls_tie_totals(const struct tls_ties *t);

void tls_tie_free(struct tls_ties *t); /* NULL is fine */

#endif
