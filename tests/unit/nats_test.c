/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/nats/nats.h"
#include "tests/unit/http_case.h"
#include "tests/unit/infer_case.h"

#define CHECK(messages, ...)                                                                       \
	check(messages, sizeof(messages) / sizeof((messages)[0]), false,                           \
	      (const char *const[]){__VA_ARGS__, NULL})
#define CHECK_MIDSTREAM(messages, ...)                                                             \
	check(messages, sizeof(messages) / sizeof((messages)[0]), true,                            \
	      (const char *const[]){__VA_ARGS__, NULL})

static void check(const struct feed_message *messages, size_t count, bool midstream,
		  const char *const *records)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = &protocol_nats,
		.role = ROLE_CLIENT,
		.midstream = midstream,
	};

	http_expect(&feed, records);
	feed_check(&feed, NULL);
}

/* Runs it with message LOSE lost from byte FROM on. */
static void check_loss(const struct feed_message *messages, size_t count, size_t lose, size_t from,
		       const char *const *records)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = &protocol_nats,
		.role = ROLE_CLIENT,
		.lose = lose,
		.lose_from = from,
	};

	http_expect(&feed, records);
}

#define LOSE(messages, lose, from, ...)                                                            \
	check_loss(messages, sizeof(messages) / sizeof((messages)[0]), lose, from,                 \
		   (const char *const[]){__VA_ARGS__, NULL})

#define INFO		 "INFO {\"server_id\":\"N1\",\"max_payload\":1048576}\r\n"
#define CONNECT(verbose) "CONNECT {\"verbose\":" verbose ",\"name\":\"shop\"}\r\n"

static void hello(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(INFO),
		FEED_REQUEST(
			"CONNECT {\"verbose\":false,\"user\":\"joe\",\"pass\":\"hush\","
			"\"auth_token\":\"t0k\",\"jwt\":\"j\",\"sig\":\"s\",\"name\":\"a\\u00e9\"}"
			"\r\nPING\r\n"),
		FEED_RESPONSE("PONG\r\n"),
		FEED_RESPONSE("PING\r\n"),
		FEED_REQUEST("PONG\r\n"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','verb':'INFO','kind':'info' | 'server_id':'N1'",
	      "'outcome':'ok','verb':'CONNECT','kind':'connect' | 'application':'a\u00e9' | "
	      "'user':'joe' | 'pass':'***','auth_token':'***','jwt':'***','sig':'***'",
	      "'outcome':'ok','verb':'PING','kind':'ping'",
	      "'outcome':'ok','verb':'PING','kind':'ping'");
}

static void refused(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(INFO),
		FEED_REQUEST(CONNECT("false") "PING\r\n"),
		FEED_RESPONSE("-ERR 'Authorization Violation'\r\n"),
	};

	(void)state;
	CHECK(messages, "'verb':'INFO'",
	      "'outcome':'error','verb':'CONNECT' | 'error':'Authorization Violation'",
	      "'outcome':'unanswered','verb':'PING'");
}

/* Payloads are as long as they say, whatever they look like. */
static void payloads(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("SUB a.> workers 7\r\nPUB a.b 20\r\nPING\r\nMSG fake 1 3\r\n\r\n"),
		FEED_RESPONSE("MSG a.b 7 20\r\nPING\r\nMSG fake 1 3\r\n\r\nMSG a.c 7 0\r\n\r\n"),
		FEED_REQUEST("UNSUB 7 5\r\nunsub 7\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "'verb':'SUB','kind':'subscribe','subject':'a.>' | 'queue':'workers','sid':'7'",
	      "'verb':'PUB','kind':'publish','subject':'a.b','reply_to':null | "
	      "'payload':'PING\\r\\nMSG fake 1 3\\r\\n' | 'req_bytes':20",
	      "'verb':'MSG','kind':'delivery','subject':'a.b' | 'queue':'workers','sid':'7',"
	      "'subscription':'a.>' | 'req_bytes':20",
	      "'verb':'MSG','kind':'delivery','subject':'a.c' | 'payload':'' | 'req_bytes':0",
	      "'verb':'UNSUB','kind':'unsubscribe','subject':'a.>' | 'max_messages':5",
	      "'verb':'UNSUB','kind':'unsubscribe','subject':'a.>' | 'max_messages':null");
}

