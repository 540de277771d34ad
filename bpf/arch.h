/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_ARCH_H
#define SOCKTAPE_BPF_ARCH_H

/*
 * What differs between processors, one file for each:
 *
 * CALL_NUMBER(regs), CALL_ARG1(regs) to CALL_ARG5(regs): a system call's number and arguments as
 * they were when it began, out of the registers as they are when it ends. CALL32_ARG1 to
 * CALL32_ARG5: those of a 32-bit program.
 *
 * call_is_32bit(task, regs): whether it is one of a 32-bit program, whose numbers are others.
 *
 * ARCH_CALLS(X): X(number, kind, call, direction) for each call that moves bytes through sockets or
 * makes connections; ARCH_CALLS_32(X): X(number, way, kind, call, direction) for those of 32-bit
 * programs (bpf/calls.h). ARCH_IO_SUBMIT: the number of io_submit.
 *
 * CALL_IS_RUNNING(regs): whether the task is in the system call still, as far as that shows.
 *
 * FUNCTION_ARG1(regs) to FUNCTION_ARG6(regs), FUNCTION_RESULT(regs): of a function in a program,
 * where a probe in it fires. FUNCTION_STACK(regs): the stack pointer at its beginning, where it
 * fires there; FUNCTION_LEFT_STACK(regs): the same number, where it fires at the return.
 *
 * GO_ARG1(regs) to GO_ARG8(regs) without the fifth, GO_GOROUTINE(regs): the same of a function of
 * Go's; GO_STACK_GROWS(regs): whether the branch is taken that makes its stack larger.
 *
 * USER_ADDRESS(address): an address out of a program's own registers or memory as
 * bpf_probe_read_user() takes it.
 *
 * The registers are in types of their own, so that bpf/vmlinux.h serves every processor.
 */

#if defined(__TARGET_ARCH_x86)
#include "bpf/arch_x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "bpf/arch_arm64.h"
#else
#error "The numbers and registers of system calls are known for x86-64 and arm64 only."
#endif

/* Copies LEN bytes at an address of the current program; 0, or not readable. */
#define user_read(to, len, from) bpf_probe_read_user(to, len, (const void *)USER_ADDRESS(from))

#endif
