/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_AMQP_BUILD_H
#define SOCKTAPE_TESTS_UNIT_AMQP_BUILD_H

#include "tests/unit/http_case.h"

#define TALK_MAX 32

/* A conversation of AMQP 0-9-1 that is being written. */
struct talk {
	struct buffer bytes[TALK_MAX];
	struct feed_message messages[TALK_MAX];
	size_t count;
};

#define ARGS(text) span_of(text, sizeof(text) - 1)

/* What follows is sent at once. */
void talk_client(struct talk *t);
void talk_server(struct talk *t);

void talk_bytes(struct talk *t, struct span bytes);
void talk_frame(struct talk *t, uint8_t type, uint16_t channel, struct span payload);
void talk_method(struct talk *t, uint16_t channel, uint16_t class_id, uint16_t method_id,
		 struct span arguments);

/* A content header without properties. */
void talk_header(struct talk *t, uint16_t channel, uint64_t body_size);

/* Header and body, the latter in frames of STEP bytes. */
void talk_content(struct talk *t, uint16_t channel, struct span body, size_t step);

/* basic.publish to exchange "x" with routing key "k". */
void talk_publish(struct talk *t, uint16_t channel, const char *body);

/* basic.deliver of "x", "k" to consumer "c". */
void talk_deliver(struct talk *t, uint16_t channel, uint8_t tag, const char *body);

/* basic.ack, nack or reject (80, 120, 90) with a byte of bits. */
void talk_settle(struct talk *t, uint16_t channel, uint16_t method_id, uint8_t tag, uint8_t bits);

/* channel.open and its reply. */
void talk_open(struct talk *t, uint16_t channel);

/* The conversation as a feed whose recorded process is the client. */
struct feed talk_feed(struct talk *t);

/* Gives the conversation in every way, checks its records (http_expect()), and frees it. */
void talk_check(struct talk *t, const char *const *records);

void talk_free(struct talk *t);

#endif
