/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_CONN_H
#define SOCKTAPE_BPF_CONN_H

/* Connections: one for each socket's life, whoever holds it under whatever descriptor. */

#include "bpf/address.h"
#include "bpf/filter.h"
#include "bpf/lane.h"

#define CONN_ANNOUNCED	 (1 << 0) /* user space has a CONN record */
#define CONN_STALE	 (1 << 1) /* the addresses changed after that */
#define CONN_PEER_FILTER (1 << 2) /* datagrams are chosen by their own peer's port */
#define CONN_ROLE_KNOWN	 (1 << 3)
#define CONN_STATE_DUE	 (1 << 4) /* a change of state was not told */

/* How a socket shows up for the first time. */
enum conn_how {
	CONN_BY_DATA,
	CONN_BY_ACCEPT,
	CONN_BY_CONNECT,
	CONN_BY_ITERATOR
};

/*
 * Adds to a counter that others change at the same time, and gives what it was. The atomic
 * instruction needs 5.12.
 */
#ifdef SOCKTAPE_COMPAT
/* Linux before 5.15 may refuse bpf_spin_lock to programs of this type. */
enum bpf_func_id___own {
	BPF_FUNC_timer_init___own = 169
};

static __always_inline bool spin_locks_usable(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___own, BPF_FUNC_timer_init___own);
}

/*
 * Held locks where the kernel has none: of two that enter a key at once one fails. The holder is on
 * another CPU, where nothing preempts it, and has a few instructions to go.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} locks SEC(".maps");

#define LOCK_TRIES 128

static __noinline int lock_take(__u64 key)
{
	__u8 one = 1;

	for (int i = 0; i < LOCK_TRIES; i++)
		if (!bpf_map_update_elem(&locks, &key, &one, BPF_NOEXIST))
			return 1;
	return 0;
}

static __always_inline void lock_give(__u64 key, int held)
{
	if (held)
		bpf_map_delete_elem(&locks, &key);
}

struct id_source {
	__u64 next;
	struct bpf_spin_lock lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct id_source);
} id_source SEC(".maps");

static __always_inline __u64 conn_new_id(void)
{
	__u32 zero = 0;
	__u64 id;
	struct id_source *source = bpf_map_lookup_elem(&id_source, &zero);

	if (!source)
		return 0;
	if (!spin_locks_usable()) {
		int held = lock_take(0);

		id = ++source->next;
		lock_give(0, held);
		return id;
	}
	bpf_spin_lock(&source->lock);
	id = ++source->next;
	bpf_spin_unlock(&source->lock);
	return id;
}

static __always_inline __u64 conn_advance(struct kernel_conn_state *conn, __u8 direction, __u64 n)
{
	__u64 before;

	if (!spin_locks_usable()) {
		__u64 key = conn->id;
		int held = lock_take(key);

		before = conn->position[direction & 1];
		conn->position[direction & 1] = before + n;
		lock_give(key, held);
		return before;
	}
	bpf_spin_lock(&conn->lock);
	before = conn->position[direction & 1];
	conn->position[direction & 1] = before + n;
	bpf_spin_unlock(&conn->lock);
	return before;
}
#else
__u64 last_id;

static __always_inline __u64 conn_new_id(void)
{
	return __sync_fetch_and_add(&last_id, 1) + 1;
}

static __always_inline __u64 conn_advance(struct kernel_conn_state *conn, __u8 direction, __u64 n)
{
	return __sync_fetch_and_add(&conn->position[direction & 1], n);
}
#endif

static __always_inline __u8 role_of_unix(__u64 sk)
{
	struct unix_sock *peer;

	if (BPF_CORE_READ((struct unix_sock *)sk, addr))
		return ROLE_SERVER;
	peer = unix_peer_of(sk);
	return peer && BPF_CORE_READ(peer, addr) ? ROLE_CLIENT : ROLE_UNKNOWN;
}

/* The role of a socket whose accept() or connect() was not seen. */
static __always_inline __u8 role_of_socket(__u64 sk, __u8 transport)
{
	struct listen_key listener;

	switch (transport) {
	case TRANSPORT_TCP:
		listener.netns = socket_netns(sk);
		listener.port = socket_local_port(sk);
		return bpf_map_lookup_elem(&listeners, &listener) ? ROLE_SERVER : ROLE_CLIENT;
	case TRANSPORT_UDP:
		return socket_remote_port(sk) ? ROLE_CLIENT : ROLE_UNKNOWN;
	case TRANSPORT_UNIX_STREAM:
		return role_of_unix(sk);
	default:
		return ROLE_UNKNOWN;
	}
}

