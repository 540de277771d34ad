/* SPDX-License-Identifier: BSD-2-Clause */
/* Header lines that all connections of a replay share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "protocols/engine/message_pool.h"
#include "protocols/http/heads.h"

static struct span json_of(const struct http_known_head *head)
{
	return buffer_span(&head->fields.json);
}

static void test_shared(void **state)
{
	const struct span a = span_text("Host: a\r\n\r\n"), b = span_text("Host: b\r\n\r\n");
	struct message_pool pool = {0};
	struct http_heads *heads = http_heads_of(&pool);
	struct http_known_head *one = NULL, *two = NULL;

	(void)state;
	assert_ptr_equal(http_heads_of(&pool), heads);
	assert_true(http_heads_read(heads, &one, a));
	assert_false(http_heads_read(heads, &one, a));
	assert_true(http_heads_read(heads, &two, a));
	assert_ptr_equal(one, two);
	assert_true(http_heads_read(heads, &two, b));
	assert_true(span_is(json_of(one), "{\"Host\":\"a\"}"));
	assert_true(span_is(json_of(two), "{\"Host\":\"b\"}"));
	assert_true(span_is(two->fields.head.host, "b"));
	assert_int_equal(http_heads_memory(one), http_heads_memory(two));
	http_heads_release(one);
	/* Who has one keeps it. */
	message_pool_free(&pool);
	assert_true(span_is(json_of(two), "{\"Host\":\"b\"}"));
	http_heads_release(two);
}

/* More than are known at once: each says its own, whatever took its place, or had it before. */
static void test_many(void **state)
{
	struct message_pool pool = {0};
	struct http_heads *heads = http_heads_of(&pool);
	struct http_known_head *held[200] = {0}, *last = NULL;
	char lines[64], json[64];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++) {
			snprintf(lines, sizeof(lines), "A: x\r\n folded\r\nHost: %d\r\n\r\n", i);
			http_heads_read(heads, &held[i], span_text(lines));
			http_heads_read(heads, &last, span_text(lines));
		}
	for (int i = 0; i < 200; i++) {
		snprintf(json, sizeof(json), "{\"A\":\"x   folded\",\"Host\":\"%d\"}", i);
		assert_true(span_is(json_of(held[i]), json));
		http_heads_release(held[i]);
	}
	http_heads_release(last);
	message_pool_free(&pool);
}

/* Without a pool, and of lines that are long, or none, each has its own. */
static void test_own(void **state)
{
	struct message_pool pool = {0};
	struct http_heads *heads = http_heads_of(&pool);
	struct http_known_head *one = NULL, *two = NULL;
	struct buffer lines = {0};

	(void)state;
	assert_null(http_heads_of(NULL));
	while (lines.len < 10000)
		buffer_append_text(&lines, "Name: value\r\n");
	assert_true(http_heads_read(heads, &one, buffer_span(&lines)));
	assert_true(http_heads_read(heads, &two, buffer_span(&lines)));
	assert_ptr_not_equal(one, two);
	assert_true(http_heads_memory(one) > lines.len);
	assert_true(http_heads_read(NULL, &one, span_text("A: b\r\n\r\n")));
	assert_true(http_heads_read(heads, &two, span_text("")));
	assert_true(span_is(json_of(one), "{\"A\":\"b\"}"));
	assert_true(span_is(json_of(two), "{}"));
	http_heads_release(one);
	http_heads_release(two);
	buffer_free(&lines);
	message_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
