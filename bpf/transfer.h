/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TRANSFER_H
#define SOCKTAPE_BPF_TRANSFER_H

/* One call that moved bytes through a socket, from whichever side the programs learn of it. */

#include "bpf/copy.h"
#include "bpf/ktls.h"
#include "bpf/overlay.h"
#include "bpf/process.h"
#include "bpf/tls_wire.h"

/* A call that has waited for less isn't told of: others may have had the processor. */
#define BLOCKED_MIN 1000000 /* ns */

static __always_inline bool transfer_is_datagram(const struct transfer *transfer)
{
	return transfer->ref.transport != TRANSPORT_TCP &&
	       transfer->ref.transport != TRANSPORT_UNIX_STREAM;
}

/* The connection of a transfer; NULL when it isn't recorded, or can't be and was counted. */
static __always_inline struct kernel_conn_state *transfer_conn(struct lane *lane,
							       struct transfer *transfer)
{
	struct kernel_conn_state *conn = conn_find(lane, &transfer->ref);
	bool full = false;

	if (!conn)
		conn = conn_open(&transfer->ref, CONN_BY_DATA, &full);
	if (full) {
		COUNT(lane, lost_table_calls, 1);
		COUNT(lane, lost_table_bytes, transfer->messages ? 0 : transfer->moved);
	}
	return conn;
}

/* A datagram socket has other addresses after connect(); told with its next datagram. */
static __always_inline void datagram_connected(struct kernel_conn_state *conn, __u64 sk)
{
	__u8 flags;

	flags = (conn->flags | CONN_STALE) & ~(CONN_ROLE_KNOWN | CONN_PEER_FILTER);
	if ((settings.flags & KERNEL_CONFIG_FILTER_PORT) && !socket_port_matches(sk))
		flags |= CONN_PEER_FILTER;
	conn->flags = flags;
}

/* Sees to it whether a UDP socket was connected since it was looked at last. */
static __always_inline void datagram_look(struct kernel_conn_state *conn,
					  const struct transfer *transfer)
{
	__u64 remote;

	if (transfer->ref.transport != TRANSPORT_UDP)
		return;
	remote = socket_remote(transfer->ref.sk);
	if (remote == conn->remote)
		return;
	conn->remote = remote;
	datagram_connected(conn, transfer->ref.sk);
}

/* A call whose bytes can't be recorded still moves the position: the hole is exact. */
static __noinline void transfer_skip(struct transfer *transfer)
{
	struct kernel_conn_state *conn = transfer_conn(NULL, transfer);

	if (!conn)
		return;
	COUNT(NULL, lost_nested_calls, 1);
	if (transfer->messages)
		return;
	COUNT(NULL, lost_nested_bytes, transfer->moved);
	conn_advance(conn, transfer->direction, transfer->moved);
	COUNT(NULL, moved_bytes, transfer->moved);
}

/* The bytes come out of FILE, from position AT on. */
static __always_inline void source_file(struct transfer *transfer, struct file *file, __u64 at)
{
	struct sock *sk = (struct sock *)transfer->ref.sk;

	if (!page_distance)
		page_distance_find((__u64)BPF_CORE_READ(sk, __sk_common.skc_prot, slab));
	file = file_with_pages(file);
	if (!file)
		return;
	transfer->source.kind = SOURCE_FILE;
	transfer->source.at = (__u64)KERNEL_GET(file, file, f_mapping);
	transfer->source.count = at;
}

/* CONN and PROCESS go before the data that needs them. */
static __always_inline void conn_introduce(struct lane *lane, struct kernel_conn_state *conn,
					   const struct transfer *transfer)
{
	__u32 pid = transfer->pid;

	if ((conn->flags & (CONN_ANNOUNCED | CONN_STALE)) != CONN_ANNOUNCED)
		conn_announce(lane, transfer->ref.sk, conn, pid, transfer->fd);
	if (conn->announced_pid == pid)
		return;
	if (bpf_map_lookup_elem(&processes, &pid) || process_send(lane->cpu, pid))
		conn->announced_pid = pid;
}

static __always_inline void walk_prepare(struct lane *lane, const struct transfer *transfer,
					 struct kernel_conn_state *conn)
{
	struct walk *walk = &lane->walk;

	__builtin_memset(walk, 0, sizeof(*walk));
	walk->ts = bpf_ktime_get_ns();
	if (transfer->since && walk->ts - transfer->since >= BLOCKED_MIN)
		walk->blocked = walk->ts - transfer->since;
	walk->key = transfer->ref.sk;
	walk->conn = conn->id;
	walk->source = transfer->source;
	walk->peer = transfer->peer;
	walk->pid = transfer->pid;
	walk->tid = transfer->tid;
	walk->fd = transfer->fd;
	walk->call = transfer->call;
	walk->direction = transfer->direction;
	walk->datagram = transfer_is_datagram(transfer);
	if (transfer->ref.transport == TRANSPORT_UDP && transfer->direction == DIRECTION_SENT)
		walk->segment_default = segment_of_socket(transfer->ref.sk);
	walk->segment = transfer->segment ? transfer->segment : walk->segment_default;
	walk->peer_port_filter = !!(conn->flags & CONN_PEER_FILTER);
	if (walk->source.kind == SOURCE_BUFFER) {
		walk->piece = walk->source.at;
		walk->piece_len = walk->source.count;
	}
}

/* Sends the bytes of a transfer. */
static __always_inline void transfer_send(struct lane *lane, struct transfer *transfer,
					  struct kernel_conn_state *conn)
{
	struct walk *walk = &lane->walk;

	if (!transfer->messages && (conn->flags & CONN_PEER_FILTER) &&
	    !port_matches(transfer->peer.port))
		return;
	conn_introduce(lane, conn, transfer);
	walk_prepare(lane, transfer, conn);
	if (transfer->messages) {
		walk->messages = transfer->messages;
		walk->message_count = transfer->moved;
		walk_run(lane->cpu);
		return;
	}
	walk->offset = tcp_advance(lane, transfer->ref.sk, conn, transfer->direction,
				   transfer->moved, transfer->tid);
	if (ktls_moves(transfer, conn))
		walk->layer = LAYER_TLS;
	COUNT(lane, moved_bytes, transfer->moved);
	tls_wire_begin(lane, conn, transfer->moved);
	if (walk->rest || walk->keep > KERNEL_PAYLOAD_MAX)
		walk_run(lane->cpu);
	else if (walk->piece_len >= walk->keep)
		walk_direct(lane);
	else if (walk->source.kind == SOURCE_VECTOR && walk->source.count <= FEW_PIECES)
		walk_few(lane);
	else
		walk_run(lane->cpu);
}

/* Records a transfer that the filters let through. */
static __always_inline void transfer_record(struct transfer *transfer)
{
	struct lane *lane = lane_claim();
	struct kernel_conn_state *conn;

	if (!lane) {
		transfer_skip(transfer);
		return;
	}
	conn = transfer_conn(lane, transfer);
	if (conn)
		transfer_send(lane, transfer, conn);
	lane_release(lane);
}

#endif
