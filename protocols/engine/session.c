/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/session.h"

#include <stdlib.h>

#include "protocols/engine/backlog.h"
#include "protocols/engine/inference.h"
#include "protocols/engine/framer.h"

/* How often inference starts over on a connection that nothing recognises. */
#define ATTEMPTS_MAX 64

/* Protocols of one connection that are remembered, in order. */
#define HISTORY_MAX 8

/*
 *   SAMPLING --decided--> SPEAKING --switch, hopeless--> SAMPLING
 *       \--unknown--> IGNORING --the other side speaks--> SAMPLING
 */
enum phase {
	PHASE_SAMPLING, /* bytes wait in the backlog until the protocol is known */
	PHASE_SPEAKING, /* lanes cut frames for owner.protocol */
	PHASE_IGNORING, /* unknown: bytes are thrown away */
};

struct session {
	struct session_options options;
	enum phase phase;
	unsigned attempts;
	bool restarted; /* the sample doesn't begin where the connection did */
	bool finished;
	enum direction last_direction;
	enum role role;

	struct reassembly reassembly; /* of streams */
	uint64_t datagram_lost_bytes;
	struct framer lanes[2]; /* by direction */
	struct framer_owner owner;
	struct backlog backlog;
	struct inference inference;

	const struct protocol *history[HISTORY_MAX];
	size_t history_len;
	struct session_counts counts;

	uint64_t emitted_position; /* of the last record */
	enum side emitted_side;
	unsigned emitted_repeat;
};

struct session *session_new(const struct session_options *options)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	s->role = options->role;
	s->owner.budget = options->budget;
	s->owner.counts = &s->counts;
	reassembly_init(&s->reassembly, options->start);
	inference_init(&s->inference, transport_is_datagram(options->transport));
	return s;
}

static bool is_datagram(const struct session *s)
{
	return transport_is_datagram(s->options.transport);
}

/* ---- speaking a protocol ---- */

static enum role role_by_ports(const struct session *s)
{
	if (!s->options.local_port || !s->options.remote_port)
		return ROLE_CLIENT;
	return s->options.local_port < s->options.remote_port ? ROLE_SERVER : ROLE_CLIENT;
}

/* Sides follow from the role: what the bytes say counts more than what the recorder saw. */
static void settle_role(struct session *s, enum role told)
{
	enum role role = told != ROLE_UNKNOWN ? told : s->role;

	s->role = role;
	if (role == ROLE_UNKNOWN)
		role = role_by_ports(s);
	s->lanes[DIRECTION_SENT].side = role == ROLE_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
	s->lanes[DIRECTION_RECEIVED].side = side_opposite(s->lanes[DIRECTION_SENT].side);
}

static void stop_speaking(struct session *s)
{
	if (!s->owner.protocol)
		return;
	s->owner.protocol->finish(s->owner.state);
	s->owner.protocol->close(s->owner.state);
	s->owner.protocol = NULL;
	s->owner.state = NULL;
	s->owner.switching = false;
	s->owner.hopeless = false;
}

static bool start_speaking(struct session *s, const struct protocol *protocol, enum role told)
{
	settle_role(s, told);
	s->owner.state = protocol->open(s);
	if (!s->owner.state)
		return false;
	s->owner.protocol = protocol;
	s->phase = PHASE_SPEAKING;
	if (s->history_len < HISTORY_MAX)
		s->history[s->history_len++] = protocol;
	return true;
}

static void ignore(struct session *s)
{
	s->phase = PHASE_IGNORING;
	backlog_clear(&s->backlog);
}

static void sample_again(struct session *s)
{
	s->restarted = true;
	s->phase = PHASE_SAMPLING;
	inference_restart(&s->inference);
	if (++s->attempts > ATTEMPTS_MAX)
		ignore(s);
}

static void take_entry(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes);

/* The connection goes on with another protocol: what the lanes still have is the beginning. */
static void switch_protocol(struct session *s, enum direction direction)
{
	enum direction order[2] = {direction_opposite(direction), direction};
	struct buffer rest[2] = {0};
	bool hopeless = s->owner.hopeless;

	for (int d = 0; d < 2; d++) {
		if (!hopeless)
			buffer_append_span(&rest[d], framer_rest(&s->lanes[d]));
		framer_reset(&s->lanes[d], &s->owner);
	}
	stop_speaking(s);
	sample_again(s);
	for (int i = 0; i < 2; i++) {
		enum direction d = order[i];
		struct backlog_entry entry = {
			.ts = s->lanes[d].last_ts,
			.len = rest[d].len,
			.offset = s->lanes[d].position,
			.kept = (uint32_t)rest[d].len,
			.direction = (uint8_t)d,
		};

		if (entry.len)
			take_entry(s, &entry, (const uint8_t *)rest[d].data);
		buffer_free(&rest[d]);
	}
}

