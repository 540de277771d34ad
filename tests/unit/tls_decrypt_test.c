/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "format/pack.h"
#include "protocols/cipher/derive.h"
#include "protocols/cipher/keylog.h"
#include "protocols/cipher/opener.h"
#include "protocols/cipher/suite.h"
#include "protocols/cursor.h"
#include "protocols/engine/session.h"
#include "protocols/tls/tls.h"
#include "tests/unit/tls_pair.h"

/* ---- reading a pair's wire ---- */

struct reader {
	struct buffer plain[2]; /* what came out; missing bytes are '#' */
	uint64_t missing[2];
	int64_t began[2]; /* the number of the message that brought the first of it, from 1 on */
	struct budget budget;
	struct keylog *keylog;
	uint64_t conn;
	char reading[32];
	char unread[64];
	char alpn[32];
	uint64_t stayed; /* times that the connection could not be put aside */
};

static void take_decrypted(void *context, const struct session *s, const struct decrypted *d)
{
	struct reader *r = context;
	struct buffer *plain = &r->plain[d->direction];

	(void)s;
	assert_int_equal(d->offset, plain->len);
	if (!plain->len)
		r->began[d->direction] = d->ts;
	if (d->data) {
		buffer_append(plain, d->data, (size_t)d->len);
		return;
	}
	r->missing[d->direction] += d->len;
	for (uint64_t i = 0; i < d->len; i++)
		buffer_append_char(plain, '#');
}

static void reader_open(struct reader *r)
{
	memset(r, 0, sizeof(*r));
	r->budget.limit = 256 << 20;
	r->conn = 1;
	r->keylog = keylog_new(&r->budget, NULL);
	assert_non_null(r->keylog);
}

static void reader_close(struct reader *r)
{
	buffer_free(&r->plain[0]);
	buffer_free(&r->plain[1]);
	keylog_free(r->keylog);
	assert_int_equal(r->budget.used, 0);
}

static void learn(struct reader *r, struct span keylog)
{
	struct cursor c = cursor_of(keylog.data, keylog.len);

	while (cursor_left(&c))
		assert_true(keylog_add(r->keylog, cursor_until(&c, '\n'), 0) <= KEYLOG_IGNORED);
}

/* Which bytes of the wire are kept from the reader, by direction. */
struct loss {
	uint64_t from[2];
	uint64_t to[2];
	bool midstream; /* and nothing tells that something was before `from` */
};

static void give(struct session *s, const struct tls_pair_message *m, const char *data,
		 uint64_t position, uint64_t from, uint64_t to, int64_t ts)
{
	const struct event_data event = {
		.conn = 1,
		.layer = LAYER_WIRE,
		.direction = m->direction,
		.offset = from,
		.len = to - from,
		.payload = span_of(data + (from - position), (size_t)(to - from)),
		.fd = 3,
	};

	if (to > from)
		session_data(s, &event, ts);
}

static void copy_text(char *to, size_t size, struct span text)
{
	snprintf(to, size, "%.*s", (int)text.len, text.data ? text.data : "");
}

/* What goes on with what was packed of S; S itself where it can't be put aside. */
static struct session *put_aside(struct reader *r, struct session *s,
				 const struct session_options *options)
{
	struct buffer packed = {0};
	struct unpack in;

	if (session_pack(s, &packed)) {
		session_drop(s);
		in = unpack_begin(buffer_span(&packed));
		s = session_unpack(options, &in);
		assert_non_null(s);
		assert_ptr_equal(in.at, in.end);
	} else {
		r->stayed++;
	}
	buffer_free(&packed);
	return s;
}

/*
 * PIECE: bytes of an event at most; 0: messages as they were sent. ASIDE: behind each it is put
 * aside, and taken up again.
 */
