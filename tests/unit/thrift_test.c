/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/thrift/body.h"
#include "protocols/thrift/thrift.h"
#include "tests/unit/http_case.h"
#include "tests/unit/infer_case.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_thrift, messages, __VA_ARGS__)

/* add(1, 2) with one digit as its number, and the answer 3. */
#define CALL(kind, number)                                                                         \
	"\x80\1\0" kind "\0\0\0\3"                                                                 \
	"add\0\0\0" number "\x08\0\1\0\0\0\1\x08\0\2\0\0\0\2\0"
#define REPLY(number)                                                                              \
	"\x80\1\0\2\0\0\0\3"                                                                       \
	"add\0\0\0" number "\x08\0\0\0\0\0\3\0"
#define FRAMED_CALL(kind, number) "\0\0\0\x1e" CALL(kind, number)
#define FRAMED_REPLY(number)	  "\0\0\0\x17" REPLY(number)
#define ADDED(outcome, number)                                                                     \
	"'outcome':'" outcome "','method':'add','service':null,'type':'call','reply':'reply',"     \
	"'sequence_id':" number ",'args':{'1':1,'2':2},'result':3,'exception':null"

static void plain(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CALL("\1", "\1")),
		FEED_RESPONSE(REPLY("\1")),
		FEED_REQUEST(CALL("\1", "\2") CALL("\4", "\3") CALL("\1", "\4")),
		FEED_RESPONSE(REPLY("\4") REPLY("\2")),
	};

	(void)state;
	CHECK(messages,
	      ADDED("ok",
		    "1") " | 'encoding':'binary','framed':false | 'req_bytes':30,'resp_bytes':23",
	      "'outcome':'ok','method':'add' | 'type':'oneway','reply':null,'sequence_id':3",
	      ADDED("ok", "4"), ADDED("ok", "2"));
}

static void uuids(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CALL("\1", "\1")),
		FEED_RESPONSE("\x80\1\0\2\0\0\0\3"
			      "add\0\0\0\1\x10\0\0"
			      "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\xff\0"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok' | 'result':'00010203-0405-0607-0809-0a0b0c0d0eff'");
}

static void framed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(FRAMED_CALL("\1", "\0")),
		FEED_RESPONSE(FRAMED_REPLY("\0")),
		FEED_REQUEST(FRAMED_CALL("\1", "\0")),
		FEED_RESPONSE("\0\0\0\x2d\x80\1\0\3\0\0\0\3"
			      "add\0\0\0\0\x0b\0\1\0\0\0\x0f"
			      "no such method!\x08\0\2\0\0\0\1\0"),
		FEED_REQUEST(FRAMED_CALL("\1", "\0")),
		FEED_RESPONSE("\0\0\0\x25\x80\1\0\2\0\0\0\3"
			      "add\0\0\0\0\x0c\0\1\x08\0\1\0\0\0\x05\x0b\0\2\0\0\0\3"
			      "bad\0\0"),
	};

	(void)state;
	CHECK(messages, ADDED("ok", "0") " | 'framed':true | 'req_bytes':34,'resp_bytes':27",
	      "'outcome':'error','method':'add' | 'reply':'exception' | "
	      "'exception':{'1':'no such method!','2':1},'error_code':1,'error':'no such method!'",
	      "'outcome':'error','method':'add' | 'reply':'reply' | 'result':null,"
	      "'exception':{'1':{'1':5,'2':'bad'}},'error_code':null,'error':'bad'");
}