static void headers(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("HPUB a 42 45\r\nNATS/1.0\r\nx: 1\r\nempty: \r\nx:2\r\nno "
			     "colon\r\n\r\nabc\r\n"),
	};

	(void)state;
	CHECK(messages, "'headers':{'x':['1','2'],'empty':''},'payload':'abc' | 'req_bytes':3");
}

/* Requests by their inboxes, out of order; nobody there; the responder's side. */
static void requests(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CONNECT("false") "SUB _INBOX.i.* 1\r\nSUB svc 2\r\n"),
		FEED_REQUEST("PUB svc _INBOX.i.a 2\r\nq1\r\nPUB svc _INBOX.i.b 2\r\nq2\r\n"
			     "PUB nobody _INBOX.i.c 0\r\n\r\n"),
		FEED_RESPONSE("MSG svc 2 _INBOX.i.a 2\r\nq1\r\n"),
		FEED_REQUEST("PUB _INBOX.i.a 2\r\na1\r\n"),
		FEED_RESPONSE("HMSG _INBOX.i.c 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"),
		FEED_RESPONSE("MSG _INBOX.i.b 1 2\r\na2\r\nMSG _INBOX.i.a 1 2\r\na1\r\n"),
	};

	(void)state;
	CHECK(messages, "'verb':'SUB'", "'verb':'SUB'", "'outcome':'ok','verb':'CONNECT'",
	      "'outcome':'ok','verb':'MSG','kind':'delivery','subject':'svc','reply_to':'_INBOX.i."
	      "a' "
	      "| 'payload':'q1' | 'resp_payload':'a1' | 'req_bytes':2,'resp_bytes':2",
	      "'outcome':'error','verb':'PUB','kind':'request','subject':'nobody' | 'status':503 | "
	      "'error_code':503,'error':'No Responders'",
	      "'outcome':'ok','verb':'PUB','kind':'request','subject':'svc','reply_to':'_INBOX.i.b'"
	      " | "
	      "'payload':'q2' | 'resp_payload':'a2'",
	      "'outcome':'ok','verb':'PUB','kind':'request','subject':'svc','reply_to':'_INBOX.i.a'"
	      " | "
	      "'payload':'q1' | 'resp_payload':'a1'");
}

/* Whoever publishes for others gets no answer here. */
static void elsewhere(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CONNECT("false") "PUB a results 1\r\nx\r\n"),
		FEED_RESPONSE("PONG\r\n"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','verb':'PUB','kind':'request' | goes elsewhere",
	      "'verb':'CONNECT'", "'verb':'PONG'");
	CHECK_MIDSTREAM(messages, "'outcome':'ok','verb':'PUB' | goes elsewhere",
			"'verb':'CONNECT'", "'verb':'PONG'");
}

static void service_error(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PUB svc _INBOX.a 0\r\n\r\n"),
		FEED_RESPONSE(
			"HMSG _INBOX.a 1 77 77\r\nNATS/1.0\r\nNats-Service-Error: no such order\r\n"
			"Nats-Service-Error-Code: 404\r\n\r\n\r\n"),
	};

	(void)state;
	CHECK_MIDSTREAM(messages, "'outcome':'error','verb':'PUB' | "
				  "'error_code':404,'error':'no such order'");
}

/* Receipts by order; errors in their place; requests have their answers. */
static void receipts(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CONNECT("true")),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("SUB a 1\r\nPUB b 1\r\nx\r\nPUB c 1\r\ny\r\nPING\r\n"),
		FEED_RESPONSE(
			"+OK\r\n-ERR 'Permissions Violation for Publish to \"b\"'\r\n+OK\r\n"),
		FEED_RESPONSE("PONG\r\n"),
		FEED_RESPONSE("-ERR 'Slow Consumer'\r\n"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','verb':'CONNECT'", "'outcome':'ok','verb':'SUB'",
	      "'outcome':'error','verb':'PUB','kind':'publish','subject':'b' | "
	      "'error':'Permissions "
	      "Violation",
	      "'outcome':'ok','verb':'PUB','kind':'publish','subject':'c'",
	      "'outcome':'ok','verb':'PING'",
	      "'outcome':'error','verb':'-ERR','kind':'error' | 'error':'Slow Consumer'");
}

