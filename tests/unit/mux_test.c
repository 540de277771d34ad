/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/mux/mux.h"
#include "protocols/mux/wire.h"
#include "tests/unit/http_case.h"
#include "tests/unit/infer_case.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_mux, messages, __VA_ARGS__)

#define PING(tag) "\0\0\0\4\x41\0\0" tag
#define PONG(tag) "\0\0\0\4\xbf\0\0" tag
/* To /a, without contexts, with a payload of 3 bytes. */
#define ASK(tag, payload)    "\0\0\0\x0f\2\0\0" tag "\0\0\0\2/a\0\0" payload
#define ANSWER(tag, payload) "\0\0\0\x0a\xfe\0\0" tag "\0\0\0" payload
#define ASKED(outcome, tag, payload, answer)                                                       \
	"'outcome':'" outcome "','type':'dispatch','sender':'client','tag':" tag                   \
	",'destination':'/a' | 'payload':'" payload "','resp_payload':'" answer "'"

static void by_tag(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(PING("\1")),
		FEED_RESPONSE(PONG("\1")),
		FEED_REQUEST(ASK("\2", "one") ASK("\3", "two")),
		FEED_RESPONSE(ANSWER("\3", "TWO") ANSWER("\2", "ONE")),
		FEED_RESPONSE("\0\0\0\4\x40\0\0\1"),
		FEED_REQUEST("\0\0\0\4\xc0\0\0\1"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','type':'ping','sender':'client','tag':1",
	      ASKED("ok", "3", "two", "TWO") " | 'fragments':1,'resp_fragments':1,'req_bytes':19,"
					     "'resp_bytes':14",
	      ASKED("ok", "2", "one", "ONE"),
	      "'outcome':'ok','type':'drain','sender':'server','tag':1");
}

static void init(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x0f\x7f\0\0\1tinit check"),
		FEED_RESPONSE("\0\0\0\x0f\x7f\0\0\1tinit check"),
		FEED_REQUEST("\0\0\0\x14\x44\0\0\1\0\1\0\0\0\3tls\0\0\0\3off"),
		FEED_RESPONSE("\0\0\0\x06\xbc\0\0\1\0\1"),
		FEED_RESPONSE("\0\0\0\x0d\x43\0\0\0\0\0\0\0\0\0\0\x03\xe8"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','type':'err' | 'payload':'tinit check'",
	      "'outcome':'ok','type':'init' | 'contexts':{'tls':'off'}",
	      "'outcome':'ok','type':'lease','sender':'server' | 'lease_ns':1000000000");
}

#define TINIT(level) "\0\0\0\x18\x44\0\0\1\0\1\0\0\0\3tls\0\0\0\7" level
#define RINIT(level) "\0\0\0\x18\xbc\0\0\1\0\1\0\0\0\3tls\0\0\0\7" level

static void check_tls(const char *tinit, const char *rinit, bool encrypted)
{
	const struct feed_message messages[] = {
		{DIRECTION_SENT, tinit, 28},	{DIRECTION_RECEIVED, rinit, 28},
		FEED_REQUEST("\x16\3\1\0\1\1"), FEED_REQUEST(PING("\2")),
		FEED_RESPONSE(PONG("\2")),
	};
	const struct feed feed = {
		.messages = messages,
		.count = 5,
		.role = ROLE_CLIENT,
		.decode_as = &protocol_mux,
		.plaintext = encrypted ? 0x18 : 0,
		.packs = true,
	};
	struct buffer out = {0};

	feed_run(&feed, &out);
	assert_non_null(strstr(out.data, "\"outcome\":\"ok\",\"type\":\"init\""));
	assert_non_null(strstr(out.data, "\"outcome\":\"ok\",\"type\":\"ping\""));
	buffer_free(&out);
}

/* TLS follows Rinit where both want it; what is inside goes on as Mux. */
static void tls(void **state)
{
	(void)state;
	check_tls(TINIT("desired"), RINIT("desired"), true);
	check_tls(TINIT("desired"), RINIT("off\0\0\0\0"), false);
}

