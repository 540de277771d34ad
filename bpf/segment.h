/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SEGMENT_H
#define SOCKTAPE_BPF_SEGMENT_H

/*
 * Several datagrams of one size that one call sends (UDP_SEGMENT) or receives (UDP_GRO): a control
 * message tells the size, or, for sending, an option of the socket (udp(7)).
 */

#include "bpf/arch.h"

#define SOL_UDP	    17
#define UDP_SEGMENT 103
#define UDP_GRO	    104

/* Control messages of one call that are looked at. */
#define CONTROLS_MAX 8

/* struct cmsghdr; the size is an int when receiving and a 16-bit number when sending. */
struct user_control {
	__u64 len;
	__s32 level;
	__s32 type;
	__u16 value;
	__u16 reserved[3];
};

/* The size of segments that LEN bytes of control messages at CONTROL tell of; 0: there is none. */
static __noinline __u32 segment_of_control(__u64 control, __u64 len)
{
	struct user_control one;

	for (int i = 0; i < CONTROLS_MAX && len >= offsetof(struct user_control, reserved); i++) {
		__u64 step;

		if (user_read(&one, offsetof(struct user_control, reserved), control))
			return 0;
		if (one.level == SOL_UDP && (one.type == UDP_SEGMENT || one.type == UDP_GRO))
			return one.value;
		step = (one.len + 7) & ~7ULL;
		if (step < 16 || step >= len)
			return 0;
		control += step;
		len -= step;
	}
	return 0;
}

/* What the socket's option says. */
static __always_inline __u32 segment_of_socket(__u64 sk)
{
	return KERNEL_GET(udp_sock, sk, gso_size);
}

#endif
