/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/2: streams become exchanges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/http2/http2.h"
#include "protocols/http2/state.h"
#include "tests/unit/http2_build.h"
#include "tests/unit/http_case.h"

#define END	  HTTP2_FLAG_END_STREAM
#define GET(path) ":method: GET\n:scheme: http\n:path: " path "\n:authority: a.test\n"

static void one_exchange(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/x?y=1") "accept: */*\naccept: text/plain\n");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\ncontent-type: text/plain\n");
	h2_data(&b, 0, 1, "hello ");
	h2_data(&b, END, 1, "world");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'ok','method':'GET','scheme':'http','authority':'a.test',"
		     "'path':'/x?y=1','status':200 | "
		     "'req_headers':{'accept':['*/*','text/plain']} | "
		     "'resp_headers':{'content-type':'text/plain'} | 'resp_body':'hello world' | "
		     "'req_bytes':0,'resp_bytes':11 | 'stream_id':1,'pushed':false,"
		     "'reset_code':null,'reset_by':null,'stalled_ns':0,'note':''");
}

/* What was asked in HTTP/1.1 is answered on stream 1 (RFC 7540, section 3.2). */
static void an_upgraded_request(void **state)
{
	struct h2_build b = {.inferred = true};

	(void)state;
	buffer_append_text(&b.now, "POST /up?x HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, "
				   "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
				   "Content-Length: 4\r\n\r\nbody");
	h2_send(&b, DIRECTION_SENT);
	buffer_append_text(&b.now, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
				   "Upgrade: h2c\r\n\r\n");
	h2_frame(&b, HTTP2_SETTINGS, 0, 0, (struct span){0});
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_data(&b, END, 1, "hello");
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_append_text(&b.now, HTTP2_PREFACE);
	h2_frame(&b, HTTP2_SETTINGS, 0, 0, (struct span){0});
	h2_headers(&b, END, 3, GET("/next"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 3, ":status: 204\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'method':'POST','path':'/up?x' | 'code':101",
		 "'outcome':'ok','method':'POST','scheme':'http','authority':'a.test',"
		 "'path':'/up?x','status':200 | "
		 "'req_body':'body','resp_body':'hello','req_bytes':4 | "
		 "'stream_id':1 | 'note':'the request came as HTTP/1.1, before the upgrade'",
		 "'path':'/next','status':204");
}

/* Codings are applied in the order in which they are named, whatever stands between them. */
static void encoded_bodies(void **state)
{
	static const char zipped[] =
		"\x1f\x8b\x08\0\0\0\0\0\2\3\xcb\x48\xcd\xc9\xc9\7\0\x86\xa6\x10\x36"
		"\5\0\0";
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\ncontent-encoding: identity , \t gzip\t\n");
	h2_frame(&b, HTTP2_DATA, END, 1, span_of(zipped, sizeof(zipped)));
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'ok' | 'resp_body':'hello' | 'note':''");
}

/* Bodies that nobody asks for aren't made; what there is to say of them is said all the same. */
static void bodies_that_nobody_asks_for(void **state)
{
	static const struct wanted none[] = {{&http2_table, 0}, {NULL, 0}};
	static const char *const records[] = {
		"'path':'/long' | 'req_body':null,'resp_body':null,'req_bytes':0,'resp_bytes':9 | "
		"'note':'response: only the beginning of the body is kept'",
		"'path':'/gzip' | 'resp_body':null | 'resp_bytes':5 | encoded as announced", NULL};
	struct h2_build b = {0};
	struct feed feed = {
		.decode_as = &protocol_http2, .role = ROLE_CLIENT, .keep = 6, .wanted = none};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/long"));
	h2_headers(&b, END, 3, GET("/gzip"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_data(&b, 0, 1, "too ");
	h2_data(&b, END, 1, "large");
	h2_headers(&b, 0, 3, ":status: 200\ncontent-encoding: gzip\n");
	h2_data(&b, END, 3, "plain");
	h2_send(&b, DIRECTION_RECEIVED);
	feed.messages = b.messages;
	feed.count = b.count;
	http_expect(&feed, records);
	feed_check(&feed, NULL);
	h2_forget(&b);
}

/* Three at a time, answered in another order, their frames mixed. */
static void interleaved(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/1"));
	h2_headers(&b, 0, 3, ":method: POST\n:path: /3\n:scheme: http\nhost: b.test\n");
	h2_headers(&b, END, 5, GET("/5"));
	h2_data(&b, 0, 3, "one,");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 5, ":status: 404\n");
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_data(&b, 0, 1, "first");
	h2_data(&b, END, 5, "none");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, END, 3, "two");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 3, ":status: 204\n");
	h2_data(&b, 0, 1, " part");
	h2_headers(&b, END, 1, "x-sum: 9\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'error' | 'path':'/5','status':404 | 'resp_body':'none'",
		 "'outcome':'ok','method':'POST' | 'authority':'b.test','path':'/3','status':204 | "
		 "'req_body':'one,two'",
		 "'path':'/1','status':200 | 'resp_body':'first part' | "
		 "'resp_trailers':{'x-sum':'9'}");
}

