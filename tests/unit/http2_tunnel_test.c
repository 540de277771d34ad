/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/2: what CONNECT carries in a stream, as rows of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/http2_build.h"

#define END HTTP2_FLAG_END_STREAM
#define WEBSOCKET(path)                                                                            \
	":method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: " path                     \
	"\n:authority: a.test\nsec-websocket-version: 13\n"
#define BYTES(text) span_of(text, sizeof(text) - 1)

/* Masked with nothing, so that it can be read here. */
#define MASKED "\0\0\0\0"

static void ask_for(struct h2_build *b, uint32_t stream, const char *lines)
{
	h2_headers(b, 0, stream, lines);
	h2_send(b, DIRECTION_SENT);
	h2_headers(b, 0, stream, ":status: 200\n");
	h2_send(b, DIRECTION_RECEIVED);
}

static void websocket(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	ask_for(&b, 1, WEBSOCKET("/chat?x=1"));
	h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("\x81\x85" MASKED "Hello"));
	h2_send(&b, DIRECTION_SENT);
	h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("\x81\x03one\x89\x01p\x82\x03two"));
	h2_send(&b, DIRECTION_RECEIVED);
	h2_frame(&b, HTTP2_DATA, END, 1,
		 BYTES("\x88\x85" MASKED "\x03\xe8"
		       "bye"));
	h2_send(&b, DIRECTION_SENT);
	h2_frame(&b, HTTP2_DATA, END, 1, BYTES("\x88\x02\x03\xe8"));
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b,
		 "'outcome':'ok','opcode':'text','sender':'client' | 'payload':'Hello' | "
		 "'authority':'a.test','path':'/chat?x=1','stream_id':1",
		 "'sender':'server' | 'payload':'one' | 'stream_id':1", "'opcode':'ping'",
		 "'opcode':'binary' | 'payload':'two'",
		 "'opcode':'close','sender':'client' | 'close_code':1000,'close_reason':'bye'",
		 "'opcode':'close','sender':'server' | 'close_code':1000",
		 "'outcome':'ok','method':'CONNECT' | 'path':'/chat?x=1','status':200 | "
		 "':protocol':'websocket' | 'req_body':null,'resp_body':null,'req_bytes':22,"
		 "'resp_bytes':17 | 'stream_id':1 | 'note':'the stream carries websocket'");
}

/* Frames of WebSocket end where they want, and so do those of HTTP/2, padding in them. */
static void cut_anywhere(void **state)
{
	struct h2_build b = {.packs = true};

	(void)state;
	h2_greet(&b);
	ask_for(&b, 1, WEBSOCKET("/a"));
	ask_for(&b, 3, WEBSOCKET("/b"));
	h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("\x01"));
	h2_frame(&b, HTTP2_DATA, 0, 3,
		 BYTES("\x81\x0a"
		       "other"));
	h2_frame(&b, HTTP2_DATA, HTTP2_FLAG_PADDED, 1, BYTES("\3\3one\x80\3t\0\0\0"));
	h2_frame(&b, HTTP2_DATA, 0, 3, BYTES("words"));
	h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("wo\x81\1x"));
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'payload':'otherwords' | 'path':'/b','stream_id':3",
		 "'payload':'onetwo' | 'fragments':2 | 'path':'/a','stream_id':1",
		 "'payload':'x' | 'stream_id':1", "'outcome':'ok' | 'stream_id':1 | has not ended",
		 "'outcome':'ok' | 'stream_id':3 | has not ended");
}

static void ends_with_a_reset(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	ask_for(&b, 1, WEBSOCKET("/a"));
	h2_frame(&b, HTTP2_DATA, 0, 1,
		 BYTES("\x81\x05"
		       "half"));
	h2_number(&b, HTTP2_RST_STREAM, 1, 8);
	h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("!\x81\x01x"));
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'partial','opcode':'text' | 'stream_id':1",
		 "'outcome':'error' | 'path':'/a','status':200 | 'reset_code':'CANCEL'");
}

