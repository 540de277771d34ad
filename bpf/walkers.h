/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_WALKERS_H
#define SOCKTAPE_BPF_WALKERS_H

/* Iterators that user space reads: the sockets that exist at the start, and those that are gone. */

#include "bpf/tcp_state.h"
#include "bpf/uring_due.h"

/* A stream socket that was never connected: its connection begins later and is seen to. */
static __always_inline bool socket_is_fresh(struct socket_ref *ref)
{
	if (ref->transport == TRANSPORT_TCP)
		return !socket_remote_port(ref->sk);
	return ref->transport == TRANSPORT_UNIX_STREAM && !unix_peer_of(ref->sk);
}

SEC("iter/task_file")
int mark_sockets(struct bpf_iter__task_file *walker)
{
	struct task_struct *task = walker->task;
	struct file *file = walker->file;
	struct socket_ref ref = {};
	bool full = false;

	if (!task || !file || !socket_of_file(file, &ref))
		return 0;
	if (KERNEL_GET(sock, ref.sk, __sk_common.skc_state) == TCP_LISTEN)
		tcp_was_listening(ref.sk, task);
	else if (!socket_is_fresh(&ref) && !conn_find(NULL, &ref))
		conn_open(&ref, CONN_BY_ITERATOR, &full);
	return 0;
}

/* A connection that opened and carried nothing since then is told of after this long. */
#define SILENCE_NS 1000000000ULL

static __always_inline void conn_sweep(__u64 sk, struct kernel_conn_state *conn)
{
	struct socket_ref ref = {};

	if (!conn->socket) {
		socket_ref_of(sk, &ref);
		conn->inode = ref.inode;
		conn->socket = ref.socket;
	}
	tcp_sweep(sk, conn);
	uring_due_settle(conn, false);
	if ((conn->flags & (CONN_ANNOUNCED | CONN_STATE_DUE)) == CONN_ANNOUNCED || !conn->opener ||
	    bpf_ktime_get_ns() - conn->opened_ts < SILENCE_NS)
		return;
	/* Who has the socket in fact is told when it moves something. */
	if (conn_announce(NULL, sk, conn, conn_process(conn), -1))
		conn->flags |= CONN_STALE;
}

SEC("iter/bpf_map_elem")
int sweep_conns(struct bpf_iter__bpf_map_elem *walker)
{
	__u64 *key = walker->key;
	struct kernel_conn_state *conn;
	__u64 sk;

	if (!key)
		return 0;
	sk = *key;
	/* What the walker gives is no value of the map to the verifier. */
	conn = bpf_map_lookup_elem(&conns, &sk);
	if (!conn)
		return 0;
	if (conn->socket && !socket_lives(sk, conn->socket, conn->inode)) {
		uring_due_settle(conn, true);
		if (conn_close_send(NULL, 0, conn))
			bpf_map_delete_elem(&conns, &sk);
	} else {
		conn_sweep(sk, conn);
	}
	return 0;
}

SEC("iter/bpf_map_elem")
int sweep_processes(struct bpf_iter__bpf_map_elem *walker)
{
	__u32 *key = walker->key;
	struct process_state *process = walker->value;
	__u32 tgid;

	if (!key || !process || !process->gone)
		return 0;
	tgid = *key;
	if (process_exit_send(NULL, tgid, process->status))
		bpf_map_delete_elem(&processes, &tgid);
	return 0;
}

#endif
