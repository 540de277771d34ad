/* SPDX-License-Identifier: BSD-2-Clause */
/* A record in one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "protocols/dns/exchange.h"

struct scene {
	const char *opcode;
	const char *qname;
	const char *qtype;
	const char *rcode;
	const char *answers;
	const char *line;
};

#define ANSWER(data) "{\"name\":\"x\",\"type\":\"A\",\"ttl\":1,\"data\":\"" data "\"}"

static const struct scene scenes[] = {
	{"QUERY", "example.com", "A", "NOERROR", "[" ANSWER("192.0.2.1") "]",
	 "A example.com -> 192.0.2.1"},
	{"QUERY", "example.com", "MX", "NOERROR", "[" ANSWER("10 a") "," ANSWER("20 b") "]",
	 "MX example.com -> 10 a, 20 b"},
	{"QUERY", "example.com", "A", "NOERROR", "[]", "A example.com"},
	{"QUERY", "example.com", "AAAA", "NXDOMAIN", "[]", "AAAA example.com NXDOMAIN"},
	{"QUERY", "example.com", "A", NULL, NULL, "A example.com"},
	{"NOTIFY", "example.com", "SOA", "NOERROR", "[]", "NOTIFY SOA example.com"},
	{"QUERY", "x", "TXT", "NOERROR", "[" ANSWER("\\\"a\\\\\\\\b\\\"") "]",
	 "TXT x -> \"a\\\\b\""},
	{"QUERY", NULL, "A", "NOERROR", "[" ANSWER("192.0.2.1") "]",
	 "A (malformed name) -> 192.0.2.1"},
	{"QUERY", NULL, NULL, "NOERROR", "[" ANSWER("192.0.2.1") "]", "A x -> 192.0.2.1"},
	{"QUERY", "x", "A", "NOERROR",
	 "[" ANSWER("1") "," ANSWER("2") "," ANSWER("3") "," ANSWER("4") "," ANSWER("5") "]",
	 "A x -> 1, 2, 3, 4, 1 more"},
	{NULL, NULL, NULL, NULL, NULL, ""},
};

static struct value text(const char *string)
{
	return string ? value_text(span_text(string)) : (struct value){0};
}

static void describes(void **state)
{
	struct buffer line = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct value values[DNS_COLUMN_COUNT] = {0};

		values[DNS_COLUMN_OPCODE] = text(scenes[i].opcode);
		values[DNS_COLUMN_QNAME] = text(scenes[i].qname);
		values[DNS_COLUMN_QTYPE] = text(scenes[i].qtype);
		values[DNS_COLUMN_RCODE] = text(scenes[i].rcode);
		values[DNS_COLUMN_ANSWERS] = text(scenes[i].answers);
		buffer_clear(&line);
		dns_table.describe(values, &line);
		buffer_append_char(&line, '\0');
		assert_string_equal(line.data, scenes[i].line);
	}
	buffer_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
