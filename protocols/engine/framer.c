/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/framer.h"

#include <stdlib.h>

#include "format/prefetch.h"

/* A buffer that grew beyond this gives its memory back when it is empty. */
#define KEPT_MEMORY_MAX (16u << 10)

/* Bytes thrown away without a frame between them before the protocol is given up. */
#define SEARCHED_MAX (256u << 10)

static size_t memory_size(const struct framing *framing)
{
	return sizeof(struct framer) + 2 * framing->memo_size;
}

struct framer *framer_new(const struct framing *framing, void *state, struct budget *budget,
			  struct framer_counts *counts, size_t keep_max)
{
	struct framer *f = calloc(1, memory_size(framing));

	if (!f)
		return NULL;
	budget_add(budget, memory_size(framing));
	f->framing = framing;
	f->state = state;
	f->budget = budget;
	f->counts = counts;
	f->keep_max = keep_max;
	f->sides[SIDE_SERVER].side = SIDE_SERVER;
	for (int i = 0; framing->memo_size && i < 2; i++)
		f->sides[i].memo = (char *)(f + 1) + (size_t)i * framing->memo_size;
	return f;
}

/* What frame() leaves is often no longer than this; and it is written before it is read. */
#define MEMO_FETCHED 64

/* Not by f->framing, which may not be there yet. */
void framer_fetch(const struct framer *f, const struct framing *framing)
{
	const size_t asked = offsetof(struct framer_side, kept_first);
	size_t memo = framing->memo_size < MEMO_FETCHED ? framing->memo_size : MEMO_FETCHED;

	prefetch(f, offsetof(struct framer, sides) + asked);
	prefetch(&f->sides[1], asked);
	prefetch(f + 1, memo);
	prefetch((const char *)(f + 1) + framing->memo_size, memo);
}

/* ---- what is kept ---- */

static void drop_kept(struct framer *f, struct framer_side *s)
{
	buffer_clear(&s->kept);
	if (s->kept.capacity > KEPT_MEMORY_MAX)
		buffer_free(&s->kept);
	budget_settle(f->budget, &s->kept, &s->charged);
}

/* False when memory, or the session's share of it, doesn't allow it. */
static bool keep(struct framer *f, struct framer_side *s, const void *data, size_t len)
{
	if (s->kept.len + len > s->kept.capacity) {
		/* The buffer grows by doubling: that it can is asked for, what it took is settled.
		 */
		if (!budget_take(f->budget, len))
			return false;
		budget_give(f->budget, len);
	}
	buffer_append(&s->kept, data, len);
	budget_settle(f->budget, &s->kept, &s->charged);
	return !s->kept.failed;
}

static void throw_away(struct framer *f, struct framer_side *s, uint64_t n)
{
	f->counts->skipped_bytes += n;
	s->searched += n;
	if (s->searched > SEARCHED_MAX)
		f->hopeless = true;
}

/* What is asked about: a frame that may begin where S stands. */
static void frame_init(struct frame *frame, const struct framer_side *s, int64_t first,
		       int64_t last)
{
	/* By members: a compiler clears all of it with an instruction that is slow to begin. */
	frame->len = 0;
	frame->kind = 0;
	frame->in_parts = false;
	frame->scanned = 0;
	frame->memo = s->memo;
	frame->side = s->side;
	frame->lost = false;
	frame->cut = false;
	frame->data = NULL;
	frame->available = 0;
	frame->at = 0;
	frame->offset = s->position;
	frame->ts_first = first;
	frame->ts_last = last;
	frame->peer = NULL;
}

/* ---- giving out ---- */

static void resume(struct framer *f, struct framer_side *s);

/* One side has spoken (or what it said was lost): what the other holds may be a frame now. */
static inline void resume_other(struct framer *f, struct framer_side *s)
{
	struct framer_side *other = s == f->sides ? &f->sides[1] : &f->sides[0];

	if (other->holding && !f->over)
		resume(f, other);
}

static inline void deliver(struct framer *f, struct framer_side *s, struct frame *frame)
{
	f->counts->frames++;
	if (frame->cut)
		f->counts->capped++;
	s->scanned = 0;
	s->searched = 0;
	if (f->border)
		f->border(f->context, s->side, frame->offset + frame->len);
	f->framing->message(f->state, frame);
	resume_other(f, s);
}