static void what_ends_early(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/reset"));
	h2_headers(&b, END, 3, GET("/cancelled"));
	h2_headers(&b, END, 5, GET("/forgotten"));
	h2_headers(&b, END, 7, GET("/begun"));
	h2_send(&b, DIRECTION_SENT);
	h2_number(&b, HTTP2_RST_STREAM, 1, 7);
	h2_send(&b, DIRECTION_RECEIVED);
	h2_number(&b, HTTP2_RST_STREAM, 3, 8);
	h2_send(&b, DIRECTION_SENT);
	/* The answer was under way. */
	h2_headers(&b, 0, 3, ":status: 200\n");
	h2_data(&b, END, 3, "late");
	h2_headers(&b, 0, 7, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b,
		 "'outcome':'error' | 'path':'/reset','status':null | "
		 "'reset_code':'REFUSED_STREAM','reset_by':'server'",
		 "'outcome':'error' | 'path':'/cancelled' | "
		 "'reset_code':'CANCEL','reset_by':'client'",
		 "'outcome':'unanswered' | 'path':'/forgotten'",
		 "'outcome':'partial' | 'path':'/begun','status':200 | response: has not ended");
}

/* The server has its answer ready before the request ended, and wants no more of it. */
static void answered_early(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, ":method: POST\n:path: /up\n");
	h2_data(&b, 0, 1, "some");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 1, ":status: 200\n");
	h2_number(&b, HTTP2_RST_STREAM, 1, 0);
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'ok' | 'path':'/up','status':200 | 'reset_code':'NO_ERROR'");
}

static void going_away(void **state)
{
	static const char payload[] = "\0\0\0\1\0\0\0\x0btoo_many_pings";
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/1"));
	h2_headers(&b, END, 3, GET("/3"));
	h2_send(&b, DIRECTION_SENT);
	h2_frame(&b, HTTP2_GOAWAY, 0, 0, span_of(payload, sizeof(payload) - 1));
	h2_headers(&b, END, 1, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b,
		 "'outcome':'error' | 'stream_id':0 | 'reset_code':'ENHANCE_YOUR_CALM','reset_by':"
		 "'server' | GOAWAY ENHANCE_YOUR_CALM too_many_pings; last stream 1",
		 "'outcome':'error' | 'path':'/3' | the other end was going away",
		 "'outcome':'ok' | 'path':'/1','status':200");
}