/* Of the receipts the second is lost: who had it isn't known until the next PONG. */
static void lost_receipt(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(CONNECT("true")),	  FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("PUB a 1\r\nx\r\n"), FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("PUB b 1\r\ny\r\n"), FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("PING\r\n"),	  FEED_RESPONSE("PONG\r\n"),
		FEED_REQUEST("PUB c 1\r\nz\r\n"), FEED_RESPONSE("+OK\r\n"),
	};

	(void)state;
	LOSE(messages, 4, 0, "'outcome':'ok','verb':'CONNECT'",
	     "'outcome':'partial','verb':'PUB','kind':'publish','subject':'a'",
	     "'outcome':'partial','verb':'PUB','kind':'publish','subject':'b'", "'verb':'PING'",
	     "'outcome':'ok','verb':'PUB','kind':'publish','subject':'c'");
}

static void violation(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PUB b _INBOX.a 1\r\nx\r\n"),
		FEED_RESPONSE("-ERR 'Permissions Violation for Publish to \"b\"'\r\n"),
	};

	(void)state;
	CHECK_MIDSTREAM(messages, "'outcome':'error','verb':'PUB','kind':'request' | "
				  "'error':'Permissions Violation for Publish to \\'b\\''");
}

static void published(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PUB ev.1 _INBOX.a 1\r\nx\r\nPUB ev.1 _INBOX.b 1\r\nx\r\n"
			     "PUB $JS.API.STREAM.INFO.EV _INBOX.c 0\r\n\r\n"),
		FEED_RESPONSE("MSG _INBOX.a 1 28\r\n{\"stream\":\"EV\", \"seq\":17}   \r\n"),
		FEED_RESPONSE(
			"MSG _INBOX.b 1 107\r\n{\"error\":{\"code\":503,\"err_code\":10077,"
			"\"description\":\"maximum \\u006dessages\"},\"stream\":\"EV\",\"seq\":0}"
			"        \r\n"),
		FEED_RESPONSE(
			"MSG _INBOX.c 1 105\r\n"
			"{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"error\":"
			"{\"code\":404,\"description\":\"not found\"}}  \r\n"),
	};

	(void)state;
	CHECK_MIDSTREAM(messages,
			"'outcome':'ok','verb':'PUB','kind':'js_publish' | 'stream':'EV' | "
			"'stream_seq':17 | 'duplicate':false",
			"'outcome':'error','verb':'PUB','kind':'js_publish' | 'stream':'EV' | "
			"'stream_seq':null | 'error_code':10077,'error':'maximum messages'",
			"'outcome':'error','verb':'PUB','kind':'js_api' | 'stream':'EV' | "
			"'error_code':404,'error':'not found'");
}

#define ACK(n) "$JS.ACK.EV.pull.1." n "." n ".1700000000000000000.3"

