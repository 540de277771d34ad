/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "record/x86.h"

#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void check_len(const uint8_t *code, size_t len, size_t expected)
{
	struct x86_instruction one;

	assert_true(x86_read(code, len, &one));
	assert_int_equal(one.len, expected);
	/* What is cut off is no instruction. */
	for (size_t i = 0; i < expected; i++)
		assert_false(x86_read(code, i, &one));
}

static void lengths_are_those_of_the_manual(void **state)
{
	(void)state;
	check_len(CODE(0xf3, 0x0f, 0x1e, 0xfa), 4);		      /* endbr64 */
	check_len(CODE(0x48, 0x83, 0xec, 0x18), 4);		      /* sub $0x18,%rsp */
	check_len(CODE(0x48, 0x81, 0xec, 0x00, 0x01, 0x00, 0x00), 7); /* sub $0x100,%rsp */
	check_len(CODE(0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0x00, 0x00, 0x00), 9); /* mov %fs:0x28 */
	check_len(CODE(0x48, 0x89, 0x44, 0x24, 0x08), 5);	      /* mov %rax,8(%rsp) */
	check_len(CODE(0x48, 0x8b, 0x05, 0xc9, 0x0f, 0x18, 0x00), 7); /* mov x(%rip),%rax */
	check_len(CODE(0x80, 0xbf, 0xb8, 0x06, 0x00, 0x00, 0x00), 7); /* cmpb $0,x(%rdi) */
	check_len(CODE(0xf6, 0x87, 0x68, 0x11, 0x00, 0x00, 0x01), 7); /* testb $1,x(%rdi) */
	check_len(CODE(0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00), 6);	      /* nopw */
	check_len(CODE(0x41, 0x57), 2);				      /* push %r15 */
	check_len(CODE(0xbe, 0x17, 0x00, 0x00, 0x00), 5);	      /* mov $0x17,%esi */
	check_len(CODE(0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8), 10);      /* movabs */
	check_len(CODE(0x0f, 0x84, 1, 0, 0, 0), 6);		      /* je */
	check_len(CODE(0x48, 0xc7, 0xc0, 0x68, 0xfe, 0xff, 0xff), 7); /* mov $-408,%rax */
	check_len(CODE(0xe8, 1, 0, 0, 0), 5);			      /* call */
}

static void what_is_not_known_is_not_guessed(void **state)
{
	struct x86_instruction one;

	(void)state;
	assert_false(x86_read(CODE(0xc5, 0xf8, 0x57, 0xc0), &one)); /* vxorps */
	assert_false(x86_read(CODE(0x0f, 0xff, 0xc0), &one));
	assert_false(x86_read(CODE(0x66, 0x66, 0x66), &one));
	assert_false(x86_read(NULL, 0, &one));
}

static void a_push_is_a_place(void **state)
{
	size_t at = 99;

	(void)state;
	/* endbr64; push %rbp; mov %rsp,%rbp */
	assert_true(x86_place(CODE(0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5), &at));
	assert_int_equal(at, 4);
	/* mov x(%rip),%rax; cmpl $2,(%rax); jg */
	assert_true(
		x86_place(CODE(0x48, 0x8b, 0x05, 1, 0, 0, 0, 0x83, 0x38, 0x02, 0x7f, 0x0c), &at));
	assert_int_equal(at, 10);
}

static void no_place_is_behind_what_moves_the_stack_or_the_arguments(void **state)
{
	size_t at;

	(void)state;
	/* sub $8,%rsp; je */
	assert_false(x86_place(CODE(0x48, 0x83, 0xec, 0x08, 0x74, 0x02), &at));
	/* mov %rsi,%rdx; push */
	assert_false(x86_place(CODE(0x48, 0x89, 0xf2, 0x55), &at));
	/* mov %rsi,%rax; push is fine */
	assert_true(x86_place(CODE(0x48, 0x89, 0xf0, 0x55), &at));
	assert_int_equal(at, 3);
	/* ret */
	assert_false(x86_place(CODE(0xc3, 0x55), &at));
}

static void in_go_the_frame_pointers_push_is_the_place(void **state)
{
	bool branch = true;
	size_t at = 0;

	(void)state;
	/* cmp 0x10(%r14),%rsp; jbe; push %rbp; mov %rsp,%rbp */
	assert_true(x86_go_place(
		CODE(0x49, 0x3b, 0x66, 0x10, 0x0f, 0x86, 1, 2, 0, 0, 0x55, 0x48, 0x89, 0xe5), &at,
		&branch));
	assert_int_equal(at, 10);
	assert_false(branch);
	/* lea -0x18(%rsp),%r12; cmp; jbe; sub $0x98,%rsp: before Go 1.21 */
	assert_true(x86_go_place(CODE(0x4c, 0x8d, 0x64, 0x24, 0xe8, 0x4d, 0x3b, 0x66, 0x10, 0x0f,
				      0x86, 1, 2, 0, 0, 0x48, 0x81, 0xec, 0x98, 0, 0, 0),
				 &at, &branch));
	assert_int_equal(at, 9);
	assert_true(branch);
	/* mov %rbx,%rax; push %rbp: its arguments are gone */
	assert_false(x86_go_place(CODE(0x48, 0x89, 0xd8, 0x55), &at, &branch));
}

