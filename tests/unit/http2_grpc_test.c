/* SPDX-License-Identifier: BSD-2-Clause */
/* gRPC: streams that are calls, and the messages in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include "protocols/http2/grpc_state.h"
#include "protocols/http2/http2.h"
#include "tests/unit/http2_build.h"
#include "tests/unit/http_case.h"

#define END HTTP2_FLAG_END_STREAM
#define CALL(m)                                                                                    \
	":method: POST\n:scheme: http\n:path: /shop.v1.Orders/" m "\n:authority: a.test\n"         \
	"content-type: application/grpc\nte: trailers\n"
#define ANSWER ":status: 200\ncontent-type: application/grpc\n"

#define BYTES(text)			span_of(text, sizeof(text) - 1)
#define MESSAGE(b, flags, stream, text) h2_frame(b, HTTP2_DATA, flags, stream, BYTES(text))
#define DATA(b, flags, text)		MESSAGE(b, flags, 1, text)

/* A call of one DATA frame each way: header fields, what is in the frames, and trailers. */
struct unary_call {
	uint32_t stream;
	const char *asked;
	struct span request;
	const char *answered;
	struct span response;
	const char *trailers;
};

static void add_call(struct h2_build *b, const struct unary_call *call)
{
	h2_headers(b, 0, call->stream, call->asked);
	h2_frame(b, HTTP2_DATA, END, call->stream, call->request);
	h2_send(b, DIRECTION_SENT);
	h2_headers(b, 0, call->stream, call->answered);
	h2_frame(b, HTTP2_DATA, 0, call->stream, call->response);
	h2_headers(b, END, call->stream, call->trailers);
	h2_send(b, DIRECTION_RECEIVED);
}

static void unary(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	add_call(&b, &(struct unary_call){1, CALL("Get") "grpc-timeout: 2S\nx-id: 7\n",
					  BYTES("\0\0\0\0\3\x08\x96\x01"), ANSWER,
					  BYTES("\0\0\0\0\7\x0a\5apple"), "grpc-status: 0\n"});
	H2_CHECK_LOSS(
		&b, 0, 0,
		"'outcome':'ok','service':'shop.v1.Orders','method':'Get','code':0,"
		"'status':'OK','message':null | 'req_messages':1,'resp_messages':1,"
		"'req_bytes':3,'resp_bytes':7,'requests':[{'1':150}],'responses':[{'1':'apple'}] | "
		"'x-id':'7' | 'trailers':{'grpc-status':'0'},'authority':'a.test' | "
		"'deadline_ns':2000000000,'headers_ns':1000000,'first_message_ns':1000000,"
		"'end_ns':1000000,'cancelled':false,'http_status':200");
}

/* Messages over frames, several in a frame, in both directions; an error at the end. */
static void streaming(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, CALL("Watch"));
	DATA(&b, 0, "\0\0\0\0\2\x08\1\0\0\0");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ANSWER);
	DATA(&b, 0, "\0\0\0\0\2\x08\2\0\0\0\0\0\0\0\0\0\4\x08\3");
	h2_send(&b, DIRECTION_RECEIVED);
	DATA(&b, END, "\0\2\x08\7");
	h2_send(&b, DIRECTION_SENT);
	DATA(&b, 0, "\x10\4");
	h2_headers(&b, END, 1,
		   "grpc-status: 5\ngrpc-message: no%20such %E2%82%AC%\n"
		   "grpc-status-details-bin: CAUSAm5v\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 0, 0,
		      "'outcome':'error' | 'code':5,'status':'NOT_FOUND','message':'no such "
		      "\xe2\x82\xac%' | "
		      "'details':{'1':5,'2':'no'} | 'req_messages':2,'resp_messages':3 | "
		      "'requests':[{'1':1},{'1':7}],'responses':[{'1':2},{},{'1':3,'2':4}]");
}

/* Binary metadata between two that have agreed on it: as it is, behind a zero. */
static void true_binary(void **state)
{
	static const char raw[] = "\0\x17grpc-status-details-bin\x07\0\x08\x05\x12\2no"
				  "\0\5x-bin\4\0\xff\0\1"
				  "\0\4x-no\2\0a";
	struct h2_build b = {0};
	struct buffer block = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, CALL("Get"));
	DATA(&b, END, "\0\0\0\0\0");
	h2_send(&b, DIRECTION_SENT);
	h2_fields(&block, ANSWER "grpc-status: 5\n");
	buffer_append(&block, raw, sizeof(raw) - 1);
	h2_frame(&b, HTTP2_HEADERS, END | HTTP2_FLAG_END_HEADERS, 1, buffer_span(&block));
	h2_send(&b, DIRECTION_RECEIVED);
	buffer_free(&block);
	H2_CHECK_LOSS(&b, 0, 0,
		      "'code':5 | 'details':{'1':5,'2':'no'} | "
		      "'grpc-status-details-bin':'CAUSAm5v','x-bin':'/wAB','x-no':'\\u0000a'");
}