static void run_once(struct reader *r, const struct tls_pair *p, const struct loss *loss,
		     size_t piece, bool aside)
{
	const bool midstream = loss && loss->midstream;
	const uint64_t start = midstream ? SESSION_START_UNKNOWN : 0;
	const struct session_options options = {
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.decode_as = &protocol_tls,
		.midstream = midstream,
		.start = {start, start},
		.budget = &r->budget,
		.keylog = r->keylog,
		.conn = r->conn,
		.decrypted = take_decrypted,
		.context = r,
	};
	struct session *s = session_new(&options);
	const struct encryption *e;
	uint64_t positions[2] = {0};

	assert_non_null(s);
	buffer_clear(&r->plain[0]);
	buffer_clear(&r->plain[1]);
	r->missing[0] = r->missing[1] = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct tls_pair_message *m = &p->messages[i];
		const char *data = p->wire.data + m->from;
		uint64_t at = positions[m->direction], end = at + m->len;

		for (uint64_t from = at; from < end;) {
			uint64_t to = piece && from + piece < end ? from + piece : end;
			uint64_t lost_from = loss ? loss->from[m->direction] : end;
			uint64_t lost_to = loss ? loss->to[m->direction] : end;

			give(s, m, data, at, from, to < lost_from ? to : lost_from, (int64_t)i + 1);
			give(s, m, data, at, from > lost_to ? from : lost_to, to, (int64_t)i + 1);
			if (aside)
				s = put_aside(r, s, &options);
			from = to;
		}
		positions[m->direction] = end;
	}
	session_finish(s);
	e = session_encryption(s);
	assert_non_null(e);
	copy_text(r->reading, sizeof(r->reading), span_text(reading_of_tls_text(e->reading)));
	copy_text(r->unread, sizeof(r->unread), e->unread);
	copy_text(r->alpn, sizeof(r->alpn), e->alpn);
	session_free(s);
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return span_equal(buffer_span(a), buffer_span(b));
}

/*
 * As run_once(); of whole messages the same again, while it is put aside all the time: nothing may
 * differ.
 */
static void reader_run(struct reader *r, const struct tls_pair *p, const struct loss *loss,
		       size_t piece)
{
	struct reader first;

	run_once(r, p, loss, piece, false);
	if (piece)
		return;
	first = *r;
	r->plain[0] = r->plain[1] = (struct buffer){0};
	r->stayed = 0;
	run_once(r, p, loss, piece, true);
	for (int d = 0; d < 2; d++) {
		assert_true(same(&first.plain[d], &r->plain[d]));
		assert_int_equal(first.missing[d], r->missing[d]);
		assert_int_equal(first.began[d], r->began[d]);
		buffer_free(&first.plain[d]);
	}
	assert_string_equal(first.reading, r->reading);
	assert_string_equal(first.unread, r->unread);
	assert_string_equal(first.alpn, r->alpn);
}

static void expect_all(const struct reader *r, const struct tls_pair *p)
{
	assert_string_equal(r->reading, "keys");
	assert_true(same(&r->plain[0], &p->said[0]));
	assert_true(same(&r->plain[1], &p->said[1]));
}

/* With what was missing all is as it was said, and where it was. */
static void expect_rest(const struct reader *r, const struct tls_pair *p)
{
	for (int d = 0; d < 2; d++) {
		assert_int_equal(r->plain[d].len, p->said[d].len);
		for (size_t i = 0; i < r->plain[d].len; i++)
			if (r->plain[d].data[i] != '#')
				assert_int_equal(r->plain[d].data[i], p->said[d].data[i]);
	}
}

/* ---- every suite ---- */

/* STAYS: events at most behind which it can't be put aside. */
static void read_staying(const struct tls_pair *p, size_t piece, uint64_t stays)
{
	struct reader r;

	reader_open(&r);
	learn(&r, buffer_span(&p->keylog));
	reader_run(&r, p, NULL, piece);
	expect_all(&r, p);
	assert_true(r.stayed <= stays);
	reader_close(&r);
}

static void read_pair(const struct tls_pair *p, size_t piece)
{
	read_staying(p, piece, 0);
}

static void read_suite(int version, const char *name, bool encrypt_then_mac)
{
	struct tls_ends ends;
	struct tls_pair pair;

	tls_ends_open(&ends, version, name);
	if (!encrypt_then_mac)
		SSL_CTX_set_options(ends.client, SSL_OP_NO_ENCRYPT_THEN_MAC);
	tls_pair_open(&pair, &ends, false);
	tls_pair_handshake(&pair);
	tls_pair_talk(&pair, 6);
	read_pair(&pair, 0);
	read_pair(&pair, 7);
	tls_pair_close(&pair);
	tls_ends_close(&ends);
}

/* Of what OpenSSL has, all that suite_read() says can be opened; returns how many. */
static unsigned read_suites(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	STACK_OF(SSL_CIPHER) * ciphers;
	unsigned count = 0;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:!SRP:!kDHE:!RSAPSK");
	ciphers = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
		struct suite suite;

		/* DSS has no certificate here. */
		if ((version < TLS1_2_VERSION &&
		     strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.2") == 0) ||
		    !suite_read(SSL_CIPHER_standard_name(cipher), (uint16_t)version, &suite) ||
		    strstr(SSL_CIPHER_standard_name(cipher), "_DSS_"))
			continue;
		read_suite(version, SSL_CIPHER_get_name(cipher), true);
		if (suite.kind == SUITE_CBC)
			read_suite(version, SSL_CIPHER_get_name(cipher), false);
		count++;
	}
	SSL_CTX_free(ctx);
	return count;
}

