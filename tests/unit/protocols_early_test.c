/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that are read while the call that asked is still sending: it is told when it returns,
 * with the time when it began.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/session.h"
#include "protocols/http/http.h"
#include "protocols/redis/redis.h"

struct moved {
	enum direction direction;
	const char *text;
	int64_t begin; /* 0: not told */
	int64_t end;
};

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED

static void append_line(void *context, struct session *s, const struct record *record)
{
	struct buffer *out = context;

	(void)s;
	buffer_append_text(out, outcome_text(record->outcome));
	buffer_append_char(out, ' ');
	record->table->describe(record->values, out);
	buffer_append_char(out, '\n');
	if (record->request_first != TIME_UNKNOWN && record->response_first != TIME_UNKNOWN)
		assert_true(record->request_first <= record->response_first);
}

static void check(const struct protocol *protocol, bool midstream, enum call by,
		  const struct moved *calls, const char *expected)
{
	struct buffer out = {0};
	struct budget budget = {.limit = 64 << 20};
	struct session_options options = {
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.midstream = midstream,
		.decode_as = protocol,
		.budget = &budget,
		.record = append_line,
		.context = &out,
	};
	struct session *s = session_new(&options);
	uint64_t position[2] = {0};

	assert_non_null(s);
	for (; calls->text; calls++) {
		const struct event_data data = {
			.offset = position[calls->direction],
			.len = strlen(calls->text),
			.payload = span_text(calls->text),
			.direction = calls->direction,
			.call = by,
			.begin_ts = calls->begin,
		};

		session_data(s, &data, calls->end);
		position[calls->direction] += data.len;
	}
	session_free(s);
	assert_int_equal(budget.used, 0);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

#define OK_200 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NO_204 "HTTP/1.1 204 No Content\r\n\r\n"

/* An upload is answered before all of it is sent; the next answer is the next request's. */
static void test_upload(void **state)
{
	const struct moved calls[] = {
		{RECEIVED, OK_200, 0, 20},
		{SENT, "POST /up HTTP/1.1\r\nContent-Length: 6\r\n\r\nupl", 10, 30},
		{SENT, "oad", 0, 40},
		{SENT, "GET /next HTTP/1.1\r\n\r\n", 0, 50},
		{RECEIVED, NO_204, 0, 60},
		{0},
	};

	(void)state;
	check(&protocol_http, false, CALL_WRITE, calls,
	      "ok POST /up 200 2B\nok GET /next 204 0B\n");
}

/* Nor is an answer given to a request that was asked later: here the first was never seen. */
static void test_asked_later(void **state)
{
	const struct moved calls[] = {
		{RECEIVED, OK_200, 0, 20},
		{SENT, "GET /next HTTP/1.1\r\n\r\n", 0, 50},
		{RECEIVED, NO_204, 0, 60},
		{0},
	};

	(void)state;
	check(&protocol_http, false, CALL_WRITE, calls,
	      "partial (no request) 200 2B\nok GET /next 204 0B\n");
}

/* Where no call told the bytes, and where the beginning wasn't seen, nothing is waited for. */
static void test_not_early(void **state)
{
	const struct moved calls[] = {
		{RECEIVED, OK_200, 0, 20},
		{RECEIVED, NO_204, 0, 30},
		{0},
	};

	(void)state;
	check(&protocol_http, false, CALL_CAPTURE, calls,
	      "partial (no request) 200 2B\npartial (no request) 204 0B\n");
	check(&protocol_http, true, CALL_READ, calls,
	      "partial (no request) 200 2B\npartial (no request) 204 0B\n");
}

#define SET(key, value) "*3\r\n$3\r\nSET\r\n$1\r\n" key "\r\n$1\r\n" value "\r\n"

/* A pipeline in one call, whose answers another thread reads in several. */
static void test_pipeline(void **state)
{
	const struct moved calls[] = {
		{RECEIVED, "+OK\r\n", 0, 20},
		{RECEIVED, "-ERR x\r\n:3\r\n", 0, 30},
		{SENT, SET("a", "1") SET("b", "2") SET("c", "3") SET("d", "4"), 10, 40},
		{RECEIVED, "+OK\r\n", 0, 50},
		{0},
	};

	(void)state;
	check(&protocol_redis, false, CALL_SENDTO, calls,
	      "ok SET a 1 -> OK\nerror SET b 2 -> (error) ERR x\nok SET c 3 -> 3\nok SET d 4 -> "
	      "OK\n");
}

/* A minute is enough. */
static void test_patience(void **state)
{
	const int64_t minute = 60 * 1000000000ll;
	const struct moved in_time[] = {
		{RECEIVED, ":1\r\n", 0, 20},
		{RECEIVED, ":2\r\n", 0, 20 + minute},
		{SENT, SET("a", "1") SET("b", "2"), 10, 2 * minute},
		{0},
	};
	const struct moved too_late[] = {
		{RECEIVED, ":1\r\n", 0, 20},
		{RECEIVED, ":2\r\n", 0, 21 + minute},
		{SENT, SET("b", "2"), 10, 2 * minute},
		{0},
	};

	(void)state;
	check(&protocol_redis, false, CALL_SENDTO, in_time, "ok SET a 1 -> 1\nok SET b 2 -> 2\n");
	check(&protocol_redis, false, CALL_SENDTO, too_late, "partial ? -> 1\nok SET b 2 -> 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upload),	  cmocka_unit_test(test_asked_later),
		cmocka_unit_test(test_not_early), cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests_name("early", tests, NULL, NULL);
}