/* Two pulls: one is given all it wants, the other what there is. */
static void pulls(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"PUB $JS.API.CONSUMER.MSG.NEXT.EV.pull _INBOX.p 11\r\n{\"batch\":2}\r\n"),
		FEED_RESPONSE(
			"MSG ev.1 4 " ACK("8") " 1\r\na\r\nMSG ev.1 4 " ACK("9") " 2\r\nbb\r\n"),
		FEED_REQUEST("PUB " ACK("8") " 4\r\n+WPI\r\nPUB " ACK("8") " 4\r\n+ACK\r\n"),
		FEED_REQUEST("PUB " ACK("9") " _INBOX.s 13\r\n-NAK {\"delay\"}\r\n"),
		FEED_RESPONSE("MSG _INBOX.s 5 0\r\n\r\n"),
		FEED_REQUEST("PUB $JS.API.CONSUMER.MSG.NEXT.EV.pull _INBOX.p 1\r\n5\r\n"),
		FEED_RESPONSE("HMSG _INBOX.p 4 29 29\r\nNATS/1.0 100 Idle Heartbeat\r\n\r\n"
			      "HMSG _INBOX.p 4 28 28\r\nNATS/1.0 404 No Messages\r\n\r\n\r\n"),
	};

	(void)state;
	CHECK_MIDSTREAM(
		messages,
		"'outcome':'ok','verb':'PUB','kind':'js_pull' | 'stream':'EV','consumer':'pull' | "
		"'batch':2,'messages':2 | 'req_bytes':11,'resp_bytes':3",
		"'outcome':'ok','verb':'PUB','kind':'ack' | 'ack':'progress','stream':'EV' | "
		"'stream_seq':8",
		"'outcome':'ok','verb':'MSG','kind':'js_delivery' | 'ack':'ack','stream':'EV',"
		"'consumer':'pull','stream_seq':8,'consumer_seq':8,'deliveries':1,'pending':3",
		"'outcome':'ok','verb':'MSG','kind':'js_delivery' | 'ack':'nak' | 'stream_seq':9",
		"'outcome':'ok','verb':'PUB','kind':'ack' | 'ack':'nak'",
		"'outcome':'ok','verb':'HMSG','kind':'status' | 'status':100",
		"'outcome':'ok','verb':'PUB','kind':'js_pull' | 'status':404 | "
		"'batch':5,'messages':0");
}

/* The pull's consumer is gone in the middle. */
static void pull_fails(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PUB $JS.hub.API.CONSUMER.MSG.NEXT.EV.pull _INBOX.p 1\r\n9\r\n"),
		FEED_RESPONSE("MSG ev.1 4 $JS.ACK.hub.acc.EV.pull.2.8.9.1.0.x 1\r\na\r\n"),
		FEED_RESPONSE("HMSG _INBOX.p 4 33 33\r\nNATS/1.0 409 Consumer Deleted\r\n\r\n\r\n"),
	};

	(void)state;
	CHECK_MIDSTREAM(messages,
			"'outcome':'error','verb':'PUB','kind':'js_pull' | 'messages':1 | "
			"'error_code':409,'error':'Consumer Deleted'",
			"'outcome':'ok','verb':'MSG','kind':'js_delivery' | "
			"'stream_seq':8,'consumer_seq':9,'deliveries':2,'pending':0");
}

static const struct feed_message lossy[] = {
	FEED_REQUEST("PUB a 5\r\nfirst\r\n"),
	FEED_REQUEST("PUB b _INBOX.x 6\r\nsecond\r\n"),
	FEED_RESPONSE("MSG _INBOX.x 1 6\r\nanswer\r\n"),
	FEED_REQUEST("PUB c 5\r\nthird\r\n"),
	FEED_RESPONSE("MSG d 2 4\r\nlast\r\n"),
};

#define FIRST "'outcome':'ok','verb':'PUB','kind':'publish','subject':'a' | 'payload':'first'"
#define THIRD "'outcome':'ok','verb':'PUB','kind':'publish','subject':'c' | 'payload':'third'"
#define LAST  "'outcome':'ok','verb':'MSG','kind':'delivery','subject':'d' | 'payload':'last'"

static void losses(void **state)
{
	(void)state;
	/* A whole message; a payload behind its line; a line. */
	LOSE(lossy, 2, 0, FIRST, "'verb':'MSG','kind':'delivery','subject':'_INBOX.x'", THIRD,
	     LAST);
	/* That bytes are missing was seen with what came behind them, after the answer. */
	LOSE(lossy, 2, 20, FIRST, "'verb':'MSG','kind':'delivery','subject':'_INBOX.x'", THIRD,
	     LAST, "'outcome':'partial','verb':'PUB','kind':'request','subject':'b'");
	LOSE(lossy, 2, 3, FIRST, "'subject':'_INBOX.x'", THIRD, LAST);
	LOSE(lossy, 3, 0, FIRST, THIRD, LAST, "'outcome':'partial','verb':'PUB','kind':'request'");
	LOSE(lossy, 3, 20, FIRST, THIRD, "'outcome':'partial','verb':'PUB','kind':'request'", LAST);
	LOSE(lossy, 5, 0, FIRST, "'outcome':'ok','verb':'PUB','kind':'request'", THIRD);
}

