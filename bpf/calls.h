/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_CALLS_H
#define SOCKTAPE_BPF_CALLS_H

/* Which system calls of x86-64 move bytes through sockets, and where their arguments are. */

#include "bpf/kernel.h"

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

#define MOVES(what, name, way)                                                                     \
	.kind = KIND_##what, .call = CALL_##name, .direction = DIRECTION_##way

static const volatile struct call_shape call_shapes[CALL_NUMBERS] = {
	[0] = {MOVES(BUFFER, READ, RECEIVED)},
	[1] = {MOVES(BUFFER, WRITE, SENT)},
	[3] = {.compat = COMPAT_FD}, /* read */
	[4] = {.compat = COMPAT_FD}, /* write */
	[19] = {MOVES(VECTOR, READV, RECEIVED)},
	[20] = {MOVES(VECTOR, WRITEV, SENT)},
	[40] = {MOVES(SENDFILE, SENDFILE, SENT)},
	[42] = {.kind = KIND_CONNECT},
	[43] = {.kind = KIND_ACCEPT},
	[44] = {MOVES(BUFFER, SENDTO, SENT)},
	[45] = {MOVES(BUFFER, RECVFROM, RECEIVED)},
	[46] = {MOVES(MESSAGE, SENDMSG, SENT)},
	[47] = {MOVES(MESSAGE, RECVMSG, RECEIVED)},
	[102] = {.compat = COMPAT_SOCKETCALL},
	[145] = {.compat = COMPAT_FD}, /* readv */
	[146] = {.compat = COMPAT_FD}, /* writev */
	[187] = {.compat = COMPAT_FD}, /* sendfile */
	[239] = {.compat = COMPAT_FD}, /* sendfile64 */
	[275] = {MOVES(SPLICE, SPLICE, SENT)},
	[288] = {.kind = KIND_ACCEPT},
	[299] = {MOVES(MESSAGES, RECVMMSG, RECEIVED)},
	[307] = {MOVES(MESSAGES, SENDMMSG, SENT)},
	[313] = {.compat = COMPAT_SPLICE}, /* splice */
	[327] = {MOVES(VECTOR, PREADV, RECEIVED)},
	[328] = {MOVES(VECTOR, PWRITEV, SENT)},
	[337] = {.compat = COMPAT_FD}, /* recvmmsg */
	[345] = {.compat = COMPAT_FD}, /* sendmmsg */
	[369] = {.compat = COMPAT_FD}, /* sendto */
	[370] = {.compat = COMPAT_FD}, /* sendmsg */
	[371] = {.compat = COMPAT_FD}, /* recvfrom */
	[372] = {.compat = COMPAT_FD}, /* recvmsg */
};

#endif