/* enum conn_state of a TCP socket that is seen for the first time. */
static __always_inline __u8 conn_state_of(__u64 sk)
{
	switch (KERNEL_GET(sock, sk, __sk_common.skc_state)) {
	case TCP_ESTABLISHED:
		return CONN_ESTABLISHED;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		return CONN_OPENING;
	case TCP_CLOSE:
		return CONN_CLOSED;
	default:
		return CONN_CLOSING;
	}
}

static __always_inline void conn_fill_paths(struct kernel_conn *record, __u64 sk)
{
	struct unix_sock *peer = unix_peer_of(sk);

	record->local.family = record->remote.family = ADDRESS_UNIX;
	record->local_path_len = address_unix_path((struct unix_sock *)sk, record->local_path);
	if (peer)
		record->remote_path_len = address_unix_path(peer, record->remote_path);
}

/* SK is 0 when the socket is gone: its addresses and its role are unknown then. */
static __noinline void conn_fill(struct kernel_conn *record, __u64 sk,
				 struct kernel_conn_state *conn, __u32 pid, __s32 fd)
{
	__builtin_memset(record, 0, sizeof(*record));
	record_begin(&record->record, KERNEL_CONN, sizeof(*record));
	if (sk && !(conn->flags & CONN_ROLE_KNOWN)) {
		conn->role = role_of_socket(sk, conn->transport);
		conn->flags |= CONN_ROLE_KNOWN;
	}
	record->conn = conn->id;
	record->inode = conn->inode;
	record->opened_ts = conn->opened_ts;
	record->established_ts = conn->established_ts;
	record->state_ts = conn->state_ts;
	record->state = conn->state;
	record->state_by = conn->state_by;
	record->error = conn->error;
	record->sent = conn->position[DIRECTION_SENT];
	record->received = conn->position[DIRECTION_RECEIVED];
	record->pid = pid;
	record->fd = fd;
	record->transport = conn->transport;
	record->role = conn->role;
	record->origin = conn->origin;
	if (sk) {
		record->netns = socket_netns(sk);
		if (conn->transport >= TRANSPORT_UNIX_STREAM)
			conn_fill_paths(record, sk);
		else
			address_of_inet((struct sock *)sk, &record->local, &record->remote);
	}
}

/* Sends CONN, through the ring when LANE is NULL; the mark is set only when it could be sent. */
static __noinline bool conn_announce(struct lane *lane, __u64 sk, struct kernel_conn_state *conn,
				     __u32 pid, __s32 fd)
{
	struct kernel_conn *record;

	if (lane) {
		record = lane_room(lane, sizeof(*record))
				 ? (struct kernel_conn *)lane_memory(lane, lane->fill)
				 : NULL;
		if (record) {
			conn_fill(record, sk, conn, pid, fd);
			lane_commit(lane, sizeof(*record));
		}
	} else {
		record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
		if (record) {
			conn_fill(record, sk, conn, pid, fd);
			bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
		}
	}
	if (!record) {
		COUNT(lane, lost_meta_records, 1);
		return false;
	}
	if (!(conn->flags & CONN_ANNOUNCED))
		COUNT(lane, connections, 1);
	conn->flags = (conn->flags | CONN_ANNOUNCED) & ~(CONN_STALE | CONN_STATE_DUE);
	return true;
}

/* The process that a connection is told to belong to as long as no call of another is seen. */
static __always_inline __u32 conn_process(struct kernel_conn_state *conn)
{
	return conn->announced_pid ? conn->announced_pid : conn->opener;
}

