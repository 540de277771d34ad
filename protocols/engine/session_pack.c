/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "format/pack.h"
#include "protocols/engine/session_private.h"

/*
 * A session is packed with all that were made because of it: what was put around it, and what it
 * made for the bytes that it unwraps. Branches are packed by the protocol that has them.
 */

/* What of a session is nothing but numbers, and pointers to constants. */
struct packed {
	const struct protocol *protocol;
	const struct protocol *only;
	enum phase phase;
	unsigned attempts;
	enum direction last_direction;
	enum role role;
	enum side sides[2];
	struct reassembly_stream streams[2];
	struct reassembly_stream plain_streams[2];
	uint64_t unwrapped[2];
	uint64_t seam[2];
	uint64_t datagram_lost_bytes;
	struct framer_counts counts;
	uint64_t records;
	uint64_t emitted_position;
	enum side emitted_side;
	unsigned emitted_repeat;
	size_t spoken_count;
	size_t speaking;
	struct address client;
	bool midstream;
	bool restarted;
	bool resumed;
	bool spoken_to;
	enum direction first;
	bool finished;
	bool by_calls;
	bool sampling;
	bool plaintext_elsewhere;
	bool encryption;
	bool plain;
	bool outer;
	bool made_inside;
};

struct packed_sampling {
	unsigned runs;
	bool full[2];
	size_t candidate_count;
	enum direction turn;
	size_t turn_at;
};

/* ---- putting aside ---- */

static void pack_sampling(const struct session *s, struct buffer *out)
{
	const struct inference *inf = &s->sampling->inference;
	const struct packed_sampling packed = {
		.runs = inf->runs,
		.full = {inf->full[0], inf->full[1]},
		.candidate_count = inf->candidate_count,
		.turn = s->sampling->turn,
		.turn_at = s->sampling->turn_at,
	};

	buffer_append(out, &packed, sizeof(packed));
	for (int d = 0; d < 2; d++)
		pack_span(out, buffer_span(&inf->bytes[d]));
	buffer_append(out, inf->candidates, inf->candidate_count * sizeof(*inf->candidates));
	pack_span(out, buffer_span(&s->sampling->backlog.entries));
}

static void pack_encryption(const struct encryption *e, struct buffer *out)
{
	pack_u64(out, e->reading);
	pack_span(out, e->version);
	pack_span(out, e->suite);
	pack_span(out, e->sni);
	pack_span(out, e->alpn);
	pack_span(out, e->random);
	pack_span(out, e->unread);
}

static bool can_be_packed(const struct session *s)
{
	if (s->waiting || s->handover || s->reassembly.held || (s->plain && s->plain->held))
		return false;
	return !s->protocol || s->protocol->pack;
}

static void pack_numbers(const struct session *s, struct buffer *out)
{
	struct packed packed = {
		.protocol = s->protocol,
		.only = s->only,
		.phase = s->phase,
		.attempts = s->attempts,
		.last_direction = s->last_direction,
		.role = s->role,
		.sides = {s->sides[0], s->sides[1]},
		.streams = {s->reassembly.streams[0], s->reassembly.streams[1]},
		.unwrapped = {s->unwrapped[0], s->unwrapped[1]},
		.seam = {s->seam[0], s->seam[1]},
		.datagram_lost_bytes = s->datagram_lost_bytes,
		.counts = s->counts,
		.records = s->records,
		.emitted_position = s->emitted_position,
		.emitted_side = s->emitted_side,
		.emitted_repeat = s->emitted_repeat,
		.spoken_count = s->spoken_count,
		.speaking = s->speaking,
		.client = s->client,
		.midstream = s->midstream,
		.restarted = s->restarted,
		.resumed = s->resumed,
		.spoken_to = s->spoken_to,
		.first = s->first,
		.finished = s->finished,
		.by_calls = s->by_calls,
		.sampling = s->sampling != NULL,
		.plaintext_elsewhere = s->plaintext_elsewhere,
		.encryption = s->encryption != NULL,
		.plain = s->plain != NULL,
		.outer = s->outer != NULL,
		.made_inside = s->made_inside,
	};

	for (int d = 0; d < 2 && s->plain; d++)
		packed.plain_streams[d] = s->plain->streams[d];
	buffer_append(out, &packed, sizeof(packed));
}

