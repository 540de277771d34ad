/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp/field.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void check_table(struct span table, const char *json, bool damaged)
{
	struct buffer out = {0};
	struct amqp_json w = {.out = &out, .limit = 1 << 20};

	amqp_json_table(&w, table);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	assert_int_equal(w.damaged, damaged);
	assert_false(w.cut);
	buffer_free(&out);
}

#define CHECK(field, json) check_table(BYTES("\1k" field), "{\"k\":" json "}", false)

static void every_type(void **state)
{
	(void)state;
	check_table(BYTES(""), "{}", false);
	CHECK("t\1", "true");
	CHECK("t\0", "false");
	CHECK("b\xff", "-1");
	CHECK("B\xff", "255");
	CHECK("s\xff\xfe", "-2");
	CHECK("s\2hi\1lt\1", "\"hi\",\"l\":true");
	CHECK("U\xff\xfe", "-2");
	CHECK("u\xff\xfe", "65534");
	CHECK("I\xff\xff\xff\xff", "-1");
	CHECK("i\xff\xff\xff\xff", "4294967295");
	CHECK("l\xff\xff\xff\xff\xff\xff\xff\xff", "-1");
	CHECK("L\0\0\0\1\0\0\0\0", "4294967296");
	CHECK("f\x3f\xc0\0\0", "1.5");
	CHECK("d\x3f\xf8\0\0\0\0\0\0", "1.5");
	CHECK("d\x7f\xf8\0\0\0\0\0\0", "\"NaN\"");
	CHECK("d\xff\xf0\0\0\0\0\0\0", "\"-Infinity\"");
	CHECK("D\2\0\0\0\x7d", "1.25");
	CHECK("D\0\0\0\0\x7d", "125");
	CHECK("D\3\0\0\0\x7d", "0.125");
	CHECK("D\5\xff\xff\xff\x83", "-0.00125");
	CHECK("S\0\0\0\2hi", "\"hi\"");
	CHECK("x\0\0\0\2\xff\1", "\"\\\\xff\\u0001\"");
	CHECK("T\0\0\0\0\x69\x55\xb9\0", "\"2026-01-01T00:00:00Z\"");
	CHECK("T\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
	CHECK("V", "null");
	CHECK("A\0\0\0\4t\1b\2", "[true,2]");
	CHECK("F\0\0\0\4\1ab\1", "{\"a\":1}");
	CHECK("F\0\0\0\0", "{}");
	CHECK("V\1lA\0\0\0\6F\0\0\0\0V", "null,\"l\":[{},null]");
}

/* What can't be read ends it, and leaves no half of a field behind. */
static void damaged(void **state)
{
	(void)state;
	check_table(BYTES("\1at\1\1b?x"), "{\"a\":true}", true);
	check_table(BYTES("\1at\1\1bS\0\0\0\2x"), "{\"a\":true}", true);
	check_table(BYTES("\1at\1\xff"), "{\"a\":true}", true);
	check_table(BYTES("\1aA\0\0\0\2b\1\1bA\0\0\0\2?\1"), "{\"a\":[1],\"b\":[]}", true);
}

/* Deeper than it is shown. */
static void nesting(void **state)
{
	struct buffer table = {0}, out = {0};
	struct amqp_json w = {.out = &out, .limit = 1 << 20};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct buffer outer = {0};
		char head[] = {1, 'n', 'F', 0, 0, (char)(table.len >> 8), (char)table.len};

		buffer_append(&outer, head, sizeof(head));
		buffer_append_span(&outer, buffer_span(&table));
		buffer_free(&table);
		table = outer;
	}
	amqp_json_table(&w, buffer_span(&table));
	assert_true(w.cut);
	buffer_free(&table);
	buffer_free(&out);
}

static void limits(void **state)
{
	struct buffer out = {0};
	struct amqp_json w = {.out = &out, .limit = 8};

	(void)state;
	amqp_json_table(&w, BYTES("\1aS\0\0\0\x0ahello hell\1bS\0\0\0\1x"));
	assert_true(w.cut);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, "{\"a\":\"hel\"}");
	buffer_free(&out);
}

