/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ESTABLISH_H
#define SOCKTAPE_BPF_ESTABLISH_H

/* accept() and connect(): where a connection begins, and who began it. */

#include "bpf/calls.h"
#include "bpf/transfer.h"

/* A datagram socket has other addresses after connect(); told with its next datagram. */
static __always_inline void datagram_connected(struct kernel_conn_state *conn, __u64 sk)
{
	__u8 flags;

	if (!conn)
		return;
	flags = (conn->flags | CONN_STALE) & ~(CONN_ROLE_KNOWN | CONN_PEER_FILTER);
	if ((settings.flags & KERNEL_CONFIG_FILTER_PORT) && !socket_port_matches(sk))
		flags |= CONN_PEER_FILTER;
	conn->flags = flags;
}

static __always_inline void socket_established(struct transfer *transfer, __u8 kind)
{
	bool accepted = kind == KIND_ACCEPT;
	struct lane *lane = lane_claim();
	struct kernel_conn_state *conn = conn_find(lane, &transfer->ref);
	__u64 transport = transfer->ref.transport;
	bool full = false;

	if (transport == TRANSPORT_UDP || transport == TRANSPORT_UNIX_DATAGRAM) {
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
