/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/state.h"

/* What SIDE may still send on a stream. */
static int64_t left(const struct http2_state *st, enum side side, const struct http2_half *half)
{
	int64_t connection = st->sides[side].window;

	return half->window < connection ? half->window : connection;
}

static void resume(struct http2_state *st, enum side side, struct http2_half *half, int64_t ts)
{
	if (half->stalled_from == TIME_UNKNOWN || left(st, side, half) <= 0)
		return;
	if (ts > half->stalled_from)
		half->stalled += ts - half->stalled_from;
	half->stalled_from = TIME_UNKNOWN;
	st->sides[side].stalled--;
}

static void resume_all(struct http2_state *st, enum side side, int64_t ts)
{
	if (!st->sides[side].stalled)
		return;
	for (struct http2_stream *s = st->oldest; s; s = s->newer)
		resume(st, side, &s->halves[side], ts);
}

void http2_window_use(struct http2_state *st, enum side side, struct http2_half *half, uint32_t len,
		      int64_t ts)
{
	st->sides[side].window -= len;
	half->window -= len;
	if (left(st, side, half) > 0 || half->stalled_from != TIME_UNKNOWN)
		return;
	half->stalled_from = ts;
	st->sides[side].stalled++;
}

void http2_window_update(struct http2_state *st, enum side side, uint32_t stream,
			 uint32_t increment, int64_t ts)
{
	enum side sender = side_opposite(side);
	struct http2_stream *s;

	if (!stream) {
		st->sides[sender].window += increment;
		resume_all(st, sender, ts);
		return;
	}
	s = http2_stream_find(st, stream);
	if (!s)
		return;
	s->halves[sender].window += increment;
	resume(st, sender, &s->halves[sender], ts);
}

/* It changes the windows of streams that are open, too (RFC 9113, section 6.9.2). */
void http2_window_initial(struct http2_state *st, enum side side, uint32_t size, int64_t ts)
{
	enum side sender = side_opposite(side);
	int64_t change = (int64_t)size - st->sides[sender].stream_window;

	st->sides[sender].stream_window = size;
	for (struct http2_stream *s = st->oldest; s; s = s->newer)
		s->halves[sender].window += change;
	resume_all(st, sender, ts);
}
