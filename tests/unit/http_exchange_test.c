/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations over HTTP/1.x: which response answers which request, and what ends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/http_case.h"

static void an_exchange_gives_every_column(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nContent-Length: "
			     "3\r\n\r\nabc"),
		FEED_RESPONSE("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "{'outcome':'ok','version':'1.1','method':'POST','path':'/a?b=c',"
		   "'host':'example.org','code':201,'reason':'Created',"
		   "'req_headers':{'Host':'example.org','Content-Length':'3'},"
		   "'resp_headers':{'Content-Length':'2'},'req_body':'abc','resp_body':'ok',"
		   "'req_bytes':3,'resp_bytes':2,'note':''}");
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /1 HTTP/1.1\r\n\r\nPUT /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"
			     "\r\nGET /3 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
			      "HTTP/1.1 204 No Content\r\n\r\n"
			      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("GET /4 HTTP/1.1\r\nConnection: close\r\n\r\nGET /5 HTTP/1.1\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'ok' | 'path':'/1' | 'code':200",
		   "'path':'/2' | 'code':204", "'outcome':'error' | 'path':'/3' | 'code':404",
		   "'outcome':'unanswered' | 'path':'/4' | 'code':null | 'resp_body':null",
		   "'outcome':'unanswered' | 'path':'/5'");
}

static void interim_responses_do_not_end_the_exchange(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 100 Continue\r\n\r\n"),
		FEED_REQUEST("body"),
		FEED_RESPONSE("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
			      "Link: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("POST /2 HTTP/1.1\r\nContent-Length: 4\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 100 Continue\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "'outcome':'ok' | 'code':200 | 'req_body':'body' | "
		   "'note':'interim 100 Continue, 102 Processing, 103 Early Hints'",
		   "'outcome':'partial' | 'path':'/2' | interim 100 Continue | "
		   "ended inside the body");
}

/* RFC 9110, section 10.1.1: a client may hold the body back, and send it or not after an answer. */
static void a_refused_body_may_never_come(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"PUT /1 HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 400\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("PUT /2 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"),
		FEED_RESPONSE("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("POST /3 HTTP/1.1\r\nExpect: 100-continue\r\n"
			     "Transfer-Encoding: chunked\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"),
		FEED_REQUEST("DELETE /4 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 No Content\r\n\r\n"),
		FEED_REQUEST(
			"PUT /5 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 103 Early Hints\r\n\r\n"
			      "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "'outcome':'error' | 'path':'/1' | 'req_body':'' | 'req_bytes':0 | 'code':417 | "
		   "'note':'request: no body came: the server answered and did not ask for it'",
		   "'outcome':'ok' | 'path':'/2' | 'req_body':'body' | 'code':201 | 'note':''",
		   "'outcome':'error' | 'path':'/3' | 'req_bytes':0 | 'code':401 | no body came",
		   "'outcome':'ok' | 'path':'/4' | 'code':204 | 'note':''",
		   "'outcome':'error' | 'path':'/5' | 'req_bytes':0 | 'code':413 | no body came");
}

static void a_refused_body_may_come(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"PUT /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("GET /"),
		FEED_REQUEST("PUT /2 HTTP/1.1\r\nExpect: 100-continue\r\n"
			     "Transfer-Encoding: chunked\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("A\r\nGET /x HTT\r\n0\r\n\r\n"),
		/* The client is tired of waiting before the server asks, and before it answers. */
		FEED_REQUEST(
			"PUT /3 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 18\r\n\r\n"),
		FEED_REQUEST("GET /x HTTP/1.1\r\n"),
		FEED_RESPONSE("HTTP/1.1 100 Continue\r\n\r\n"),
		FEED_REQUEST("\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST(
			"PUT /4 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
		FEED_REQUEST("GET /x HTTP/1.1\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "'outcome':'error' | 'path':'/1' | 'req_body':'GET /' | 'code':401 | 'note':''",
		   "'path':'/2' | 'req_body':'GET /x HTT' | 'code':200 | 'note':''",
		   "'path':'/3' | 'req_body':'GET /x HTTP/1.1\\r\\n\\n' | 'code':200 | "
		   "interim 100 Continue",
		   "'path':'/4' | 'req_body':'GET /x HTTP/1.1\\r\\n' | 'code':417 | 'note':''");
}

static void a_short_body_that_no_request_begins_with_ends_with_the_connection(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"PUT /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("hello"),
	};

	(void)state;
	HTTP_CHECK(messages, "'path':'/1' | 'req_body':'hello' | 'code':401 | 'note':''");
}

static void nobody_knows_whether_a_refused_body_was_lost(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"PUT /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("12345"),
		FEED_REQUEST("GET /2 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 No Content\r\n\r\n"),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(
		NULL, messages, 3,
		"'outcome':'partial' | 'path':'/1' | 'code':401 | bytes of the body were lost",
		"'path':'/2' | 'code':204");
}

static void responses_without_a_body_by_definition(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"HEAD /h HTTP/1.1\r\n\r\nGET /304 HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
			      "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
	};

	(void)state;
	HTTP_CHECK(messages, "'method':'HEAD' | 'code':200 | 'resp_bytes':0 | 'resp_body':''",
		   "'path':'/304' | 'code':304 | 'resp_bytes':0", "'path':'/a' | 'resp_body':'a'");
}

