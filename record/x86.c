/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/x86.h"

#include <string.h>

/*
 * Numbers of opcodes and their forms: Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volume 2, appendix A (opcode map) and section 2.1 (instruction format).
 */

/* Instructions of a function that are looked at. */
#define PLACE_INSTRUCTIONS 12
#define CALL_INSTRUCTIONS  24
#define BODY_INSTRUCTIONS  512

/* A constant that goes into an argument stands at most this many instructions before the call. */
#define CONSTANT_DISTANCE 4

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

struct cursor {
	const uint8_t *code;
	size_t len;
	size_t at;
	uint8_t rex;
	bool wide_operand; /* prefix 66: operands of 16 bits */
	bool failed;
};

static uint8_t take(struct cursor *c)
{
	if (c->at >= c->len) {
		c->failed = true;
		return 0;
	}
	return c->code[c->at++];
}

static int32_t take_number(struct cursor *c, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)take(c) << (8 * i);
	return size == 1 ? (int8_t)value : (int32_t)value;
}

struct operands {
	uint8_t reg; /* with its bit of REX */
	uint8_t rm;  /* the same */
	bool memory; /* rm is an address */
};

/* ModRM, SIB and displacement. */
static struct operands take_operands(struct cursor *c)
{
	uint8_t modrm = take(c);
	uint8_t mod = modrm >> 6;
	uint8_t rm = modrm & 7;
	struct operands o = {
		.reg = (uint8_t)((modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0)),
		.rm = (uint8_t)(rm | (c->rex & REX_B ? 8 : 0)),
		.memory = mod != 3,
	};
	size_t displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	if (mod == 3)
		return o;
	if (rm == 4) {
		uint8_t sib = take(c);

		if (mod == 0 && (sib & 7) == 5)
			displacement = 4;
	} else if (mod == 0 && rm == 5) {
		displacement = 4; /* relative to the next instruction */
	}
	take_number(c, displacement);
	return o;
}

static void write_register(struct x86_instruction *out, uint8_t number)
{
	out->writes |= X86_REGISTER(number);
	if (number == X86_SP)
		out->moves_stack = true;
}

/* add, or, adc, sbb, and, sub, xor, cmp in their forms with ModRM: 00 to 3b. */
static void read_arithmetic(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	struct operands o = take_operands(c);
	bool compares = (opcode & 0x38) == 0x38;

	if (compares)
		return;
	/* xor of a register with itself */
	out->loads_constant = (opcode & 0x39) == 0x31 && !c->wide_operand && !o.memory &&
			      o.reg == o.rm;
	if (opcode & 2)
		write_register(out, o.reg);
	else if (!o.memory)
		write_register(out, o.rm);
}

static void read_immediate(struct cursor *c, size_t size, bool writes, struct x86_instruction *out)
{
	struct operands o = take_operands(c);
	bool compares = (o.reg & 7) == 7;

	take_number(c, size);
	if (writes && !compares && !o.memory)
		write_register(out, o.rm);
}

static void read_to_register(struct cursor *c, struct x86_instruction *out)
{
	write_register(out, take_operands(c).reg);
}

static void read_relative(struct cursor *c, size_t size, enum x86_flow flow,
			  struct x86_instruction *out)
{
	int32_t distance = take_number(c, size);

	out->flow = flow;
	out->target = (int64_t)c->at + distance;
	out->emulated = true;
}

