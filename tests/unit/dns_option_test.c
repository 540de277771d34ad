/* SPDX-License-Identifier: BSD-2-Clause */
/* EDNS options, and the names of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"
#include "tests/unit/dns_build.h"

struct example {
	uint16_t code;
	const char *name;
	const char *hex;
	const char *text;
	bool malformed;
};

static const struct example examples[] = {
	{1, "LLQ", "000100010000000000000000000700000E10", "1 1 0 7 3600", false},
	{2, "UPDATE-LEASE", "00000E10", "3600", false},
	{2, "UPDATE-LEASE", "00000E1000015180", "3600 86400", false},
	{3, "NSID", "67706473", "\"gpds\"", false},
	{3, "NSID", "", "\"\"", false},
	{5, "DAU", "0508", "5,8", false},
	{6, "DHU", "0102", "1,2", false},
	{7, "N3U", "01", "1", false},
	{8, "CLIENT-SUBNET", "00011800C0000200", "\\# 8 00011800C0000200", true},
	{8, "CLIENT-SUBNET", "00011800C00002", "192.0.2.0/24/0", false},
	{8, "CLIENT-SUBNET", "0001140ACB0070", "203.0.112.0/20/10", false},
	{8, "CLIENT-SUBNET", "0002382020010DB8000100", "2001:db8:1::/56/32", false},
	{8, "CLIENT-SUBNET", "00010000", "0.0.0.0/0/0", false},
	{8, "CLIENT-SUBNET", "00000000", "0/0/0", false},
	{8, "CLIENT-SUBNET", "00012100C000020100", "\\# 9 00012100C000020100", true},
	{9, "EXPIRE", "", "", false},
	{9, "EXPIRE", "00000E10", "3600", false},
	{10, "COOKIE", "24A5AC0E4A5B1B0C", "24A5AC0E4A5B1B0C", false},
	{10, "COOKIE", "24A5AC0E4A5B1B0C0102030405060708", "24A5AC0E4A5B1B0C 0102030405060708",
	 false},
	{10, "COOKIE", "24A5AC", "\\# 3 24A5AC", true},
	{10, "COOKIE", "24A5AC0E4A5B1B0C01", "\\# 9 24A5AC0E4A5B1B0C01", true},
	{11, "TCP-KEEPALIVE", "", "", false},
	{11, "TCP-KEEPALIVE", "00FF", "25.5s", false},
	{11, "TCP-KEEPALIVE", "00", "\\# 1 00", true},
	{12, "PADDING", "0000000000", "5 bytes", false},
	{13, "CHAIN", "03636F6D00", "com", false},
	{14, "KEY-TAG", "4A5C0001", "19036,1", false},
	{14, "KEY-TAG", "4A5C00", "19036 \\# 1 00", true},
	{15, "EDE", "0012", "18 (Prohibited)", false},
	{15, "EDE", "00166E6F2061757468", "22 (No Reachable Authority) \"no auth\"", false},
	{15, "EDE", "FFFF", "65535", false},
	{15, "EDE", "00", "\\# 1 00", true},
	{16, "CLIENT-TAG", "0001", "1", false},
	{17, "SERVER-TAG", "0001", "1", false},
	{18, "REPORT-CHANNEL", "0161016200", "a.b", false},
	{19, "ZONEVERSION", "", "", false},
	{19, "ZONEVERSION", "020078A6BF3C", "2 0 2024193852", false},
	{19, "ZONEVERSION", "0201AABB", "2 1 AABB", false},
	{20, "MQTYPE-QUERY", "001C0041", "AAAA,HTTPS", false},
	{65001, "OPTION65001", "0102", "\\# 2 0102", false},
	{65001, "OPTION65001", "", "\\# 0", false},
};

static void writes_options(void **state)
{
	struct buffer text = {0}, wire = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];

		buffer_clear(&text);
		dns_schema_append_name(&text, &dns_options, e->code);
		assert_true(span_is(buffer_span(&text), e->name));
		buffer_clear(&wire);
		buffer_clear(&text);
		dns_build_hex(&wire, e->hex);
		assert_int_equal(dns_schema_append(dns_schema_find(&dns_options, e->code),
						   cursor_of(wire.data, wire.len), &text),
				 !e->malformed);
		buffer_append_char(&text, '\0');
		assert_string_equal(text.data, e->text);
	}
	buffer_free(&text);
	buffer_free(&wire);
}

static void names_numbers(void **state)
{
	struct buffer text = {0};

	(void)state;
	dns_number_append(&text, &dns_rcodes, 3);
	dns_number_append(&text, &dns_rcodes, 12);
	dns_number_append(&text, &dns_opcodes, 5);
	dns_number_append(&text, &dns_opcodes, 3);
	dns_number_append(&text, &dns_classes, 254);
	dns_number_append(&text, &dns_classes, 32);
	assert_true(span_is(buffer_span(&text), "NXDOMAINRCODE12UPDATEOPCODE3NONECLASS32"));
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_options),
		cmocka_unit_test(names_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
