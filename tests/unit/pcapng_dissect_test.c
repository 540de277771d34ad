/* SPDX-License-Identifier: BSD-2-Clause */
/* What Wireshark makes of exported recordings: every protocol on the right dissector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/buffer.h"
#include "tests/unit/tshark.h"

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
static const char ping[] = "*1\r\n$4\r\nPING\r\n";
static const char pong[] = "+PONG\r\n";

/* A client's connection on which REQUEST was answered with RESPONSE, closed. */
static void exchange(struct tape_build *t, const struct tape_conn_spec *conn, const char *request,
		     const char *response)
{
	bool client = conn->role != ROLE_SERVER;

	tape_build_conn(t, conn);
	tape_build_text(t, conn->id, conn->pid, client ? SENT : RECEIVED, 0, request);
	tape_build_text(t, conn->id, conn->pid, client ? RECEIVED : SENT, 0, response);
	tape_build_close(t, conn->id, strlen(client ? request : response),
			 strlen(client ? response : request));
}

static struct tape_conn_spec client_conn(uint64_t id, const char *local, const char *remote)
{
	return (struct tape_conn_spec){id,    TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED,
				       local, remote,	     100};
}

static void test_http(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:80");
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_process(&x.tape, 100, "curl");
	exchange(&x.tape, &conn, get, ok);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http.request"), 1);
	assert_int_equal(exported_count(&x, "http.response"), 1);
	assert_string_equal(
		exported_field(&x, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "frame.comment"),
		"conn 1, http; client curl[100] (/usr/bin/curl --flag)\n");
	exported_is_clean(&x);
	exported_end(&x);
}

/* HTTP is known by its first line on ports that nobody claims: no need to hide the real one. */
static void test_http_keeps_free_port(void **state)
{
	struct tape_conn_spec free_port = client_conn(1, "10.0.0.1:40000", "10.0.0.2:8123");
	struct tape_conn_spec claimed = client_conn(2, "10.0.0.1:40001", "10.0.0.2:5432");
	struct exported x;

	(void)state;
	exported_begin(&x);
	exchange(&x.tape, &free_port, get, ok);
	exchange(&x.tape, &claimed, get, ok);
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "http.request", "tcp.dstport"), "8123\n80\n");
	assert_int_equal(exported_count(&x, "http"), 4);
	exported_is_clean(&x);
	exported_end(&x);
}

/* What became of a record stands on the packet that ended it. */
static void test_records(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:6379");
	struct exported x;
	const char *comments;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &conn);
	tape_build_text(&x.tape, 1, 100, SENT, 0, "PING\r\nGET\r\n");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, "+PONG\r\n");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 7, "-ERR wrong\r\n");
	tape_build_text(&x.tape, 1, 100, SENT, 11, "PING\r\n");
	tape_build_close(&x.tape, 1, 17, 19);
	tape_build_end(&x.tape);
	exported_rewrite(&x, "--records", NULL);
	comments = exported_field(&x, "resp && tcp.srcport == 6379", "frame.comment");
	assert_non_null(strstr(comments, "[ok] "));
	assert_non_null(strstr(comments, "PING -> PONG\n[error] "));
	assert_non_null(strstr(comments, "GET -> (error) ERR wrong\n"));
	assert_int_equal(exported_count(&x, "resp && frame.comment contains \"[unanswered] PING\""),
			 1);
	exported_is_clean(&x);
	exported_end(&x);
}

static void test_redis_on_other_port(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "[fd00::1]:40000", "[fd00::2]:6390");
	struct exported x;

	(void)state;
	exported_begin(&x);
	exchange(&x.tape, &conn, ping, pong);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "resp && ipv6 && tcp.port == 6379"), 2);
	assert_string_equal(exported_field(&x, "frame.comment", "frame.comment"),
			    "conn 1, redis; client process[100]; the server's real port is 6390\n");
	exported_is_clean(&x);
	exported_rewrite(&x, "--no-remap", NULL);
	assert_int_equal(exported_count(&x, "resp"), 0);
	assert_int_equal(exported_count(&x, "tcp.port == 6390 && tcp.len > 0"), 2);
	exported_end(&x);
}

/* Two servers on one host become one after remapping: a shared client port must not join them. */
static void test_remapping_keeps_connections_apart(void **state)
{
	struct tape_conn_spec one = client_conn(1, "10.0.0.1:40000", "10.0.0.2:6390");
	struct tape_conn_spec two = client_conn(2, "10.0.0.1:40000", "10.0.0.2:6391");
	struct exported x;

	(void)state;
	exported_begin(&x);
	exchange(&x.tape, &one, ping, pong);
	exchange(&x.tape, &two, ping, pong);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "resp && tcp.stream == 0"), 2);
	assert_int_equal(exported_count(&x, "resp && tcp.stream == 1"), 2);
	assert_int_equal(exported_count(&x, "frame.comment contains \"real port is 40000\""), 1);
	exported_is_clean(&x);
	exported_end(&x);
}

