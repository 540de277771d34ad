/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/session_private.h"

/* TLS inside TLS is seen behind proxies; deeper is an attack. */
#define DEPTH_MAX 4

/* ---- what is left over ---- */

/* What the framer keeps of D's side belongs to whatever follows, and not to who spoke so far. */
static void collect(struct session *s, enum direction d, struct backlog *rest)
{
	struct span bytes = framer_rest(s->framer, s->sides[d]);
	const struct framer_side *side = &s->framer->sides[s->sides[d]];
	struct backlog_entry entry = {
		.ts_first = side->kept_first,
		.ts = side->last_ts,
		.len = bytes.len,
		.offset = side->position,
		.kept = (uint32_t)bytes.len,
		.direction = (uint8_t)d,
	};

	if (!bytes.len)
		return;
	if (s->speaking < s->root->spoken_count)
		s->root->spoken[s->speaking].bytes[d] -= bytes.len;
	if (!backlog_add(rest, &entry, bytes.data))
		s->counts.skipped_bytes += bytes.len;
}

/* The side that didn't bring the last frame has waited longer. */
static struct backlog take_rest(struct session *s, enum direction direction)
{
	struct backlog rest = {.budget = s->options.budget};

	if (!s->framer || s->framer->hopeless)
		return rest;
	collect(s, direction_opposite(direction), &rest);
	collect(s, direction, &rest);
	return rest;
}

/* ---- one after the other ---- */

static void switch_protocol(struct session *s, struct backlog *rest)
{
	const struct protocol *next = s->handover ? s->next : NULL;
	bool asked = s->handover != HANDOVER_NONE;

	session_stop_speaking(s);
	if (!next || !session_start_speaking(s, next, ROLE_UNKNOWN))
		session_sample_again(s, asked);
	session_free_bequest(s);
	session_wait(s, rest);
}

/* ---- one inside the other ---- */

struct session *session_new_related(struct session *s, bool plaintext)
{
	struct session_options options = s->options;
	struct session *other;

	if (s->depth == DEPTH_MAX)
		return NULL;
	options.role = s->role;
	options.midstream = false;
	options.plaintext = plaintext;
	options.decode_as = NULL;
	other = session_new(&options);
	if (!other)
		return NULL;
	other->root = s->root;
	other->stem = s->stem;
	other->depth = s->depth + 1;
	return other;
}

/* This session's protocol waits for plaintext; a new one takes the bytes of the wire. */
static void wrap(struct session *s, struct backlog *rest)
{
	struct session *outer = session_new_related(s, false);

	s->handover = HANDOVER_NONE;
	for (int d = 0; d < 2 && s->framer; d++)
		s->seam[d] = s->framer->sides[s->sides[d]].position;
	if (!outer || !session_open_framer(s)) {
		session_free(outer);
		switch_protocol(s, rest);
		return;
	}
	s->outer = outer;
	outer->inside = s;
	if (s->next && !session_start_speaking(outer, s->next, s->role))
		outer->phase = PHASE_IGNORING;
	session_wait(outer, rest);
	session_drain(outer);
}

void session_hand_over(struct session *s, enum direction direction)
{
	struct backlog rest = take_rest(s, direction);

	/* A protocol that was wrapped already has no wire to give away. */
	if (s->handover == HANDOVER_WRAP && !s->outer && !session_is_datagram(s))
		wrap(s, &rest);
	else
		switch_protocol(s, &rest);
}

void session_bequeath(struct session *s, struct span bytes)
{
	buffer_clear(&s->bequest);
	if (!budget_take(s->options.budget, bytes.len))
		return;
	budget_give(s->options.budget, bytes.len);
	buffer_append_span(&s->bequest, bytes);
	budget_settle(s->options.budget, &s->bequest, &s->bequest_charged);
}

struct span session_bequest(const struct session *s)
{
	struct span nothing = {0};

	return s->bequest.failed ? nothing : buffer_span(&s->bequest);
}

void session_free_bequest(struct session *s)
{
	buffer_free(&s->bequest);
	budget_settle(s->options.budget, &s->bequest, &s->bequest_charged);
}