/* In order: what is under way goes on, and what comes behind is left out, and says so. */
static void going_away_in_order(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/1"));
	h2_send(&b, DIRECTION_SENT);
	h2_frame(&b, HTTP2_GOAWAY, 0, 0, span_of("\0\0\0\1\0\0\0\0", 8));
	h2_send(&b, DIRECTION_RECEIVED);
	h2_headers(&b, END, 3, GET("/3"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 1, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(&b, "'outcome':'ok' | 'path':'/1','status':200 | 'reset_code':null",
		 "'outcome':'error' | 'path':'/3' | 'reset_code':'NO_ERROR','reset_by':'server' | "
		 "the other end was going away and did not look at it");
}

static void promised(void **state)
{
	struct h2_build b = {0};
	struct buffer promise = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/"));
	h2_send(&b, DIRECTION_SENT);
	buffer_append(&promise, "\0\0\0\2", 4);
	h2_fields(&promise, GET("/style.css"));
	h2_frame(&b, HTTP2_PUSH_PROMISE, HTTP2_FLAG_END_HEADERS, 1, buffer_span(&promise));
	h2_headers(&b, END, 1, ":status: 200\n");
	h2_headers(&b, 0, 2, ":status: 200\n");
	h2_data(&b, END, 2, "p{}");
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_free(&promise);
	H2_CHECK(&b, "'path':'/','status':200 | 'pushed':false",
		 "'outcome':'ok' | 'path':'/style.css' | 'resp_body':'p{}' | 'pushed':true");
}

/* CONTINUATION, padding, priority, unknown frames, interim responses. */
static void all_forms(void **state)
{
	struct h2_build b = {0};
	struct buffer block = {0}, padded = {0};

	(void)state;
	h2_greet(&b);
	h2_fields(&block, GET("/long") "x-one: 1\nx-two: 2\n");
	/* pad length, exclusive dependency, weight */
	buffer_append(&padded, "\3\x80\0\0\0\x10", 6);
	buffer_append(&padded, block.data, 10);
	buffer_append(&padded, "\0\0\0", 3);
	h2_frame(&b, HTTP2_HEADERS, END | HTTP2_FLAG_PADDED | HTTP2_FLAG_PRIORITY, 1,
		 buffer_span(&padded));
	h2_frame(&b, HTTP2_CONTINUATION, 0, 1, span_of(block.data + 10, 7));
	h2_frame(&b, HTTP2_CONTINUATION, HTTP2_FLAG_END_HEADERS, 1,
		 span_of(block.data + 17, block.len - 17));
	h2_frame(&b, (enum http2_type)0x77, 0x55, 9, span_text("nobody knows"));
	h2_frame(&b, HTTP2_PING, 0, 0, span_text("12345678"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 103\nlink: x\n");
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_frame(&b, HTTP2_DATA, HTTP2_FLAG_PADDED, 1, span_of("\4body\0\0\0\0", 9));
	h2_frame(&b, HTTP2_DATA, END | HTTP2_FLAG_PADDED, 1, span_of("\1\0", 2));
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_free(&block);
	buffer_free(&padded);
	H2_CHECK(&b, "'outcome':'ok' | 'path':'/long','status':200 | "
		     "'req_headers':{'x-one':'1','x-two':'2'} | 'resp_body':'body' | "
		     "'resp_bytes':4 | response: interim 103");
}

/* Of a head that never ends there is a row all the same, and what came of it is bounded. */
static void heads_without_end(void **state)
{
	struct h2_build b = {0};
	struct buffer block = {0};

	(void)state;
	h2_greet(&b);
	h2_fields(&block, GET("/endless") "x-one: 1\n");
	h2_frame(&b, HTTP2_HEADERS, END, 1, buffer_span(&block));
	for (int i = 0; i < 3; i++)
		h2_frame(&b, HTTP2_CONTINUATION, 0, 1, span_of("\0\1y\1z", 5));
	h2_send(&b, DIRECTION_SENT);
	buffer_free(&block);
	H2_CHECK(&b, "'outcome':'partial','method':'GET' | 'path':'/endless','status':null | "
		     "'req_headers':{'x-one':'1','y':['z','z','z']} | "
		     "'note':'request: its head has not ended, after 86 bytes'");
}

/* Another one may not begin before: what came of the first is told, and the second is whole. */
static void a_head_inside_another(void **state)
{
	struct h2_build b = {0};
	struct buffer block = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/"));
	h2_send(&b, DIRECTION_SENT);
	h2_fields(&block, ":status: 200\nx-a: 1\n");
	h2_frame(&b, HTTP2_HEADERS, 0, 1, buffer_span(&block));
	h2_headers(&b, END, 3, ":status: 204\n");
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_free(&block);
	H2_CHECK(&b,
		 "'outcome':'partial' | 'path':'/','status':200 | 'resp_headers':{'x-a':'1'} | "
		 "'stream_id':1 | 'note':'response: its head has not ended, after 20 bytes'",
		 "'status':204 | 'stream_id':3");
}

/* Entries of the table that the recording has not seen are not guessed. */
static void table_not_seen(void **state)
{
	static const char known[] = ":method: GET\n:path: /\n+x-a: new\n#62\n#63\n";
	struct h2_build b = {0};
	struct buffer block = {0};

	(void)state;
	h2_headers(&b, END, 101, known);
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 101, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_free(&block);
	{
		const struct feed feed = {
			.messages = b.messages,
			.count = b.count,
			.role = ROLE_CLIENT,
			.midstream = true,
		};
		struct buffer out = {0};

		feed_run(&feed, &out);
		assert_non_null(strstr(out.data, "\"req_headers\":{\"x-a\":[\"new\",\"new\"],"
						 "\"?\":null}"));
		assert_non_null(strstr(out.data, "request: 1 header fields unknown"));
		buffer_free(&out);
	}
	H2_CHECK(&b, "'outcome':'partial' | 'req_headers':{'x-a':['new','new']} | bytes of it were "
		     "lost");
}

/* A hole: what was open may miss something; what begins behind it is right. */
static void losses(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/1"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 1, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_headers(&b, END, 3, GET("/3"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 3, ":status: 200\n");
	h2_data(&b, 0, 3, "lost here");
	h2_data(&b, END, 3, "never seen");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_headers(&b, END, 5, GET("/5"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 5, ":status: 200\n");
	h2_data(&b, END, 5, "whole");
	h2_data(&b, 0, 7, "");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 6, 0, "'outcome':'ok' | 'path':'/1'",
		      "'outcome':'ok' | 'path':'/5' | 'resp_body':'whole'",
		      "'outcome':'partial' | 'path':'/3'", "'outcome':'partial' | 'stream_id':7");
}

/* A DATA frame whose end is missing: its length is known, so the next one isn't searched for. */
static void cut_data(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, GET("/1"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, 0, 1, "0123456789");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, END, 1, "end");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 5, 9 + 4,
		      "'outcome':'partial' | 'path':'/1','status':200 | "
		      "'resp_body':'0123' | 'resp_bytes':13 | bytes of it were lost");
}

/* Tunnels: to a host, and for WebSocket (RFC 8441); settings that change the table while they last.
 */
static void tunnels(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, ":method: CONNECT\n:authority: a.test:443\n");
	h2_headers(&b, 0, 3,
		   ":method: CONNECT\n:protocol: connect-udp\n:scheme: https\n:path: /udp\n"
		   ":authority: a.test\n");
	h2_headers(&b, 0, 5, ":method: CONNECT\n:authority: b.test:80\n");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_headers(&b, 0, 3, ":status: 200\n");
	h2_headers(&b, END, 5, ":status: 502\n");
	h2_send(&b, DIRECTION_RECEIVED);
	h2_data(&b, END, 1, "ask");
	h2_data(&b, END, 3, "ping");
	h2_data(&b, END, 5, "GET / HTTP/1.1\r\n\r\n");
	h2_send(&b, DIRECTION_SENT);
	h2_data(&b, END, 1, "answer");
	h2_data(&b, END, 3, "pong");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK(
		&b, "'outcome':'error' | 'authority':'b.test:80' | 'req_body':'GET / ",
		"'outcome':'ok','method':'CONNECT','scheme':null,'authority':'a.test:443',"
		"'path':null,'status':200 | 'req_body':'ask','resp_body':'answer'",
		"'outcome':'ok','method':'CONNECT' | 'path':'/udp','status':200,"
		"'req_headers':{':protocol':'connect-udp'} | 'req_body':'ping','resp_body':'pong'");
}

/* Many are reset before their answers come, which are no streams of their own. */
static void rapid_resets(void **state)
{
	enum {
		COUNT = 150
	};
	const char *records[COUNT + 2] = {0};
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	for (uint32_t i = 0; i < COUNT; i++) {
		h2_headers(&b, END, 1 + 2 * i, GET("/reset"));
		h2_number(&b, HTTP2_RST_STREAM, 1 + 2 * i, 8);
		records[i] = "'outcome':'error' | 'path':'/reset' | 'reset_code':'CANCEL'";
	}
	h2_headers(&b, END, 1 + 2 * COUNT, GET("/kept"));
	h2_send(&b, DIRECTION_SENT);
	for (uint32_t i = 0; i <= COUNT; i++) {
		h2_headers(&b, 0, 1 + 2 * i, ":status: 200\n");
		h2_data(&b, END, 1 + 2 * i, "hi");
	}
	h2_send(&b, DIRECTION_RECEIVED);
	records[COUNT] = "'outcome':'ok' | 'path':'/kept','status':200 | 'resp_body':'hi'";
	h2_check(&b, records);
}

static void stalls(void **state)
{
	struct h2_build b = {0};
	char data[1000];

	(void)state;
	memset(data, 'x', sizeof(data));
	h2_greet(&b);
	h2_frame(&b, HTTP2_SETTINGS, 0, 0, span_of("\0\4\0\0\3\xe8", 6));
	h2_headers(&b, END, 1, GET("/1"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 200\n");
	h2_frame(&b, HTTP2_DATA, 0, 1, span_of(data, sizeof(data)));
	h2_send(&b, DIRECTION_RECEIVED);
	h2_number(&b, HTTP2_WINDOW_UPDATE, 1, 5000);
	h2_send(&b, DIRECTION_SENT);
	h2_frame(&b, HTTP2_DATA, END, 1, span_of(data, sizeof(data)));
	h2_send(&b, DIRECTION_RECEIVED);
	/* A message a millisecond; nothing is lost. */
	H2_CHECK_LOSS(&b, 0, 0, "'resp_bytes':2000 | 'stalled_ns':1000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_exchange),
		cmocka_unit_test(an_upgraded_request),
		cmocka_unit_test(interleaved),
		cmocka_unit_test(what_ends_early),
		cmocka_unit_test(answered_early),
		cmocka_unit_test(going_away_in_order),
		cmocka_unit_test(going_away),
		cmocka_unit_test(promised),
		cmocka_unit_test(all_forms),
		cmocka_unit_test(heads_without_end),
		cmocka_unit_test(a_head_inside_another),
		cmocka_unit_test(table_not_seen),
		cmocka_unit_test(losses),
		cmocka_unit_test(cut_data),
		cmocka_unit_test(stalls),
		cmocka_unit_test(tunnels),
		cmocka_unit_test(encoded_bodies),
		cmocka_unit_test(bodies_that_nobody_asks_for),
		cmocka_unit_test(rapid_resets),
	};

	return cmocka_run_group_tests_name("http2_exchange", tests, NULL, NULL);
}
