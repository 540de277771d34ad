/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SYSCALL_H
#define SOCKTAPE_BPF_SYSCALL_H

/*
 * Data, connect() and accept() at the exit of the system call: the arguments are in pt_regs still,
 * and what the call moved is known.
 */

#include "bpf/calls.h"
#include "bpf/copy.h"
#include "bpf/process.h"

static __always_inline bool call_flags_ignore(const volatile struct call_shape *shape,
					      struct pt_regs *regs, __u32 *flags)
{
	*flags = 0;
	if (shape->direction != DIRECTION_RECEIVED)
		return false;
	if (shape->call == CALL_RECVFROM || shape->kind == KIND_MESSAGES)
		*flags = regs->r10;
	else if (shape->kind == KIND_MESSAGE)
		*flags = regs->dx;
	return *flags & (MSG_PEEK | MSG_ERRQUEUE);
}

/* Sets the source of a message's pieces; false when the arguments are not readable. */
static __always_inline bool walk_source(struct walk *walk, struct pt_regs *regs, __u8 kind)
{
	struct user_msghdr message;

	switch (kind) {
	case KIND_BUFFER:
		walk->piece = regs->si;
		walk->piece_len = regs->dx;
		if ((walk->call == CALL_SENDTO || walk->call == CALL_RECVFROM) && walk->datagram)
			address_from_user(regs->r8, &walk->peer);
		return true;
	case KIND_VECTOR:
		walk->iov = regs->si;
		walk->iov_count = regs->dx;
		return true;
	case KIND_MESSAGE:
		if (bpf_probe_read_user(&message, sizeof(message), (void *)regs->si))
			return false;
		walk->iov = (__u64)message.msg_iov;
		walk->iov_count = message.msg_iovlen;
		if (walk->datagram)
			address_from_user((__u64)message.msg_name, &walk->peer);
		return true;
	case KIND_MESSAGES:
		walk->messages = regs->si;
		return true;
	default:
		walk->source = SOURCE_NONE;
		return true;
	}
}

static __always_inline void sendfile_source(struct walk *walk, struct task_struct *task,
					    struct pt_regs *regs, __u64 moved)
{
	struct file *file = current_file(task, regs->si);
	__u64 offset = 0;

	if (!file)
		return;
	if (!page_distance)
		page_distance_find((struct sock *)walk->key);
	if (regs->dx)
		bpf_probe_read_user(&offset, sizeof(offset), (void *)regs->dx);
	else
		offset = KERNEL_GET(file, file, f_pos);
	walk->source = SOURCE_FILE;
	walk->mapping = (__u64)KERNEL_GET(file, file, f_mapping);
	walk->file_offset = offset - moved;
}

static __always_inline void walk_init(struct walk *walk, __u64 key, struct kernel_conn_state *conn)
{
	__u64 id = bpf_get_current_pid_tgid();

	__builtin_memset(walk, 0, sizeof(*walk));
	walk->ts = bpf_ktime_get_ns();
	walk->key = key;
	walk->conn = conn->id;
	walk->pid = id >> 32;
	walk->tid = id;
	walk->datagram = conn->transport != TRANSPORT_TCP &&
			 conn->transport != TRANSPORT_UNIX_STREAM;
	walk->peer_port_filter = conn->flags & CONN_PEER_FILTER;
}

/* CONN and PROCESS go before the data that needs them. */
static __always_inline void conn_introduce(struct scratch *space, struct kernel_conn_state *conn)
{
	struct walk *walk = &space->walk;

	if (!(conn->flags & CONN_ANNOUNCED))
		conn_announce(walk->key, conn, walk->fd);
	if (conn->announced_pid != walk->pid &&
	    (bpf_map_lookup_elem(&processes, &walk->pid) || process_send(space)))
		conn->announced_pid = walk->pid;
}

static __always_inline void count_lost_table(__u64 moved)
{
	COUNT(lost_table_calls, 1);
	COUNT(lost_table_bytes, moved);
}

/* One call that moved bytes (or messages) through the socket REF. */
static __always_inline void call_record(struct task_struct *task, struct pt_regs *regs,
					const volatile struct call_shape *shape,
					struct socket_ref *ref, __s32 fd, __u64 result)
{
	__u8 direction = shape->direction;
	__u8 kind = shape->kind;
	struct kernel_conn_state *conn;
	struct scratch *space;
	struct walk *walk;
	bool full = false;
	__u32 flags;

	if (call_flags_ignore(shape, regs, &flags))
		return;
	conn = conn_find(ref);
	if (!conn)
		conn = conn_open(ref, CONN_BY_DATA, &full);
	if (!conn) {
		if (full)
			count_lost_table(result);
		return;
	}
	space = scratch_claim();
	if (!space) {
		COUNT(lost_nested_calls, 1);
		if (kind != KIND_MESSAGES) {
			COUNT(lost_nested_bytes, result);
			conn_advance(conn, direction, result);
		}
		return;
	}
	walk = &space->walk;
	walk_init(walk, ref->sk, conn);
	walk->fd = fd;
	walk->call = shape->call;
	walk->direction = direction;
	if (!walk_source(walk, regs, kind)) {
		COUNT(lost_unreadable_calls, 1);
		COUNT(lost_unreadable_bytes, result);
		conn_advance(conn, direction, result);
		goto out;
	}
	if (walk->peer_port_filter && kind != KIND_MESSAGES && walk->peer.port != settings.port)
		goto out;
	conn_introduce(space, conn);
	if (kind == KIND_MESSAGES) {
		walk->message_count = result;
	} else {
		walk->offset = conn_advance(conn, direction, result);
		COUNT(moved_bytes, result);
		message_begin(walk, result);
	}
	if (kind == KIND_SENDFILE)
		sendfile_source(walk, task, regs, result);
	walk_run(space);
out:
	scratch_release(space);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
	__u64 number = regs->orig_ax;
	const volatile struct call_shape *shape;
	struct socket_ref ref = {};
	struct task_struct *task;
	__s32 fd;

	if (number >= CALL_NUMBERS)
		return 0;
	shape = &call_shapes[number];
	if (!shape->kind || result < 0)
		return 0;
	task = current_task();
	fd = shape->kind == KIND_ACCEPT ? result : regs->di;
	if (!socket_of_file(current_file(task, fd), &ref))
		return 0;
	if (!process_matches(task, bpf_get_current_pid_tgid() >> 32))
		return 0;
	if (shape->kind < KIND_ACCEPT && result > 0)
		call_record(task, regs, shape, &ref, fd, result);
	return 0;
}

#endif
