/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_RECEIVED_H
#define SOCKTAPE_BPF_RECEIVED_H

/*
 * Who a datagram came from, and how much of the control messages' memory was used. When the
 * socket's tracepoint fires, the application hasn't been told: it is in the kernel's struct msghdr
 * alone, on the call's stack. It is looked for from the stack's begin on, where the system call's
 * own functions are, by what is known of it: that it receives; how much of the application's
 * buffers is left, where the memory for control messages ends; and the address lies on the stack,
 * too, with a length that is the family's. Where it isn't found, the peer stays unknown.
 */

#include "bpf/transfer.h"

/* Word of the field in a struct msghdr. */
#define MSGHDR_WORD(field) (bpf_core_field_offset(struct msghdr, field) / 8)

/* Words of struct msghdr, at most. */
#define MSGHDR_WORDS 16

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
	       ((name_len ^ wanted->name_len) & wanted->name_mask);
}

/* The address that POINTER, on the stack, points to. */
static __always_inline bool peer_read(struct lane *lane, __u64 pointer)
{
	struct wanted *wanted = &lane->wanted;
	__u64 base = wanted->stack_begin - sizeof(lane->stack);
	struct user_sockaddr address;

	if (pointer - base >= sizeof(lane->stack) - sizeof(address))
		return false;
	if (bpf_probe_read_kernel(&address, sizeof(address), (void *)pointer))
		return false;
	if (address.family != wanted->family)
		return false;
	address_decode(&address, &wanted->peer);
	return true;
}

/* Looks for the struct msghdr in lane->stack; its word is lane->wanted.at then, else 0. */
static __always_inline void msghdr_find(struct lane *lane)
{
	for (__u64 at = STACK_WORDS - MSGHDR_WORDS; at > 0; at--) {
		if (!msghdr_differs(lane, at)) {
			lane->wanted.at = at;
			break;
		}
	}
}

/* Completes what is wanted in the lane of CPU. */
__noinline int received_find(__u32 cpu)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct wanted *wanted;

	if (!lane)
		return 0;
	wanted = &lane->wanted;
	wanted->at = 0;
	__builtin_memset(&wanted->peer, 0, sizeof(wanted->peer));
	if (bpf_probe_read_kernel(lane->stack, sizeof(lane->stack),
				  (void *)(wanted->stack_begin - sizeof(lane->stack))))
		return 0;
	msghdr_find(lane);
	if (!wanted->at)
		return 0;
	wanted->control_left = stack_at(lane, wanted->at + MSGHDR_WORD(msg_controllen));
	if (wanted->name_mask && !peer_read(lane, stack_at(lane, wanted->at)))
		wanted->at = 0;
	return 0;
}

#endif
