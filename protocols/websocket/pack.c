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

bool websocket_pack(const void *state, struct buffer *out)
{
	const struct websocket_state *st = state;

	for (int i = 0; i < 2; i++)
		if (st->sides[i].data.open || st->sides[i].control.open)
			return false;
	pack_span(out, buffer_span(&st->upgrade));
	for (int i = 0; i < 2; i++) {
		pack_u64(out, st->sides[i].inflate_broken);
		if (!websocket_inflate_pack(&st->sides[i], out))
			return false;
	}
	return true;
}

bool websocket_unpack(void *state, struct unpack *in)
{
	struct websocket_state *st = state;

	websocket_take_upgrade(st, unpack_span(in));
	for (int i = 0; i < 2; i++) {
		st->sides[i].inflate_broken = unpack_u64(in);
		if (!websocket_inflate_unpack(st, &st->sides[i], in))
			return false;
	}
	return !in->failed;
}
