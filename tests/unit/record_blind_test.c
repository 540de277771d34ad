/* SPDX-License-Identifier: BSD-2-Clause */
/* What the recorder concludes from a kernel's type information, here made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/event.h"
#include "record/blind.h"

/* An empty kernel with an int (type 1) and a void pointer (type 2). */
static struct btf *kernel_new(void)
{
	struct btf *kernel = btf__new_empty();

	assert_non_null(kernel);
	assert_int_equal(btf__add_int(kernel, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__add_ptr(kernel, 0), 2);
	return kernel;
}

static void add_struct(struct btf *kernel, const char *name, const char *field)
{
	assert_true(btf__add_struct(kernel, name, 8) > 0);
	assert_int_equal(btf__add_field(kernel, field, 1, 0, 0), 0);
}

/* A struct whose FIELD is in an unnamed union inside of it. */
static void add_nested(struct btf *kernel, const char *name, const char *field)
{
	int inner = btf__add_union(kernel, NULL, 4);

	assert_true(inner > 0);
	assert_int_equal(btf__add_field(kernel, field, 1, 0, 0), 0);
	assert_true(btf__add_struct(kernel, name, 8) > 0);
	assert_int_equal(btf__add_field(kernel, "before", 1, 0, 0), 0);
	assert_int_equal(btf__add_field(kernel, NULL, inner, 32, 0), 0);
}

/* A tracepoint whose arguments have the types in KINDS: 'i' int, 'p' pointer. */
static void add_trace(struct btf *kernel, const char *name, const char *kinds)
{
	int proto = btf__add_func_proto(kernel, 0);
	int pointer;

	assert_true(proto > 0);
	for (; *kinds; kinds++)
		assert_int_equal(btf__add_func_param(kernel, "", *kinds == 'i' ? 1 : 2), 0);
	pointer = btf__add_ptr(kernel, proto);
	assert_true(btf__add_typedef(kernel, name, pointer) > 0);
}

static void test_a_current_kernel_shows_everything(void **state)
{
	struct btf *kernel = kernel_new();

	(void)state;
	add_nested(kernel, "io_ring_ctx", "io_bl_xa");
	add_struct(kernel, "io_buffer_list", "flags");
	add_struct(kernel, "folio", "index");
	add_struct(kernel, "slab", "freelist");
	add_trace(kernel, "btf_trace_io_uring_complete", "pppp");
	add_trace(kernel, "btf_trace_io_uring_submit_req", "pp");
	assert_int_equal(blind_spots(kernel), 0);
	assert_true(kernel_traces(kernel, "io_uring_submit_req"));
	assert_false(kernel_traces(kernel, "io_uring_submit_sqe"));
	btf__free(kernel);
}

static void test_linux_6_1_shows_no_provided_buffers(void **state)
{
	struct btf *kernel = kernel_new();

	(void)state;
	add_nested(kernel, "io_ring_ctx", "io_bl_xa");
	add_struct(kernel, "io_buffer_list", "bgid");
	add_struct(kernel, "folio", "index");
	add_struct(kernel, "slab", "freelist");
	add_trace(kernel, "btf_trace_io_uring_complete", "pppiiiii");
	add_trace(kernel, "btf_trace_io_uring_submit_sqe", "ppi");
	assert_int_equal(blind_spots(kernel), BLIND_BIT(BLIND_IO_URING_PROVIDED));
	assert_false(kernel_traces(kernel, "io_uring_submit_req"));
	btf__free(kernel);
}

static void test_linux_5_10_shows_neither_requests_nor_folios(void **state)
{
	struct btf *kernel = kernel_new();

	(void)state;
	add_trace(kernel, "btf_trace_io_uring_complete", "ppii");
	assert_int_equal(blind_spots(kernel),
			 BLIND_BIT(BLIND_IO_URING) | BLIND_BIT(BLIND_SENDFILE));
	btf__free(kernel);
}

static void test_what_is_not_known_is_not_claimed(void **state)
{
	(void)state;
	assert_int_equal(blind_spots(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_current_kernel_shows_everything),
		cmocka_unit_test(test_linux_6_1_shows_no_provided_buffers),
		cmocka_unit_test(test_linux_5_10_shows_neither_requests_nor_folios),
		cmocka_unit_test(test_what_is_not_known_is_not_claimed),
	};

	return cmocka_run_group_tests_name("what the kernel shows", tests, NULL, NULL);
}
