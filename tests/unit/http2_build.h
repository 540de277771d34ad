/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_HTTP2_BUILD_H
#define SOCKTAPE_TESTS_UNIT_HTTP2_BUILD_H

#include "protocols/http2/wire.h"
#include "tests/unit/feed.h"

/*
 * Conversations of HTTP/2 for tests. Each call adds a frame to the message that is being built;
 * h2_send() ends the message. Zeroed is empty.
 */
#define H2_MESSAGES_MAX 64

struct h2_build {
	struct buffer now;
	struct buffer done[H2_MESSAGES_MAX];
	struct feed_message messages[H2_MESSAGES_MAX];
	size_t count;
	bool inferred; /* it doesn't begin as HTTP/2 */
	bool packs;    /* as in struct feed */
};

/* The client's preface and empty SETTINGS; the server's SETTINGS. */
void h2_greet(struct h2_build *b);

void h2_frame(struct h2_build *b, enum http2_type type, unsigned flags, uint32_t stream,
	      struct span payload);

/*
 * A field block: "name: value" lines, each literally and not indexed; "+name: value" is put into
 * the table, "#62" is the entry with this index.
 */
void h2_fields(struct buffer *out, const char *lines);

/* HEADERS with all its fields. */
void h2_headers(struct h2_build *b, unsigned flags, uint32_t stream, const char *lines);

void h2_data(struct h2_build *b, unsigned flags, uint32_t stream, const char *text);

/* A frame whose payload is one or two numbers of 32 bits. */
void h2_number(struct h2_build *b, enum http2_type type, uint32_t stream, uint32_t number);

/* What was built since the last call is one message. */
void h2_send(struct h2_build *b, enum direction direction);

/* It is empty again. */
void h2_forget(struct h2_build *b);

/* The records of the conversation, as http_expect() wants them; checked as feed_check() does. */
void h2_check(struct h2_build *b, const char *const *records);

#define H2_CHECK(b, ...) h2_check(b, (const char *const[]){__VA_ARGS__, NULL})

/* The same, but message LOSE (from 1) is lost from its byte FROM on. */
void h2_check_loss(struct h2_build *b, size_t lose, size_t from, const char *const *records);

#define H2_CHECK_LOSS(b, lose, from, ...)                                                          \
	h2_check_loss(b, lose, from, (const char *const[]){__VA_ARGS__, NULL})

#endif
