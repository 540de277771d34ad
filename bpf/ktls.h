/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_KTLS_H
#define SOCKTAPE_BPF_KTLS_H

/*
 * TLS in the kernel (Documentation/networking/tls.rst): once a socket has keys for sending, what
 * its calls send is plaintext, and the records are made below. Such a socket has the protocol "tls"
 * on top of it, and another function that sends than TCP's. Records of another type than
 * application data are sent with a control message.
 */

#include "bpf/tcp_count.h"

/* Weak, so that a kernel without it only knows of no such socket. */
extern const void tcp_sendmsg __ksym __weak;

#define ULP_TLS 0x00736c74 /* "tls" with its end, as it lies in memory */

static __always_inline bool ulp_is_tls(__u64 sk)
{
	struct tcp_ulp_ops *ops = KERNEL_GET(inet_connection_sock, sk, icsk_ulp_ops);
	__u32 name = 0;

	if (ops)
		bpf_core_read(&name, sizeof(name), &ops->name);
	return name == ULP_TLS;
}

/* Whether what TRANSFER sends on CONN is plaintext that the kernel makes records of. */
static __always_inline bool ktls_sends(const struct transfer *transfer,
				       const struct kernel_conn_state *conn)
{
	__u64 sk = transfer->ref.sk;
	__u64 prot;

	/* TCP's count can't be told where something is on top of it: so most are passed over here.
	 */
	if (!(settings.flags & KERNEL_CONFIG_KTLS) || conn->counted != COUNT_NEVER ||
	    conn->transport != TRANSPORT_TCP || transfer->direction != DIRECTION_SENT ||
	    transfer->control || !&tcp_sendmsg || !ulp_is_tls(sk))
		return false;
	prot = (__u64)KERNEL_GET(sock, sk, __sk_common.skc_prot);
	return (__u64)KERNEL_GET(proto, prot, sendmsg) != (__u64)&tcp_sendmsg;
}

#endif
