/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_FILTER_H
#define SOCKTAPE_BPF_FILTER_H

/* Who and what is recorded: decided before any byte is copied. */

#include "bpf/socket.h"

#define FILTERS_OF_PROCESSES                                                                       \
	(KERNEL_CONFIG_FILTER_PID | KERNEL_CONFIG_FILTER_COMM | KERNEL_CONFIG_FILTER_CGROUP)

/* What follows the name's end is zero. */
static __always_inline void comm_read(struct task_struct *leader, __u64 comm[KERNEL_COMM_LEN / 8])
{
#ifdef SOCKTAPE_COMPAT
	bpf_core_read_str(comm, KERNEL_COMM_LEN, &leader->comm);
#else
	/* The kernel fills it up since 5.17. Two words, as the pointers of such structs are. */
	__u64 at = (__u64)leader + bpf_core_field_offset(struct task_struct, comm);

	comm[0] = (__u64)KERNEL_GET(hlist_head, at, first);
	comm[1] = (__u64)KERNEL_GET(hlist_head, at + sizeof(*comm), first);
#endif
}

static __always_inline bool comm_matches(struct task_struct *task)
{
	struct task_struct *leader = KERNEL_GET(task_struct, task, group_leader);
	__u64 comm[KERNEL_COMM_LEN / 8] = {};

	comm_read(leader, comm);
	for (int i = 0; i < KERNEL_FILTERS_MAX && i < settings.comm_count; i++)
		if (comm[0] == settings.comms[i][0] && comm[1] == settings.comms[i][1])
			return true;
	return false;
}

static __always_inline bool cgroup_matches(void)
{
	for (int i = 0; i < KERNEL_FILTERS_MAX && i < settings.cgroup_count; i++)
		if (bpf_current_task_under_cgroup(&cgroups, i) == 1)
			return true;
	return false;
}

/* Whether the current process is to be recorded; task is the current one. */
static __always_inline bool process_matches(struct task_struct *task, __u32 tgid)
{
	bool named; /* it has to have one of the names */

	if (tgid == settings.self_pid)
		return false;
	if (!(settings.flags & FILTERS_OF_PROCESSES))
		return true;
	if ((settings.flags & KERNEL_CONFIG_FOLLOW) && bpf_map_lookup_elem(&followed, &tgid))
		return true;
	named = settings.flags & KERNEL_CONFIG_FILTER_COMM;
	if (settings.flags & KERNEL_CONFIG_FILTER_PID) {
		bool listed = bpf_map_lookup_elem(&pids, &tgid);

		if (!listed && !(settings.flags & KERNEL_CONFIG_EITHER))
			return false;
		if (listed && (settings.flags & KERNEL_CONFIG_EITHER))
			named = false;
	}
	if (named && !comm_matches(task))
		return false;
	return !(settings.flags & KERNEL_CONFIG_FILTER_CGROUP) || cgroup_matches();
}

static __always_inline bool port_matches(__u16 port)
{
	for (int i = 0; i < KERNEL_FILTERS_MAX && i < settings.port_count; i++)
		if (port == settings.ports[i])
			return true;
	return false;
}

static __always_inline bool socket_port_matches(__u64 sk)
{
	return port_matches(socket_local_port(sk)) || port_matches(socket_remote_port(sk));
}

#endif