static void test_reused_port(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:80");
	struct exported x;

	(void)state;
	exported_begin(&x);
	exchange(&x.tape, &conn, get, ok);
	conn.id = 2;
	exchange(&x.tape, &conn, get, ok);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http && tcp.stream == 0"), 2);
	assert_int_equal(exported_count(&x, "http && tcp.stream == 1"), 2);
	exported_is_clean(&x);
	exported_end(&x);
}

/* PostgreSQL's port as a client port: with no dissector for the server's port it would win. */
static void test_client_port_that_misleads(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:5432", "10.0.0.2:8123");
	struct exported x;

	(void)state;
	exported_begin(&x);
	exchange(&x.tape, &conn, get, ok);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http"), 2);
	assert_int_equal(exported_count(&x, "pgsql || tcp.port == 5432"), 0);
	exported_is_clean(&x);
	exported_end(&x);
}

static void test_midstream(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:80");
	struct exported x;

	(void)state;
	exported_begin(&x);
	conn.origin = ORIGIN_MIDSTREAM;
	tape_build_conn(&x.tape, &conn);
	tape_build_text(&x.tape, 1, 100, RECEIVED, 700, "the end of a body\r\n");
	tape_build_text(&x.tape, 1, 100, SENT, 300, get);
	tape_build_text(&x.tape, 1, 100, RECEIVED, 719, ok);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http.request"), 1);
	assert_int_equal(exported_count(&x, "http.response.code == 200"), 1);
	assert_int_equal(exported_count(&x, "frame.comment contains \"began before\""), 1);
	assert_int_equal(exported_count(&x, "tcp.flags.syn == 1"), 2);
	assert_int_equal(exported_count(&x, "tcp.flags.fin == 1"), 0);
	exported_is_clean(&x);
	exported_end(&x);
}

static void test_unix_socket(void **state)
{
	static const char container[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct tape_conn_spec client = {1,	 TRANSPORT_UNIX_STREAM,	 ROLE_CLIENT, ORIGIN_OPENED,
					"unix:", "unix:/run/redis.sock", 100};
	struct tape_conn_spec server = {2,
					TRANSPORT_UNIX_STREAM,
					ROLE_SERVER,
					ORIGIN_OPENED,
					"unix:/run/redis.sock",
					"unix:",
					200};
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_event(&x.tape, (struct event){.type = EVENT_PROCESS,
						 .process = {.pid = 200,
							     .name = span_text("redis-server"),
							     .container = span_text(container)}});
	tape_build_conn(&x.tape, &client);
	tape_build_conn(&x.tape, &server);
	tape_build_text(&x.tape, 1, 100, SENT, 0, ping);
	tape_build_text(&x.tape, 2, 200, RECEIVED, 0, ping);
	tape_build_text(&x.tape, 2, 200, SENT, 0, pong);
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, pong);
	tape_build_close(&x.tape, 1, strlen(ping), strlen(pong));
	tape_build_close(&x.tape, 2, strlen(pong), strlen(ping));
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "resp"), 2);
	assert_int_equal(exported_count(&x, "ipv6.dst == fd73:6f63:6b74::/48"), 9 - 1);
	assert_non_null(strstr(exported_field(&x, "frame.comment", "frame.comment"),
			       "conn 1, redis; client process[100]; server redis-server[200] "
			       "(container 0123456789ab); unix:/run/redis.sock"));
	assert_non_null(
		strstr(exported_ask(&x, "tshark -N n -r %s 2>/dev/null"), "unix:/run/redis.sock"));
	exported_is_clean(&x);
	exported_rewrite(&x, "--both-ends", NULL);
	assert_int_equal(exported_count(&x, "resp"), 4);
	exported_is_clean(&x);
	exported_end(&x);
}

/* A question for example.com and its answer, 192.0.2.1 (RFC 1035, section 4). */
static const uint8_t question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
				  "example\x03"
				  "com\x00\x00\x01\x00\x01";
static const uint8_t answer[] = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07"
				"example\x03"
				"com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c"
				"\x00\x04\xc0\x00\x02\x01";

static void datagram(struct tape_build *t, uint64_t conn, uint32_t pid, enum direction direction,
		     const char *peer, uint64_t *offset)
{
	bool asks = (direction == SENT) == (conn == 1);
	struct span bytes = asks ? span_of(question, sizeof(question) - 1)
				 : span_of(answer, sizeof(answer) - 1);

	tape_build_data(t, &(struct event_data){
				   .conn = conn,
				   .offset = *offset,
				   .len = bytes.len,
				   .payload = bytes,
				   .pid = pid,
				   .direction = direction,
				   .peer = peer ? tape_build_address(peer) : (struct address){0},
			   });
	*offset += bytes.len;
}

