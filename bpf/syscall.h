/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SYSCALL_H
#define SOCKTAPE_BPF_SYSCALL_H

/*
 * Data, connect() and accept() at the exit of the system call: the arguments are in pt_regs still,
 * and what the call moved is known.
 */

#include "bpf/compat32.h"
#include "bpf/establish.h"
#include "bpf/overlay.h"
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
static __always_inline void source_sendfile(struct walk *walk, struct task_struct *task,
					    struct pt_regs *regs, __u64 moved)
{
	struct file *file = current_file(task, CALL_ARG2(regs));
	__u64 offset = 0;

	walk_without_source(walk);
	if (!file)
		return;
	if (!CALL_ARG3(regs))
		offset = KERNEL_GET(file, file, f_pos);
	else if (user_read(&offset, sizeof(offset), CALL_ARG3(regs)))
		return;
	if (!page_distance)
		page_distance_find(walk->key);
	file = file_with_pages(file);
	if (!file)
		return;
	walk->source = SOURCE_FILE;
	walk->mapping = (__u64)KERNEL_GET(file, file, f_mapping);
	walk->file_offset = offset - moved;
}

static __always_inline bool source_message(struct walk *walk, __u64 pointer, __u64 *moved)
{
	struct user_msghdr message;

	if (user_read(&message, sizeof(message), pointer))
		return false;
	walk->iov = (__u64)message.msg_iov;
	walk->iov_count = message.msg_iovlen;
	if (!walk->datagram)
		return true;
	address_from_user((__u64)message.msg_name, &walk->peer);
	if (walk->direction == DIRECTION_RECEIVED && (message.msg_flags & MSG_TRUNC))
		*moved = iov_clamp(walk, *moved);
	return true;
}

static __always_inline void source_buffer(struct walk *walk, struct pt_regs *regs, __u64 *moved)
{
	walk->piece = CALL_ARG2(regs);
	walk->piece_len = CALL_ARG3(regs);
	if (walk->datagram && *moved > walk->piece_len)
		*moved = walk->piece_len; /* MSG_TRUNC gives the datagram's own length */
	if (walk->datagram && (walk->call == CALL_SENDTO || walk->call == CALL_RECVFROM))
		address_from_user(CALL_ARG5(regs), &walk->peer);
}

/* Sets the source of the call's bytes; false when its arguments are not readable. */
static __always_inline bool call_source(struct walk *walk, struct task_struct *task,
					struct pt_regs *regs, __u8 kind, __u64 *moved)
{
	switch (kind) {
	case KIND_BUFFER:
		source_buffer(walk, regs, moved);
		return true;
	case KIND_VECTOR:
		walk->iov = CALL_ARG2(regs);
		walk->iov_count = CALL_ARG3(regs);
		return true;
	case KIND_MESSAGE:
		return source_message(walk, CALL_ARG2(regs), moved);
	case KIND_MESSAGES:
		walk->messages = CALL_ARG2(regs);
		return true;
	case KIND_SENDFILE:
		source_sendfile(walk, task, regs, *moved);
		return true;
	default:
		walk_without_source(walk);
		return true;
	}
}

static __always_inline void call_record(struct task_struct *task, struct pt_regs *regs, __u8 kind,
					__u32 flags, struct transfer *transfer)
{
	struct kernel_conn_state *conn = transfer_conn(transfer);
	struct scratch *space;
	struct walk *walk;

	if (!conn)
		return;
	space = transfer_claim(transfer, conn);
	if (!space)
		return;
	walk = &space->walk;
	if (!call_source(walk, task, regs, kind, &transfer->moved)) {
		COUNT(lost_unreadable_calls, 1);
		COUNT(lost_unreadable_bytes, transfer->moved);
		transfer_skip(transfer, conn);
	} else {
		/* TCP throws the bytes away then and copies nothing. */
		if ((flags & MSG_TRUNC) && conn->transport == TRANSPORT_TCP)
			walk_without_source(walk);
		transfer_send(transfer, space, conn);
	}
	scratch_release(space);
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
	transfer.messages = kind == KIND_MESSAGES;
	transfer.moved = result;
	if (kind >= KIND_ACCEPT) {
		socket_established(&transfer, kind);
	} else if (result > 0 ||
		   !call_moved_nothing(kind, shape->call, regs, transfer.ref.transport)) {
		__u32 flags = call_flags(shape, regs);

		if (!(flags & (MSG_PEEK | MSG_ERRQUEUE)))
			call_record(task, regs, kind, flags, &transfer);
	}
	return 0;
}

#endif