/* Messages may be JSON instead: the content's type says so. */
static void in_json(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	add_call(
		&b,
		&(struct unary_call){
			1,
			":method: POST\n:scheme: http\n:path: /shop.Items/Get\n:authority: a.test\n"
			"te: trailers\ncontent-type: application/grpc+json\n",
			BYTES("\0\0\0\0\7{\"a\":1}"),
			":status: 200\ncontent-type: application/grpc+json\n",
			BYTES("\0\0\0\0\7{\"b\":2}"), "grpc-status: 0\n"});
	H2_CHECK_LOSS(
		&b, 0, 0,
		"'outcome':'ok' | 'requests':['{\\\"a\\\":1}'],'responses':['{\\\"b\\\":2}']");
}

static void answered_by_trailers_alone(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1, CALL("Put"));
	DATA(&b, END, "\0\0\0\0\0");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, END, 1, ANSWER "grpc-status: 12\ngrpc-message: none\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 0, 0,
		      "'outcome':'error' | 'code':12,'status':'UNIMPLEMENTED','message':'none' | "
		      "'requests':[{}],'responses':[]");
}

/* A proxy answers instead, in its own words; and what a type is called has no case. */
static void answered_by_another(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, 0, 1,
		   ":method: POST\n:path: /shop.v1.Orders/Get\n"
		   "content-type: Application/gRPC;charset=utf-8\n");
	DATA(&b, END, "\0\0\0\0\3\x08\x96\x01");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ":status: 503\ncontent-type: text/plain\n");
	DATA(&b, END, "no healthy upstream");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 0, 0,
		      "'outcome':'error','service':'shop.v1.Orders' | 'code':null | "
		      "'req_messages':1,'resp_messages':0 | 'http_status':503 | "
		      "'note':'response: its content is no gRPC'");
}

static void cancelled(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, CALL("Slow"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ANSWER);
	h2_send(&b, DIRECTION_RECEIVED);
	h2_number(&b, HTTP2_RST_STREAM, 1, HTTP2_CANCEL);
	h2_send(&b, DIRECTION_SENT);
	H2_CHECK_LOSS(&b, 0, 0,
		      "'outcome':'error' | 'code':null | 'end_ns':2000000,'cancelled':true | "
		      "'reset_code':'CANCEL','reset_by':'client'");
}

static void compressed(void **state)
{
	static const char plain[] = "\x0a\x14"
				    "aaaaaaaaaaaaaaaaaaaa";
	struct h2_build b = {0};
	char packed[5 + 100] = {1};
	uLongf len = sizeof(packed) - 5;

	(void)state;
	/* gRPC's "deflate" is zlib's format. */
	assert_int_equal(
		compress((Bytef *)packed + 5, &len, (const Bytef *)plain, sizeof(plain) - 1), Z_OK);
	packed[4] = (char)len;
	h2_greet(&b);
	add_call(&b,
		 &(struct unary_call){1, CALL("Get") "grpc-encoding: deflate\n",
				      span_of(packed, 5 + len), ANSWER "grpc-encoding: identity\n",
				      BYTES("\1\0\0\0\2\x08\1"), "grpc-status: 0\n"});
	H2_CHECK_LOSS(&b, 0, 0,
		      "'requests':[{'1':'aaaaaaaaaaaaaaaaaaaa'}] | 'req_encoding':'deflate' | "
		      "response: a compressed message could not be read");
}

/* After a loss messages are found again where a DATA frame is made of whole ones. */
static void losses(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	h2_headers(&b, END, 1, CALL("Watch"));
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 1, ANSWER);
	DATA(&b, 0, "\0\0\0\0\2\x08\1");
	h2_send(&b, DIRECTION_RECEIVED);
	DATA(&b, 0, "\0\0\0\0\2\x08\2");
	h2_send(&b, DIRECTION_RECEIVED);
	DATA(&b, 0, "\0\0\0\0\2\x08\3");
	DATA(&b, 0, "\0\0\0\0\2\x08\4");
	h2_headers(&b, END, 1, "grpc-status: 0\n");
	h2_send(&b, DIRECTION_RECEIVED);
	H2_CHECK_LOSS(&b, 5, 0,
		      "'outcome':'partial' | 'code':0 | "
		      "'responses':[{'1':1},{'1':3},{'1':4}] | messages are missing");
}