/* Registered, and with a hash or a cipher that nothing here has. */
static void other_suites(void **state)
{
	struct suite suite;

	(void)state;
	assert_false(suite_read("TLS_SM4_GCM_SM3", TLS_1_3, &suite));
	assert_false(suite_read("TLS_SM4_CCM_SM3", TLS_1_3, &suite));
	assert_false(suite_read("TLS_AES_128_GCM_SM3", TLS_1_3, &suite));
	assert_false(suite_read("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_", TLS_1_2, &suite));
	assert_false(suite_read("TLS_RSA_WITH_IDEA_CBC_SHA", TLS_1_2, &suite));
	assert_true(suite_read("TLS_AES_128_GCM_SHA256", TLS_1_3, &suite));
	assert_false(suite_read("TLS_AES_128_GCM_SHA256", TLS_1_2, &suite));
	assert_true(suite_read("TLS_RSA_WITH_AES_128_CCM", TLS_1_2, &suite));
}

static void every_suite_of_1_2(void **state)
{
	(void)state;
	assert_true(read_suites(TLS1_2_VERSION) > 40);
}

static void every_suite_of_older_ones(void **state)
{
	(void)state;
	assert_true(read_suites(TLS1_1_VERSION) > 8);
	assert_true(read_suites(TLS1_VERSION) > 8);
}

static const char *const suites_of_1_3[] = {
	"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",   "TLS_CHACHA20_POLY1305_SHA256",
	"TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256", NULL,
};

static void every_suite_of_1_3(void **state)
{
	(void)state;
	for (size_t i = 0; suites_of_1_3[i]; i++)
		read_suite(TLS1_3_VERSION, suites_of_1_3[i], true);
}

static void dhe(void **state)
{
	(void)state;
	read_suite(TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", true);
	read_suite(TLS1_2_VERSION, "DHE-RSA-AES256-SHA", false);
}

/* ---- what happens in a connection ---- */

static void key_updates(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;

	(void)state;
	tls_ends_open(&ends, TLS1_3_VERSION, NULL);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	for (int i = 0; i < 3; i++) {
		tls_pair_talk(&p, 2);
		assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED), 1);
		tls_pair_talk(&p, 2);
		assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	}
	tls_pair_talk(&p, 1);
	read_pair(&p, 0);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

static void hello_retry(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;

	(void)state;
	tls_ends_open(&ends, TLS1_3_VERSION, NULL);
	SSL_CTX_set1_groups_list(ends.client, "X25519:P-256");
	SSL_CTX_set1_groups_list(ends.server, "P-256");
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 2);
	read_pair(&p, 0);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

