/* SPDX-License-Identifier: BSD-2-Clause */
/* What is inside TLS, in each of the ways in which an export shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/cursor.h"
#include "tests/unit/tls_pair.h"
#include "tests/unit/tshark.h"

#define GET    "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* MySQL: what is said before TLS, and inside it. */
#define GREETING                                                                                   \
	"\x49\0\0\0\x0a"                                                                           \
	"8.0.1\0\x07\0\0\0"                                                                        \
	"saltsalt\0\xff\xff\xff\2\0\xff\xdf\x15"                                                   \
	"\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0mysql_native_password\0"
#define SSL_REQUEST                                                                                \
	"\x20\0\0\1\x08\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define LOGIN                                                                                      \
	"\x28\0\0\2\x08\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\0db" \
	"\0\0"
#define OK(seq) "\x07\0\0" seq "\0\0\0\2\0\0\0"
#define QUERY	"\x09\0\0\0\3SELECT 1"

/* PostgreSQL: the request for TLS, and what is said inside it. */
#define PG_REQUEST "\0\0\0\x08\x04\xd2\x16\x2f"
#define PG_STARTUP "\0\0\0\x11\0\3\0\0user\0me\0\0"
#define PG_READY   "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"
#define PG_QUERY   "Q\0\0\0\x0dSELECT 1\0"
#define PG_DONE	   "C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I"

static void say(struct tls_pair *p, SSL *from, const char *bytes, size_t len)
{
	assert_int_equal(SSL_write(from, bytes, (int)len), len);
	tls_pair_pump(p);
}

#define SAY(p, from, text) say(p, from, text, sizeof(text) - 1)

struct tls_tape {
	struct exported x;
	struct tls_ends ends;
	struct tls_pair pair;
	uint64_t positions[2];
};

static void begin(struct tls_tape *t, uint16_t port, int version, enum conn_origin origin)
{
	char remote[32];
	struct tape_conn_spec conn = {
		1, TRANSPORT_TCP, ROLE_CLIENT, origin, "10.0.0.1:40000", remote, 100};

	memset(t, 0, sizeof(*t));
	snprintf(remote, sizeof(remote), "10.0.0.2:%u", port);
	exported_begin(&t->x);
	tape_build_process(&t->x.tape, 100, "client");
	tape_build_conn(&t->x.tape, &conn);
	tls_ends_open(&t->ends, version, NULL);
	tls_pair_open(&t->pair, &t->ends, false);
	tls_pair_handshake(&t->pair);
}

static void put(struct tls_tape *t, enum direction direction, const char *bytes, size_t len)
{
	const struct event_data data = {.conn = 1,
					.pid = 100,
					.tid = 100,
					.fd = 3,
					.call = CALL_WRITE,
					.direction = direction,
					.offset = t->positions[direction],
					.len = len,
					.payload = span_of(bytes, len)};

	tape_build_data(&t->x.tape, &data);
	t->positions[direction] += len;
}

/* The secrets, and what went over the wire; all but the first SKIP messages. */
static void record(struct tls_tape *t, bool secrets, size_t skip)
{
	struct cursor c = cursor_of(t->pair.keylog.data, t->pair.keylog.len);

	while (secrets && cursor_left(&c))
		tape_build_event(&t->x.tape, (struct event){.type = EVENT_SECRET,
							    .secret = {1, cursor_until(&c, '\n')}});
	for (size_t i = 0; i < t->pair.count; i++) {
		const struct tls_pair_message *m = &t->pair.messages[i];

		if (i >= skip)
			put(t, m->direction, t->pair.wire.data + m->from, m->len);
	}
	tape_build_close(&t->x.tape, 1, t->positions[0], t->positions[1]);
}

static void end(struct tls_tape *t)
{
	exported_end(&t->x);
	tls_pair_close(&t->pair);
	tls_ends_close(&t->ends);
}

static void check_secrets(struct tls_tape *t, bool there)
{
	bool found = strstr(exported_ask(&t->x, "strings -n 10 %s"), "CLIENT_TRAFFIC_SECRET_0");

	assert_int_equal(found, there);
}

