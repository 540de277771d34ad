/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/websocket/state.h"

/* ---- the upgrade ---- */

void websocket_pack_upgrade(struct buffer *out, const struct websocket_upgrade *upgrade)
{
	pack_u64(out, upgrade->stream_id);
	pack_span(out, upgrade->authority);
	pack_span(out, upgrade->path);
}

void websocket_take_upgrade(struct websocket_state *st, struct span packed)
{
	struct budget *budget = session_budget(st->session);

	if (!packed.len || !budget_take(budget, packed.len))
		return;
	budget_give(budget, packed.len);
	buffer_append_span(&st->upgrade, packed);
	budget_settle(budget, &st->upgrade, &st->upgrade_charged);
}

struct websocket_upgrade websocket_upgrade_of(const struct websocket_state *st)
{
	struct unpack in = unpack_begin(buffer_span(&st->upgrade));
	struct websocket_upgrade upgrade = {0};

	if (!st->upgrade.len || st->upgrade.failed)
		return upgrade;
	upgrade.stream_id = (uint32_t)unpack_u64(&in);
	upgrade.authority = unpack_span(&in);
	upgrade.path = unpack_span(&in);
	return upgrade;
}

/* ---- a connection that is idle ---- */

/* A message that has not ended; of others nothing is needed. */
static void pack_message(const struct websocket_message *m, struct buffer *out)
{
	struct websocket_message copy = *m;

	pack_u64(out, m->open);
	if (!m->open)
		return;
	copy.payload = (struct buffer){0};
	copy.charged = 0;
	buffer_append(out, &copy, sizeof(copy));
	pack_span(out, buffer_span(&m->payload));
}

static bool unpack_message(struct websocket_state *st, struct websocket_message *m,
			   struct unpack *in)
{
	struct span payload;

	if (!unpack_u64(in))
		return !in->failed;
	unpack_bytes(in, m, sizeof(*m));
	payload = unpack_span(in);
	if (payload.len)
		buffer_append_span(&m->payload, payload);
	budget_settle(session_budget(st->session), &m->payload, &m->charged);
	return !m->payload.failed;
}

bool websocket_pack(const void *state, struct buffer *out)
{
	const struct websocket_state *st = state;

	pack_span(out, buffer_span(&st->upgrade));
	for (int i = 0; i < 2; i++) {
		const struct websocket_side *side = &st->sides[i];

		pack_message(&side->data, out);
		pack_message(&side->control, out);
		buffer_append(out, &side->head, sizeof(side->head));
		buffer_append(out, side->head_bytes, sizeof(side->head_bytes));
		pack_u64(out, side->inflate_broken);
		/* A message is decompressed at its end: one that is open changes nothing. */
		if (!websocket_inflate_pack(side, out))
			return false;
	}
	return true;
}

bool websocket_unpack(void *state, struct unpack *in)
{
	struct websocket_state *st = state;

	websocket_take_upgrade(st, unpack_span(in));
	for (int i = 0; i < 2; i++) {
		struct websocket_side *side = &st->sides[i];

		if (!unpack_message(st, &side->data, in) || !unpack_message(st, &side->control, in))
			return false;
		unpack_bytes(in, &side->head, sizeof(side->head));
		unpack_bytes(in, side->head_bytes, sizeof(side->head_bytes));
		side->inflate_broken = unpack_u64(in);
		if (!websocket_inflate_unpack(st, side, in))
			return false;
	}
	return !in->failed;
}
