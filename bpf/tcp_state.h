/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TCP_STATE_H
#define SOCKTAPE_BPF_TCP_STATE_H

/*
 * Connections as TCP's states tell of them (include/net/tcp_states.h): who connects, when the
 * handshake ends, why it doesn't, who ends the connection. connect() and listen() run in the
 * caller's context; everything else may happen in an interrupt, where the current process has
 * nothing to do with it.
 *
 * A connection is told of with its first data, when it ends, or by the sweep, and then with all
 * that is known; a change of its state after that is a record of its own.
 */

#include "bpf/tcp_count.h"
#include "bpf/calls.h"
#include "bpf/process.h"

#define EPIPE	      32
#define EADDRNOTAVAIL 99
#define ECONNRESET    104
#define ECONNREFUSED  111
#define ECANCELED     125

static __always_inline struct kernel_listener *listener_of(__u64 sk)
{
	struct listen_key key = {.netns = socket_netns(sk), .port = socket_local_port(sk)};

	return bpf_map_lookup_elem(&listeners, &key);
}

static __always_inline void listener_put(__u64 sk, struct kernel_listener *listener)
{
	struct listen_key key = {.netns = socket_netns(sk), .port = socket_local_port(sk)};

	bpf_map_update_elem(&listeners, &key, listener, BPF_ANY);
}

/* Tells user space of the current process, if it can be done now. */
static __always_inline void process_introduce(__u32 tgid)
{
	struct lane *lane;

	if (bpf_map_lookup_elem(&processes, &tgid))
		return;
	lane = lane_claim();
	if (!lane)
		return;
	process_send(lane->cpu, tgid);
	lane_release(lane);
}

static __always_inline void tcp_listens(__u64 sk)
{
	struct kernel_listener listener = {.pid = bpf_get_current_pid_tgid() >> 32};

	listener.matches = process_matches(current_task(), listener.pid);
	if (listener.matches &&
	    (!(settings.flags & KERNEL_CONFIG_FILTER_PORT) || port_matches(socket_local_port(sk))))
		process_introduce(listener.pid);
	listener_put(sk, &listener);
}

/*
 * A socket that TASK, one of perhaps several, has listened on since before the recording. Its
 * cgroup can't be asked here: with that filter its connections are told of with their first data.
 */
static __always_inline void tcp_was_listening(__u64 sk, struct task_struct *task)
{
	struct kernel_listener *known = listener_of(sk);
	struct kernel_listener listener = {.pid = KERNEL_GET(task_struct, task, tgid)};

	listener.matches = !(settings.flags & KERNEL_CONFIG_FILTER_CGROUP) &&
			   process_matches(task, listener.pid);
	if (!known || (!known->matches && listener.matches))
		listener_put(sk, &listener);
}

static __always_inline void conn_change(__u64 sk, struct kernel_conn_state *conn, __u8 state,
					__u8 by, __u16 error)
{
	struct kernel_state record = {};
	struct lane *lane;

	record_begin(&record.record, KERNEL_STATE, sizeof(record));
	conn->state = state;
	conn->state_by = by;
	conn->state_ts = record.record.ts;
	conn->error = error;
	if (state == CONN_ESTABLISHED)
		conn->established_ts = record.record.ts;
	if (!(conn->flags & CONN_ANNOUNCED))
		return;
	record.conn = conn->id;
	record.state = state;
	record.by = by;
	record.error = error;
	lane = lane_claim();
	if (!RECORD_SEND(lane, &record))
		conn->flags |= CONN_STATE_DUE;
	lane_release(lane);
}

/* A connection of this socket that was told of before is another one. */
static __always_inline void tcp_connects(__u64 sk)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);
	struct socket_ref ref = {};
	struct lane *lane;
	bool full = false;

	if (conn) {
		lane = lane_claim();
		conn_close_send(lane, 0, conn);
		lane_release(lane);
		bpf_map_delete_elem(&conns, &sk);
	}
	socket_ref_of(sk, &ref);
	if (!ref.socket || ref.transport != TRANSPORT_TCP || !process_matches(current_task(), tgid))
		return;
	conn = conn_open(&ref, CONN_BY_CONNECT, &full);
	if (!conn)
		return;
	conn->state = CONN_OPENING;
	conn->state_ts = conn->opened_ts;
	conn->opener = tgid;
	process_introduce(tgid);
}

/* The other end has connected. Nobody has the socket yet but who listens. */
static __always_inline struct kernel_conn_state *tcp_arrives(__u64 sk)
{
	struct kernel_listener *listener = listener_of(sk);
	struct socket_ref ref = {};
	struct kernel_conn_state *conn;
	bool full = false;

	if (!listener || !listener->matches)
		return NULL;
	socket_ref_of(sk, &ref);
	if (ref.transport != TRANSPORT_TCP)
		return NULL;
	conn = conn_open(&ref, CONN_BY_ACCEPT, &full);
	if (!conn)
		return NULL;
	conn->opener = listener->pid;
	/* TCP has measured by now how long its SYN-ACK was on the way; in eighths of microseconds.
	 */
	if (KERNEL_GET(sock, sk, sk_protocol) == PROTOCOL_TCP)
		conn->opened_ts -= KERNEL_GET(tcp_sock, sk, srtt_us) / 8 * 1000ULL;
	return conn;
}

