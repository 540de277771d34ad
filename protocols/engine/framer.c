/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/framer.h"

/* A buffer that grew beyond this gives its memory back when it is empty. */
#define KEPT_MEMORY_MAX (16u << 10)

/* Bytes thrown away without a frame between them before the protocol is given up. */
#define SEARCHED_MAX (256u << 10)

static void charge(struct framer *l, struct framer_owner *owner)
{
	owner->budget->used += l->kept.capacity - l->charged;
	l->charged = l->kept.capacity;
}

static void drop_kept(struct framer *l, struct framer_owner *owner)
{
	buffer_clear(&l->kept);
	if (l->kept.capacity > KEPT_MEMORY_MAX)
		buffer_free(&l->kept);
	charge(l, owner);
}

/* False when memory, or the session's share of it, doesn't allow it. */
static bool keep(struct framer *l, struct framer_owner *owner, const void *data, size_t len)
{
	struct session_budget *budget = owner->budget;

	if (l->kept.len + len > l->kept.capacity && budget->used + len > budget->limit) {
		budget->refused += len;
		return false;
	}
	buffer_append(&l->kept, data, len);
	charge(l, owner);
	return !l->kept.failed;
}

static void deliver(struct framer *l, struct framer_owner *owner, struct frame *frame)
{
	frame->side = l->side;
	owner->counts->frames++;
	if (frame->cut)
		owner->counts->capped++;
	l->scanned = 0;
	l->searched = 0;
	owner->protocol->message(owner->state, frame);
}

/* The frame that was waited for is complete. */
static void deliver_kept(struct framer *l, struct framer_owner *owner, int64_t ts)
{
	struct frame frame = l->frame;

	frame.data = (const uint8_t *)l->kept.data;
	frame.available = l->kept.len;
	frame.ts_last = ts;
	l->position += frame.len;
	deliver(l, owner, &frame);
	drop_kept(l, owner);
}

/* The next part of the frame that is waited for; returns how many bytes belong to it. */
static uint64_t continue_frame(struct framer *l, struct framer_owner *owner, const struct run *run)
{
	uint64_t take = run->len < l->left ? run->len : l->left;
	size_t room = FRAME_KEEP_MAX - l->kept.len;

	if (!run->data) {
		if (run->wanted)
			l->frame.cut = true;
		else
			l->frame.lost = true;
	} else if (!l->frame.lost && !l->frame.cut) {
		l->frame.cut = take > room;
		if (!keep(l, owner, run->data, l->frame.cut ? room : take))
			l->frame.cut = true;
	}
	l->left -= take;
	if (!l->left)
		deliver_kept(l, owner, run->ts);
	return take;
}

/* A message may be missing from here on: look for the next boundary. */
static void search(struct framer *l, struct framer_owner *owner)
{
	l->searching = true;
	l->scanned = 0;
	owner->protocol->lost(owner->state, l->side);
}

static void throw_away(struct framer *l, struct framer_owner *owner, size_t n)
{
	owner->counts->skipped_bytes += n;
	l->searched += n;
	if (l->searched > SEARCHED_MAX)
		owner->hopeless = true;
}

/* True when a boundary was found; *DONE moves over what is thrown away in any case. */
static bool find_boundary(struct framer *l, struct framer_owner *owner, const uint8_t *data,
			  size_t len, size_t *done)
{
	struct cursor in = cursor_of(data + *done, len - *done);
	bool found = owner->protocol->resync(owner->state, l->side, &in);
	size_t skipped = cursor_position(&in);

	/* What can't be decided within the longest head never will be. */
	if (!found && cursor_left(&in) >= FRAME_HEAD_MAX)
		skipped = len - *done;
	throw_away(l, owner, skipped);
	*done += skipped;
	if (found)
		l->searching = false;
	return found;
}

enum cut_result {
	CUT_NEXT,
	CUT_STOP
};

/* One step of cut_frames(): a frame, or a step of the search for one. */
static enum cut_result cut_one(struct framer *l, struct framer_owner *owner, const uint8_t *data,
			       size_t len, int64_t ts_first, int64_t ts, size_t *done)
{
	struct cursor in = cursor_of(data + *done, len - *done);
	struct frame frame = {
		.scanned = l->scanned,
		.offset = l->position + *done,
		.ts_first = ts_first,
		.ts_last = ts,
		.side = l->side,
	};
	enum frame_status status;

	if (l->searching)
		return find_boundary(l, owner, data, len, done) ? CUT_NEXT : CUT_STOP;
	status = owner->protocol->frame(owner->state, l->side, &in, &frame);
	if (status == FRAME_MORE && len - *done < FRAME_HEAD_MAX) {
		l->scanned = frame.scanned;
		return CUT_STOP;
	}
	if (status != FRAME_DONE || frame.len == 0) {
		owner->counts->bad++;
		search(l, owner);
		throw_away(l, owner, 1);
		*done += 1;
		return owner->hopeless ? CUT_STOP : CUT_NEXT;
	}
	if (frame.len > len - *done) {
		l->frame = frame;
		l->left = frame.len - (len - *done);
		return CUT_STOP;
	}
	frame.data = data + *done;
	frame.available = (size_t)frame.len;
	deliver(l, owner, &frame);
	*done += (size_t)frame.len;
	return CUT_NEXT;
}

