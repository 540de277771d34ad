/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/mongodb/bson.h"
#include "protocols/mongodb/mongodb.h"
#include "protocols/mongodb/state.h"
#include "tests/unit/http_case.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

#define CHECK(messages, ...) CLIENT_CHECK(NULL, messages, __VA_ARGS__)

/* {ping: 1, $db: "d"} and {ok: 1.0} */
#define PING(id, flags)                                                                            \
	"\x2f\0\0\0" id "\0\0\0\0\0\0\0\xdd\7\0\0" flags "\0\0\0\0\x1a\0\0\0\x10ping\0\1\0\0\0"    \
	"\2$db\0\2\0\0\0d\0\0"
#define PONG(id, to, flags)                                                                        \
	"\x26\0\0\0" id "\0\0\0" to "\0\0\0\xdd\7\0\0" flags                                       \
	"\0\0\0\0\x11\0\0\0\1ok\0\0\0\0\0\0\0"                                                     \
	"\xf0\x3f\0"

static void answers_by_their_number(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1", "\0") PING("\2", "\0")),
		FEED_RESPONSE(PONG("\x11", "\2", "\0") PONG("\x12", "\1", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','command':'ping','database':'d','collection':null | "
	      "'request':{'ping':1,'$db':'d'},'response':{'ok':1.0} | 'error_code':0,'error':null "
	      "| "
	      "'opcode':'msg' | 'request_id':2 | 'req_bytes':47,'resp_bytes':38",
	      "'outcome':'ok' | 'request_id':1");
}

/* One that wants no answer, and answers that go on without being asked for. */
static void more_to_come(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1", "\2") PING("\2", "\0")),
		FEED_RESPONSE(PONG("\x11", "\2", "\2")),
		FEED_RESPONSE(PONG("\x12", "\x11", "\2")),
		FEED_RESPONSE(PONG("\x13", "\x12", "\0")),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','command':'ping' | 'response':null | 'request_id':1",
	      "'request_id':2,'exhaust':false",
	      "'outcome':'ok','command':'ping','database':'d' | 'exhaust':true | goes on",
	      "'outcome':'ok','command':'ping' | 'exhaust':true");
}

static void losses(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1", "\0")), FEED_RESPONSE(PONG("\x11", "\1", "\0")),
		FEED_REQUEST(PING("\2", "\0")), FEED_RESPONSE(PONG("\x12", "\2", "\0")),
		FEED_REQUEST(PING("\3", "\0")), FEED_RESPONSE(PONG("\x13", "\3", "\0")),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(NULL, messages, 4, "'outcome':'ok' | 'request_id':1",
			   "'outcome':'ok' | 'request_id':3",
			   "'outcome':'partial' | 'request_id':2");
}

/* Begins in the middle of a message. */
static void from_the_middle(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("rest of a message\0" PING("\2", "\0")),
		FEED_RESPONSE(PONG("\x12", "\2", "\0")),
	};
	const struct feed feed = {
		.messages = messages, .count = 2, .role = ROLE_CLIENT, .midstream = true};
	static const char *const records[] = {"'outcome':'ok','command':'ping'", NULL};

	(void)state;
	http_expect(&feed, records);
	feed_check(&feed, NULL);
}

/* What isn't a message of ours, but begins like one, isn't taken for the next behind a hole. */
static void behind_a_hole(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1", "\0")),
		FEED_REQUEST("lost"),
		FEED_REQUEST("\x11\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0" PING("\2", "\0")),
		FEED_RESPONSE(PONG("\x11", "\1", "\0") PONG("\x12", "\2", "\0")),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(NULL, messages, 2, "'outcome':'ok','command':'ping' | 'request_id':1",
			   "'outcome':'ok','command':'ping' | 'request_id':2");
}