/* The compact protocol: Calculator:add with bool, list, map; negative numbers. */
static void compact(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"\x82\x21\x05\x0e"
			"Calculator:add\x15\x01\x11\x12\x19\x25\x02\x03\x1b\x01\x85\x01k\x0e\0"),
		/* Servers leave the service's name out of the answer. */
		FEED_RESPONSE("\x82\x41\x05\x03"
			      "add\x07\0\0\0\0\0\0\0\xf8\x3f\0"),
		FEED_REQUEST("\x82\x21\x06\x01x\0"),
		FEED_RESPONSE("\x82\x41\x06\x01x\0"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','method':'add','service':'Calculator' | 'sequence_id':5,"
	      "'args':{'1':-1,'2':true,'3':false,'4':[1,-2],'5':{'k':7}},'result':1.5 | "
	      "'encoding':'compact'",
	      "'outcome':'ok','method':'x' | 'args':{},'result':null");
}

/* Before there was a version. */
static void old(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\4ping\1\0\0\0\7\0"),
		FEED_RESPONSE("\0\0\0\4ping\2\0\0\0\7\0"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','method':'ping' | 'sequence_id':7,'args':{} | "
			"'encoding':'binary','framed':false");
}

/* Finagle's header: trace, span, parent, client. */
static void finagle(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x18\x80\1\0\1\0\0\0\x0b__can__x__y\0\0\0\0\0"),
		FEED_RESPONSE("\0\0\0\x18\x80\1\0\2\0\0\0\x0b__can__x__y\0\0\0\0\0"),
		FEED_REQUEST("\0\0\0\x4d\x0a\0\1\0\0\0\0\0\0\0\x0a\x0a\0\2\0\0\0\0\0\0\0\x0b"
			     "\x0a\0\3\0\0\0\0\0\0\0\x0c\x0c\0\6\x0b\0\1\0\0\0\2me\0\0" CALL("\1",
											     "\1")),
		FEED_RESPONSE("\0\0\0\x18\0" REPLY("\1")),
	};

	(void)state;
	CHECK(messages, "'method':'__can__x__y'",
	      ADDED("ok", "1") " | 'client_id':'me','trace_id':'000000000000000a',"
			       "'span_id':'000000000000000b','parent_id':'000000000000000c',"
			       "'header':{'1':10,'2':11,'3':12,'6':{'1':'me'}}");
}

/* THeader: headers by name, numbers of its own, a message that zlib compressed, one that is signed.
 */
static void theader(void **state)
{
#define THEADER(number, words) "\x0f\xff\0\0\0\0\0" number "\0" words
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x30" THEADER("\7", "\2") "\0\0\1\1\1k\1v" CALL("\1", "\0")),
		FEED_REQUEST("\0\0\0\x2c" THEADER(
			"\x08",
			"\1") "\0\1\1\0"
			      "\x78\x9c\x6b\x60\x64\x60\x64\x60\x60\x60\x4e\x4c\x49\x01\x52\x8c"
			      "\x1c\x60\x1e\x90\x62\x02\x52\x4c\x0c\x00\x28\xe3\x01\xc6"),
		FEED_RESPONSE("\0\0\0\x25" THEADER("\x08", "\1") "\0\0\0\0" REPLY("\1")),
		FEED_RESPONSE("\0\0\0\x29" THEADER("\7", "\2") "\0\0\1\1\1x\1y" REPLY("\0")),
		FEED_REQUEST("\0\0\0\x10" THEADER("\x09", "\1") "\0\1\2\0??"),
	};

	(void)state;
	CHECK(messages,
	      ADDED("ok",
		    "8") " | 'encoding':'binary','framed':true | 'header':{},'resp_header':{} | "
			 "'req_bytes':48,'resp_bytes':41",
	      ADDED("ok", "7") " | 'header':{'k':'v'},'resp_header':{'x':'y'} | 'req_bytes':52",
	      "'outcome':'ok','method':null | 'header':{} | could not be undone");
#undef THEADER
}

/* Calls that are oneway by their definition alone. */
static void passed_over(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CALL("\1", "\1")),
		FEED_REQUEST(CALL("\1", "\2")),
		FEED_RESPONSE(REPLY("\2")),
	};

	(void)state;
	CHECK(messages, ADDED("ok", "2"),
	      "'outcome':'ok','method':'add' | 'sequence_id':1 | oneway");
}

