/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/stream.h"

#include <stdlib.h>

#include "format/hash.h"
#include "protocols/engine/reassembly.h"

/*
 * Sequence numbers are compared modulo 2^32: a step of 2^31 or more would lead backward. A receiver
 * takes no step beyond its window either, which is just below this: RFC 9293, section 3.4.
 */
#define STEP_MAX ((1u << 30) - (1u << 20))

/* An acknowledgement is made up when this much was sent without: 2^31 must never be reached. */
#define UNACKNOWLEDGED_MAX (1u << 29)

/* Of what a call moved but nobody kept, at most this much is shown as segments without bytes. */
#define CUT_MAX (16u << 20)

/* What is missing in a merged connection is waited for in the other end's recording. */
static const struct reassembly_patience patience = {2000000000, 4u << 20, 256};

struct stream {
	struct stream_options options;
	struct reassembly reassembly;
	uint32_t seq[2];   /* of the next byte, by enum direction */
	uint32_t acked[2]; /* up to here, by the other direction */
	int64_t last_ts;
	bool cut_follows;	/* the hole that comes next is part of what was just given out */
	uint64_t cut_shown;	/* so much of it */
	bool step_shortened[2]; /* by STEP_MAX, since the last segment */
	size_t borders_at[2][2];
};

static void give(struct stream *s, enum direction direction, unsigned flags, struct span payload,
		 size_t len, int64_t ts)
{
	const struct place *place = &s->options.place;
	bool from_client = (direction == DIRECTION_SENT) == place->local_is_client;
	struct packet packet = {
		.from = from_client ? &place->client : &place->server,
		.to = from_client ? &place->server : &place->client,
		.tcp = true,
		.from_client = from_client,
		.flags = flags,
		.made_up = s->options.midstream && flags & TCP_SYN,
		.seq = s->seq[direction],
		.ack = s->seq[direction_opposite(direction)],
		.payload = payload,
		.len = len,
	};
	struct span note = span_of(NULL, 0);

	if (s->step_shortened[direction] && len)
		note = span_text("more is missing before this than sequence numbers can tell");
	s->step_shortened[direction] = false;
	if (ts > s->last_ts)
		s->last_ts = ts;
	s->options.packet(s->options.context, &packet, direction, s->last_ts, note);
	s->seq[direction] += (uint32_t)len + !!(flags & (TCP_SYN | TCP_FIN));
	s->acked[direction_opposite(direction)] = packet.ack;
}

static enum direction client_direction(const struct stream *s)
{
	return s->options.place.local_is_client ? DIRECTION_SENT : DIRECTION_RECEIVED;
}

static void give_handshake(struct stream *s, int64_t ts)
{
	enum direction client = client_direction(s), server = direction_opposite(client);
	struct span none = span_of(NULL, 0);

	give(s, client, TCP_SYN, none, 0, ts);
	give(s, server, TCP_SYN | TCP_ACK, none, 0, ts);
	give(s, client, TCP_ACK, none, 0, ts);
}

static void give_opening_part(void *context, bool client, struct span bytes)
{
	struct stream *s = context;
	enum direction direction = client_direction(s);

	give(s, client ? direction : direction_opposite(direction), TCP_ACK | TCP_PSH, bytes,
	     bytes.len, s->last_ts);
}

struct stream *stream_new(const struct stream_options *options, int64_t ts)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	s->last_ts = ts;
	reassembly_init(&s->reassembly, options->start, options->budget);
	if (options->patient)
		s->reassembly.patience = patience;
	for (int direction = 0; direction < 2; direction++)
		s->seq[direction] = (uint32_t)hash_u64(options->id, (uint64_t)direction);
	give_handshake(s, ts);
	opening_give(&options->opening, give_opening_part, s);
	return s;
}

/* The next place behind POSITION where a segment has to end; UINT64_MAX: there is none. */
static uint64_t next_border(struct stream *s, enum direction direction, uint64_t position)
{
	uint64_t next = UINT64_MAX;

	for (int end = 0; end < 2; end++) {
		const struct borders *borders = s->options.borders[direction][end];
		size_t *at = &s->borders_at[direction][end];

		while (borders && *at < borders->count && borders->all[*at] <= position)
			++*at;
		if (borders && *at < borders->count && borders->all[*at] < next)
			next = borders->all[*at];
	}
	return next;
}

/* A segment of PART bytes, of which PAYLOAD was kept; or the record that carries them. */
static void give_part(struct stream *s, enum direction direction, unsigned flags,
		      struct span payload, size_t part, int64_t ts)
{
	struct buffer record = {0};

	if (!s->options.opening.carried) {
		give(s, direction, TCP_ACK | flags, payload, part, ts);
		return;
	}
	carrier_record(payload, part, &record);
	give(s, direction, TCP_ACK | flags, buffer_span(&record),
	     CARRIER_HEAD_LEN + part + CARRIER_MAC_LEN, ts);
	buffer_free(&record);
}

