/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_H
#define SOCKTAPE_BPF_URING_H

/*
 * io_uring. What a request moved is known when it completes; its buffers are then still as the
 * application gave them, because it must not touch them before. The vectors that describe the
 * buffers may be gone by then: they are copied when the request is submitted.
 *
 * A multishot request completes many times without being named; it is remembered by the ring and
 * the user_data that it has in common with its completions.
 */

#include "bpf/transfer.h"

#define URING_OPS 256 /* an opcode is a byte */

#define URING_CQE_BUFFER (1 << 0) /* IORING_CQE_F_BUFFER: a provided buffer was filled */
#define URING_CQE_MORE	 (1 << 1)
#define URING_CQE_NOTIF	 (1 << 3)

/* Request flags by bit (include/linux/io_uring_types.h). */
#define URING_FIXED_FILE    (1ULL << 0)
#define URING_BUFFER_SELECT (1ULL << 5)

/* struct io_uring_recvmsg_out, which stands before each message of a multishot recvmsg. */
#define URING_RECVMSG_OUT 16

/* How a request describes its bytes. */
enum uring_kind {
	URING_NONE,
	URING_RW,	 /* struct io_rw: address and length */
	URING_RW_VECTOR, /* struct io_rw: struct iovec array */
	URING_BUFFER,	 /* struct io_sr_msg: address and length */
	URING_MESSAGE,	 /* struct io_sr_msg: struct msghdr */
	URING_UNSEEN,	 /* bytes that can't be read here */
};

struct uring_shape {
	__u8 kind;
	__u8 call;
	__u8 shot_call; /* when the request is a multishot one */
	__u8 direction;
};

#define URING(what, name, way)                                                                     \
	.kind = URING_##what, .call = CALL_IO_URING_##name, .direction = DIRECTION_##way
#define URING_SHOT(name) .shot_call = CALL_IO_URING_##name##_MULTISHOT

static const volatile struct uring_shape uring_shapes[URING_OPS] = {
	[1] = {URING(RW_VECTOR, READV, RECEIVED)},
	[2] = {URING(RW_VECTOR, WRITEV, SENT)},
	[4] = {URING(RW, READ, RECEIVED)}, /* READ_FIXED */
	[5] = {URING(RW, WRITE, SENT)},	   /* WRITE_FIXED */
	[9] = {URING(MESSAGE, SENDMSG, SENT)},
	[10] = {URING(MESSAGE, RECVMSG, RECEIVED), URING_SHOT(RECVMSG)},
	[22] = {URING(RW, READ, RECEIVED)},
	[23] = {URING(RW, WRITE, SENT)},
	[26] = {URING(BUFFER, SEND, SENT)},
	[27] = {URING(BUFFER, RECV, RECEIVED), URING_SHOT(RECV)},
	[47] = {URING(BUFFER, SEND_ZC, SENT)},
	[48] = {URING(MESSAGE, SENDMSG_ZC, SENT)},
	[49] = {URING(RW, READ_MULTISHOT, RECEIVED), URING_SHOT(READ)},
	[58] = {URING(UNSEEN, RECV, RECEIVED), URING_SHOT(RECV)}, /* RECV_ZC */
	[60] = {URING(RW_VECTOR, READV, RECEIVED)},		  /* READV_FIXED */
	[61] = {URING(RW_VECTOR, WRITEV, SENT)},		  /* WRITEV_FIXED */
};

/* Vectors longer than this are cut. */
#define URING_VECTOR_MAX 16

struct uring_vector {
	struct iovec iov[URING_VECTOR_MAX];
	__u64 count;
	__u64 name; /* where a datagram's address is or will be */
};

/* Vectors of requests under way, by the request's address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct uring_vector);
} uring_vectors SEC(".maps");

struct uring_shot_key {
	__u64 ring;
	__u64 user_data;
};

struct uring_shot {
	struct socket_ref ref;
	__u32 overhead; /* bytes that stand before the payload in each buffer */
	__s32 fd;
	__u8 op;
	__u8 reserved[7];
};

