/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SYSCALL_H
#define SOCKTAPE_BPF_SYSCALL_H

/*
 * Data, connect() and accept() at the exit of the system call: the arguments are in pt_regs still,
 * and what the call moved is known.
 */

#include "bpf/compat32.h"
#include "bpf/establish.h"
#include "bpf/transfer.h"

static __always_inline __u32 call_flags(const volatile struct call_shape *shape,
					struct pt_regs *regs)
{
	if (shape->direction != DIRECTION_RECEIVED)
		return 0;
	if (shape->call == CALL_RECVFROM || shape->kind == KIND_MESSAGES)
		return CALL_ARG4(regs);
	return shape->kind == KIND_MESSAGE ? CALL_ARG3(regs) : 0;
}

/* Where sendfile() took its bytes: its offset is behind them now. */
static __always_inline void source_sendfile(struct transfer *transfer, struct task_struct *task,
					    struct pt_regs *regs)
{
	struct file *file = current_file(task, CALL_ARG2(regs));
	__u64 offset = 0;

	if (!file)
		return;
	if (!CALL_ARG3(regs))
		offset = KERNEL_GET(file, file, f_pos);
	else if (user_read(&offset, sizeof(offset), CALL_ARG3(regs)))
		return;
	source_file(transfer, file, offset - transfer->moved);
}

static __always_inline void source_message(struct transfer *transfer, __u64 pointer)
{
	struct user_msghdr message;

	transfer->source.kind = SOURCE_UNREADABLE;
	if (user_read(&message, sizeof(message), pointer))
		return;
	transfer->source.kind = SOURCE_VECTOR;
	transfer->source.at = (__u64)message.msg_iov;
	transfer->source.count = message.msg_iovlen;
	if (!transfer_is_datagram(transfer))
		return;
	address_from_user((__u64)message.msg_name, &transfer->peer);
	transfer->segment = segment_of_control((__u64)message.msg_control, message.msg_controllen);
	if (transfer->direction == DIRECTION_RECEIVED && (message.msg_flags & MSG_TRUNC))
		transfer->moved = iov_clamp(transfer->source.at, transfer->source.count,
					    transfer->moved);
}

static __always_inline void source_buffer(struct transfer *transfer, struct pt_regs *regs)
{
	struct source *source = &transfer->source;

	source->kind = SOURCE_BUFFER;
	source->at = CALL_ARG2(regs);
	source->count = CALL_ARG3(regs);
	if (!transfer_is_datagram(transfer))
		return;
	if (transfer->moved > source->count)
		transfer->moved = source->count; /* MSG_TRUNC gives the datagram's own length */
	if (transfer->call == CALL_SENDTO || transfer->call == CALL_RECVFROM)
		address_from_user(CALL_ARG5(regs), &transfer->peer);
}

/* Says where the call's bytes are. */
static __always_inline void call_source(struct transfer *transfer, struct task_struct *task,
					struct pt_regs *regs, __u8 kind)
{
	if (kind == KIND_BUFFER) {
		source_buffer(transfer, regs);
	} else if (kind == KIND_VECTOR) {
		transfer->source.kind = SOURCE_VECTOR;
		transfer->source.at = CALL_ARG2(regs);
		transfer->source.count = CALL_ARG3(regs);
	} else if (kind == KIND_MESSAGE) {
		source_message(transfer, CALL_ARG2(regs));
	} else if (kind == KIND_MESSAGES) {
		transfer->messages = CALL_ARG2(regs);
	} else if (kind == KIND_SENDFILE) {
		source_sendfile(transfer, task, regs);
	}
}

/* A result of 0 is the stream's end, or an empty datagram that was sent or received. */
static __always_inline bool call_moved_nothing(__u8 kind, __u8 call, struct pt_regs *regs,
					       __u64 transport)
{
	if (transport != TRANSPORT_UDP && transport != TRANSPORT_UNIX_DATAGRAM)
		return true;
	if (kind >= KIND_SENDFILE)
		return true;
	/* read() of no bytes receives nothing. */
	return call == CALL_READ && !CALL_ARG3(regs);
}

/* The socket that a call is about; splice() has it at either end. */
static __always_inline bool call_socket(struct task_struct *task, struct pt_regs *regs, __u8 kind,
					long result, struct transfer *transfer)
{
	transfer->fd = kind == KIND_ACCEPT ? result : CALL_ARG1(regs);
	if (socket_of_file(current_file(task, transfer->fd), &transfer->ref)) {
		if (kind == KIND_SPLICE)
			transfer->direction = DIRECTION_RECEIVED;
		return true;
	}
	if (kind != KIND_SPLICE)
		return false;
	transfer->fd = CALL_ARG3(regs);
	return socket_of_file(current_file(task, transfer->fd), &transfer->ref);
}

static __always_inline bool call_failed(__u8 kind, long result)
{
	return result < 0 && !(kind == KIND_CONNECT && result == -EINPROGRESS);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
	__u64 number = CALL_NUMBER(regs);
	const volatile struct call_shape *shape;
	struct transfer transfer = {};
	struct task_struct *task;
	__u64 id;
	__u8 kind;

	if (number >= CALL_NUMBERS)
		return 0;
	shape = &call_shapes[number];
	kind = shape->kind;
	if ((!kind && !shape->compat) || call_failed(kind, result))
		return 0;
	task = current_task();
	if (call_is_32bit(task, regs)) {
		compat32_count(task, regs, shape->compat, result);
		return 0;
	}
	transfer.direction = shape->direction;
	if (!kind || !call_socket(task, regs, kind, result, &transfer))
		return 0;
	id = bpf_get_current_pid_tgid();
	if (!process_matches(task, id >> 32))
		return 0;
	transfer.pid = id >> 32;
	transfer.tid = id;
	transfer.call = shape->call;
	transfer.moved = result;
	if (kind >= KIND_ACCEPT) {
		socket_established(&transfer, kind);
	} else if (result > 0 ||
		   !call_moved_nothing(kind, shape->call, regs, transfer.ref.transport)) {
		__u32 flags = call_flags(shape, regs);

		if (flags & (MSG_PEEK | MSG_ERRQUEUE))
			return 0;
		/* TCP throws the bytes away with MSG_TRUNC, and copies nothing. */
		if (!(flags & MSG_TRUNC) || transfer.ref.transport != TRANSPORT_TCP)
			call_source(&transfer, task, regs, kind);
		transfer_record(&transfer);
	}
	return 0;
}

#endif
