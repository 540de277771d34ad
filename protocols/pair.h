/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PAIR_H
#define SOCKTAPE_PROTOCOLS_PAIR_H

#include "protocols/protocol.h"

/*
 * Matches responses with requests: by order (pipelining), or by key. After a loss, matching by
 * order would be off by the number of messages lost; the pair then holds the responses back until
 * the connection is quiet (the next request comes, or the end) and matches from the last one
 * backwards, so that only the exchanges that really lost something are marked.
 *
 * Messages come from a pool of the pair's own: no allocation once a connection is warm.
 */
struct pair;

/* A protocol's message begins with this. */
struct message {
	struct message *next; /* the pair's, with the next one */
	size_t charged;	      /* of the session's budget, while it waits */
	uint64_t key;	      /* for pairing by key */
	int64_t ts_first;
	int64_t ts_last;
	bool partial; /* some of its bytes were lost */
	bool has_peer;
	struct address peer;
	struct buffer text; /* the protocol's bytes of it; the memory is kept for the next */
};

/*
 * Give out the exchange as a record. REQUEST or RESPONSE may be NULL, not both. LOST: the missing
 * half was lost rather than never sent. The messages go back to the pool when it returns.
 */
typedef void pair_emit_fn(void *context, struct message *request, struct message *response,
			  bool lost);

/*
 * MESSAGE_LEN: size of the protocol's message. What waits is charged to the budget of S (which may
 * be NULL: none). NULL when there is no memory.
 */
struct pair *pair_new(struct session *s, size_t message_len, pair_emit_fn *emit, void *context);

/*
 * An empty message, zeroed but for times, peer and partial, which are the frame's. Owned by the
 * caller until it gives it to one of the functions below. NULL when there is no memory.
 */
struct message *pair_message(struct pair *p, const struct frame *frame);

/* A later frame of the same message: ts_last and partial. */
void message_extend(struct message *m, const struct frame *frame);

/*
 * Puts a request into the queue. It may still be changed until its exchange is emitted. When too
 * many wait, or too much memory waits with them, the oldest is given up: it is emitted as lost, and
 * the response to it will be, too.
 */
void pair_request(struct pair *p, struct message *request);

/* A response to the oldest request. */
void pair_response(struct pair *p, struct message *response);

/* A response to the oldest request with the same key (and peer, if both have one). */
void pair_response_by_key(struct pair *p, struct message *response);

/*
 * The oldest request that pair_response_by_key() would give MESSAGE to, or NULL. Borrowed. Shows
 * what a response answers, and whether a request is being asked again.
 */
struct message *pair_find(struct pair *p, const struct message *message);

/* A message that stands alone: a push. */
void pair_push(struct pair *p, struct message *message);

/* Throws a message away that was not given to the pair. */
void pair_discard(struct pair *p, struct message *message);

/* The request that the next response by order will answer, or NULL. Borrowed. */
struct message *pair_oldest(struct pair *p);

/* Whether it will for sure: no message was lost that could be in between. */
bool pair_is_sure(const struct pair *p);

/* Requests that wait for a response. */
size_t pair_pending(const struct pair *p);

/* Messages of this side were lost. */
void pair_lost(struct pair *p, enum side side);

/* The end: whatever waits is emitted. */
void pair_finish(struct pair *p);

void pair_free(struct pair *p); /* NULL is fine */

/*
 * The times, peer and outcome of an exchange, for a record: PARTIAL where something was lost,
 * UNANSWERED without a response, ERROR when ERROR is true, else OK. A pushed message (a response
 * without a request, not lost) is OK.
 */
void pair_record(const struct message *request, const struct message *response, bool lost,
		 bool error, struct record *record);

#endif