/* Contexts that Finagle knows, a dtab; Thrift inside. */
static void contexts(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"\0\0\0\xac\2\0\0\2\0\3"
			"\0\x28"
			"com.twitter.finagle.tracing.TraceContext"
			"\0\x20\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\6"
			"\0\x1c"
			"com.twitter.finagle.Deadline"
			"\0\x10\0\0\0\0\0\0\3\xe8\0\0\0\0\0\0\7\xd0"
			"\0\1x\0\2hi"
			"\0\0\0\1\0\2/f\0\2/b"
			"\x80\1\0\1\0\0\0\3sum\0\0\0\0\x08\0\1\0\0\0\7\0"),
		FEED_RESPONSE("\0\0\0\x24\xfe\0\0\2\0\0\1\0\1y\0\1z"
			      "\x80\1\0\2\0\0\0\3sum\0\0\0\0\x08\0\0\0\0\0\x09\0"),
		FEED_REQUEST("\0\0\0\x21\2\0\0\2\0\0\0\0\0\0"
			     "\x80\1\0\1\0\0\0\3sum\0\0\0\0\x08\0\1\0\0\0\7\0"),
		FEED_RESPONSE("\0\0\0\x28\xfe\0\0\2\0\0\0"
			      "\x80\1\0\3\0\0\0\3sum\0\0\0\0\x0b\0\1\0\0\0\3"
			      "odd\x08\0\2\0\0\0\6\0"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','type':'dispatch' | 'method':'sum' | 'status':'ok' | "
	      "'trace_id':'0000000000000001','span_id':'0000000000000002',"
	      "'parent_id':'0000000000000003','deadline_ns':1000 | "
	      "'com.twitter.finagle.tracing.TraceContext':{'trace_id':'0000000000000001',"
	      "'span_id':'0000000000000002','parent_id':'0000000000000003','flags':6},"
	      "'com.twitter.finagle.Deadline':{'timestamp':1000,'deadline':2000},'x':'hi'} | "
	      "'resp_contexts':{'y':'z'} | 'dtab':[['/f','/b']],'args':{'1':7},'result':9",
	      "'outcome':'error','type':'dispatch' | 'method':'sum' | 'status':'ok','error_code':6,"
	      "'error':'odd'");
}

#define TRACE_KEY                                                                                  \
	"\0\x28"                                                                                   \
	"com.twitter.finagle.tracing.TraceContext"
#define DEADLINE_KEY                                                                               \
	"\0\x1c"                                                                                   \
	"com.twitter.finagle.Deadline"
#define TRACE_OF_1 "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1"
/* To /a, with a payload of 3 bytes, and the given contexts. */
#define WITH(len, count, contexts)                                                                 \
	FEED_REQUEST("\0\0\0" len "\2\0\0\2\0" count contexts "\0\2/a\0\0one"),                    \
		FEED_RESPONSE(ANSWER("\2", "ONE"))
#define DEADLINE_OF(until) DEADLINE_KEY "\0\x10\0\0\0\0\0\0\x07\xd0" until

/* Only a whole name says what a context is, and only a whole value is that. */
static void other_contexts(void **state)
{
	static const struct feed_message messages[] = {
		WITH("\xef", "\5",
		     "\0\x1e"
		     "com.example.a.rather.long.name\0\x18"
		     "abcdefghijklmnopqrstuvwx\0\x11"
		     "com.example.later\0\x10sixteen letters.\0\x0cTraceContext\0\5short" TRACE_KEY
		     "\0\x11not even 24 bytes" DEADLINE_KEY "\0\x0f"
		     "fifteen letters"),
		WITH("\x53", "\1", TRACE_KEY "\0\x18" TRACE_OF_1),
		WITH("\x63", "\1",
		     TRACE_KEY "\0\x28" TRACE_OF_1 "\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\x09"),
		WITH("\x3f", "\1", DEADLINE_OF("\0\0\0\0\0\0\x07\xcf")),
		WITH("\x3f", "\1", DEADLINE_OF("\0\0\0\0\0\0\x07\xd0")),
		WITH("\x3f", "\1", DEADLINE_OF("\x7f\xff\xff\xff\xff\xff\xff\xff")),
	};

	(void)state;
	CHECK(messages,
	      "'trace_id':null | 'deadline_ns':null | "
	      "'contexts':{'com.example.a.rather.long.name':'abcdefghijklmnopqrstuvwx',"
	      "'com.example.later':'sixteen letters.','TraceContext':'short',"
	      "'com.twitter.finagle.tracing.TraceContext':'not even 24 bytes',"
	      "'com.twitter.finagle.Deadline':'fifteen letters'}",
	      "'trace_id':'0000000000000001' | 'parent_id':'0000000000000003'}}",
	      "'trace_id':'0000000000000001' | "
	      "'flags':6,'trace_id_high':'0000000000000009'}}",
	      "'deadline_ns':null | {'timestamp':2000,'deadline':1999}", "'deadline_ns':0",
	      "'deadline_ns':null | {'timestamp':2000,'deadline':9223372036854775807}");
}

