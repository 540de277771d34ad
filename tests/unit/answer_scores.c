/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/answer.h"

#include "protocols/engine/inference.h"

/* What the first connection with data says first. */
struct opening {
	const struct event_conn *conn;
	uint64_t id;
	struct buffer bytes[2];
	enum direction first;
};

static void gather_data(struct opening *opening, const struct event_data *d)
{
	struct buffer *to = &opening->bytes[d->direction];

	if (d->layer != LAYER_WIRE || (opening->id && d->conn != opening->id) ||
	    to->len + d->payload.len > SAMPLE_MAX)
		return;
	if (!opening->id)
		opening->first = d->direction;
	opening->id = d->conn;
	buffer_append_span(to, d->payload);
}

static void gather(const struct tape_copy *tape, struct opening *opening)
{
	for (size_t i = 0; i < tape->count; i++)
		if (tape->events[i].type == EVENT_DATA)
			gather_data(opening, &tape->events[i].data);
	for (size_t i = 0; i < tape->count && !opening->conn; i++)
		if (tape->events[i].type == EVENT_CONN && tape->events[i].conn.conn == opening->id)
			opening->conn = &tape->events[i].conn;
}

static void ask(const struct opening *opening, size_t sent, size_t received, unsigned how,
		struct buffer *text)
{
	struct budget budget = {.limit = 1 << 20};
	struct inference inf;
	struct sample sample = {
		.transport = opening->conn->transport,
		.role = how & 1 ? opening->conn->role : ROLE_UNKNOWN,
		.local_port = how & 1 ? opening->conn->local.port : 0,
		.remote_port = how & 1 ? opening->conn->remote.port : 0,
		.midstream = how & 2,
		.resampled = how & 4,
		.began = !(how & 2),
		.first = opening->first,
		.ended = how & 8,
	};
	enum inference_answer answer;

	inference_init(&inf, &budget, transport_is_datagram(sample.transport));
	if (sent)
		inference_add(&inf, DIRECTION_SENT, opening->bytes[DIRECTION_SENT].data, sent);
	if (received)
		inference_add(&inf, DIRECTION_RECEIVED, opening->bytes[DIRECTION_RECEIVED].data,
			      received);
	answer = inference_decide(&inf, sample);
	buffer_printf(text, "%zu %zu how=%u answer=%d", sent, received, how, answer);
	for (size_t i = 0; i < inf.candidate_count; i++)
		buffer_printf(text, " | %d %s %s %s", inf.candidates[i].verdict.score,
			      inf.candidates[i].protocol->name,
			      role_text(inf.candidates[i].verdict.role),
			      inf.candidates[i].verdict.reason);
	buffer_append_char(text, '\n');
	inference_free(&inf);
}

void answer_scores(const struct tape_copy *tape, struct answer *answer)
{
	struct opening opening = {0};
	size_t lens[2];

	gather(tape, &opening);
	for (int d = 0; d < 2; d++)
		lens[d] = opening.bytes[d].len;
	for (size_t n = 0; opening.conn && (n <= lens[0] || n <= lens[1]);
	     n += n < 40 ? 1 : n / 4) {
		size_t sent = n < lens[0] ? n : lens[0], received = n < lens[1] ? n : lens[1];
		unsigned how = (unsigned)(n * 7 % 16);

		ask(&opening, sent, 0, how, &answer->text);
		ask(&opening, 0, received, how ^ 9, &answer->text);
		ask(&opening, sent, lens[1], how ^ 2, &answer->text);
		ask(&opening, lens[0], received, how ^ 5, &answer->text);
	}
	for (int d = 0; d < 2; d++)
		buffer_free(&opening.bytes[d]);
}
