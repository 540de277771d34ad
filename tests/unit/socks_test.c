/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to SOCKS proxies, and what goes through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/socks/socks.h"
#include "tests/unit/feed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GET	     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK	     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* In any pieces; each of EXPECTED is a part of the records, in their order. */
static void check(const struct feed_message *messages, size_t count, const char *const *expected)
{
	const struct feed feed = {.messages = messages, .count = count, .packs = true};
	struct buffer out = {0};
	const char *at;

	feed_check(&feed, NULL);
	feed_run(&feed, &out);
	at = out.data;
	for (; *expected; expected++) {
		at = strstr(at, *expected);
		if (!at)
			fail_msg("%s is not (there) in\n%s", *expected, out.data);
	}
	buffer_free(&out);
}

#define CHECK(messages, ...)                                                                       \
	check(messages, COUNT(messages), (const char *const[]){__VA_ARGS__, NULL})

static void test_version_5(void **state)
{
	const struct feed_message address[] = {
		FEED_REQUEST("\5\1\0"),
		FEED_RESPONSE("\5\0"),
		FEED_REQUEST("\5\1\0\1\x0a\0\0\2\0\x50"),
		FEED_RESPONSE("\5\0\0\1\x0a\0\0\2\x1f\x40"),
		FEED_REQUEST(GET),
		FEED_RESPONSE(OK),
	};
	const struct feed_message name_and_password[] = {
		FEED_REQUEST("\5\2\0\2"),
		FEED_RESPONSE("\5\2"),
		FEED_REQUEST("\1\3bob\6secret"),
		FEED_RESPONSE("\1\0"),
		FEED_REQUEST("\5\1\0\3\7a.b.org\1\xbb"),
		FEED_RESPONSE("\5\5\0\1\0\0\0\0\0\0"),
	};
	const struct feed_message refused[] = {FEED_REQUEST("\5\1\2"), FEED_RESPONSE("\5\xff")};

	const struct feed_message gssapi[] = {
		FEED_REQUEST("\5\2\0\1"),
		FEED_RESPONSE("\5\1"),
		FEED_REQUEST("\1\1\0\4abcd"),
		FEED_RESPONSE("\1\1\0\4efgh"),
	};

	(void)state;
	CHECK(gssapi, "{\"outcome\":\"partial\",\"version\":5,\"command\":null,\"target\":null,"
		      "\"method\":\"gssapi\"");
	CHECK(address,
	      "{\"outcome\":\"ok\",\"version\":5,\"command\":\"connect\",\"target\":\"10.0.0.2:"
	      "80\","
	      "\"method\":\"none\",\"user\":null,\"code\":0,\"reply\":\"succeeded\","
	      "\"bound\":\"10.0.0.2:8000\"",
	      "{\"outcome\":\"ok\",\"version\":\"1.1\",\"method\":\"GET\"", "\"code\":200");
	CHECK(name_and_password, "{\"outcome\":\"error\",\"version\":5,\"command\":\"connect\","
				 "\"target\":\"a.b.org:443\","
				 "\"method\":\"user_password\",\"user\":\"bob\",\"code\":5,"
				 "\"reply\":\"connection refused\"");
	CHECK(refused, "{\"outcome\":\"error\",\"version\":5,\"command\":null,\"target\":null,"
		       "\"method\":\"none_acceptable\"");
}

static void test_version_4(void **state)
{
	const struct feed_message named[] = {
		FEED_REQUEST("\4\1\0\x50\0\0\0\1me\0a.org\0"),
		FEED_RESPONSE("\0\x5a\0\0\0\0\0\0"),
		FEED_REQUEST(GET),
		FEED_RESPONSE(OK),
	};
	const struct feed_message rejected[] = {
		FEED_REQUEST("\4\1\0\x50\x0a\0\0\1\0"),
		FEED_RESPONSE("\0\x5b\0\0\0\0\0\0"),
	};

	(void)state;
	CHECK(named,
	      "{\"outcome\":\"ok\",\"version\":4,\"command\":\"connect\",\"target\":\"a.org:80\","
	      "\"method\":null,\"user\":\"me\",\"code\":90,\"reply\":\"granted\"",
	      "\"method\":\"GET\"");
	CHECK(rejected, "{\"outcome\":\"error\",\"version\":4,\"command\":\"connect\","
			"\"target\":\"10.0.0.1:80\"");
}

/* Similar bytes of something else are nothing. */
static void test_others(void **state)
{
	const struct feed_message more[] = {FEED_REQUEST("\5\1\0more"), FEED_RESPONSE("\6\0")};
	const struct feed_message other[] = {FEED_REQUEST("\5\1\0"), FEED_RESPONSE("\5\3")};
	struct feed feed = {.messages = more, .count = COUNT(more)};

	(void)state;
	feed_check(&feed, "");
	feed.messages = other;
	feed_check(&feed, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_5),
		cmocka_unit_test(test_version_4),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("socks", tests, NULL, NULL);
}
