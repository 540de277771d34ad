/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_REQUEST_H
#define SOCKTAPE_BPF_URING_REQUEST_H

/*
 * Requests of io_uring, and what has to be remembered of them when they are submitted: the vectors
 * that describe their buffers, which may be gone when they complete, and the socket of a multishot
 * request, whose completions don't name it.
 */

#include "bpf/uring_vector.h"

#define URING_OPS 256 /* an opcode is a byte */

/* Flags of a request that are those of its submission (IOSQE_ in include/uapi/linux/io_uring.h). */
#define URING_FIXED_FILE    (1ULL << 0)
#define URING_BUFFER_SELECT (1ULL << 5)

/* IORING_RECV_MULTISHOT and IORING_RECVSEND_BUNDLE */
#define URING_RECV_MULTISHOT (1 << 1)
#define URING_RECV_BUNDLE    (1 << 4)

/* struct io_uring_recvmsg_out, which stands before each message of a multishot recvmsg. */
#define URING_RECVMSG_OUT 16

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
	[30] = {URING(SPLICE, SPLICE, SENT)},
	[31] = {.kind = URING_PROVIDE},
	[47] = {URING(BUFFER, SEND_ZC, SENT)},
	[48] = {URING(MESSAGE, SENDMSG_ZC, SENT)},
	[49] = {URING(RW, READ_MULTISHOT, RECEIVED), URING_SHOT(READ)}, /* always a multishot one */
	[58] = {URING(UNSEEN, RECV, RECEIVED)},				/* RECV_ZC */
	[60] = {URING(RW_VECTOR, READV, RECEIVED)},			/* READV_FIXED */
	[61] = {URING(RW_VECTOR, WRITEV, SENT)},			/* WRITEV_FIXED */
};

struct uring_shot_key {
	__u64 ring;
	__u64 user_data;
};

struct uring_shot {
	struct socket_ref ref;
	__u64 request;
	__u32 overhead; /* bytes that stand before the payload in each buffer */
	__s32 fd;
	__u16 group; /* of buffers */
	__u8 op;
	__u8 reserved[5];
};

/* Multishot requests under way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct uring_shot_key);
	__type(value, struct uring_shot);
} uring_shots SEC(".maps");

struct uring_pool_key {
	__u64 ring;
	__u32 group;
	__u32 bid; /* of the one buffer, or URING_POOL_MANY */
};

#define URING_POOL_MANY (1 << 16)

/* Buffers that lie one behind the other. */
struct uring_pool {
	__u64 addr;
	__u32 len; /* of each */
	__u32 count;
	__u32 bid; /* of the first */
	__u32 reserved;
};

/*
 * What IORING_OP_PROVIDE_BUFFERS gave: of each group the last pool of several buffers, and single
 * ones that are elsewhere than it would have them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct uring_pool_key);
	__type(value, struct uring_pool);
} uring_pools SEC(".maps");

static __always_inline const volatile struct uring_shape *uring_shape_of(struct io_kiocb *request)
{
	__u8 op = KERNEL_GET(io_kiocb, request, opcode);

	return &uring_shapes[op];
}

/* Registered files up to 6.12. */
struct io_fixed_file___own {
	__u64 file_ptr;
} __attribute__((preserve_access_index));

struct io_file_table___files {
	struct io_fixed_file___own *files;
} __attribute__((preserve_access_index));

struct io_ring_ctx___files {
	struct io_file_table___files file_table;
	__u32 nr_user_files;
} __attribute__((preserve_access_index));

/* The low bits of pointers to registered files are flags: up to 6.12 three, later two. */
#define FIXED_FILE_FLAGS_OLD 7UL
#define FIXED_FILE_FLAGS     3UL

static __always_inline struct file *uring_registered_file_old(struct io_ring_ctx *current_ring,
							      __u32 number)
{
	struct io_ring_ctx___files *ring = (struct io_ring_ctx___files *)current_ring;
	struct io_fixed_file___own *files;
	__u64 pointer = 0;

	if (number >= BPF_CORE_READ(ring, nr_user_files))
		return NULL;
	files = BPF_CORE_READ(ring, file_table.files);
	bpf_probe_read_kernel(&pointer, sizeof(pointer), files + number);
	return (struct file *)(pointer & ~FIXED_FILE_FLAGS_OLD);
}

