/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/branch.h"
#include "protocols/engine/budget.h"
#include "protocols/http2/grpc.h"
#include "protocols/http2/state.h"
#include "format/age_list.h"

/* ---- by id ---- */

static struct http2_stream **bucket(const struct http2_state *st, uint32_t id)
{
	/* The lowest bit tells who began it, and is the same for nearly all. */
	return &st->buckets[(id >> 1) & (st->bucket_count - 1)];
}

struct http2_stream *http2_stream_find(const struct http2_state *st, uint32_t id)
{
	struct http2_stream *s;

	if (!st->bucket_count)
		return NULL;
	for (s = *bucket(st, id); s && s->id != id; s = s->next)
		;
	return s;
}

/* Without memory for more buckets, chains get longer. */
static bool grow(struct http2_state *st)
{
	size_t count = st->bucket_count ? st->bucket_count * 2 : HTTP2_BUCKETS_MIN;
	struct http2_stream **buckets;

	if (st->stream_count < st->bucket_count)
		return true;
	buckets = calloc(count, sizeof(struct http2_stream *));
	if (!buckets)
		return st->bucket_count != 0;
	budget_add(session_budget(st->session),
		   (count - st->bucket_count) * sizeof(struct http2_stream *));
	free(st->buckets);
	st->buckets = buckets;
	st->bucket_count = count;
	for (struct http2_stream *s = st->oldest; s; s = s->newer) {
		struct http2_stream **at = bucket(st, s->id);

		s->next = *at;
		*at = s;
	}
	return true;
}

static void unlink_stream(struct http2_state *st, struct http2_stream *s)
{
	struct http2_stream **at = bucket(st, s->id);

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	age_list_remove(st, s);
	st->stream_count--;
}

static void link_stream(struct http2_state *st, struct http2_stream *s)
{
	struct http2_stream **at = bucket(st, s->id);

	s->next = *at;
	*at = s;
	age_list_add(st, s);
	st->stream_count++;
}

/* ---- one stream ---- */

static void free_stream(struct http2_state *st, struct http2_stream *s)
{
	struct budget *budget = session_budget(st->session);

	branch_drop(s->tunnel);
	grpc_free(st, s);
	for (int side = 0; side < 2; side++) {
		buffer_free(&s->halves[side].text);
		buffer_free(&s->halves[side].body);
		budget_give(budget, s->halves[side].charged);
	}
	budget_give(budget, sizeof(*s) + BUDGET_OVERHEAD);
	free(s);
}

static bool give_up_oldest(void *state)
{
	struct http2_state *st = state;

	if (!st->oldest)
		return false;
	for (int side = 0; side < 2; side++)
		st->oldest->halves[side].lost = true;
	http2_stream_end(st, st->oldest);
	return true;
}

static bool was_reset(const struct http2_state *st, uint32_t id)
{
	for (size_t i = 0; i < HTTP2_RESETS; i++)
		if (st->resets[i] == id)
			return true;
	return false;
}

/* Ids only grow (RFC 9113, section 5.1.1). */
static bool is_over(const struct http2_state *st, uint32_t id)
{
	return (id & 1 && id >= st->known_from && id <= st->begun) || was_reset(st, id);
}

void http2_stream_begun(struct http2_state *st, uint32_t id)
{
	if (id <= st->begun)
		return;
	if (!st->known)
		st->known_from = id;
	st->known = true;
	st->begun = id;
}

static void init_half(struct http2_half *half, int64_t window)
{
	half->first = half->last = half->stalled_from = TIME_UNKNOWN;
	half->body_open = true;
	half->window = window;
}

struct http2_stream *http2_stream_add(struct http2_state *st, uint32_t id)
{
	struct http2_stream *s = grow(st) ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	budget_add(session_budget(st->session), sizeof(*s) + BUDGET_OVERHEAD);
	s->id = id;
	for (int side = 0; side < 2; side++)
		init_half(&s->halves[side], st->sides[side].stream_window);
	link_stream(st, s);
	return s;
}

