/* SPDX-License-Identifier: BSD-2-Clause */
/* What is taken for HTTP, how surely, and who is the client then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/http/http.h"

static struct verdict infer(const char *sent, const char *received, bool midstream)
{
	const struct sample sample = {
		.transport = TRANSPORT_TCP,
		.midstream = midstream,
		.bytes = {span_text(sent), span_text(received)},
	};
	struct verdict verdict = {.role = ROLE_UNKNOWN};

	protocol_http.infer(&sample, &verdict);
	return verdict;
}

static void start_lines_are_certain(void **state)
{
	struct verdict v = infer("GET / HTTP/1.1\r\nHost", "", false);

	(void)state;
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_CLIENT);
	assert_string_equal(v.reason, "sent begins with \"GET / HTTP/1.1\"");
	v = infer("", "\r\nFROB * HTTP/1.0\n", false);
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_SERVER);
	v = infer("HTTP/1.0 404 Not Found\r\n", "", false);
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_SERVER);
	v = infer("GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", false);
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_CLIENT);
}

static void fronts_wait_for_more(void **state)
{
	static const char line[] = "DELETE /a/b?c HTTP/1.1\r\n";
	char front[sizeof(line)];

	(void)state;
	for (size_t n = 1; n + 1 < sizeof(line); n++) {
		memcpy(front, line, n);
		front[n] = '\0';
		assert_true(infer(front, "", false).score > 0);
		assert_true(infer(front, "", false).score < INFER_CERTAIN);
	}
	assert_true(infer("DELETE /a", "", false).score >= INFER_PLAUSIBLE);
	assert_true(infer("HTTP/1.1 2", "", false).score >= INFER_PLAUSIBLE);
	assert_true(infer("DELE", "", false).score < INFER_PLAUSIBLE);
	assert_true(infer("HTTP/", "", false).score < INFER_PLAUSIBLE);
}

static void others_are_left_alone(void **state)
{
	static const char *const others[] = {
		"OPTIONS rtsp://h/ RTSP/1.0\r\n",
		"RTSP/1.0 200 OK\r\n",
		"INVITE sip:a@b SIP/2.0\r\n",
		"SIP/2.0 200 OK\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n",
		"HTTP/2.0 200 OK\r\n",
		"ICAP/1.0 200 OK\r\n",
		"SOURCE /m ICE/1.0\r\n",
		"get key\r\n",
		"GET key\r\n",
		"*1\r\n$4\r\nPING\r\n",
		"EHLO example.org\r\n",
		"220 ready HTTP/1.1\r\n",
		"SSH-2.0-x\r\n",
		"\x16\x03\x01\x02\x00\x01",
		"CONNECT {\"verbose\":false}\r\n",
		"PUB a 5\r\nhello\r\n",
		"GET / HTTP/1.1x\r\n",
		"GET a b HTTP/1.1\r\n",
		"GIVE /a b HTTP/1.1\r\n",
		"GET /a\1b HTTP/1.1\r\n",
		"HTTP/1.1 2000 OK\r\n",
		"",
		"\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (infer(others[i], "", false).score >= INFER_PLAUSIBLE)
			fail_msg("taken for HTTP: %s", others[i]);
}

/* Clients send what RFC 9112, section 3, has servers refuse, and not all do. */
static void sloppy_lines(void **state)
{
	static const char *const lines[] = {
		"GET /?q=' OR '1'='1 HTTP/1.1\r\nHost: a\r\n",
		"GET  / HTTP/1.1\r\n",
		"POST /a\tb HTTP/1.0\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct verdict v = infer(lines[i], "", false);

		assert_in_range(v.score, INFER_PLAUSIBLE, INFER_CERTAIN - 1);
		assert_int_equal(v.role, ROLE_CLIENT);
	}
	assert_true(infer(lines[0], "HTTP/1.1 400 Bad Request\r\n", false).score >= INFER_CERTAIN);
}

static void the_other_direction_counts(void **state)
{
	struct verdict v = infer("GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH\r\n", false);

	(void)state;
	assert_true(v.score >= INFER_PLAUSIBLE && v.score < INFER_CERTAIN);
	v = infer("GET /old\r\n", "", false);
	assert_true(v.score >= INFER_PLAUSIBLE && v.score < INFER_CERTAIN);
}

static void mid_stream_finds_later_lines(void **state)
{
	static const char rest[] = "of a body\r\n</html>\nHTTP/1.1 200 OK\r\nServer: x\r\n";
	struct verdict v = infer("", rest, true);

	(void)state;
	assert_true(v.score >= INFER_PLAUSIBLE && v.score < INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_CLIENT);
	assert_int_equal(infer("", rest, false).score, 0);
	assert_true(infer("body\r\nGET / HTTP/1.1\r\n", rest, true).score >= INFER_PLAUSIBLE);
	/* A status line may stand right behind a body. */
	assert_true(
		infer("body\r\nGET / HTTP/1.1\r\n", "of a bodyHTTP/1.1 200 OK\r\n", true).score >=
		INFER_PLAUSIBLE);
	assert_true(infer("a=1GET / HTTP/1.1\r\n", rest, true).score >= INFER_PLAUSIBLE);
	/* A body goes on while the next is asked for. */
	assert_true(infer("GET / HTTP/1.1\r\n", "of a body\r\n", true).score >= INFER_CERTAIN);
}

/* One line of HTTP inside of something is no evidence where the other side speaks no HTTP. */
static void mid_stream_quotations(void **state)
{
	static const char *const talks[][2] = {
		{"Subject: x\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n", "354 go\r\n250 queued\r\n"},
		{"a3 FETCH 1 BODY[]\r\n", "* 1 FETCH {40}\r\nHTTP/1.1 200 OK\r\na: b\r\n"},
		{"RESPMOD icap://h/x ICAP/1.0\r\n\r\nHTTP/1.1 200 OK\r\n",
		 "ICAP/1.0 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		assert_true(infer(talks[i][0], talks[i][1], true).score < INFER_PLAUSIBLE);
		assert_true(infer(talks[i][1], talks[i][0], true).score < INFER_PLAUSIBLE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_lines_are_certain),
		cmocka_unit_test(fronts_wait_for_more),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(sloppy_lines),
		cmocka_unit_test(the_other_direction_counts),
		cmocka_unit_test(mid_stream_finds_later_lines),
		cmocka_unit_test(mid_stream_quotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
