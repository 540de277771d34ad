/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/window.h"

/* More connections than this can't be told apart by a filter of 256 bits. */
#define NARROW_MAX 64

/* Events may come so much later than they should. */
#define SLACK_NS 1000000000ll

static void set_bit(uint64_t bits[4], uint64_t id)
{
	bits[id % 256 / 64] |= 1ull << id % 64;
}

/* ---- blocks ---- */

static int64_t block_begin(const struct window *w, const struct block_info *info)
{
	return info->realtime ? info->realtime : recording_realtime(w->recording, info->ts_min);
}

static bool has_conns(const struct window *w, const struct block_info *info)
{
	for (int i = 0; i < 4; i++)
		if (info->conns[i] & w->conns[i])
			return true;
	return false;
}

static bool block_wanted(void *context, const struct block_info *info)
{
	struct window *w = context;
	int64_t from = block_begin(w, info), to = from + (info->ts_max - info->ts_min);

	selection_saw_time(w->selection, from, to);
	/* Nothing of it is needed, whatever it tells. */
	if (window_is_past(w, from))
		return false;
	if (!info->data_alone)
		return true;
	return from < w->to && to >= w->from && (!w->narrow || w->wide || has_conns(w, info));
}

/* ---- connections ---- */

static uint32_t port_pair(const struct address *a, const struct address *b)
{
	return (uint32_t)a->port << 16 | b->port;
}

static bool is_selected(const struct window *w, uint64_t id)
{
	return id_set_has(w->chosen, id);
}

bool window_conn(struct window *w, const struct connection *c)
{
	bool more = false;

	if (!w->narrow)
		return false;
	if (w->twins && is_selected(w, c->id)) {
		/* A datagram socket may talk to anyone, and anyone to it. */
		if (transport_is_datagram(c->transport))
			w->wide = true;
		else if (!map_get(&w->ports, port_pair(&c->remote, &c->local)))
			more = map_put(&w->ports, port_pair(&c->remote, &c->local), w);
	}
	if (window_needs(w, c))
		set_bit(w->conns, c->id);
	return more;
}

bool window_needs(struct window *w, const struct connection *c)
{
	if (!w->narrow || is_selected(w, c->id))
		return true;
	if (transport_is_datagram(c->transport))
		return w->wide;
	return c->local.port && map_get(&w->ports, port_pair(&c->local, &c->remote)) != NULL;
}

/* ---- the rest ---- */

static void set_conns(struct window *w)
{
	size_t at = 0;
	uint64_t id;

	while (id_set_next(w->chosen, &at, &id))
		set_bit(w->conns, id);
}

/* The connections that all records will be of; NULL: they could be of any. */
static const struct id_set *chosen_of(const struct window *w, const struct id_set *reached)
{
	const struct selection *s = w->selection;

	if (!(s->kinds & SELECT_BIT(SELECT_CONN)))
		return reached;
	return !w->twins || s->conns.count <= NARROW_MAX ? &s->conns : NULL;
}

void window_open(struct window *w, const struct replay_options *options,
		 struct recording *recording, const struct id_set *reached)
{
	struct selection *selection = options->selection;

	*w = (struct window){
		.selection = selection,
		.recording = recording,
		.from = INT64_MIN,
		.to = INT64_MAX,
		.twins = options->handlers.record != NULL,
	};
	if (!selection)
		return;
	w->chosen = chosen_of(w, reached);
	w->narrow = w->chosen != NULL;
	if (w->narrow)
		set_conns(w);
	if (!recording)
		return;
	if (options->window && selection->since > REPLAY_LEAD_NS)
		w->from = selection->since - REPLAY_LEAD_NS;
	if (options->window && selection->until && selection->until < INT64_MAX - REPLAY_LEAD_NS)
		w->to = selection->until + REPLAY_LEAD_NS;
	if (window_is_restricted(w))
		recording_restrict(recording, w->from, block_wanted, w);
}

bool window_is_past(struct window *w, int64_t realtime)
{
	/* Events are in order of time but for a few that come late. */
	if (w->to == INT64_MAX || realtime - SLACK_NS < w->to)
		return false;
	w->cut = true;
	return true;
}

void window_note(bool unsettled, struct record *record, struct buffer *note)
{
	if (record->note.len) {
		buffer_append_span(note, record->note);
		buffer_append_text(note, "; ");
	}
	if (unsettled)
		buffer_printf(
			note,
			"its connection is older than the %lld s that were read before --since",
			REPLAY_LEAD_NS / 1000000000);
	else
		buffer_printf(note, "what came later than %lld s after --until was not read",
			      REPLAY_LEAD_NS / 1000000000);
	record->outcome = OUTCOME_PARTIAL;
	record->note = buffer_span(note);
}

void window_free(struct window *w)
{
	map_free(&w->ports);
}
