/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_HOOK_H
#define SOCKTAPE_BPF_HOOK_H

/*
 * Data, at the socket: these tracepoints fire for each message of a socket after it was sent or
 * received, with its length, whatever call it came from, and for nothing else. The call is still
 * under way: its arguments are in the task's registers.
 *
 * What io_uring does is left to its own programs, which know where the bytes are.
 */

#include "bpf/aio.h"
#include "bpf/batch.h"
#include "bpf/blocked.h"
#include "bpf/received.h"
#include "bpf/tls_call.h"
#include "bpf/uring_due.h"

/*
 * Whether the call is about FILE, that of the socket. The kernel has sockets of its own that it
 * uses in the middle of calls which are about something else.
 */
static __always_inline bool call_is_about(struct syscall *call, struct task_struct *task,
					  struct file *file, struct transfer *transfer)
{
	struct fdtable *table = task->files->fdt;
	__u32 fd = call->first;

	if (call->kind == KIND_SPLICE && transfer->direction == DIRECTION_SENT)
		fd = call->third;
	else if (call->kind != KIND_SPLICE && call->direction != transfer->direction)
		return false;
	if (!call->name || call->kind >= KIND_ACCEPT || fd >= table->max_fds)
		return false;
	transfer->fd = fd;
	/* A slot of the table is a pointer, as this struct is: no helper has to look at it. */
	return (__u64)KERNEL_GET(hlist_head, (__u64)(table->fd + fd), first) == (__u64)file;
}

static __always_inline void hook_sendfile(struct syscall *call, struct task_struct *task,
					  struct transfer *transfer)
{
	struct file *file = current_file(task, call->second);
	__u64 position;

	if (file && batch_file(task, call, file, transfer->moved, &position))
		source_file(transfer, file, position);
}

/* Says where the bytes are, and what is beside them. */
static __always_inline void hook_source(struct lane *lane, struct syscall *call,
					struct task_struct *task, struct transfer *transfer,
					struct beside *beside)
{
	__u64 pointer = call->second;

	switch (call->kind) {
	case KIND_BUFFER:
		source_buffer(transfer, call, beside);
		break;
	case KIND_VECTOR:
		source_vector(transfer, call);
		break;
	case KIND_MESSAGES:
		pointer = batch_message(lane, task, call, transfer->moved,
					transfer->direction == DIRECTION_SENT);
		if (pointer)
			source_message(transfer, call, pointer, beside);
		break;
	case KIND_MESSAGE:
		source_message(transfer, call, pointer, beside);
		break;
	case KIND_SENDFILE:
		hook_sendfile(call, task, transfer);
		break;
	}
}

/* A UDP datagram's peer, and whether it is several datagrams. */
static __always_inline void hook_beside(struct lane *lane, struct task_struct *task,
					__u64 stack_end, const struct beside *beside,
					struct transfer *transfer)
{
	struct sock *sk = (struct sock *)transfer->ref.sk;
	struct wanted *wanted = &lane->wanted;

	if (transfer->ref.transport != TRANSPORT_UDP || (!beside->name && !beside->control))
		return;
	if (transfer->direction == DIRECTION_SENT) {
		address_from_user(beside->name, &transfer->peer);
		transfer->segment = segment_of_control(beside->control, beside->control_len);
		return;
	}
	wanted->stack_begin = bpf_task_pt_regs(task);
	wanted->stack_end = stack_end;
	wanted->left = vector_clamp(lane, &transfer->source, ~0ULL) - transfer->moved;
	wanted->control_end = beside->control + beside->control_len;
	wanted->family = KERNEL_GET(sock, sk, __sk_common.skc_family);
	wanted->name_len = wanted->family == AF_INET6 ? SOCKADDR_IN6_LEN : SOCKADDR_IN_LEN;
	wanted->name_mask = beside->name ? 0xffffffff : 0;
	received_find(lane);
	transfer->peer = wanted->peer;
	if (wanted->at && beside->control)
		transfer->segment = segment_of_control(beside->control,
						       beside->control_len - wanted->control_left);
}

/* Marks sockets of recorded connections where other processes may use them, too. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u8);
} marks SEC(".maps");

static __always_inline void hook_mark(struct kernel_conn_state *conn, struct sock *sk)
{
	if (!(settings.flags & FILTERS_OF_PROCESSES) || conn->marked)
		return;
	if (bpf_sk_storage_get(&marks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE))
		conn->marked = 1;
}

static __noinline int hook_record(struct lane *lane, struct task_struct *task, struct sock *sk,
				  __u64 stack_end, __u32 flags)
{
	struct transfer *transfer = &lane->transfer;
	struct kernel_conn_state *conn;
	struct beside beside = {};

	conn = transfer_conn(lane, transfer);
	if (!conn)
		return 0;
	hook_mark(conn, sk);
	datagram_look(conn, transfer);
	tls_call_socket(transfer->tid, conn->id);
	hook_source(lane, &lane->call, task, transfer, &beside);
	if (flags & MSG_TRUNC) {
		/* TCP throws the bytes away, and copies nothing. */
		if (transfer->ref.transport == TRANSPORT_TCP)
			transfer->source.kind = SOURCE_NONE;
		else if (transfer_is_datagram(transfer))
			source_clamp(lane, transfer);
	}
	hook_beside(lane, task, stack_end, &beside, transfer);
	transfer_send(lane, transfer, conn);
	return 0;
}