static void losses(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(FRAMED_CALL("\1", "\0")), FEED_RESPONSE(FRAMED_REPLY("\0")),
		FEED_REQUEST(FRAMED_CALL("\1", "\0")), FEED_RESPONSE(FRAMED_REPLY("\0")),
		FEED_REQUEST(FRAMED_CALL("\1", "\0")), FEED_RESPONSE(FRAMED_REPLY("\0")),
	};
	struct feed feed = {
		.messages = messages,
		.count = 6,
		.decode_as = &protocol_thrift,
		.role = ROLE_CLIENT,
		.lose = 4,
	};

	(void)state;
	/* The answer, whole and in part; the call. */
	http_expect(&feed,
		    (const char *const[]){ADDED("ok", "0"), "'outcome':'partial','method':'add'",
					  ADDED("ok", "0"), NULL});
	feed.lose_from = 10;
	http_expect(&feed,
		    (const char *const[]){ADDED("ok", "0"), "'outcome':'partial','method':'add'",
					  ADDED("ok", "0"), NULL});
	feed.lose = 3;
	feed.lose_from = 0;
	http_expect(&feed, (const char *const[]){ADDED("ok", "0"),
						 "'outcome':'partial','method':'add' | 'args':null",
						 ADDED("ok", "0"), NULL});
}

/* Without lengths, a string longer than a piece, and one much longer. */
static void long_plain(void **state)
{
	static const char head[] = "\x80\1\0\1\0\0\0\4echo\0\0\0\1\x0b\0\1\0\1\x86\xa0";
	static char call[sizeof(head) - 1 + 100000 + 1];
	struct feed_message messages[] = {
		{DIRECTION_SENT, call, sizeof(call)},
		FEED_RESPONSE("\x80\1\0\2\0\0\0\4echo\0\0\0\1\0"),
		FEED_REQUEST(CALL("\1", "\2")),
		FEED_RESPONSE(REPLY("\2")),
	};
	struct feed feed = {
		.messages = messages,
		.count = 4,
		.decode_as = &protocol_thrift,
		.role = ROLE_CLIENT,
		.keep = 100,
	};
	static const char *const records[] = {
		"'outcome':'ok','method':'echo' | 'args':{'1':'xxx | 'req_bytes':100024 | "
		"not all of the arguments is shown",
		ADDED("ok", "2"),
		NULL,
	};

	(void)state;
	memcpy(call, head, sizeof(head) - 1);
	memset(call + sizeof(head) - 1, 'x', 100000);
	call[sizeof(call) - 1] = 0;
	http_expect(&feed, records);
	feed.lose = 1;
	feed.lose_from = 50000;
	/* That its end is missing is seen only behind the answer. */
	http_expect(&feed,
		    (const char *const[]){"'outcome':'partial','method':'echo' | 'reply':'reply'",
					  "'outcome':'partial','method':'echo' | 'reply':null",
					  ADDED("ok", "2"), NULL});
}

/* Many fields, so that a plain message is cut between them. */
static void pieces(void **state)
{
	static char call[16 + 20000 * 7];
	struct feed_message messages[] = {
		{DIRECTION_SENT, call, sizeof(call)},
		FEED_RESPONSE(REPLY("\1")),
	};
	const struct feed feed = {
		.messages = messages,
		.count = 2,
		.decode_as = &protocol_thrift,
		.role = ROLE_CLIENT,
	};
	static const char *const records[] = {
		"'outcome':'ok','method':'add' | 'args':{'1':1,'1':1 | 'result':3 | "
		"'req_bytes':140016",
		NULL,
	};

	(void)state;
	memcpy(call, CALL("\1", "\1"), 15);
	for (size_t len = 15; len + 1 < sizeof(call); len += 7)
		memcpy(call + len, "\x08\0\1\0\0\0\1", 7);
	http_expect(&feed, records);
}

/* ---- values ---- */

