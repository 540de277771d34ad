/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_RENDER_H
#define SOCKTAPE_PROTOCOLS_REDIS_RENDER_H

#include "protocols/redis/resp.h"

/* Rendered JSON stops growing about here where too much waits for its other half already. */
#define REDIS_JSON_SHORT 256

/*
 * Turns a reply into JSON, token by token, so that a reply may come in pieces.
 *
 * Strings, verbatim strings, big numbers, and doubles that JSON has no number for become strings;
 * arrays, sets and pushes arrays; maps objects, or arrays of [key, value] when a key is not a
 * string; errors {"error": text}. Attributes are no part of the reply: they are kept apart.
 */
struct render_level {
	size_t start;  /* of a map's JSON in its buffer */
	uint8_t where; /* enum render_place: of its brackets */
	uint8_t inner; /* and of what is in it */
	bool map;
	bool pairs; /* a map as an array of pairs */
	bool value; /* a map's key stands there, its value comes next */
	bool any;   /* it holds something */
};

struct redis_render {
	struct buffer attributes; /* JSON objects, a space between them */
	struct buffer scratch;
	struct buffer nowhere; /* always failed: whatever is appended is dropped */
	size_t limit;	       /* what does not fit is left out, and `cut` says so */
	bool cut;

	/* Of the value itself, without what is in it. */
	uint8_t type; /* 0 before it came */
	int64_t count;

	struct resp_walk walk;
	struct render_level level[RESP_DEPTH_MAX];
};

/* A new reply begins. UNCOUNTED: struct resp_walk's. */
void render_start(struct redis_render *r, size_t limit, uint64_t uncounted);

/*
 * Appends the tokens of DATA to OUT. DATA ends with a token, of which the end of the payload may
 * be missing.
 */
void render_tokens(struct redis_render *r, struct span data, struct buffer *out);

/* Closes what is still open: the rest will not come. */
void render_abandon(struct redis_render *r, struct buffer *out);

void render_free(struct redis_render *r);

#endif
