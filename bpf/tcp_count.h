/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TCP_COUNT_H
#define SOCKTAPE_BPF_TCP_COUNT_H

/*
 * A net below all calls: TCP counts what applications send and receive itself. Where its count is
 * ahead of the connection's position, bytes went through a call that no program saw: they are told
 * of as UNSEEN, and the position takes them along.
 *
 * While one thread alone uses a connection, the bytes were moved before the call that is recorded
 * just now: their place is known. Two threads may be between TCP's count and the program at once;
 * then nothing is concluded before both counts have stood still for one sweep while no call waited
 * in its middle, or the connection ends. A gap that was found is told of after a sweep, too: a call
 * that was only late takes it back.
 */

#include "bpf/conn.h"

#define SOCK_DONE 1 /* bit of sk_flags: the other end has said that it will send no more */

#define SK_USER_DATA_PSOCK 4 /* bit of sk_user_data: bytes may be redirected (sockmap) */

/* enum of kernel_conn_state.counted */
#define COUNT_UNKNOWN 0
#define COUNT_KNOWN   1
#define COUNT_NEVER   2

static __always_inline bool tcp_is_plain(__u64 sk)
{
	__u64 user_data = 0;

	bpf_core_read(&user_data, sizeof(user_data), &((struct sock *)sk)->sk_user_data);
	return KERNEL_GET(sock, sk, sk_protocol) == PROTOCOL_TCP &&
	       !KERNEL_GET(inet_connection_sock, sk, icsk_ulp_ops) &&
	       !(user_data & SK_USER_DATA_PSOCK);
}

/* A FIN takes a sequence number: 1 when the application has been given its end. */
static __always_inline __u32 tcp_fin_received(__u64 sk)
{
	return (KERNEL_GET(sock, sk, __sk_common.skc_flags) >> SOCK_DONE & 1) &&
	       KERNEL_GET(tcp_sock, sk, copied_seq) == KERNEL_GET(tcp_sock, sk, rcv_nxt);
}

/* The sequence number behind the last byte that applications have sent or received. */
static __always_inline __u32 tcp_sequence(__u64 sk, const struct kernel_conn_state *conn,
					  __u8 direction)
{
	if (direction == DIRECTION_SENT)
		return KERNEL_GET(tcp_sock, sk, write_seq) - conn->fin_sent;
	return KERNEL_GET(tcp_sock, sk, copied_seq);
}

/*
 * Finds the sequence numbers that position 0 stands for. Of a connection that was seen to open they
 * follow from what TCP has counted since; a client's count of acknowledged bytes includes its SYN.
 */
static __always_inline void tcp_count_begin(__u64 sk, struct kernel_conn_state *conn)
{
	__u64 acked = KERNEL_GET(tcp_sock, sk, bytes_acked);
	__u32 una = KERNEL_GET(tcp_sock, sk, snd_una);

	conn->counted = COUNT_NEVER;
	if (conn->transport != TRANSPORT_TCP || !tcp_is_plain(sk))
		return;
#ifdef SOCKTAPE_COMPAT
	/* What other processes do with the socket isn't seen. */
	if (settings.flags & FILTERS_OF_PROCESSES)
		return;
#endif
	/* Before the first recorded call others may have used it. */
	if (conn->origin != ORIGIN_OPENED || (settings.flags & FILTERS_OF_PROCESSES)) {
		conn->first[DIRECTION_SENT] = tcp_sequence(sk, conn, DIRECTION_SENT) -
					      conn->position[DIRECTION_SENT];
		conn->first[DIRECTION_RECEIVED] = tcp_sequence(sk, conn, DIRECTION_RECEIVED) -
						  tcp_fin_received(sk) -
						  conn->position[DIRECTION_RECEIVED];
		conn->counted = COUNT_KNOWN;
		return;
	}
	/* An acknowledgement came in between: next time. */
	if (KERNEL_GET(tcp_sock, sk, bytes_acked) != acked) {
		conn->counted = COUNT_UNKNOWN;
		return;
	}
	conn->first[DIRECTION_SENT] = una - (__u32)acked + (conn->role == ROLE_CLIENT);
	conn->first[DIRECTION_RECEIVED] = KERNEL_GET(tcp_sock, sk, rcv_nxt) -
					  (__u32)KERNEL_GET(tcp_sock, sk, bytes_received);
	conn->counted = COUNT_KNOWN;
}