static void give_part(struct framer *f, struct frame *frame, const uint8_t *data, size_t len)
{
	if (!len)
		return;
	frame->data = data;
	frame->available = len;
	f->framing->part(f->state, frame);
	frame->at += len;
	frame->data = NULL;
	frame->available = 0;
}

/* The frame that was waited for is complete. */
static void deliver_kept(struct framer *f, struct framer_side *s, int64_t ts)
{
	struct frame frame = s->frame;

	if (!frame.in_parts) {
		frame.data = (const uint8_t *)s->kept.data;
		frame.available = s->kept.len;
	}
	frame.at = 0;
	frame.ts_last = ts;
	s->position = frame.offset + frame.len;
	deliver(f, s, &frame);
	if (!frame.in_parts)
		drop_kept(f, s);
}

/* Bytes of the frame that is waited for, or a hole in it. */
static void continue_kept(struct framer *f, struct framer_side *s, const struct run *run,
			  uint64_t take)
{
	struct frame *frame = &s->frame;
	size_t room = f->keep_max > s->kept.len ? f->keep_max - s->kept.len : 0;

	if (!run->data || frame->lost || frame->cut)
		return;
	frame->cut = take > room;
	if (!keep(f, s, run->data, frame->cut ? room : (size_t)take))
		frame->cut = true;
}

/* The next part of the frame that is waited for; returns how many bytes belong to it. */
static uint64_t continue_frame(struct framer *f, struct framer_side *s, const struct run *run)
{
	uint64_t take = run->len < s->left ? run->len : s->left;

	if (!run->data && run->wanted)
		s->frame.cut = true;
	else if (!run->data)
		s->frame.lost = true;
	s->frame.ts_last = run->ts;
	if (s->frame.in_parts)
		give_part(f, &s->frame, run->data, take);
	else
		continue_kept(f, s, run, take);
	s->left -= take;
	if (!s->left)
		deliver_kept(f, s, run->ts);
	return take;
}

/*
 * No more comes of the bytes that are kept: those that tell enough of a frame are one. During a
 * search only right behind the hole, where a capture that cuts packets has the next one. Where the
 * other side has spoken since, it comes too late: that was made sense of without it.
 */
static void deliver_torn(struct framer *f, struct framer_side *s)
{
	const struct framer_side *other = s == f->sides ? &f->sides[1] : &f->sides[0];
	struct cursor in = cursor_of(s->kept.data, s->kept.len);
	struct frame frame;

	if (!f->framing->torn || !s->kept.len || s->holding || f->over)
		return;
	if ((s->searching && s->position != s->hole_end) || other->last_ts > s->kept_first)
		return;
	frame_init(&frame, s, s->kept_first, s->last_ts);
	if (!f->framing->torn(f->state, s->side, &in, &frame))
		return;
	frame.lost = true;
	frame.len = s->kept.len;
	frame.data = (const uint8_t *)s->kept.data;
	frame.available = s->kept.len;
	s->position += s->kept.len;
	f->counts->frames++;
	f->framing->message(f->state, &frame);
	drop_kept(f, s);
}

/* ---- looking for a boundary ---- */

/* A message may be missing from here on: look for the next boundary. */
static void search(struct framer *f, struct framer_side *s, uint64_t missing)
{
	s->searching = true;
	s->holding = false;
	s->scanned = 0;
	f->framing->lost(f->state, s->side, missing);
	resume_other(f, s);
}

/* True when a boundary was found; *DONE moves over what is thrown away in any case. */
static bool find_boundary(struct framer *f, struct framer_side *s, struct span bytes, size_t *done)
{
	struct cursor in = cursor_of(bytes.data + *done, bytes.len - *done);
	bool found = f->framing->resync(f->state, s->side, &in);
	size_t skipped = cursor_position(&in);

	/* What can't be decided within the longest head never will be. */
	if (!found && cursor_left(&in) >= FRAME_HEAD_MAX)
		skipped = bytes.len - *done;
	throw_away(f, s, skipped);
	*done += skipped;
	if (found)
		s->searching = false;
	return found;
}