/* Two-byte opcodes. */
static void read_0f(struct cursor *c, struct x86_instruction *out)
{
	uint8_t opcode = take(c);

	if (opcode >= 0x80 && opcode <= 0x8f) {
		read_relative(c, 4, X86_BRANCH, out);
		return;
	}
	switch (opcode) {
	case 0x1e: /* endbr64 and its like */
	case 0x1f: /* nop */
	case 0x10: /* moves of SSE registers, logic on them */
	case 0x11:
	case 0x28:
	case 0x29:
	case 0x57:
	case 0x6e:
	case 0x6f:
	case 0x7f:
	case 0xd6:
	case 0xef:
		take_operands(c);
		break;
	case 0xaf: /* imul */
	case 0xb6: /* movzx, movsx */
	case 0xb7:
	case 0xbe:
	case 0xbf:
		read_to_register(c, out);
		break;
	case 0x0b: /* ud2 */
		out->flow = X86_END;
		break;
	default:
		if (opcode >= 0x40 && opcode <= 0x4f) { /* cmov */
			read_to_register(c, out);
		} else if (opcode >= 0x90 && opcode <= 0x9f) { /* setcc */
			struct operands o = take_operands(c);

			if (!o.memory)
				write_register(out, o.rm);
		} else {
			c->failed = true;
		}
	}
}

static void read_group_f6(struct cursor *c, size_t size, struct x86_instruction *out)
{
	struct operands o = take_operands(c);

	if ((o.reg & 7) < 2)
		take_number(c, size);
	else if ((o.reg & 7) < 4 && !o.memory)
		write_register(out, o.rm);
	else if ((o.reg & 7) >= 4)
		out->writes |= X86_REGISTER(X86_AX) | X86_REGISTER(X86_DX);
}

static void read_group_ff(struct cursor *c, struct x86_instruction *out)
{
	struct operands o = take_operands(c);
	uint8_t which = o.reg & 7;

	if (which < 2 && !o.memory)
		write_register(out, o.rm);
	else if (which == 4 || which == 5)
		out->flow = X86_END;
	else if (which == 6)
		out->moves_stack = true;
	else
		out->calls = which == 2 || which == 3;
}

static void read_mov_constant(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	write_register(out, (uint8_t)((opcode & 7) | (c->rex & REX_B ? 8 : 0)));
	if (c->rex & REX_W) {
		take_number(c, 4);
		take_number(c, 4);
		return;
	}
	if (c->wide_operand) {
		c->failed = true;
		return;
	}
	out->constant = (uint32_t)take_number(c, 4);
	out->loads_constant = true;
}

static void read_push(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	out->pushes = true;
	out->from = (uint8_t)((opcode & 7) | (c->rex & REX_B ? 8 : 0));
	out->moves_stack = true;
	out->emulated = true;
}

static bool read_stack_and_flow(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	if (opcode >= 0x50 && opcode <= 0x57) {
		read_push(c, opcode, out);
	} else if (opcode >= 0x58 && opcode <= 0x5f) {
		out->writes |= X86_REGISTER((opcode & 7) | (c->rex & REX_B ? 8 : 0));
		out->moves_stack = true;
	} else if (opcode >= 0x70 && opcode <= 0x7f) {
		read_relative(c, 1, X86_BRANCH, out);
	} else if (opcode == 0xe8) {
		read_relative(c, 4, X86_CALL, out);
		out->moves_stack = true;
	} else if (opcode == 0xe9 || opcode == 0xeb) {
		read_relative(c, opcode == 0xe9 ? 4 : 1, X86_JUMP, out);
	} else if (opcode == 0xc3 || opcode == 0xcc || opcode == 0xf4) {
		out->flow = X86_END;
	} else if (opcode == 0x68 || opcode == 0x6a) {
		take_number(c, opcode == 0x68 ? 4 : 1);
		out->moves_stack = true;
	} else if (opcode == 0x90) {
		out->emulated = !c->wide_operand && !c->rex;
	} else {
		return false;
	}
	return true;
}

/* mov between registers, or from one to memory: 88, 89; from memory or one into a register: 8a, 8b.
 */
static void read_mov(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	struct operands o = take_operands(c);
	bool to_reg = opcode & 2;

	if (to_reg || !o.memory)
		write_register(out, to_reg ? o.reg : o.rm);
	out->copies = opcode & 1 && !o.memory && !c->wide_operand;
	out->from = to_reg ? o.rm : o.reg;
}

