/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_RECEIVED_H
#define SOCKTAPE_BPF_RECEIVED_H

/*
 * Who a datagram came from, and how much of the control messages' memory was used. When the
 * socket's tracepoint fires, the application hasn't been told: it is in the kernel's struct msghdr
 * alone, on the call's stack. It is looked for by what is known of it: that it receives; how much
 * of the application's buffers is left, where the memory for control messages ends; and the address
 * lies on the stack, too, with a length that is the family's, and is as the kernel writes one.
 *
 * What earlier calls left behind may look the same, and be damaged since. It lies where nobody
 * writes: below the tracepoint's arguments, and at the stack's begin, where the kernel leaves a gap
 * of random size. So the search goes from the arguments to the begin, where the functions in
 * between leave hardly a word unwritten, and goes on where the address is none. Where nothing is
 * found, the peer stays unknown.
 */

#include "bpf/transfer.h"

/* Word of the field in a struct msghdr. */
#define MSGHDR_WORD(field) (bpf_core_field_offset(struct msghdr, field) / 8)

/* Words of struct msghdr, at most. */
#define MSGHDR_WORDS 16

/* That look like the wanted one, at most, before the search ends. */
#define RECEIVED_TRIES 4

static __always_inline __u64 stack_at(struct lane *lane, __u64 word)
{
	return lane->stack[word & (STACK_WORDS - 1)];
}

/*
 * 0 when a struct msghdr that is the wanted one begins at word AT. There is no branch in it: the
 * verifier would follow each of them for each word.
 */
static __always_inline __u64 msghdr_differs(struct lane *lane, __u64 at)
{
	struct wanted *wanted = &lane->wanted;
	__u64 iter = at + MSGHDR_WORD(msg_iter);
	__u64 count = iter + bpf_core_field_offset(struct iov_iter, count) / 8;
	__u64 way = 8 * (bpf_core_field_offset(struct iov_iter, data_source) & 7);
	__u64 control = stack_at(lane, at + MSGHDR_WORD(msg_control)) +
			stack_at(lane, at + MSGHDR_WORD(msg_controllen));
	__u64 name_len = stack_at(lane, at + MSGHDR_WORD(msg_namelen));

	return (stack_at(lane, count) ^ wanted->left) | /* ITER_DEST is 0 */
	       (stack_at(lane, iter) >> way & 0xff) | (control ^ wanted->control_end) |
	       ((name_len ^ wanted->name_len) & wanted->name_mask) |
	       (at - wanted->from) >> 63; /* it lies before */
}

/* As the kernel writes an address: all of it, with nothing in the fields that it doesn't use. */
static __always_inline bool peer_is_whole(const struct user_sockaddr *address)
{
	const __u8 *ip = address->inet6.ip;
	__u64 zero;

	if (address->family == AF_INET) {
		__builtin_memcpy(&zero, ip, sizeof(zero));
		return !zero;
	}
	/* An interface is told of link-local addresses alone. */
	return !address->inet6.flow &&
	       (!address->inet6.scope || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80));
}

/* The address that POINTER, on the stack, points to. */
static __always_inline bool peer_read(struct lane *lane, __u64 pointer)
{
	struct wanted *wanted = &lane->wanted;
	__u64 base = wanted->stack_begin - sizeof(lane->stack);
	struct user_sockaddr address;

	if (pointer < wanted->stack_end || pointer - base >= sizeof(lane->stack) - sizeof(address))
		return false;
	if (bpf_probe_read_kernel(&address, sizeof(address), (void *)pointer))
		return false;
	if (address.family != wanted->family || !peer_is_whole(&address))
		return false;
	address_decode(&address, &wanted->peer);
	return true;
}

/*
 * Looks for the struct msghdr in lane->stack, from word lane->wanted.from on; its word is
 * lane->wanted.at then, else 0.
 */
static __always_inline void msghdr_find(struct lane *lane)
{
	for (__u64 at = 1; at <= STACK_WORDS - MSGHDR_WORDS; at++) {
		if (!msghdr_differs(lane, at)) {
			lane->wanted.at = at;
			break;
		}
	}
}

/* Completes what is wanted in the lane of CPU; 0: there is nothing else to find. */
__noinline int received_try(__u32 cpu)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct wanted *wanted;

	if (!lane)
		return 0;
	wanted = &lane->wanted;
	wanted->at = 0;
	msghdr_find(lane);
	if (!wanted->at)
		return 0;
	wanted->control_left = stack_at(lane, wanted->at + MSGHDR_WORD(msg_controllen));
	if (!wanted->name_mask || peer_read(lane, stack_at(lane, wanted->at)))
		return 0;
	wanted->from = wanted->at + 1;
	wanted->at = 0;
	return 1;
}

/* The same, of all that look like it. */
static __always_inline void received_find(struct lane *lane)
{
	struct wanted *wanted = &lane->wanted;
	__u64 base = wanted->stack_begin - sizeof(lane->stack);

	wanted->at = 0;
	wanted->from = wanted->stack_end > base ? (wanted->stack_end - base) / 8 : 0;
	__builtin_memset(&wanted->peer, 0, sizeof(wanted->peer));
	if (bpf_probe_read_kernel(lane->stack, sizeof(lane->stack), (void *)base))
		return;
	for (int i = 0; i < RECEIVED_TRIES && received_try(lane->cpu); i++)
		;
}

#endif
