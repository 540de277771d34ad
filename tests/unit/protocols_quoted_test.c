/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations of others, who use or quote lines of a protocol that we know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/feed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In any pieces, whatever is lost, nothing of it becomes a record; from either end. */
static void expect_nothing(const struct feed_message *messages, size_t count)
{
	struct feed feed = {.messages = messages, .count = count};
	struct buffer out = {0};

	feed_check(&feed, "");
	feed.role = ROLE_CLIENT;
	feed_check(&feed, "");
	for (feed.lose = 1; feed.lose <= count; feed.lose++) {
		feed_run(&feed, &out);
		assert_string_equal(out.data, "");
	}
	buffer_free(&out);
}

static void test_pop3(void **state)
{
	const struct feed_message quits[] = {
		FEED_RESPONSE("+OK POP3 ready\r\n"),
		FEED_REQUEST("QUIT\r\n"),
		FEED_RESPONSE("+OK bye\r\n"),
	};
	const struct feed_message reads[] = {
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("USER a\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("PASS b\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("STAT\r\n"),
		FEED_RESPONSE("+OK 2 320\r\n"),
		FEED_REQUEST("LIST\r\n"),
		FEED_RESPONSE("+OK\r\n1 120\r\n2 200\r\n.\r\n"),
		FEED_REQUEST("QUIT\r\n"),
		FEED_RESPONSE("+OK\r\n"),
	};

	(void)state;
	expect_nothing(quits, COUNT(quits));
	expect_nothing(reads, COUNT(reads));
}

static void test_smtp(void **state)
{
	const struct feed_message messages[] = {
		FEED_RESPONSE("220 mail.example ESMTP\r\n"),
		FEED_REQUEST("EHLO a\r\n"),
		FEED_RESPONSE("250 mail.example\r\n"),
		FEED_REQUEST("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
		FEED_RESPONSE("250 ok\r\n250 ok\r\n354 go\r\n"),
		FEED_REQUEST("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("250 queued\r\n"),
		FEED_REQUEST("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n.\r\nQUIT\r\n"),
		FEED_RESPONSE("221 bye\r\n"),
	};

	(void)state;
	expect_nothing(messages, COUNT(messages));
}

/* An unknown protocol in which one side quotes a request, or lines of Redis. */
static void test_unknown(void **state)
{
	const struct feed_message http[] = {
		FEED_REQUEST("\x01\x02\x03\x04hello"),
		FEED_RESPONSE("\x05\x06\x07\x08hello"),
		FEED_REQUEST("GET /quoted HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("\x05\x06\x07\x08thanks"),
	};
	const struct feed_message redis[] = {
		FEED_REQUEST("\x01\x02\x03\x04hello"),
		FEED_RESPONSE("\x05\x06\x07\x08hello"),
		FEED_REQUEST("PING\r\nQUIT\r\n"),
		FEED_RESPONSE("+PONG\r\n"),
	};

	(void)state;
	expect_nothing(http, COUNT(http));
	expect_nothing(redis, COUNT(redis));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pop3),
		cmocka_unit_test(test_smtp),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("quoted", tests, NULL, NULL);
}