/*
 * Sends CLOSE. A connection that moved nothing and was never announced needs none, unless it is one
 * that was seen to open. One that was not announced because the pool was full is now: its bytes are
 * a hole that somebody may ask for.
 */
static __noinline bool conn_close_send(struct lane *lane, __u64 sk, struct kernel_conn_state *conn)
{
	struct kernel_close record = {};

	if (!(conn->flags & CONN_ANNOUNCED) && !conn->opener && !conn->position[DIRECTION_SENT] &&
	    !conn->position[DIRECTION_RECEIVED])
		return true;
	if ((conn->flags & (CONN_ANNOUNCED | CONN_STATE_DUE)) != CONN_ANNOUNCED &&
	    !conn_announce(lane, sk, conn, conn_process(conn), -1))
		return false;
	record_begin(&record.record, KERNEL_CLOSE, sizeof(record));
	record.conn = conn->id;
	record.sent = conn->position[DIRECTION_SENT];
	record.received = conn->position[DIRECTION_RECEIVED];
	return RECORD_SEND(lane, &record);
}

/* Too large for the stack, of which the programs of old kernels have little left here. */
const __u8 conn_blank[sizeof(struct kernel_conn_state)] = {};

/* Another processor may have entered the connection just now: what it fills in last is the id. */
static __always_inline void conn_await(struct kernel_conn_state *conn)
{
	for (int i = 0; i < 64 && conn && !*(volatile __u64 *)&conn->id; i++)
		;
}

/* Puts a socket in the table. NULL when it has the wrong port or the table is full (then *FULL). */
static __noinline struct kernel_conn_state *conn_open(struct socket_ref *ref, enum conn_how how,
						      bool *full)
{
	struct kernel_conn_state *conn;
	__u64 key = ref->sk;
	__u8 flags = 0;
	long error;

	if ((settings.flags & KERNEL_CONFIG_FILTER_PORT) && !socket_port_matches(key)) {
		if (ref->transport != TRANSPORT_UDP || socket_remote_port(key))
			return NULL;
		flags = CONN_PEER_FILTER;
	}
	error = bpf_map_update_elem(&conns, &key, conn_blank, BPF_NOEXIST);
	if (error == -E2BIG) {
		control.conns_missed = 1;
		*full = true;
		return NULL;
	}
	conn = bpf_map_lookup_elem(&conns, &key);
	if (!conn || error) {
		conn_await(conn);
		return conn;
	}
	conn->flags = flags;
	conn->transport = ref->transport;
	conn->inode = ref->inode;
	conn->socket = ref->socket;
	conn->opened_ts = bpf_ktime_get_ns();
	conn->origin = ORIGIN_OPENED;
	if (ref->transport == TRANSPORT_TCP)
		conn->state = conn_state_of(key);
	if (ref->transport == TRANSPORT_UDP)
		conn->remote = socket_remote(key);
	if (how == CONN_BY_ACCEPT)
		conn->role = ROLE_SERVER;
	else if (how == CONN_BY_CONNECT)
		conn->role = ROLE_CLIENT;
	else if (how == CONN_BY_ITERATOR || !control.started || control.conns_missed)
		conn->origin = ORIGIN_MIDSTREAM;
	if (conn->role)
		conn->flags |= CONN_ROLE_KNOWN;
	conn->id = conn_new_id();
	return conn;
}

/* The connection of a socket if it is known; one of an earlier socket at its address is closed. */
static __always_inline struct kernel_conn_state *conn_find(struct lane *lane,
							   struct socket_ref *ref)
{
	__u64 key = ref->sk;
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &key);

	if (conn && !conn->id)
		conn_await(conn);
	if (conn && !conn->socket) {
		conn->inode = ref->inode;
		conn->socket = ref->socket;
	}
	if (!conn || conn->inode == ref->inode)
		return conn;
	conn_close_send(lane, 0, conn);
	bpf_map_delete_elem(&conns, &key);
	return NULL;
}

#endif