static void failures(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(ASK("\2", "one") ASK("\3", "two") ASK("\4", "six") ASK("\5", "ten")),
		FEED_RESPONSE("\0\0\0\x0a\xfe\0\0\2\1\0\0bad"),
		FEED_RESPONSE("\0\0\0\7\xfe\0\0\3\2\0\0"),
		FEED_RESPONSE("\0\0\0\7\x80\0\0\4err"),
		FEED_REQUEST("\0\0\0\x0a\x42\0\0\0\0\0\5why"),
		FEED_RESPONSE("\0\0\0\4\xbe\0\0\5"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'error','type':'dispatch' | 'tag':2 | 'status':'error' | 'error':'bad'",
	      "'outcome':'error','type':'dispatch' | 'tag':3 | 'status':'nack'",
	      "'outcome':'error','type':'dispatch' | 'tag':4 | 'error':'err'",
	      "'outcome':'ok','type':'discarded','sender':'client','tag':5 | 'reason':'why'",
	      "'outcome':'error','type':'dispatch' | 'tag':5 | 'discarded':true,'reason':'why'");
}

/* Frames of two messages between each other. */
static void fragments(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x0e\2\x80\0\2\0\0\0\2/a\0\0on"),
		FEED_REQUEST("\0\0\0\x0e\2\x80\0\3\0\0\0\2/a\0\0tw"),
		FEED_REQUEST("\0\0\0\5\2\0\0\2e"),
		FEED_REQUEST("\0\0\0\4\2\x80\0\3"),
		FEED_REQUEST("\0\0\0\5\2\0\0\3o"),
		FEED_RESPONSE(
			"\0\0\0\x08\xfe\x80\0\3\0\0\0T\0\0\0\6\xfe\0\0\3WO" ANSWER("\2", "ONE")),
	};

	(void)state;
	CHECK(messages,
	      ASKED("ok", "3", "two", "TWO") " | 'fragments':3,'resp_fragments':2,'req_bytes':35,"
					     "'resp_bytes':22",
	      ASKED("ok", "2", "one", "ONE") " | 'fragments':2,'resp_fragments':1");
}

static void older(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"\0\0\0\x25\1\0\0\2\2\1\x18\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1"
			"\2\1\4one"),
		FEED_RESPONSE("\0\0\0\x08\xff\0\0\2\0ONE"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','type':'req' | 'trace_id':'0000000000000001' | '2':4 | "
			"'payload':'one','resp_payload':'ONE'");
}

static void losses(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(ASK("\2", "one")), FEED_RESPONSE(ANSWER("\2", "ONE")),
		FEED_REQUEST(ASK("\2", "two")), FEED_RESPONSE(ANSWER("\2", "TWO")),
		FEED_REQUEST(ASK("\2", "six")), FEED_RESPONSE(ANSWER("\2", "SIX")),
	};
	struct feed feed = {
		.messages = messages,
		.count = 6,
		.decode_as = &protocol_mux,
		.role = ROLE_CLIENT,
		.lose = 4,
	};

	(void)state;
	http_expect(&feed,
		    (const char *const[]){ASKED("ok", "2", "one", "ONE"),
					  "'outcome':'partial','type':'dispatch' | 'payload':'two'",
					  ASKED("ok", "2", "six", "SIX"), NULL});
	feed.lose = 3;
	http_expect(&feed, (const char *const[]){
				   ASKED("ok", "2", "one", "ONE"),
				   "'outcome':'partial','type':'dispatch' | 'resp_payload':'TWO'",
				   ASKED("ok", "2", "six", "SIX"), NULL});
	feed.lose_from = 17;
	http_expect(&feed, (const char *const[]){
				   ASKED("ok", "2", "one", "ONE"),
				   "'outcome':'partial','type':'dispatch' | 'resp_payload':'TWO'",
				   "'outcome':'partial','type':'dispatch' | 'payload':'t'",
				   ASKED("ok", "2", "six", "SIX"), NULL});
}