/* Multishot requests under way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct uring_shot_key);
	__type(value, struct uring_shot);
} uring_shots SEC(".maps");

/* A zeroed value to build an entry in: too large for the stack beside the rest. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct uring_vector);
} uring_space SEC(".maps");

static __always_inline const volatile struct uring_shape *uring_shape_of(struct io_kiocb *request)
{
	__u8 op = KERNEL_GET(io_kiocb, request, opcode);

	return &uring_shapes[op];
}

/* The file is looked up when a request is issued; when it is submitted there is but a number. */
static __always_inline struct file *uring_submitted_file(struct io_kiocb *request, __s32 *fd)
{
	__u32 number = KERNEL_GET(io_kiocb, request, cqe.fd);
	struct io_rsrc_node **nodes;
	struct io_rsrc_node *node = NULL;

	if (!(KERNEL_GET(io_kiocb, request, flags) & URING_FIXED_FILE)) {
		*fd = number;
		return current_file(current_task(), number);
	}
	*fd = -1;
	if (number >= BPF_CORE_READ(request, ctx, file_table.data.nr))
		return NULL;
	nodes = BPF_CORE_READ(request, ctx, file_table.data.nodes);
	bpf_probe_read_kernel(&node, sizeof(node), nodes + number);
	/* two low bits of the pointer are flags */
	return node ? (struct file *)(BPF_CORE_READ(node, file_ptr) & ~3UL) : NULL;
}

static __always_inline void uring_remember_vector(struct io_kiocb *request, __u8 kind)
{
	struct user_msghdr message = {};
	__u64 key = (__u64)request;
	__u64 from;
	__u32 zero = 0;
	struct uring_vector *vector = bpf_map_lookup_elem(&uring_space, &zero);

	if (!vector)
		return;
	if (kind == URING_MESSAGE) {
		from = (__u64)KERNEL_GET(io_sr_msg, request, umsg);
		if (bpf_probe_read_user(&message, sizeof(message), (void *)from))
			return;
		from = (__u64)message.msg_iov;
		vector->count = message.msg_iovlen;
	} else {
		from = KERNEL_GET(io_rw, request, addr);
		vector->count = KERNEL_GET(io_rw, request, len);
	}
	vector->name = (__u64)message.msg_name;
	if (vector->count > URING_VECTOR_MAX)
		vector->count = URING_VECTOR_MAX;
	if (!bpf_probe_read_user(vector->iov,
				 BOUNDED(vector->count, URING_VECTOR_MAX) * sizeof(vector->iov[0]),
				 (void *)from))
		bpf_map_update_elem(&uring_vectors, &key, vector, BPF_ANY);
}

static __always_inline __u32 uring_recvmsg_overhead(struct io_kiocb *request)
{
	struct user_msghdr message;
	__u64 from = (__u64)KERNEL_GET(io_sr_msg, request, umsg);

	if (bpf_probe_read_user(&message, sizeof(message), (void *)from))
		return URING_RECVMSG_OUT;
	return URING_RECVMSG_OUT + message.msg_namelen + message.msg_controllen;
}

static __always_inline void uring_remember_shot(struct io_kiocb *request, __u8 kind)
{
	struct uring_shot_key key = {
		.ring = (__u64)KERNEL_GET(io_kiocb, request, ctx),
		.user_data = KERNEL_GET(io_kiocb, request, cqe.user_data),
	};
	struct uring_shot shot = {
		.op = KERNEL_GET(io_kiocb, request, opcode),
	};

	if (!socket_of_file(uring_submitted_file(request, &shot.fd), &shot.ref))
		return;
	if (kind == URING_MESSAGE)
		shot.overhead = uring_recvmsg_overhead(request);
	bpf_map_update_elem(&uring_shots, &key, &shot, BPF_ANY);
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *request)
{
	const volatile struct uring_shape *shape = uring_shape_of(request);
	__u8 kind;

	if (!shape->kind)
		return 0;
	kind = shape->kind;
	if (shape->shot_call && (KERNEL_GET(io_kiocb, request, flags) & REQ_F_APOLL_MULTISHOT))
		uring_remember_shot(request, kind);
	else if (kind == URING_RW_VECTOR || kind == URING_MESSAGE)
		uring_remember_vector(request, kind);
	return 0;
}

static __always_inline void source_uring_vector(struct walk *walk, __u64 request)
{
	struct uring_vector *vector = bpf_map_lookup_elem(&uring_vectors, &request);

	if (!vector) {
		walk_without_source(walk);
		return;
	}
	walk->iov = (__u64)vector->iov;
	walk->iov_in_kernel = 1;
	walk->iov_count = vector->count;
	if (walk->datagram)
		address_from_user(vector->name, &walk->peer);
}