static void malformed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PUB a 1\r\nx\r\nDEADBEEF\r\nPUB b\r\nPUB c 99999999999\r\nPUB d "
			     "1\r\ny\r\n"),
		FEED_RESPONSE("-ERR 'Unknown Protocol Operation'\r\n"),
	};

	(void)state;
	CHECK(messages, "'subject':'a'", "'subject':'d'",
	      "'outcome':'error','verb':'-ERR' | 'error':'Unknown Protocol Operation'");
}

/* Longer than what is taken whole, with little kept of it. */
/* What a server tells of itself may be long, with all servers of a cluster; a subject isn't. */
static void long_lines(void **state)
{
	static char info[100000], pub[100000];
	struct feed_message messages[] = {
		{DIRECTION_RECEIVED, info, sizeof(info)},
		FEED_REQUEST("PUB a 1\r\nx\r\n"),
		{DIRECTION_SENT, pub, sizeof(pub)},
		FEED_REQUEST("PUB c 1\r\nx\r\n"),
	};
	const struct feed feed = {
		.messages = messages, .count = 4, .decode_as = &protocol_nats, .role = ROLE_CLIENT};
	static const char head[] = "INFO {\"server_id\":\"N1\",\"connect_urls\":[\"",
			  tail[] = "\"]}\r\n";

	(void)state;
	memset(info, 'x', sizeof(info));
	memcpy(info, head, sizeof(head) - 1);
	memcpy(info + sizeof(info) - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	memset(pub, 'b', sizeof(pub));
	memcpy(pub, "PUB ", 4);
	memcpy(pub + sizeof(pub) - 8, " 1\r\nx\r\n", 7);
	http_expect(&feed, (const char *const[]){"'verb':'INFO'", "'verb':'PUB' | 'subject':'a'",
						 "'verb':'PUB' | 'subject':'c'", NULL});
}

static void long_payload(void **state)
{
	static char frame[300000];
	struct feed_message messages[] = {
		{DIRECTION_SENT, frame, sizeof(frame)},
		FEED_REQUEST("PUB b 1\r\nx\r\n"),
	};
	struct feed feed = {
		.messages = messages,
		.count = 2,
		.decode_as = &protocol_nats,
		.role = ROLE_CLIENT,
		.keep = 5,
	};
	static const char *const records[] = {
		"'subject':'a' | 'payload':'xxxxx' | 'req_bytes':299984 | not all of it is shown",
		"'subject':'b' | 'payload':'x'",
		NULL,
	};
	int len = snprintf(frame, sizeof(frame), "PUB a 299984\r\n");

	(void)state;
	memset(frame + len, 'x', sizeof(frame) - (size_t)len);
	memcpy(frame + sizeof(frame) - 2, "\r\n", 2);
	http_expect(&feed, records);
	/* Its end is missing. */
	feed.lose = 1;
	feed.lose_from = 100000;
	http_expect(&feed, (const char *const[]){"'outcome':'partial','verb':'PUB' | 'subject':'a'",
						 "'subject':'b'", NULL});
}

static void tls(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("INFO {\"server_id\":\"N\",\"tls_required\":true}\r\n"),
		FEED_REQUEST("\x16\3\1\0\1\1"),
		FEED_REQUEST("CONNECT {\"verbose\":false}\r\n"),
		FEED_RESPONSE("PONG\r\n"),
	};
	const struct feed feed = {
		.messages = messages,
		.count = 4,
		.decode_as = &protocol_nats,
		.role = ROLE_CLIENT,
		.plaintext = 0xc,
		.packs = true,
	};
	struct buffer out = {0};

	(void)state;
	feed_run(&feed, &out);
	assert_non_null(strstr(out.data, "\"verb\":\"INFO\""));
	assert_non_null(strstr(out.data, "\"outcome\":\"ok\",\"verb\":\"CONNECT\""));
	buffer_free(&out);
}

/* ---- inference ---- */

#define SCORE(sent, received, midstream, role)                                                     \
	infer_score(&protocol_nats, span_text(sent), span_text(received), midstream, role)

