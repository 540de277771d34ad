/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_GO_H
#define SOCKTAPE_BPF_TLS_GO_H

/*
 * Go's crypto/tls. A return probe would break Go's stacks, which move: Write tells what it is given
 * at its beginning, and Read at its call of memmove(), which has the plaintext and its length. A
 * goroutine may change its thread meanwhile, so that it stands for the thread; and the connection's
 * descriptor is in the object.
 */

#include "bpf/tls.h"

struct tls_go_key {
	__u64 goroutine;
	__u32 pid;
	__u32 reserved;
};

/* The object that a goroutine reads from. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KERNEL_TLS_CALLS);
	__type(key, struct tls_go_key);
	__type(value, __u64);
} tls_go_reads SEC(".maps");

/*
 * net.Conn is the first field of tls.Conn: a table of methods and a pointer to the value, which is
 * a *net.TCPConn most often. That begins with a *netFD, whose descriptor stands behind its lock. Of
 * any other type what is there is no descriptor of a connection.
 */
#define GO_CONN_VALUE 8
#define GO_NETFD_FD   16

/* The connection whose descriptor the object has; 0: that isn't known. */
static __always_inline __u64 tls_go_conn(__u64 object)
{
	struct task_struct *task = current_task();
	struct kernel_conn_state *conn;
	struct socket_ref ref = {};
	__u64 at = 0;
	__s32 fd = -1;

	if (user_read(&at, sizeof(at), object + GO_CONN_VALUE) || user_read(&at, sizeof(at), at) ||
	    user_read(&fd, sizeof(fd), at + GO_NETFD_FD) || fd < 0)
		return 0;
	if (!socket_of_file(current_file(task, fd), &ref) || ref.transport != TRANSPORT_TCP)
		return 0;
	conn = bpf_map_lookup_elem(&conns, &ref.sk);
	return conn ? conn->id : 0;
}

static __noinline int tls_go_record(__u64 object, __u64 buffer, __u64 moved, __u64 cookie)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct tls_done done = {
		.object = object,
		.buffer = buffer,
		.moved = moved,
		.pid = id >> 32,
		.tid = id,
		.library = KERNEL_TLS_LIBRARY(cookie),
		.flags = KERNEL_TLS_NAMED,
		.call = KERNEL_TLS_CALL(cookie),
		.direction = !!(cookie & KERNEL_TLS_RECEIVES),
	};

	if (!moved || moved > KERNEL_TLS_MOVED_MAX)
		return 0;
	done.conn = tls_go_conn(object);
	return tls_record(&done);
}

static __always_inline bool tls_go_wanted(struct function_registers *regs, __u64 cookie)
{
	/* A branch to where the stack is made larger, after which the function begins again. */
	if ((cookie & KERNEL_TLS_BRANCH) && GO_STACK_GROWS(regs))
		return false;
	return process_matches(current_task(), bpf_get_current_pid_tgid() >> 32);
}

SEC("uprobe")
int tls_go_write(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);

	if (tls_go_wanted(regs, cookie))
		tls_go_record(GO_ARG1(regs), GO_ARG2(regs), GO_ARG3(regs), cookie);
	return 0;
}

SEC("uprobe")
int tls_go_read(struct function_registers *regs)
{
	struct tls_go_key key = {.goroutine = GO_GOROUTINE(regs),
				 .pid = bpf_get_current_pid_tgid() >> 32};
	__u64 object = GO_ARG1(regs);

	if (tls_go_wanted(regs, bpf_get_attach_cookie(regs)))
		bpf_map_update_elem(&tls_go_reads, &key, &object, BPF_ANY);
	return 0;
}

/* memmove(to, from, n), in Read. */
SEC("uprobe")
int tls_go_copy(struct function_registers *regs)
{
	struct tls_go_key key = {.goroutine = GO_GOROUTINE(regs),
				 .pid = bpf_get_current_pid_tgid() >> 32};
	__u64 *object = bpf_map_lookup_elem(&tls_go_reads, &key);

	if (object)
		tls_go_record(*object, GO_ARG2(regs), GO_ARG3(regs), bpf_get_attach_cookie(regs));
	return 0;
}

#endif