struct http2_stream *http2_stream_get(struct http2_state *st, uint32_t id)
{
	struct http2_stream *s = http2_stream_find(st, id);

	if (s || !id || is_over(st, id))
		return s;
	if (!budget_make_room(session_budget(st->session), sizeof(*s), give_up_oldest, st))
		return NULL;
	return http2_stream_add(st, id);
}

bool http2_stream_refuse(const struct http2_state *st, struct http2_stream *s)
{
	enum side other = s->id & 1 ? SIDE_SERVER : SIDE_CLIENT;
	const struct http2_side *side = &st->sides[other];

	if (!side->refuses_from || s->id < side->refuses_from || s->reset)
		return false;
	s->refused = s->reset = true;
	s->reset_code = side->refuses_with;
	s->reset_by_server = other == SIDE_SERVER;
	return true;
}

void http2_stream_end(struct http2_state *st, struct http2_stream *s)
{
	/* It may have begun when the GOAWAY was under way. */
	if (s->halves[SIDE_CLIENT].first != TIME_UNKNOWN &&
	    s->halves[SIDE_SERVER].first == TIME_UNKNOWN && !s->halves[SIDE_SERVER].lost)
		http2_stream_refuse(st, s);
	unlink_stream(st, s);
	for (int side = 0; side < 2; side++)
		st->sides[side].stalled -= s->halves[side].stalled_from != TIME_UNKNOWN;
	if (s->reset)
		st->resets[st->next_reset++ % HTTP2_RESETS] = s->id;
	http2_tunnel_end(s);
	http2_emit(st, s);
	free_stream(st, s);
}

void http2_stream_check(struct http2_state *st, struct http2_stream *s)
{
	if (s->reset || (s->halves[SIDE_CLIENT].ended && s->halves[SIDE_SERVER].ended))
		http2_stream_end(st, s);
}

void http2_streams_free(struct http2_state *st)
{
	while (st->oldest) {
		struct http2_stream *s = st->oldest;

		unlink_stream(st, s);
		free_stream(st, s);
	}
	budget_give(session_budget(st->session), st->bucket_count * sizeof(struct http2_stream *));
	free(st->buckets);
}

/* ---- halves ---- */

void http2_half_touch(struct http2_half *half, const struct frame *frame)
{
	if (half->first == TIME_UNKNOWN) {
		half->first = frame->ts_first;
		half->position = frame->offset;
	}
	half->last = frame->ts_last;
}

/* Memory of the half that isn't charged yet, or isn't there any more. */
void http2_half_settle(struct http2_state *st, struct http2_half *half)
{
	uint64_t now = half->text.capacity + half->body.capacity;

	budget_recharge(session_budget(st->session), now, &half->charged);
}

struct http2_piece http2_half_keep(struct http2_state *st, struct http2_half *half,
				   struct span text)
{
	struct http2_piece piece = {(uint32_t)half->text.len, (uint32_t)text.len};

	buffer_append_span(&half->text, text);
	http2_half_settle(st, half);
	return !half->text.failed ? piece : (struct http2_piece){0};
}

void http2_half_body(struct http2_state *st, struct http2_half *half, struct span data)
{
	size_t keep = session_keep(st->session);
	size_t room = half->body.len < keep ? keep - half->body.len : 0;

	half->body_bytes += data.len;
	if (!half->body_open)
		return;
	if (data.len > room) {
		half->body_open = false;
		data.len = room;
	}
	/* Asked for before it is there: bodies are what input can make grow. */
	if (!budget_allows(session_budget(st->session), &half->body, data.len)) {
		half->body_open = false;
		return;
	}
	buffer_append_span(&half->body, data);
	http2_half_settle(st, half);
}

void http2_half_pass_body(struct http2_state *st, struct http2_half *half, uint64_t len)
{
	/* As long as it is open, all that came of it would be kept. */
	if (half->body_open && len > session_keep(st->session) - half->body_bytes)
		half->body_open = false;
	half->body_bytes += len;
}

void http2_half_drop_body(struct http2_state *st, struct http2_half *half)
{
	buffer_free(&half->body);
	http2_half_settle(st, half);
}
