/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SYSCALL_H
#define SOCKTAPE_BPF_SYSCALL_H

/*
 * Data, connect() and accept() at the exit of the system call: the arguments are in pt_regs still,
 * and what the call moved is known.
 */

#include "bpf/call.h"
#include "bpf/establish.h"
#include "bpf/tls_call.h"

static __always_inline __u32 call_flags(const struct syscall *call)
{
	if (call->direction != DIRECTION_RECEIVED)
		return 0;
	if (call->name == CALL_RECVFROM || call->kind == KIND_MESSAGES)
		return call->fourth;
	return call->kind == KIND_MESSAGE ? call->third : 0;
}

/* Where sendfile() took its bytes: its offset is behind them now. */
static __always_inline void source_sendfile(struct transfer *transfer, struct task_struct *task,
					    const struct syscall *call)
{
	struct file *file = current_file(task, call->second);
	__u64 offset = 0;

	if (!file)
		return;
	if (!call->third)
		offset = KERNEL_GET(file, file, f_pos);
	else if (user_read(&offset, sizeof(offset), call->third))
		return;
	source_file(transfer, file, offset - transfer->moved);
}

/* Says where the call's bytes are, and who the peer is. */
static __always_inline void call_source(struct lane *lane, struct transfer *transfer,
					struct task_struct *task, struct syscall *call)
{
	struct beside beside = {};

	if (call->kind == KIND_BUFFER)
		source_buffer(transfer, call, &beside);
	else if (call->kind == KIND_VECTOR)
		source_vector(transfer, call);
	else if (call->kind == KIND_MESSAGE)
		source_message(transfer, call, call->second, &beside);
	else if (call->kind == KIND_MESSAGES)
		transfer->messages = call->second;
	else if (call->kind == KIND_SENDFILE)
		source_sendfile(transfer, task, call);
	if (!transfer_is_datagram(transfer))
		return;
	address_from_user(beside.name, &transfer->peer);
	transfer->segment = segment_of_control(beside.control, beside.control_len);
	if (transfer->direction == DIRECTION_RECEIVED)
		source_clamp(lane, transfer);
}

/* A result of 0 is the stream's end, or an empty datagram that was sent or received. */
static __always_inline bool call_moved_nothing(const struct syscall *call, __u64 transport)
{
	if (transport != TRANSPORT_UDP && transport != TRANSPORT_UNIX_DATAGRAM)
		return true;
	if (call->kind >= KIND_SENDFILE)
		return true;
	/* read() of no bytes receives nothing. */
	return call->name == CALL_READ && !call->third;
}

/* The socket that a call is about; splice() has it at either end. */
static __always_inline bool call_socket(struct task_struct *task, const struct syscall *call,
					long result, struct transfer *transfer)
{
	transfer->direction = call->direction;
	transfer->fd = call->kind == KIND_ACCEPT ? result : call->first;
	if (socket_of_file(current_file(task, transfer->fd), &transfer->ref)) {
		if (call->kind == KIND_SPLICE)
			transfer->direction = DIRECTION_RECEIVED;
		return true;
	}
	if (call->kind != KIND_SPLICE)
		return false;
	transfer->fd = call->third;
	return socket_of_file(current_file(task, transfer->fd), &transfer->ref);
}

static __always_inline bool call_failed(const struct syscall *call, long result)
{
	return result < 0 && !(call->kind == KIND_CONNECT && result == -EINPROGRESS);
}

/* The lengths of a 32-bit program's messages are not looked for: nothing but their number is known.
 */
static __always_inline bool call_is_opaque(const struct syscall *call)
{
	return call->kind == KIND_NONE &&
	       (call->name == CALL_SENDMMSG || call->name == CALL_RECVMMSG);
}

static __always_inline int call_record(struct syscall *call, struct task_struct *task,
				       struct transfer *transfer, __u32 flags)
{
	struct lane *lane = lane_claim();
	struct kernel_conn_state *conn;

	if (!lane) {
		transfer_skip(transfer);
		return 0;
	}
	conn = transfer_conn(lane, transfer);
	if (conn) {
		/* TCP throws the bytes away with MSG_TRUNC, and copies nothing. */
		tls_call_socket(transfer->tid, conn->id);
		if (!(flags & MSG_TRUNC) || transfer->ref.transport != TRANSPORT_TCP)
			call_source(lane, transfer, task, call);
		transfer_send(lane, transfer, conn);
	}
	lane_release(lane);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
	struct transfer transfer = {};
	struct task_struct *task = current_task();
	struct syscall call = {};
	__u32 flags;
	__u64 id;

	call_read(&call, task, regs);
	if ((!call.kind && !call.name) || call_failed(&call, result))
		return 0;
	if (!call_socket(task, &call, result, &transfer))
		return 0;
	id = bpf_get_current_pid_tgid();
	if (!process_matches(task, id >> 32))
		return 0;
	transfer.pid = id >> 32;
	transfer.tid = id;
	transfer.call = call.name;
	transfer.moved = result;
	flags = call_flags(&call);
	if (call.kind >= KIND_ACCEPT) {
		socket_established(&transfer, call.kind);
	} else if (call_is_opaque(&call)) {
		COUNT(NULL, lost_uncaptured_calls, result);
	} else if ((result > 0 || !call_moved_nothing(&call, transfer.ref.transport)) &&
		   !(flags & (MSG_PEEK | MSG_ERRQUEUE))) {
		call_record(&call, task, &transfer, flags);
	}
	return 0;
}

#endif