static void renegotiation(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;

	(void)state;
	tls_ends_open(&ends, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
	SSL_CTX_set_options(ends.server, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 2);
	assert_int_equal(SSL_renegotiate(p.client), 1);
	SSL_do_handshake(p.client);
	tls_pair_pump(&p);
	tls_pair_talk(&p, 2);
	assert_int_equal(SSL_total_renegotiations(p.client), 1);
	/* As long as keys are in use whose handshake another has followed. */
	read_staying(&p, 0, 4);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

/* A session that a ticket or an id resumes, whose own secret nobody logged. */
static void resume_older(bool ticket)
{
	struct tls_ends ends;
	struct tls_pair first, second;
	struct reader r;

	tls_ends_open(&ends, TLS1_2_VERSION, NULL);
	if (!ticket)
		SSL_CTX_set_options(ends.server, SSL_OP_NO_TICKET);
	tls_pair_open(&first, &ends, false);
	tls_pair_handshake(&first);
	tls_pair_talk(&first, 2);
	tls_pair_open(&second, &ends, true);
	tls_pair_handshake(&second);
	assert_true(SSL_session_reused(second.client));
	tls_pair_talk(&second, 2);
	reader_open(&r);
	learn(&r, buffer_span(&first.keylog));
	reader_run(&r, &first, NULL, 0);
	expect_all(&r, &first);
	reader_run(&r, &second, NULL, 0);
	expect_all(&r, &second);
	reader_close(&r);
	tls_pair_close(&second);
	tls_pair_close(&first);
	tls_ends_close(&ends);
}

static void resumption_of_1_2(void **state)
{
	(void)state;
	resume_older(true);
	resume_older(false);
}

enum early {
	EARLY_TAKEN,
	EARLY_REFUSED,
	EARLY_RETRY
};

/* The server's side of it: whether it takes what was sent before it has answered. */
static void answer_early(struct tls_pair *p, enum early early)
{
	char data[256];
	size_t read;

	for (int i = 0; early == EARLY_TAKEN && i < 3; i++) {
		tls_pair_carry(p, DIRECTION_SENT);
		while (SSL_read_early_data(p->server, data, sizeof(data), &read) ==
		       SSL_READ_EARLY_DATA_SUCCESS)
			;
		tls_pair_carry(p, DIRECTION_RECEIVED);
		SSL_do_handshake(p->client);
	}
	tls_pair_handshake(p);
	assert_int_equal(SSL_get_early_data_status(p->client),
			 early == EARLY_TAKEN ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_REJECTED);
}

static void zero_round_trip(const char *suite, enum early early)
{
	static const char text[] = "sent before anything was answered;";
	struct tls_ends ends;
	struct tls_pair first, second;
	size_t written;
	struct reader r;

	tls_ends_open(&ends, TLS1_3_VERSION, suite);
	tls_pair_open(&first, &ends, false);
	tls_pair_handshake(&first);
	tls_pair_open(&second, &ends, true);
	if (early == EARLY_RETRY)
		SSL_set1_groups_list(second.server, "P-384");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			SSL_write_early_data(second.client, text, sizeof(text) - 1, &written), 1);
		assert_true(tls_pair_carry(&second, DIRECTION_SENT));
	}
	for (int i = 0; i < 3 && early == EARLY_TAKEN; i++)
		buffer_append(&second.said[DIRECTION_SENT], text, sizeof(text) - 1);
	answer_early(&second, early);
	tls_pair_talk(&second, 3);
	reader_open(&r);
	learn(&r, buffer_span(&second.keylog));
	reader_run(&r, &second, NULL, 0);
	expect_all(&r, &second);
	assert_string_equal(r.alpn, "http/1.1");
	/* It waits for the server's answer, and is as old as its first record. */
	if (early == EARLY_TAKEN)
		assert_int_equal(r.began[DIRECTION_SENT], 1);
	else
		assert_true(r.began[DIRECTION_SENT] > 4);
	reader_run(&r, &second, NULL, 11);
	expect_all(&r, &second);
	assert_int_equal(r.stayed, 0);
	reader_close(&r);
	tls_pair_close(&second);
	tls_pair_close(&first);
	tls_ends_close(&ends);
}

static void zero_round_trips(void **state)
{
	static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					     "TLS_CHACHA20_POLY1305_SHA256"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		zero_round_trip(suites[i], EARLY_TAKEN);
		zero_round_trip(suites[i], EARLY_REFUSED);
		zero_round_trip(suites[i], EARLY_RETRY);
	}
}

/* ---- what is missing ---- */

/* Loses wire bytes [FROM, TO) of what the server sent, behind its handshake, and reads the rest. */
static void lose(const struct tls_pair *p, uint64_t from, uint64_t to, bool exact)
{
	const struct loss loss = {.from = {UINT64_MAX, from}, .to = {UINT64_MAX, to}};
	struct reader r;

	reader_open(&r);
	learn(&r, buffer_span(&p->keylog));
	reader_run(&r, p, &loss, 0);
	assert_true(r.missing[DIRECTION_RECEIVED] > 0);
	assert_string_equal(r.reading, "in part");
	assert_true(same(&r.plain[DIRECTION_SENT], &p->said[DIRECTION_SENT]));
	if (exact)
		expect_rest(&r, p);
	/* What was said last is there again, whole. */
	assert_true(r.plain[DIRECTION_RECEIVED].len >= 500);
	assert_memory_equal(
		r.plain[DIRECTION_RECEIVED].data + r.plain[DIRECTION_RECEIVED].len - 500,
		p->said[DIRECTION_RECEIVED].data + p->said[DIRECTION_RECEIVED].len - 500, 500);
	reader_close(&r);
}

/* Bytes that END has put on the wire so far. */
static uint64_t on_wire(const struct tls_pair *p, enum direction direction)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->messages[i].direction == direction)
			sum += p->messages[i].len;
	return sum;
}

static void lose_with(int version, const char *suite, bool exact)
{
	struct tls_ends ends;
	struct tls_pair p;
	uint64_t from, to;

	tls_ends_open(&ends, version, suite);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 3);
	from = on_wire(&p, DIRECTION_RECEIVED);
	tls_pair_talk(&p, 10);
	to = on_wire(&p, DIRECTION_RECEIVED);
	tls_pair_talk(&p, 5);
	lose(&p, from, to, exact);
	lose(&p, from + 1, to, exact);
	lose(&p, from - 3, to - 3, exact);
	lose(&p, from + 100, from + 101, exact);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