/*
 * PAYLOAD, which stands at POSITION, and behind it what is missing up to LEN, in as many segments
 * as it takes.
 */
static void give_segments(struct stream *s, enum direction direction, uint64_t position,
			  struct span payload, uint64_t len, int64_t ts)
{
	size_t max = s->options.opening.carried
			     ? CARRIER_RECORD_MAX
			     : packet_payload_max(s->options.place.client.family, true);

	while (len) {
		uint64_t border = next_border(s, direction, position) - position;
		size_t part = len < max ? (size_t)len : max;
		size_t kept;

		if (border < part)
			part = (size_t)border;
		kept = payload.len < part ? payload.len : part;
		if (s->seq[direction] - s->acked[direction] > UNACKNOWLEDGED_MAX)
			give(s, direction_opposite(direction), TCP_ACK, span_of(NULL, 0), 0, ts);
		give_part(s, direction, part == len ? TCP_PSH : 0, span_of(payload.data, kept),
			  part, ts);
		payload = kept ? span_of(payload.data + kept, payload.len - kept) : payload;
		len -= part;
		position += part;
	}
}

/* How much of CUT bytes is shown; what that costs is taken from what all streams may spend. */
static uint64_t spend_on_cut(struct stream *s, uint64_t cut)
{
	size_t max = packet_payload_max(s->options.place.client.family, true);
	uint64_t *left = s->options.cut_segments;
	uint64_t segments;

	if (cut > CUT_MAX)
		cut = CUT_MAX;
	segments = (cut + max - 1) / max;
	if (!left)
		return cut;
	if (segments > *left) {
		segments = *left;
		cut = segments * max;
	}
	*left -= segments;
	return cut;
}

static void step(struct stream *s, enum direction direction, uint64_t len)
{
	s->step_shortened[direction] |= len > STEP_MAX;
	s->seq[direction] += len < STEP_MAX ? (uint32_t)len : STEP_MAX;
}

static void on_data_run(struct stream *s, enum direction direction, const struct run *run,
			uint64_t position)
{
	uint64_t cut = spend_on_cut(s, run->cut);

	give_segments(s, direction, position, span_of(run->data, run->len), run->len + cut,
		      run->ts);
	s->cut_follows = run->cut != 0;
	s->cut_shown = cut;
}

static void on_run(void *context, enum direction direction, const struct run *run)
{
	struct stream *s = context;
	uint64_t position = s->reassembly.streams[direction].next - run->len;
	uint64_t cut;

	if (run->data) {
		on_data_run(s, direction, run, position);
		return;
	}
	cut = s->cut_follows ? s->cut_shown : spend_on_cut(s, run->cut);
	if (!s->cut_follows && cut)
		give_segments(s, direction, position, span_of(NULL, 0), cut, run->ts);
	s->cut_follows = false;
	if (run->len > cut)
		step(s, direction, run->len - cut);
}

void stream_data(struct stream *s, const struct event_data *data, int64_t ts)
{
	/* A segment that each event would take anyway. */
	if (s->options.cut_segments)
		++*s->options.cut_segments;
	reassembly_push(&s->reassembly, data, ts, on_run, s);
}

bool stream_waits(const struct stream *s)
{
	return s->reassembly.held != NULL;
}

void stream_expire(struct stream *s, int64_t now)
{
	reassembly_expire(&s->reassembly, now, on_run, s);
}

void stream_pack(const struct stream *s, struct buffer *out)
{
	buffer_append(out, s, sizeof(*s));
}

struct stream *stream_unpack(struct unpack *in, void *context)
{
	struct stream *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	unpack_bytes(in, s, sizeof(*s));
	s->options.context = context;
	s->reassembly.held_end = &s->reassembly.held;
	return s;
}

size_t stream_size(void)
{
	return sizeof(struct stream) + BUDGET_OVERHEAD;
}

static void give_fins(struct stream *s, const struct stream_end *end)
{
	enum direction first = end->remote_first ? DIRECTION_RECEIVED : DIRECTION_SENT;
	enum direction second = direction_opposite(first);
	struct span none = span_of(NULL, 0);

	give(s, first, TCP_FIN | TCP_ACK, none, 0, end->ts);
	give(s, second, TCP_FIN | TCP_ACK, none, 0, end->ts);
	give(s, first, TCP_ACK, none, 0, end->ts);
}

void stream_finish(struct stream *s, const struct stream_end *end)
{
	reassembly_close(&s->reassembly, end->final, end->ts, on_run, s);
	if (end->closed)
		give_fins(s, end);
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	reassembly_free(&s->reassembly);
	free(s);
}