static void every_property(void **state)
{
	struct amqp_properties p;
	struct buffer out = {0};
	struct amqp_json w = {.out = &out, .limit = 1 << 20};

	(void)state;
	assert_true(amqp_properties_read(
		BYTES("\0\x3c\0\0\0\0\0\0\0\0\1\0\xff\xfc\2ct\2ce\0\0\0\3\1ht\2\5\2co\2re\2ex\2mi"
		      "\0\0\0\0\0\0\0\1\2ty\2us\2ap\2cl"),
		&p));
	assert_true(p.whole);
	assert_int_equal(p.body_size, 256);
	amqp_json_properties(&w, &p);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data,
			    "{\"content_type\":\"ct\",\"content_encoding\":\"ce\",\"headers\":{},"
			    "\"delivery_mode\":2,\"priority\":5,\"correlation_id\":\"co\","
			    "\"reply_to\":\"re\",\"expiration\":\"ex\",\"message_id\":\"mi\","
			    "\"timestamp\":\"1970-01-01T00:00:01Z\",\"type\":\"ty\","
			    "\"user_id\":\"us\",\"app_id\":\"ap\",\"cluster_id\":\"cl\"}");
	assert_true(w.damaged); /* the table's last value is missing */
	buffer_free(&out);
}

/* Some are missing; the rest is behind what can't be read. */
static void cut_properties(void **state)
{
	struct amqp_properties p;

	(void)state;
	assert_false(amqp_properties_read(BYTES("\0\x3c\0\0\0\0\0\0\0\0\0"), &p));
	assert_true(amqp_properties_read(BYTES("\0\x3c\0\0\0\0\0\0\0\0\0\1\x90\0\2ct"), &p));
	assert_false(p.whole);
	assert_int_equal(p.there, 1 << AMQP_CONTENT_TYPE);
	/* More flags than class basic has. */
	assert_true(amqp_properties_read(BYTES("\0\x3c\0\0\0\0\0\0\0\0\0\1\x80\1\0\0\2ct"), &p));
	assert_true(p.whole);
	assert_true(span_is(p.values[AMQP_CONTENT_TYPE].text, "ct"));
}

/* Bits share octets, and begin anew behind anything else. */
static void arguments(void **state)
{
	struct amqp_call call;

	(void)state;
	assert_true(amqp_call_read(BYTES("\0\x3c\0\x14\0\0\1q\1c\x0a\0\0\0\0"), &call));
	assert_true(call.whole);
	assert_string_equal(call.method->name, "basic.consume");
	assert_int_equal(amqp_number(&call, AMQP_ROLE_NO_ACK), 1);
	assert_int_equal(amqp_number(&call, AMQP_ROLE_NO_WAIT), 1);
	assert_true(span_is(amqp_argument(&call, AMQP_ROLE_QUEUE)->text, "q"));
	assert_true(amqp_call_read(BYTES("\0\x3c\0\x14\0\0\1q\1c\x0a\0\0\0"), &call));
	assert_false(call.whole);
	assert_false(amqp_call_read(BYTES("\0\x3c\0"), &call));
	assert_true(amqp_call_read(BYTES("\0\x3c\0\x63"), &call));
	assert_null(call.method);
	for (unsigned class_id = 0; class_id < 100; class_id++)
		for (unsigned method_id = 0; method_id < 200; method_id++) {
			const struct amqp_method *m = amqp_method_find((uint16_t)class_id,
								       (uint16_t)method_id);

			if (m && m->flags & AMQP_REPLY)
				assert_true(amqp_method_answered(m)->flags & AMQP_CALL);
		}
}

/* Until the year 9999 seconds are a date. */
static void times(void **state)
{
	struct buffer out = {0};

	(void)state;
	amqp_json_time(&out, 253402300799);
	amqp_json_time(&out, 253402300800);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, "\"9999-12-31T23:59:59Z\"253402300800");
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),	  cmocka_unit_test(every_type),
		cmocka_unit_test(damaged),	  cmocka_unit_test(nesting),
		cmocka_unit_test(limits),	  cmocka_unit_test(every_property),
		cmocka_unit_test(cut_properties), cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests_name("amqp fields", tests, NULL, NULL);
}
