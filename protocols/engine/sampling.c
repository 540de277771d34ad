/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/session_private.h"

/* How often inference starts over on a connection that nothing recognises. */
#define ATTEMPTS_MAX 64

static void ignore(struct session *s)
{
	s->phase = PHASE_IGNORING;
	if (!s->sampling)
		return;
	s->counts.skipped_bytes += backlog_bytes(&s->sampling->backlog);
	backlog_clear(&s->sampling->backlog);
	if (!s->options.explain)
		session_free_sampling(s);
}

bool session_open_sampling(struct session *s)
{
	if (s->sampling)
		return true;
	s->sampling = calloc(1, sizeof(*s->sampling));
	if (!s->sampling)
		return false;
	budget_add(s->options.budget, sizeof(*s->sampling));
	s->sampling->backlog.budget = s->options.budget;
	inference_init(&s->sampling->inference, s->options.budget, session_is_datagram(s));
	return true;
}

void session_free_sampling(struct session *s)
{
	if (!s->sampling)
		return;
	backlog_clear(&s->sampling->backlog);
	inference_free(&s->sampling->inference);
	budget_give(s->options.budget, sizeof(*s->sampling));
	free(s->sampling);
	s->sampling = NULL;
}

bool session_may_sample_again(const struct session *s)
{
	return s->attempts < ATTEMPTS_MAX;
}

void session_sample_again(struct session *s, bool handed_over)
{
	s->restarted = !handed_over;
	if (handed_over)
		s->midstream = s->spoken_to = false;
	s->phase = PHASE_SAMPLING;
	if (s->sampling)
		inference_restart(&s->sampling->inference);
	if (++s->attempts > ATTEMPTS_MAX)
		ignore(s);
}

/* What the best candidate says about the role, if it is PROTOCOL. */
static enum role told_role(const struct inference *inf, const struct protocol *protocol)
{
	if (inf->candidate_count && inf->candidates[0].protocol == protocol)
		return inf->candidates[0].verdict.role;
	return ROLE_UNKNOWN;
}

/* ---- what follows something that nobody knows ---- */

/* ENTRY is the next: does the other end begin to speak with it? */
static void note_turn(struct sampling *sampling, const struct backlog_entry *entry)
{
	if (sampling->inference.runs && sampling->turn == entry->direction)
		return;
	sampling->turn = (enum direction)entry->direction;
	sampling->turn_at = sampling->backlog.entries.len;
}

/* The bytes of the turn that goes on, up to a hole. */
static void gather_turn(const struct sampling *sampling, struct buffer *out)
{
	size_t at = sampling->turn_at;
	const struct backlog_entry *entry;
	const uint8_t *bytes;

	while (out->len < SAMPLE_MAX &&
	       (entry = backlog_next(&sampling->backlog, &at, &bytes)) != NULL && entry->kept) {
		size_t room = SAMPLE_MAX - out->len;

		buffer_append(out, bytes, entry->kept < room ? entry->kept : room);
	}
}

/* Whether this turn begins another protocol than what came before it. */
static enum start another_starts(const struct session *s)
{
	enum start start = START_NOT;
	struct buffer turn = {0};

	if (!s->sampling->turn_at || session_is_datagram(s) || s->options.decode_as || s->only)
		return START_NOT;
	gather_turn(s->sampling, &turn);
	for (size_t i = 0; protocols[i] && !start; i++)
		if (protocols[i]->starts)
			start = protocols[i]->starts(buffer_span(&turn));
	buffer_free(&turn);
	return start;
}

static void add_to_sample(struct session *s, const struct backlog_entry *entry,
			  const uint8_t *bytes)
{
	struct inference *inf = &s->sampling->inference;

	if (entry->kept)
		inference_add(inf, (enum direction)entry->direction, bytes, entry->kept);
	else
		inference_hole(inf, (enum direction)entry->direction);
}

/* What came before this turn stays unknown. */
static void forget_before_turn(struct session *s)
{
	struct sampling *sampling = s->sampling;
	struct backlog all = sampling->backlog;
	size_t at = sampling->turn_at;
	const struct backlog_entry *entry;
	const uint8_t *bytes;

	s->counts.skipped_bytes += backlog_bytes(&all);
	sampling->backlog = (struct backlog){.budget = all.budget};
	inference_restart(&sampling->inference);
	while ((entry = backlog_next(&all, &at, &bytes)) != NULL) {
		if (!backlog_add(&sampling->backlog, entry, bytes))
			break;
		s->counts.skipped_bytes -= entry->kept;
		add_to_sample(s, entry, bytes);
	}
	backlog_clear(&all);
	sampling->turn_at = 0;
	s->restarted = true;
	s->first = sampling->turn;
}

/* ---- deciding ---- */

void session_decide(struct session *s, bool ended)
{
	struct sample sample = {
		.transport = s->options.transport,
		.role = s->role,
		.local_port = s->options.local_port,
		.remote_port = s->options.remote_port,
		.midstream = s->midstream || s->restarted,
		.resampled = s->restarted,
		.began = s->spoken_to && !s->midstream,
		.first = s->first,
		.ended = ended,
		.alpn = session_alpn(s),
	};
	struct inference *inf = &s->sampling->inference;
	const struct protocol *protocol = s->options.decode_as;

	switch (inference_decide(inf, sample)) {
	case INFERENCE_WAIT:
		if (!protocol)
			return;
		break;
	case INFERENCE_UNKNOWN:
		if (protocol || ended || another_starts(s) == START_NOT)
			break;
		forget_before_turn(s);
		return;
	case INFERENCE_DECIDED:
		if (!protocol)
			protocol = inf->candidates[0].protocol;
		break;
	}
	if (s->only && protocol != s->only)
		protocol = NULL;
	if (!protocol || !session_start_speaking(s, protocol, told_role(inf, protocol))) {
		ignore(s);
		return;
	}
	session_wait(s, &s->sampling->backlog);
	if (!s->options.explain)
		session_free_sampling(s);
}

void session_sample_entry(struct session *s, const struct backlog_entry *entry,
			  const uint8_t *bytes)
{
	bool room;

	if (!session_open_sampling(s)) {
		ignore(s);
		return;
	}
	note_turn(s->sampling, entry);
	add_to_sample(s, entry, bytes);
	room = backlog_has_room(&s->sampling->backlog, entry);
	if (!backlog_add(&s->sampling->backlog, entry, bytes)) {
		s->counts.skipped_bytes += entry->kept;
		room = false;
	}
	if (another_starts(s) == START_SURELY)
		forget_before_turn(s);
	session_decide(s, !room);
}