bool session_pack(struct session *s, struct buffer *out)
{
	if (!can_be_packed(s))
		return false;
	pack_numbers(s, out);
	buffer_append(out, s->spoken, s->spoken_count * sizeof(*s->spoken));
	pack_span(out, buffer_span(&s->bequest));
	if (!session_pack_facts(s, out))
		return false;
	if (s->sampling)
		pack_sampling(s, out);
	if (s->encryption)
		pack_encryption(&s->encryption->encryption, out);
	if (s->outer && !session_pack(s->outer, out))
		return false;
	if (s->protocol && !s->protocol->pack(s->state, out))
		return false;
	if (s->framer && !framer_pack(s->framer, out))
		return false;
	return (!s->made_inside || session_pack(s->inside, out)) && !out->failed;
}

/* ---- taking up again ---- */

static bool unpack_sampling(struct session *s, struct unpack *in)
{
	struct packed_sampling packed;
	struct inference *inf;
	struct backlog *backlog;

	if (!session_open_sampling(s))
		return false;
	inf = &s->sampling->inference;
	backlog = &s->sampling->backlog;
	unpack_bytes(in, &packed, sizeof(packed));
	inf->runs = packed.runs;
	for (int d = 0; d < 2; d++) {
		inf->full[d] = packed.full[d];
		buffer_append_span(&inf->bytes[d], unpack_span(in));
		budget_settle(inf->budget, &inf->bytes[d], &inf->charged[d]);
	}
	inf->candidate_count = packed.candidate_count;
	s->sampling->turn = packed.turn;
	s->sampling->turn_at = packed.turn_at;
	unpack_bytes(in, inf->candidates, inf->candidate_count * sizeof(*inf->candidates));
	buffer_append_span(&backlog->entries, unpack_span(in));
	budget_settle(backlog->budget, &backlog->entries, &backlog->charged);
	return !in->failed && !backlog->entries.failed;
}

static void unpack_encryption(struct session *s, struct unpack *in)
{
	struct encryption e = {.reading = (enum reading_of_tls)unpack_u64(in)};

	e.version = unpack_span(in);
	e.suite = unpack_span(in);
	e.sni = unpack_span(in);
	e.alpn = unpack_span(in);
	e.random = unpack_span(in);
	e.unread = unpack_span(in);
	session_encrypted(s, &e);
}

static bool unpack_spoken(struct session *s, size_t count, struct unpack *in)
{
	if (!count)
		return true;
	s->spoken = malloc(count * sizeof(*s->spoken));
	if (!s->spoken)
		return false;
	s->spoken_count = count;
	budget_add(s->options.budget, count * sizeof(*s->spoken));
	unpack_bytes(in, s->spoken, count * sizeof(*s->spoken));
	return true;
}

static bool unpack_protocol(struct session *s, const struct protocol *protocol, struct unpack *in)
{
	if (!protocol)
		return true;
	s->state = protocol->open(s);
	if (!s->state)
		return false;
	s->protocol = protocol;
	if (!protocol->unpack(s->state, in) || !session_open_framer(s))
		return false;
	return !s->framer || framer_unpack(s->framer, in);
}

static bool unpack_plain(struct session *s, const struct packed *packed)
{
	if (!packed->plain)
		return true;
	if (!session_open_plain(s))
		return false;
	for (int d = 0; d < 2; d++)
		s->plain->streams[d] = packed->plain_streams[d];
	return true;
}