static void holes(void **state)
{
	(void)state;
	for (size_t i = 0; suites_of_1_3[i]; i++)
		lose_with(TLS1_3_VERSION, suites_of_1_3[i], true);
	lose_with(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", true);
	lose_with(TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", true);
	lose_with(TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM8", true);
	lose_with(TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", false);
	lose_with(TLS1_1_VERSION, "ECDHE-RSA-AES128-SHA", false);
	lose_with(TLS1_VERSION, "ECDHE-RSA-AES128-SHA", false);
}

/* A KeyUpdate is among what is missing. */
static void update_in_a_hole(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;
	uint64_t from, to;

	(void)state;
	tls_ends_open(&ends, TLS1_3_VERSION, NULL);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 2);
	from = on_wire(&p, DIRECTION_RECEIVED);
	tls_pair_talk(&p, 2);
	assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	tls_pair_talk(&p, 2);
	to = on_wire(&p, DIRECTION_RECEIVED);
	tls_pair_talk(&p, 3);
	lose(&p, from, to, false);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

/* The recording begins in the middle: the secrets are tied to the connection by the records. */
static void midstream_with(const char *suite, bool known_conn)
{
	struct tls_ends ends;
	struct tls_pair p, other;
	struct loss loss = {.midstream = true};
	struct reader r;
	size_t said[2];

	tls_ends_open(&ends, TLS1_3_VERSION, suite);
	tls_pair_open(&other, &ends, false);
	tls_pair_handshake(&other);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 50);
	for (int d = 0; d < 2; d++) {
		loss.to[d] = on_wire(&p, (enum direction)d);
		said[d] = p.said[d].len;
	}
	tls_pair_talk(&p, 5);
	reader_open(&r);
	r.conn = known_conn ? 0 : 1;
	learn(&r, buffer_span(&other.keylog));
	learn(&r, buffer_span(&p.keylog));
	reader_run(&r, &p, &loss, 0);
	assert_string_equal(r.reading, "keys");
	for (int d = 0; d < 2; d++)
		assert_true(span_equal(buffer_span(&r.plain[d]),
				       span_of(p.said[d].data + said[d], p.said[d].len - said[d])));
	assert_true(keylog_was_used(r.keylog));
	reader_close(&r);
	tls_pair_close(&p);
	tls_pair_close(&other);
	tls_ends_close(&ends);
}

static void midstream(void **state)
{
	(void)state;
	for (size_t i = 0; suites_of_1_3[i]; i++)
		midstream_with(suites_of_1_3[i], false);
}

/* As a recorder tells it of a connection that is older than it. */
static void learn_server_random(struct reader *r, const struct tls_pair *p)
{
	uint8_t random[2][SECRET_NAME_LEN];
	char line[256];
	int len = snprintf(line, sizeof(line), "SERVER_RANDOM ");

	SSL_get_client_random(p->server, random[0], SECRET_NAME_LEN);
	SSL_get_server_random(p->server, random[1], SECRET_NAME_LEN);
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < SECRET_NAME_LEN; j++)
			len += snprintf(line + len, sizeof(line) - (size_t)len, "%02x",
					random[i][j]);
		len += snprintf(line + len, sizeof(line) - (size_t)len, i ? "\n" : " ");
	}
	learn(r, span_of(line, (size_t)len));
}

/* TLS 1.2: neither the suite is known nor, as it isn't in the nonce, the number. */
static void midstream_older_with(const char *suite, bool encrypt_then_mac)
{
	struct tls_ends ends;
	struct tls_pair p;
	struct loss loss = {.midstream = true};
	struct reader r;
	size_t said[2];

	tls_ends_open(&ends, TLS1_2_VERSION, suite);
	if (!encrypt_then_mac)
		SSL_CTX_set_options(ends.client, SSL_OP_NO_ENCRYPT_THEN_MAC);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 40);
	for (int d = 0; d < 2; d++) {
		loss.to[d] = on_wire(&p, (enum direction)d);
		said[d] = p.said[d].len;
	}
	tls_pair_talk(&p, 5);
	reader_open(&r);
	learn(&r, buffer_span(&p.keylog));
	reader_run(&r, &p, &loss, 0);
	/* What a key log has isn't enough. */
	assert_string_equal(r.reading, "no");
	learn_server_random(&r, &p);
	reader_run(&r, &p, &loss, 0);
	assert_string_equal(r.reading, "keys");
	for (int d = 0; d < 2; d++)
		assert_true(span_equal(buffer_span(&r.plain[d]),
				       span_of(p.said[d].data + said[d], p.said[d].len - said[d])));
	reader_close(&r);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

static void midstream_of_1_2(void **state)
{
	(void)state;
	midstream_older_with("ECDHE-RSA-AES256-GCM-SHA384", true);
	midstream_older_with("ECDHE-RSA-AES128-GCM-SHA256", true);
	midstream_older_with("ECDHE-RSA-CHACHA20-POLY1305", true);
	midstream_older_with("AES128-SHA", true);
	midstream_older_with("AES256-SHA256", false);
}

/* The client's records of P, which AES128-SHA encrypts, as AES-256 would see them. */
static struct opener *wrong_opener(const struct tls_pair *p)
{
	uint8_t random[2][SECRET_NAME_LEN];
	struct secret master = {0};
	const struct master_keys keys = {TLS_1_2, &master, random[0], random[1], true};
	struct suite suite;
	struct opener *o;

	master.len = (uint8_t)SSL_SESSION_get_master_key(SSL_get_session(p->client), master.bytes,
							 sizeof(master.bytes));
	SSL_get_client_random(p->client, random[0], SECRET_NAME_LEN);
	SSL_get_server_random(p->client, random[1], SECRET_NAME_LEN);
	assert_true(suite_read("TLS_RSA_WITH_AES_256_CBC_SHA", TLS_1_2, &suite));
	o = opener_of_master(&suite, &keys, false);
	assert_non_null(o);
	return o;
}

/*
 * Says a byte until a record seems to be AES-256's, too: its place. UINT64_MAX: none was. Of keys
 * that aren't known to be this connection's no number above 256 is tried.
 */
static uint64_t say_ambiguously(struct tls_pair *p)
{
	struct opener *o = wrong_opener(p);
	uint64_t at = UINT64_MAX;
	struct opened opened;

	for (uint64_t seq = 1; seq < 250 && at == UINT64_MAX; seq++) {
		const struct tls_pair_message *m = &p->messages[p->count];
		uint64_t before = on_wire(p, DIRECTION_SENT);

		tls_pair_say(p, DIRECTION_SENT, 1);
		if (opener_open(o, seq, span_of(p->wire.data + m->from, m->len), &opened))
			at = before;
	}
	opener_free(o);
	return at;
}

/* With the MAC of what is encrypted, AES-128 and AES-256 have its key in common. */
static void key_length_is_told_by_padding(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;
	struct loss loss = {.midstream = true};
	struct reader r;
	size_t said = 0;

	(void)state;
	tls_ends_open(&ends, TLS1_2_VERSION, "AES128-SHA");
	for (int tries = 0; tries < 100; tries++) {
		tls_pair_open(&p, &ends, false);
		tls_pair_handshake(&p);
		loss.to[DIRECTION_SENT] = say_ambiguously(&p);
		if (loss.to[DIRECTION_SENT] != UINT64_MAX)
			break;
		tls_pair_close(&p);
	}
	assert_true(loss.to[DIRECTION_SENT] != UINT64_MAX);
	said = p.said[DIRECTION_SENT].len - 1;
	loss.to[DIRECTION_RECEIVED] = on_wire(&p, DIRECTION_RECEIVED);
	tls_pair_talk(&p, 3);
	reader_open(&r);
	learn(&r, buffer_span(&p.keylog));
	learn_server_random(&r, &p);
	reader_run(&r, &p, &loss, 0);
	assert_string_equal(r.reading, "keys");
	assert_true(span_equal(
		buffer_span(&r.plain[DIRECTION_SENT]),
		span_of(p.said[DIRECTION_SENT].data + said, p.said[DIRECTION_SENT].len - said)));
	reader_close(&r);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

/* AES-128-GCM of TLS 1.2 with keys of zeros, as record number SEQ. */
static size_t record_make(uint8_t *record, uint64_t seq, size_t len, const uint8_t *key,
			  const uint8_t *salt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12] = {0}, aad[13] = {0};
	uint8_t *body = record + 5;
	int done;

	memset(body, 0x5a, 8 + len);
	memcpy(nonce, salt, 4);
	memcpy(nonce + 4, body, 8);
	for (int i = 0; i < 8; i++)
		aad[i] = (uint8_t)(seq >> (56 - 8 * i));
	memcpy(aad + 8, "\x17\x03\x03", 3);
	aad[11] = (uint8_t)(len >> 8);
	aad[12] = (uint8_t)len;
	memcpy(record, aad + 8, 3);
	record[3] = (uint8_t)((len + 24) >> 8);
	record[4] = (uint8_t)(len + 24);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &done, aad, sizeof(aad)), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, body + 8, &done, body + 8, (int)len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, body + 8 + len, &done), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, body + 8 + len), 1);
	EVP_CIPHER_CTX_free(ctx);
	return 5 + 8 + len + 16;
}

