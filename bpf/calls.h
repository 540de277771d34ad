/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_CALLS_H
#define SOCKTAPE_BPF_CALLS_H

/* Which system calls move bytes through sockets, and where their arguments are. */

#include "bpf/arch.h"

/* Where a call has its bytes. */
enum call_kind {
	KIND_NONE,
	KIND_BUFFER,   /* address and length */
	KIND_VECTOR,   /* struct iovec array */
	KIND_MESSAGE,  /* struct msghdr */
	KIND_MESSAGES, /* struct mmsghdr array */
	KIND_SENDFILE,
	KIND_SPLICE,
	KIND_ACCEPT,
	KIND_CONNECT,
};

/* A 32-bit call with the same number, which is not decoded but counted. */
enum call_compat {
	COMPAT_NONE,
	COMPAT_FD,
	COMPAT_SPLICE,
	COMPAT_SOCKETCALL,
};

struct call_shape {
	__u8 kind;
	__u8 call;
	__u8 direction;
	__u8 compat;
};

#define CALL_NUMBERS 512

#define CALL_SHAPE(number, what, name, way)                                                        \
	[number].kind = KIND_##what, [number].call = CALL_##name,                                  \
	[number].direction = DIRECTION_##way,
#define CALL_SHAPE_32(number, what) [number].compat = COMPAT_##what,

static const volatile struct call_shape call_shapes[CALL_NUMBERS] = {
	ARCH_CALLS(CALL_SHAPE) ARCH_CALLS_32(CALL_SHAPE_32)};

#endif