/* {hello: 1, speculativeAuthenticate: {p: 1}} */
static void proofs_are_hidden(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x4a\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x35\0\0\0\x10hello\0"
			     "\1\0\0\0\3speculativeAuthenticate\0\x0c\0\0\0\x10p\0\1\0\0\0\0\0"),
		FEED_RESPONSE(PONG("\x11", "\1", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'command':'hello' | 'request':{'hello':1,'speculativeAuthenticate':'(not shown)'}");
}

/* {$query: {isMaster: 1, speculativeAuthenticate: {p: 1}}}, to d.$cmd */
static void older_proofs_are_hidden(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x68\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0"
			     "d.$cmd\0\0\0\0\0\xff\xff\xff\xff\x45\0\0\0\3$query\0\x38\0\0\0"
			     "\x10isMaster\0\1\0\0\0\3speculativeAuthenticate\0\x0c\0\0\0\x10p\0"
			     "\1\0\0\0\0\0\0"),
		FEED_RESPONSE("\x29\0\0\0\x11\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\0\0\0\0\1\0\0\0\5\0\0\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','command':'isMaster','database':'d','collection':null | "
	      "'request':{'$query':{'isMaster':1,'speculativeAuthenticate':'(not shown)'}}");
}

/* {insert: "c", $db: "d"} between its documents, as servers send it: those come first. */
/* What a message of OPCODE proves that says it is 100 bytes long, when PAYLOAD is there of it. */
static bool tells(uint16_t opcode, struct span payload)
{
	char bytes[100] = {100};

	assert_true(16 + payload.len < sizeof(bytes));
	bytes[12] = (char)opcode;
	bytes[13] = (char)(opcode >> 8);
	memcpy(bytes + 16, payload.data, payload.len);
	return mongodb_look(span_of(bytes, 16 + payload.len)).proof == MONGODB_PROOF_FRONT;
}

