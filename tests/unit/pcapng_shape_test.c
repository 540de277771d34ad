/* SPDX-License-Identifier: BSD-2-Clause */
/* The shape of exported connections: what was lost or cut, order, processes, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tshark.h"

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED

static const struct tape_conn_spec web = {
	1, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:40000", "10.0.0.2:80", 100};

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#define GET (sizeof(get) - 1)
#define OK  (sizeof(ok) - 1)

/* A response whose body is LEN bytes of the alphabet; its length in *TOTAL. */
static char *large_response(size_t body, size_t *total)
{
	char *text = malloc(body + 128);
	size_t head;

	assert_non_null(text);
	head = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body);
	for (size_t i = 0; i < body; i++)
		text[head + i] = (char)('a' + i % 26);
	*total = head + body;
	return text;
}

/* The second of three responses is lost: a gap of its exact size, and the third is there. */
static void test_hole(void **state)
{
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	for (uint64_t i = 0; i < 3; i++) {
		tape_build_text(&x.tape, 1, 100, SENT, i * GET, get);
		if (i != 1)
			tape_build_text(&x.tape, 1, 100, RECEIVED, i * OK, ok);
	}
	tape_build_close(&x.tape, 1, 3 * GET, 3 * OK);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http.request"), 3);
	assert_int_equal(exported_count(&x, "http.response"), 2);
	assert_int_equal(exported_count(&x, "tcp.analysis.lost_segment"), 1);
	assert_int_equal(exported_count(&x, "frame.comment contains \"bytes of it were lost\""), 1);
	/* And one that says that the other end got the missing bytes: they were lost here. */
	exported_is_sound(&x, 2);
	exported_end(&x);
}

/* What the close tells of bytes that never came is a gap before the FIN. */
static void test_hole_at_the_end(void **state)
{
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, ok);
	tape_build_close(&x.tape, 1, GET, OK + 1000);
	exported_write(&x, NULL);
	assert_string_equal(
		exported_field(&x, "tcp.flags.fin == 1 && ip.src == 10.0.0.2", "tcp.seq"),
		"1041\n");
	assert_int_equal(exported_count(&x, "tcp.analysis.lost_segment"), 1);
	exported_end(&x);
}

/* Nine tenths of a response were not kept: a packet cut short, and the next exchange is whole. */
static void test_snaplen(void **state)
{
	size_t total;
	char *large = large_response(100000, &total);
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_data(&x.tape, &(struct event_data){.conn = 1,
						      .pid = 100,
						      .direction = RECEIVED,
						      .len = total,
						      .payload = span_of(large, 1000),
						      .cut = CUT_SNAPLEN});
	tape_build_text(&x.tape, 1, 100, SENT, GET, get);
	tape_build_text(&x.tape, 1, 100, RECEIVED, total, ok);
	tape_build_close(&x.tape, 1, 2 * GET, total + OK);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http.request"), 2);
	assert_int_equal(exported_count(&x, "http.response.code == 200"), 2);
	assert_string_equal(exported_field(&x, "frame.cap_len < frame.len", "frame.cap_len"),
			    "1054\n54\n");
	exported_is_clean(&x);
	free(large);
	exported_end(&x);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The bytes of one direction as tshark follows them, from its hexadecimal lines. */
static char *followed(struct exported *x, size_t *len)
{
	const char *text = exported_ask(
		x, "tshark -n -r %s -q -z follow,tcp,raw,0 2>/dev/null | grep -E '^\t[0-9a-f]+$'");
	char *bytes = malloc(strlen(text) / 2 + 1);

	assert_non_null(bytes);
	*len = 0;
	for (const char *at = text; *at; at++) {
		if (*at == '\t' || *at == '\n')
			continue;
		/* Not sscanf(), which measures the whole text each time. */
		bytes[(*len)++] = (char)(digit(at[0]) << 4 | digit(at[1]));
		at++;
	}
	return bytes;
}

static void test_large_body(void **state)
{
	size_t total, len;
	char *large = large_response(1 << 20, &total), *bytes;
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_data(&x.tape, &(struct event_data){.conn = 1,
						      .pid = 100,
						      .direction = RECEIVED,
						      .len = total,
						      .payload = span_of(large, total)});
	tape_build_close(&x.tape, 1, GET, total);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "http"), 2);
	bytes = followed(&x, &len);
	assert_int_equal(len, total);
	assert_memory_equal(bytes, large, total);
	exported_is_clean(&x);
	free(bytes);
	free(large);
	exported_end(&x);
}

