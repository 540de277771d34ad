/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_COMPAT32_H
#define SOCKTAPE_BPF_COMPAT32_H

/*
 * Calls of 32-bit programs: they have other numbers, registers and layouts. They are not decoded
 * but counted, so that the recording says that something is missing.
 */

#include "bpf/calls.h"
#include "bpf/filter.h"

/* Calls inside of socketcall(2) that move bytes (include/uapi/linux/net.h), as a bit set. */
#define SOCKETCALLS                                                                                \
	(1U << 9 | 1U << 10 | 1U << 11 | 1U << 12 | 1U << 16 | 1U << 17 | 1U << 19 | 1U << 20)

static __always_inline bool compat32_fd(struct pt_regs *regs, __u8 kind, __u32 *fd)
{
	*fd = CALL32_ARG1(regs);
	if (kind != COMPAT_SOCKETCALL)
		return true;
	return *fd < 32 && (SOCKETCALLS >> *fd & 1) &&
	       !user_read(fd, sizeof(*fd), CALL32_ARG2(regs) & 0xffffffff);
}

static __noinline void compat32_count(struct task_struct *task, struct pt_regs *regs, __u8 kind,
				      long result)
{
	struct socket_ref ref = {};
	__u32 fd;

	if (!kind || result <= 0 || !compat32_fd(regs, kind, &fd))
		return;
	if (!socket_of_file(current_file(task, fd), &ref) &&
	    !(kind == COMPAT_SPLICE && socket_of_file(current_file(task, CALL32_ARG3(regs)), &ref)))
		return;
	if (!process_matches(task, bpf_get_current_pid_tgid() >> 32))
		return;
	COUNT(NULL, lost_uncaptured_calls, 1);
	COUNT(NULL, lost_uncaptured_bytes, result);
}

#endif