/* ---- cutting ---- */

/* Bytes in one piece, which RUN completed; those before it first came at KEPT_FIRST. */
struct piece {
	struct span bytes;
	int64_t kept_first;
	int64_t ts_first;
	int64_t ts;
};

enum cut_result {
	CUT_NEXT,
	CUT_STOP
};

/* A frame whose end is not among the LEN bytes at DATA. */
static enum cut_result begin_frame(struct framer *f, struct framer_side *s, struct frame *frame,
				   const uint8_t *data, size_t len, size_t *done)
{
	s->left = frame->len - len;
	s->scanned = 0;
	if (frame->in_parts) {
		give_part(f, frame, data, len);
		*done += len;
	}
	s->frame = *frame;
	return CUT_STOP;
}

static enum cut_result no_frame(struct framer *f, struct framer_side *s, size_t *done)
{
	f->counts->bad++;
	search(f, s, 0);
	throw_away(f, s, 1);
	*done += 1;
	return f->hopeless ? CUT_STOP : CUT_NEXT;
}

/* One step of cut_frames(): a frame, or a step of the search for one. */
static enum cut_result cut_one(struct framer *f, struct framer_side *s, const struct piece *piece,
			       size_t *done)
{
	const uint8_t *data = (const uint8_t *)piece->bytes.data + *done;
	size_t len = piece->bytes.len - *done;
	struct cursor in = cursor_of(data, len);
	struct frame frame;
	enum frame_status status;

	if (s->searching)
		return find_boundary(f, s, piece->bytes, done) ? CUT_NEXT : CUT_STOP;
	frame_init(&frame, s, *done ? piece->ts_first : piece->kept_first, piece->ts);
	frame.offset += *done;
	frame.scanned = s->scanned;
	status = f->framing->frame(f->state, frame.side, &in, &frame);
	if ((status == FRAME_MORE || status == FRAME_HOLD) && len < FRAME_HEAD_MAX) {
		s->holding = status == FRAME_HOLD;
		s->scanned = s->holding ? 0 : frame.scanned;
		return CUT_STOP;
	}
	if (status != FRAME_DONE || frame.len == 0)
		return no_frame(f, s, done);
	if (frame.len > len)
		return begin_frame(f, s, &frame, data, len, done);
	if (frame.in_parts) {
		give_part(f, &frame, data, (size_t)frame.len);
		frame.at = 0;
	} else {
		frame.data = data;
		frame.available = (size_t)frame.len;
	}
	deliver(f, s, &frame);
	*done += (size_t)frame.len;
	return CUT_NEXT;
}

/* Cuts what lies whole in PIECE. Returns how many bytes are done with. */
static size_t cut_frames(struct framer *f, struct framer_side *s, const struct piece *piece)
{
	size_t done = 0;

	while (done < piece->bytes.len && !f->over)
		if (cut_one(f, s, piece, &done) == CUT_STOP)
			break;
	return done;
}

/* The kept bytes are more than is wanted of the frame that they begin. */
static void cap_kept(struct framer *f, struct framer_side *s)
{
	if (!s->left || s->frame.in_parts || s->kept.len <= f->keep_max)
		return;
	s->frame.cut = true;
	s->kept.len = f->keep_max;
}

/* Bytes whose frame is not known yet stay; the front of an over-long frame is enough. */
static void keep_rest(struct framer *f, struct framer_side *s, const uint8_t *rest, size_t len,
		      const struct run *run)
{
	if (s->left && len > f->keep_max) {
		s->frame.cut = true;
		len = f->keep_max;
	}
	s->kept_first = run->ts_first;
	if (keep(f, s, rest, len))
		return;
	if (s->left) {
		s->frame.cut = true;
		return;
	}
	s->position += len;
	throw_away(f, s, len);
	search(f, s, len);
}

static void take_in_place(struct framer *f, struct framer_side *s, const struct run *run)
{
	size_t len = (size_t)run->len;
	struct piece piece = {span_of(run->data, len), run->ts_first, run->ts_first, run->ts};
	size_t done = cut_frames(f, s, &piece);

	s->position += done;
	if (done < len)
		keep_rest(f, s, run->data + done, len - done, run);
}

