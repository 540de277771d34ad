/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that mean no good: bounded time and memory, valid JSON, one record a message at least. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "tests/unit/dns_build.h"

static void run_datagram(const struct buffer *message, struct buffer *out)
{
	struct feed_message m = {DIRECTION_RECEIVED, message->data, message->len};
	struct feed feed = {
		.messages = &m,
		.count = 1,
		.transport = TRANSPORT_UDP,
		.decode_as = &protocol_dns,
	};

	feed_run(&feed, out);
}

/* Output is visible ASCII: everything else is escaped. */
static void check_text(const struct buffer *out)
{
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] != '\n')
			assert_in_range(out->data[i], ' ', '~');
}

/* A response with a bit of everything. */
static void build_rich(struct buffer *b)
{
	dns_build_header(b, 1, 0x8580, (const unsigned[]){1, 4, 1, 2});
	dns_build_question(b, "example.com", 255);
	dns_build_rr(b, "example.com", 6, 1,
		     "0161000162000000000100000002000000030000000400000005");
	dns_build_rr(b, "example.com", 64, 1, "00010000010003026832000300020050");
	dns_build_rr(b, "example.com", 29, 1, "0033161389175F1070BE6F0000988D20");
	dns_build_rr(b, "example.com", 47, 1, "0161000006400100000003");
	dns_build_rr(b, "example.com", 46, 1, "000105030000000100000002000000030A9D01610001020304");
	dns_build_rr(b, "example.com", 42, 1, "00011503C0A820");
	dns_build_hex(b, "00002910000000800000140008000700011800C00002000F000500126E6F65");
}

static void survives_any_change_of_a_byte(void **state)
{
	struct buffer message = {0}, out = {0};

	(void)state;
	build_rich(&message);
	run_datagram(&message, &out);
	assert_non_null(strstr(out.data, "\"note\":\"\""));
	for (size_t at = 0; at < message.len; at++) {
		char before = message.data[at];

		for (unsigned value = 0; value < 256; value += 5) {
			message.data[at] = (char)value;
			run_datagram(&message, &out);
			check_text(&out);
			assert_non_null(strstr(out.data, "\"outcome\""));
		}
		message.data[at] = before;
	}
	buffer_free(&message);
	buffer_free(&out);
}

static void survives_any_end(void **state)
{
	struct buffer message = {0}, out = {0};
	size_t len;

	(void)state;
	build_rich(&message);
	len = message.len;
	for (message.len = 1; message.len < len; message.len++) {
		run_datagram(&message, &out);
		check_text(&out);
		assert_non_null(strstr(out.data, "\"note\":\""));
		assert_null(strstr(out.data, "\"note\":\"\""));
	}
	buffer_free(&message);
	buffer_free(&out);
}

/* The largest message, of names that all lead through as many pointers as there may be. */
static void bounds_the_time(void **state)
{
	struct buffer message = {0}, out = {0};
	clock_t start = clock();

	(void)state;
	dns_build_header(&message, 1, 0x8180, (const unsigned[]){0, 65535, 0, 0});
	dns_build_hex(&message, "00");
	for (unsigned at = 12; message.len < 0x3000; at = (unsigned)message.len - 2)
		dns_build_u16(&message, 0xc000 | at);
	while (message.len < 65500) {
		dns_build_hex(&message, "EFFE");
		dns_build_hex(&message, "00020001000000010002EFFE");
	}
	run_datagram(&message, &out);
	check_text(&out);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	buffer_free(&message);
	buffer_free(&out);
}

/* Few bytes that would make much text: a long name, and pointers to it. */
static void bounds_the_text(void **state)
{
	struct buffer message = {0}, out = {0};

	(void)state;
	dns_build_header(&message, 1, 0x8180, (const unsigned[]){0, 5000, 0, 0});
	for (int i = 0; i < 4; i++) {
		unsigned len = i < 3 ? 63 : 61;

		buffer_append_char(&message, (char)len);
		for (unsigned j = 0; j < len; j++)
			buffer_append_char(&message, 1);
	}
	dns_build_hex(&message, "0000010001000000000004C0000201");
	for (int i = 1; i < 5000; i++)
		dns_build_hex(&message, "C00C00050001000000000002C00C");
	run_datagram(&message, &out);
	assert_non_null(strstr(out.data, "too long: the last records were left out"));
	assert_in_range(out.len, 1 << 19, 2 << 20);
	buffer_free(&message);
	buffer_free(&out);
}

/* Where every name is malformed, what follows isn't worth showing. */
static void gives_up_on_noise(void **state)
{
	struct buffer message = {0}, out = {0};

	(void)state;
	dns_build_header(&message, 1, 0, (const unsigned[]){1000, 0, 0, 0});
	for (int i = 0; i < 1000; i++)
		dns_build_hex(&message, "0161FFFF00010001");
	run_datagram(&message, &out);
	assert_non_null(strstr(out.data, "malformed name; fewer records than its header says"));
	assert_in_range(out.len, 200, 1000);
	buffer_free(&message);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_any_change_of_a_byte),
		cmocka_unit_test(survives_any_end),
		cmocka_unit_test(bounds_the_time),
		cmocka_unit_test(bounds_the_text),
		cmocka_unit_test(gives_up_on_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