/*
 * Cuts what lies whole in the LEN bytes at DATA, of which the first came at TS_FIRST and all that
 * follows the first frame at TS. Returns how many bytes are done with.
 */
static size_t cut_frames(struct framer *l, struct framer_owner *owner, const uint8_t *data,
			 size_t len, int64_t ts_first, int64_t ts)
{
	size_t done = 0;

	while (done < len && !owner->switching) {
		if (cut_one(l, owner, data, len, done ? ts : ts_first, ts, &done) == CUT_STOP)
			break;
	}
	return done;
}

/* Bytes whose frame is not known yet stay; the front of an over-long frame is enough. */
static void keep_rest(struct framer *l, struct framer_owner *owner, const uint8_t *rest, size_t len,
		      int64_t ts)
{
	if (l->left && len > FRAME_KEEP_MAX) {
		l->frame.cut = true;
		len = FRAME_KEEP_MAX;
	}
	l->kept_ts = ts;
	if (keep(l, owner, rest, len))
		return;
	if (l->left) {
		l->frame.cut = true;
		return;
	}
	l->position += len;
	throw_away(l, owner, len);
	search(l, owner);
}

static void take_in_place(struct framer *l, struct framer_owner *owner, const struct run *run)
{
	size_t len = (size_t)run->len;
	size_t done = cut_frames(l, owner, run->data, len, run->ts, run->ts);

	l->position += done;
	if (done < len)
		keep_rest(l, owner, run->data + done, len - done, run->ts);
}

static void take_behind_kept(struct framer *l, struct framer_owner *owner, const struct run *run)
{
	size_t done;

	if (!keep(l, owner, run->data, (size_t)run->len)) {
		throw_away(l, owner, l->kept.len + (size_t)run->len);
		l->position += l->kept.len + run->len;
		drop_kept(l, owner);
		search(l, owner);
		return;
	}
	done = cut_frames(l, owner, (const uint8_t *)l->kept.data, l->kept.len, l->kept_ts,
			  run->ts);
	l->position += done;
	buffer_consume(&l->kept, done);
	if (done)
		l->kept_ts = run->ts;
	if (l->left && l->kept.len > FRAME_KEEP_MAX) {
		l->frame.cut = true;
		l->kept.len = FRAME_KEEP_MAX;
	}
	if (!l->kept.len)
		drop_kept(l, owner);
}

/* Some lengths are known before the first byte comes: then a hole is inside that frame. */
static bool expect_frame(struct framer *l, struct framer_owner *owner, int64_t ts)
{
	struct cursor none = cursor_of(NULL, 0);
	struct frame frame = {
		.offset = l->position,
		.ts_first = ts,
		.ts_last = ts,
		.side = l->side,
	};

	if (l->searching || l->kept.len)
		return false;
	if (owner->protocol->frame(owner->state, l->side, &none, &frame) != FRAME_DONE)
		return false;
	l->frame = frame;
	l->left = frame.len;
	return l->left > 0;
}

/* A hole outside a frame of known length. */
static void take_hole(struct framer *l, struct framer_owner *owner, uint64_t len)
{
	throw_away(l, owner, l->kept.len);
	l->position += l->kept.len + len;
	drop_kept(l, owner);
	search(l, owner);
}

void framer_run(struct framer *l, struct framer_owner *owner, const struct run *run)
{
	struct run rest = *run;

	l->last_ts = run->ts;
	if (l->left || (!run->data && expect_frame(l, owner, run->ts))) {
		uint64_t taken = continue_frame(l, owner, run);

		rest.len -= taken;
		if (rest.data)
			rest.data += taken;
		if (!rest.len)
			return;
	}
	if (!rest.data)
		take_hole(l, owner, rest.len);
	else if (l->kept.len)
		take_behind_kept(l, owner, &rest);
	else
		take_in_place(l, owner, &rest);
}

struct span framer_rest(const struct framer *l)
{
	return buffer_span(&l->kept);
}

void framer_finish(struct framer *l, struct framer_owner *owner)
{
	if (l->left) {
		l->frame.len -= l->left;
		l->left = 0;
		l->frame.lost = true;
		deliver_kept(l, owner, l->last_ts);
	}
	owner->counts->skipped_bytes += l->kept.len;
	drop_kept(l, owner);
}

void framer_reset(struct framer *l, struct framer_owner *owner)
{
	buffer_free(&l->kept);
	charge(l, owner);
	l->left = 0;
	l->scanned = 0;
	l->searched = 0;
	l->searching = false;
}