static void cut_kept(struct framer *f, struct framer_side *s, int64_t ts_first, int64_t ts)
{
	struct piece piece = {buffer_span(&s->kept), s->kept_first, ts_first, ts};
	size_t done;

	s->holding = false;
	done = cut_frames(f, s, &piece);
	s->position += done;
	buffer_consume(&s->kept, done);
	if (done)
		s->kept_first = ts_first;
	cap_kept(f, s);
	if (!s->kept.len)
		drop_kept(f, s);
}

static void take_behind_kept(struct framer *f, struct framer_side *s, const struct run *run)
{
	if (!keep(f, s, run->data, (size_t)run->len)) {
		uint64_t len = s->kept.len + run->len;

		throw_away(f, s, len);
		s->position += len;
		drop_kept(f, s);
		search(f, s, len);
		return;
	}
	if (!s->holding || s->kept.len >= FRAME_HEAD_MAX)
		cut_kept(f, s, run->ts_first, run->ts);
}

static void resume(struct framer *f, struct framer_side *s)
{
	if (s->kept.len)
		cut_kept(f, s, s->last_ts, s->last_ts);
	else
		s->holding = false;
}

/* Some lengths are known before the first byte comes: then a hole is inside that frame. */
static bool expect_frame(struct framer *f, struct framer_side *s, const struct run *run)
{
	struct cursor none = cursor_of(NULL, 0);
	struct frame frame;

	if (s->searching || s->kept.len)
		return false;
	frame_init(&frame, s, run->ts_first, run->ts);
	if (f->framing->frame(f->state, frame.side, &none, &frame) != FRAME_DONE)
		return false;
	s->frame = frame;
	s->left = frame.len;
	return s->left > 0;
}

/* A hole outside a frame of known length. */
static void take_hole(struct framer *f, struct framer_side *s, uint64_t len)
{
	deliver_torn(f, s);
	throw_away(f, s, s->kept.len);
	s->position += s->kept.len + len;
	s->hole_end = s->position;
	drop_kept(f, s);
	search(f, s, len);
}

/* What doesn't belong to a frame that is waited for. */
static void take(struct framer *f, struct framer_side *s, const struct run *run)
{
	if (!run->data)
		take_hole(f, s, run->len);
	else if (s->kept.len)
		take_behind_kept(f, s, run);
	else
		take_in_place(f, s, run);
}

void framer_run(struct framer *f, enum side side, const struct run *run)
{
	struct framer_side *s = &f->sides[side];
	struct run rest;
	uint64_t taken;

	s->last_ts = run->ts;
	if (!s->left && (run->data || !expect_frame(f, s, run))) {
		take(f, s, run);
		return;
	}
	rest = *run;
	taken = continue_frame(f, s, run);
	rest.len -= taken;
	if (rest.data)
		rest.data += taken;
	if (rest.len)
		take(f, s, &rest);
}

struct span framer_rest(const struct framer *f, enum side side)
{
	return buffer_span(&f->sides[side].kept);
}

bool framer_is_idle(const struct framer *f)
{
	for (int i = 0; i < 2; i++)
		if (f->sides[i].left || f->sides[i].kept.len || f->sides[i].searching)
			return false;
	return true;
}

void framer_finish(struct framer *f)
{
	for (int i = 0; i < 2; i++) {
		struct framer_side *s = &f->sides[i];

		if (s->left) {
			s->frame.len -= s->left;
			s->left = 0;
			s->frame.lost = true;
			deliver_kept(f, s, s->last_ts);
		}
		deliver_torn(f, s);
		f->counts->skipped_bytes += s->kept.len;
		drop_kept(f, s);
	}
}

void framer_free(struct framer *f)
{
	if (!f)
		return;
	for (int i = 0; i < 2; i++) {
		buffer_free(&f->sides[i].kept);
		budget_settle(f->budget, &f->sides[i].kept, &f->sides[i].charged);
	}
	budget_give(f->budget, memory_size(f->framing));
	free(f);
}
