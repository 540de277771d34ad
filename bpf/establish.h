/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ESTABLISH_H
#define SOCKTAPE_BPF_ESTABLISH_H

/* accept() and connect(): where a connection begins, and who began it. */

#include "bpf/transfer.h"

static __always_inline void socket_established(struct transfer *transfer, __u8 kind)
{
	bool accepted = kind == KIND_ACCEPT;
	struct lane *lane = lane_claim();
	struct kernel_conn_state *conn = conn_find(lane, &transfer->ref);
	__u64 transport = transfer->ref.transport;
	bool full = false;

	if (transport == TRANSPORT_UDP || transport == TRANSPORT_UNIX_DATAGRAM) {
		if (conn)
			datagram_connected(conn, transfer->ref.sk);
	} else {
		if (!conn)
			conn = conn_open(&transfer->ref,
					 accepted ? CONN_BY_ACCEPT : CONN_BY_CONNECT, &full);
		if (conn && lane && !(conn->flags & CONN_ANNOUNCED))
			conn_introduce(lane, conn, transfer);
	}
	lane_release(lane);
}

#endif
