/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/amqp/state.h"
#include "protocols/engine/budget.h"

#define ENTRIES_MIN 16

/* Of messages for which perhaps nothing comes any more so many wait. */
#define PERHAPS_MAX 4096

/* ---- room ---- */

static bool grow(struct budget *b, struct amqp_unsettled *u)
{
	size_t capacity = u->capacity ? u->capacity * 2 : ENTRIES_MIN;
	uint64_t more = (capacity - u->capacity) * sizeof(*u->entries);
	struct amqp_unsettled_entry *entries;

	if (!budget_take(b, more))
		return false;
	entries = realloc(u->entries, capacity * sizeof(*entries));
	if (!entries) {
		budget_give(b, more);
		return false;
	}
	u->entries = entries;
	u->capacity = capacity;
	return true;
}

/* Leaves out what is settled; false: there is room for no more. */
static bool make_room(struct budget *b, struct amqp_unsettled *u)
{
	size_t to = 0;

	if (u->to < u->capacity)
		return true;
	/* Rarely enough that each entry is moved few times. */
	if (u->count > u->capacity / 2)
		return grow(b, u);
	for (size_t i = u->from; i < u->to; i++)
		if (u->entries[i].message)
			u->entries[to++] = u->entries[i];
	u->from = 0;
	u->to = to;
	return u->to < u->capacity || grow(b, u);
}

static void pass_settled(struct amqp_unsettled *u)
{
	while (u->from < u->to && !u->entries[u->from].message)
		u->from++;
	if (u->from == u->to)
		u->from = u->to = 0;
}

static struct amqp_message *take_out(struct amqp_unsettled *u, size_t at)
{
	struct amqp_message *m = u->entries[at].message;

	u->entries[at].message = NULL;
	u->count--;
	if (at == u->from)
		pass_settled(u);
	return m;
}

struct amqp_message *amqp_unsettled_oldest(const struct amqp_unsettled *u)
{
	return u->count ? u->entries[u->from].message : NULL;
}

struct amqp_message *amqp_unsettled_pop(struct amqp_unsettled *u)
{
	return u->count ? take_out(u, u->from) : NULL;
}

void amqp_unsettled_end(struct amqp_channel *ch, struct amqp_unsettled *u)
{
	struct amqp_message *m;

	while ((m = amqp_unsettled_pop(u)) != NULL) {
		m->base.partial |= m->tag <= u->lost_to && m->awaited != AMQP_AWAITS_PERHAPS;
		amqp_emit_content(ch, m);
	}
	u->early_count = 0;
}

void amqp_unsettled_free(struct amqp_state *st, struct amqp_unsettled *u)
{
	struct amqp_message *m;

	while ((m = amqp_unsettled_pop(u)) != NULL)
		matcher_discard(st->messages, &m->base);
	budget_give(session_budget(st->session), u->capacity * sizeof(*u->entries));
	free(u->entries);
	*u = (struct amqp_unsettled){0};
}

/* ---- settling ---- */

void amqp_unsettled_doubt(struct amqp_unsettled *u)
{
	if (u->uncertain_from > u->last + 1)
		u->uncertain_from = u->last + 1;
}

/*
 * A tag that is above all that were counted: so many more came than were seen, at least. They came
 * where tags are inferred.
 */
static void shift(struct amqp_unsettled *u, uint64_t tag)
{
	uint64_t by = tag - u->last;

	for (size_t i = u->from; i < u->to; i++) {
		if (u->entries[i].tag < u->uncertain_from)
			continue;
		u->entries[i].tag += by;
		if (u->entries[i].message)
			u->entries[i].message->tag += by;
	}
	u->last = tag;
}

static void settle_one(struct amqp_channel *ch, struct amqp_unsettled *u, size_t at,
		       const struct amqp_settlement *how)
{
	bool inferred = u->entries[at].tag >= u->uncertain_from;
	struct amqp_message *m = take_out(u, at);

	m->settlement = *how;
	m->settlement.inferred = inferred;
	amqp_emit_content(ch, m);
}

/* Where the first entry stands whose tag isn't below TAG. */
static size_t find(const struct amqp_unsettled *u, uint64_t tag)
{
	size_t low = u->from, high = u->to;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->entries[middle].tag < tag)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t amqp_unsettled_settle(struct amqp_channel *ch, struct amqp_unsettled *u, uint64_t tag,
			       const struct amqp_settlement *how)
{
	uint64_t up_to = tag || !how->multiple ? tag : UINT64_MAX, settled = 0;
	size_t at;

	if (tag > u->last && u->uncertain_from != UINT64_MAX)
		shift(u, tag);
	else if (tag > u->last && u->early_count < AMQP_EARLY_MAX)
		u->early[u->early_count++] = (struct amqp_early){tag, *how};
	if (how->multiple) {
		for (; u->count && u->entries[u->from].tag <= up_to; settled++)
			settle_one(ch, u, u->from, how);
		return settled;
	}
	at = find(u, tag);
	if (at == u->to || u->entries[at].tag != tag || !u->entries[at].message)
		return 0;
	settle_one(ch, u, at, how);
	return 1;
}

/* What was told of TAG, which came last, before it came. */
static void settle_early(struct amqp_channel *ch, struct amqp_unsettled *u, uint64_t tag,
			 int64_t begun)
{
	for (unsigned i = u->early_count; i-- > 0;) {
		struct amqp_early early = u->early[i];

		if (early.tag <= tag)
			u->early[i] = u->early[--u->early_count];
		/* Nothing is settled before it was begun. */
		if (early.how.first >= begun &&
		    (early.tag == tag || (early.how.multiple && early.tag > tag)))
			amqp_unsettled_settle(ch, u, tag, &early.how);
	}
}

static void give_up_oldest(struct amqp_channel *ch, struct amqp_unsettled *u, bool short_of_memory)
{
	struct amqp_message *m = amqp_unsettled_pop(u);

	if (!m)
		return;
	m->given_up = short_of_memory;
	amqp_emit_content(ch, m);
}

static bool is_too_much(const struct amqp_channel *ch)
{
	const struct budget *b = session_budget(ch->st->session);

	return b && b->used > b->limit;
}

static bool waits_perhaps(const struct amqp_unsettled *u)
{
	const struct amqp_message *m = amqp_unsettled_oldest(u);

	return m && (m->awaited == AMQP_AWAITS_PERHAPS || m->awaited == AMQP_AWAITS_RETURN);
}

bool amqp_unsettled_append(struct amqp_state *st, struct amqp_unsettled *u, struct amqp_message *m)
{
	if (!make_room(session_budget(st->session), u))
		return false;
	u->entries[u->to++] = (struct amqp_unsettled_entry){m->tag, m};
	u->count++;
	return true;
}

void amqp_unsettled_add(struct amqp_channel *ch, struct amqp_unsettled *u, uint64_t tag,
			struct amqp_message *m)
{
	/* The count began anew, and we didn't see why. */
	if (tag <= u->last)
		amqp_unsettled_end(ch, u);
	m->tag = u->last = tag;
	if (!amqp_unsettled_append(ch->st, u, m)) {
		m->given_up = true;
		amqp_emit_content(ch, m);
		return;
	}
	while (u->count > 1 && is_too_much(ch))
		give_up_oldest(ch, u, true);
	while (u->count > PERHAPS_MAX && waits_perhaps(u))
		give_up_oldest(ch, u, false);
	if (u->early_count)
		settle_early(ch, u, tag, m->base.ts_first);
}
