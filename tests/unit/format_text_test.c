/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/buffer.h"
#include "format/error.h"
#include "format/event.h"
#include "format/names.h"

static void addresses_are_written_as_usual(void **state)
{
	static const struct {
		struct address address;
		const char *text;
	} cases[] = {
		{{.family = ADDRESS_NONE}, ""},
		{{.family = ADDRESS_UNIX}, "unix"},
		{{.family = 99}, ""},
		{{ADDRESS_INET4, 80, 0, {127, 0, 0, 1}}, "127.0.0.1:80"},
		{{ADDRESS_INET4, 65535, 0, {255, 255, 255, 255}}, "255.255.255.255:65535"},
		{{ADDRESS_INET6, 443, 0, {[15] = 1}}, "[::1]:443"},
		{{ADDRESS_INET6, 1, 3, {0xfe, 0x80, [15] = 9}}, "[fe80::9%3]:1"},
		{{ADDRESS_INET6, 53, 0, {[10] = 0xff, [11] = 0xff, 10, 0, 0, 7}}, "10.0.0.7:53"},
	};
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		address_text(&cases[i].address, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void addresses_are_read_as_they_are_written(void **state)
{
	static const struct {
		const char *wanted, *address;
		bool matches;
	} cases[] = {
		{"10.0.0.7", "10.0.0.7:53", true},
		{"10.0.0.7:53", "10.0.0.7:53", true},
		{"10.0.0.7:54", "10.0.0.7:53", false},
		{"10.0.0.8", "10.0.0.7:53", false},
		{":53", "10.0.0.7:53", true},
		{":5", "10.0.0.7:53", false},
		{"10.0.0.7", "[::ffff:10.0.0.7]:53", true},
		{"::ffff:10.0.0.7", "10.0.0.7:53", true},
		{"::1", "[::1]:443", true},
		{"[::1]", "[::1]:443", true},
		{"[::1]:443", "[::1]:443", true},
		{"[::1]:80", "[::1]:443", false},
		{"::1", "0.0.0.1:443", false},
		{"fe80::9", "[fe80::9%3]:1", true},
		{"fe80::9%3", "[fe80::9%3]:1", true},
		{"fe80::9%4", "[fe80::9%3]:1", false},
	};
	static const char *const wrong[] = {
		"",	     ":",	":0",	 ":65536",    ":x",
		"10.0.0",    "nowhere", "[::1",	 "[::1]x",    "[::1]:",
		"10.0.0.1:", "::1%",	"::1%x", "1.2.3.4.5", "10.0.0.1:80 ",
	};
	struct address wanted, address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(address_parse(cases[i].wanted, &wanted));
		assert_true(address_parse(cases[i].address, &address));
		assert_int_equal(address_matches(&wanted, &address), cases[i].matches);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(address_parse(wrong[i], &wanted));
}

static void the_longest_address_fits(void **state)
{
	struct address longest = {.family = ADDRESS_INET6, .port = 65535, .scope = UINT32_MAX};
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(longest.ip); i++)
		longest.ip[i] = 0xfe;
	address_text(&longest, text);
	assert_string_equal(text, "[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe%4294967295]:65535");
}

static void addresses_are_equal_where_their_family_looks(void **state)
{
	struct address a = {ADDRESS_INET4, 80, 0, {10, 0, 0, 1}};
	struct address b = a;

	(void)state;
	b.ip[4] = 1; /* no part of an IPv4 address */
	assert_true(address_equal(&a, &b));
	b.ip[3] = 2;
	assert_false(address_equal(&a, &b));
	b = a;
	b.port = 81;
	assert_false(address_equal(&a, &b));
}

static void numbers_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(call_text(CALL_IO_URING_SEND_ZC), "io_uring_send_zc");
	assert_string_equal(call_text(CALL_IO_SUBMIT), "io_submit");
	assert_string_equal(call_text(CALL_RUSTLS_WRITE + 1), "unknown");
	assert_string_equal(transport_text(TRANSPORT_UNIX_STREAM), "unix");
	assert_string_equal(direction_text(DIRECTION_RECEIVED), "received");
	assert_string_equal(layer_text(2), "unknown");
	assert_string_equal(loss_cause_text(LOSS_RING_FULL), "buffer full");
	assert_string_equal(tape_error_text(TAPE_ERROR_DISK_FULL), "no space left on the disk");
	assert_string_equal(tape_error_text(1000), "unknown error");
}

static void a_buffer_grows_and_shrinks(void **state)
{
	struct buffer b = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		buffer_printf(&b, "%d,", i);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	buffer_consume(&b, 20);
	assert_memory_equal(b.data, "10,11,", 6);
	buffer_clear(&b);
	buffer_append_u64(&b, UINT64_MAX);
	buffer_append_char(&b, ' ');
	buffer_append_i64(&b, INT64_MIN);
	buffer_append_char(&b, ' ');
	buffer_append_u64(&b, 0);
	assert_true(span_is(buffer_span(&b), "18446744073709551615 -9223372036854775808 0"));
	buffer_consume(&b, b.len);
	assert_int_equal(b.len, 0);
	buffer_free(&b);
}

static void a_buffer_without_memory_says_so_once(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_append_text(&b, "kept");
	assert_null(buffer_reserve(&b, SIZE_MAX / 2));
	assert_true(b.failed);
	buffer_append_text(&b, "dropped");
	assert_true(span_is(buffer_span(&b), "kept"));
	buffer_clear(&b);
	buffer_append_text(&b, "again");
	assert_true(span_is(buffer_span(&b), "again"));
	buffer_free(&b);
}

static void segment_names_are_taken_apart(void **state)
{
	char name[NAME_SEGMENT_MAX];
	uint64_t segment;
	bool partial;

	(void)state;
	name_segment(7, INT64_C(1790000000000000000), true, name);
	assert_string_equal(name, "20260921T141320Z-000007.tape.zst.partial");
	assert_true(name_parse(name, &segment, &partial));
	assert_int_equal(segment, 7);
	assert_true(partial);
	assert_true(name_parse("x-1234567.tape.zst", &segment, &partial));
	assert_int_equal(segment, 1234567);
	assert_false(partial);
	assert_true(name_parse("renamed.tape.zst", &segment, &partial));
	assert_int_equal(segment, 0);
	assert_false(name_parse("20260921T141320Z-000007.tape", &segment, &partial));
	assert_false(name_parse(".partial", &segment, &partial));
	assert_false(name_parse("", &segment, &partial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_written_as_usual),
		cmocka_unit_test(addresses_are_read_as_they_are_written),
		cmocka_unit_test(the_longest_address_fits),
		cmocka_unit_test(addresses_are_equal_where_their_family_looks),
		cmocka_unit_test(numbers_have_their_words),
		cmocka_unit_test(a_buffer_grows_and_shrinks),
		cmocka_unit_test(a_buffer_without_memory_says_so_once),
		cmocka_unit_test(segment_names_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
