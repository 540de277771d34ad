/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_RESP_H
#define SOCKTAPE_PROTOCOLS_REDIS_RESP_H

#include "protocols/protocol.h"

/*
 * The words of RESP: tokens, and a walk that knows how many tokens make a value.
 * Numbers: "Redis serialization protocol specification"; streamed types: the RESP3 specification.
 */

/* A simple string, error or inline command is at most this long (PROTO_INLINE_MAX_SIZE). */
#define RESP_LINE_MAX (64u << 10)
/* Elements of one aggregate; the server takes no more than INT_MAX arguments. */
#define RESP_COUNT_MAX INT32_MAX
/* Nesting of aggregates; the client library of Redis itself stops at 9. */
#define RESP_DEPTH_MAX 32
/* `left` of an aggregate whose end is a token of its own. */
#define RESP_STREAMED UINT64_MAX

enum resp_type {
	RESP_SIMPLE = '+',
	RESP_ERROR = '-',
	RESP_INTEGER = ':',
	RESP_BULK = '$',
	RESP_ARRAY = '*',
	RESP_NULL = '_',
	RESP_BOOLEAN = '#',
	RESP_DOUBLE = ',',
	RESP_BIG_NUMBER = '(',
	RESP_BULK_ERROR = '!',
	RESP_VERBATIM = '=',
	RESP_MAP = '%',
	RESP_SET = '~',
	RESP_ATTRIBUTE = '|',
	RESP_PUSH = '>',
	RESP_CHUNK = ';', /* of a streamed string */
	RESP_END = '.',	  /* of a streamed aggregate */
};

struct resp_token {
	uint8_t type;
	bool null;	/* $-1, *-1 */
	bool streamed;	/* $?, *?, %?, ~? */
	int64_t number; /* an integer's value, else the count of an aggregate or length of a bulk */
	struct span text; /* of a line or bulk, as far as it is there */
	uint64_t size;	  /* on the wire, with header, payload and the last CRLF */
};

/*
 * The token at AT. DONE as soon as its size is known: the payload of a bulk may still be missing
 * (`size` is then larger than AVAILABLE), and its last CRLF is not checked.
 */
enum frame_status resp_token(const uint8_t *at, size_t available, struct resp_token *token);

/*
 * What nearly all tokens are: a bulk string of at most 99 bytes that is there whole, with the CRLF
 * behind it. Returns its size on the wire; 0: it is something else, for resp_token().
 */
static inline size_t resp_short_bulk(const uint8_t *at, size_t available, struct span *text)
{
	size_t head = 4, len;

	if (available < 6 || at[0] != RESP_BULK)
		return 0;
	len = (uint8_t)(at[1] - '0');
	if (len > 9)
		return 0;
	if (at[2] != '\r') {
		uint8_t second = (uint8_t)(at[2] - '0');

		if (second > 9 || at[3] != '\r')
			return 0;
		len = len * 10 + second;
		head = 5;
	}
	if (at[head - 1] != '\n' || available < head + len + 2 ||
	    memcmp(at + head + len, "\r\n", 2) != 0)
		return 0;
	*text = span_of(at + head, len);
	return head + len + 2;
}

/* True for the types that hold other values. */
static inline bool resp_is_aggregate(uint8_t type)
{
	return type == RESP_ARRAY || type == RESP_MAP || type == RESP_SET || type == RESP_PUSH ||
	       type == RESP_ATTRIBUTE;
}

/* The aggregates that are open, outermost first. */
struct resp_walk {
	unsigned depth;
	/*
	 * Confirmations of subscriptions that an array of a transaction's replies holds beyond its
	 * count: all but the first of each command.
	 */
	uint64_t uncounted;
	struct resp_level {
		uint64_t left; /* values to come, or RESP_STREAMED */
		uint8_t type;
	} level[RESP_DEPTH_MAX];
};

/*
 * What pushes in an array of replies mean for its count, before TOKEN is taken; the bytes BEHIND
 * it tell. Pushes come between the replies and aren't counted, but the confirmation of a
 * subscription stands for its command's reply. MORE: that can't be told yet.
 */
enum frame_status resp_walk_push(struct resp_walk *walk, const struct resp_token *token,
				 struct span behind);

/*
 * Takes the next token; false when it may not stand there. *WHOLE: it was the last of a value at
 * the top (an attribute only precedes one). Levels that it closed are those from the new depth on.
 */
bool resp_walk(struct resp_walk *walk, const struct resp_token *token, bool *whole);

/* Copies what is in use. */
static inline void resp_walk_copy(struct resp_walk *to, const struct resp_walk *from)
{
	to->depth = from->depth;
	to->uncounted = from->uncounted;
	/* Between messages, where nearly all are copied, nothing is open. */
	for (unsigned i = 0; i < from->depth; i++)
		to->level[i] = from->level[i];
}

#endif