static void ask(struct session *s, enum handover handover, const struct protocol *next)
{
	s->handover = handover;
	s->next = next;
	if (s->framer)
		s->framer->over = true;
}

void session_switch(struct session *s, const struct protocol *next)
{
	ask(s, HANDOVER_SWITCH, next);
}

void session_wrap(struct session *s, const struct protocol *next)
{
	ask(s, HANDOVER_WRAP, next);
}

/* ---- plaintext ---- */

bool session_make_inside(struct session *s)
{
	s->inside = session_new_related(s, s->options.plaintext || s->protocol->encrypts);
	s->made_inside = s->inside != NULL;
	return s->made_inside;
}

bool session_let_in(struct session *s)
{
	if (!s->protocol || !s->protocol->encrypts || session_is_datagram(s))
		return false;
	return session_takes_plaintext(s) || (!s->inside && session_make_inside(s));
}

/* Who takes what S unwraps in DIRECTION; NULL: nobody. */
static struct session *inside_of(struct session *s, enum direction direction)
{
	if (s->root->plaintext_elsewhere && s->protocol->encrypts)
		return NULL;
	if (!s->inside && !session_make_inside(s))
		return NULL;
	/* What the calls of the TLS library told is better: it doesn't depend on keys. */
	return !session_was_told(s->inside, direction) ? s->inside : NULL;
}

static void tell_decrypted(const struct session *s, enum direction direction,
			   const struct backlog_entry *entry, const uint8_t *bytes)
{
	const struct decrypted decrypted = {
		.direction = direction,
		.offset = entry->offset,
		.len = entry->len,
		.data = bytes,
		.snapped = entry->wanted,
		.ts = entry->ts,
	};

	/* Of TLS inside TLS nobody asks. */
	if (s->options.decrypted && s->protocol->encrypts && !s->options.plaintext)
		s->options.decrypted(s->options.context, s->root, &decrypted);
}

static uint64_t place_of(const struct session *s, const struct session *inside,
			 const struct backlog_entry *entry, const struct frame *outer)
{
	/* A datagram's bytes are the end of the outer one's. */
	if (s->datagram)
		return outer->offset + outer->available - entry->len;
	/* Several branches may hold something, and each place is of the connection. */
	return s->stem->trunk ? outer->offset : inside->unwrapped[entry->direction];
}

/* BYTES of DIRECTION; NULL: a hole. */
static void unwrap(struct session *s, enum direction direction, struct backlog_entry *entry,
		   const struct frame *outer, const uint8_t *bytes)
{
	struct session *inside = entry->len ? inside_of(s, direction) : NULL;

	if (!inside)
		return;
	if (outer->peer) {
		entry->has_peer = true;
		entry->peer = *outer->peer;
	}
	entry->offset = place_of(s, inside, entry, outer);
	tell_decrypted(s, direction, entry, bytes);
	inside->unwrapped[direction] += entry->len;
	session_take(s->made_inside ? session_outermost(inside) : inside, entry, bytes);
}

static enum direction direction_of(const struct session *s, enum side side)
{
	return s->sides[DIRECTION_SENT] == side ? DIRECTION_SENT : DIRECTION_RECEIVED;
}

void session_unwrapped(struct session *s, enum side side, struct span bytes,
		       const struct frame *outer)
{
	enum direction direction = direction_of(s, side);
	struct backlog_entry entry = {
		.ts_first = outer->ts_first,
		.ts = outer->ts_last,
		.len = bytes.len,
		.kept = (uint32_t)bytes.len,
		.direction = (uint8_t)direction,
	};

	unwrap(s, direction, &entry, outer, (const uint8_t *)bytes.data);
}

void session_unwrapped_hole(struct session *s, enum side side, uint64_t len, bool snapped,
			    const struct frame *outer)
{
	enum direction direction = direction_of(s, side);
	struct backlog_entry entry = {
		.ts_first = outer->ts_first,
		.ts = outer->ts_first,
		.len = len,
		.direction = (uint8_t)direction,
		.wanted = snapped,
	};

	/* Nobody counts the bytes of datagrams. */
	if (!s->datagram)
		unwrap(s, direction, &entry, outer, NULL);
}