/* Bytes by which TCP's count is ahead of POSITION. */
static __always_inline __s32 tcp_ahead(__u64 sk, const struct kernel_conn_state *conn,
				       __u8 direction, __u64 position)
{
	__s32 ahead = tcp_sequence(sk, conn, direction) -
		      (conn->first[direction & 1] + (__u32)position);

	if (ahead > 0 && direction == DIRECTION_RECEIVED)
		ahead -= tcp_fin_received(sk);
	return ahead;
}

static __noinline void unseen_send(struct lane *lane, struct kernel_conn_state *conn,
				   __u8 direction, __u64 position, __u64 bytes)
{
	struct kernel_unseen record = {};

	record_begin(&record.record, KERNEL_UNSEEN, sizeof(record));
	record.conn = conn->id;
	record.position = position;
	record.bytes = bytes;
	record.direction = direction;
	if (!RECORD_SEND(lane, &record)) {
		COUNT(lane, lost_unseen_calls, 1);
		COUNT(lane, lost_unseen_bytes, bytes);
	}
}

/* Tells of the gap that was found in a direction, if there is one. */
static __always_inline void gap_send(struct lane *lane, struct kernel_conn_state *conn,
				     __u8 direction)
{
	struct kernel_gap *gap = &conn->gap[direction & 1];

	if (!gap->len)
		return;
	unseen_send(lane, conn, direction, gap->at, gap->len);
	gap->len = 0;
}

/*
 * The counts differ after a call that moved bytes from position BEFORE on: gives where they stand
 * in fact.
 */
static __noinline __u64 tcp_reconcile(struct lane *lane, struct kernel_conn_state *conn,
				      __u8 direction, __u64 before, __s32 ahead)
{
	struct kernel_gap *gap = &conn->gap[direction & 1];
	__u64 late;

	if (ahead > 0) {
		if (conn->shared)
			return before;
		gap_send(lane, conn, direction);
		gap->at = before;
		gap->len = ahead;
		gap->old = 0;
		conn_advance(conn, direction, ahead);
		return before + ahead;
	}
	late = -ahead;
	if (late > gap->len)
		late = gap->len;
	if (late) {
		gap->at += late;
		gap->len -= late;
		conn_advance(conn, direction, -late);
		return gap->at - late;
	}
	return before;
}

/* Moves the position of SK's connection on by N bytes of a call; gives the call's place. */
static __always_inline __u64 tcp_advance(struct lane *lane, __u64 sk,
					 struct kernel_conn_state *conn, __u8 direction, __u64 n,
					 __u32 tid)
{
	__u64 before = conn_advance(conn, direction, n);
	__s32 ahead;

	if (conn->transport != TRANSPORT_TCP || conn->counted == COUNT_NEVER)
		return before;
	if (conn->user[direction & 1] != tid) {
		if (conn->user[direction & 1])
			conn->shared = 1;
		conn->user[direction & 1] = tid;
	}
	if (conn->counted == COUNT_UNKNOWN)
		tcp_count_begin(sk, conn);
	if (conn->counted != COUNT_KNOWN)
		return before;
	ahead = tcp_ahead(sk, conn, direction, before + n);
	if (!ahead)
		return before;
	if (!tcp_is_plain(sk)) {
		conn->counted = COUNT_NEVER;
		return before;
	}
	return tcp_reconcile(lane, conn, direction, before, ahead);
}

/* Nothing can be under way any more: what is missing now was missed. */
static __always_inline void tcp_settle_way(struct lane *lane, __u64 sk,
					   struct kernel_conn_state *conn, __u8 direction)
{
	__s32 ahead = tcp_ahead(sk, conn, direction, conn->position[direction & 1]);