static __always_inline struct file *uring_registered_file(struct io_ring_ctx *ring, __u32 number)
{
	struct io_rsrc_node **nodes;
	struct io_rsrc_node *node = NULL;

	if (!bpf_core_field_exists(ring->file_table.data))
		return uring_registered_file_old(ring, number);
	if (number >= BPF_CORE_READ(ring, file_table.data.nr))
		return NULL;
	nodes = BPF_CORE_READ(ring, file_table.data.nodes);
	bpf_probe_read_kernel(&node, sizeof(node), nodes + number);
	return node ? (struct file *)(BPF_CORE_READ(node, file_ptr) & ~FIXED_FILE_FLAGS) : NULL;
}

/* The file is looked up when a request is issued; when it is submitted there is but a number. */
static __always_inline struct file *uring_submitted_file(struct io_kiocb *request, __s32 *fd)
{
	__u32 number = KERNEL_GET(io_kiocb, request, cqe.fd);

	if (!(KERNEL_GET(io_kiocb, request, flags) & URING_FIXED_FILE)) {
		*fd = number;
		return current_file(current_task(), number);
	}
	*fd = -1;
	return uring_registered_file(KERNEL_GET(io_kiocb, request, ctx), number);
}

/* The group of provided buffers that a request takes its own from. */
static __always_inline __u16 uring_buffer_group(struct io_kiocb *request, __u8 kind)
{
	return kind == URING_RW ? KERNEL_GET(io_kiocb, request, buf_index)
				: KERNEL_GET(io_sr_msg, request, buf_group);
}

static __always_inline __u32 uring_recvmsg_overhead(struct io_kiocb *request)
{
	struct user_msghdr message;
	__u64 from = uring_message_of(request);

	if (user_read(&message, sizeof(message), from))
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
		.request = (__u64)request,
		.op = KERNEL_GET(io_kiocb, request, opcode),
		.group = uring_buffer_group(request, kind),
	};

	if (!socket_of_file(uring_submitted_file(request, &shot.fd), &shot.ref))
		return;
	if (kind == URING_MESSAGE)
		shot.overhead = uring_recvmsg_overhead(request);
	bpf_map_update_elem(&uring_shots, &key, &shot, BPF_ANY);
}

static __always_inline bool uring_is_multishot(struct io_kiocb *request,
					       const volatile struct uring_shape *shape)
{
	if (!shape->shot_call)
		return false;
	return shape->kind == URING_RW ||
	       (KERNEL_GET(io_sr_msg, request, flags) & URING_RECV_MULTISHOT);
}

static __always_inline void uring_remember_buffers(struct io_kiocb *request)
{
	struct uring_pool_key key = {
		.ring = (__u64)KERNEL_GET(io_kiocb, request, ctx),
		.group = KERNEL_GET(io_provide_buf, request, bgid),
		.bid = URING_POOL_MANY,
	};
	struct uring_pool pool = {
		.addr = KERNEL_GET(io_provide_buf, request, addr),
		.len = KERNEL_GET(io_provide_buf, request, len),
		.count = KERNEL_GET(io_provide_buf, request, nbufs),
		.bid = KERNEL_GET(io_provide_buf, request, bid),
	};
	struct uring_pool *many;

	if (pool.count == 1) {
		many = bpf_map_lookup_elem(&uring_pools, &key);
		key.bid = pool.bid;
		/* One that is given back is where it was. */
		if (many && pool.bid - many->bid < many->count &&
		    pool.addr == many->addr + (__u64)(pool.bid - many->bid) * many->len) {
			bpf_map_delete_elem(&uring_pools, &key);
			return;
		}
	}
	bpf_map_update_elem(&uring_pools, &key, &pool, BPF_ANY);
}

static __always_inline int uring_submitted(struct io_kiocb *request)
{
	const volatile struct uring_shape *shape = uring_shape_of(request);
	__u8 kind = shape->kind;

	if (kind == URING_NONE)
		return 0;
	if (kind == URING_PROVIDE)
		uring_remember_buffers(request);
	else if (uring_is_multishot(request, shape))
		uring_remember_shot(request, kind);
	else if (kind == URING_RW_VECTOR || kind == URING_MESSAGE)
		uring_remember_vector(request, kind);
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *request)
{
	return UNPREEMPTED(uring_submitted(request));
}

/* The name up to 6.3; user space loads one of the two. */
SEC("?tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_old, struct io_kiocb *request)
{
	return UNPREEMPTED(uring_submitted(request));
}

#endif
