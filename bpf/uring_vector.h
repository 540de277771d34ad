/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_URING_VECTOR_H
#define SOCKTAPE_BPF_URING_VECTOR_H

/*
 * Vectors of io_uring's requests, remembered while the requests are under way: the application may
 * use their memory for something else as soon as they are submitted.
 */

#include "bpf/transfer.h"

/* How a request describes its bytes. */
enum uring_kind {
	URING_NONE,
	URING_RW,	 /* struct io_rw: address and length */
	URING_RW_VECTOR, /* struct io_rw: struct iovec array */
	URING_BUFFER,	 /* struct io_sr_msg: address and length */
	URING_MESSAGE,	 /* struct io_sr_msg: struct msghdr */
	URING_SPLICE,	 /* struct io_splice: a socket at either end */
	URING_UNSEEN,	 /* bytes that can't be read here */
	URING_PROVIDE,	 /* struct io_provide_buf: moves nothing */
};

/* Most are short; what is longer than a long one is cut. */
#define URING_VECTOR_SHORT 16
#define URING_VECTOR_LONG  256

struct uring_vector {
	__u64 count;
	__u64 name;    /* where a datagram's address is or will be */
	__u32 segment; /* struct transfer's */
	__u32 reserved;
	struct iovec iov[URING_VECTOR_SHORT];
};

struct uring_vector_long {
	struct uring_vector head;
	struct iovec rest[URING_VECTOR_LONG - URING_VECTOR_SHORT];
};

/* By the request's address. Who has one in the first has none in the second, or an old one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct uring_vector);
} uring_vectors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, struct uring_vector_long);
} uring_vectors_long SEC(".maps");

/* A value to build an entry in: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct uring_vector_long);
} uring_space SEC(".maps");

/* A number, not a pointer: the verifier lets nobody calculate with those (USER_ADDRESS does). */
static __always_inline __u64 uring_message_of(struct io_kiocb *request)
{
	struct io_sr_msg *message = (struct io_sr_msg *)request;
	__u64 pointer = 0;

	bpf_core_read(&pointer, sizeof(pointer), &message->umsg);
	return pointer;
}

static __always_inline void uring_remember_vector(struct io_kiocb *request, __u8 kind)
{
	struct user_msghdr message = {};
	__u64 key = (__u64)request;
	__u64 from;
	__u32 zero = 0;
	struct uring_vector_long *space = bpf_map_lookup_elem(&uring_space, &zero);
	struct uring_vector *vector = &space->head;

	if (!space)
		return;
	if (kind == URING_MESSAGE) {
		from = uring_message_of(request);
		if (user_read(&message, sizeof(message), from))
			return;
		from = (__u64)message.msg_iov;
		vector->count = message.msg_iovlen;
	} else {
		from = KERNEL_GET(io_rw, request, addr);
		vector->count = KERNEL_GET(io_rw, request, len);
	}
	vector->name = (__u64)message.msg_name;
	vector->segment = segment_of_control((__u64)message.msg_control, message.msg_controllen);
	if (vector->count > URING_VECTOR_LONG)
		vector->count = URING_VECTOR_LONG;
	if (user_read(vector->iov,
		      BOUNDED(vector->count, URING_VECTOR_LONG) * sizeof(vector->iov[0]), from))
		return;
	if (vector->count <= URING_VECTOR_SHORT) {
		bpf_map_update_elem(&uring_vectors, &key, vector, BPF_ANY);
	} else {
		bpf_map_delete_elem(&uring_vectors, &key);
		bpf_map_update_elem(&uring_vectors_long, &key, space, BPF_ANY);
	}
}

static __always_inline void source_uring_vector(struct transfer *transfer, __u64 request)
{
	struct uring_vector *vector = bpf_map_lookup_elem(&uring_vectors, &request);

	if (!vector)
		vector = bpf_map_lookup_elem(&uring_vectors_long, &request);
	if (!vector)
		return;
	transfer->source.kind = SOURCE_VECTOR_KERNEL;
	transfer->source.at = (__u64)vector->iov;
	transfer->source.count = vector->count;
	if (!transfer_is_datagram(transfer))
		return;
	address_from_user(vector->name, &transfer->peer);
	if (transfer->direction == DIRECTION_SENT)
		transfer->segment = vector->segment;
}

#endif