/* Two threads on one socket: the events change places, the bytes don't. */
static void test_order(void **state)
{
	size_t len;
	struct exported x;
	char *bytes;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_text(&x.tape, 1, 100, RECEIVED, 5, "fghij");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, "abcde");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 15, "pq");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 10, "klmno");
	tape_build_text(&x.tape, 1, 100, RECEIVED, 14, "opq"); /* again */
	tape_build_close(&x.tape, 1, 0, 17);
	exported_write(&x, NULL);
	bytes = followed(&x, &len);
	assert_int_equal(len, 17);
	assert_memory_equal(bytes, "abcdefghijklmnopq", 17);
	exported_is_clean(&x);
	free(bytes);
	exported_end(&x);
}

static void test_processes_and_losses(void **state)
{
	struct tape_conn_spec other = {
		2, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:40001", "10.0.0.3:80", 101};
	const char *infos;
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_process(&x.tape, 100, "curl");
	tape_build_process(&x.tape, 101, "w\xffget");
	tape_build_conn(&x.tape, &web);
	tape_build_conn(&x.tape, &other);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_text(&x.tape, 2, 101, SENT, 0, get);
	tape_build_event(&x.tape, (struct event){.type = EVENT_LOSS,
						 .loss = {.conn = 2, .events = 7, .bytes = 100}});
	tape_build_event(&x.tape, (struct event){.type = EVENT_LOSS, .loss = {.events = 5}});
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "http", "frame.interface_name"),
			    "curl[100]\nw\xef\xbf\xbdget[101]\n");
	assert_string_equal(exported_field(&x, "http", "frame.packet_flags_direction"),
			    "0x00000002\n0x00000002\n");
	infos = exported_ask(&x, "capinfos %s");
	assert_non_null(strstr(infos, "Description = curl[100] > ?"));
	assert_non_null(strstr(infos, "x86_64"));
	assert_non_null(strstr(infos, "Linux 6.1.0"));
	assert_non_null(strstr(infos, " on box"));
	assert_non_null(strstr(infos, "Name = lost"));
	exported_is_clean(&x);
	exported_rewrite(&x, "--pid", "100");
	assert_int_equal(exported_count(&x, "frame.interface_name == \"curl[100]\""), 4);
	assert_int_equal(exported_count(&x, "frame"), 4);
	assert_null(strstr(exported_ask(&x, "capinfos %s"), "wget"));
	exported_rewrite(&x, "--conn", "2");
	assert_int_equal(exported_count(&x, "ip.addr == 10.0.0.3"), 4);
	assert_int_equal(exported_count(&x, "frame"), 4);
	exported_end(&x);
}

/* A new process is told of after its connection, and may say nothing on it. */
static void test_process_told_late(void **state)
{
	struct tape_conn_spec silent = {
		2, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:40001", "10.0.0.3:80", 101};
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_process(&x.tape, 100, "curl");
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_conn(&x.tape, &silent);
	tape_build_process(&x.tape, 101, "nc");
	tape_build_close(&x.tape, 2, 0, 0);
	exported_write(&x, NULL);
	assert_int_equal(exported_count(&x, "frame.interface_name == \"curl[100]\""), 4);
	assert_int_equal(exported_count(&x, "frame.interface_name == \"nc[101]\""), 6);
	assert_int_equal(exported_count(&x, "frame"), 10);
	exported_is_clean(&x);
	exported_end(&x);
}

/* The times are the recording's: the clock is at TAPE_BUILD_REALTIME when it begins. */
static void test_times(void **state)
{
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	x.tape.ts = 2123456789;
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	x.tape.ts = 5000000000;
	tape_build_text(&x.tape, 1, 100, RECEIVED, 0, ok);
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "http.request", "frame.time_epoch"),
			    "1700000002.123456789\n");
	exported_rewrite(&x, "--since", "1700000003");
	assert_int_equal(exported_count(&x, "http.request"), 0);
	assert_int_equal(exported_count(&x, "http.response"), 1);
	exported_is_clean(&x);
	exported_rewrite(&x, "--until", "1700000003");
	assert_int_equal(exported_count(&x, "http.request"), 1);
	assert_int_equal(exported_count(&x, "http.response"), 0);
	exported_is_clean(&x);
	exported_end(&x);
}

/* A datagram of a Unix socket may be larger than any of UDP: RFC 768, RFC 8200. */
static void test_datagram_limits(void **state)
{
	struct tape_conn_spec conn = {1,       TRANSPORT_UNIX_DATAGRAM, ROLE_CLIENT, ORIGIN_OPENED,
				      "unix:", "unix:/run/log",		100};
	char *bytes = calloc(1, 100000);
	struct event_data data = {.conn = 1, .pid = 100, .payload = span_of(bytes, 100000)};
	struct exported x;

	(void)state;
	assert_non_null(bytes);
	exported_begin(&x);
	tape_build_conn(&x.tape, &conn);
	data.len = 100000;
	tape_build_data(&x.tape, &data);
	data.offset = 100000;
	data.len = data.payload.len = 0;
	tape_build_data(&x.tape, &data);
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "udp", "udp.length"), "65535\n8\n");
	assert_int_equal(exported_count(&x, "frame.comment contains \"has 100000 bytes\""), 1);
	exported_is_clean(&x);
	free(bytes);
	exported_end(&x);
}

