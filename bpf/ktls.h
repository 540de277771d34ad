/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_KTLS_H
#define SOCKTAPE_BPF_KTLS_H

/*
 * TLS in the kernel (Documentation/networking/tls.rst): once a socket has keys for a direction,
 * what its calls move in that is plaintext, and the records are made and opened below. Such a
 * socket has the protocol "tls" on top of it, and another function that sends, or receives, than
 * TCP's. Records of another type than application data are sent, and received, with a control
 * message that tells the type.
 */

#include "bpf/segment.h"
#include "bpf/tcp_count.h"

/* Weak, so that a kernel without them only knows of no such socket. */
extern const void tcp_sendmsg __ksym __weak;
extern const void tcp_recvmsg __ksym __weak;

#define ULP_TLS 0x00736c74 /* "tls" with its end, as it lies in memory */

#define SOL_TLS	     282
#define KTLS_DATA    23 /* application data: RFC 8446, 5.1 */
#define KTLS_CONTROL 17 /* bytes of a control message with a type of record */

static __always_inline bool ulp_is_tls(__u64 sk)
{
	struct tcp_ulp_ops *ops = KERNEL_GET(inet_connection_sock, sk, icsk_ulp_ops);
	__u32 name = 0;

	if (ops)
		bpf_core_read(&name, sizeof(name), &ops->name);
	return name == ULP_TLS;
}

/*
 * Whether the control message at CONTROL makes a record special: it tells the type, in both
 * directions, and GnuTLS sends data with one, too.
 */
static __noinline int ktls_is_special(__u64 control)
{
	struct user_control one = {};

	return !user_read(&one, KTLS_CONTROL, control) && one.level == SOL_TLS &&
	       (one.value & 0xff) != KTLS_DATA;
}

/* Whether what TRANSFER moves on CONN is plaintext that the kernel makes records of, or opened. */
static __always_inline bool ktls_moves(const struct transfer *transfer,
				       const struct kernel_conn_state *conn)
{
	__u64 sk = transfer->ref.sk;
	__u64 prot;

	/* TCP's count can't be told where something is on top of it: so most are passed over here.
	 */
	if (conn->counted != COUNT_NEVER || conn->transport != TRANSPORT_TCP || transfer->special ||
	    !ulp_is_tls(sk))
		return false;
	prot = (__u64)KERNEL_GET(sock, sk, __sk_common.skc_prot);
	if (transfer->direction == DIRECTION_SENT)
		return &tcp_sendmsg &&
		       (__u64)KERNEL_GET(proto, prot, sendmsg) != (__u64)&tcp_sendmsg;
	return &tcp_recvmsg && (__u64)KERNEL_GET(proto, prot, recvmsg) != (__u64)&tcp_recvmsg;
}

#endif