static void check_json(enum thrift_encoding encoding, struct span data, const char *json)
{
	struct buffer out = {0};
	struct thrift_writer w = {.out = &out, .limit = 1 << 20};

	assert_int_equal(thrift_struct_len(encoding, data), data.len);
	thrift_struct_json(&w, encoding, data);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	assert_false(w.cut);
	assert_false(w.damaged);
	buffer_free(&out);
}

static void every_type(void **state)
{
	(void)state;
	check_json(THRIFT_BINARY,
		   BYTES("\2\0\1\1\3\0\2\xff\4\0\3\x3f\xf8\0\0\0\0\0\0\6\0\4\xff\xfe\x08\0\5\xff"
			 "\xff\xff\xfd"
			 "\x0a\0\6\x80\0\0\0\0\0\0\0\x0b\0\7\0\0\0\1a\0"),
		   "{\"1\":true,\"2\":-1,\"3\":1.5,\"4\":-2,\"5\":-3,\"6\":-9223372036854775808,"
		   "\"7\":\"a\"}");
	check_json(THRIFT_BINARY, BYTES("\x0b\0\1\0\0\0\2\xff\0\0"),
		   "{\"1\":{\"bytes\":\"/wA=\"}}");
	check_json(THRIFT_BINARY,
		   BYTES("\x0f\0\1\x08\0\0\0\2\0\0\0\1\0\0\0\2\x0e\0\2\x0b\0\0\0\0\x0d\0\3\6\x02\0"
			 "\0\0\1"
			 "\0\5\1\0"),
		   "{\"1\":[1,2],\"2\":[],\"3\":{\"5\":true}}");
	/* A map with structures as keys. */
	check_json(THRIFT_BINARY, BYTES("\x0d\0\1\x0c\x03\0\0\0\1\3\0\1\7\0\x09\0"),
		   "{\"1\":[[{\"1\":7},9]]}");
	check_json(THRIFT_BINARY, BYTES("\4\0\1\x7f\xf8\0\0\0\0\0\0\4\0\2\xff\xf0\0\0\0\0\0\0\0"),
		   "{\"1\":\"NaN\",\"2\":\"-inf\"}");
	check_json(
		THRIFT_COMPACT,
		BYTES("\x11\x12\x13\xff\x14\x03\x15\x05\x16\x80\x01\x17\0\0\0\0\0\0\xf8\x3f\x18\1a"
		      "\x1c\x11\0\x00"),
		"{\"1\":true,\"2\":false,\"3\":-1,\"4\":-2,\"5\":-3,\"6\":64,\"7\":1.5,\"8\":\"a\","
		"\"9\":{\"1\":true}}");
	/* Ids that don't go up by a few, lists of true and false, a long list. */
	check_json(THRIFT_COMPACT, BYTES("\x05\xc8\x01\x02\x19\x21\1\2\x1b\0\0"),
		   "{\"100\":1,\"101\":[true,false],\"102\":{}}");
	check_json(THRIFT_COMPACT, BYTES("\x19\xf3\x10\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\0"),
		   "{\"1\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}");
}

/* An answer with two results. */
static void twice(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CALL("\1", "\1")),
		FEED_RESPONSE("\x80\1\0\2\0\0\0\3"
			      "add\0\0\0\1\3\0\0\7\3\0\0\x08\0"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','method':'add' | 'result':7 | the answer is damaged");
}