static void speak_stream(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	struct framer *l = &s->lanes[entry->direction];
	struct run run = {
		.data = entry->kept ? bytes : NULL,
		.len = entry->len,
		.ts = entry->ts,
		.wanted = entry->wanted,
	};

	if (!l->left && !l->kept.len)
		l->position = entry->offset;
	framer_run(l, &s->owner, &run);
	if (s->owner.switching || s->owner.hopeless)
		switch_protocol(s, entry->direction);
}

static void speak_datagram(struct session *s, const struct backlog_entry *entry,
			   const uint8_t *bytes)
{
	struct frame frame = {
		.len = entry->len,
		.side = s->lanes[entry->direction].side,
		.cut = entry->kept < entry->len && entry->wanted,
		.lost = entry->kept < entry->len && !entry->wanted,
		.data = bytes,
		.available = entry->kept,
		.offset = entry->offset,
		.ts_first = entry->ts,
		.ts_last = entry->ts,
		.peer = entry->has_peer ? &entry->peer : NULL,
	};

	if (!entry->kept)
		return;
	s->counts.frames++;
	s->owner.protocol->message(s->owner.state, &frame);
	if (s->owner.switching)
		switch_protocol(s, entry->direction);
}

static void speak(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	if (is_datagram(s))
		speak_datagram(s, entry, bytes);
	else
		speak_stream(s, entry, bytes);
}

/* ---- finding out which ---- */

/* What waited goes to the protocol, or (when it switches) through a new inference. */
static void replay_backlog(struct session *s)
{
	struct backlog waiting = s->backlog;
	const struct backlog_entry *entry;
	const uint8_t *bytes;
	size_t at = 0;

	s->backlog = (struct backlog){0};
	while ((entry = backlog_next(&waiting, &at, &bytes)) != NULL)
		take_entry(s, entry, bytes);
	backlog_clear(&waiting);
}

static void decide(struct session *s, bool ended)
{
	struct sample sample = {
		.transport = s->options.transport,
		.role = s->role,
		.local_port = s->options.local_port,
		.remote_port = s->options.remote_port,
		.midstream = s->options.midstream || s->restarted,
		.ended = ended,
	};
	const struct protocol *protocol = s->options.decode_as;
	enum role told = ROLE_UNKNOWN;

	switch (inference_decide(&s->inference, sample)) {
	case INFERENCE_WAIT:
		if (!protocol)
			return;
		break;
	case INFERENCE_UNKNOWN:
		break;
	case INFERENCE_DECIDED:
		if (!protocol)
			protocol = s->inference.candidates[0].protocol;
		break;
	}
	if (s->inference.candidate_count && s->inference.candidates[0].protocol == protocol)
		told = s->inference.candidates[0].verdict.role;
	if (protocol && start_speaking(s, protocol, told))
		replay_backlog(s);
	else
		ignore(s);
}

static void sample(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	if (entry->kept)
		inference_add(&s->inference, entry->direction, bytes, entry->kept);
	else
		inference_hole(&s->inference, entry->direction);
	if (backlog_add(&s->backlog, entry, bytes)) {
		decide(s, false);
		return;
	}
	decide(s, true);
	if (s->phase == PHASE_SPEAKING)
		speak(s, entry, bytes);
}

/* One run of bytes (or a hole), or one datagram: whatever the phase. */
static void take_entry(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	bool turned = entry->direction != s->last_direction;

	s->last_direction = entry->direction;
	if (s->phase == PHASE_SPEAKING) {
		speak(s, entry, bytes);
		return;
	}
	if (s->phase == PHASE_IGNORING && (turned || is_datagram(s)) && s->attempts < ATTEMPTS_MAX)
		sample_again(s);
	if (s->phase == PHASE_SAMPLING)
		sample(s, entry, bytes);
	else
		s->counts.skipped_bytes += entry->kept;
}

