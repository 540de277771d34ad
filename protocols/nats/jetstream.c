/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/jetstream.h"

#include "protocols/value/json_read.h"

/* Tokens of the longest subject that means something. */
#define TOKENS_MAX 12

static size_t split(struct span subject, struct span tokens[static TOKENS_MAX])
{
	size_t count = 0;

	while (count < TOKENS_MAX) {
		const char *dot = subject.len ? memchr(subject.data, '.', subject.len) : NULL;
		size_t len = dot ? (size_t)(dot - subject.data) : subject.len;

		tokens[count++] = span_of(subject.data, len);
		if (!dot)
			break;
		subject = span_of(dot + 1, subject.len - len - 1);
	}
	return count;
}

static int64_t number_of(struct span token)
{
	int64_t n;

	return json_integer(token, &n) ? n : -1;
}

/* $JS.ACK.[domain.account.]stream.consumer.delivered.stream seq.consumer seq.time.pending[.any] */
static void read_ack(struct jetstream_subject *s, const struct span *t, size_t count)
{
	size_t at = count >= 11 ? 4 : 2;

	if (count < 9)
		return;
	s->use = JETSTREAM_ACK;
	s->stream = t[at];
	s->consumer = t[at + 1];
	s->delivered = number_of(t[at + 2]);
	s->stream_seq = number_of(t[at + 3]);
	s->consumer_seq = number_of(t[at + 4]);
	s->pending = number_of(t[at + 6]);
}

/* STREAM.<verb>.<stream>, CONSUMER.<verb>.<stream>.<consumer>; some verbs are two words. */
static void read_api(struct jetstream_subject *s, const struct span *t, size_t count)
{
	bool two = count > 1 && (span_is(t[1], "MSG") || span_is(t[1], "DURABLE") ||
				 span_is(t[1], "LEADER") || span_is(t[1], "PEER"));
	size_t at = two ? 3 : 2;

	s->use = JETSTREAM_API;
	if (!count || at >= count)
		return;
	if (span_is(t[0], "STREAM") || span_is(t[0], "CONSUMER") || span_is(t[0], "DIRECT"))
		s->stream = t[at];
	if (!span_is(t[0], "CONSUMER") || at + 1 >= count)
		return;
	s->consumer = t[at + 1];
	if (two && span_is(t[1], "MSG") && span_is(t[2], "NEXT"))
		s->use = JETSTREAM_PULL;
}

struct jetstream_subject jetstream_subject_read(struct span subject)
{
	struct jetstream_subject s = {
		.delivered = -1, .stream_seq = -1, .consumer_seq = -1, .pending = -1};
	struct span tokens[TOKENS_MAX] = {0};
	size_t count;

	if (subject.len < 4 || memcmp(subject.data, "$JS.", 4) != 0)
		return s;
	count = split(subject, tokens);
	if (span_is(tokens[1], "ACK"))
		read_ack(&s, tokens, count);
	else if (span_is(tokens[1], "API"))
		read_api(&s, tokens + 2, count - 2);
	else if (count > 2 && span_is(tokens[2], "API"))
		read_api(&s, tokens + 3, count - 3);
	return s;
}

static bool begins(struct span text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.data, with, len) == 0;
}

const char *jetstream_ack(struct span payload)
{
	static const struct {
		const char *says, *means;
	} acks[] = {
		{"+ACK", "ack"},      {"-NAK", "nak"},	{"+TERM", "term"},
		{"+WPI", "progress"}, {"+NXT", "next"}, {"+OK", "ack"},
	};

	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++)
		if (begins(payload, acks[i].says))
			return acks[i].means;
	return payload.len ? NULL : "ack";
}

static void read_error(struct span error, struct jetstream_answer *a)
{
	struct span name, value;
	size_t at = 0;

	a->failed = true;
	while (json_next_member(error, &at, &name, &value)) {
		if (span_is(name, "err_code") || (span_is(name, "code") && !a->code))
			json_integer(value, &a->code);
		else if (span_is(name, "description"))
			a->error = value;
	}
}

bool jetstream_answer_read(struct span payload, struct jetstream_answer *answer)
{
	struct span name, value, error = {0}, type = {0};
	bool has_seq = false;
	size_t at = 0;

	*answer = (struct jetstream_answer){0};
	while (json_next_member(payload, &at, &name, &value)) {
		if (span_is(name, "stream"))
			answer->stream = value;
		else if (span_is(name, "seq"))
			has_seq = json_integer(value, &answer->seq);
		else if (span_is(name, "duplicate"))
			answer->duplicate = span_is(value, "true");
		else if (span_is(name, "error"))
			error = value;
		else if (span_is(name, "type"))
			type = value;
	}
	answer->published = has_seq && answer->stream.len > 2 && !type.len;
	if (!answer->published && !begins(type, "\"io.nats.jetstream.api."))
		return false;
	if (answer->published)
		answer->stream = span_of(answer->stream.data + 1, answer->stream.len - 2);
	if (error.len)
		read_error(error, answer);
	return true;
}

int64_t jetstream_batch(struct span payload)
{
	struct span value;
	int64_t batch;

	/* Older clients send the number alone. */
	if (json_integer(payload, &batch))
		return batch;
	return json_find(payload, "batch", &value) && json_integer(value, &batch) ? batch : 1;
}