static __always_inline void tcp_established(__u64 sk, int before)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);

	if (!conn && before == TCP_SYN_RECV)
		conn = tcp_arrives(sk);
	if (conn)
		conn_change(sk, conn, CONN_ESTABLISHED, END_UNKNOWN, 0);
}

/* The first FIN, in either direction. */
static __always_inline void tcp_closing(__u64 sk, __u8 by)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);

	if (conn && by == END_LOCAL)
		conn->fin_sent = 1;
	if (conn && conn->state != CONN_CLOSING)
		conn_change(sk, conn, CONN_CLOSING, by, 0);
}

/* A soft error is one that TCP tries again after, but tells of. */
static __always_inline __u16 socket_error(__u64 sk)
{
	__u16 error = KERNEL_GET(sock, sk, sk_err);

	return error ? error : KERNEL_GET(sock, sk, sk_err_soft);
}

static __always_inline void tcp_settle_now(__u64 sk, struct kernel_conn_state *conn)
{
	struct lane *lane = lane_claim();

	tcp_settle(lane, sk, conn);
	lane_release(lane);
}

/*
 * TCP has set the error by now where the network ended it. Where there is none, and the other end
 * wasn't told in the ordinary way, the application gave up: close() with bytes unread, or with
 * SO_LINGER and no time, or of a socket that still connects. One that has no port by then is one
 * for which there was none left.
 */
static __always_inline void tcp_closed(__u64 sk, int before)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);
	__u16 error = KERNEL_GET(sock, sk, sk_err);
	bool connecting = before == TCP_SYN_SENT || before == TCP_SYN_RECV;
	__u8 by;

	if (!conn)
		return;
	by = conn->state_by; /* for an ordinary end: who ended first */
	if (!error && connecting)
		error = conn->error ? conn->error : socket_error(sk);
	if (error == EPIPE)
		error = ECONNRESET;
	if (error) {
		by = error == ECONNRESET || error == ECONNREFUSED ? END_REMOTE : END_UNKNOWN;
	} else if (connecting || before == TCP_ESTABLISHED || before == TCP_CLOSE_WAIT) {
		error = !connecting		? ECONNRESET
			: socket_bound_port(sk) ? ECANCELED
						: EADDRNOTAVAIL;
		by = END_LOCAL;
		if (!connecting)
			tcp_settle_now(sk, conn);
	}
	conn_change(sk, conn,
		    connecting ? CONN_FAILED
		    : error    ? CONN_RESET
			       : CONN_CLOSED,
		    by, error);
	/* Its addresses may be gone a moment later. */
	if (!(conn->flags & CONN_ANNOUNCED) && conn->opener) {
		struct lane *lane = lane_claim();

		conn_announce(lane, sk, conn, conn_process(conn), -1);
		lane_release(lane);
	}
}

/* An ICMP message that comes while the socket is in use is only put into its queue at first. */
static __always_inline __u16 socket_error_reported(__u64 sk)
{
	struct sock *own = (struct sock *)sk;
	struct sk_buff *last = BPF_CORE_READ(own, sk_error_queue.prev);
	__u16 error = socket_error(sk);

	if (error || (void *)last == (void *)own + bpf_core_field_offset(own->sk_error_queue))
		return error;
	return BPF_CORE_READ((struct sock_exterr_skb *)last->cb, ee.ee_errno);
}

/* An error of connect() that the application takes off the socket before that is closed. */
SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(on_tcp_error, struct sock *socket)
{
	__u64 sk = (__u64)socket;
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);

	if (conn && conn->state == CONN_OPENING)
		conn->error = socket_error_reported(sk);
	return 0;
}

static __always_inline int tcp_changed(__u64 sk, int before, int after)
{
	if (socket_is_kernels(sk))
		return 0;
	if (after == TCP_LISTEN)
		tcp_listens(sk);
	else if (after == TCP_SYN_SENT)
		tcp_connects(sk);
	else if (after == TCP_ESTABLISHED)
		tcp_established(sk, before);
	else if (after == TCP_FIN_WAIT1 || after == TCP_LAST_ACK)
		tcp_closing(sk, END_LOCAL);
	else if (after == TCP_CLOSE_WAIT)
		tcp_closing(sk, END_REMOTE);
	else if (after == TCP_CLOSE)
		tcp_closed(sk, before);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *socket, int before, int after)
{
	return UNPREEMPTED(tcp_changed((__u64)socket, before, after));
}

#endif