static void hostile(void **state)
{
	char deep[1000];
	struct buffer out = {0};
	struct thrift_writer w = {.out = &out, .limit = 1 << 20};

	(void)state;
	assert_int_equal(thrift_struct_len(THRIFT_BINARY, BYTES("\x0f\0\1\x08\xff\xff\xff\xff")),
			 0);
	assert_int_equal(thrift_struct_len(THRIFT_BINARY, BYTES("\x0b\0\1\x7f\xff\xff\xff")), 0);
	assert_int_equal(thrift_struct_len(THRIFT_BINARY, BYTES("\x05\0\1\0")), 0);
	assert_int_equal(thrift_struct_len(THRIFT_COMPACT, BYTES("\x19\xf3\xff\xff\xff\xff\x7f")),
			 0);
	assert_int_equal(thrift_struct_len(THRIFT_BINARY, BYTES("")), 0);
	/* Structures in structures without end. */
	for (size_t i = 0; i + 3 <= sizeof(deep); i += 3)
		memcpy(deep + i, "\x0c\0\1", 3);
	assert_int_equal(thrift_struct_len(THRIFT_BINARY, span_of(deep, sizeof(deep))), 0);
	thrift_struct_json(&w, THRIFT_BINARY, span_of(deep, sizeof(deep)));
	assert_true(w.cut || w.damaged);
	buffer_free(&out);
}

/* A call of NAME, without a length, whose one argument holds DEEP times what UNIT begins with. */
static void put_deep(struct buffer *out, const char *name, struct span unit, struct span last,
		     size_t deep)
{
	buffer_append(out, "\x80\1\0\1\0\0\0", 7);
	buffer_append_char(out, (char)strlen(name));
	buffer_append_text(out, name);
	buffer_append(out, "\0\0\0\1", 4);
	for (size_t i = 0; i < deep; i++)
		buffer_append_span(out, unit);
	buffer_append_span(out, last);
}

/* Structures in structures are passed over, however deep; what comes behind them is found. */
static void deep_structures(void **state)
{
	struct buffer first = {0}, next = {0};
	struct feed_message messages[] = {
		{.direction = DIRECTION_SENT},
		FEED_RESPONSE("\x80\1\0\2\0\0\0\4deep\0\0\0\1\x08\0\0\0\0\0\3\0"),
		{.direction = DIRECTION_SENT},
	};

	(void)state;
	put_deep(&first, "deep", BYTES("\x0c\0\1"), BYTES("\x08\0\1\0\0\0\7"), 300);
	for (int i = 0; i <= 300; i++)
		buffer_append_char(&first, '\0');
	put_deep(&next, "next", BYTES(""), BYTES("\0"), 0);
	messages[0].data = first.data;
	messages[0].len = first.len;
	messages[2].data = next.data;
	messages[2].len = next.len;
	CHECK(messages,
	      "'outcome':'ok','method':'deep' | 'result':3 | not all of the arguments is shown",
	      "'outcome':'unanswered','method':'next'");
	buffer_free(&first);
	buffer_free(&next);
}

/* Lists of lists are not: of such a call there is a row with what came of it. */
static void deep_lists(void **state)
{
	struct buffer call = {0};
	struct feed_message messages[] = {
		{.direction = DIRECTION_SENT},
		FEED_RESPONSE("\x80\1\0\2\0\0\0\4deep\0\0\0\1\x08\0\0\0\0\0\3\0"),
	};

	(void)state;
	/* Each is the first of two in the one around it. */
	put_deep(&call, "deep", BYTES(""), BYTES("\x0f\0\1"), 0);
	for (int i = 0; i < 100; i++)
		buffer_append(&call, "\x0f\0\0\0\2", 5);
	messages[0].data = call.data;
	messages[0].len = call.len;
	CHECK(messages, "'outcome':'partial','method':'deep' | 'result':3 | "
			"not all of the arguments is shown");
	buffer_free(&call);
}

/* ---- inference ---- */