static void read_other(struct cursor *c, uint8_t opcode, struct x86_instruction *out)
{
	size_t operand = c->wide_operand ? 2 : 4;
	struct operands o;

	if (opcode < 0x40 && (opcode & 7) < 4) {
		read_arithmetic(c, opcode, out);
		return;
	}
	if (opcode < 0x40 && (opcode & 7) < 6) { /* with al, eax */
		take_number(c, opcode & 1 ? operand : 1);
		out->writes |= X86_REGISTER(X86_AX);
		return;
	}
	if (opcode >= 0xb8 && opcode <= 0xbf) {
		read_mov_constant(c, opcode, out);
		return;
	}
	switch (opcode) {
	case 0x0f:
		read_0f(c, out);
		break;
	case 0x63: /* movsxd */
	case 0x8d: /* lea */
		read_to_register(c, out);
		break;
	case 0x80:
	case 0x83:
		read_immediate(c, 1, true, out);
		break;
	case 0x81:
		read_immediate(c, operand, true, out);
		break;
	case 0x84: /* test */
	case 0x85:
		take_operands(c);
		break;
	case 0x88:
	case 0x89:
	case 0x8a:
	case 0x8b:
		read_mov(c, opcode, out);
		break;
	case 0x98: /* cltq */
		out->writes |= X86_REGISTER(X86_AX);
		break;
	case 0xa8: /* test al, eax */
	case 0xa9:
		take_number(c, opcode & 1 ? operand : 1);
		break;
	case 0xc0: /* shifts */
	case 0xc1:
		o = take_operands(c);
		take_number(c, 1);
		if (!o.memory)
			write_register(out, o.rm);
		break;
	case 0xd1:
	case 0xd3:
		o = take_operands(c);
		if (!o.memory)
			write_register(out, o.rm);
		break;
	case 0xc6:
	case 0xc7:
		o = take_operands(c);
		take_number(c, opcode == 0xc6 ? 1 : operand);
		if (!o.memory)
			write_register(out, o.rm);
		break;
	case 0xf6:
	case 0xf7:
		read_group_f6(c, opcode == 0xf6 ? 1 : operand, out);
		break;
	case 0xff:
		read_group_ff(c, out);
		break;
	default:
		c->failed = true;
	}
}

/* The prefixes that stand before what is read here; the first byte that is none. */
static uint8_t take_prefixes(struct cursor *c)
{
	uint8_t byte = take(c);

	while (!c->failed && (byte == 0x66 || byte == 0x64 || byte == 0x65 || byte == 0xf2 ||
			      byte == 0xf3 || byte == 0x2e)) {
		c->wide_operand |= byte == 0x66;
		byte = take(c);
	}
	if (byte >= 0x40 && byte <= 0x4f) {
		c->rex = byte & 15;
		byte = take(c);
	}
	return byte;
}

bool x86_read(const uint8_t *code, size_t len, struct x86_instruction *out)
{
	struct cursor c = {.code = code, .len = len};
	uint8_t opcode = take_prefixes(&c);

	*out = (struct x86_instruction){0};
	if (!c.failed && !read_stack_and_flow(&c, opcode, out))
		read_other(&c, opcode, out);
	out->len = c.at;
	return !c.failed;
}

/* rdi, rsi, rdx, rcx, r8: what the probes read there. */
#define ARGUMENTS                                                                                  \
	(X86_REGISTER(X86_DI) | X86_REGISTER(X86_SI) | X86_REGISTER(X86_DX) |                      \
	 X86_REGISTER(X86_CX) | X86_REGISTER(X86_R8))

/* Go's src/cmd/compile/abi-internal.md */
#define GO_ARGUMENTS (X86_REGISTER(X86_AX) | X86_REGISTER(X86_BX) | X86_REGISTER(X86_CX))