static void malformed(void **state)
{
	static const struct feed_message messages[] = {
		/* A context that is longer than the frame; then one that is as it should be. */
		FEED_REQUEST("\0\0\0\x0a\2\0\0\2\0\1\0\xff"
			     "ab" ASK("\3", "two")),
		FEED_RESPONSE("\0\0\0\5\xfe\0\0\2\7" ANSWER("\3", "TWO")),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','type':'dispatch' | 'tag':2 | damaged",
	      ASKED("ok", "3", "two", "TWO"));
}

/* ---- inference ---- */

static void inference(void **state)
{
	struct sample resampled = {
		.transport = TRANSPORT_TCP, .midstream = true, .resampled = true};
	struct verdict verdict = {0};
	enum role role;

	(void)state;
	assert_true(infer_score(&protocol_mux, BYTES(PING("\1")), BYTES(PONG("\1")), false,
				&role) >= INFER_CERTAIN);
	assert_true(infer_score(&protocol_mux, BYTES(ANSWER("\2", "ONE") ANSWER("\3", "TWO")),
				BYTES(ASK("\2", "one")), false, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_SERVER);
	assert_true(infer_score(&protocol_mux, BYTES("\0\0\0\x0f\x7f\0\0\1tinit check"), BYTES(""),
				false, &role) >= INFER_CERTAIN);
	assert_true(
		infer_score(&protocol_mux,
			    BYTES("rest" ASK("\2", "one") ASK("\3", "two") ASK("\2", "one")),
			    BYTES("st" ANSWER("\2", "ONE") ANSWER("\3", "TWO") ANSWER("\2", "ONE")),
			    true, &role) >= INFER_CERTAIN);
	/* Behind what nothing recognised only a chain of frames will do. */
	resampled.bytes[DIRECTION_SENT] = BYTES(ASK("\2", "one") ASK("\3", "two"));
	resampled.bytes[DIRECTION_RECEIVED] = BYTES(ANSWER("\2", "ONE") ANSWER("\3", "TWO"));
	protocol_mux.infer(&resampled, &verdict);
	assert_true(verdict.score >= INFER_CERTAIN);
	verdict.score = 0;
	resampled.bytes[DIRECTION_SENT] = BYTES(ASK("\2", "one"));
	resampled.bytes[DIRECTION_RECEIVED] = BYTES("");
	protocol_mux.infer(&resampled, &verdict);
	assert_int_equal(verdict.score, 0);
	/* TLS behind what both sides said of it. */
	assert_true(infer_score(&protocol_mux,
				BYTES("\0\0\0\x0f\x7f\0\0\1tinit check\x16\3\1\2\0\1\0\1\xfc"),
				BYTES(""), false, &role) >= INFER_CERTAIN);
	/* Frames with a length that others have, too. */
	assert_int_equal(
		infer_score(&protocol_mux, BYTES("\0\0\0\5\2abcd"), BYTES(""), false, &role), 0);
	assert_true(infer_score(&protocol_mux, BYTES(ASK("\2", "one")), BYTES(""), false, &role) <
		    INFER_PLAUSIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_tag),    cmocka_unit_test(init),
		cmocka_unit_test(contexts),  cmocka_unit_test(other_contexts),
		cmocka_unit_test(tls),	     cmocka_unit_test(failures),
		cmocka_unit_test(fragments), cmocka_unit_test(older),
		cmocka_unit_test(losses),    cmocka_unit_test(malformed),
		cmocka_unit_test(inference),
	};

	return cmocka_run_group_tests_name("mux", tests, NULL, NULL);
}
