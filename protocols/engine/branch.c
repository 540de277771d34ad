/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/branch.h"

#include "protocols/engine/session_private.h"

/* What a branch costs before anything is kept for it: many may be begun. */
#define BRANCH_COST (sizeof(struct session) + sizeof(struct framer) + BUDGET_OVERHEAD)

static struct session *grow_from(struct session *s)
{
	struct session *b = session_new_related(s, session_is_plaintext(s));

	if (!b)
		return NULL;
	b->trunk = s;
	b->stem = b;
	/* These tell of the connection's own stream. */
	b->options.border = NULL;
	b->options.decrypted = NULL;
	b->options.contents = NULL;
	return b;
}

struct session *branch_new(struct session *s, const struct branch_options *options)
{
	struct budget *budget = session_budget(s);
	struct session *b;

	if (!budget_take(budget, BRANCH_COST))
		return NULL;
	budget_give(budget, BRANCH_COST);
	b = grow_from(s);
	if (!b)
		return NULL;
	b->only = options->only;
	b->midstream = options->midstream;
	if (options->bequest.len)
		session_bequeath(b, options->bequest);
	if (!options->protocol)
		return b;
	if (!session_start_speaking(b, options->protocol, s->role))
		b->phase = PHASE_IGNORING;
	session_free_bequest(b);
	return b;
}

static enum direction direction_of(const struct session *branch, enum side side)
{
	return branch->trunk->sides[DIRECTION_SENT] == side ? DIRECTION_SENT : DIRECTION_RECEIVED;
}

/* How many bytes the frame still waits for that is cut just now. */
static uint64_t left_of_frame(const struct session *outermost, enum direction direction)
{
	if (outermost->phase != PHASE_SPEAKING || !outermost->framer)
		return 0;
	return outermost->framer->sides[outermost->sides[direction]].left;
}

/* Between two pieces of a branch are bytes of others: what begins in this one is placed by it. */
static void take(struct session *branch, struct backlog_entry *entry, const uint8_t *bytes)
{
	struct backlog_entry first = *entry;
	uint64_t left = left_of_frame(session_outermost(branch), (enum direction)entry->direction);

	if (left && left < entry->len) {
		first.len = left;
		first.kept = bytes ? (uint32_t)left : 0;
		session_take_pieces(branch, true, &first, bytes);
		entry->offset += left;
		entry->len -= left;
		entry->kept -= first.kept;
		bytes = bytes ? bytes + left : NULL;
	}
	session_take_pieces(branch, true, entry, bytes);
}

void branch_bytes(struct session *branch, enum side side, struct span bytes, uint64_t position,
		  const struct frame *outer)
{
	struct backlog_entry entry = {
		.ts_first = outer->ts_first,
		.ts = outer->ts_last,
		.len = bytes.len,
		.offset = position,
		.kept = (uint32_t)bytes.len,
		.direction = (uint8_t)direction_of(branch, side),
	};

	if (bytes.len)
		take(branch, &entry, (const uint8_t *)bytes.data);
}

void branch_hole(struct session *branch, enum side side, uint64_t len, bool snapped,
		 uint64_t position, const struct frame *outer)
{
	struct backlog_entry entry = {
		.ts_first = outer->ts_first,
		.ts = outer->ts_first,
		.len = len,
		.offset = position,
		.direction = (uint8_t)direction_of(branch, side),
		.wanted = snapped,
	};

	if (len)
		take(branch, &entry, NULL);
}

/* A hole that ends the frame that is cut just now, and what comes next may begin anywhere. */
void branch_lost(struct session *branch, enum side side)
{
	struct session *s = session_outermost(branch);
	enum direction direction = direction_of(branch, side);
	struct backlog_entry entry = {
		.len = left_of_frame(s, direction) + 1,
		.direction = (uint8_t)direction,
	};

	if (s->framer) {
		entry.ts = entry.ts_first = s->framer->sides[s->sides[direction]].last_ts;
		entry.offset = s->framer->sides[s->sides[direction]].position;
	}
	session_take(s, &entry, NULL);
}

const struct protocol *branch_protocol(const struct session *branch)
{
	return session_protocol(branch);
}

void branch_end(struct session *branch)
{
	struct session_counts counts;
	struct session *trunk;

	if (!branch)
		return;
	trunk = branch->trunk;
	session_finish(branch);
	counts = session_counts(branch);
	trunk->counts.frames += counts.frames;
	trunk->counts.bad += counts.bad;
	trunk->counts.capped += counts.capped;
	trunk->counts.skipped_bytes += counts.skipped_bytes;
	trunk->records += counts.records;
	session_free(branch);
}

void branch_drop(struct session *branch)
{
	session_drop(branch);
}

bool branch_pack(struct session *branch, struct buffer *out)
{
	return session_pack(branch, out);
}

struct session *branch_unpack(struct session *s, struct unpack *in)
{
	struct session *b = grow_from(s);

	if (!b || session_take_up(b, in))
		return b;
	session_drop(b);
	return NULL;
}
