/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_BUFFER_H
#define SOCKTAPE_BPF_URING_BUFFER_H

/*
 * Buffers that the application provides to io_uring in groups, in a ring or one by one, and of
 * which the kernel chooses one for a request.
 */

#include "bpf/uring_request.h"
#include "bpf/xarray.h"

#define URING_CQE_BUFFER    (1 << 0) /* IORING_CQE_F_BUFFER: a provided buffer was filled */
#define URING_CQE_MORE	    (1 << 1)
#define URING_CQE_NOTIF	    (1 << 3)
#define URING_CQE_BUFFER_ID 16 /* shift */

/* One completion. */
struct uring_done {
	struct io_ring_ctx *ring;
	struct io_kiocb *request; /* NULL for most of a multishot one */
	struct task_struct *task; /* that made the request; this may be one of its helpers */
	__u64 buffer;		  /* where the payload is in a provided buffer; 0: nowhere */
	__u64 name;		  /* where the peer's address is, before it */
	__u32 flags;
	__u8 kind;
};

/* struct io_buffer_list's flags: a ring is shared with the kernel, completions take parts of
 * buffers */
#define URING_GROUP_IS_RING   (1 << 0)
#define URING_GROUP_IN_PIECES (1 << 1)

static __always_inline struct io_buffer_list *buffer_group(struct uring_done *done, __u16 group)
{
	if (!bpf_core_field_exists(done->ring->io_bl_xa) ||
	    !bpf_core_field_exists(struct io_buffer_list, flags))
		return NULL;
	return (struct io_buffer_list *)xarray_get(&done->ring->io_bl_xa, group);
}

/*
 * The buffer before the head of its group's ring, if it is the one that the completion names. The
 * application doesn't know yet that its place there is free.
 */
static __always_inline __u64 buffer_in_ring(struct io_buffer_list *list, __u16 bid)
{
	__u16 slot = (BPF_CORE_READ(list, head) - 1) & BPF_CORE_READ(list, mask);
	struct io_uring_buf_ring *buffers = BPF_CORE_READ(list, buf_ring);
	struct io_uring_buf entry = {};

	bpf_core_read(&entry, sizeof(entry), &buffers->bufs[slot]);
	return entry.bid == bid ? entry.addr : 0;
}

/* Where IORING_OP_PROVIDE_BUFFERS said that buffer BID of a group is. */
static __always_inline __u64 buffer_provided(struct uring_done *done, __u16 group, __u16 bid)
{
	struct uring_pool_key key = {(__u64)done->ring, group, bid};
	struct uring_pool *pool = bpf_map_lookup_elem(&uring_pools, &key);

	if (!pool) {
		key.bid = URING_POOL_MANY;
		pool = bpf_map_lookup_elem(&uring_pools, &key);
	}
	if (!pool || bid - pool->bid >= pool->count)
		return 0;
	return pool->addr + (__u64)(bid - pool->bid) * pool->len;
}

/* The provided buffer that a completion names; 0 when it names none, or it can't be found. */
static __always_inline __u64 provided_buffer(struct uring_done *done, __u16 group)
{
	__u16 bid = done->flags >> URING_CQE_BUFFER_ID;
	struct io_buffer_list *list;
	__u16 flags = 0;

	if (!(done->flags & URING_CQE_BUFFER))
		return 0;
	list = buffer_group(done, group);
	if (list)
		flags = BPF_CORE_READ(list, flags);
	if (!(flags & URING_GROUP_IS_RING))
		return buffer_provided(done, group, bid);
	return flags & URING_GROUP_IN_PIECES ? 0 : buffer_in_ring(list, bid);
}

/*
 * A request that takes one provided buffer at a time has its address in itself while it completes:
 * a read always, a receive up to 6.14. One that takes several (a bundle) or a message doesn't.
 * struct iou_vec came with 6.15, struct io_br_sel with 6.18 and with a later 6.12.
 */
static __always_inline bool uring_has_buffer(struct io_kiocb *request, __u8 kind)
{
	if (kind != URING_BUFFER)
		return kind == URING_RW;
	return !bpf_core_type_exists(struct iou_vec) && !bpf_core_type_exists(struct io_br_sel) &&
	       !(KERNEL_GET(io_sr_msg, request, flags) & URING_RECV_BUNDLE);
}

#endif
