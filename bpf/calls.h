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

/* How a call names its socket. */
enum call_way {
	WAY_FD,		/* by its first argument */
	WAY_SPLICE,	/* by its first, or when it sends its third one */
	WAY_SOCKETCALL, /* inside of socketcall(2) */
};

struct call_shape {
	__u8 kind; /* of a 32-bit call NONE: its bytes are not looked for */
	__u8 call;
	__u8 direction;
	__u8 way;
};

#define CALL_NUMBERS 512

#define CALL_SHAPE(number, what, name, to)                                                         \
	[number].kind = KIND_##what, [number].call = CALL_##name,                                  \
	[number].direction = DIRECTION_##to,
#define CALL_SHAPE_32(number, by, what, name, to)                                                  \
	CALL_SHAPE(number, what, name, to)[number].way = WAY_##by,

static const volatile struct call_shape call_shapes[CALL_NUMBERS] = {ARCH_CALLS(CALL_SHAPE)};
static const volatile struct call_shape call_shapes_32[CALL_NUMBERS] = {
	ARCH_CALLS_32(CALL_SHAPE_32)};

#endif
