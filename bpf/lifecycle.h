/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_LIFECYCLE_H
#define SOCKTAPE_BPF_LIFECYCLE_H

/* Processes that begin and end, TCP sockets that go. */

#include "bpf/tcp_count.h"
#include "bpf/process.h"
#include "bpf/tls_call.h"

static __always_inline int tcp_destroyed(__u64 key)
{
	struct kernel_conn_state *conn = bpf_map_lookup_elem(&conns, &key);
	struct lane *lane;

	if (!conn)
		return 0;
	lane = lane_claim();
	tcp_settle(lane, key, conn);
	if (conn_close_send(lane, key, conn))
		bpf_map_delete_elem(&conns, &key);
	lane_release(lane);
	return 0;
}

/* The application let go of the socket and TCP is done with it: nothing can be read any more. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_tcp_destroy, struct sock *sk)
{
	return UNPREEMPTED(tcp_destroyed((__u64)sk));
}

static __always_inline int process_forked(struct task_struct *child)
{
	__u32 parent_tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 tgid = KERNEL_GET(task_struct, child, tgid);
	__u8 yes = 1;

	if (tgid != KERNEL_GET(task_struct, child, pid))
		return 0;
	if ((settings.flags & KERNEL_CONFIG_INHERIT) && bpf_map_lookup_elem(&pids, &parent_tgid) &&
	    bpf_map_update_elem(&pids, &tgid, &yes, BPF_ANY))
		COUNT(NULL, lost_table_calls, 1);
	if ((settings.flags & KERNEL_CONFIG_FOLLOW) &&
	    process_matches(current_task(), parent_tgid) &&
	    bpf_map_update_elem(&followed, &tgid, &yes, BPF_ANY))
		COUNT(NULL, lost_table_calls, 1);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	return UNPREEMPTED(process_forked(child));
}

/* A process that is known changed its program. */
static __always_inline int process_changed(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct lane *lane;

	if (!bpf_map_lookup_elem(&processes, &tgid))
		return 0;
	lane = lane_claim();
	if (!lane || !process_send(lane->cpu, tgid))
		bpf_map_delete_elem(&processes, &tgid);
	lane_release(lane);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	return UNPREEMPTED(process_changed());
}

static __always_inline int thread_ended(struct task_struct *task)
{
	struct signal_struct *signal = KERNEL_GET(task_struct, task, signal);
	__u32 tgid = KERNEL_GET(task_struct, task, tgid);
	struct process_state *process;
	struct lane *lane;

	tls_call_forget(bpf_get_current_pid_tgid());
	if (KERNEL_GET(signal_struct, signal, live.counter))
		return 0;
	bpf_map_delete_elem(&followed, &tgid);
	bpf_map_delete_elem(&pids, &tgid);
	process = bpf_map_lookup_elem(&processes, &tgid);
	if (!process)
		return 0;
	process->status = process_status(task);
	process->gone = 1;
	lane = lane_claim();
	if (process_exit_send(lane, tgid, process->status))
		bpf_map_delete_elem(&processes, &tgid);
	lane_release(lane);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return UNPREEMPTED(thread_ended(task));
}

#endif
