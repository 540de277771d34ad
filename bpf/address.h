/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ADDRESS_H
#define SOCKTAPE_BPF_ADDRESS_H

/* Addresses: a socket's own two, and those that a call names. */

#include "bpf/socket.h"

/* sockaddr_in and sockaddr_in6 as user memory has them. */
struct user_sockaddr {
	__u16 family;
	__be16 port;
	union {
		__u8 ip4[4];
		struct {
			__u32 flow;
			__u8 ip[16];
			__u32 scope;
		} inet6;
	};
};

#define SOCKADDR_IN_LEN	 16
#define SOCKADDR_IN6_LEN 28

static __always_inline void address_decode(const struct user_sockaddr *name,
					   struct kernel_address *address)
{
	if (name->family == AF_INET) {
		address->family = ADDRESS_INET4;
		__builtin_memcpy(address->ip, name->ip4, 4);
	} else if (name->family == AF_INET6) {
		address->family = ADDRESS_INET6;
		address->scope = name->inet6.scope;
		__builtin_memcpy(address->ip, name->inet6.ip, 16);
	} else {
		return;
	}
	address->port = bpf_ntohs(name->port);
}

/* The address that a datagram call names; family 0 when there is none or it isn't readable. */
static __noinline void address_from_user(__u64 pointer, struct kernel_address *address)
{
	struct user_sockaddr name = {};

	__builtin_memset(address, 0, sizeof(*address));
	if (!pointer || user_read(&name, sizeof(name.family), pointer))
		return;
	if (name.family == AF_INET && user_read(&name, 8, pointer))
		return;
	if (name.family == AF_INET6 && user_read(&name, sizeof(name), pointer))
		return;
	address_decode(&name, address);
}

static __always_inline void address_of_inet(struct sock *sk, struct kernel_address *local,
					    struct kernel_address *remote)
{
	bool inet6 = KERNEL_GET(sock, sk, __sk_common.skc_family) == AF_INET6;

	local->family = remote->family = inet6 ? ADDRESS_INET6 : ADDRESS_INET4;
	local->port = socket_bound_port((__u64)sk);
	remote->port = socket_remote_port((__u64)sk);
	if (!inet6) {
		bpf_core_read(local->ip, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(remote->ip, 4, &sk->__sk_common.skc_daddr);
		return;
	}
	local->scope = remote->scope = KERNEL_GET(sock, sk, __sk_common.skc_bound_dev_if);
	bpf_core_read(local->ip, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_core_read(remote->ip, 16, &sk->__sk_common.skc_v6_daddr);
}

/* Copies the path that a Unix socket is bound to; gives its length, 0 when it has none. */
static __always_inline __u16 address_unix_path(struct unix_sock *sk, __u8 path[KERNEL_PATH_LEN])
{
	struct unix_address *address = BPF_CORE_READ(sk, addr);
	__u64 len;

	if (!address)
		return 0;
	len = BPF_CORE_READ(address, len);
	if (len <= sizeof(__u16))
		return 0;
	len = BOUNDED(len - sizeof(__u16), KERNEL_PATH_LEN);
	return bpf_core_read(path, len, (__u8 *)address->name + sizeof(__u16)) ? 0 : len;
}

static __always_inline struct unix_sock *unix_peer_of(__u64 sk)
{
	return (struct unix_sock *)BPF_CORE_READ((struct unix_sock *)sk, peer);
}

#endif