/* A connected client socket and a server's, bound to all addresses, on a port that isn't 53. */
static void test_dns(void **state)
{
	struct tape_conn_spec client = {
		1,  TRANSPORT_UDP, ROLE_CLIENT, ORIGIN_OPENED, "127.0.0.1:40000", "127.0.0.1:5300",
		100};
	struct tape_conn_spec server = {
		2, TRANSPORT_UDP, ROLE_SERVER, ORIGIN_OPENED, "0.0.0.0:5300", NULL, 200};
	uint64_t at[4] = {0};
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_process(&x.tape, 100, "dig");
	tape_build_process(&x.tape, 200, "dnsmasq");
	tape_build_conn(&x.tape, &server);
	tape_build_conn(&x.tape, &client);
	datagram(&x.tape, 1, 100, SENT, NULL, &at[0]);
	datagram(&x.tape, 2, 200, RECEIVED, "127.0.0.1:40000", &at[1]);
	datagram(&x.tape, 2, 200, SENT, "127.0.0.1:40000", &at[2]);
	datagram(&x.tape, 1, 100, RECEIVED, NULL, &at[3]);
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "dns", "dns.flags.response"), "0\n1\n");
	assert_int_equal(exported_count(&x, "udp.port == 53 && udp.port == 40000"), 2);
	assert_string_equal(exported_field(&x, "dns", "frame.interface_name"),
			    "dig[100] - dnsmasq[200]\ndig[100] - dnsmasq[200]\n");
	exported_is_clean(&x);
	exported_rewrite(&x, "--both-ends", NULL);
	assert_int_equal(exported_count(&x, "dns && udp.stream == 0"), 2);
	assert_int_equal(exported_count(&x, "dns && udp.stream == 1"), 2);
	assert_int_equal(exported_count(&x, "ip.addr == 0.0.0.0"), 0);
	exported_rewrite(&x, "--pid", "200");
	assert_string_equal(exported_field(&x, "dns", "frame.interface_name"),
			    "dnsmasq[200]\ndnsmasq[200]\n");
	exported_end(&x);
}

static void test_plaintext_of_tls(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:443");
	struct event_data plain = {.conn = 1, .pid = 100, .layer = LAYER_TLS};
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &conn);
	plain.direction = SENT;
	plain.payload = span_text(get);
	plain.len = strlen(get);
	tape_build_data(&x.tape, &plain);
	tape_build_text(&x.tape, 1, 100, SENT, 0, "\x17\x03\x03\x00\x04wxyz");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, "\x17\x03\x03\x00\x04zyxw");
	plain.direction = RECEIVED;
	plain.payload = span_text(ok);
	plain.len = strlen(ok);
	tape_build_data(&x.tape, &plain);
	tape_build_close(&x.tape, 1, 5, 5);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http && tcp.port == 80"), 2);
	assert_int_equal(exported_count(&x, "tcp.port == 443 && tcp.len > 0"), 2);
	assert_int_equal(
		exported_count(&x, "frame.comment contains \"plaintext of the TLS of conn 1\""), 1);
	exported_end(&x);
}

/* A thousand requests in one call, and their answers in another: none is one too many. */
static void test_pipeline(void **state)
{
	struct tape_conn_spec conn = client_conn(1, "10.0.0.1:40000", "10.0.0.2:80");
	struct buffer requests = {0}, responses = {0};
	struct exported x;

	(void)state;
	exported_begin(&x);
	for (int i = 0; i < 1000; i++) {
		buffer_append_text(&requests, get);
		buffer_append_text(&responses, ok);
	}
	buffer_append_char(&requests, '\0');
	buffer_append_char(&responses, '\0');
	exchange(&x.tape, &conn, requests.data, responses.data);
	exported_write(&x, NULL);
	/* A line for each message, and none that gave up. */
	assert_int_equal(exported_values(&x, "http.request", "http.request.method", ','), 1000);
	assert_int_equal(exported_values(&x, "http.response", "http.response.code", ','), 1000);
	exported_is_clean(&x);
	buffer_free(&requests);
	buffer_free(&responses);
	exported_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_http_keeps_free_port),
		cmocka_unit_test(test_redis_on_other_port),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_remapping_keeps_connections_apart),
		cmocka_unit_test(test_reused_port),
		cmocka_unit_test(test_client_port_that_misleads),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_plaintext_of_tls),
		cmocka_unit_test(test_pipeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