static void inference(void **state)
{
	enum role role;

	(void)state;
	assert_true(infer_score(&protocol_thrift, BYTES(CALL("\1", "\1")), BYTES(""), false,
				&role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_CLIENT);
	assert_true(infer_score(&protocol_thrift, BYTES(FRAMED_REPLY("\1")), BYTES(""), false,
				&role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_SERVER);
	assert_true(infer_score(&protocol_thrift,
				BYTES("rest\0\0\0" CALL("\1", "\1") CALL("\1", "\2")), BYTES(""),
				true, &role) >= INFER_CERTAIN);
	assert_true(infer_score(&protocol_thrift, BYTES("rest" FRAMED_CALL("\1", "\1")), BYTES(""),
				true, &role) >= INFER_CERTAIN);
	/* One that something else carries. */
	assert_int_equal(infer_score(&protocol_thrift, BYTES("\0\0\2\0\0\0" REPLY("\1")), BYTES(""),
				     true, &role),
			 0);
	assert_true(infer_score(&protocol_thrift, BYTES("\0\0\0\4ping\1\0\0\0\7\0"),
				BYTES("\0\0\0\4ping\2\0\0\0\7\0"), false, &role) >= INFER_CERTAIN);
	/* THeader before it, compressed, in the middle. */
	assert_true(
		infer_score(&protocol_thrift,
			    BYTES("\0\0\0\x2c\x0f\xff\0\0\0\0\0\1\0\1\0\0\0\0" CALL("\1", "\1")),
			    BYTES(""), false, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_CLIENT);
	assert_true(infer_score(&protocol_thrift,
				BYTES("rest\0\0\0\x25\x0f\xff\0\0\0\0\0\1\0\1\0\0\0\0" REPLY("\1")),
				BYTES(""), true, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_SERVER);
	assert_int_equal(infer_score(&protocol_thrift,
				     BYTES("\0\0\0\x14\x0f\xff\0\0\0\0\0\1\0\1\0\1\1\0nonsense"),
				     BYTES(""), false, &role),
			 0);
	/* A frame of WebSocket, whose first two bytes are those of the compact protocol. */
	assert_int_equal(infer_score(&protocol_thrift, BYTES("\x82\x21\x05\x03\xff\xfe\xfd..."),
				     BYTES(""), false, &role),
			 0);
	/* The length isn't true. */
	assert_int_equal(infer_score(&protocol_thrift, BYTES("\0\0\0\x1f" CALL("\1", "\1") "\0"),
				     BYTES(""), false, &role),
			 0);
	/* Two that ask aren't a conversation. */
	assert_int_equal(infer_score(&protocol_thrift, BYTES(CALL("\1", "\1")),
				     BYTES(CALL("\1", "\1")), false, &role),
			 0);
}

/* Each datagram is one message (TUDPTransport, Jaeger's agent), and what else comes is none. */
static void datagrams(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CALL("\4", "\1")),
		FEED_REQUEST(CALL("\1", "\2")),
		FEED_REQUEST("something else"),
		FEED_RESPONSE(REPLY("\2")),
	};
	static const struct feed_message others[] = {
		FEED_REQUEST(CALL("\4", "\1") "more"),
		FEED_REQUEST("\x80\1\0\1\0\0\0\3"
			     "add\0\0\0\1\x08\0\1\0\0"),
	};
	struct feed feed = {
		.messages = messages,
		.count = 4,
		.transport = TRANSPORT_UDP,
	};

	(void)state;
	http_expect(&feed, (const char *const[]){"'outcome':'ok','method':'add' | 'type':'oneway'",
						 ADDED("ok", "2") " | 'framed':false", NULL});
	feed.messages = others;
	feed.count = 2;
	http_expect(&feed, (const char *const[]){NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),      cmocka_unit_test(uuids),
		cmocka_unit_test(framed),     cmocka_unit_test(compact),
		cmocka_unit_test(old),	      cmocka_unit_test(finagle),
		cmocka_unit_test(theader),    cmocka_unit_test(passed_over),
		cmocka_unit_test(losses),     cmocka_unit_test(long_plain),
		cmocka_unit_test(pieces),     cmocka_unit_test(every_type),
		cmocka_unit_test(hostile),    cmocka_unit_test(deep_structures),
		cmocka_unit_test(deep_lists), cmocka_unit_test(twice),
		cmocka_unit_test(inference),  cmocka_unit_test(datagrams),
	};

	return cmocka_run_group_tests_name("thrift", tests, NULL, NULL);
}