/* GCM's tag tells the number, whatever the nonce: nothing is counted through. */
static void numbers_of_gcm(void **state)
{
	static const uint64_t numbers[] = {0,	      1, 77, 1u << 20, UINT64_C(0x0123456789abcdef),
					   UINT64_MAX};
	static const uint8_t randoms[2][SECRET_NAME_LEN];
	const struct secret master = {.len = 48};
	const struct master_keys keys = {TLS_1_2, &master, randoms[0], randoms[1], false};
	uint8_t block[40], record[2048];
	struct opened opened;
	struct suite suite;
	struct opener *o;
	uint64_t seq;

	(void)state;
	assert_true(suite_read("TLS_RSA_WITH_AES_128_GCM_SHA256", TLS_1_2, &suite));
	assert_true(
		derive_block(suite.hash, &master, randoms[1], randoms[0], block, sizeof(block)));
	o = opener_of_master(&suite, &keys, false);
	assert_non_null(o);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t len = record_make(record, numbers[i], 100 + 300 * i, block, block + 32);
		struct span whole = span_of((char *)record, len);

		assert_true(opener_number(o, whole, 2, &seq));
		assert_true(seq == numbers[i]);
		assert_true(opener_open(o, seq, whole, &opened));
		record[20] ^= 1;
		assert_false(opener_number(o, whole, 2, &seq));
		/* The nonce may be the number, or as far behind the last one; that is all. */
		assert_true(opener_number(o, whole, 1, &seq));
		assert_true(seq == UINT64_C(0x5a5a5a5a5a5a5a5a));
		assert_true(opener_number(o, whole, 0, &seq));
		assert_false(opener_number(o, whole, 3, &seq));
	}
	opener_free(o);
}

