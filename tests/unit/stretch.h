/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_STRETCH_H
#define SOCKTAPE_TESTS_UNIT_STRETCH_H

#include "tests/unit/feed.h"

/*
 * Conversations of which one thing is as long, as deep or as often as asked for: what protocols
 * make of lengths at their limits shows there.
 */

#define SPEECH_MAX 16

/* A conversation that is being made. */
struct speech {
	struct buffer bytes[SPEECH_MAX];
	struct feed_message messages[SPEECH_MAX];
	size_t count;
};

struct stretch {
	const char *name;
	const struct protocol *protocol;
	size_t most; /* larger numbers mean nothing, or take too long */
	void (*make)(struct speech *s, size_t n);
	size_t lose; /* this message, counted from 1, is lost; 0: none */
};

/* Each is ended by one without a name. */
extern const struct stretch stretches_of_text[];
extern const struct stretch stretches_of_bytes[];
extern const struct stretch stretches_of_databases[];
extern const struct stretch stretches_of_losses[];

/* What is put from here on is sent by the client, or by the server. */
void speech_client(struct speech *s);
void speech_server(struct speech *s);

/* Text with a format; the rest of them put bytes. */
__attribute__((format(printf, 2, 3))) void speech_put(struct speech *s, const char *format, ...);
void speech_bytes(struct speech *s, struct span bytes);
void speech_repeat(struct speech *s, const char *text, size_t times);

/* Numbers of so many bytes, the highest first, or the lowest. */
void speech_be(struct speech *s, uint64_t value, int bytes);
void speech_le(struct speech *s, uint64_t value, int bytes);

/* What was put since MARK, a length of the message, has its length, plus MORE, put before it. */
size_t speech_mark(const struct speech *s);
void speech_be_before(struct speech *s, size_t mark, int bytes, size_t more);
void speech_le_before(struct speech *s, size_t mark, int bytes, size_t more);

#define SPEECH_BYTES(s, text) speech_bytes(s, span_of(text, sizeof(text) - 1))

/* The conversation; its recorded process is the client. */
struct feed speech_feed(struct speech *s, const struct protocol *protocol);
void speech_free(struct speech *s);

#endif
