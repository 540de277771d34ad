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
		break;
	case INFERENCE_DECIDED:
		if (!protocol)
			protocol = inf->candidates[0].protocol;
		break;
	}
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
	if (entry->kept)
		inference_add(&s->sampling->inference, (enum direction)entry->direction, bytes,
			      entry->kept);
	else
		inference_hole(&s->sampling->inference, (enum direction)entry->direction);
	room = backlog_has_room(&s->sampling->backlog, entry);
	if (!backlog_add(&s->sampling->backlog, entry, bytes)) {
		s->counts.skipped_bytes += entry->kept;
		room = false;
	}
	session_decide(s, !room);
}