	gap_send(lane, conn, direction);
	if (ahead <= 0)
		return;
	unseen_send(lane, conn, direction, conn->position[direction & 1], ahead);
	conn_advance(conn, direction, ahead);
}

/* connect() to no address begins all counts anew. */
static __always_inline bool tcp_has_forgotten(__u64 sk, const struct kernel_conn_state *conn)
{
	return !KERNEL_GET(tcp_sock, sk, bytes_acked) &&
	       !KERNEL_GET(tcp_sock, sk, bytes_received) &&
	       (conn->position[DIRECTION_SENT] || conn->position[DIRECTION_RECEIVED]);
}

static __noinline void tcp_settle(struct lane *lane, __u64 sk, struct kernel_conn_state *conn)
{
	if (conn->transport != TRANSPORT_TCP)
		return;
	if (conn->counted == COUNT_UNKNOWN && (conn->flags & CONN_ROLE_KNOWN))
		tcp_count_begin(sk, conn);
	if (conn->counted != COUNT_KNOWN || !tcp_is_plain(sk) || tcp_has_forgotten(sk, conn))
		return;
	tcp_settle_way(lane, sk, conn, DIRECTION_SENT);
	tcp_settle_way(lane, sk, conn, DIRECTION_RECEIVED);
	conn->counted = COUNT_NEVER;
}

/* Those who wait for a socket that are looked at. */
#define WAITERS_MAX 4

/*
 * Whether somebody waits for the socket: a call, poll() or io_uring. Epoll only wants to be told,
 * and has no name there.
 */
static __always_inline bool tcp_has_waiter(__u64 sk)
{
	struct wait_queue_head *queue =
		&((struct socket_wq *)BPF_CORE_READ((struct sock *)sk, sk_wq))->wait;
	struct list_head *at = BPF_CORE_READ(queue, head.next);

	for (int i = 0; i < WAITERS_MAX && at && at != &queue->head; i++) {
		struct wait_queue_entry *entry =
			(struct wait_queue_entry *)((void *)at -
						    bpf_core_field_offset(struct wait_queue_entry,
									  entry));

		if (BPF_CORE_READ(entry, private))
			return true;
		at = BPF_CORE_READ(entry, entry.next);
	}
	return false;
}

/*
 * Whether a call may be under way that has moved bytes already, and waits for the rest: send() of
 * more than there is room for, recv() with MSG_WAITALL. It tells of all when it ends. One that does
 * not wait for the socket has it locked, and waits for a processor.
 */
static __always_inline bool tcp_call_waits(__u64 sk, __u8 direction)
{
	if (KERNEL_GET(sock, sk, sk_lock.owned))
		return true;
	if (direction == DIRECTION_SENT)
		return KERNEL_GET(sock, sk, sk_write_pending);
	return tcp_has_waiter(sk);
}

/* About once a second: what stood still since the last time is settled. */
static __always_inline void tcp_sweep_way(__u64 sk, struct kernel_conn_state *conn, __u8 direction)
{
	struct kernel_gap *gap = &conn->gap[direction & 1];
	__u64 position = conn->position[direction & 1];
	__s32 ahead = tcp_ahead(sk, conn, direction, position);

	if (ahead > 0 && tcp_call_waits(sk, direction)) {
		gap->swept_ahead = 0;
		return;
	}
	if (gap->old)
		gap_send(NULL, conn, direction);
	gap->old = gap->len > 0;
	if (ahead > 0 && ahead == gap->swept_ahead && position == gap->swept) {
		unseen_send(NULL, conn, direction, position, ahead);
		conn_advance(conn, direction, ahead);
		ahead = 0;
	}
	gap->swept_ahead = ahead;
	gap->swept = position;
}

static __noinline void tcp_sweep(__u64 sk, struct kernel_conn_state *conn)
{
	if (conn->transport != TRANSPORT_TCP || conn->counted != COUNT_KNOWN || !tcp_is_plain(sk))
		return;
	tcp_sweep_way(sk, conn, DIRECTION_SENT);
	tcp_sweep_way(sk, conn, DIRECTION_RECEIVED);
}

#endif
