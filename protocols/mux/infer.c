/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/mux/state.h"

/*
 * A frame is little more than a length, a type and a tag, which others have, too: only what is
 * inside proves it. Contexts have Finagle's names, Tinit its headers; a ping and its answer differ
 * in one byte; and frames follow each other to the end.
 */
enum {
	SCORE_NAMED = 96,  /* contexts or headers with names of Finagle's */
	SCORE_CHAIN = 88,  /* several frames in a row, on both sides or with bodies that fit */
	SCORE_PINGS = 84,  /* a ping and its answer, nothing else */
	SCORE_FRAMES = 45, /* one frame each way */
	SCORE_FRAME = 40,
};

#define CHAIN_MIN 3
/* Where in the middle of a stream a frame may begin is searched so far. */
#define SEARCH_MAX 2048

struct finding {
	unsigned frames;
	unsigned fits;	/* bodies with a structure of their own that is as it should be */
	unsigned pings; /* alone in their frames */
	unsigned requests, replies; /* of these */
	bool named;
	bool wrong;
	int8_t first;
};

static bool contains(struct span text, const char *what)
{
	return text.len && memmem(text.data, text.len, what, strlen(what));
}

static bool is_named(const struct mux_body *body)
{
	return contains(body->contexts, "com.twitter.") || contains(body->contexts, "MuxFailure") ||
	       contains(body->headers, "mux-framer");
}

static void take_frame(struct finding *f, const struct mux_header *header, struct span body,
		       bool all)
{
	struct mux_body read = mux_body_read(header->type, body);
	bool ping = header->type == MUX_TPING || header->type == MUX_RPING ||
		    header->type == MUX_TDRAIN || header->type == MUX_RDRAIN;

	if (!f->frames++)
		f->first = header->type;
	f->requests += header->type == MUX_TDISPATCH || header->type == MUX_TINIT;
	f->replies += header->type == MUX_RDISPATCH || header->type == MUX_RINIT;
	f->named |= is_named(&read);
	if ((header->type == MUX_OLD_RERR || header->type == MUX_RERR) &&
	    contains(body, "tinit check"))
		f->named = true;
	if (ping && header->len != MUX_HEADER_LEN)
		f->wrong = true;
	f->pings += ping;
	if (!all)
		return;
	f->wrong |= !read.good;
	f->fits += header->type == MUX_TDISPATCH || header->type == MUX_RDISPATCH ||
		   header->type == MUX_TINIT || header->type == MUX_RINIT;
}

/* What both sides may go on with, once they have said so: a handshake's record. */
static bool begins_tls(struct span bytes)
{
	return bytes.data[0] == 0x16 && bytes.data[1] == 3;
}

static struct finding look_at(struct span bytes)
{
	struct finding f = {0};

	while (bytes.len && !f.wrong) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		struct mux_header header;
		bool all;
		size_t len;

		if (bytes.len < MUX_HEADER_LEN)
			return f;
		if (!mux_header_read(&c, &header)) {
			f.wrong = !f.named || !begins_tls(bytes);
			return f;
		}
		/* Tags count up from 1, and are used again. */
		if (header.tag > 0xffff)
			f.wrong = true;
		all = bytes.len >= header.len;
		len = all ? header.len : bytes.len;
		take_frame(&f, &header, span_of(bytes.data + MUX_HEADER_LEN, len - MUX_HEADER_LEN),
			   all && !header.goes_on);
		bytes = span_of(bytes.data + len, bytes.len - len);
	}
	return f;
}

static struct finding look(struct span bytes, bool midstream)
{
	struct finding f = look_at(bytes);
	size_t most = bytes.len < SEARCH_MAX ? bytes.len : SEARCH_MAX;

	for (size_t at = 1; midstream && (f.wrong || !f.frames) && at + MUX_HEADER_LEN < most;
	     at++) {
		struct finding here;

		/* The size's first byte; nobody sends more than 16 MB. */
		if (bytes.data[at])
			continue;
		here = look_at(span_of(bytes.data + at, bytes.len - at));
		if (!here.wrong && (here.named || here.frames >= CHAIN_MIN))
			return here;
	}
	return f;
}

static int score_of(const struct finding *a, const struct finding *b)
{
	unsigned frames = a->frames + b->frames;

	if (a->wrong || b->wrong || !frames)
		return 0;
	if (a->named || b->named)
		return SCORE_NAMED;
	if (a->frames && b->frames) {
		if (a->fits + b->fits >= 2 && a->fits + b->fits + a->pings + b->pings >= CHAIN_MIN)
			return SCORE_CHAIN;
		if (a->pings == a->frames && b->pings == b->frames)
			return SCORE_PINGS;
		return SCORE_FRAMES;
	}
	return a->fits + b->fits >= CHAIN_MIN ? SCORE_CHAIN : SCORE_FRAME;
}

void mux_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding sent = look(sample->bytes[DIRECTION_SENT], sample->midstream);
	struct finding received = look(sample->bytes[DIRECTION_RECEIVED], sample->midstream);
	const struct finding *told = sent.frames ? &sent : &received;

	verdict->score = score_of(&sent, &received);
	if (sample->resampled && verdict->score < SCORE_CHAIN)
		verdict->score = 0;
	if (!verdict->score)
		return;
	/* Servers ping and drain, too, but don't dispatch. */
	verdict->role = sample->role;
	if (sent.requests || received.replies)
		verdict->role = ROLE_CLIENT;
	else if (sent.replies || received.requests)
		verdict->role = ROLE_SERVER;
	snprintf(verdict->reason, sizeof(verdict->reason),
		 "%u frames of Mux in a row, the first a %s%s", sent.frames + received.frames,
		 mux_type_name(told->first),
		 sent.named || received.named ? ", with names of Finagle's" : "");
}