/* The first client is refused, the second begins to speak before it was let in. */
/* Idle tunnels, of what is known and of what isn't yet, and one in one, can be put aside. */
static void idle(void **state)
{
	struct h2_build b = {.packs = true};

	(void)state;
	h2_greet(&b);
	ask_for(&b, 1, ":method: CONNECT\n:authority: a.test:80\n");
	ask_for(&b, 3, ":method: CONNECT\n:authority: r.test:6379\n");
	ask_for(&b, 5, ":method: CONNECT\n:authority: x.test:1\n");
	h2_data(&b, 0, 1, "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\r\n");
	h2_data(&b, 0, 3, "*1\r\n$4\r\nPING\r\n");
	h2_data(&b, 0, 5, "?");
	h2_send(&b, DIRECTION_SENT);
	h2_data(&b, 0, 1, "HTTP/1.1 200 OK\r\n\r\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, 0, 1, "GET /in HTTP/1.1\r\nHost: b.test\r\n\r\n");
	h2_send(&b, DIRECTION_SENT);
	H2_CHECK(&b, "'method':'CONNECT','path':'b.test:80' | 'code':200",
		 "'outcome':'unanswered' | '/in'",
		 "'authority':'a.test:80' | 'note':'the stream carries http",
		 "'outcome':'unanswered' | PING",
		 "'authority':'r.test:6379' | 'note':'the stream carries redis",
		 "'authority':'x.test:1'");
}

static void refused_and_early(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, WEBSOCKET("/no"));
	h2_headers(&b, 0, 3, WEBSOCKET("/early"));
	h2_frame(&b, HTTP2_DATA, 0, 3, BYTES("\x81\x82" MASKED "hi\x81\x82" MASKED));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 403\n");
	h2_data(&b, END, 1, "\x81\x02no");
	h2_headers(&b, 0, 3, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_frame(&b, HTTP2_DATA, END, 1, BYTES(""));
	h2_frame(&b, HTTP2_DATA, END, 3, BYTES("ho"));
	h2_send(&b, DIRECTION_SENT);
	H2_CHECK(&b, "'payload':'hi' | 'path':'/early'",
		 "'outcome':'error' | 'path':'/no','status':403",
		 "'payload':'ho' | 'path':'/early'",
		 "'outcome':'ok' | 'path':'/early' | 'req_bytes':16");
}

/* Any protocol may be in a tunnel; two of them at once here, and a tunnel in a tunnel. */
static void proxy(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	ask_for(&b, 1, ":method: CONNECT\n:authority: a.test:80\n");
	ask_for(&b, 3, ":method: CONNECT\n:authority: r.test:6379\n");
	h2_data(&b, 0, 1, "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\r\n");
	h2_data(&b, 0, 3, "*1\r\n$4\r\nPI");
	h2_data(&b, 0, 3, "NG\r\n");
	h2_send(&b, DIRECTION_SENT);
	h2_data(&b, 0, 1, "HTTP/1.1 200 OK\r\n\r\n");
	h2_data(&b, 0, 3, "+PONG\r\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, END, 1, "GET /in HTTP/1.1\r\nHost: b.test\r\n\r\n");
	h2_data(&b, END, 3, "");
	h2_send(&b, DIRECTION_SENT);
	h2_data(&b, END, 1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	h2_data(&b, END, 3, "");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'method':'CONNECT','path':'b.test:80' | 'code':200",
		 "'outcome':'ok' | PING | PONG", "'outcome':'error' | '/in' | 'code':404",
		 "'authority':'a.test:80' | 'req_body':null | 'note':'the stream carries http'",
		 "'authority':'r.test:6379' | 'req_body':null | 'note':'the stream carries redis'");
}

static void with_a_hole(struct h2_build *b, unsigned streams)
{
	h2_greet(b);
	for (unsigned i = 0; i < streams; i++)
		ask_for(b, 1 + 2 * i, WEBSOCKET("/a"));
	for (unsigned i = 0; i < streams; i++)
		h2_frame(b, HTTP2_DATA, 0, 1 + 2 * i, BYTES("\x81\x05one"));
	h2_send(b, DIRECTION_RECEIVED);
	h2_frame(b, HTTP2_DATA, 0, 1, BYTES("21\x81\x05three"));
	h2_send(b, DIRECTION_RECEIVED);
	h2_frame(b, HTTP2_DATA, 0, 1,
		 BYTES("\x81\x04"
		       "four\x81\x04"
		       "five\x81\x03six"));
	h2_send(b, DIRECTION_RECEIVED);
}

/* What is missing may be of either stream: both go on with the first message that is whole. */
static void holes(void **state)
{
	struct h2_build b = {0};

	(void)state;
	with_a_hole(&b, 1);
	H2_CHECK_LOSS(&b, 6, 0, "'outcome':'partial','opcode':'text'",
		      "'outcome':'ok' | 'payload':'four'", "'payload':'five'", "'payload':'six'",
		      "'outcome':'partial' | 'method':'CONNECT'");
	with_a_hole(&b, 2);
	H2_CHECK_LOSS(&b, 8, 0, "'outcome':'partial','opcode':'text' | 'stream_id':1",
		      "'outcome':'partial','opcode':'text' | 'stream_id':3",
		      "'outcome':'ok' | 'payload':'four'", "'payload':'five'", "'payload':'six'",
		      "'outcome':'partial' | 'stream_id':1", "'outcome':'partial' | 'stream_id':3");
	/* Where a frame of HTTP/2 tells how much is missing, only that is. */
	with_a_hole(&b, 2);
	H2_CHECK_LOSS(&b, 8, 13, "'outcome':'ok' | 'payload':'one21' | 'stream_id':1",
		      "'outcome':'partial','opcode':'text' | 'stream_id':1",
		      "'outcome':'ok' | 'payload':'four'", "'payload':'five'", "'payload':'six'",
		      "'outcome':'partial' | 'stream_id':1",
		      "'outcome':'partial','opcode':'text' | 'stream_id':3",
		      "'outcome':'ok' | 'stream_id':3");
}

/* Its request, or the answer to it, was lost. */
static void begun_in_a_hole(void **state)
{
	for (size_t lose = 3; lose <= 4; lose++) {
		struct h2_build b = {0};

		h2_greet(&b);
		ask_for(&b, 1, WEBSOCKET("/a"));
		h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("\x81\x85" MASKED "Hello"));
		h2_send(&b, DIRECTION_SENT);
		h2_frame(&b, HTTP2_DATA, 0, 1, BYTES("\x81\x03one\x81\x03two"));
		h2_send(&b, DIRECTION_RECEIVED);
		H2_CHECK_LOSS(&b, lose, 0, "'opcode':'text','sender':'client' | 'payload':'Hello'",
			      "'payload':'one'", "'payload':'two'",
			      "'outcome':'partial' | 'req_body':null,'resp_body':null | "
			      "the stream carries websocket");
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(websocket),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(ends_with_a_reset),
		cmocka_unit_test(refused_and_early),
		cmocka_unit_test(proxy),
		cmocka_unit_test(idle),
		cmocka_unit_test(holes),
		cmocka_unit_test(begun_in_a_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
