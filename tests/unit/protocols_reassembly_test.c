/* SPDX-License-Identifier: BSD-2-Clause */
/* How long data that came early is held back: each limit at its exact value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "protocols/engine/reassembly.h"

struct fixture {
	struct reassembly o;
	uint64_t given; /* bytes */
	uint64_t lost;
};

static void on_run(void *context, enum direction direction, const struct run *run)
{
	struct fixture *x = context;

	(void)direction;
	*(run->data ? &x->given : &x->lost) += run->len;
}

static void begin(struct fixture *x)
{
	*x = (struct fixture){0};
	reassembly_init(&x->o, (const uint64_t[2]){0, 0}, NULL);
}

static void push(struct fixture *x, uint64_t offset, size_t len, int64_t ts)
{
	static char bytes[REASSEMBLY_HOLD_BYTES + 1];
	struct event_data data = {.offset = offset, .len = len, .payload = span_of(bytes, len)};

	assert_true(len <= sizeof(bytes));
	reassembly_push(&x->o, &data, ts, on_run, x);
}

static void end(struct fixture *x)
{
	reassembly_finish(&x->o, on_run, x);
	assert_int_equal(x->o.held_bytes, 0);
	assert_int_equal(x->o.held_count, 0);
	reassembly_free(&x->o);
}

static void test_events(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	for (uint64_t i = 0; i < REASSEMBLY_HOLD_EVENTS; i++)
		push(&x, 1 + i, 1, 0);
	assert_int_equal(x.given, 0);
	push(&x, 1 + REASSEMBLY_HOLD_EVENTS, 1, 0);
	assert_int_equal(x.lost, 1);
	assert_int_equal(x.given, REASSEMBLY_HOLD_EVENTS + 1);
	end(&x);
}

static void test_bytes(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	push(&x, 1, REASSEMBLY_HOLD_BYTES, 0);
	assert_int_equal(x.given, 0);
	assert_int_equal(x.o.held_bytes, REASSEMBLY_HOLD_BYTES);
	push(&x, 0, 1, 0); /* what was waited for */
	assert_int_equal(x.lost, 0);
	assert_int_equal(x.given, REASSEMBLY_HOLD_BYTES + 1);
	end(&x);

	begin(&x);
	push(&x, 1, REASSEMBLY_HOLD_BYTES + 1, 0);
	assert_int_equal(x.lost, 1);
	assert_int_equal(x.given, REASSEMBLY_HOLD_BYTES + 1);
	end(&x);
}

static void test_time(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	push(&x, 10, 1, 5);
	push(&x, 11, 1, 5 + REASSEMBLY_HOLD_NS);
	assert_int_equal(x.given, 0);
	push(&x, 12, 1, 6 + REASSEMBLY_HOLD_NS);
	assert_int_equal(x.lost, 10);
	assert_int_equal(x.given, 3);
	end(&x);

	begin(&x);
	push(&x, 10, 1, 5);
	reassembly_expire(&x.o, 5 + REASSEMBLY_HOLD_NS, on_run, &x);
	assert_int_equal(x.given, 0);
	reassembly_expire(&x.o, 6 + REASSEMBLY_HOLD_NS, on_run, &x);
	assert_int_equal(x.given, 1);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
