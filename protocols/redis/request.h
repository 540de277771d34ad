/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_REQUEST_H
#define SOCKTAPE_PROTOCOLS_REDIS_REQUEST_H

#include "protocols/engine/matcher.h"
#include "protocols/redis/command.h"
#include "protocols/redis/secret.h"

/* A longer first word is no command; what stands in `command` is cut. */
#define REDIS_NAME_MAX 128

/*
 * What either side said. base.text holds, of a request, the command and then its arguments as a
 * JSON array; of a reply its JSON and then that of its attributes. SPLIT is where the second part
 * begins.
 */
struct redis_message {
	struct message base;
	enum redis_trait trait; /* of a request's command */
	size_t limit;		/* base.text stops growing about here */
	/* A request's, where it is one of Redis; else NULL. */
	const struct redis_command *command;
	uint64_t uncounted;	/* of EXEC: confirmations that its reply doesn't count */
	uint64_t words;		/* of a request: the command and its arguments */
	size_t split;		/* in base.text */
	bool request;		/* sent by the client */
	bool error;		/* a reply that is one */
	bool cut;		/* not all of it is shown */
	bool unbalanced;	/* a line whose quotes don't match */
	const char *unanswered; /* why no reply will come; NULL: one is expected */
	struct span push;	/* the kind of what the server sent unasked; else empty */
	bool snapshot;		/* what a replica gets of a master's data */
	uint64_t size;		/* bytes of a snapshot */

	struct redis_secret secret; /* of a request, and of the reply to it */
	bool hidden;		    /* some of it is not shown, for it is secret */
};

/* The command's name in upper case, with its second word where that belongs to it. */
struct span request_command(const struct redis_message *m);

/* The JSON array of the arguments, once the request is whole. */
struct span request_args(const struct redis_message *m);

/*
 * Adds the words of a frame of an array of bulk strings. GUESS: the command may be this one, as
 * that of the request before often is; or NULL.
 */
void request_add_bulks(struct redis_message *m, struct span data,
		       const struct redis_command *guess);

/* Adds the words of a line, which may be quoted as a shell would ("Inline commands"). */
void request_add_line(struct redis_message *m, struct span line, struct buffer *scratch);

/* No more words will come. */
void request_end(struct redis_message *m);

#endif
