/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that are missing: only the exchange that lost some is marked, the connection goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/http/http.h"
#include "tests/unit/http_case.h"

static const struct feed_message conversation[] = {
	FEED_REQUEST("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
	FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"),
	FEED_REQUEST("POST /2 HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789"),
	FEED_RESPONSE(
		"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n"),
	FEED_REQUEST("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"),
	FEED_RESPONSE("HTTP/1.1 202 OK\r\nContent-Length: 5\r\n\r\nthird"),
	FEED_REQUEST("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n"),
	FEED_RESPONSE("HTTP/1.1 203 OK\r\nContent-Length: 6\r\n\r\nfourth"),
};

#define MESSAGES (sizeof(conversation) / sizeof(conversation[0]))

static void expect_after_loss(size_t lose, size_t from, const char *const *records)
{
	const struct feed feed = {
		.messages = conversation,
		.count = MESSAGES,
		.decode_as = &protocol_http,
		.lose = lose,
		.lose_from = from,
	};

	http_expect(&feed, records);
}

#define ONE   "'outcome':'ok' | 'path':'/1' | 'code':200"
#define TWO   "'outcome':'ok' | 'path':'/2' | 'code':201"
#define THREE "'outcome':'ok' | 'path':'/3' | 'code':202"
#define FOUR  "'outcome':'ok' | 'path':'/4' | 'code':203"

#define EXPECT_AFTER_LOSS(lose, from, ...)                                                         \
	expect_after_loss(lose, from, (const char *const[]){__VA_ARGS__, NULL})

static void a_lost_request(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(3, 0, ONE, "'outcome':'partial' | 'path':null | 'code':201", THREE, FOUR);
}

/* What was lost at the beginning doesn't hide what comes after, nor what is the other side's. */
static void a_lost_beginning(void **state)
{
	static const struct feed_message asked[] = {
		FEED_REQUEST("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_REQUEST("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
	};
	static const struct feed_message broken[] = {
		FEED_REQUEST("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("\0\0not HTTP at all\n"),
		FEED_REQUEST("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 Done\r\n\r\n"),
	};
	struct feed feed = {.messages = asked, .count = 2, .lose = 1};

	(void)state;
	http_expect(&feed, (const char *const[]){"'outcome':'partial' | 'path':'/2'", NULL});
	feed = (struct feed){.messages = broken, .count = 4, .lose = 1};
	http_expect(&feed, (const char *const[]){"'path':'/2' | 'code':204", NULL});
}

static void a_lost_response(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(4, 0, ONE, "'outcome':'partial' | 'path':'/2' | 'code':null", THREE,
			  FOUR);
}

static void a_hole_in_a_head(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(6, 18, ONE, TWO,
			  "'outcome':'partial' | 'path':'/3' | 'code':202 | ended inside the head",
			  FOUR);
}

static void a_hole_in_a_body_of_known_length(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(3, 42, ONE,
			  "'outcome':'partial' | 'path':'/2' | 'code':201 | 'req_body':'01' | "
			  "'req_bytes':10 | bytes of the body were lost",
			  THREE, FOUR);
	EXPECT_AFTER_LOSS(3, 40, ONE,
			  "'outcome':'partial' | 'path':'/2' | 'code':201 | 'req_body':'' | "
			  "'req_bytes':10 | bytes of the body were lost",
			  THREE, FOUR);
}

/* A status line that is torn tells that there was an answer; a request line comes too late. */
static void a_hole_in_a_start_line(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(3, 11, ONE, "'outcome':'partial' | 'path':null | 'code':201", THREE,
			  FOUR);
	EXPECT_AFTER_LOSS(8, 13, ONE, TWO, THREE,
			  "'outcome':'partial' | 'path':'/4' | 'code':203,'reason':'' | "
			  "response: ended inside the head");
}

/* What there is of start lines tells what was asked, and that it was answered. */
static void only_fronts(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /1?and-more HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"),
		FEED_REQUEST("GET /2?and-more HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
	};
	const struct feed feed = {
		.messages = messages, .count = 4, .decode_as = &protocol_http, .snap = 15};

	(void)state;
	http_expect(&feed,
		    (const char *const[]){
			    "'outcome':'partial' | 'path':'/1?and-more' | 'code':200",
			    "'outcome':'partial' | 'path':'/2?and-more' | 'code':404 | "
			    "request: ended inside the head; response: ended inside the head",
			    NULL});
}

static void a_hole_in_a_chunk(void **state)
{
	(void)state;
	EXPECT_AFTER_LOSS(4, 53, ONE,
			  "'outcome':'partial' | 'path':'/2' | 'code':201 | 'resp_body':'sec' | "
			  "bytes of the body were lost",
			  THREE, FOUR);
}

static void a_request_lost_in_a_pipeline(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /1 HTTP/1.1\r\n\r\n"),
		FEED_REQUEST("GET /2 HTTP/1.1\r\n\r\n"),
		FEED_REQUEST("HEAD /3 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 201 A\r\nContent-Length: 1\r\n\r\na"
			      "HTTP/1.1 202 B\r\nContent-Length: 1\r\n\r\nb"
			      "HTTP/1.1 203 C\r\nContent-Length: 1\r\n\r\n"),
		FEED_REQUEST("GET /4 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 D\r\n\r\n"),
	};
	const struct feed feed = {
		.messages = messages,
		.count = sizeof(messages) / sizeof(messages[0]),
		.decode_as = &protocol_http,
		.lose = 2,
	};

	(void)state;
	http_expect(&feed, (const char *const[]){
				   "'outcome':'ok' | 'path':'/1' | 'code':201 | 'resp_body':'a'",
				   "'outcome':'partial' | 'path':null | 'code':202",
				   "'outcome':'ok' | 'path':'/3' | 'code':203 | 'resp_body':''",
				   "'outcome':'ok' | 'path':'/4' | 'code':204", NULL});
}

static void requests_are_found_behind_a_hole(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PO"),
		FEED_REQUEST("ST /1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 A\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("PUT /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
	};
	static const struct feed_message chunks[] = {
		FEED_REQUEST("PUT /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
		FEED_REQUEST("2\r\nab\r\n5\r\n"),
		FEED_REQUEST("cdefgDELETE /2 HTTP/1.1\r\n\r\n"),
	};
	const struct feed cut = {
		.messages = messages, .count = 4, .decode_as = &protocol_http, .lose = 1};
	const struct feed glued = {
		.messages = chunks, .count = 3, .decode_as = &protocol_http, .lose = 2};

	(void)state;
	http_expect(&cut,
		    (const char *const[]){
			    "'outcome':'partial' | 'method':'ST' | 'code':200 | begins inside",
			    "'outcome':'partial' | 'path':'/2' | 'req_body':'ab'", NULL});
	http_expect(&glued, (const char *const[]){"'outcome':'partial' | 'path':'/1'",
						  "'method':'DELETE','path':'/2'", NULL});
}

/* Wherever it is lost, at most one exchange suffers. */
static void a_hole_anywhere(void **state)
{
	(void)state;
	for (size_t lose = 2; lose < MESSAGES; lose++) {
		for (size_t from = 0; from < conversation[lose - 1].len; from++) {
			const struct feed feed = {
				.messages = conversation,
				.count = MESSAGES,
				.decode_as = &protocol_http,
				.lose = lose,
				.lose_from = from,
			};
			struct buffer out = {0};
			size_t whole = 0;

			feed_run(&feed, &out);
			for (const char *at = out.data; (at = strstr(at, "\"outcome\":\"ok\""));
			     at++)
				whole++;
			if (whole < MESSAGES / 2 - 1)
				fail_msg("message %zu lost from %zu: %s", lose, from, out.data);
			buffer_free(&out);
		}
	}
}

static void a_connection_joined_in_the_middle(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("rest of a page</html>"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"
			      "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx"),
		FEED_REQUEST("GET /next HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
	};
	const struct feed feed = {
		.messages = messages,
		.count = sizeof(messages) / sizeof(messages[0]),
		.midstream = true,
	};

	(void)state;
	/* The first answer was to a HEAD, as the second, right behind it, tells. */
	http_expect(&feed,
		    (const char *const[]){
			    "'outcome':'partial' | 'method':null | 'code':200 | 'resp_body':''",
			    "'outcome':'partial' | 'method':null | 'code':404",
			    "'outcome':'ok' | 'path':'/next' | 'resp_body':'hi'", NULL});
}

static void a_body_until_the_end_survives_a_hole(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET / HTTP/1.0\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.0 200 OK\r\n\r\nbefore "),
		FEED_RESPONSE("hole "),
		FEED_RESPONSE("behind"),
	};
	const struct feed feed = {.messages = messages, .count = 4, .lose = 3};

	(void)state;
	http_expect(&feed, (const char *const[]){"'outcome':'partial' | 'code':200 | "
						 "'resp_body':'before ' | bytes of the body",
						 NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_request),
		cmocka_unit_test(a_lost_beginning),
		cmocka_unit_test(a_lost_response),
		cmocka_unit_test(a_hole_in_a_head),
		cmocka_unit_test(a_hole_in_a_body_of_known_length),
		cmocka_unit_test(a_hole_in_a_start_line),
		cmocka_unit_test(only_fronts),
		cmocka_unit_test(a_hole_in_a_chunk),
		cmocka_unit_test(a_request_lost_in_a_pipeline),
		cmocka_unit_test(requests_are_found_behind_a_hole),
		cmocka_unit_test(a_hole_anywhere),
		cmocka_unit_test(a_connection_joined_in_the_middle),
		cmocka_unit_test(a_body_until_the_end_survives_a_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
