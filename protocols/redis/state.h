/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_STATE_H
#define SOCKTAPE_PROTOCOLS_REDIS_STATE_H

#include "protocols/redis/render.h"
#include "protocols/redis/request.h"
#include "protocols/redis/scan.h"

#define REDIS_COLUMNS(X)                                                                           \
	X(COMMAND, "command", "TEXT", "",                                                          \
	  "the command in upper case, with its subcommand: CONFIG GET; null for a push")           \
	X(ARGS, "args", "JSON", "",                                                                \
	  "its arguments, an array of strings, without secrets; null for a push")                  \
	X(REPLY, "reply", "JSON", "", "the reply, without secrets; an error as {\"error\": text}") \
	X(PUSH, "push", "TEXT", "",                                                                \
	  "what the server sent unasked: message, invalidate, monitor, replication, rdb, ...")

enum redis_column {
#define REDIS_COLUMN_ENUM(id, name, sql, unit, help) COLUMN_##id,
	REDIS_COLUMNS(REDIS_COLUMN_ENUM)
#undef REDIS_COLUMN_ENUM
	COLUMN_COUNT
};

extern const struct table redis_table;

/* What came from the server since bytes of its side were lost. */
enum redis_doubt {
	DOUBT_NONE,
	DOUBT_FIRST, /* the next reply has lost its beginning */
	DOUBT_REST,  /* whatever comes until the next request is the rest of a broken reply */
};

/* Kinds of subscriptions, in the order of their traits. */
#define SUBSCRIPTION_KINDS 3

struct redis {
	struct session *session;
	struct budget *budget; /* the session's */
	size_t keep;
	struct matcher *matcher;
	struct redis_message *current[2]; /* a message whose end has not come yet, by enum side */
	struct buffer scratch;
	struct buffer note;
	const struct redis_command *command; /* of the last request; NULL: unknown */
	enum redis_doubt doubt;

	/* What the client asked for. */
	bool asked;	    /* anything at all, seen or not */
	bool replies_off;   /* CLIENT REPLY OFF */
	bool skip_next;	    /* CLIENT REPLY SKIP */
	bool transaction;   /* MULTI */
	bool asks_secret;   /* in it: a reply that is one */
	bool counted_short; /* there was an EXEC whose reply holds such as are uncounted */
	bool monitor;
	bool replica;	    /* the client is a replica, the server its master */
	uint64_t uncounted; /* in a transaction: confirmations beyond the first of a command */

	/* Subscriptions: of channels, patterns, shard channels; as the confirmations count them. */
	int64_t subscribed[SUBSCRIPTION_KINDS];
	enum redis_trait confirming; /* the request whose confirmations come */
	int64_t confirmations;	     /* still to come */

	uint64_t charged; /* of the session's budget, for all but what the matcher has */

	/* Large. */
	struct redis_render render;
	struct redis_scan scan[2]; /* by enum side */
};

/* A request is whole: into the queue, or out at once when no reply will come. */
void redis_take_request(struct redis *r, struct redis_message *m);

/* Confirmations that the next reply holds beyond its count: struct resp_walk. */
uint64_t redis_uncounted_of_oldest(const struct redis *r);

static inline uint64_t redis_uncounted(const struct redis *r)
{
	return r->counted_short ? redis_uncounted_of_oldest(r) : 0;
}

/* A reply is whole: to its request, or out alone. Its type and count are the renderer's. */
void redis_take_reply(struct redis *r, struct redis_message *m);

/* A state that is put aside while memory is short, and taken up again. */
bool redis_pack(const void *state, struct buffer *out);
bool redis_unpack(void *state, struct unpack *in);

/* Charges what the state takes now to the session's budget. */
void redis_recharge(struct redis *r);

/* infer() of struct protocol and describe() of struct table. */
void redis_infer(const struct sample *sample, struct verdict *verdict);
void redis_describe(const struct value *values, struct buffer *out);

#endif