#define ONE(n) "\0\0\0\0\2\x08" n

/* What the client's table had is lost; the server says that it is a call. */
static void known_by_the_answer(void **state)
{
	struct h2_build b = {0};

	(void)state;
	h2_greet(&b);
	add_call(&b, &(struct unary_call){
			     1, ":method: POST\n+:path: /a.B/C\n+content-type: application/grpc\n",
			     BYTES(ONE("\1")), ":status: 200\n+content-type: application/grpc\n",
			     BYTES(ONE("\2")), "+grpc-status: 0\n"});
	h2_number(&b, HTTP2_WINDOW_UPDATE, 0, 1);
	h2_send(&b, DIRECTION_SENT);
	add_call(&b, &(struct unary_call){3, ":method: POST\n#63\n#62\n", BYTES(ONE("\3")),
					  ":status: 200\n#63\n", BYTES(ONE("\4")), "#62\n"});
	H2_CHECK_LOSS(&b, 5, 0, "'outcome':'ok','service':'a.B','method':'C','code':0",
		      "'outcome':'ok','service':null,'method':null,'code':0 | "
		      "'requests':[{'1':3}],'responses':[{'1':4}] | "
		      "'note':'request: 2 header fields unknown");
}

/* Nothing tells what it is but how its bodies are cut; a text is cut otherwise. */
static void known_by_its_messages(void **state)
{
	static const char *const records[] = {
		"'outcome':'ok','service':null,'method':null,'code':null | "
		"'requests':[{'1':1},{'1':2}],'responses':[{'1':3}] | 'note':'taken for gRPC by",
		"'outcome':'ok','method':'POST' | 'req_body':'text','resp_body':'\\u0000' | "
		"'stream_id':103",
		"'outcome':'ok','method':'POST' | 'req_body':'','resp_body':'' | 'stream_id':105",
		NULL,
	};
	struct h2_build b = {0};

	(void)state;
	h2_headers(&b, 0, 101, ":method: POST\n#62\n#63\n");
	MESSAGE(&b, END, 101, ONE("\1") ONE("\2"));
	h2_headers(&b, 0, 103, ":method: POST\n#62\n#63\n");
	MESSAGE(&b, END, 103, "text");
	h2_headers(&b, END, 105, ":method: POST\n#62\n#63\n");
	h2_send(&b, DIRECTION_SENT);
	h2_headers(&b, 0, 101, ":status: 200\n#62\n");
	MESSAGE(&b, 0, 101, ONE("\3"));
	h2_headers(&b, END, 101, "#63\n");
	h2_headers(&b, 0, 103, ":status: 200\n#62\n");
	MESSAGE(&b, END, 103, "\0");
	h2_headers(&b, END, 105, ":status: 200\n#62\n");
	h2_send(&b, DIRECTION_RECEIVED);
	{
		const struct feed feed = {
			.messages = b.messages,
			.count = b.count,
			.decode_as = &protocol_http2,
			.role = ROLE_CLIENT,
			.midstream = true,
		};

		/* Its times depend on how the bytes come. */
		http_expect(&feed, records);
	}
	for (size_t i = 0; i < b.count; i++)
		buffer_free(&b.done[i]);
}

static void timeouts(void **state)
{
	(void)state;
	assert_int_equal(grpc_timeout(span_text("1H")), 3600000000000);
	assert_int_equal(grpc_timeout(span_text("99999999H")), INT64_MAX);
	assert_int_equal(grpc_timeout(span_text("20m")), 20000000);
	assert_int_equal(grpc_timeout(span_text("7u")), 7000);
	assert_int_equal(grpc_timeout(span_text("5n")), 5);
	assert_int_equal(grpc_timeout(span_text("100000000S")), TIME_UNKNOWN);
	assert_int_equal(grpc_timeout(span_text("S")), TIME_UNKNOWN);
	assert_int_equal(grpc_timeout(span_text("5x")), TIME_UNKNOWN);
	assert_int_equal(grpc_timeout(span_text("5 S")), TIME_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unary),
		cmocka_unit_test(streaming),
		cmocka_unit_test(true_binary),
		cmocka_unit_test(in_json),
		cmocka_unit_test(answered_by_trailers_alone),
		cmocka_unit_test(answered_by_another),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(compressed),
		cmocka_unit_test(losses),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(known_by_the_answer),
		cmocka_unit_test(known_by_its_messages),
	};

	return cmocka_run_group_tests_name("http2_grpc", tests, NULL, NULL);
}
