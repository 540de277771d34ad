/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_PROCESS_H
#define SOCKTAPE_BPF_PROCESS_H

/* PROCESS and EXIT records: what a process that is gone a moment later can't tell any more. */

#include "bpf/lane.h"

/* Components of a path that are followed from the file upwards; a deeper one loses its head. */
#define PATH_DEPTH 32

#define SIGNAL_GROUP_EXIT 0x4

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((void *)mnt - bpf_core_field_offset(struct mount, mnt));
}

/*
 * Puts one component before the path; false when the root is reached or the space is used up. A
 * function of its own: where the loop around it is laid out so that it goes back without a jump, as
 * clang may when all is one, verifiers up to 6.1 refuse it.
 */
static __noinline bool path_step(struct process_space *space)
{
	struct dentry *dentry = space->dentry;
	struct mount *mount = space->mount;
	struct dentry *parent = KERNEL_GET(dentry, dentry, d_parent);
	struct dentry *root = (struct dentry *)BPF_CORE_READ(mount, mnt.mnt_root);
	const unsigned char *name;
	__u64 pos = space->pos;
	__u64 len;

	if (dentry == root || dentry == parent) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount)
			return false;
		space->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		space->mount = above;
		return true;
	}
	name = BPF_CORE_READ(dentry, d_name.name);
	len = BPF_CORE_READ(dentry, d_name.len);
	if (len + 1 > pos)
		return false;
	len = BOUNDED(len, KERNEL_EXE_LEN - 1);
	pos = (pos - len) & (KERNEL_EXE_LEN - 1);
	bpf_probe_read_kernel(&space->path[pos], len, name);
	pos = (pos - 1) & (KERNEL_EXE_LEN - 1);
	space->path[pos] = '/';
	space->pos = pos;
	space->dentry = parent;
	return true;
}

static __always_inline void process_exe(struct process_space *space, struct mm_struct *mm)
{
	struct file *exe = KERNEL_GET(mm_struct, mm, exe_file);
	__u64 len;

	if (!exe)
		return;
	space->dentry = BPF_CORE_READ(exe, f_path.dentry);
	space->mount = mount_of(BPF_CORE_READ(exe, f_path.mnt));
	space->pos = KERNEL_EXE_LEN;
	for (int i = 0; i < PATH_DEPTH; i++)
		if (!path_step(space))
			break;
	len = BOUNDED(KERNEL_EXE_LEN - space->pos, KERNEL_EXE_LEN);
	if (!bpf_probe_read_kernel(space->process.exe, len,
				   &space->path[space->pos & (KERNEL_EXE_LEN - 1)]))
		space->process.exe_len = len;
}

/* The arguments are in the process's own memory: readable only while it is the current one. */
static __always_inline void process_args(struct kernel_process *process, struct mm_struct *mm)
{
	__u64 begin = KERNEL_GET(mm_struct, mm, arg_start);
	__u64 end = KERNEL_GET(mm_struct, mm, arg_end);
	__u64 len;

	if (end <= begin)
		return;
	len = BOUNDED(end - begin, KERNEL_ARGS_LEN);
	if (!user_read(process->args, len, begin))
		process->args_len = len;
}

static __always_inline void process_fill(struct process_space *space, struct task_struct *leader)
{
	struct kernel_process *process = &space->process;
	struct mm_struct *mm = KERNEL_GET(task_struct, leader, mm);

	__builtin_memset(process, 0, offsetof(struct kernel_process, exe));
	record_begin(&process->record, KERNEL_PROCESS, sizeof(*process));
	process->start_ts = KERNEL_GET(task_struct, leader, start_time);
	process->cgroup_id = BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn, id);
	process->pid = KERNEL_GET(task_struct, leader, tgid);
	process->ppid = BPF_CORE_READ(leader, real_parent, tgid);
	process->uid = BPF_CORE_READ(leader, cred, uid.val);
	process->gid = BPF_CORE_READ(leader, cred, gid.val);
	bpf_core_read(process->comm, sizeof(process->comm), &leader->comm);
	if (mm) {
		process_exe(space, mm);
		process_args(process, mm);
	}
}

/*
 * Tells user space of process TGID if it is the current one. Remembered in `processes` only when
 * the record could be sent, so that it is tried again at the next call. 1: done.
 */
__noinline int process_send(__u32 cpu, __u32 tgid)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct task_struct *leader = KERNEL_GET(task_struct, current_task(), group_leader);
	struct kernel_process *process;
	struct process_state state = {};
	__u8 *to;

	if (!lane || tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	process = &lane->process.process;
	process_fill(&lane->process, leader);
	to = lane_room(lane, sizeof(*process)) ? lane_memory(lane, lane->fill) : NULL;
	if (!to || bpf_probe_read_kernel(to, sizeof(*process), process)) {
		COUNT(lane, lost_meta_records, 1);
		return 0;
	}
	lane_commit(lane, sizeof(*process));
	state.start_ts = process->start_ts;
	bpf_map_update_elem(&processes, &tgid, &state, BPF_ANY);
	return 1;
}

static __always_inline bool process_exit_send(struct lane *lane, __u32 tgid, __s32 status)
{
	struct kernel_exit exit = {};

	record_begin(&exit.record, KERNEL_EXIT, sizeof(exit));
	exit.pid = tgid;
	exit.status = status;
	return RECORD_SEND(lane, &exit);
}

static __always_inline __s32 process_status(struct task_struct *task)
{
	struct signal_struct *signal = KERNEL_GET(task_struct, task, signal);
	struct task_struct *leader = KERNEL_GET(task_struct, task, group_leader);

	if (KERNEL_GET(signal_struct, signal, flags) & SIGNAL_GROUP_EXIT)
		return KERNEL_GET(signal_struct, signal, group_exit_code);
	return KERNEL_GET(task_struct, leader, exit_code);
}

#endif
