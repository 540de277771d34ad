/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/http_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "protocols/http/http.h"

static void expect_part(const char *line, const char *part, size_t len)
{
	char quoted[512];

	assert_true(len < sizeof(quoted));
	for (size_t i = 0; i < len; i++)
		quoted[i] = part[i] == '\'' ? '"' : part[i];
	quoted[len] = '\0';
	if (!strstr(line, quoted))
		fail_msg("expected %s in %s", quoted, line);
}

static void expect_record(const char *line, const char *parts)
{
	for (;;) {
		const char *end = strstr(parts, " | ");

		expect_part(line, parts, end ? (size_t)(end - parts) : strlen(parts));
		if (!end)
			return;
		parts = end + 3;
	}
}

void http_expect(const struct feed *feed, const char *const *records)
{
	struct buffer out = {0};
	char *line;

	feed_run(feed, &out);
	line = out.data;
	for (; *records; records++) {
		char *end = strchr(line, '\n');

		if (!end)
			fail_msg("no record for %s", *records);
		*end = '\0';
		expect_record(line, *records);
		line = end + 1;
	}
	assert_string_equal(line, "");
	buffer_free(&out);
}

void http_check(const struct feed_message *messages, size_t count, const char *const *records)
{
	const struct feed feed = {
		.messages = messages, .count = count, .decode_as = &protocol_http};

	http_expect(&feed, records);
	feed_check(&feed, NULL);
}

void client_check(const struct protocol *protocol, const struct feed_message *messages,
		  size_t count, const char *const *records)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = protocol,
		.role = ROLE_CLIENT,
	};

	http_expect(&feed, records);
	feed_check(&feed, NULL);
}

void client_expect_loss(const struct protocol *protocol, const struct feed_message *messages,
			size_t count, size_t lose, const char *const *records)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = protocol,
		.role = ROLE_CLIENT,
		.lose = lose,
	};

	http_expect(&feed, records);
}
