/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ARCH_ARM64_H
#define SOCKTAPE_BPF_ARCH_ARM64_H

/* arm64 (bpf/arch.h says what is told here). */

#include "bpf/kernel.h"

struct pt_regs___arm64_call {
	__u64 regs[31];
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));

#define REGISTER(of, name) (((struct pt_regs___arm64_call *)(of))->name)

/* The result is in x0 by now. */
#define CALL_NUMBER(of) ((__u32)REGISTER(of, syscallno))
#define CALL_ARG1(of)	REGISTER(of, orig_x0)
#define CALL_ARG2(of)	REGISTER(of, regs[1])
#define CALL_ARG3(of)	REGISTER(of, regs[2])
#define CALL_ARG4(of)	REGISTER(of, regs[3])
#define CALL_ARG5(of)	REGISTER(of, regs[4])
#define CALL32_ARG1(of) CALL_ARG1(of)
#define CALL32_ARG2(of) CALL_ARG2(of)
#define CALL32_ARG3(of) CALL_ARG3(of)
#define CALL32_ARG4(of) CALL_ARG4(of)
#define CALL32_ARG5(of) CALL_ARG5(of)

/* The result isn't there yet. */
#define CALL_IS_RUNNING(of) (REGISTER(of, regs[0]) == REGISTER(of, orig_x0))

/* arch/arm64/include/uapi/asm/ptrace.h: struct user_pt_regs */
struct function_registers {
	__u64 regs[31];
	__u64 sp;
};

#define FUNCTION_ARG1(of)	((of)->regs[0])
#define FUNCTION_ARG2(of)	((of)->regs[1])
#define FUNCTION_ARG3(of)	((of)->regs[2])
#define FUNCTION_ARG4(of)	((of)->regs[3])
#define FUNCTION_ARG5(of)	((of)->regs[4])
#define FUNCTION_ARG6(of)	((of)->regs[5])
#define FUNCTION_RESULT(of)	((of)->regs[0])
#define FUNCTION_STACK(of)	((of)->sp)
#define FUNCTION_LEFT_STACK(of) ((of)->sp)

/* record/tls_find.c places no probe that asks for them. */
static __always_inline __u64 function_kept(const struct function_registers *of, __u32 number)
{
	(void)of;
	(void)number;
	return 0;
}

#define GO_ARG1(of)	   ((of)->regs[0])
#define GO_ARG2(of)	   ((of)->regs[1])
#define GO_ARG3(of)	   ((of)->regs[2])
#define GO_ARG4(of)	   ((of)->regs[3])
#define GO_ARG6(of)	   ((of)->regs[5])
#define GO_ARG7(of)	   ((of)->regs[6])
#define GO_ARG8(of)	   ((of)->regs[7])
#define GO_GOROUTINE(of)   ((of)->regs[28])
#define GO_STACK_GROWS(of) false

/* The uppermost byte may be a tag (Documentation/arch/arm64/tagged-pointers.rst). */
#define USER_ADDRESS(address) ((__u64)(address) & ~(0xffULL << 56))

/* arch/arm64/include/uapi/asm/ptrace.h: PSR_MODE32_BIT */
#define MODE_32BIT 0x10

static __always_inline bool call_is_32bit(struct task_struct *task, struct pt_regs *regs)
{
	(void)task;
	return REGISTER(regs, pstate) & MODE_32BIT;
}

/* include/uapi/asm-generic/unistd.h */
#define ARCH_CALLS(X)                                                                              \
	X(63, BUFFER, READ, RECEIVED)                                                              \
	X(64, BUFFER, WRITE, SENT)                                                                 \
	X(65, VECTOR, READV, RECEIVED)                                                             \
	X(66, VECTOR, WRITEV, SENT)                                                                \
	X(71, SENDFILE, SENDFILE, SENT)                                                            \
	X(76, SPLICE, SPLICE, SENT)                                                                \
	X(202, ACCEPT, UNKNOWN, SENT)                                                              \
	X(203, CONNECT, UNKNOWN, SENT)                                                             \
	X(206, BUFFER, SENDTO, SENT)                                                               \
	X(207, BUFFER, RECVFROM, RECEIVED)                                                         \
	X(211, MESSAGE, SENDMSG, SENT)                                                             \
	X(212, MESSAGE, RECVMSG, RECEIVED)                                                         \
	X(242, ACCEPT, UNKNOWN, SENT) /* accept4 */                                                \
	X(243, MESSAGES, RECVMMSG, RECEIVED)                                                       \
	X(269, MESSAGES, SENDMMSG, SENT)                                                           \
	X(286, VECTOR, PREADV, RECEIVED)                                                           \
	X(287, VECTOR, PWRITEV, SENT)

/* arch/arm/tools/syscall.tbl */
#define ARCH_CALLS_32(X)                                                                           \
	X(3, FD, BUFFER, READ, RECEIVED)                                                           \
	X(4, FD, BUFFER, WRITE, SENT)                                                              \
	X(145, FD, VECTOR, READV, RECEIVED)                                                        \
	X(146, FD, VECTOR, WRITEV, SENT)                                                           \
	X(187, FD, NONE, SENDFILE, SENT)                                                           \
	X(239, FD, NONE, SENDFILE, SENT) /* sendfile64 */                                          \
	X(289, FD, BUFFER, SENDTO, SENT) /* send */                                                \
	X(290, FD, BUFFER, SENDTO, SENT)                                                           \
	X(291, FD, BUFFER, RECVFROM, RECEIVED) /* recv */                                          \
	X(292, FD, BUFFER, RECVFROM, RECEIVED)                                                     \
	X(296, FD, MESSAGE, SENDMSG, SENT)                                                         \
	X(297, FD, MESSAGE, RECVMSG, RECEIVED)                                                     \
	X(340, SPLICE, SPLICE, SPLICE, SENT)                                                       \
	X(365, FD, NONE, RECVMMSG, RECEIVED)                                                       \
	X(374, FD, NONE, SENDMMSG, SENT)                                                           \
	X(392, FD, VECTOR, PREADV, RECEIVED)                                                       \
	X(393, FD, VECTOR, PWRITEV, SENT)                                                          \
	X(417, FD, NONE, RECVMMSG, RECEIVED) /* recvmmsg_time64 */

#define ARCH_IO_SUBMIT 2

#endif
