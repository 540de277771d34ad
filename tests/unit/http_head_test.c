/* SPDX-License-Identifier: BSD-2-Clause */
/* Start lines and header lines, as the grammar has them and as real senders bend them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/http_case.h"

#define ANSWER FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

static void names_that_repeat_become_arrays(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"GET / HTTP/1.1\r\nAccept: a\r\nX-One: 1\r\naccept: b\r\nACCEPT:\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
			      "content-length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'req_headers':{'Accept':['a','b',''],'X-One':'1'} | "
			     "'resp_headers':{'Set-Cookie':['a=1','b=2'],'content-length':'0'}");
}

static void values_are_trimmed_and_folds_joined(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"GET / HTTP/1.1\r\nA: \t x y \t\r\nB: one\r\n\ttwo\r\nHost :h\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
			      "2\r\nhi\r\n0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'A':'x y' | 'B':'one  \\ttwo' | 'host':'h' | 'resp_body':'hi'");
}

static void bytes_that_are_no_text_stay_readable(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /\xff HTTP/1.1\r\nX: \xc3\xa9\xff\"\r\n\r\n"),
		ANSWER,
	};

	(void)state;
	HTTP_CHECK(messages, "'path':'/\\\\xff' | 'X':'\xc3\xa9\\\\xff\\'");
}

static void line_ends_may_be_bare(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\r\n\nGET /lf HTTP/1.1\nHost: h\n\n"),
		FEED_RESPONSE("\r\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
	};

	(void)state;
	HTTP_CHECK(messages, "'path':'/lf' | 'host':'h' | 'resp_body':'hi'");
}

static void odd_start_lines_are_taken_where_clear(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"BREW  /a b  HTTP/1.1\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n"
			"GET HTTP/1.1\r\n\r\nGET / HTTP/1.\r\n\r\nM-SEARCH /x HTTP/1.0\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n"
			      "http/1.1 200\r\nContent-Length: 0\r\n\r\n"
			      "HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n"
			      "HTTP/1.0 400 No\r\nContent-Length: 0\r\n\r\n"
			      "HTTP/1.0 200  Fine \r\nContent-Length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'method':'BREW','path':'/a b' | 'code':418",
		   "'method':'OPTIONS','path':'*' | 'code':200,'reason':''",
		   "'method':'GET','path':'' | 'code':400",
		   "'method':'GET','path':'/' | 'note':'request: malformed request line'",
		   "'method':'M-SEARCH' | 'reason':'Fine' | 'note':''");
}

/* What answers a request with "HTTP/" and a digit is a response, whatever else its line says. */
static void status_lines_that_are_none(void **state)
{
	static const struct {
		const char line[48];
		size_t len;
		const char *row;
	} lines[] = {
#define LINE(text, row) {text, sizeof(text) - 1, row}
		LINE("HTTP/1.10 200 ok",
		     "'version':'1.1' | 'code':200,'reason':'ok' | version 1.10"),
		LINE("HTTP/1\0.1 200 ok", "'version':'1.1' | 'code':200,'reason':'ok'"),
		LINE("HTTP/2 200", "'code':200,'reason':'' | version 2"),
		LINE("HTTP/1.1 200\rA: b", "'code':200,'reason':'A: b'"),
		LINE("HTTP/1.1 200\0 ok", "'code':200,'reason':'ok'"),
		LINE("HTTP/1.1 2\0"
		     "00 ok",
		     "'code':2,'reason':'00 ok'"),
		LINE("HTTP/1.1 2xx ok", "'code':null,'reason':'2xx ok'"),
		LINE("HTTP/1.1 2000 ok", "'code':null,'reason':'2000 ok'"),
		LINE("HTTP/1.1 0200 ok", "'code':null,'reason':'0200 ok'"),
#undef LINE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buffer answer = {0}, row = {0};
		struct feed_message messages[] = {FEED_REQUEST("GET / HTTP/1.1\r\n\r\n"),
						  {.direction = DIRECTION_RECEIVED}};
		const struct feed feed = {.messages = messages, .count = 2};

		buffer_append(&answer, lines[i].line, lines[i].len);
		buffer_append_text(&answer, "\r\nContent-Length: 2\r\n\r\nhi");
		messages[1].data = answer.data;
		messages[1].len = answer.len;
		buffer_printf(&row, "'outcome':'ok' | %s | response: malformed status line",
			      lines[i].row);
		buffer_append_char(&row, '\0');
		http_expect(&feed, (const char *const[]){row.data, NULL});
		buffer_free(&answer);
		buffer_free(&row);
	}
}

static void a_line_without_a_colon_is_kept(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET / HTTP/1.1\r\nnonsense\r\nA: 1\r\n\r\n"),
		ANSWER,
	};

	(void)state;
	HTTP_CHECK(messages, "'req_headers':{'nonsense':'','A':'1'} | without a name or a colon");
}

/* A hostile head is neither shown without end nor searched in quadratic time. */
static void very_many_header_lines(void **state)
{
	struct buffer text = {0};
	struct feed_message messages[] = {{DIRECTION_SENT, NULL, 0}, ANSWER};
	const struct feed feed = {.messages = messages, .count = 2};

	(void)state;
	buffer_append_text(&text, "GET /many HTTP/1.1\r\n");
	while (text.len < 200000)
		buffer_append_text(&text, "a:1\r\n");
	buffer_append_text(&text, "\r\n");
	messages[0].data = text.data;
	messages[0].len = text.len;
	http_expect(&feed,
		    (const char *const[]){"'path':'/many' | 'code':200 | more header lines", NULL});
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_repeat_become_arrays),
		cmocka_unit_test(values_are_trimmed_and_folds_joined),
		cmocka_unit_test(bytes_that_are_no_text_stay_readable),
		cmocka_unit_test(line_ends_may_be_bare),
		cmocka_unit_test(odd_start_lines_are_taken_where_clear),
		cmocka_unit_test(status_lines_that_are_none),
		cmocka_unit_test(a_line_without_a_colon_is_kept),
		cmocka_unit_test(very_many_header_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
