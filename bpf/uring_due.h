/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_DUE_H
#define SOCKTAPE_BPF_URING_DUE_H

/*
 * The net below io_uring, for sockets that don't count by themselves as TCP's do: the socket's
 * tracepoints tell how much a request moves, its completion tells what it was. What was moved and
 * never completed, because the request asked for no completion or there was no room for one, is
 * told of as UNSEEN when the socket is gone, or has stood still for a sweep.
 *
 * kernel_conn_state.gap has what is due: `len` bytes, `swept` of them at the last sweep.
 */

#include "bpf/tcp_count.h"

static __always_inline void uring_due_add(__u64 sk, __u8 direction, __u64 n)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);

	if (conn && conn->transport != TRANSPORT_TCP)
		__sync_fetch_and_add(&conn->gap[direction & 1].len, n);
}

/* Of one direction; unless AT_ONCE, only what was due at the last sweep already. */
static __always_inline void uring_due_settle_way(struct kernel_conn_state *conn, __u8 direction,
						 bool at_once)
{
	struct kernel_gap *gap = &conn->gap[direction];
	__s64 due = gap->len;

	if (due > 0 && (at_once || (due == gap->swept && gap->at == conn->position[direction]))) {
		unseen_send(NULL, conn, direction, conn->position[direction], due);
		conn_advance(conn, direction, due);
		__sync_fetch_and_add(&gap->len, -due);
		due = 0;
	}
	gap->swept = due;
	gap->at = conn->position[direction];
}

static __noinline void uring_due_settle(struct kernel_conn_state *conn, bool at_once)
{
	if (conn->transport == TRANSPORT_TCP)
		return;
	uring_due_settle_way(conn, DIRECTION_SENT, at_once);
	uring_due_settle_way(conn, DIRECTION_RECEIVED, at_once);
}

#endif
