/* SPDX-License-Identifier: BSD-2-Clause */
/* What is put aside in a file comes back as it was, in order, whatever its size and number. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "analyze/spill/cold.h"
#include "analyze/spill/sorter.h"
#include "format/pack.h"

/* Numbers without order, each once: a permutation of 0 to 2^16 - 1. */
static uint64_t shuffled(uint64_t i)
{
	return (i * 40503u + 12345u) & 0xffff;
}

static void packed_values(void **state)
{
	static const uint64_t values[] = {0, 1, 127, 128, 16384, UINT64_MAX - 1, UINT64_MAX};
	static const int64_t signeds[] = {0, -1, 1, INT64_MIN, INT64_MAX, -64, 64};
	struct buffer b = {0};
	struct unpack u;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		pack_u64(&b, values[i]);
		pack_i64(&b, signeds[i]);
		pack_span(&b, span_of("abcdefg", i));
	}
	u = unpack_begin(buffer_span(&b));
	for (size_t i = 0; i < 7; i++) {
		assert_true(unpack_u64(&u) == values[i]);
		assert_true(unpack_i64(&u) == signeds[i]);
		assert_true(span_equal(unpack_span(&u), span_of("abcdefg", i)));
	}
	assert_false(u.failed);
	assert_int_equal(unpack_u64(&u), 0);
	assert_true(u.failed);
	for (size_t cut = 0; cut < b.len; cut++) {
		u = unpack_begin(span_of(b.data, cut));
		for (size_t i = 0; i < 7; i++) {
			unpack_u64(&u);
			unpack_i64(&u);
			unpack_span(&u);
		}
		assert_true(u.failed);
	}
	buffer_free(&b);
}

/* ---- in order ---- */

static void sort_many(size_t count, size_t len)
{
	struct sorter *s = sorter_new(0);
	char *bytes = calloc(1, len + 8);
	struct span got;
	int64_t number;

	assert_non_null(s);
	for (size_t i = 0; i < count; i++) {
		number = (int64_t)shuffled(i);
		memcpy(bytes, &number, 8);
		assert_true(sorter_add(s, number - 100, 0, span_of(bytes, 8 + len)));
	}
	for (size_t i = 0; i < count; i++) {
		assert_true(sorter_next(s, &got));
		memcpy(&number, got.data, 8);
		assert_int_equal(got.len, 8 + len);
		if (count == 65536)
			assert_int_equal(number, i);
	}
	assert_false(sorter_next(s, &got));
	assert_false(sorter_next(s, &got));
	assert_int_equal(sorter_errno(s), 0);
	sorter_free(s);
	free(bytes);
}

static void sorted(void **state)
{
	(void)state;
	sort_many(0, 0);
	sort_many(1, 10);
	sort_many(500, 10);    /* in memory */
	sort_many(65536, 50);  /* in many runs */
	sort_many(20, 300000); /* each larger than the memory */
}

/* By the second number, and then as they came. */
static void sorted_ties(void **state)
{
	struct sorter *s = sorter_new(0);
	uint64_t last = 0;
	struct span got;

	(void)state;
	for (uint64_t i = 0; i < 30000; i++)
		assert_true(sorter_add(s, 7, i % 3, span_of(&i, sizeof(i))));
	for (uint64_t i = 0; i < 30000; i++) {
		uint64_t number;

		assert_true(sorter_next(s, &got));
		memcpy(&number, got.data, sizeof(number));
		assert_int_equal(number % 3, i / 10000);
		assert_true(i % 10000 == 0 || number == last + 3);
		last = number;
	}
	sorter_free(s);
}

/* ---- by number ---- */

static struct span value_of(uint64_t key, struct buffer *b)
{
	size_t len = (size_t)(key % 700 == 0 ? 100000 : key % 300);

	buffer_clear(b);
	for (size_t i = 0; i < len; i += 8)
		buffer_append(b, &key, 8);
	return span_of(b->data, len);
}

static void check_value(struct cold *c, uint64_t key, bool take)
{
	struct buffer got = {0}, expected = {0};

	assert_true((take ? cold_take : cold_look)(c, key, &got));
	assert_true(span_equal(buffer_span(&got), value_of(key, &expected)));
	buffer_free(&got);
	buffer_free(&expected);
}