/* ---- what callers see ---- */

static void take_run(void *context, enum direction direction, const struct run *run)
{
	struct session *s = context;
	struct backlog_entry entry = {
		.ts = run->ts,
		.len = run->len,
		.offset = s->reassembly.streams[direction].next - run->len,
		.kept = run->data ? (uint32_t)run->len : 0,
		.direction = (uint8_t)direction,
		.wanted = run->wanted,
	};

	take_entry(s, &entry, run->data);
}

static void take_datagram(struct session *s, const struct event_data *data, int64_t ts)
{
	struct backlog_entry entry = {
		.ts = ts,
		.len = data->len,
		.offset = data->offset,
		.kept = (uint32_t)data->payload.len,
		.direction = (uint8_t)data->direction,
		.wanted = data->cut == CUT_SNAPLEN,
		.has_peer = data->peer.family != ADDRESS_NONE,
		.peer = data->peer,
	};

	if (data->len > data->payload.len && !entry.wanted)
		s->datagram_lost_bytes += data->len - data->payload.len;
	take_entry(s, &entry, (const uint8_t *)data->payload.data);
}

static void count_lost(struct session *s)
{
	s->counts.lost_bytes = s->datagram_lost_bytes + s->reassembly.streams[0].lost_bytes +
			       s->reassembly.streams[1].lost_bytes;
}

void session_data(struct session *s, const struct event_data *data, int64_t ts)
{
	if (s->finished)
		return;
	if (is_datagram(s))
		take_datagram(s, data, ts);
	else if (!reassembly_push(&s->reassembly, data, ts, take_run, s))
		s->options.budget->refused += data->payload.len;
	count_lost(s);
}

void session_final(struct session *s, const uint64_t final[2], int64_t ts)
{
	if (s->finished || is_datagram(s))
		return;
	reassembly_close(&s->reassembly, final, ts, take_run, s);
	count_lost(s);
}

void session_finish(struct session *s)
{
	if (s->finished)
		return;
	reassembly_finish(&s->reassembly, take_run, s);
	count_lost(s);
	if (s->phase == PHASE_SAMPLING && s->inference.runs)
		decide(s, true);
	s->finished = true;
	if (s->phase == PHASE_SPEAKING) {
		for (int d = 0; d < 2; d++)
			framer_finish(&s->lanes[d], &s->owner);
		stop_speaking(s);
	}
	backlog_clear(&s->backlog);
}

void session_emit(struct session *s, const struct record *record)
{
	bool same = s->counts.records && record->position == s->emitted_position &&
		    record->side == s->emitted_side;

	s->emitted_repeat = same ? s->emitted_repeat + 1 : 0;
	s->emitted_position = record->position;
	s->emitted_side = record->side;
	s->counts.records++;
	if (s->options.record)
		s->options.record(s->options.context, s, record);
}

void session_switch(struct session *s)
{
	s->owner.switching = true;
}

unsigned session_repeat(const struct session *s)
{
	return s->emitted_repeat;
}

enum transport session_transport(const struct session *s)
{
	return s->options.transport;
}

bool session_midstream(const struct session *s)
{
	return s->options.midstream || s->restarted;
}

bool session_has_port(const struct session *s, uint16_t port)
{
	return s->options.local_port == port || s->options.remote_port == port;
}

const struct protocol *session_protocol(const struct session *s)
{
	return s->owner.protocol;
}

struct session_budget *session_budget(const struct session *s)
{
	return s->options.budget;
}

size_t session_history(const struct session *s, const struct protocol **list, size_t max)
{
	size_t n = s->history_len < max ? s->history_len : max;

	for (size_t i = 0; i < n; i++)
		list[i] = s->history[i];
	return n;
}

enum role session_role(const struct session *s)
{
	return s->role;
}

const struct session_counts *session_counts(const struct session *s)
{
	return &s->counts;
}

size_t session_candidates(const struct session *s, const struct candidate **list)
{
	*list = s->inference.candidates;
	return s->inference.candidate_count;
}

struct span session_sample(const struct session *s, enum direction direction)
{
	return buffer_span(&s->inference.bytes[direction]);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	session_finish(s);
	for (int d = 0; d < 2; d++)
		framer_reset(&s->lanes[d], &s->owner);
	reassembly_free(&s->reassembly);
	inference_free(&s->inference);
	free(s);
}
