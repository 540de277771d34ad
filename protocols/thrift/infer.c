/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/thrift/state.h"

/*
 * A message names its kind, a method and a number, and its structure must end just where the next
 * message begins. The versions of the binary and compact protocols in front of it make chance
 * small.
 */
enum {
	SCORE_EXCHANGE = 97, /* a call with its answer: same name, same number */
	SCORE_WHOLE = 90,    /* a message that is whole */
	SCORE_FRONT = 70,    /* a head with its name, the rest is still to come */
	SCORE_OLD = 60,	     /* whole, but without a version */
};

/* Where in the middle of a stream a message may begin is searched so far. */
#define SEARCH_MAX 2048

struct finding {
	int score;
	bool framed;
	bool named; /* what it is is known: nothing compressed it */
	bool call;
	size_t len; /* of a whole one without its length */
	struct thrift_head head;
};

static struct finding look_at_message(struct span text, bool framed, bool all)
{
	struct finding f = {.framed = framed};
	struct thrift_body body;
	size_t fields;

	if (!thrift_body_read(text, &body))
		return f;
	f.head = body.head;
	f.named = true;
	f.call = body.head.kind == THRIFT_CALL || body.head.kind == THRIFT_ONEWAY;
	fields = thrift_struct_len(body.head.encoding, body.fields);
	if (!fields) {
		struct thrift_walk walk;
		size_t pos = 0;

		/* What there is of it must be in order. */
		thrift_walk_begin(&walk, body.head.encoding);
		if ((framed && all) || body.head.encoding == THRIFT_BINARY_OLD ||
		    thrift_walk(&walk, body.fields, SIZE_MAX, &pos) == FRAME_BAD)
			return f;
		f.score = SCORE_FRONT;
	} else if (framed && (!all || fields != body.fields.len)) {
		return f;
	} else {
		f.score = body.head.encoding == THRIFT_BINARY_OLD ? SCORE_OLD : SCORE_WHOLE;
		f.len = (size_t)(body.fields.data - text.data) + fields;
	}
	return f;
}

/* A message behind THeader; what is compressed must become one. */
static struct finding look_behind(const struct thrift_theader *header, struct span text, bool all)
{
	struct finding f = {.framed = true};
	struct codec_contexts codecs = {0};
	struct buffer plain = {0};

	text = span_of(text.data + header->len, text.len - header->len);
	if (header->opaque)
		return f;
	if (!header->transform_count)
		return look_at_message(text, true, all);
	if (!all)
		f.score = SCORE_FRONT;
	else if (thrift_theader_decode(header, &codecs, text, &plain, SAMPLE_MAX * 64))
		f = look_at_message(buffer_span(&plain), true, true);
	/* Its memory goes. */
	f.head.name = (struct span){0};
	buffer_free(&plain);
	codec_free(&codecs);
	return f;
}

/* A message at DATA, which begins with its length where FRAMED. */
static struct finding look_at(struct span data, bool framed)
{
	struct cursor c = cursor_of(data.data, data.len);
	uint32_t len = framed ? cursor_be32(&c) : 0;
	struct span text = cursor_rest(&c);
	struct thrift_theader header;
	bool all = !framed || text.len >= len;

	if (c.failed || (framed && (!len || len > THRIFT_FRAME_MAX)))
		return (struct finding){.framed = framed};
	if (framed && text.len > len)
		text.len = len;
	if (framed && thrift_theader_read(text, &header) == FRAME_DONE)
		return look_behind(&header, text, all);
	return look_at_message(text, framed, all);
}

static struct finding look_here(struct span data)
{
	struct finding framed = look_at(data, true), plain = look_at(data, false);

	return framed.score >= plain.score ? framed : plain;
}

/*
 * In the middle of a stream a message inside another protocol's, as Mux carries them, looks like
 * one of our own: its length must stand before it, or another message behind it.
 */
static struct finding look_inside(struct span bytes, size_t at)
{
	struct finding f = {0}, plain, next;
	struct span rest = span_of(bytes.data + at, bytes.len - at);

	if (at >= 4)
		f = look_at(span_of(rest.data - 4, rest.len + 4), true);
	if (f.score == SCORE_WHOLE)
		return f;
	plain = look_at(rest, false);
	if (plain.score != SCORE_WHOLE || plain.len >= rest.len)
		return (struct finding){0};
	next = look_at(span_of(rest.data + plain.len, rest.len - plain.len), false);
	return next.score >= SCORE_FRONT ? plain : (struct finding){0};
}

/* A datagram is one message, and no more; of a long one the sample has not all. */
static struct finding look_at_datagram(struct span bytes)
{
	struct finding f = look_at(bytes, false);
	bool all = f.score == SCORE_WHOLE && f.len == bytes.len;

	if (!all && (f.score != SCORE_FRONT || bytes.len < SAMPLE_MAX))
		f.score = 0;
	return f;
}

static struct finding look(const struct sample *sample, enum direction direction)
{
	struct span bytes = sample->bytes[direction];
	bool datagram = transport_is_datagram(sample->transport);
	struct finding f = datagram ? look_at_datagram(bytes) : look_here(bytes);
	bool midstream = sample->midstream && !datagram;
	size_t most = bytes.len < SEARCH_MAX ? bytes.len : SEARCH_MAX;

	for (size_t at = 1; midstream && f.score < SCORE_WHOLE && at < most; at++) {
		char first = bytes.data[at];

		/* Only with a version or a header, which takes much of what chance brings. */
		if (first == '\x80' || first == '\x82' || first == '\x0f')
			f = look_inside(bytes, at);
	}
	return f;
}

void thrift_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding sent = look(sample, DIRECTION_SENT);
	struct finding received = look(sample, DIRECTION_RECEIVED);
	const struct finding *best = sent.score >= received.score ? &sent : &received;
	bool both = sent.score && received.score && sent.named && received.named;
	bool pair = both && sent.call != received.call &&
		    sent.head.encoding == received.head.encoding;

	if (!best->score)
		return;
	/* Both sides must agree, where both speak. */
	if (both && !pair && !sample->midstream)
		return;
	verdict->score = best->score;
	if (pair && span_equal(sent.head.name, received.head.name) &&
	    sent.head.sequence_id == received.head.sequence_id)
		verdict->score = SCORE_EXCHANGE;
	verdict->role = sample->role;
	if (best->named)
		verdict->role = (best == &sent) == best->call ? ROLE_CLIENT : ROLE_SERVER;
	if (sample->resampled && verdict->score < SCORE_WHOLE)
		verdict->score = 0;
	snprintf(verdict->reason, sizeof(verdict->reason), "a %s message%s of %.*s, %s",
		 thrift_encoding_name(best->head.encoding), best->framed ? " with its length" : "",
		 best->head.name.len < 40 ? (int)best->head.name.len : 40, best->head.name.data,
		 verdict->score == SCORE_EXCHANGE ? "called and answered"
		 : best->score == SCORE_FRONT	  ? "not whole yet"
						  : "whole");
}
