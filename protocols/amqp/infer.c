/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/amqp/state.h"

enum {
	SCORE_HEADER = 98, /* the header of the protocol, of a version that we know */
	SCORE_START = 95,  /* connection.start, with which a server begins */
	SCORE_FRAME = 88,  /* a whole frame that is as it should be */
	SCORE_CHAIN = 90,  /* several in a row */
	SCORE_FRONT = 60,  /* what can be seen of one fits */
	SCORE_MIDDLE = 84, /* one that isn't at the front, behind the end of another */
};

struct finding {
	int score;
	unsigned frames; /* whole ones in a row */
	uint8_t senders; /* who may have sent them: AMQP_BY_... */
	size_t at;
	const struct amqp_method *method; /* the first that was seen */
};

/* Frames from the front of BYTES on, until something isn't one: then there was no first one. */
static struct finding look_at(struct span bytes)
{
	struct finding found = {.senders = AMQP_BY_BOTH};
	bool certain = false, front = false;

	while (bytes.len >= AMQP_FRAME_HEAD) {
		struct amqp_call call;
		uint64_t len = 0;
		enum amqp_proof proof = amqp_frame_prove(bytes, &len, &call);

		if (proof == AMQP_PROOF_NONE)
			return (struct finding){0};
		certain |= proof == AMQP_PROOF_WHOLE;
		front |= proof == AMQP_PROOF_FRONT;
		if (call.method) {
			found.senders &= call.method->flags & AMQP_BY_BOTH;
			found.method = found.method ? found.method : call.method;
		}
		if (bytes.len < len)
			break;
		found.frames++;
		bytes = span_of(bytes.data + len, bytes.len - (size_t)len);
	}
	if (certain && found.senders)
		found.score = found.frames > 1 ? SCORE_CHAIN : SCORE_FRAME;
	else if (front && found.senders)
		found.score = found.frames ? SCORE_MIDDLE : SCORE_FRONT;
	return found;
}

/* The first frame behind the end of another, from anywhere. */
static struct finding look_in_middle(struct span bytes)
{
	for (size_t at = 1; at + AMQP_FRAME_HEAD < bytes.len; at++) {
		struct finding found;

		if ((uint8_t)bytes.data[at - 1] != AMQP_FRAME_END ||
		    (uint8_t)bytes.data[at] > AMQP_FRAME_HEARTBEAT)
			continue;
		found = look_at(span_of(bytes.data + at, bytes.len - at));
		if (found.score < SCORE_FRAME)
			continue;
		found.score = SCORE_MIDDLE;
		found.at = at;
		return found;
	}
	return (struct finding){0};
}

static enum role role_of(int direction, uint8_t senders)
{
	if (senders == AMQP_BY_BOTH)
		return ROLE_UNKNOWN;
	return (direction == DIRECTION_SENT) == (senders == AMQP_BY_CLIENT) ? ROLE_CLIENT
									    : ROLE_SERVER;
}

static void tell_header(struct verdict *verdict, int direction, const char *version)
{
	verdict->score = SCORE_HEADER;
	verdict->role = role_of(direction, AMQP_BY_CLIENT);
	snprintf(verdict->reason, sizeof(verdict->reason), "begins with the header of AMQP %s",
		 version);
}

static void tell_frames(struct verdict *verdict, int direction, const struct finding *found)
{
	const char *what = found->method ? found->method->name : "no method";

	verdict->score = found->score;
	verdict->role = role_of(direction, found->senders);
	if (found->method && !found->at && amqp_method_id(found->method) == AMQP_CONNECTION_START)
		verdict->score = SCORE_START;
	snprintf(verdict->reason, sizeof(verdict->reason),
		 "%u whole frame%s from byte %zu on (%s)%s", found->frames,
		 found->frames == 1 ? "" : "s", found->at, what,
		 found->score == SCORE_FRONT ? ", not whole yet" : "");
}

void amqp_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int d = 0; d < 2; d++) {
		const char *version = amqp_protocol_version(sample->bytes[d]);
		struct finding found = {0};

		if (version && (!sample->midstream || verdict->score < SCORE_HEADER)) {
			tell_header(verdict, d, version);
			return;
		}
		if (sample->bytes[d].len)
			found = look_at(sample->bytes[d]);
		if (!found.score && sample->midstream && sample->bytes[d].len)
			found = look_in_middle(sample->bytes[d]);
		/* Who sent what is worth more than a little certainty. */
		if (found.score > verdict->score ||
		    (found.score >= INFER_CERTAIN && verdict->role == ROLE_UNKNOWN))
			tell_frames(verdict, d, &found);
	}
}