static void test_secrets(void **state)
{
	static const char line[] =
		"CLIENT_RANDOM "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"202122232425262728292a2b2c2d2e2f";
	const char *dump;
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_event(&x.tape,
			 (struct event){.type = EVENT_SECRET, .secret = {1, span_text(line)}});
	tape_build_end(&x.tape);
	exported_rewrite(&x, "--tls", "keys");
	/* Block type 10 comes before the first packet, type 6. */
	dump = exported_ask(&x, "strings -n 10 %s");
	assert_non_null(strstr(dump, line));
	assert_true(strstr(dump, line) < strstr(dump, "GET /a"));
	exported_is_clean(&x);
	exported_rewrite(&x, "--pid", "999");
	assert_null(strstr(exported_ask(&x, "strings -n 10 %s"), line));
	exported_end(&x);
}

/* Both ends of a connection to a server that sends once more than its client reads. */
static void tape_unread(struct tape_build *t)
{
	struct tape_conn_spec server = {
		2, TRANSPORT_TCP, ROLE_SERVER, ORIGIN_OPENED, "10.0.0.2:80", "10.0.0.1:40000", 200};

	tape_build_process(t, 100, "curl");
	tape_build_process(t, 200, "nginx");
	tape_build_conn(t, &web);
	tape_build_conn(t, &server);
	tape_build_text(t, 1, 100, SENT, 0, get);
	tape_build_text(t, 2, 200, RECEIVED, 0, get);
	tape_build_text(t, 2, 200, SENT, 0, ok);
	tape_build_text(t, 2, 200, SENT, OK, "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n");
	tape_build_text(t, 1, 100, RECEIVED, 0, ok);
	tape_build_close(t, 1, GET, OK);
	tape_build_close(t, 2, OK + 40, GET);
}

static void test_unread_answer(void **state)
{
	struct exported x;

	(void)state;
	exported_begin(&x);
	tape_unread(&x.tape);
	exported_write(&x, NULL);
	assert_string_equal(exported_field(&x, "http.response", "http.response.code"),
			    "200\n408\n");
	assert_int_equal(exported_count(&x, "frame.interface_name == \"curl[100] - nginx[200]\""),
			 exported_count(&x, "frame"));
	/* Each packet tells who sent it to whom. */
	assert_int_equal(
		exported_count(&x, "tcp.srcport == 80 && "
				   "frame.interface_description == \"nginx[200] > curl[100]\""),
		exported_count(&x, "tcp.srcport == 80"));
	assert_int_equal(
		exported_count(&x, "tcp.dstport == 80 && "
				   "frame.interface_description == \"curl[100] > nginx[200]\""),
		exported_count(&x, "tcp.dstport == 80"));
	assert_int_equal(exported_count(&x, "frame.comment contains \"conn 2; 40 bytes "
					    "that the server sent were never read\""),
			 1);
	exported_is_clean(&x);
	exported_rewrite(&x, "--both-ends", NULL);
	assert_int_equal(exported_count(&x, "http.response.code == 200"), 2);
	assert_int_equal(exported_count(&x, "http.response.code == 408"), 1);
	exported_end(&x);
}

/* Connections that take turns, one of them held back for what never comes. */
static void test_order_of_time(void **state)
{
	struct tape_conn_spec other = {
		2, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:40001", "10.0.0.3:80", 101};
	struct exported x;
	const char *times;
	double last = 0, ts;
	int len;

	(void)state;
	exported_begin(&x);
	tape_build_conn(&x.tape, &web);
	tape_build_conn(&x.tape, &other);
	tape_build_text(&x.tape, 1, 100, SENT, 0, get);
	tape_build_text(&x.tape, 1, 100, SENT, 2 * GET, get); /* the one before is lost */
	for (uint64_t i = 0; i < 300; i++)
		tape_build_text(&x.tape, 2, 101, SENT, i * GET, get);
	tape_build_text(&x.tape, 1, 100, SENT, 3 * GET, get);
	tape_build_close(&x.tape, 2, 300 * GET, 0);
	tape_build_close(&x.tape, 1, 4 * GET, 0);
	exported_write(&x, NULL);
	times = exported_field(&x, "frame", "frame.time_epoch");
	for (; sscanf(times, "%lf\n%n", &ts, &len) == 1; times += len) {
		assert_true(ts >= last);
		last = ts;
	}
	assert_true(last > 0);
	assert_int_equal(exported_count(&x, "http.request"), 303);
	exported_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_hole_at_the_end),
		cmocka_unit_test(test_snaplen),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_processes_and_losses),
		cmocka_unit_test(test_process_told_late),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_datagram_limits),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_unread_answer),
		cmocka_unit_test(test_order_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
