/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: labels, escapes, and pointers that mean no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/name.h"
#include "tests/unit/dns_build.h"

#define HEADER "000000000000000000000000" /* 12 octets, where no pointer may lead */

/* What reading the name at START of a message gives: HEX is what follows the header. */
static void expect(const char *hex, size_t start, const char *text, bool sound, bool failed)
{
	struct buffer wire = {0}, out = {0};
	struct cursor c;

	dns_build_hex(&wire, HEADER);
	dns_build_hex(&wire, hex);
	c = cursor_of(wire.data, wire.len);
	cursor_skip(&c, start);
	assert_int_equal(dns_name_read(&c, &out), sound);
	assert_true(span_is(buffer_span(&out), text));
	assert_int_equal(c.failed, failed);
	buffer_free(&wire);
	buffer_free(&out);
}

static void writes_labels(void **state)
{
	(void)state;
	expect("00", 12, ".", true, false);
	expect("03777777076578616D706C6503636F6D00", 12, "www.example.com", true, false);
	expect("0378797A00", 12, "xyz", true, false);
	expect("045F746370056C6F63616C00", 12, "_tcp.local", true, false);
}

static void escapes_what_is_special(void **state)
{
	(void)state;
	expect("03612E6200", 12, "a\\.b", true, false);
	expect("035C223B00", 12, "\\\\\\\"\\;", true, false);
	expect("0328294000", 12, "\\(\\)@", true, false);
	expect("0461207FC300", 12, "a\\032\\127\\195", true, false);
	expect("010000", 12, "\\000", true, false);
}

static void follows_pointers_back(void **state)
{
	(void)state;
	/* com at 12, example.com at 17, www.example.com at 27 */
	expect("03636F6D00076578616D706C65C00C03777777C011", 27, "www.example.com", true, false);
	expect("03636F6D00076578616D706C65C00C03777777C011", 17, "example.com", true, false);
	expect("00C00C", 13, ".", true, false);
}

static void refuses_other_pointers(void **state)
{
	(void)state;
	expect("C00C", 12, "", false, false);	    /* to itself */
	expect("0161C00C", 12, "a", false, false);  /* to its own start: a loop */
	expect("C00E016100", 12, "", false, false); /* forward */
	expect("0161C000", 12, "a", false, false);  /* into the header */
	expect("0161C00B", 12, "a", false, false);
	expect("0161C0FF", 12, "a", false, false); /* beyond the end */
	/* Two that lead to each other: the first leads back, the second forth. */
	expect("C00E0161C00C", 14, "a", false, false);
}

static bool loops(const char *hex, size_t start)
{
	struct buffer wire = {0};
	struct cursor c;
	bool is;

	dns_build_hex(&wire, HEADER);
	dns_build_hex(&wire, hex);
	c = cursor_of(wire.data, wire.len);
	cursor_skip(&c, start);
	is = dns_name_loops(c);
	buffer_free(&wire);
	return is;
}

static void knows_a_circle(void **state)
{
	(void)state;
	assert_true(loops("C00C", 12));
	assert_true(loops("0161C00C", 12));
	assert_true(loops("C00E0161C00C", 14));
	/* A circle that the name itself isn't part of. */
	assert_true(loops("0161C00C0162C00C", 16));
	assert_false(loops("C00E016100", 12)); /* forward, to an end */
	assert_false(loops("0161C000", 12));   /* to the header's zero */
	assert_false(loops("0161C0FF", 12));
	assert_false(loops("016141", 12));
	assert_false(loops("0161", 12));
	assert_false(loops("C0", 12));
}

static void refuses_other_labels(void **state)
{
	(void)state;
	expect("016141", 12, "a", false, true);
	expect("016180", 12, "a", false, true);
	expect("0161", 12, "a", false, true);
	expect("05616263", 12, "", false, true);
	expect("0161C0", 12, "a", false, true);
	expect("", 12, "", false, true);
}

/* COUNT labels of 63 octets and one of LAST, at 12; then, at the end, a pointer to them. */
static bool read_long(unsigned count, unsigned last, bool by_pointer)
{
	struct buffer wire = {0};
	struct cursor c;
	size_t start = 12;
	bool sound;

	dns_build_hex(&wire, HEADER);
	for (unsigned i = 0; i <= count; i++) {
		unsigned len = i < count ? 63 : last;

		buffer_append_char(&wire, (char)len);
		for (unsigned j = 0; j < len; j++)
			buffer_append_char(&wire, 'x');
	}
	buffer_append_char(&wire, 0);
	if (by_pointer) {
		start = wire.len;
		dns_build_hex(&wire, "C00C");
	}
	c = cursor_of(wire.data, wire.len);
	cursor_skip(&c, start);
	sound = dns_name_read(&c, NULL);
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 0);
	buffer_free(&wire);
	return sound;
}

static void bounds_the_length(void **state)
{
	(void)state;
	assert_true(read_long(3, 61, false)); /* 3 * 64 + 62 + 1 = 255 */
	assert_false(read_long(3, 62, false));
	assert_true(read_long(3, 61, true));
	assert_false(read_long(3, 62, true));
	assert_false(read_long(200, 63, true));
}

/* A message full of pointers, each to the one before it. */
static void bounds_the_depth(void **state)
{
	struct buffer wire = {0};
	struct cursor c;

	(void)state;
	dns_build_hex(&wire, HEADER "00");
	for (unsigned at = 12; at + 1 < 0x3fff; at = (unsigned)wire.len - 2)
		dns_build_u16(&wire, 0xc000 | at);
	c = cursor_of(wire.data, wire.len);
	cursor_skip(&c, wire.len - 2);
	assert_false(dns_name_read(&c, NULL));
	assert_false(c.failed);
	/* As many as there may be labels are fine. */
	c = cursor_of(wire.data, wire.len);
	cursor_skip(&c, 13 + 2 * 126);
	assert_true(dns_name_read(&c, NULL));
	buffer_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_labels),	 cmocka_unit_test(escapes_what_is_special),
		cmocka_unit_test(follows_pointers_back), cmocka_unit_test(refuses_other_pointers),
		cmocka_unit_test(knows_a_circle),	 cmocka_unit_test(refuses_other_labels),
		cmocka_unit_test(bounds_the_length),	 cmocka_unit_test(bounds_the_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