static void beginnings_of_messages(void **state)
{
	(void)state;
	/* MSG: no flag that a server would refuse, a kind, a document with an element or none. */
	assert_true(tells(2013, BYTES("\3\0\0\0\0\x40\0\0\0\x01")));
	assert_true(tells(2013, BYTES("\0\0\1\0\0\x40\0\0\0\x13")));
	assert_true(tells(2013, BYTES("\0\0\0\0\0\x64\0\0\0\x7f")));
	assert_true(tells(2013, BYTES("\0\0\0\0\0\x05\0\0\0\0")));
	assert_false(tells(2013, BYTES("\4\0\0\0\0\x40\0\0\0\x01")));
	assert_false(tells(2013, BYTES("\0\0\0\0\0\x65\0\0\0\x01")));
	assert_false(tells(2013, BYTES("\0\0\0\0\0\x04\0\0\0\x01")));
	assert_false(tells(2013, BYTES("\0\0\0\0\0\x05\0\0\0\1")));
	assert_false(tells(2013, BYTES("\0\0\0\0\0\x06\0\0\0\0")));
	assert_false(tells(2013, BYTES("\0\0\0\0\0\x40\0\0\0\x14")));
	assert_false(tells(2013, BYTES("\0\0\0\0\2\x40\0\0\0\x01")));
	/* Several documents have a length, a name, and end in the message. */
	assert_true(tells(2013, BYTES("\0\0\0\0\1\x40\0\0\0docs\0\x20\0\0\0\2")));
	assert_true(tells(2013, BYTES("\0\0\0\0\1\x64\0\0\0docs\0\x20\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x65\0\0\0docs\0\x20\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x40\0\0\0\0\x20\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x40\0\0\0do s\0\x20\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x40\0\0\0do\x7fs\0\x20\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x40\0\0\0docs\0\x41\0\0\0\2")));
	assert_false(tells(2013, BYTES("\0\0\0\0\1\x08\0\0\0docs\0\x05\0\0\0\0")));
	/* Older ones begin with a namespace; a reply has documents. */
	assert_true(tells(2004, BYTES("\0\0\0\0db.coll")));
	assert_true(tells(2004, BYTES("\0\0\0\0db.coll\0\0\0")));
	assert_false(tells(2004, BYTES("\0\0\0\0")));
	assert_false(tells(2004, BYTES("\0\0\0\0\0db")));
	assert_false(tells(2004, BYTES("\0\0\0\0db coll\0")));
	assert_false(tells(2004, BYTES("\0\0\0\0db\x7f\0")));
	assert_true(tells(1, BYTES("\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\x05\0\0\0\0")));
	assert_false(tells(1, BYTES("\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\x05\0\0\0\0")));
	assert_false(tells(1, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\0")));
	assert_false(tells(1, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x15\0\0\0\x05\0\0\0\0")));
	assert_false(tells(1, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\x05\0\0\0\0")));
	/* What is compressed has a message's opcode, a document's length and a compressor. */
	assert_true(tells(2012, BYTES("\xdd\7\0\0\5\0\0\0\1")));
	assert_true(tells(2012, BYTES("\xdd\7\0\0\0\xac\xdc\2\3")));
	assert_false(tells(2012, BYTES("\xdd\7\0\0\1\xac\xdc\2\3")));
	assert_false(tells(2012, BYTES("\xdd\7\0\0\4\0\0\0\1")));
	assert_false(tells(2012, BYTES("\xdd\7\0\0\5\0\0\0\4")));
	assert_false(tells(2012, BYTES("\xdc\7\0\0\5\0\0\0\1")));
	assert_false(tells(2012, BYTES("\xdd\7\0\0\5\0\0\0")));
}

static void sections_in_any_order(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x63\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0"
			     "\1\x1c\0\0\0documents\0\x09\0\0\0\x08"
			     "a\0\1\0\5\0\0\0\0"
			     "\0\x1e\0\0\0\2insert\0\2\0\0\0c\0\2$db\0\2\0\0\0d\0\0"
			     "\1\x12\0\0\0more\0\x09\0\0\0\x08"
			     "b\0\0\0"),
		FEED_RESPONSE(PONG("\x11", "\1", "\0")),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','command':'insert','database':'d','collection':'c' | "
			"'request':{'insert':'c','$db':'d','documents':[{'a':true},{}],"
			"'more':[{'b':false}]} | 'req_documents':3");
}

/* {ok: 1, cursor: {firstBatch: [{ok: 1}, {ok: 0, code: 7, errmsg: "no"}], id: 0}, nErrors: 1, ...}
 */
static void bulk_writes(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1", "\0")),
		FEED_RESPONSE("\xab\0\0\0\x11\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x96\0\0\0"
			      "\x10ok\0\1\0\0\0\3cursor\0\x57\0\0\0\4firstBatch\0\x3e\0\0\0"
			      "\3"
			      "0\0\x0d\0\0\0\x10ok\0\1\0\0\0\0\3"
			      "1\0\x26\0\0\0\x10ok\0\0\0\0\0\x10"
			      "code\0\7\0\0\0\2errmsg\0\3\0\0\0no\0\0\0\x10id\0\0\0\0\0\0"
			      "\x10nErrors\0\1\0\0\0\x10nInserted\0\1\0\0\0\x10nDeleted\0\2\0\0\0"
			      "\0"),
	};

	(void)state;
	CHECK(messages, "'outcome':'error','command':'ping' | 'affected':3,'cursor_id':0,"
			"'error_code':7,'error':'no'");
}

/* A query whose answers go on until there is no cursor. */
static void older_exhaust(void **state)
{
#define PART(id, to, cursor)                                                                       \
	"\x29\0\0\0" id "\0\0\0" to "\0\0\0\1\0\0\0\0\0\0\0" cursor                                \
	"\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\5\0\0\0\0"
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x25\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\x40\0\0\0"
			     "d.c\0\0\0\0\0\2\0\0\0\5\0\0\0\0"),
		FEED_RESPONSE(PART("\x11", "\1", "\x09") PART("\x12", "\x11", "\x09")
				      PART("\x13", "\x12", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','command':'query','database':'d','collection':'c' | 'cursor_id':9 | "
	      "'request_id':1,'exhaust':true",
	      "'outcome':'ok','command':'query','database':'d','collection':'c' | 'request_id':18 "
	      "| goes on",
	      "'outcome':'ok','command':'query' | 'cursor_id':0 | 'request_id':19");
#undef PART
}

/* Opcodes of old clients: what asks for nothing, and what is asked with a namespace. */
static void older_opcodes(void **state)
{
	static const struct feed_message messages[] = {
		/* insert into d.c: {a: 1}, {} */
		FEED_REQUEST("\x29\0\0\0\1\0\0\0\0\0\0\0\xd2\7\0\0\0\0\0\0"
			     "d.c\0\x0c\0\0\0\x10"
			     "a\0\1\0\0\0\0\5\0\0\0\0"),
		/* update d.c: flags, {}, {} */
		FEED_REQUEST("\x26\0\0\0\2\0\0\0\0\0\0\0\xd1\7\0\0\0\0\0\0"
			     "d.c\0\0\0\0\0\5\0\0\0\0\5\0\0\0\0"),
		/* delete from d.c: flags, {} */
		FEED_REQUEST("\x21\0\0\0\3\0\0\0\0\0\0\0\xd6\7\0\0\0\0\0\0"
			     "d.c\0\0\0\0\0\5\0\0\0\0"),
		/* get more of d.c: 2 of cursor 9 */
		FEED_REQUEST("\x24\0\0\0\4\0\0\0\0\0\0\0\xd5\7\0\0\0\0\0\0"
			     "d.c\0\2\0\0\0\x09\0\0\0\0\0\0\0"),
		FEED_RESPONSE("\x29\0\0\0\x11\0\0\0\4\0\0\0\1\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0"
			      "\0\0\0\0\1\0\0\0\5\0\0\0\0"),
		/* kill cursor 9 */
		FEED_REQUEST("\x20\0\0\0\5\0\0\0\0\0\0\0\xd7\7\0\0\0\0\0\0\1\0\0\0"
			     "\x09\0\0\0\0\0\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','command':'insert','database':'d','collection':'c' | "
	      "'request':[{'a':1},{}],'response':null,'req_documents':2 | 'opcode':'insert'",
	      "'outcome':'ok','command':'update','database':'d','collection':'c'",
	      "'outcome':'ok','command':'delete'",
	      "'outcome':'ok','command':'get_more' | 'resp_documents':1 | 'cursor_id':9",
	      "'outcome':'ok','command':'kill_cursors' | 'cursor_id':9");
}

/* {ping: 1, $db: "d"}, as zlib, and as Snappy's literal. */
static void compressed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x3a\0\0\0\1\0\0\0\0\0\0\0\xdc\7\0\0\xdd\7\0\0\x1f\0\0\0\1\x1f\x78"
			     "\0\0\0\0\0\x1a\0\0\0\x10ping\0\1\0\0\0\2$db\0\2\0\0\0d\0\0"),
		FEED_RESPONSE("\x31\0\0\0\x11\0\0\0\1\0\0\0\xdc\7\0\0\xdd\7\0\0\x16\0\0\0\1\x16\x54"
			      "\0\0\0\0\0\x11\0\0\0\1ok\0\0\0\0\0\0\0\xf0\x3f\0"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','command':'ping','database':'d' | 'response':{'ok':1.0} | "
			"'opcode':'msg','compression':'snappy' | 'req_bytes':58,'resp_bytes':49");
}

/* ELEMENTS in a document of their length. */
static void wrap(struct span elements, struct buffer *document)
{
	uint32_t len = (uint32_t)elements.len + 5;

	buffer_append(document, &len, sizeof(len));
	buffer_append_span(document, elements);
	buffer_append_char(document, 0);
}

static void check_json(struct span elements, const char *json)
{
	struct buffer out = {0}, document = {0};
	struct bson_writer w = {.out = &out, .limit = 1 << 20};

	wrap(elements, &document);
	bson_json(&w, buffer_span(&document));
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	assert_false(w.cut);
	buffer_free(&document);
	buffer_free(&out);
}

static void every_type(void **state)
{
	(void)state;
	check_json(BYTES(""), "{}");
	check_json(BYTES("\1d\0\0\0\0\0\0\0\xf8\x3f"), "{\"d\":1.5}");
	check_json(BYTES("\2s\0\2\0\0\0x\0"), "{\"s\":\"x\"}");
	check_json(BYTES("\3o\0\5\0\0\0\0"), "{\"o\":{}}");
	check_json(BYTES("\4a\0\x0c\0\0\0\x10"
			 "0\0\7\0\0\0\0"),
		   "{\"a\":[7]}");
	check_json(BYTES("\5b\0\2\0\0\0\x80\0\1"),
		   "{\"b\":{\"$binary\":{\"base64\":\"AAE=\",\"subType\":\"80\"}}}");
	check_json(BYTES("\5b\0\6\0\0\0\2\2\0\0\0\xff\xff"),
		   "{\"b\":{\"$binary\":{\"base64\":\"//8=\",\"subType\":\"02\"}}}");
	check_json(BYTES("\x0cp\0\4\0\0\0d.c\0\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b"),
		   "{\"p\":{\"$dbPointer\":{\"$ref\":\"d.c\",\"$id\":{\"$oid\":"
		   "\"000102030405060708090a0b\"}}}}");
	check_json(BYTES("\x0es\0\2\0\0\0x\0"), "{\"s\":{\"$symbol\":\"x\"}}");
	check_json(BYTES("\6u\0"), "{\"u\":{\"$undefined\":true}}");
	check_json(BYTES("\7i\0\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b"),
		   "{\"i\":{\"$oid\":\"000102030405060708090a0b\"}}");
	check_json(BYTES("\x08t\0\1"), "{\"t\":true}");
	check_json(BYTES("\x09t\0\xe8\3\0\0\0\0\0\0"),
		   "{\"t\":{\"$date\":\"1970-01-01T00:00:01Z\"}}");
	check_json(BYTES("\x09t\0\x7b\x40\x5b\x05\0\0\0\0"),
		   "{\"t\":{\"$date\":\"1970-01-02T00:57:46.363Z\"}}");
	check_json(BYTES("\x09t\0\xff\xff\xff\xff\xff\xff\xff\xff"),
		   "{\"t\":{\"$date\":{\"$numberLong\":\"-1\"}}}");
	check_json(BYTES("\x0an\0"), "{\"n\":null}");
	check_json(BYTES("\x0br\0"
			 "a\0i\0"),
		   "{\"r\":{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"i\"}}}");
	check_json(BYTES("\x0d"
			 "c\0\2\0\0\0f\0"),
		   "{\"c\":{\"$code\":\"f\"}}");
	check_json(BYTES("\x0f"
			 "c\0\x0f\0\0\0\2\0\0\0f\0\5\0\0\0\0"),
		   "{\"c\":{\"$code\":\"f\",\"$scope\":{}}}");
	check_json(BYTES("\x10i\0\xff\xff\xff\xff"), "{\"i\":-1}");
	check_json(BYTES("\x11t\0\1\0\0\0\2\0\0\0"), "{\"t\":{\"$timestamp\":{\"t\":2,\"i\":1}}}");
	check_json(BYTES("\x12l\0\0\0\0\0\1\0\0\0"), "{\"l\":4294967296}");
	check_json(BYTES("\x13"
			 "d\0\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\x3e\x30"),
		   "{\"d\":{\"$numberDecimal\":\"1.5\"}}");
	check_json(BYTES("\x7fm\0"), "{\"m\":{\"$maxKey\":1}}");
	check_json(BYTES("\xffm\0"), "{\"m\":{\"$minKey\":1}}");
	/* What is damaged ends it. */
	check_json(BYTES("\x0an\0\2s\0\xff\0\0\0x\0"), "{\"n\":null}");
}

static void check_decimal(uint64_t high, uint64_t low, const char *text)
{
	struct buffer out = {0};

	bson_decimal(low, high, &out);
	assert_true(span_is(buffer_span(&out), text));
	buffer_free(&out);
}

/* From the specification's own tests. */
static void decimals(void **state)
{
	(void)state;
	check_decimal(0x3040000000000000, 1, "1");
	check_decimal(0x303e000000000000, 15, "1.5");
	check_decimal(0xb040000000000000, 0, "-0");
	check_decimal(0x3042000000000000, 1, "1E+1");
	check_decimal(0x3034000000000000, 1, "0.000001");
	check_decimal(0x3032000000000000, 1, "1E-7");
	/* The largest significand, and one more, which counts as zero. */
	check_decimal(0x3041ed09bead87c0, 0x378d8e63ffffffff, "9999999999999999999999999999999999");
	check_decimal(0x3041ed09bead87c0, 0x378d8e6400000000, "0");
	check_decimal(0x2fffed09bead87c0, 0x378d8e63ffffffff,
		      "9.999999999999999999999999999999999");
	check_decimal(0x7c00000000000000, 0, "NaN");
	check_decimal(0xf800000000000000, 0, "-Infinity");
	check_decimal(0x3040314dc6448d93, 0x38c15b0a00000000, "1000000000000000000000000000000000");
}

static void shapes(void **state)
{
	/* find: "c", filter: {a: {$in: [1, 2]}}, lsid: {} */
	static const char elements[] =
		"\2find\0\2\0\0\0c\0\3filter\0\x29\0\0\0\3a\0\x21\0\0\0\4$in\0\x13\0\0\0"
		"\x10"
		"0\0\1\0\0\0\x10"
		"1\0\2\0\0\0\0\0\0\3lsid\0\5\0\0\0\0";
	struct buffer out = {0}, document = {0};
	struct bson_writer w = {.out = &out, .limit = 1 << 20};

	(void)state;
	wrap(span_of(elements, sizeof(elements) - 1), &document);
	bson_shape(&w, buffer_span(&document));
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, "{\"find\":\"?\",\"filter\":{\"a\":{\"$in\":[\"?\"]}}}");
	buffer_free(&document);
	buffer_free(&out);
}

/* Deeper than any server allows. */
static void nesting(void **state)
{
	struct buffer document = {0}, out = {0};
	struct bson_writer w = {.out = &out, .limit = 1 << 20};

	(void)state;
	buffer_append(&document, "\5\0\0\0\0", 5);
	for (int i = 0; i < 1000; i++) {
		struct buffer outer = {0};
		uint32_t len = (uint32_t)document.len + 8;

		buffer_append(&outer, &len, 4);
		buffer_append(&outer, "\3d", 3);
		buffer_append_span(&outer, buffer_span(&document));
		buffer_append_char(&outer, 0);
		buffer_free(&document);
		document = outer;
	}
	bson_json(&w, buffer_span(&document));
	assert_true(w.damaged);
	buffer_free(&document);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_by_their_number),
		cmocka_unit_test(more_to_come),
		cmocka_unit_test(losses),
		cmocka_unit_test(from_the_middle),
		cmocka_unit_test(behind_a_hole),
		cmocka_unit_test(proofs_are_hidden),
		cmocka_unit_test(older_proofs_are_hidden),
		cmocka_unit_test(beginnings_of_messages),
		cmocka_unit_test(sections_in_any_order),
		cmocka_unit_test(bulk_writes),
		cmocka_unit_test(older_exhaust),
		cmocka_unit_test(older_opcodes),
		cmocka_unit_test(compressed),
		cmocka_unit_test(every_type),
		cmocka_unit_test(decimals),
		cmocka_unit_test(shapes),
		cmocka_unit_test(nesting),
	};

	return cmocka_run_group_tests_name("mongodb", tests, NULL, NULL);
}
