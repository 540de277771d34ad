/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_X86_H
#define SOCKTAPE_RECORD_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As much of x86-64's instructions as is needed to place a probe in a function: their lengths, what
 * the simple ones write, and which of them the kernel emulates. A probe on one of those costs less
 * than half a microsecond; any other is single-stepped, which costs many times as much.
 *
 * What isn't known here is never guessed: functions give 0 or false then.
 */

enum x86_flow {
	X86_PLAIN,
	X86_CALL,   /* to a fixed address, in `target` */
	X86_JUMP,   /* the same */
	X86_BRANCH, /* the same, on a condition */
	X86_END,    /* return, indirect jump, trap */
};

struct x86_instruction {
	size_t len;
	enum x86_flow flow;
	int64_t target;	     /* relative to the instruction's beginning */
	bool emulated;	     /* by the kernel, under a probe */
	bool moves_stack;    /* writes the stack pointer */
	uint32_t writes;     /* general registers that it writes, one bit each: X86_REGISTER */
	bool loads_constant; /* of 32 bits into the one that it writes */
	uint32_t constant;
	bool copies; /* register `from`, or its lower half, into the one that it writes */
	bool pushes; /* register `from` */
	uint8_t from;
	bool calls; /* an address that is in a register or in memory */
};

/* Numbers of registers as instructions encode them. */
#define X86_REGISTER(number) (UINT32_C(1) << (number))

enum {
	X86_AX = 0,
	X86_CX = 1,
	X86_DX = 2,
	X86_BX = 3,
	X86_SP = 4,
	X86_BP = 5,
	X86_SI = 6,
	X86_DI = 7,
	X86_R8 = 8,
	X86_R9 = 9,
	X86_R12 = 12,
	X86_R13 = 13,
	X86_R14 = 14,
	X86_R15 = 15,
	X86_REGISTERS = 16,
};

/* Reads the instruction at CODE; false when it isn't known or not all there. */
bool x86_read(const uint8_t *code, size_t len, struct x86_instruction *out);

/*
 * The first emulated instruction on the straight way from the beginning of a function, where its
 * arguments are in their registers and the stack pointer is as it was, so that a return probe can
 * stand there, too. Sets *AT (from the beginning); false when there is none.
 */
bool x86_place(const uint8_t *code, size_t len, size_t *at);

/*
 * The same in a function of Go's, whose arguments are in other registers: the push of its frame
 * pointer, or, in versions that have none, the branch that makes the stack larger (then *BRANCH).
 */
bool x86_go_place(const uint8_t *code, size_t len, size_t *at, bool *branch);

/*
 * As x86_place(), for a probe that reads the first four arguments there and nothing else: the stack
 * may have moved.
 */
bool x86_place_arguments(const uint8_t *code, size_t len, size_t *at);

/*
 * Of a function that hands its four arguments on to another one, which gets CONSTANT as the fourth
 * of six: where it does that, from the beginning, in *AT. False when it does anything else.
 */
bool x86_hands_on(const uint8_t *code, size_t len, uint32_t constant, size_t *at);

/*
 * Of a function that hands its first two arguments on to another one as they are: where that
 * begins, relative to CODE. False when it does anything else.
 */
bool x86_wrapped(const uint8_t *code, size_t len, int64_t *target);

/*
 * Targets of calls, and of jumps out of the function, before which CONSTANT is put into register 6
 * (the second argument). At most MAX; returns their number.
 */
size_t x86_calls_with(const uint8_t *code, size_t len, uint32_t constant, int64_t *targets,
		      size_t max);

#endif
