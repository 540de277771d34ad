/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_MATCHER_H
#define SOCKTAPE_PROTOCOLS_ENGINE_MATCHER_H

#include "protocols/protocol.h"

/*
 * Matches responses with requests: by order (pipelining), or by a key. After a loss, matching by
 * order would be off by the number of messages lost; the matcher then holds the responses back
 * until the connection is quiet (the next request comes, or the end) and matches from the last one
 * backwards, so that only the exchanges that really lost something are marked.
 *
 * A response may be seen before its request: by a thread that reads while another is still in the
 * call that sends. It waits for a request that was begun before it came, and is never given to one
 * that was asked later.
 *
 * Messages come from a pool that all matchers of a replay share (message_pool.h). All of their
 * memory is charged to the session's budget.
 */
struct matcher;
struct budget;
struct unpack;

/* A protocol's message begins with this. */
struct message {
	struct message *next; /* the matcher's, with the next seven */
	struct message *prev;
	struct message *next_same; /* requests whose hash is in the same bucket */
	struct message *prev_same;
	uint64_t charged; /* of the session's budget, for text */
	uint64_t waits;	  /* of the matcher's share, while it waits */
	uint64_t hash;
	uint64_t number;   /* requests are numbered */
	uint64_t key;	   /* for matching by key */
	uint64_t position; /* of its first byte in its stream */
	int64_t ts_first;
	int64_t ts_last;
	bool partial; /* some of its bytes were lost */
	bool open;    /* a request of which more will come: matcher_complete() tells the end */
	bool has_peer;
	struct address peer;
	struct buffer text; /* the protocol's bytes of it; the memory is kept for the next */
};

/*
 * Give out the exchange as a record. REQUEST or RESPONSE may be NULL, not both. LOST: the missing
 * half was lost rather than never sent. The messages go back to the pool when it returns.
 */
typedef void matcher_emit_fn(void *context, struct message *request, struct message *response,
			     bool lost);

struct matcher_options {
	bool by_key; /* responses name their request by message.key; else they come in order */
	size_t message_len; /* size of the protocol's message */
	matcher_emit_fn *emit;
	void *context; /* for emit() */
};

/* Releases a message of LEN bytes that is charged to BUDGET. */
void message_free(struct message *message, size_t len, struct budget *budget);

/* S may be NULL: then nothing is charged. NULL when there is no memory. */
struct matcher *matcher_new(struct session *s, const struct matcher_options *options);

/*
 * An empty message, zeroed but for times, peer and partial, which are the frame's. Owned by the
 * caller until it gives it to one of the functions below. NULL when there is no memory.
 */
struct message *matcher_message(struct matcher *p, const struct frame *frame);

/* A later frame of the same message: ts_last and partial. */
void message_extend(struct message *m, const struct frame *frame);

/*
 * Room for EXTRA more bytes in the text of M, charged. False when the budget or memory doesn't
 * allow them: then they must not be appended. For what may get large; what is appended without
 * asking is charged later, when M is given to the matcher.
 */
bool matcher_reserve(struct matcher *p, struct message *m, size_t extra);

/*
 * Appends DATA to the text of M, as long as that has no more than LIMIT bytes, and the budget
 * allows it. False when not all of it was: then nothing may be appended behind.
 */
bool matcher_append(struct matcher *p, struct message *m, struct span data, size_t limit);

/*
 * Puts a request into the queue. It may still be changed until its exchange is emitted. When the
 * budget is used up, or more than its half by this connection, the oldest is given up: it is
 * emitted as lost, and the response to it will be, too.
 */
void matcher_request(struct matcher *p, struct message *request);

/* No more of an open REQUEST will come: a response that was early is given to it now. */
void matcher_complete(struct matcher *p, struct message *request);

/* A response, whole: to the oldest request, or to that with the same key. */
void matcher_response(struct matcher *p, struct message *response);

/*
 * The request that PART of an answer (a row, one of several messages) belongs to; it goes on
 * waiting for the rest. PART need not be the matcher's. NULL when there is none, or when messages
 * were lost that could be in between. Borrowed.
 */
struct message *matcher_answering(struct matcher *p, const struct message *part);

/*
 * Takes REQUEST out of the queue: it is the caller's again, as from matcher_message(). For one that
 * turns out to have no response.
 */
struct message *matcher_withdraw(struct matcher *p, struct message *request);

/*
 * Where matching is by key: the oldest request with MESSAGE's key (and peer, if both have one), or
 * NULL. Borrowed. Shows what a response answers, and whether a request is being asked again.
 */
struct message *matcher_find(struct matcher *p, const struct message *message);

/* A message that stands alone: a push. */
void matcher_push(struct matcher *p, struct message *message);

/* Throws a message away that was not given to the matcher. NULL is fine. */
void matcher_discard(struct matcher *p, struct message *message);

/* The request that the next response by order will answer, or NULL. Borrowed. */
struct message *matcher_oldest(struct matcher *p);

/* The request that came last, or NULL. Borrowed. */
struct message *matcher_newest(struct matcher *p);

/* Whether responses were lost since REQUEST, which waits, was asked. */
bool matcher_may_be_lost(const struct matcher *p, const struct message *request);

/* Whether the oldest will be answered next for sure: no message was lost that could be between. */
bool matcher_is_sure(const struct matcher *p);

/* Requests that wait for a response. */
size_t matcher_pending(const struct matcher *p);

/* Messages of this side were lost. */
void matcher_lost(struct matcher *p, enum side side);

/*
 * Appends to OUT what a new matcher needs to go on as this one (format/pack.h). False when it can't
 * just now: responses are held back. Messages of the protocol must hold no pointers but to
 * constants.
 */
bool matcher_pack(const struct matcher *p, struct buffer *out);

/* Into a matcher that matcher_new() just gave. False: no memory. */
bool matcher_unpack(struct matcher *p, struct unpack *in);

/* The same for a message that is the caller's. The latter NULL without memory. */
void matcher_pack_message(const struct matcher *p, const struct message *m, struct buffer *out);
struct message *matcher_unpack_message(struct matcher *p, struct unpack *in);

/* The request that waits with this message.number, or NULL. Borrowed. */
struct message *matcher_numbered(struct matcher *p, uint64_t number);

/* The end: whatever waits is emitted. */
void matcher_finish(struct matcher *p);

/* Asks for what the next message needs (format/prefetch.h). */
void matcher_fetch(const struct matcher *p);

void matcher_free(struct matcher *p); /* NULL is fine */

/*
 * The position, times, peer and outcome of an exchange, for a record: PARTIAL where something was
 * lost, UNANSWERED without a response, ERROR when ERROR is true, else OK. A pushed message (a
 * response without a request, not lost) is OK.
 */
void matcher_record(const struct message *request, const struct message *response, bool lost,
		    bool error, struct record *record);

#endif