static void inference(void **state)
{
	static const char *const numbers[] = {"0", "9", "10", "90", "/", ":", "1/", "9:"};
	enum role role;

	(void)state;
	assert_true(SCORE("", INFO, false, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_CLIENT);
	assert_true(SCORE(INFO, CONNECT("true"), false, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_SERVER);
	assert_true(SCORE("PUB a 3\r\nabc\r\nPUB b 1\r\nx\r\n", "", true, &role) >= INFER_CERTAIN);
	assert_int_equal(role, ROLE_CLIENT);
	assert_true(SCORE("", "rest\r\nMSG a 1 3\r\nabc\r\nMSG b 1 1\r\nx\r\n", true, &role) >=
		    INFER_CERTAIN);
	assert_true(SCORE("PING\r\n", "PONG\r\n", true, &role) < INFER_CERTAIN);
	assert_true(SCORE("1\r\n$4\r\nPING\r\n", "PONG\r\n", true, &role) < INFER_PLAUSIBLE);
	/* Others that begin alike. */
	assert_int_equal(SCORE("CONNECT example.com:443 HTTP/1.1\r\n\r\n", "", false, &role), 0);
	assert_true(SCORE("PING\r\n", "+PONG\r\n", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("PING :irc.example.net\r\n", "", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("PASS x\r\n", "+OK\r\n+OK\r\n", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("INFO\r\n", "$5\r\nabcde\r\n", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("PUB topic\n\0\0\0\5hello", "", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("PUB a 3\r\nabcdefgh\r\n", "", false, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("MSG 26 U 11\r\nHello: you.", "", true, &role) < INFER_PLAUSIBLE);
	assert_true(SCORE("", "MSG a@example.com Ann 11\r\nHello: you.", true, &role) <
		    INFER_PLAUSIBLE);
	assert_true(SCORE("", "MSG a 26 U 11\r\nHello: you.", true, &role) >= INFER_PLAUSIBLE);
	/* A subscription's number is made of digits, and of nothing beside them. */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char message[64];

		snprintf(message, sizeof(message), "MSG a %s U 11\r\nHello: you.", numbers[i]);
		assert_int_equal(SCORE("", message, true, &role) >= INFER_PLAUSIBLE, i < 4);
	}
}

/* Of headers so much is shown. */
static void long_headers(void **state)
{
	static const size_t shown = 64 << 10, others[] = {0, 1, 1000};
	const char *begin = "NATS/1.0\r\nA:";

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t len = shown + others[i], count = 0;
		struct buffer message = {0}, out = {0};
		struct feed_message messages[] = {{.direction = DIRECTION_SENT}};
		struct feed feed = {.messages = messages,
				    .count = 1,
				    .decode_as = &protocol_nats,
				    .role = ROLE_CLIENT};

		buffer_printf(&message, "HPUB a %zu %zu\r\n%s", len, len, begin);
		for (size_t n = len - strlen(begin) - 4; n > 0; n--)
			buffer_append_char(&message, '~');
		buffer_append_text(&message, "\r\n\r\n\r\n");
		messages[0].data = message.data;
		messages[0].len = message.len;
		feed_run(&feed, &out);
		for (size_t at = 0; at < out.len; at++)
			count += out.data[at] == '~';
		assert_int_equal(count,
				 shown - strlen(begin) - (others[i] < 4 ? 4 - others[i] : 0));
		buffer_free(&message);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_headers), cmocka_unit_test(hello),
		cmocka_unit_test(refused),	cmocka_unit_test(payloads),
		cmocka_unit_test(headers),	cmocka_unit_test(requests),
		cmocka_unit_test(elsewhere),	cmocka_unit_test(service_error),
		cmocka_unit_test(receipts),	cmocka_unit_test(lost_receipt),
		cmocka_unit_test(violation),	cmocka_unit_test(published),
		cmocka_unit_test(pulls),	cmocka_unit_test(pull_fails),
		cmocka_unit_test(losses),	cmocka_unit_test(malformed),
		cmocka_unit_test(long_payload), cmocka_unit_test(long_lines),
		cmocka_unit_test(tls),		cmocka_unit_test(inference),
	};

	return cmocka_run_group_tests_name("nats", tests, NULL, NULL);
}