/* A piece that could not be moved ends its call. */
static __always_inline void hook_failed(struct task_struct *task, struct pt_regs *regs)
{
	__u32 number = CALL_NUMBER(regs);
	__u8 kind;

	if (number >= CALL_NUMBERS)
		return;
	kind = call_shapes[number].kind;
	if (kind == KIND_MESSAGES || kind == KIND_SENDFILE)
		batch_end(task);
}

static __always_inline bool hook_is_uring(struct task_struct *task, struct pt_regs *regs)
{
	return task_is_worker(task) || CALL_NUMBER(regs) == IO_URING_ENTER ||
	       !CALL_IS_RUNNING(regs);
}

/* Its own programs record it, if it completes. */
static __always_inline void hook_uring(struct transfer *transfer)
{
	if (transfer->ref.transport != TRANSPORT_TCP && transfer_conn(NULL, transfer))
		uring_due_add(transfer->ref.sk, transfer->direction, transfer->moved);
}

/* A length of 0 is the stream's end, or an empty datagram. */
static __always_inline bool hook_moved(int length, __u64 transport)
{
	return length > 0 || transport == TRANSPORT_UDP || transport == TRANSPORT_UNIX_DATAGRAM;
}

/* Another process than those that are recorded moved bytes of a connection that is. */
static __noinline int hook_foreign(__u64 sk, __u32 length, __u8 direction)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &sk);

	if (conn && conn->counted == COUNT_KNOWN)
		conn->first[direction & 1] += length;
	return 0;
}

static __always_inline void hook_transfer(struct transfer *transfer, struct sock *sk,
					  struct task_struct *task, __u8 direction, __u32 length)
{
	struct socket *socket = sk->sk_socket;

	__builtin_memset(transfer, 0, sizeof(*transfer));
	transfer->ref.sk = (__u64)sk;
	transfer->ref.socket = (__u64)socket;
	transfer->ref.inode = KERNEL_GET(socket_alloc, socket, vfs_inode.i_ino);
	transfer->ref.transport = socket_transport((__u64)sk);
	transfer->moved = length;
	transfer->direction = direction;
	transfer->pid = task->tgid;
	transfer->tid = task->pid;
	transfer->fd = -1;
}

/* Somebody who was interrupted here holds the lane. */
static __noinline int hook_nested(struct sock *sk, struct task_struct *task, __u8 direction,
				  __u32 length, bool uring)
{
	struct transfer transfer;

	hook_transfer(&transfer, sk, task, direction, length);
	if (uring)
		hook_uring(&transfer);
	else
		transfer_skip(&transfer);
	return 0;
}

/* Finds out which call the lane's transfer comes from. */
static __always_inline void hook_call(struct lane *lane, struct task_struct *task,
				      struct pt_regs *regs, struct file *file)
{
	struct transfer *transfer = &lane->transfer;
	struct syscall *call = &lane->call;

	__builtin_memset(call, 0, sizeof(*call));
	call_read(call, task, regs);
	if (call_is_about(call, task, file, transfer)) {
		transfer->call = call->name;
		return;
	}
	call->kind = KIND_NONE;
	transfer->fd = -1;
	if (!call->is_32bit && call->number == ARCH_IO_SUBMIT) {
		transfer->call = CALL_IO_SUBMIT;
		source_aio(call, task, file, transfer);
	}
}

/*
 * STACK_END: the tracepoint's arguments; the call's functions have the stack from there on. What is
 * found out lies in the lane: old verifiers want all frames of a way to fit into 512 bytes.
 */
static __always_inline int hook_run(struct sock *sk, int length, __u32 flags, __u8 direction,
				    __u64 stack_end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs;
	struct socket *socket;
	struct lane *lane;
	struct file *file;
	__u64 transport;
	bool uring;

	if (!process_matches(task, task->tgid)) {
		if (length > 0 && !(flags & MSG_PEEK) && sk->sk_bpf_storage)
			hook_foreign((__u64)sk, length, direction);
		return 0;
	}
	/* Others pay for nothing of what follows. */
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	transport = socket_transport((__u64)sk);
	socket = sk->sk_socket;
	if (length < 0)
		hook_failed(task, regs);
	file = socket ? KERNEL_GET(socket, socket, file) : NULL;
	if (!file || length < 0 || transport == TRANSPORT_UNKNOWN ||
	    !hook_moved(length, transport) || (flags & (MSG_PEEK | MSG_ERRQUEUE))) {
		waiting_take(task, regs);
		return 0;
	}
	uring = hook_is_uring(task, regs);
	lane = lane_claim();
	if (!lane)
		return hook_nested(sk, task, direction, length, uring);
	hook_transfer(&lane->transfer, sk, task, direction, length);
	if (uring) {
		hook_uring(&lane->transfer);
	} else {
		lane->transfer.since = waiting_take(task, regs);
		hook_call(lane, task, regs, file);
		hook_record(lane, task, sk, stack_end, flags);
	}
	lane_release(lane);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sk, int length, int flags)
{
	return UNPREEMPTED(hook_run(sk, length, 0, DIRECTION_SENT, (__u64)ctx));
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sk, int length, int flags)
{
	return UNPREEMPTED(hook_run(sk, length, flags, DIRECTION_RECEIVED, (__u64)ctx));
}

#endif
