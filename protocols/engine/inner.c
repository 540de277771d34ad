/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/inner.h"

#include <stdlib.h>

#include "protocols/engine/session_private.h"

struct inner {
	struct budget *budget;
	struct framer *framer;
	uint64_t position[2]; /* by side */
};

struct inner *inner_new(struct session *s, const struct framing *framing, void *state)
{
	struct inner *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->budget = session_budget(s);
	x->framer = framer_new(framing, state, x->budget, &s->counts, session_frame_keep_max(s));
	if (!x->framer) {
		free(x);
		return NULL;
	}
	budget_add(x->budget, sizeof(*x));
	return x;
}

static void take(struct inner *x, enum side side, const struct run *run)
{
	struct framer_side *s = &x->framer->sides[side];

	if (!run->len)
		return;
	if (x->framer->hopeless) {
		x->framer->counts->skipped_bytes += run->data ? run->len : 0;
		return;
	}
	if (!s->left && !s->kept.len)
		s->position = x->position[side];
	x->position[side] += run->len;
	framer_run(x->framer, side, run);
}

void inner_bytes(struct inner *x, enum side side, struct span bytes, const struct frame *outer)
{
	const struct run run = {
		.data = (const uint8_t *)bytes.data,
		.len = bytes.len,
		.ts_first = outer->ts_first,
		.ts = outer->ts_last,
	};

	take(x, side, &run);
}

void inner_hole(struct inner *x, enum side side, uint64_t len, bool snapped,
		const struct frame *outer)
{
	const struct run run = {
		.len = len,
		.ts_first = outer->ts_first,
		.ts = outer->ts_last,
		.wanted = snapped,
	};

	take(x, side, &run);
}

bool inner_is_idle(const struct inner *x)
{
	return framer_is_idle(x->framer);
}

void inner_finish(struct inner *x)
{
	framer_finish(x->framer);
}

void inner_free(struct inner *x)
{
	if (!x)
		return;
	framer_free(x->framer);
	budget_give(x->budget, sizeof(*x));
	free(x);
}
