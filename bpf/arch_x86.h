/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ARCH_X86_H
#define SOCKTAPE_BPF_ARCH_X86_H

/* x86-64 (bpf/arch.h says what is told here). */

#include "bpf/kernel.h"

struct pt_regs___x86 {
	__u64 r10;
	__u64 bx;
	__u64 r8;
	__u64 cx;
	__u64 ax;
	__u64 dx;
	__u64 si;
	__u64 di;
	__u64 orig_ax;
} __attribute__((preserve_access_index));

struct thread_info___x86 {
	__u32 status;
} __attribute__((preserve_access_index));

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
} __attribute__((preserve_access_index));

#define REGISTER(regs, name) (((struct pt_regs___x86 *)(regs))->name)

#define CALL_NUMBER(regs) REGISTER(regs, orig_ax)
#define CALL_ARG1(regs)	  REGISTER(regs, di)
#define CALL_ARG2(regs)	  REGISTER(regs, si)
#define CALL_ARG3(regs)	  REGISTER(regs, dx)
#define CALL_ARG4(regs)	  REGISTER(regs, r10)
#define CALL_ARG5(regs)	  REGISTER(regs, r8)
#define CALL32_ARG1(regs) REGISTER(regs, bx)
#define CALL32_ARG2(regs) REGISTER(regs, cx)
#define CALL32_ARG3(regs) REGISTER(regs, dx)
#define CALL32_ARG4(regs) REGISTER(regs, si)
#define CALL32_ARG5(regs) REGISTER(regs, di)

/* The result isn't there yet. */
#define CALL_IS_RUNNING(regs) (REGISTER(regs, ax) == (__u64)-ENOSYS)

/* arch/x86/include/uapi/asm/ptrace.h: what a probe in a program is given never changes. */
struct function_registers {
	__u64 r15;
	__u64 r14;
	__u64 r13;
	__u64 r12;
	__u64 bp;
	__u64 bx;
	__u64 r11;
	__u64 r10;
	__u64 r9;
	__u64 r8;
	__u64 ax;
	__u64 cx;
	__u64 dx;
	__u64 si;
	__u64 di;
	__u64 orig_ax;
	__u64 ip;
	__u64 cs;
	__u64 flags;
	__u64 sp;
};

#define FUNCTION_ARG1(regs)	  ((regs)->di)
#define FUNCTION_ARG2(regs)	  ((regs)->si)
#define FUNCTION_ARG3(regs)	  ((regs)->dx)
#define FUNCTION_ARG4(regs)	  ((regs)->cx)
#define FUNCTION_ARG5(regs)	  ((regs)->r8)
#define FUNCTION_ARG6(regs)	  ((regs)->r9)
#define FUNCTION_RESULT(regs)	  ((regs)->ax)
#define FUNCTION_STACK(regs)	  ((regs)->sp)
#define FUNCTION_LEFT_STACK(regs) ((regs)->sp - sizeof(__u64))

/* A register that calls leave as it is, by the number that instructions have for it. */
static __always_inline __u64 function_kept(const struct function_registers *regs, __u32 number)
{
	__u64 bx = regs->bx;
	__u64 bp = regs->bp;
	__u64 r12 = regs->r12;
	__u64 r13 = regs->r13;
	__u64 r14 = regs->r14;
	__u64 r15 = regs->r15;

	/* Loaded each for itself: a register that is chosen can't be read. */
	asm volatile("" : "+r"(bx), "+r"(bp), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15));
	return number == 3    ? bx
	       : number == 5  ? bp
	       : number == 12 ? r12
	       : number == 13 ? r13
	       : number == 14 ? r14
	       : number == 15 ? r15
			      : 0;
}

