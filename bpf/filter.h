/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_FILTER_H
#define SOCKTAPE_BPF_FILTER_H

/* Who and what is recorded: decided before any byte is copied. */

#include "bpf/socket.h"

#define FILTERS_OF_PROCESSES                                                                       \
	(KERNEL_CONFIG_FILTER_PID | KERNEL_CONFIG_FILTER_COMM | KERNEL_CONFIG_FILTER_CGROUP)

static __always_inline bool comm_matches(struct task_struct *task)
{
	struct task_struct *leader = KERNEL_GET(task_struct, task, group_leader);
	char comm[KERNEL_COMM_LEN] = {};

	bpf_core_read(comm, sizeof(comm), &leader->comm);
	for (int i = 0; i < KERNEL_COMM_LEN; i++) {
		if (comm[i] != settings.comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

/* Whether the current process is to be recorded; task is the current one. */
static __always_inline bool process_matches(struct task_struct *task, __u32 tgid)
{
	if (tgid == settings.self_pid)
		return false;
	if (!(settings.flags & FILTERS_OF_PROCESSES))
		return true;
	if ((settings.flags & KERNEL_CONFIG_FOLLOW) && bpf_map_lookup_elem(&followed, &tgid))
		return true;
	if ((settings.flags & KERNEL_CONFIG_FILTER_PID) && !bpf_map_lookup_elem(&pids, &tgid))
		return false;
	if ((settings.flags & KERNEL_CONFIG_FILTER_COMM) && !comm_matches(task))
		return false;
	return !(settings.flags & KERNEL_CONFIG_FILTER_CGROUP) ||
	       bpf_current_task_under_cgroup(&cgroups, 0) == 1;
}

static __always_inline bool socket_port_matches(__u64 sk)
{
	return socket_local_port(sk) == settings.port || socket_remote_port(sk) == settings.port;
}

#endif