static void put_aside(void **state)
{
	struct cold *c = cold_new(0);
	struct buffer b = {0};
	uint64_t key = 0;

	(void)state;
	assert_false(cold_take(c, 1, &b));
	assert_false(cold_next(c, &key));
	for (uint64_t i = 0; i < 60000; i++)
		assert_true(cold_put(c, shuffled(i) * 1000, value_of(shuffled(i) * 1000, &b)));
	assert_int_equal(cold_count(c), 60000);
	assert_false(cold_take(c, 999, &b));
	assert_false(cold_take(c, UINT64_MAX, &b));
	/* Taken and put again, which uses the room that became free. */
	for (uint64_t i = 0; i < 60000; i += 2) {
		key = shuffled(i) * 1000;
		check_value(c, key, true);
		assert_false(cold_take(c, key, &b));
		if (i % 4 == 0)
			assert_true(cold_put(c, key, value_of(key, &b)));
	}
	assert_int_equal(cold_count(c), 45000);
	for (uint64_t i = 0; i < 60000; i++) {
		if (i % 4 != 2)
			check_value(c, shuffled(i) * 1000, false);
		else
			assert_false(cold_look(c, shuffled(i) * 1000, &b));
	}
	assert_int_equal(cold_errno(c), 0);
	buffer_free(&b);
	cold_free(c);
}

/* All keys come once, ascending, also while they are taken. */
/* What became free is remembered in the file, too. */
static void memory_stays(void **state)
{
	struct cold *c = cold_new(0);
	struct buffer b = {0};
	size_t before = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 60000; i++)
			assert_true(cold_put(c, i * 1000 + 1, value_of(i * 1000 + 1, &b)));
		if (!before)
			before = mallinfo2().uordblks;
		for (uint64_t i = 0; i < 60000; i++)
			check_value(c, i * 1000 + 1, true);
		assert_in_range(mallinfo2().uordblks, 0, before + (64u << 10));
	}
	assert_int_equal(cold_count(c), 0);
	buffer_free(&b);
	cold_free(c);
}

static void keys_in_order(void **state)
{
	struct cold *c = cold_new(0);
	struct buffer b = {0};
	uint64_t key = 0, seen = 0;

	(void)state;
	for (uint64_t i = 0; i < 65536; i++)
		assert_true(cold_put(c, shuffled(i) * 5 + 3, span_of("x", 1)));
	for (uint64_t i = 0; i < 100000; i++)
		assert_true(cold_put(c, (1ull << 40) + (i ^ 0x5555), span_of("y", 1)));
	while (cold_next(c, &key)) {
		assert_true(key == (seen < 65536 ? seen * 5 + 3 : key));
		assert_true(cold_take(c, key, &b));
		seen++;
		key++;
	}
	assert_int_equal(seen, 165536);
	assert_int_equal(cold_count(c), 0);
	buffer_free(&b);
	cold_free(c);
}

/* What the system refuses is told, not taken for nothing. */
static void disk_full(void **state)
{
	struct rlimit before;
	struct cold *c = cold_new(0);
	struct sorter *s = sorter_new(0);
	struct buffer big = {0};
	bool good = true;

	(void)state;
	buffer_reserve(&big, 200000);
	big.len = 200000;
	memset(big.data, 0, big.len);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, before.rlim_max}), 0);
	for (uint64_t i = 0; i < 10000 && good; i++)
		good = cold_put(c, i, span_of(big.data, 5000));
	assert_false(good);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(cold_errno(c), EFBIG);
	good = true;
	for (int i = 0; i < 5 && good; i++)
		good = sorter_add(s, i, 0, buffer_span(&big));
	assert_false(good);
	assert_int_equal(sorter_errno(s), EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	buffer_free(&big);
	sorter_free(s);
	cold_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_values), cmocka_unit_test(sorted),
		cmocka_unit_test(sorted_ties),	 cmocka_unit_test(put_aside),
		cmocka_unit_test(keys_in_order), cmocka_unit_test(disk_full),
		cmocka_unit_test(memory_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
