/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_TIE_PRIVATE_H
#define SOCKTAPE_RECORD_TLS_TIE_PRIVATE_H

#include <linux/types.h>

#include "bpf/event.h"
#include "format/map.h"
#include "record/tls_tie.h"
#include "record/tls_wait.h"
#include "record/tls_wire.h"

/*
 * What the parts of tls_tie.h share: connections as their wire shows them (tls_tie_wire.c), objects
 * of libraries (tls_tie_session.c), and how the bytes of the two are held against each other
 * (tls_tie_balance.c). All of it lives as long as struct tls_ties.
 */

/*
 * Application data of one direction, on the wire and as plaintext, since both were seen to agree.
 * On the wire each record is longer by what the cipher adds.
 */
struct balance {
	uint64_t wire_bytes; /* of the stream, at that moment */
	uint64_t wire_records;
	uint64_t plain; /* position of the plaintext */
	int64_t ts;
	bool begun;
};

/* A connection that speaks TLS, as its ClientHello or a library's object shows. */
struct wire {
	uint64_t conn;
	uint32_t pid;
	uint8_t hello[TLS_HELLO_LEN]; /* as far as it has come */
	uint8_t hello_len;
	uint8_t hello_direction; /* enum direction */
	bool hello_due;		 /* more of it is awaited */
	uint8_t added;		 /* by the cipher to each record; 0: not known */
	int64_t hello_ts;
	struct tls_stream streams[2]; /* by enum direction */
	struct wire *same;	      /* others of the same key in `randoms` */
	struct session *sessions[2];  /* whose plaintext it has, by direction; NULL: none's */
	uint64_t positions[2];	      /* of the plaintext, behind all that is known */
	struct balance balances[2];
	bool kernel[2]; /* by enum direction: the kernel makes, or opens, its records */
	bool seen;	/* a library's object was tied to it */
};

/* An object of a library with one client random. */
struct session {
	uint64_t id;
	uint64_t object;
	uint64_t conn;	      /* that its data is written to */
	uint64_t base[2];     /* position of the connection's plaintext where its own count is 0 */
	uint64_t expected[2]; /* of its own count */
	struct wire *wire;    /* NULL: a connection of its own, or one without a ClientHello */
	uint32_t pid;
	int64_t hooked;	       /* as in struct tls_sight */
	uint64_t records;      /* of application data sent on the wire, at its last call */
	uint64_t last;	       /* bytes of that */
	bool ways[2];	       /* directions that it has */
	bool nested;	       /* its calls use the socket themselves */
	bool own;	       /* the connection is its own */
	bool dropped;	       /* not recorded */
	struct tls_wait *wait; /* not NULL: conn isn't known yet */
	bool late;	       /* what has waited comes now: the wire is ahead of it */
};

struct tls_ties {
	struct tls_tie_options options;
	struct map wires;    /* struct wire by connection */
	struct map randoms;  /* the same by the begin of their client random */
	struct map sessions; /* struct session by id */
	struct map objects;  /* the latest of each object, by object and process */
	struct tls_waits *waits;
	struct tls_tie_totals totals;
};

static inline void tie_emit(struct tls_ties *t, const struct event *event)
{
	t->options.emit(t->options.context, event);
}

/* ---- tls_tie_wire.c ---- */

static inline bool wire_has_hello(const struct wire *w)
{
	return w->hello_len == TLS_HELLO_LEN;
}

/* EVENT_RANDOM_LEN bytes, of one that has its hello. */
const uint8_t *wire_random(const struct wire *w);

/* The first of those whose client random begins like RANDOM, EVENT_RANDOM_LEN bytes; wire.same:
 * more. */
struct wire *wire_first(const struct tls_ties *t, const uint8_t *random);

/* NULL: there are too many, or no memory. */
struct wire *wire_add(struct tls_ties *t, uint64_t conn, uint32_t pid);
/* With the objects that are tied to it. */
void wire_remove(struct tls_ties *t, struct wire *w, int64_t ts);

/* A record of application data begins in it: RFC 8446 section 5.1. */
bool wire_is_data_record(const struct event_data *data);
/* The TLS of the connection of a DATA event; NULL when it has none so far. */
struct wire *wire_of(struct tls_ties *t, const struct event *event);
/* Follows the records in a DATA event, and hands it on without what is left out. */
void wire_data(struct tls_ties *t, struct wire *w, const struct event *event);
/* The same of one whose records the kernel makes, or opens; NULL: there are too many, or no memory.
 */
struct wire *wire_of_kernel(struct tls_ties *t, const struct event *event);
/*
 * Where the plaintext stands that a socket's call moved. What of the wire before it was not seen
 * counts whole: it is at most so much, as records of other types may be among it.
 */
uint64_t wire_kernel_place(struct wire *w, const struct event_data *data);
/* Whose plaintext, if anybody's, W has from now on. */
void wire_have(const struct tls_ties *t, struct wire *w, enum direction d, struct session *s);

/* ---- tls_tie_session.c ---- */

/* Its library's call uses the socket itself. */
bool sight_is_nested(const struct tls_sight *sight);

/* NULL: there are too many, or no memory. */
struct session *session_add(struct tls_ties *t, const struct tls_sight *sight);
/* Finds its connection, or has it wait for that, or makes one of its own. */
void session_place(struct tls_ties *t, struct session *s, const struct tls_sight *sight);
/* The object isn't there any more, or is another's. */
void session_remove(struct tls_ties *t, struct session *s, int64_t ts);
uint64_t session_object_key(uint32_t pid, uint64_t object);
/* A DATA event of its plaintext. */
void session_data(struct tls_ties *t, struct session *s, const struct event *event);

/* A record has passed, of a direction that no object is known of. */
void wait_record_passed(struct tls_ties *t, struct wire *w, enum direction d);
/* The same, on a connection whose ClientHello nobody has seen. */
void wait_older_passed(struct tls_ties *t, const struct event *event);
/* It waits no longer, and is a connection of its own. */
void wait_give_up(struct tls_ties *t, struct session *s);

/* ---- tls_tie_balance.c ---- */

/* Plaintext that is about to be handed on: what the wire has beyond it was missed before. */
void balance_plain(struct tls_ties *t, struct session *s, const struct event *event);
/* What the wire tells beyond the plaintext when the connection ends. */
void balance_settle(struct tls_ties *t, struct wire *w, int64_t ts);

#endif
