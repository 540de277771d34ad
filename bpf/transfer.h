/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TRANSFER_H
#define SOCKTAPE_BPF_TRANSFER_H

/* One call that moved bytes through a socket, from whichever side the programs learn of it. */

#include "bpf/copy.h"
#include "bpf/process.h"

struct transfer {
	struct socket_ref ref;
	__u64 moved; /* bytes, or messages where each has its own length */
	__u32 pid;
	__u32 tid;
	__s32 fd;
	__u8 call;
	__u8 direction;
	__u8 messages; /* `moved` counts messages */
};

/* The connection of a transfer; NULL when it isn't recorded, or can't be and was counted. */
static __always_inline struct kernel_conn_state *transfer_conn(struct transfer *transfer)
{
	struct kernel_conn_state *conn = conn_find(&transfer->ref);
	bool full = false;

	if (!conn)
		conn = conn_open(&transfer->ref, CONN_BY_DATA, &full);
	if (full) {
		COUNT(lost_table_calls, 1);
		COUNT(lost_table_bytes, transfer->messages ? 0 : transfer->moved);
	}
	return conn;
}

/* A call whose bytes can't be recorded still moves the position: the hole is exact. */
static __always_inline void transfer_skip(struct transfer *transfer, struct kernel_conn_state *conn)
{
	conn_advance(conn, transfer->direction, transfer->moved);
	COUNT(moved_bytes, transfer->moved);
}

/* Work space with the walk prepared but for the source of its bytes; NULL when it is in use. */
static __always_inline struct scratch *transfer_claim(struct transfer *transfer,
						      struct kernel_conn_state *conn)
{
	struct scratch *space = scratch_claim();
	struct walk *walk;

	if (!space) {
		COUNT(lost_nested_calls, 1);
		if (!transfer->messages) {
			COUNT(lost_nested_bytes, transfer->moved);
			transfer_skip(transfer, conn);
		}
		return NULL;
	}
	walk = &space->walk;
	__builtin_memset(walk, 0, sizeof(*walk));
	walk->ts = bpf_ktime_get_ns();
	walk->key = transfer->ref.sk;
	walk->conn = conn->id;
	walk->pid = transfer->pid;
	walk->tid = transfer->tid;
	walk->fd = transfer->fd;
	walk->call = transfer->call;
	walk->direction = transfer->direction;
	walk->datagram = conn->transport != TRANSPORT_TCP &&
			 conn->transport != TRANSPORT_UNIX_STREAM;
	walk->peer_port_filter = conn->flags & CONN_PEER_FILTER;
	return space;
}

/* CONN and PROCESS go before the data that needs them. */
static __always_inline void conn_introduce(struct scratch *space, struct kernel_conn_state *conn)
{
	struct walk *walk = &space->walk;

	if ((conn->flags & (CONN_ANNOUNCED | CONN_STALE)) != CONN_ANNOUNCED)
		conn_announce(walk->key, conn, walk->pid, walk->fd);
	if (conn->announced_pid == walk->pid)
		return;
	if (bpf_map_lookup_elem(&processes, &walk->pid) || process_send(space->cpu, walk->pid))
		conn->announced_pid = walk->pid;
}

/* Sends the bytes of a transfer whose source has been set. */
static __always_inline void transfer_send(struct transfer *transfer, struct scratch *space,
					  struct kernel_conn_state *conn)
{
	struct walk *walk = &space->walk;

	if (!transfer->messages && walk->peer_port_filter && walk->peer.port != settings.port)
		return;
	conn_introduce(space, conn);
	if (transfer->messages) {
		walk->message_count = transfer->moved;
	} else {
		walk->offset = conn_advance(conn, transfer->direction, transfer->moved);
		COUNT(moved_bytes, transfer->moved);
		message_begin(walk, transfer->moved);
	}
	walk_run(space->cpu);
}

#endif
