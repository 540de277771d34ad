/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "record/tls_due.h"

#define SECONDS INT64_C(1000000000)

struct told {
	uint64_t conns[1024];
	uint8_t first[1024]; /* byte of the secret */
	size_t count;
};

static void take(void *context, const struct tls_secret *secret, uint64_t conn)
{
	struct told *told = context;

	assert_true(told->count < 1024);
	told->conns[told->count] = conn;
	told->first[told->count++] = secret->bytes[0];
}

static void add(struct tls_due *due, uint32_t tid, int64_t ts, uint8_t first)
{
	const struct tls_secret secret = {
		.ts = ts, .pid = 100, .tid = tid, .older = true, .bytes = {first}, .len = 32};

	tls_due_add(due, &secret);
}

static void moved(struct tls_due *due, uint64_t conn, uint32_t tid, enum direction direction,
		  const char *bytes, size_t len)
{
	const struct event event = {
		.type = EVENT_DATA,
		.data = {.conn = conn,
			 .len = len,
			 .payload = span_of(bytes, len),
			 .pid = 100,
			 .tid = tid,
			 .direction = direction},
	};

	tls_due_event(due, &event);
}

static void the_threads_next_record_tells_the_connection(void **state)
{
	const char record[] = "\x17\x03\x03\0\x20";
	struct told told = {0};
	struct tls_due *due = tls_due_new(take, &told);

	(void)state;
	assert_non_null(due);
	add(due, 7, SECONDS, 1);
	add(due, 7, SECONDS, 2);
	add(due, 8, SECONDS, 3);
	/* Not what is received, what is no record, or another thread's. */
	moved(due, 50, 7, DIRECTION_RECEIVED, record, 5);
	moved(due, 51, 7, DIRECTION_SENT, "hello", 5);
	moved(due, 52, 9, DIRECTION_SENT, record, 5);
	assert_int_equal(told.count, 0);
	moved(due, 53, 7, DIRECTION_SENT, record, 5);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.conns[0], 53);
	assert_int_equal(told.conns[1], 53);
	moved(due, 54, 7, DIRECTION_SENT, record, 5);
	assert_int_equal(told.count, 2);
	moved(due, 55, 8, DIRECTION_SENT, record, 5);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.conns[2], 55);
	assert_int_equal(told.first[2], 3);
	tls_due_free(due);
}

static void no_secret_waits_for_ever(void **state)
{
	struct told told = {0};
	struct tls_due *due = tls_due_new(take, &told);

	(void)state;
	assert_non_null(due);
	add(due, 7, 10 * SECONDS, 1);
	tls_due_turn(due, 10 * SECONDS);
	assert_int_equal(told.count, 0);
	tls_due_turn(due, 12 * SECONDS);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.conns[0], 0);
	/* More than can wait: the oldest goes, and none is lost. */
	for (int i = 0; i < 600; i++)
		add(due, 7, (20 + i) * SECONDS, 2);
	assert_int_equal(told.count, 1 + 600 - 512);
	tls_due_turn(due, INT64_MAX);
	assert_int_equal(told.count, 601);
	tls_due_free(due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_threads_next_record_tells_the_connection),
		cmocka_unit_test(no_secret_waits_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
