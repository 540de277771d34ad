/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_H
#define SOCKTAPE_BPF_URING_H

/*
 * io_uring. What a request moved is known when it completes; its buffers are then still as the
 * application gave them, because it must not touch them before.
 */

#include "bpf/uring_buffer.h"
#include "bpf/uring_due.h"

/* SPLICE_F_FD_IN_FIXED: the source is a registered file */
#define SPLICE_FD_IN_FIXED (1U << 31)

static __always_inline __u64 uring_buffer_of(struct io_kiocb *request, __u8 kind)
{
	struct io_sr_msg *message = (struct io_sr_msg *)request;
	__u64 buffer = 0;

	if (kind == URING_RW)
		return KERNEL_GET(io_rw, request, addr);
	/* After a partial transfer the address has moved on. */
	bpf_core_read(&buffer, sizeof(buffer), &message->buf);
	return buffer - KERNEL_GET(io_sr_msg, request, done_io);
}

static __always_inline void source_uring(struct transfer *transfer, struct uring_done *done)
{
	struct source *source = &transfer->source;

	source->count = transfer->moved;
	if (done->buffer) {
		source->kind = SOURCE_BUFFER;
		source->at = done->buffer;
		if (transfer_is_datagram(transfer) && done->name)
			address_from_user(done->name, &transfer->peer);
	} else if (done->kind == URING_BUFFER || done->kind == URING_RW) {
		source->kind = SOURCE_BUFFER;
		source->at = uring_buffer_of(done->request, done->kind);
	} else if (done->kind != URING_UNSEEN) {
		source_uring_vector(transfer, (__u64)done->request);
	}
}

/* Up to 6.12. */
struct io_kiocb___task {
	struct task_struct *task;
} __attribute__((preserve_access_index));

static __always_inline struct task_struct *uring_task(struct io_kiocb *request)
{
	struct io_kiocb___task *older = (struct io_kiocb___task *)request;

	if (!request)
		return current_task();
	if (!bpf_core_field_exists(request->tctx))
		return BPF_CORE_READ(older, task);
	return BPF_CORE_READ(request, tctx, task);
}

static __always_inline bool uring_memory_is_here(struct task_struct *task)
{
	return KERNEL_GET(task_struct, task, mm) == KERNEL_GET(task_struct, current_task(), mm);
}

static __always_inline void uring_record(struct transfer *transfer, struct uring_done *done)
{
	/* The end of a stream, behind a header. */
	if (!transfer->moved && !transfer_is_datagram(transfer))
		return;
	if (uring_memory_is_here(done->task))
		source_uring(transfer, done);
#ifndef SOCKTAPE_COMPAT
	/* Splice takes bytes off a Unix socket by a way of its own. */
	if (transfer->call != CALL_IO_URING_SPLICE || transfer->direction == DIRECTION_SENT)
		uring_due_add(transfer->ref.sk, transfer->direction, -transfer->moved);
#endif
	transfer_record(transfer);
}

/* Where a completion of a multishot request has its bytes; the request is alive until the last one.
 */
static __always_inline __u64 uring_shot_buffer(struct uring_done *done, __u64 user_data,
					       struct uring_shot *shot)
{
	struct io_kiocb *request = (struct io_kiocb *)shot->request;
	__u8 kind = uring_shapes[shot->op].kind;

	if (!(done->flags & URING_CQE_BUFFER))
		return 0;
	if (KERNEL_GET(io_kiocb, request, opcode) == shot->op &&
	    KERNEL_GET(io_kiocb, request, cqe.user_data) == user_data &&
	    (__u64)KERNEL_GET(io_kiocb, request, ctx) == (__u64)done->ring &&
	    uring_has_buffer(request, kind))
		return uring_buffer_of(request, kind);
	return provided_buffer(done, shot->group);
}

/* Fills in what a completion of a remembered multishot request is about; false: not remembered. */
static __always_inline bool uring_shot_transfer(struct uring_done *done, __u64 user_data,
						struct transfer *transfer)
{
	struct uring_shot_key key = {.ring = (__u64)done->ring, .user_data = user_data};
	struct uring_shot *shot = bpf_map_lookup_elem(&uring_shots, &key);
	__u64 buffer;

	if (!shot)
		return false;
	done->kind = URING_UNSEEN;
	buffer = uring_shot_buffer(done, user_data, shot);
	if (buffer && shot->overhead)
		done->name = buffer + URING_RECVMSG_OUT;
	done->buffer = buffer ? buffer + shot->overhead : 0;
	transfer->ref = shot->ref;
	transfer->fd = shot->fd;
	transfer->call = uring_shapes[shot->op].shot_call;
	transfer->direction = DIRECTION_RECEIVED;
	transfer->moved = transfer->moved > shot->overhead ? transfer->moved - shot->overhead : 0;
	if (!(done->flags & URING_CQE_MORE))
		bpf_map_delete_elem(&uring_shots, &key);
	return true;
}