/* Go's src/cmd/compile/abi-internal.md; the branch is jbe: carry or zero. */
#define GO_ARG1(regs)	     ((regs)->ax)
#define GO_ARG2(regs)	     ((regs)->bx)
#define GO_ARG3(regs)	     ((regs)->cx)
#define GO_ARG4(regs)	     ((regs)->di)
#define GO_ARG6(regs)	     ((regs)->r8)
#define GO_ARG7(regs)	     ((regs)->r9)
#define GO_ARG8(regs)	     ((regs)->r10)
#define GO_GOROUTINE(regs)   ((regs)->r14)
#define GO_STACK_GROWS(regs) ((regs)->flags & 0x41)

#define USER_ADDRESS(address) ((__u64)(address))

/* arch/x86/include/asm/thread_info.h: the task is in a 32-bit system call */
#define TS_COMPAT 0x2

static __always_inline bool call_is_32bit(struct task_struct *task, struct pt_regs *regs)
{
	struct task_struct___x86 *here = (struct task_struct___x86 *)task;

	(void)regs;
#ifdef SOCKTAPE_COMPAT
	return BPF_CORE_READ(here, thread_info.status) & TS_COMPAT;
#else
	return here->thread_info.status & TS_COMPAT;
#endif
}

/* arch/x86/entry/syscalls/syscall_64.tbl */
#define ARCH_CALLS(X)                                                                              \
	X(0, BUFFER, READ, RECEIVED)                                                               \
	X(1, BUFFER, WRITE, SENT)                                                                  \
	X(19, VECTOR, READV, RECEIVED)                                                             \
	X(20, VECTOR, WRITEV, SENT)                                                                \
	X(40, SENDFILE, SENDFILE, SENT)                                                            \
	X(42, CONNECT, UNKNOWN, SENT)                                                              \
	X(43, ACCEPT, UNKNOWN, SENT)                                                               \
	X(44, BUFFER, SENDTO, SENT)                                                                \
	X(45, BUFFER, RECVFROM, RECEIVED)                                                          \
	X(46, MESSAGE, SENDMSG, SENT)                                                              \
	X(47, MESSAGE, RECVMSG, RECEIVED)                                                          \
	X(275, SPLICE, SPLICE, SENT)                                                               \
	X(288, ACCEPT, UNKNOWN, SENT) /* accept4 */                                                \
	X(299, MESSAGES, RECVMMSG, RECEIVED)                                                       \
	X(307, MESSAGES, SENDMMSG, SENT)                                                           \
	X(327, VECTOR, PREADV, RECEIVED)                                                           \
	X(328, VECTOR, PWRITEV, SENT)

/* arch/x86/entry/syscalls/syscall_32.tbl */
#define ARCH_CALLS_32(X)                                                                           \
	X(3, FD, BUFFER, READ, RECEIVED)                                                           \
	X(4, FD, BUFFER, WRITE, SENT)                                                              \
	X(102, SOCKETCALL, NONE, UNKNOWN, SENT)                                                    \
	X(145, FD, VECTOR, READV, RECEIVED)                                                        \
	X(146, FD, VECTOR, WRITEV, SENT)                                                           \
	X(187, FD, NONE, SENDFILE, SENT)                                                           \
	X(239, FD, NONE, SENDFILE, SENT) /* sendfile64 */                                          \
	X(313, SPLICE, SPLICE, SPLICE, SENT)                                                       \
	X(337, FD, NONE, RECVMMSG, RECEIVED)                                                       \
	X(345, FD, NONE, SENDMMSG, SENT)                                                           \
	X(369, FD, BUFFER, SENDTO, SENT)                                                           \
	X(370, FD, MESSAGE, SENDMSG, SENT)                                                         \
	X(371, FD, BUFFER, RECVFROM, RECEIVED)                                                     \
	X(372, FD, MESSAGE, RECVMSG, RECEIVED)                                                     \
	X(378, FD, VECTOR, PREADV, RECEIVED)                                                       \
	X(379, FD, VECTOR, PWRITEV, SENT)                                                          \
	X(417, FD, NONE, RECVMMSG, RECEIVED) /* recvmmsg_time64 */

#define ARCH_IO_SUBMIT 209

#endif