/* What is too short for a nonce and a tag has no number, and no byte behind it is looked at. */
static void numbers_of_what_is_short(void **state)
{
	static const struct {
		const char *suite;
		uint16_t version;
		size_t least;
		int guesses; /* that a record of zeros gives; the last is sure of itself */
	} suites[] = {
		{"TLS_RSA_WITH_AES_128_GCM_SHA256", TLS_1_2, 24, 2},
		{"TLS_RSA_WITH_AES_128_CBC_SHA", TLS_1_2, SIZE_MAX, 0},
		{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS_1_2, SIZE_MAX, 0},
	};
	static const uint8_t randoms[2][SECRET_NAME_LEN];
	const struct secret master = {.len = 48};

	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct master_keys keys = {suites[i].version, &master, randoms[0], randoms[1],
						 false};
		struct suite suite;
		struct opener *o;

		assert_true(suite_read(suites[i].suite, suites[i].version, &suite));
		o = opener_of_master(&suite, &keys, false);
		assert_non_null(o);
		for (size_t len = 0; len < 60; len++) {
			char *record = calloc(1, len ? len : 1);
			int guesses = 0;
			uint64_t seq;

			assert_non_null(record);
			for (unsigned n = 0; n < 4; n++)
				guesses += opener_number(o, span_of(record, len), n, &seq);
			assert_int_equal(guesses,
					 len < suites[i].least + 5 ? 0 : suites[i].guesses);
			free(record);
		}
		opener_free(o);
	}
}

/* ---- why not ---- */

static void expect_unread(struct reader *r, const struct tls_pair *p, const char *why)
{
	reader_run(r, p, NULL, 0);
	assert_string_equal(r->reading, "no");
	assert_string_equal(r->unread, why);
	assert_int_equal(r->plain[0].len + r->plain[1].len, 0);
}

static void reasons(void **state)
{
	struct tls_ends ends;
	struct tls_pair p, other;
	struct reader r;

	(void)state;
	tls_ends_open(&ends, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 2);
	tls_pair_open(&other, &ends, false);
	tls_pair_handshake(&other);
	reader_open(&r);
	expect_unread(&r, &p, "no keys");
	learn(&r, buffer_span(&other.keylog));
	expect_unread(&r, &p, "no keys of this connection");
	assert_false(keylog_was_used(r.keylog));
	/* The right random, another's secret. */
	memcpy(other.keylog.data, p.keylog.data, strlen("CLIENT_RANDOM ") + 64);
	learn(&r, buffer_span(&other.keylog));
	expect_unread(&r, &p, "the keys don't open it");
	reader_close(&r);
	tls_pair_close(&other);
	tls_pair_close(&p);
	tls_ends_close(&ends);

	tls_ends_open(&ends, TLS1_2_VERSION, "NULL-SHA256");
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	tls_pair_talk(&p, 2);
	reader_open(&r);
	learn(&r, buffer_span(&p.keylog));
	expect_unread(&r, &p, "the cipher suite is not supported");
	reader_close(&r);
	tls_pair_close(&p);
	tls_ends_close(&ends);
}