static __always_inline void uring_count_unknown(struct uring_done *done, __s32 result)
{
	if (!(done->flags & URING_CQE_BUFFER))
		return;
	COUNT(NULL, lost_uncaptured_calls, 1);
	COUNT(NULL, lost_uncaptured_bytes, result);
}

/* Splice's own file is where the bytes go to. */
static __always_inline bool uring_splice_from(struct io_kiocb *request, struct transfer *transfer)
{
	__s32 fd = KERNEL_GET(io_splice, request, splice_fd_in);

	if (KERNEL_GET(io_splice, request, flags) & SPLICE_FD_IN_FIXED)
		return false;
	transfer->fd = fd;
	transfer->direction = DIRECTION_RECEIVED;
	return socket_of_file(current_file(current_task(), fd), &transfer->ref);
}

/* A request that is named: its own file tells the socket. */
static __always_inline bool uring_request_transfer(struct uring_done *done,
						   struct transfer *transfer)
{
	struct io_kiocb *request = done->request;
	const volatile struct uring_shape *shape = uring_shape_of(request);

	done->kind = shape->kind;
	if (done->kind == URING_NONE || done->kind == URING_PROVIDE)
		return false;
	if ((done->kind == URING_BUFFER || done->kind == URING_MESSAGE) &&
	    (KERNEL_GET(io_sr_msg, request, msg_flags) & (MSG_PEEK | MSG_ERRQUEUE)))
		return false;
	transfer->fd = -1;
	transfer->call = shape->call;
	transfer->direction = shape->direction;
	if (!socket_of_file(KERNEL_GET(io_kiocb, request, file), &transfer->ref) &&
	    !(done->kind == URING_SPLICE && uring_splice_from(request, transfer)))
		return false;
	if (done->kind == URING_SPLICE)
		done->kind = URING_UNSEEN;
	if ((KERNEL_GET(io_kiocb, request, flags) & URING_BUFFER_SELECT) &&
	    !uring_has_buffer(request, done->kind)) {
		done->buffer = provided_buffer(done, KERNEL_GET(io_sr_msg, request, buf_group));
		done->kind = URING_UNSEEN;
	}
	return true;
}

/* The tracepoint's arguments: since 6.13, and from 6.0 on. */
typedef void (*btf_trace_io_uring_complete___cqe)(void *, struct io_ring_ctx *, void *,
						  struct io_uring_cqe *);
typedef void (*btf_trace_io_uring_complete___flat)(void *, void *, void *, __u64, int, unsigned int,
						   __u64, __u64);

/* Takes the result out of the tracepoint's arguments, too; gives the request's user_data. */
static __always_inline __u64 uring_done_read(__u64 *arguments, struct uring_done *done,
					     __s32 *result)
{
	__u64 third = arguments[2];
	struct io_uring_cqe *cqe = (struct io_uring_cqe *)third;

	done->ring = (struct io_ring_ctx *)arguments[0];
	done->request = (struct io_kiocb *)arguments[1];
	if (bpf_core_type_exists(btf_trace_io_uring_complete___cqe)) {
		*result = KERNEL_GET(io_uring_cqe, cqe, res);
		done->flags = KERNEL_GET(io_uring_cqe, cqe, flags);
		return KERNEL_GET(io_uring_cqe, cqe, user_data);
	}
	if (bpf_core_type_exists(btf_trace_io_uring_complete___flat)) {
		*result = arguments[3];
		done->flags = arguments[4];
	}
	return third;
}

static __always_inline int uring_completed(__u64 *arguments)
{
	struct transfer transfer = {};
	struct uring_done done = {};
	__s32 result = 0;
	__u64 user_data = uring_done_read(arguments, &done, &result);

	transfer.moved = result;
	if (result <= 0 || (done.flags & URING_CQE_NOTIF))
		return 0;
	done.task = uring_task(done.request);
	transfer.pid = KERNEL_GET(task_struct, done.task, tgid);
	transfer.tid = KERNEL_GET(task_struct, done.task, pid);
	if (!process_matches(done.task, transfer.pid))
		return 0;
	/* The last completion of a multishot request names it, and is like the others for all that.
	 */
	if (done.request && !uring_is_multishot(done.request, uring_shape_of(done.request))) {
		if (uring_request_transfer(&done, &transfer))
			uring_record(&transfer, &done);
	} else if (uring_shot_transfer(&done, user_data, &transfer)) {
		uring_record(&transfer, &done);
	} else {
		uring_count_unknown(&done, result);
	}
	return 0;
}

SEC("tp_btf/io_uring_complete")
int on_uring_complete(__u64 *arguments)
{
	return UNPREEMPTED(uring_completed(arguments));
}

#endif
