/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_VMLINUX_H
#define SOCKTAPE_BPF_VMLINUX_H

/* Made by tools/vmlinux-header from bpf/vmlinux.types: change that. */
/* clang-format off */

typedef _Bool bool;
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#define NULL  ((void *)0)
#define true  1
#define false 0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_F_MMAPABLE = 1024,
	BPF_F_NO_PREALLOC = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_SK_STORAGE_GET_F_CREATE = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_SEQPACKET = 5,
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
};

typedef struct {
	__s32 counter;
} atomic_t;

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct xarray {
	void *xa_head;
};

struct xa_node {
	__u8 shift;
	void *slots[64];
};

struct bpf_spin_lock {
	__u32 val;
};

struct bpf_iter__task_file {
	struct task_struct *task;
	struct file *file;
};

struct bpf_iter__bpf_map_elem {
	void *key;
	void *value;
};

struct task_struct {
	__u32 flags;
	struct mm_struct *mm;
	__s32 exit_code;
	__s32 pid;
	__s32 tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_time;
	struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct bpf_local_storage *bpf_storage;
};

struct signal_struct {
	atomic_t live;
	__s32 group_exit_code;
	__u32 flags;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct kernfs_node {
	__u64 id;
};

struct mm_struct {
	__u64 arg_start;
	__u64 arg_end;
	struct file *exe_file;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fdtable {
	__u32 max_fds;
	struct file **fd;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
	__s64 f_pos;
	struct address_space *f_mapping;
	void *private_data;
};

struct inode {
	__u16 i_mode;
	__s64 i_size;
	__u64 i_ino;
	struct super_block *i_sb;
};

struct super_block {
	__u64 s_magic;
};

struct qstr {
	__u8 *name;
	__u32 len;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct address_space {
	struct xarray i_pages;
};

struct folio {
	struct address_space *mapping;
	__u64 index;
};

struct page {
};

struct slab {
	struct kmem_cache *slab_cache;
	struct list_head slab_list;
	void *freelist;
};

struct kmem_cache {
	struct list_head list;
};

struct kmem_cache_node {
	__u64 nr_partial;
	struct list_head partial;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
};

struct sock_common {
	__u64 skc_flags;
	__u16 skc_family;
	__u8 skc_state;
	__s32 skc_bound_dev_if;
	struct proto *skc_prot;
	possible_net_t skc_net;
	__u16 skc_num;
	__u16 skc_dport;
	__u32 skc_rcv_saddr;
	__u32 skc_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct in6_addr skc_v6_daddr;
};

typedef struct {
	__s32 owned;
} socket_lock_t;

struct sk_buff_head {
	struct sk_buff *prev;
};

struct sock {
	struct sock_common __sk_common;
	struct socket_wq *sk_wq;
	__s32 sk_write_pending;
	socket_lock_t sk_lock;
	struct socket *sk_socket;
	__u16 sk_protocol;
	__u16 sk_type;
	__s32 sk_err;
	__s32 sk_err_soft;
	struct sk_buff_head sk_error_queue;
	__u8 sk_kern_sock;
	void *sk_user_data;
	struct bpf_local_storage *sk_bpf_storage;
};

struct wait_queue_head {
	struct list_head head;
};

struct socket_wq {
	struct wait_queue_head wait;
};

struct wait_queue_entry {
	void *private;
	struct list_head entry;
};

struct inet_sock {
	__u16 inet_sport;
};

struct udp_sock {
	__u16 gso_size;
};

struct tcp_sock {
	__u32 srtt_us;
	__u32 write_seq;
	__u32 copied_seq;
	__u32 snd_una;
	__u64 bytes_acked;
	__u32 rcv_nxt;
	__u64 bytes_received;
};

struct inet_connection_sock {
	struct tcp_ulp_ops *icsk_ulp_ops;
};

struct tcp_ulp_ops {
	char name[16];
};

struct sk_buff {
	char cb[48];
};

struct sock_extended_err {
	__u32 ee_errno;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct ns_common {
	__u32 inum;
};

struct net {
	struct ns_common ns;
};

struct proto {
	void *recvmsg;
	void *sendmsg;
	struct kmem_cache *slab;
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct sockaddr_un {
};

struct unix_address {
	__s32 len;
	struct sockaddr_un name[0];
};

struct iovec {
	void *iov_base;
	__u64 iov_len;
};

struct iov_iter {
	bool data_source;
	__u64 count;
};

struct msghdr {
	void *msg_name;
	__s32 msg_namelen;
	struct iov_iter msg_iter;
	void *msg_control;
	__u64 msg_controllen;
};

struct user_msghdr {
	void *msg_name;
	__s32 msg_namelen;
	struct iovec *msg_iov;
	__u64 msg_iovlen;
	void *msg_control;
	__u64 msg_controllen;
	__u32 msg_flags;
};

struct mmsghdr {
	struct user_msghdr msg_hdr;
	__u32 msg_len;
};

struct io_rsrc_data {
	__u32 nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table {
	struct io_rsrc_data data;
};

struct io_ring_ctx {
	struct io_file_table file_table;
	struct xarray io_bl_xa;
};

struct io_rsrc_node {
	__u64 file_ptr;
};

struct io_cqe {
	__u64 user_data;
	__s32 fd;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	__u16 buf_index;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_uring_task *tctx;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_rw {
	__u64 addr;
	__u32 len;
};

struct io_sr_msg {
	struct user_msghdr *umsg;
	void *buf;
	__u32 done_io;
	__u32 msg_flags;
	__u16 flags;
	__u16 buf_group;
};

struct io_splice {
	__s32 splice_fd_in;
	__u32 flags;
};

struct io_buffer_list {
	struct io_uring_buf_ring *buf_ring;
	__u16 head;
	__u16 mask;
	__u16 flags;
};

struct io_uring_buf {
	__u64 addr;
	__u32 len;
	__u16 bid;
};

struct io_uring_buf_ring {
	struct io_uring_buf bufs[0];
};

struct io_provide_buf {
	__u64 addr;
	__u32 len;
	__u32 bgid;
	__u32 nbufs;
	__u16 bid;
};

struct io_br_sel {
};

struct iou_vec {
};

#pragma clang attribute pop

#endif