static void an_early_answer_waits_for_its_request(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("POST /up HTTP/1.1\r\nContent-Length: 8\r\n\r\nhalf"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
		FEED_REQUEST("done"),
		FEED_REQUEST("POST /big HTTP/1.1\r\nContent-Length: 800\r\n\r\nhalf"),
		FEED_RESPONSE("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'ok' | 'path':'/up' | 'req_body':'halfdone' | 'code':200",
		   "'outcome':'error' | 'path':'/big' | 'req_body':'half' | 'req_bytes':4 | "
		   "'code':413 | 'note':'request: ended inside the body'");
}

static void an_upgrade_hands_the_connection_over(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
		FEED_RESPONSE(
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"),
		FEED_REQUEST("\x81\x82\x01\x02\x03\x04\x69\x6b"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "'outcome':'ok' | 'path':'/chat' | 'code':101 | 'resp_bytes':0 | "
		   "another protocol follows",
		   "'opcode':'text','sender':'server' | 'payload':'hi'",
		   "'opcode':'text','sender':'client' | 'payload':'hi'");
}

static void a_tunnel_is_inferred_afresh(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("CONNECT in.example:80 HTTP/1.1\r\nHost: in.example:80\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 Connection established\r\n\r\n"),
		FEED_REQUEST("GET /inside HTTP/1.1\r\nHost: in.example\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
	};

	(void)state;
	HTTP_CHECK(
		messages,
		"'method':'CONNECT' | 'path':'in.example:80' | 'host':'in.example:80' | 'code':200",
		"'path':'/inside' | 'resp_body':'hi'");
}

static void a_refused_tunnel_stays_http(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("CONNECT h:1 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE(
			"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("GET http://u@h:8/x?y HTTP/1.1\r\nHost: other\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'error' | 'method':'CONNECT' | 'code':407",
		   "'path':'http://u@h:8/x?y' | 'host':'h:8' | 'code':200");
}

/* The authority of an absolute target ends where path, query or fragment begin; others have none.
 */
static void targets_name_hosts(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET http://h.example:8080?u=http://x/y HTTP/1.1\r\nHost: a\r\n\r\n"
			     "GET http://h#f/?@ HTTP/1.1\r\nHost: a\r\n\r\n"
			     "GET p?u=http://x/y HTTP/1.1\r\nHost: a\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n"
			      "HTTP/1.1 204 No\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'host':'h.example:8080'", "'host':'h'", "'host':'a'");
}

/* "identity" is no coding: the length counts, and the connection goes on. */
static void identity_is_no_transfer_coding(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET /1 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n"
			      "Content-Length: 2\r\n\r\nhi"),
		FEED_REQUEST("GET /2 HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 204 No Content\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'ok' | 'path':'/1' | 'resp_body':'hi'",
		   "'outcome':'ok' | 'path':'/2' | 'code':204");
}

static void the_end_of_the_connection_ends_a_body(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET / HTTP/1.0\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.0 200 OK\r\n\r\none "),
		FEED_RESPONSE("two"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'ok' | 'version':'1.0' | 'resp_body':'one two' | "
			     "'resp_bytes':7 | 'note':''");
}

static void http_09(void **state)
{
	static const struct feed_message simple[] = {
		FEED_REQUEST("GET /old\r\n"),
		FEED_RESPONSE("plain words\r\n"),
	};
	static const struct feed_message document[] = {
		FEED_REQUEST("GET /new HTTP/1.1\r\nHost: x\r\n\r\n"),
		FEED_RESPONSE("<html>hi</html>"),
	};

	(void)state;
	HTTP_CHECK(simple, "'outcome':'ok','version':'0.9' | 'path':'/old' | 'code':null | "
			   "'resp_headers':null | 'resp_body':'plain words\\r\\n'");
	HTTP_CHECK(document, "'version':'1.1' | 'code':null | 'resp_body':'<html>hi</html>' | "
			     "without a head");
}

static void a_server_may_give_up_waiting(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET / HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages, "'outcome':'ok'",
		   "'outcome':'error','version':'1.1','method':null | "
		   "'code':408 | 'req_headers':null");
}

static void garbage_is_named(void **state)
{
	static const struct feed_message answer[] = {
		FEED_REQUEST("GET / HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("SSH-2.0-OpenSSH_9.2\r\n"),
	};
	static const struct feed_message request[] = {
		FEED_REQUEST("hello?\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
		FEED_REQUEST("GET /good HTTP/1.1\r\n\r\n"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(answer, "'outcome':'partial' | 'code':null | "
			   "'note':'what came as a response is no HTTP'");
	HTTP_CHECK(request, "'outcome':'partial' | 'method':null | 'code':400",
		   "'path':'/good' | 'code':200 | request: what came before it is no HTTP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exchange_gives_every_column),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(interim_responses_do_not_end_the_exchange),
		cmocka_unit_test(a_refused_body_may_never_come),
		cmocka_unit_test(a_refused_body_may_come),
		cmocka_unit_test(a_short_body_that_no_request_begins_with_ends_with_the_connection),
		cmocka_unit_test(nobody_knows_whether_a_refused_body_was_lost),
		cmocka_unit_test(responses_without_a_body_by_definition),
		cmocka_unit_test(an_early_answer_waits_for_its_request),
		cmocka_unit_test(an_upgrade_hands_the_connection_over),
		cmocka_unit_test(a_tunnel_is_inferred_afresh),
		cmocka_unit_test(a_refused_tunnel_stays_http),
		cmocka_unit_test(targets_name_hosts),
		cmocka_unit_test(identity_is_no_transfer_coding),
		cmocka_unit_test(the_end_of_the_connection_ends_a_body),
		cmocka_unit_test(http_09),
		cmocka_unit_test(a_server_may_give_up_waiting),
		cmocka_unit_test(garbage_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