/* ---- key logs ---- */

#define RANDOM_HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static enum keylog_answer add(struct keylog *k, const char *line)
{
	return keylog_add(k, span_text(line), 0);
}

static void keylog_lines(void **state)
{
	struct keylog *user = keylog_new(NULL, NULL), *k = keylog_new(NULL, user);
	uint8_t random[SECRET_NAME_LEN];
	const struct secrets *s;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(i % 16 * 0x11);
	assert_int_equal(add(k, ""), KEYLOG_IGNORED);
	assert_int_equal(add(k, "# a comment"), KEYLOG_IGNORED);
	assert_int_equal(add(k, "EXPORTER_SECRET " RANDOM_HEX " 00"), KEYLOG_IGNORED);
	assert_int_equal(add(k, "CLIENT_RANDOM"), KEYLOG_NO_LINE);
	assert_int_equal(add(k, "CLIENT_RANDOM 00 00"), KEYLOG_NO_LINE);
	assert_int_equal(add(k, "CLIENT_RANDOM " RANDOM_HEX " 0"), KEYLOG_NO_LINE);
	assert_int_equal(add(k, "CLIENT_RANDOM " RANDOM_HEX " 0g"), KEYLOG_NO_LINE);
	assert_int_equal(add(k, "GET / HTTP/1.1"), KEYLOG_NO_LINE);
	assert_int_equal(keylog_count(k), 0);
	assert_int_equal(add(user, "CLIENT_TRAFFIC_SECRET_0 " RANDOM_HEX " ABcd\r"), KEYLOG_TAKEN);
	assert_int_equal(keylog_count(k), 1);
	s = keylog_find(k, span_of(random, sizeof(random)));
	assert_non_null(s);
	assert_int_equal(s->of[SECRET_CLIENT_TRAFFIC].len, 2);
	assert_memory_equal(s->of[SECRET_CLIENT_TRAFFIC].bytes, "\xab\xcd", 2);
	assert_true(keylog_was_used(user));
	assert_false(keylog_was_used(k));
	assert_ptr_equal(keylog_next(k, &at), s);
	assert_null(keylog_next(k, &at));
	assert_int_equal(add(k, "RSA Session-ID:0102 Master-Key:0304"), KEYLOG_TAKEN);
	assert_non_null(keylog_find_session(k, span_of("\1\2", 2)));
	assert_null(keylog_find_session(k, span_of("\1", 1)));
	assert_int_equal(add(k, "RSA Session-ID: Master-Key:0304"), KEYLOG_NO_LINE);
	assert_int_equal(add(k, "RSA Session-ID:0103 Master-Key:"), KEYLOG_NO_LINE);
	assert_null(keylog_find_session(k, span_of("\1\3", 2)));
	keylog_free(k);
	keylog_free(user);
}

/* Secrets are kept within their share of the budget; of those that are not the caller is told. */
static void keylog_is_bounded(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct keylog *k = keylog_new(&budget, NULL);
	unsigned answers[KEYLOG_NO_MEMORY + 1] = {0};
	char line[256];

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		snprintf(line, sizeof(line), "CLIENT_RANDOM %064x %096x", i, i);
		answers[add(k, line)]++;
	}
	assert_in_range(answers[KEYLOG_TAKEN], 100, 2000);
	assert_int_equal(answers[KEYLOG_NO_MEMORY], 4000 - answers[KEYLOG_TAKEN]);
	assert_true(budget.used <= budget.limit / 4);
	/* They are no bytes of messages. */
	assert_int_equal(budget.refused, 0);
	keylog_free(k);
	assert_int_equal(budget.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keylog_lines),
		cmocka_unit_test(keylog_is_bounded),
		cmocka_unit_test(other_suites),
		cmocka_unit_test(every_suite_of_1_2),
		cmocka_unit_test(every_suite_of_older_ones),
		cmocka_unit_test(every_suite_of_1_3),
		cmocka_unit_test(dhe),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(hello_retry),
		cmocka_unit_test(renegotiation),
		cmocka_unit_test(resumption_of_1_2),
		cmocka_unit_test(zero_round_trips),
		cmocka_unit_test(holes),
		cmocka_unit_test(update_in_a_hole),
		cmocka_unit_test(midstream),
		cmocka_unit_test(midstream_of_1_2),
		cmocka_unit_test(key_length_is_told_by_padding),
		cmocka_unit_test(numbers_of_gcm),
		cmocka_unit_test(numbers_of_what_is_short),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests_name("tls_decrypt", tests, NULL, NULL);
}