/* What is put around S, which waits for its plaintext. */
static bool unpack_outer(struct session *s, struct unpack *in)
{
	s->outer = session_new_related(s, false);
	if (!s->outer)
		return false;
	s->outer->inside = s;
	return session_take_up(s->outer, in);
}

static bool unpack_inside(struct session *s, struct unpack *in)
{
	return session_make_inside(s) && session_take_up(s->inside, in);
}

static void take_numbers(struct session *s, const struct packed *packed)
{
	s->only = packed->only;
	s->phase = packed->phase;
	s->attempts = packed->attempts;
	s->last_direction = packed->last_direction;
	s->role = packed->role;
	for (int i = 0; i < 2; i++) {
		s->sides[i] = packed->sides[i];
		s->reassembly.streams[i] = packed->streams[i];
		s->unwrapped[i] = packed->unwrapped[i];
		s->seam[i] = packed->seam[i];
	}
	s->datagram_lost_bytes = packed->datagram_lost_bytes;
	s->counts = packed->counts;
	s->records = packed->records;
	s->emitted_position = packed->emitted_position;
	s->emitted_side = packed->emitted_side;
	s->emitted_repeat = packed->emitted_repeat;
	s->speaking = packed->speaking;
	s->client = packed->client;
	s->midstream = packed->midstream;
	s->restarted = packed->restarted;
	s->resumed = packed->resumed;
	s->spoken_to = packed->spoken_to;
	s->first = packed->first;
	s->finished = packed->finished;
	s->by_calls = packed->by_calls;
	s->plaintext_elsewhere = packed->plaintext_elsewhere;
}

bool session_take_up(struct session *s, struct unpack *in)
{
	struct packed packed;
	struct span bequest;

	unpack_bytes(in, &packed, sizeof(packed));
	take_numbers(s, &packed);
	if (!unpack_spoken(s, packed.spoken_count, in))
		return false;
	bequest = unpack_span(in);
	if (bequest.len)
		session_bequeath(s, bequest);
	if (!session_unpack_facts(s, in) || !unpack_plain(s, &packed) ||
	    (packed.sampling && !unpack_sampling(s, in)))
		return false;
	if (packed.encryption)
		unpack_encryption(s, in);
	if ((packed.outer && !unpack_outer(s, in)) || !unpack_protocol(s, packed.protocol, in))
		return false;
	return (!packed.made_inside || unpack_inside(s, in)) && !in->failed;
}

struct session *session_unpack(const struct session_options *options, struct unpack *in)
{
	struct session *s = session_new(options);

	if (!s || session_take_up(s, in))
		return s;
	session_drop(s);
	return NULL;
}

/* Nothing of S, and of what was made because of it, has anything to say any more. */
static void silence(struct session *s)
{
	if (s->protocol) {
		s->protocol->close(s->state);
		framer_free(s->framer);
		s->protocol = NULL;
		s->state = NULL;
		s->framer = NULL;
	}
	s->finished = true;
	if (s->outer)
		silence(s->outer);
	if (s->made_inside)
		silence(s->inside);
}

void session_drop(struct session *s)
{
	if (!s)
		return;
	silence(s);
	session_free(s);
}

struct session *session_restart(struct session *s, const struct session_options *options)
{
	struct session *next;

	session_finish(s);
	next = session_new(options);
	if (next) {
		next->spoken = s->spoken;
		next->spoken_count = s->spoken_count;
		next->speaking = SIZE_MAX;
		next->resumed = true;
		next->encryption = s->encryption;
		next->role = s->role;
		next->client = s->client;
		next->counts = s->counts;
		next->records = s->records;
		next->datagram_lost_bytes = s->datagram_lost_bytes;
		next->by_calls = s->by_calls;
		next->plaintext_elsewhere = s->plaintext_elsewhere;
		s->spoken = NULL;
		s->spoken_count = 0;
		s->encryption = NULL;
	}
	session_free(s);
	return next;
}