static void http(void **state)
{
	struct tls_tape t;

	(void)state;
	begin(&t, 8443, TLS1_3_VERSION, ORIGIN_OPENED);
	SAY(&t.pair, t.pair.client, GET);
	SAY(&t.pair, t.pair.server, ANSWER);
	record(&t, true, 0);
	/* In clear, beside the wire, and without a secret in the file. */
	exported_write(&t.x, NULL);
	assert_int_equal(exported_count(&t.x, "http && tcp.port == 80"), 2);
	assert_int_equal(exported_count(&t.x, "http"), 2);
	assert_int_equal(exported_count(&t.x, "tls.handshake.type == 1 && tcp.port == 8443"), 1);
	assert_int_equal(exported_count(&t.x, "frame.comment contains \"decrypted with keys\""), 1);
	check_secrets(&t, false);
	exported_is_clean(&t.x);
	/* As it was, for Wireshark to decrypt. */
	exported_rewrite(&t.x, "--tls", "keys");
	assert_int_equal(exported_count(&t.x, "http && tls && tcp.port == 8443"), 2);
	assert_int_equal(exported_count(&t.x, "tcp.flags.syn == 1 && tcp.flags.ack == 0"), 1);
	check_secrets(&t, true);
	exported_is_clean(&t.x);
	/* In TLS that needs no keys. */
	exported_rewrite(&t.x, "--tls", "carrier");
	assert_int_equal(exported_count(&t.x, "http && tls && tcp.port == 8443"), 2);
	assert_string_equal(exported_field(&t.x, "http.request", "http.request.full_uri"),
			    "https://a.test/a\n");
	assert_int_equal(exported_count(&t.x, "tls.handshake.extensions_server_name == \"a.test\""),
			 2);
	assert_int_equal(exported_count(&t.x, "frame.comment contains \"encrypts nothing\""), 1);
	check_secrets(&t, false);
	exported_is_clean(&t.x);
	end(&t);
}

/* Wireshark can't open what it has no handshake of: then it is written in clear, too. */
static void keys_without_a_handshake(void **state)
{
	struct tls_tape t;
	size_t handshake;

	(void)state;
	begin(&t, 443, TLS1_3_VERSION, ORIGIN_MIDSTREAM);
	handshake = t.pair.count;
	SAY(&t.pair, t.pair.client, GET);
	SAY(&t.pair, t.pair.server, ANSWER);
	record(&t, true, handshake);
	tape_build_end(&t.x.tape);
	exported_rewrite(&t.x, "--tls", "keys");
	assert_int_equal(exported_count(&t.x, "http && tcp.port == 80"), 2);
	assert_int_equal(
		exported_count(&t.x, "frame.comment contains \"the handshake is missing\""), 1);
	end(&t);
}

/* What MySQL's server says before TLS stands in front, and the request for TLS is gone. */
static void mysql(void **state)
{
	struct tls_tape t;

	(void)state;
	begin(&t, 3307, TLS1_2_VERSION, ORIGIN_OPENED);
	put(&t, DIRECTION_RECEIVED, GREETING, sizeof(GREETING) - 1);
	put(&t, DIRECTION_SENT, SSL_REQUEST, sizeof(SSL_REQUEST) - 1);
	SAY(&t.pair, t.pair.client, LOGIN);
	SAY(&t.pair, t.pair.server, OK("\3"));
	SAY(&t.pair, t.pair.client, QUERY);
	SAY(&t.pair, t.pair.server, OK("\1"));
	record(&t, true, 0);
	exported_write(&t.x, NULL);
	assert_string_equal(exported_field(&t.x, "mysql.query && tcp.stream == 1", "mysql.query"),
			    "SELECT 1\n");
	assert_string_equal(
		exported_field(&t.x, "mysql.user && tcp.stream == 1", "mysql.packet_number"),
		"1\n");
	assert_int_equal(exported_count(&t.x, "mysql.server_greeting && tcp.stream == 1"), 1);
	assert_int_equal(exported_count(&t.x, "frame.comment contains \"stands in front\""), 1);
	exported_is_clean(&t.x);
	end(&t);
}

/* Wireshark knows by the request for TLS what is inside it: in front of a carrier it is made up. */
static void pgsql(void **state)
{
	static const char *const ways[] = {"plaintext", "carrier"};
	struct tls_tape t;

	(void)state;
	begin(&t, 5433, TLS1_3_VERSION, ORIGIN_OPENED);
	put(&t, DIRECTION_SENT, PG_REQUEST, sizeof(PG_REQUEST) - 1);
	put(&t, DIRECTION_RECEIVED, "S", 1);
	SAY(&t.pair, t.pair.client, PG_STARTUP);
	SAY(&t.pair, t.pair.server, PG_READY);
	SAY(&t.pair, t.pair.client, PG_QUERY);
	SAY(&t.pair, t.pair.server, PG_DONE);
	record(&t, true, 0);
	tape_build_end(&t.x.tape);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		exported_rewrite(&t.x, "--tls", ways[i]);
		assert_string_equal(exported_field(&t.x, "pgsql.query", "pgsql.query"),
				    "SELECT 1\n");
		assert_string_equal(exported_field(&t.x, "pgsql.tag", "pgsql.tag"), "SELECT 1\n");
		exported_is_clean(&t.x);
	}
	assert_int_equal(exported_count(&t.x, "pgsql.query && tls && tcp.port == 5432"), 1);
	assert_int_equal(exported_count(&t.x, "frame.comment contains \"so is the request\""), 1);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http),
		cmocka_unit_test(keys_without_a_handshake),
		cmocka_unit_test(mysql),
		cmocka_unit_test(pgsql),
	};

	return cmocka_run_group_tests_name("pcapng_tls", tests, NULL, NULL);
}
