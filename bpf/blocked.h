/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_BLOCKED_H
#define SOCKTAPE_BPF_BLOCKED_H

/*
 * Since when a call on a socket has been waiting. No tracepoint tells when a call begins, and one
 * at every system call would cost every system call. But one that blocks leaves the processor: then
 * its number and its descriptor are in the registers, and the first time of that is noted in the
 * task, until the socket's hook ends the call, or this message of it.
 */

#include "bpf/call.h"

/* The same on every architecture. */
#define IO_URING_ENTER 426

/* include/linux/sched.h */
#define PF_IO_WORKER   0x00000010
#define PF_USER_WORKER 0x00004000
#define PF_KTHREAD     0x00200000

/* Who does the kernel's or io_uring's work is in no call of its own. */
static __always_inline bool task_is_worker(struct task_struct *task)
{
	return task->flags & (PF_IO_WORKER | PF_USER_WORKER | PF_KTHREAD);
}

struct waiting {
	__u64 since;  /* 0: no call is known to wait */
	__u64 number; /* of the call, and two arguments: one whose end passed the hooks by is over
		       */
	__u64 first;
	__u64 second;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct waiting);
} waitings SEC(".maps");

static __always_inline bool waiting_is_of(const struct waiting *waiting, struct pt_regs *regs)
{
	return waiting->number == CALL_NUMBER(regs) && waiting->first == CALL_ARG1(regs) &&
	       waiting->second == CALL_ARG2(regs);
}

static __noinline __u64 waiting_end(struct task_struct *task, struct pt_regs *regs)
{
	struct waiting *waiting = bpf_task_storage_get(&waitings, task, 0, 0);
	__u64 since;

	if (!waiting || !waiting->since)
		return 0;
	since = waiting->since;
	waiting->since = 0;
	return waiting_is_of(waiting, regs) ? since : 0;
}

/* When the current task's call began to wait; 0: not known to. Nothing waits after. */
static __always_inline __u64 waiting_take(struct task_struct *task, struct pt_regs *regs)
{
	return task->bpf_storage ? waiting_end(task, regs) : 0;
}

/* Whether the call moves bytes through a file that it names first, and a hook tells of its end. */
static __always_inline bool call_is_told_of(struct task_struct *task, struct pt_regs *regs)
{
	const volatile struct call_shape *shapes = call_shapes;
	__u32 number = CALL_NUMBER(regs);
	__u8 kind;

	if (number >= CALL_NUMBERS)
		return false;
	if (call_is_32bit(task, regs))
		shapes = call_shapes_32;
	kind = shapes[number].kind;
	return kind && kind < KIND_SPLICE;
}

static __always_inline bool file_is_socket(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = task->files->fdt;
	struct file *file;

	if (fd >= table->max_fds)
		return false;
	file = (struct file *)KERNEL_GET(hlist_head, (__u64)(table->fd + fd), first);
	return file_socket_inode(file);
}

static __noinline int task_waits(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct waiting *waiting;
	__u32 fd;

	if (!call_is_told_of(task, regs))
		return 0;
	fd = call_is_32bit(task, regs) ? CALL32_ARG1(regs) : CALL_ARG1(regs);
	if (!file_is_socket(task, fd) || !process_matches(task, task->tgid))
		return 0;
	waiting = bpf_task_storage_get(&waitings, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!waiting || (waiting->since && waiting_is_of(waiting, regs)))
		return 0;
	waiting->since = bpf_ktime_get_ns();
	waiting->number = CALL_NUMBER(regs);
	waiting->first = CALL_ARG1(regs);
	waiting->second = CALL_ARG2(regs);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct *task, struct task_struct *next,
	     unsigned int state)
{
	if (!preempted && state && !task_is_worker(task))
		task_waits(task);
	return 0;
}

#endif