bool x86_go_place(const uint8_t *code, size_t len, size_t *at, bool *branch)
{
	struct x86_instruction one;
	size_t pos = 0;

	*branch = false;
	for (int i = 0; i < PLACE_INSTRUCTIONS; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			return *branch;
		if (one.flow == X86_BRANCH && !*branch) {
			*at = pos;
			*branch = true;
			continue;
		}
		if (one.emulated && one.moves_stack && one.flow == X86_PLAIN) {
			*at = pos;
			*branch = false;
			return true;
		}
		if (one.flow != X86_PLAIN || one.moves_stack || (one.writes & GO_ARGUMENTS))
			return *branch;
	}
	return *branch;
}

#define HANDED_ON (X86_REGISTER(X86_DI) | X86_REGISTER(X86_SI))

bool x86_place(const uint8_t *code, size_t len, size_t *at)
{
	struct x86_instruction one;
	size_t pos = 0;

	for (int i = 0; i < PLACE_INSTRUCTIONS; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			return false;
		if (one.emulated) {
			*at = pos;
			return true;
		}
		if (one.flow != X86_PLAIN || one.moves_stack || (one.writes & ARGUMENTS))
			return false;
	}
	return false;
}

#define FOUR_ARGUMENTS (ARGUMENTS & ~X86_REGISTER(X86_R8))

bool x86_place_arguments(const uint8_t *code, size_t len, size_t *at)
{
	struct x86_instruction one;
	size_t pos = 0;

	for (int i = 0; i < PLACE_INSTRUCTIONS; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			return false;
		if (one.emulated) {
			*at = pos;
			return true;
		}
		if (one.flow != X86_PLAIN || (one.writes & FOUR_ARGUMENTS))
			return false;
	}
	return false;
}

#define SIX_ARGUMENTS (ARGUMENTS | X86_REGISTER(X86_R9))

bool x86_hands_on(const uint8_t *code, size_t len, uint32_t constant, size_t *at)
{
	struct x86_instruction one;
	uint32_t written = 0;
	bool has_constant = false;
	size_t pos = 0;

	for (int i = 0; i < CALL_INSTRUCTIONS; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			return false;
		if (one.flow == X86_CALL || one.flow == X86_JUMP) {
			*at = pos;
			return has_constant && (written & SIX_ARGUMENTS) == SIX_ARGUMENTS;
		}
		if (one.flow != X86_PLAIN)
			return false;
		written |= one.writes;
		if (one.writes & X86_REGISTER(X86_CX))
			has_constant = one.loads_constant && one.constant == constant;
	}
	return false;
}

bool x86_wrapped(const uint8_t *code, size_t len, int64_t *target)
{
	struct x86_instruction one;
	size_t pos = 0;

	for (int i = 0; i < CALL_INSTRUCTIONS; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			return false;
		if (one.flow == X86_CALL) {
			*target = (int64_t)pos + one.target;
			return true;
		}
		/* One that saves registers does more. */
		if (one.flow == X86_END || one.flow == X86_JUMP ||
		    (one.moves_stack && one.emulated) || (one.writes & HANDED_ON))
			return false;
	}
	return false;
}

static bool leaves(const struct x86_instruction *one, int64_t target, size_t len)
{
	return one->flow == X86_CALL ||
	       (one->flow == X86_JUMP && (target < 0 || target >= (int64_t)len));
}

size_t x86_calls_with(const uint8_t *code, size_t len, uint32_t constant, int64_t *targets,
		      size_t max)
{
	struct x86_instruction one;
	int since = CONSTANT_DISTANCE; /* instructions since the constant */
	size_t count = 0;
	size_t pos = 0;

	for (int i = 0; i < BODY_INSTRUCTIONS && count < max; i++, pos += one.len) {
		if (!x86_read(code + pos, len - pos, &one))
			break;
		since++;
		if (leaves(&one, (int64_t)pos + one.target, len)) {
			if (since <= CONSTANT_DISTANCE)
				targets[count++] = (int64_t)pos + one.target;
			since = CONSTANT_DISTANCE;
		}
		if (one.writes & X86_REGISTER(X86_SI))
			since = one.loads_constant && one.constant == constant ? 0
									       : CONSTANT_DISTANCE;
	}
	return count;
}
