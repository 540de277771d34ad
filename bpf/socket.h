/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SOCKET_H
#define SOCKTAPE_BPF_SOCKET_H

/* From a file descriptor to the socket behind it, and what a socket is. */

#include "bpf/maps.h"

static __always_inline struct file *current_file(struct task_struct *task, __u32 fd)
{
	struct file **files;
	struct file *file = NULL;
#ifdef SOCKTAPE_COMPAT
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
#else
	struct fdtable *table = task->files->fdt;

	if (fd >= table->max_fds)
		return NULL;
	files = table->fd;
#endif
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

static __always_inline struct inode *file_socket_inode(struct file *file)
{
	struct inode *inode;

	if (!file)
		return NULL;
	inode = KERNEL_GET(file, file, f_inode);
	return (KERNEL_GET(inode, inode, i_mode) & S_IFMT) == S_IFSOCK ? inode : NULL;
}

/* enum transport; UNKNOWN for what is not recorded. */
static __always_inline __u8 socket_transport(__u64 sk)
{
	__u16 family = KERNEL_GET(sock, sk, __sk_common.skc_family);
	__u16 type = KERNEL_GET(sock, sk, sk_type);
	__u16 protocol = KERNEL_GET(sock, sk, sk_protocol);

	if (family == AF_INET || family == AF_INET6) {
		if (type == SOCK_STREAM && (protocol == PROTOCOL_TCP || protocol == PROTOCOL_MPTCP))
			return TRANSPORT_TCP;
		if (type == SOCK_DGRAM && protocol == PROTOCOL_UDP)
			return TRANSPORT_UDP;
		return TRANSPORT_UNKNOWN;
	}
	if (family != AF_UNIX || !(settings.flags & KERNEL_CONFIG_UNIX))
		return TRANSPORT_UNKNOWN;
	if (type == SOCK_STREAM)
		return TRANSPORT_UNIX_STREAM;
	return type == SOCK_DGRAM	? TRANSPORT_UNIX_DATAGRAM
	       : type == SOCK_SEQPACKET ? TRANSPORT_UNIX_SEQPACKET
					: TRANSPORT_UNKNOWN;
}

/* False when the file is none, no socket, or a socket of a kind that isn't recorded. */
static __always_inline bool socket_of_file(struct file *file, struct socket_ref *ref)
{
	struct inode *inode = file_socket_inode(file);

	if (!inode)
		return false;
	ref->inode = KERNEL_GET(inode, inode, i_ino);
	ref->socket = (__u64)KERNEL_GET(file, file, private_data);
	ref->sk = (__u64)KERNEL_GET(socket, ref->socket, sk);
	if (!ref->sk)
		return false;
	ref->transport = socket_transport(ref->sk);
	return ref->transport != TRANSPORT_UNKNOWN;
}

/* Whether the socket that was seen before is still somebody's. A released one has lost its sk. */
static __always_inline bool socket_lives(__u64 sk, __u64 socket, __u64 inode)
{
	struct socket_alloc *alloc = (struct socket_alloc *)socket;

	return BPF_CORE_READ((struct sock *)sk, sk_socket) == (struct socket *)socket &&
	       BPF_CORE_READ(alloc, socket.sk) == (struct sock *)sk &&
	       BPF_CORE_READ(alloc, vfs_inode.i_ino) == inode;
}

/* A socket of the kernel's own, as the paths of MPTCP are. */
static __always_inline bool socket_is_kernels(__u64 sk)
{
	struct sock *own = (struct sock *)sk;

	return BPF_CORE_READ_BITFIELD_PROBED(own, sk_kern_sock);
}

/* Fills in what a socket says about itself; SOCKET and INODE are 0 before it is accepted. */
static __always_inline void socket_ref_of(__u64 sk, struct socket_ref *ref)
{
	struct socket_alloc *alloc = (struct socket_alloc *)BPF_CORE_READ((struct sock *)sk,
									  sk_socket);

	ref->sk = sk;
	ref->socket = (__u64)alloc;
	ref->inode = alloc ? BPF_CORE_READ(alloc, vfs_inode.i_ino) : 0;
	ref->transport = socket_transport(sk);
}

static __always_inline __u16 socket_local_port(__u64 sk)
{
	return KERNEL_GET(sock, sk, __sk_common.skc_num);
}

/* A closed socket has given its port back, and remembers it elsewhere. */
static __always_inline __u16 socket_bound_port(__u64 sk)
{
	__u16 port = socket_local_port(sk);

	return port ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

static __always_inline __u16 socket_remote_port(__u64 sk)
{
	return bpf_ntohs(KERNEL_GET(sock, sk, __sk_common.skc_dport));
}

/* Something that changes when the socket is connected to somebody else. */
static __always_inline __u64 socket_remote(__u64 sk)
{
	__u64 port = socket_remote_port(sk);
	__u64 ip[2] = {};

	if (KERNEL_GET(sock, sk, __sk_common.skc_family) == AF_INET)
		return (__u64)KERNEL_GET(sock, sk, __sk_common.skc_daddr) << 16 | port;
	bpf_core_read(ip, sizeof(ip), &((struct sock *)sk)->__sk_common.skc_v6_daddr);
	return (ip[0] ^ ip[1]) + port;
}

static __always_inline __u32 socket_netns(__u64 sk)
{
	struct net *net = KERNEL_GET(sock, sk, __sk_common.skc_net.net);

	return KERNEL_GET(net, net, ns.inum);
}

#endif
