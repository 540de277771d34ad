/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"

#include "protocols/amqp/state.h"

/* ---- messages ---- */

/* The message, if there is one. */
static void pack_message(const struct amqp_state *st, const struct amqp_message *m,
			 struct buffer *out)
{
	pack_u64(out, m != NULL);
	if (m)
		matcher_pack_message(st->messages, &m->base, out);
}

static bool unpack_message(struct amqp_state *st, struct amqp_message **m, struct unpack *in)
{
	*m = NULL;
	if (!unpack_u64(in))
		return true;
	*m = (struct amqp_message *)matcher_unpack_message(st->messages, in);
	return *m != NULL;
}

static void pack_unsettled(const struct amqp_state *st, const struct amqp_unsettled *u,
			   struct buffer *out)
{
	pack_u64(out, u->count);
	for (size_t i = u->from; i < u->to; i++)
		if (u->entries[i].message)
			pack_message(st, u->entries[i].message, out);
	pack_u64(out, u->last);
	pack_u64(out, u->uncertain_from);
	pack_u64(out, u->lost_to);
	pack_u64(out, u->early_count);
	buffer_append(out, u->early, u->early_count * sizeof(u->early[0]));
}

static bool unpack_unsettled(struct amqp_state *st, struct amqp_unsettled *u, struct unpack *in)
{
	for (uint64_t count = unpack_u64(in); count && !in->failed; count--) {
		struct amqp_message *m;

		if (!unpack_message(st, &m, in) || !m)
			return false;
		if (!amqp_unsettled_append(st, u, m)) {
			matcher_discard(st->messages, &m->base);
			return false;
		}
	}
	u->last = unpack_u64(in);
	u->uncertain_from = unpack_u64(in);
	u->lost_to = unpack_u64(in);
	u->early_count = (unsigned)unpack_u64(in);
	if (u->early_count > AMQP_EARLY_MAX)
		return false;
	unpack_bytes(in, u->early, u->early_count * sizeof(u->early[0]));
	return !in->failed;
}

/* ---- channels ---- */

static bool pack_channel(const struct amqp_channel *ch, struct buffer *out)
{
	pack_u64(out, ch->number);
	pack_u64(out, ch->mode);
	buffer_append(out, ch->losses, sizeof(ch->losses));
	for (int side = 0; side < 2; side++) {
		pack_message(ch->st, ch->incoming[side], out);
		pack_u64(out, ch->calls[side] != NULL);
		if (ch->calls[side] && !matcher_pack(ch->calls[side], out))
			return false;
	}
	pack_unsettled(ch->st, &ch->published, out);
	pack_unsettled(ch->st, &ch->delivered, out);
	return true;
}

static bool unpack_calls(struct amqp_channel *ch, enum side side, struct unpack *in)
{
	struct matcher *calls;

	if (!unpack_u64(in))
		return true;
	calls = amqp_channel_calls(ch, side);
	return calls && matcher_unpack(calls, in);
}

static bool unpack_channel(struct amqp_state *st, struct unpack *in)
{
	struct amqp_channel *ch = amqp_channel_get(st, (uint16_t)unpack_u64(in));

	if (!ch)
		return false;
	ch->mode = (enum amqp_mode)unpack_u64(in);
	unpack_bytes(in, ch->losses, sizeof(ch->losses));
	for (int side = 0; side < 2; side++)
		if (!unpack_message(st, &ch->incoming[side], in) ||
		    !unpack_calls(ch, (enum side)side, in))
			return false;
	return unpack_unsettled(st, &ch->published, in) && unpack_unsettled(st, &ch->delivered, in);
}

bool amqp_pack(const void *state, struct buffer *out)
{
	const struct amqp_state *st = state;
	const struct amqp_channel *ch;
	size_t at = 0;

	pack_u64(out, st->frame_max);
	pack_u64(out, st->closing);
	buffer_append(out, st->losses, sizeof(st->losses));
	pack_span(out, buffer_span(&st->user));
	pack_span(out, buffer_span(&st->vhost));
	pack_span(out, buffer_span(&st->application));
	pack_u64(out, st->channels.count);
	while ((ch = map_next(&st->channels, &at)) != NULL)
		if (!pack_channel(ch, out))
			return false;
	return true;
}

bool amqp_unpack(void *state, struct unpack *in)
{
	struct amqp_state *st = state;

	st->frame_max = unpack_u64(in);
	st->closing = unpack_u64(in);
	unpack_bytes(in, st->losses, sizeof(st->losses));
	amqp_set_text(st, &st->user, unpack_span(in));
	amqp_set_text(st, &st->vhost, unpack_span(in));
	amqp_set_text(st, &st->application, unpack_span(in));
	for (uint64_t count = unpack_u64(in); count && !in->failed; count--)
		if (!unpack_channel(st, in))
			return false;
	return !in->failed;
}