static __always_inline void source_uring(struct walk *walk, struct io_kiocb *request, __u8 kind)
{
	/* Which of the provided buffers was taken, the request doesn't tell. */
	if (KERNEL_GET(io_kiocb, request, flags) & URING_BUFFER_SELECT)
		kind = URING_UNSEEN;
	walk->piece_len = walk->left;
	if (kind == URING_BUFFER) {
		struct io_sr_msg *message = (struct io_sr_msg *)request;

		/* After a partial transfer the address has moved on. */
		bpf_core_read(&walk->piece, sizeof(walk->piece), &message->buf);
		walk->piece -= KERNEL_GET(io_sr_msg, request, done_io);
	} else if (kind == URING_RW) {
		walk->piece = KERNEL_GET(io_rw, request, addr);
	} else {
		walk->piece_len = 0;
		if (kind == URING_UNSEEN)
			walk_without_source(walk);
		else
			source_uring_vector(walk, (__u64)request);
	}
}

/* The task that made the request; the completion may run in one of its helpers. */
static __always_inline struct task_struct *uring_task(struct io_kiocb *request)
{
	if (!request || !bpf_core_field_exists(request->tctx))
		return current_task();
	return BPF_CORE_READ(request, tctx, task);
}

static __always_inline bool uring_memory_is_here(struct task_struct *task)
{
	return KERNEL_GET(task_struct, task, mm) == KERNEL_GET(task_struct, current_task(), mm);
}

static __always_inline void uring_record(struct transfer *transfer, struct io_kiocb *request,
					 struct task_struct *task, __u8 kind)
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
	walk->left = transfer->moved;
	if (request && uring_memory_is_here(task))
		source_uring(walk, request, kind);
	else
		walk_without_source(walk);
	transfer_send(transfer, space, conn);
	scratch_release(space);
}

/* Fills in what a completion of a remembered multishot request is about; false: not remembered. */
static __always_inline bool uring_shot_transfer(struct io_ring_ctx *ring, struct io_uring_cqe *cqe,
						struct transfer *transfer)
{
	struct uring_shot_key key = {
		.ring = (__u64)ring,
		.user_data = KERNEL_GET(io_uring_cqe, cqe, user_data),
	};
	struct uring_shot *shot = bpf_map_lookup_elem(&uring_shots, &key);

	if (!shot)
		return false;
	transfer->ref = shot->ref;
	transfer->fd = shot->fd;
	transfer->call = uring_shapes[shot->op].shot_call;
	transfer->direction = DIRECTION_RECEIVED;
	transfer->moved = transfer->moved > shot->overhead ? transfer->moved - shot->overhead : 0;
	if (!(KERNEL_GET(io_uring_cqe, cqe, flags) & URING_CQE_MORE))
		bpf_map_delete_elem(&uring_shots, &key);
	return true;
}

static __always_inline void uring_count_unknown(struct io_uring_cqe *cqe, __s32 result)
{
	if (!(KERNEL_GET(io_uring_cqe, cqe, flags) & URING_CQE_BUFFER))
		return;
	COUNT(lost_uncaptured_calls, 1);
	COUNT(lost_uncaptured_bytes, result);
}

/* A request that is named: its own file tells the socket. */
static __always_inline bool uring_request_transfer(struct io_kiocb *request,
						   struct transfer *transfer, __u8 *kind)
{
	const volatile struct uring_shape *shape = uring_shape_of(request);

	if (!shape->kind)
		return false;
	*kind = shape->kind;
	if ((*kind == URING_BUFFER || *kind == URING_MESSAGE) &&
	    (KERNEL_GET(io_sr_msg, request, msg_flags) & (MSG_PEEK | MSG_ERRQUEUE)))
		return false;
	transfer->fd = -1;
	transfer->call = shape->call;
	transfer->direction = shape->direction;
	return socket_of_file(KERNEL_GET(io_kiocb, request, file), &transfer->ref);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_complete, struct io_ring_ctx *ring, void *completed, struct io_uring_cqe *cqe)
{
	__s32 result = KERNEL_GET(io_uring_cqe, cqe, res);
	struct transfer transfer = {.moved = result};
	struct task_struct *task;
	__u8 kind;

	if (result <= 0 || (KERNEL_GET(io_uring_cqe, cqe, flags) & URING_CQE_NOTIF))
		return 0;
	task = uring_task(completed);
	transfer.pid = KERNEL_GET(task_struct, task, tgid);
	transfer.tid = KERNEL_GET(task_struct, task, pid);
	if (!process_matches(task, transfer.pid))
		return 0;
	if (!completed) {
		if (uring_shot_transfer(ring, cqe, &transfer))
			uring_record(&transfer, NULL, task, URING_UNSEEN);
		else
			uring_count_unknown(cqe, result);
	} else if (uring_request_transfer(completed, &transfer, &kind)) {
		uring_record(&transfer, completed, task, kind);
	}
	return 0;
}

#endif
