/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "analyze/replay/replay_private.h"
#include "format/prefetch.h"

/* With fewer connections than this all that is known of them stays in the caches. */
#define WORTH_IT 256

/* What a connection has is found step by step: each may begin so many events after the last. */
#define STEP_EVENTS 2
_Static_assert((SESSION_FETCH_STEPS + 1) * STEP_EVENTS == COMING_EVENTS &&
		       COMING_IDS == 2 * STEP_EVENTS &&
		       COMING_IDS + COMING_EVENTS == RECORDING_COMING,
	       "the last step is done before its event comes");

static void fetch_step(const struct coming *c, unsigned step)
{
	const struct tracked *t = c->tracked[(c->at - STEP_EVENTS * (step + 1)) % COMING_EVENTS];

	for (int layer = 0; t && layer < 2; layer++)
		if (t->conn.sessions[layer])
			session_fetch(t->conn.sessions[layer], step);
}

/* What every event of a connection asks of it, and what a record of it will. */
static void fetch_connection(const struct replay *r, const struct tracked *t, uint64_t id)
{
	const struct replay_handlers *h = &r->options.handlers;

	prefetch(t, offsetof(struct tracked, conn.inode));
	prefetch(&t->replay,
		 offsetof(struct tracked, local_text) - offsetof(struct tracked, replay));
	if (h->coming)
		h->coming(h->context, id);
}

/*
 * What the table of connections has of those that come, in two steps; the one whose turn it is,
 * with its ID.
 */
static struct tracked *find_coming(struct replay *r, uint64_t *which)
{
	struct coming *c = &r->coming;
	uint64_t *newest = &c->ids[c->at % COMING_IDS], id = *newest;
	uint64_t half_way = c->ids[(c->at + STEP_EVENTS) % COMING_IDS];
	const struct map *hot = &r->connections.hot;

	*newest = recording_coming(r->recording);
	map_fetch_slot(hot, *newest);
	map_fetch_entry(hot, half_way);
	*which = id;
	return id ? map_get(hot, id) : NULL;
}

void coming_next(struct replay *r)
{
	struct coming *c = &r->coming;
	struct tracked *last = c->tracked[c->at % COMING_EVENTS], *t;
	uint64_t id;

	if (r->connections.hot.count < WORTH_IT)
		return;
	t = find_coming(r, &id);
	if (t == last)
		t = NULL; /* it is on its way */
	c->tracked[++c->at % COMING_EVENTS] = t;
	if (t)
		fetch_connection(r, t, id);
	for (unsigned step = 0; step < SESSION_FETCH_STEPS; step++)
		fetch_step(c, step);
}

void coming_forget(struct replay *r)
{
	memset(r->coming.tracked, 0, sizeof(r->coming.tracked));
}
