/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"

/* Of physical and logical replication inside CopyData (its manual, "Streaming Replication"). */
static void take_replication(struct pgsql_op *op, enum side side, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint8_t type = cursor_u8(&c);
	uint64_t lsn = cursor_be64(&c);

	if (c.failed || side != SIDE_SERVER || (type != 'w' && type != 'k'))
		return;
	if (!op->lsn_first)
		op->lsn_first = lsn;
	if (lsn > op->lsn_last)
		op->lsn_last = lsn;
}

void pgsql_take_copy(struct pgsql_state *st, struct pgsql_op *op, enum side side,
		     struct span payload, uint64_t len)
{
	op->copy_rows++;
	op->copy_bytes += len;
	if (op->copy == 'W') {
		take_replication(op, side, payload);
		return;
	}
	if (op->copy_cut)
		return;
	if (payload.len < len || !pgsql_op_room(st, &op->copy_data, payload.len)) {
		op->copy_cut = true;
		return;
	}
	buffer_append_span(&op->copy_data, payload);
	pgsql_op_settle(st, op);
}
