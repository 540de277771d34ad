/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_CALL_H
#define SOCKTAPE_BPF_CALL_H

/* The system call that the current task is in: what it is, and where its bytes are. */

#include "bpf/calls.h"
#include "bpf/transfer.h"

/* Calls inside of socketcall(2) (include/uapi/linux/net.h). */
#define SOCKETCALL_SEND	    9
#define SOCKETCALL_RECV	    10
#define SOCKETCALL_SENDTO   11
#define SOCKETCALL_RECVFROM 12
#define SOCKETCALL_SENDMSG  16
#define SOCKETCALL_RECVMSG  17
#define SOCKETCALL_ARGS	    6

struct user_msghdr_32 {
	__u32 name;
	__u32 name_len;
	__u32 iov;
	__u32 iov_len;
	__u32 control;
	__u32 control_len;
	__u32 flags;
};

/* What a message has beside its bytes: where it is or will be in user memory; 0: nowhere. */
struct beside {
	__u64 name; /* the peer's address */
	__u64 control;
	__u64 control_len;
};

static __always_inline void call_be(struct syscall *call, __u8 kind, __u8 name, __u8 direction)
{
	call->kind = kind;
	call->name = name;
	call->direction = direction;
}

/* Out of the memory that a 32-bit socketcall() points to; what isn't decoded stays unknown. */
static __noinline void call_multiplexed(struct syscall *call)
{
	__u32 inside[SOCKETCALL_ARGS] = {};

	if (user_read(inside, sizeof(inside), call->second))
		return;
	switch (call->first) {
	case SOCKETCALL_SEND:
	case SOCKETCALL_SENDTO:
		call_be(call, KIND_BUFFER, CALL_SENDTO, DIRECTION_SENT);
		break;
	case SOCKETCALL_RECV:
	case SOCKETCALL_RECVFROM:
		call_be(call, KIND_BUFFER, CALL_RECVFROM, DIRECTION_RECEIVED);
		break;
	case SOCKETCALL_SENDMSG:
		call_be(call, KIND_MESSAGE, CALL_SENDMSG, DIRECTION_SENT);
		break;
	case SOCKETCALL_RECVMSG:
		call_be(call, KIND_MESSAGE, CALL_RECVMSG, DIRECTION_RECEIVED);
		break;
	}
	call->fifth = call->first == SOCKETCALL_SENDTO || call->first == SOCKETCALL_RECVFROM
			      ? inside[4]
			      : 0;
	call->first = inside[0];
	call->second = inside[1];
	call->third = inside[2];
	call->fourth = inside[3];
}

static __always_inline void call_read_32(struct syscall *call, struct pt_regs *regs)
{
	const volatile struct call_shape *shape;

	call->first = (__u32)CALL32_ARG1(regs);
	call->second = (__u32)CALL32_ARG2(regs);
	call->third = (__u32)CALL32_ARG3(regs);
	call->fourth = (__u32)CALL32_ARG4(regs);
	call->fifth = (__u32)CALL32_ARG5(regs);
	if (call->number >= CALL_NUMBERS)
		return;
	shape = &call_shapes_32[call->number];
	call_be(call, shape->kind, shape->call, shape->direction);
	if (shape->way == WAY_SOCKETCALL)
		call_multiplexed(call);
}

/* Fills in what the registers tell; a call that isn't known has no name. */
static __always_inline void call_read(struct syscall *call, struct task_struct *task,
				      struct pt_regs *regs)
{
	const volatile struct call_shape *shape;

	call->number = CALL_NUMBER(regs);
	call->is_32bit = call_is_32bit(task, regs);
	if (call->is_32bit) {
		call_read_32(call, regs);
		return;
	}
	call->first = CALL_ARG1(regs);
	call->second = CALL_ARG2(regs);
	call->third = CALL_ARG3(regs);
	call->fourth = CALL_ARG4(regs);
	call->fifth = CALL_ARG5(regs);
	if (call->number >= CALL_NUMBERS)
		return;
	shape = &call_shapes[call->number];
	call_be(call, shape->kind, shape->call, shape->direction);
}

static __always_inline void source_message_32(struct transfer *transfer, __u64 pointer,
					      struct beside *beside)
{
	struct user_msghdr_32 message;

	if (user_read(&message, sizeof(message), pointer))
		return;
	transfer->source.kind = SOURCE_VECTOR_32;
	transfer->source.at = message.iov;
	transfer->source.count = message.iov_len;
	beside->name = message.name;
}

/* Of a struct msghdr at POINTER. */
static __noinline void source_message(struct transfer *transfer, struct syscall *call,
				      __u64 pointer, struct beside *beside)
{
	struct user_msghdr message;

	transfer->source.kind = SOURCE_UNREADABLE;
	if (call->is_32bit) {
		source_message_32(transfer, pointer, beside);
		return;
	}
	if (user_read(&message, sizeof(message), pointer))
		return;
	transfer->source.kind = SOURCE_VECTOR;
	transfer->source.at = (__u64)message.msg_iov;
	transfer->source.count = message.msg_iovlen;
	beside->name = (__u64)message.msg_name;
	beside->control = (__u64)message.msg_control;
	beside->control_len = message.msg_controllen;
	if (transfer->ref.transport == TRANSPORT_TCP && message.msg_controllen)
		transfer->special = ktls_is_special((__u64)message.msg_control);
}

static __always_inline void source_buffer(struct transfer *transfer, const struct syscall *call,
					  struct beside *beside)
{
	transfer->source.kind = SOURCE_BUFFER;
	transfer->source.at = call->second;
	transfer->source.count = call->third;
	if (call->name == CALL_SENDTO || call->name == CALL_RECVFROM)
		beside->name = call->fifth;
}

static __always_inline void source_vector(struct transfer *transfer, const struct syscall *call)
{
	transfer->source.kind = call->is_32bit ? SOURCE_VECTOR_32 : SOURCE_VECTOR;
	transfer->source.at = call->second;
	transfer->source.count = call->third;
}

/* MSG_TRUNC gives the datagram's own length: the application has what fits. */
static __always_inline void source_clamp(struct lane *lane, struct transfer *transfer)
{
	if (transfer->source.kind >= SOURCE_BUFFER && transfer->source.kind < SOURCE_FILE)
		transfer->moved = vector_clamp(lane, &transfer->source, transfer->moved);
}

#endif