static void a_wrapper_hands_its_arguments_on(void **state)
{
	int64_t target = 0;

	(void)state;
	/* SSL_read of OpenSSL 3.0, as Debian compiled it */
	assert_true(x86_wrapped(CODE(0x48, 0x83, 0xec, 0x18, 0x64, 0x48, 0x8b, 0x04, 0x25, 0x28,
				     0x00, 0x00, 0x00, 0x48, 0x89, 0x44, 0x24, 0x08, 0x31, 0xc0,
				     0x85, 0xd2, 0x78, 0x2f, 0x48, 0x89, 0xe1, 0x48, 0x63, 0xd2,
				     0xe8, 0x3d, 0xfe, 0xff, 0xff),
				&target));
	assert_int_equal(target, 35 - 0x1c3);
	/* push %rbp; call: a function that does more */
	assert_false(x86_wrapped(CODE(0x55, 0xe8, 1, 0, 0, 0), &target));
	/* mov %rax,%rdi; call */
	assert_false(x86_wrapped(CODE(0x48, 0x89, 0xc7, 0xe8, 1, 0, 0, 0), &target));
}

static void calls_are_found_by_their_constant(void **state)
{
	int64_t targets[2] = {0};
	/* mov $0x17,%esi; call +0x10; mov $0x16,%esi; call +0x20; mov $0x17,%esi; jmp +0x100 */
	const uint8_t code[] = {0xbe, 0x17, 0, 0, 0, 0xe8, 0x10, 0, 0, 0, 0xbe, 0x16, 0, 0, 0,
				0xe8, 0x20, 0, 0, 0, 0xbe, 0x17, 0, 0, 0, 0xe9, 0,    1, 0, 0};

	(void)state;
	assert_int_equal(x86_calls_with(code, sizeof(code), 0x17, targets, 2), 2);
	assert_int_equal(targets[0], 10 + 0x10);
	assert_int_equal(targets[1], 30 + 0x100);
	assert_int_equal(x86_calls_with(code, sizeof(code), 0x16, targets, 2), 1);
	assert_int_equal(targets[0], 20 + 0x20);
	assert_int_equal(x86_calls_with(code, sizeof(code), 0x15, targets, 2), 0);
}

/* gnutls 3.7.9: sub rsp; mov r8, [rdi]; mov rax, fs:; mov [rsp], rax; xor eax; test r8; je */
static void arguments_may_be_read_behind_the_stack(void **state)
{
	static const uint8_t code[] = {0x48, 0x83, 0xec, 0x28, 0x4c, 0x8b, 0x87, 0x60,
				       6,    0,	   0,	 0x64, 0x48, 0x8b, 0x04, 0x25,
				       0x28, 0,	   0,	 0,    0x48, 0x89, 0x44, 0x24,
				       0x18, 0x31, 0xc0, 0x4d, 0x85, 0xc0, 0x74, 0x0e};
	size_t at;

	(void)state;
	assert_true(x86_place_arguments(code, sizeof(code), &at));
	assert_int_equal(at, 30);
	assert_false(x86_place(code, sizeof(code), &at));
	/* mov rdi, rax: an argument is gone */
	assert_false(x86_place_arguments(CODE(0x48, 0x89, 0xc7, 0x55), &at));
	assert_false(x86_place_arguments(CODE(0xc3, 0x55), &at));
}

/* OpenSSL 3.0.22's ssl_log_secret */
static void a_secret_is_handed_on(void **state)
{
	static const uint8_t code[] = {
		0x48, 0x89, 0xf8,			  /* mov rax, rdi */
		0x49, 0x89, 0xd0,			  /* mov r8, rdx */
		0x48, 0x89, 0xf7,			  /* mov rdi, rsi */
		0x49, 0x89, 0xc9,			  /* mov r9, rcx */
		0x48, 0x8d, 0x90, 0x60, 0x01, 0x00, 0x00, /* lea rdx, [rax+0x160] */
		0xb9, 0x20, 0x00, 0x00, 0x00,		  /* mov ecx, 32 */
		0x48, 0x89, 0xc6,			  /* mov rsi, rax */
		0xe9, 0x70, 0x8c, 0xff, 0xff,		  /* jmp */
	};
	size_t at;

	(void)state;
	assert_true(x86_hands_on(code, sizeof(code), 32, &at));
	assert_int_equal(at, 27);
	assert_false(x86_hands_on(code, sizeof(code), 48, &at));
	assert_false(x86_hands_on(code, sizeof(code) - 1, 32, &at));
	/* Without the random it is another function. */
	assert_false(x86_hands_on(code + 6, sizeof(code) - 6, 32, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_those_of_the_manual),
		cmocka_unit_test(what_is_not_known_is_not_guessed),
		cmocka_unit_test(a_push_is_a_place),
		cmocka_unit_test(no_place_is_behind_what_moves_the_stack_or_the_arguments),
		cmocka_unit_test(in_go_the_frame_pointers_push_is_the_place),
		cmocka_unit_test(a_wrapper_hands_its_arguments_on),
		cmocka_unit_test(calls_are_found_by_their_constant),
		cmocka_unit_test(arguments_may_be_read_behind_the_stack),
		cmocka_unit_test(a_secret_is_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
