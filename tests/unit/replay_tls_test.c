/* SPDX-License-Identifier: BSD-2-Clause */
/* Plaintext, secrets and libraries of TLS in recordings: what is read of them, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/replay/replay.h"
#include "protocols/cipher/keylog.h"
#include "protocols/cursor.h"
#include "tests/unit/tls_pair.h"

#define GET    "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* ---- what a replay tells ---- */

struct told {
	struct buffer records; /* "proto outcome tls;" of each */
	struct buffer conns;   /* "reading version alpn library tie (unread);" of each */
};

static void on_record(void *context, const struct connection *c, const struct session *s,
		      const struct record *record)
{
	struct told *told = context;

	(void)c;
	buffer_printf(&told->records, "%s %s%s;", record->table->name,
		      outcome_text(record->outcome), session_is_plaintext(s) ? " inside" : "");
}

static void append(struct buffer *b, struct span text)
{
	buffer_append_char(b, ' ');
	buffer_append_span(b, text.len ? text : span_text("-"));
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct told *told = context;
	const struct connection_tls tls = connection_tls(c);

	if (!tls.is) {
		buffer_append_text(&told->conns, "clear;");
		return;
	}
	buffer_append_text(&told->conns, reading_of_tls_text(tls.encryption.reading));
	append(&told->conns, tls.encryption.version);
	append(&told->conns, tls.encryption.alpn);
	append(&told->conns, span_text(tls.library ? tls_library_text(tls.library->kind) : ""));
	append(&told->conns, span_text(c->tie ? tls_tie_text(c->tie) : ""));
	buffer_printf(&told->conns, " (%.*s);", (int)tls.encryption.unread.len,
		      tls.encryption.unread.data ? tls.encryption.unread.data : "");
}

static struct replay *open_replay(struct told *told)
{
	const struct replay_options options = {
		.handlers = {.record = on_record, .conn_end = on_conn_end, .context = told},
	};
	struct replay *r = replay_new_fed(&options);

	assert_non_null(r);
	*told = (struct told){0};
	return r;
}

static void expect(struct replay *r, struct told *told, const char *records, const char *conns)
{
	assert_int_equal(replay_end(r), TAPE_OK);
	buffer_append_char(&told->records, '\0');
	buffer_append_char(&told->conns, '\0');
	assert_string_equal(told->records.data, records);
	assert_string_equal(told->conns.data, conns);
	buffer_free(&told->records);
	buffer_free(&told->conns);
	replay_free(r);
}

/* ---- events ---- */

static void feed(struct replay *r, struct event event)
{
	event.ts = replay_now(r) + 1000000;
	replay_event(r, &event);
}

static void feed_conn_of(struct replay *r, uint64_t id, enum conn_origin origin)
{
	feed(r, (struct event){.type = EVENT_CONN,
			       .conn = {.conn = id,
					.transport = TRANSPORT_TCP,
					.role = ROLE_CLIENT,
					.origin = origin,
					.pid = 77,
					.fd = 3,
					.local = {.family = ADDRESS_INET4, .port = 50000},
					.remote = {.family = ADDRESS_INET4, .port = 443}}});
}

static void feed_conn(struct replay *r, uint64_t id)
{
	feed_conn_of(r, id, ORIGIN_OPENED);
}

static void feed_data(struct replay *r, enum layer layer, enum direction direction,
		      uint64_t position, struct span bytes)
{
	feed(r, (struct event){.type = EVENT_DATA,
			       .data = {.conn = 1,
					.pid = 77,
					.tid = 77,
					.fd = -1,
					.layer = layer,
					.direction = direction,
					.call = layer == LAYER_TLS ? CALL_SSL_WRITE : CALL_WRITE,
					.offset = position,
					.len = bytes.len,
					.payload = bytes}});
}

static void feed_library(struct replay *r, enum tls_library kind, enum tls_hook hook)
{
	feed(r, (struct event){.type = EVENT_LIBRARY,
			       .library = {.library = 1,
					   .pid = 77,
					   .kind = kind,
					   .hook = hook,
					   .path = span_text("/usr/lib/libssl.so.3"),
					   .version = span_text("3.0.19")}});
}

static void feed_tie(struct replay *r, enum tls_tie tie)
{
	feed(r, (struct event){
			.type = EVENT_TLS,
			.tls = {.conn = 1, .object = 0x1000, .pid = 77, .library = 1, .tie = tie}});
}

static void feed_secrets(struct replay *r, const struct tls_pair *p)
{
	struct cursor c = cursor_of(p->keylog.data, p->keylog.len);

	while (cursor_left(&c))
		feed(r, (struct event){.type = EVENT_SECRET,
				       .secret = {.conn = 1, .line = cursor_until(&c, '\n')}});
}

/* The wire of messages FROM to TO of P; *POSITIONS by direction. */
static void feed_wire(struct replay *r, const struct tls_pair *p, size_t from, size_t to,
		      uint64_t positions[2])
{
	for (size_t i = from; i < to; i++) {
		const struct tls_pair_message *m = &p->messages[i];

		feed_data(r, LAYER_WIRE, m->direction, positions[m->direction],
			  span_of(p->wire.data + m->from, m->len));
		positions[m->direction] += m->len;
	}
}

static void write_bytes(struct tls_pair *p, SSL *ssl, const char *bytes, size_t len)
{
	assert_int_equal(SSL_write(ssl, bytes, (int)len), len);
	tls_pair_pump(p);
}

static void write_text(struct tls_pair *p, SSL *ssl, const char *text)
{
	write_bytes(p, ssl, text, strlen(text));
}

/* A handshake, and one request with its response; *HANDSHAKE: messages of the handshake. */
static void converse(struct tls_ends *ends, struct tls_pair *p, int version, size_t *handshake)
{
	tls_ends_open(ends, version, NULL);
	tls_pair_open(p, ends, false);
	tls_pair_handshake(p);
	*handshake = p->count;
	write_text(p, p->client, GET);
	write_text(p, p->server, ANSWER);
}

static void finish(struct tls_ends *ends, struct tls_pair *p)
{
	tls_pair_close(p);
	tls_ends_close(ends);
}

/* ---- tests ---- */

/* The library's calls tell what is inside; of the wire there is the handshake. */
static void plaintext_of_calls(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;
	struct told told;
	struct replay *r = open_replay(&told);
	uint64_t positions[2] = {0};
	size_t handshake;

	(void)state;
	converse(&ends, &p, TLS1_2_VERSION, &handshake);
	feed_library(r, TLS_LIBRARY_OPENSSL, TLS_HOOK_PLAINTEXT);
	feed_conn(r, 1);
	feed_wire(r, &p, 0, handshake, positions);
	feed_tie(r, TLS_TIE_RANDOM);
	feed_data(r, LAYER_TLS, DIRECTION_SENT, 0, span_text(GET));
	feed_data(r, LAYER_TLS, DIRECTION_RECEIVED, 0, span_text(ANSWER));
	expect(r, &told, "http ok inside;tls ok;",
	       "calls TLS 1.2 http/1.1 OpenSSL client random ();");
	finish(&ends, &p);
}

/* Both, and keys as well: what is inside is read once. */
static void plaintext_and_keys(bool plaintext_first)
{
	struct tls_ends ends;
	struct tls_pair p;
	struct told told;
	struct replay *r = open_replay(&told);
	uint64_t positions[2] = {0};
	size_t handshake;

	converse(&ends, &p, TLS1_3_VERSION, &handshake);
	feed_conn(r, 1);
	feed_secrets(r, &p);
	feed_wire(r, &p, 0, handshake, positions);
	feed_tie(r, TLS_TIE_CALL);
	if (plaintext_first) {
		feed_data(r, LAYER_TLS, DIRECTION_SENT, 0, span_text(GET));
		feed_wire(r, &p, handshake, p.count, positions);
		feed_data(r, LAYER_TLS, DIRECTION_RECEIVED, 0, span_text(ANSWER));
		expect(r, &told, "http ok inside;tls ok;",
		       "calls TLS 1.3 http/1.1 - nested call ();");
	} else {
		feed_wire(r, &p, handshake, p.count, positions);
		feed_data(r, LAYER_TLS, DIRECTION_SENT, 0, span_text(GET));
		feed_data(r, LAYER_TLS, DIRECTION_RECEIVED, 0, span_text(ANSWER));
		expect(r, &told, "http ok inside;tls ok;",
		       "keys TLS 1.3 http/1.1 - nested call ();");
	}
	finish(&ends, &p);
}

static void read_once(void **state)
{
	(void)state;
	plaintext_and_keys(true);
	plaintext_and_keys(false);
}

/* The call of a socket whose records the kernel makes, or opens. */
static void feed_kernel(struct replay *r, enum direction direction, struct span bytes)
{
	feed(r, (struct event){.type = EVENT_DATA,
			       .data = {.conn = 1,
					.pid = 77,
					.tid = 77,
					.fd = 3,
					.layer = LAYER_TLS,
					.direction = direction,
					.call = CALL_SENDMSG,
					.len = bytes.len,
					.payload = bytes}});
}

/* The kernel makes the records of one direction, and keys open the other: it is one conversation.
 */
static void kernel_and_keys(void **state)
{
	(void)state;
	for (int d = 0; d < 2; d++) {
		enum direction kernel = (enum direction)d;
		struct tls_ends ends;
		struct tls_pair p;
		struct told told;
		struct replay *r = open_replay(&told);
		uint64_t positions[2] = {0};
		size_t handshake;

		converse(&ends, &p, TLS1_3_VERSION, &handshake);
		feed_conn(r, 1);
		feed_secrets(r, &p);
		feed_wire(r, &p, 0, handshake, positions);
		/* The first message is the request, and what remains has the response. */
		if (kernel == DIRECTION_SENT) {
			feed_kernel(r, DIRECTION_SENT, span_text(GET));
			feed_wire(r, &p, handshake + 1, p.count, positions);
		} else {
			feed_wire(r, &p, handshake, handshake + 1, positions);
			feed_kernel(r, DIRECTION_RECEIVED, span_text(ANSWER));
		}
		expect(r, &told, "http ok inside;tls ok;", "calls TLS 1.3 http/1.1 - - ();");
		finish(&ends, &p);
	}
}

static void keys_of_the_recording(void **state)
{
	struct tls_ends ends;
	struct tls_pair p;
	struct told told;
	struct replay *r = open_replay(&told);
	uint64_t positions[2] = {0};
	size_t handshake;

	(void)state;
	converse(&ends, &p, TLS1_3_VERSION, &handshake);
	feed_library(r, TLS_LIBRARY_OPENSSL, TLS_HOOK_KEYS);
	feed_conn(r, 1);
	feed_secrets(r, &p);
	feed_wire(r, &p, 0, p.count, positions);
	expect(r, &told, "http ok inside;tls ok;", "keys TLS 1.3 http/1.1 OpenSSL - ();");
	finish(&ends, &p);
}

/* Of a connection that was there before the recorder: why its library told no secrets. */
static void older_not_read(void **state)
{
	static const struct {
		enum tls_library kind;
		const char *expected;
	} cases[] = {
		{TLS_LIBRARY_OPENSSL, "no - - OpenSSL - (it is older than the recording, and its "
				      "library told no secrets since);"},
		{TLS_LIBRARY_GO,
		 "no - - Go crypto/tls - (it is older than the recording: Go keeps secrets of "
		 "TLS 1.3 alone, and none were told as it was written to);"},
	};
	struct tls_ends ends;
	struct tls_pair p;
	size_t handshake;

	(void)state;
	converse(&ends, &p, TLS1_3_VERSION, &handshake);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct told told;
		struct replay *r = open_replay(&told);
		uint64_t positions[2] = {0};

		feed_library(r, cases[i].kind, TLS_HOOK_KEYS);
		feed_conn_of(r, 1, ORIGIN_MIDSTREAM);
		feed_wire(r, &p, handshake, p.count, positions);
		expect(r, &told, "tls partial;", cases[i].expected);
	}
	finish(&ends, &p);
}

/* The reason is the library's where it is known. */
static void not_read(void **state)
{
	static const struct {
		enum tls_library kind;
		enum tls_hook hook;
		const char *expected;
	} cases[] = {
		{TLS_LIBRARY_UNKNOWN, TLS_HOOK_NOT_FOUND,
		 "no TLS 1.2 http/1.1 unknown - (no TLS library found in the process);"},
		{TLS_LIBRARY_OPENSSL, TLS_HOOK_VERSION,
		 "no TLS 1.2 http/1.1 OpenSSL - (unknown version);"},
		{TLS_LIBRARY_OPENSSL, TLS_HOOK_PLAINTEXT,
		 "no TLS 1.2 http/1.1 OpenSSL - (its library was read, but nothing could be tied "
		 "to "
		 "it);"},
	};
	struct tls_ends ends;
	struct tls_pair p;
	size_t handshake;

	(void)state;
	converse(&ends, &p, TLS1_2_VERSION, &handshake);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct told told;
		struct replay *r = open_replay(&told);
		uint64_t positions[2] = {0};

		feed_library(r, cases[i].kind, cases[i].hook);
		feed_conn(r, 1);
		feed_wire(r, &p, 0, p.count, positions);
		expect(r, &told, "tls ok;", cases[i].expected);
	}
	finish(&ends, &p);
}

/* The recorder says how much plaintext it didn't see, and where. */
static void plaintext_with_a_hole(void **state)
{
	struct told told;
	struct replay *r = open_replay(&told);
	const size_t begin = strlen(ANSWER), hole = 100;

	(void)state;
	feed_conn(r, 1);
	feed_tie(r, TLS_TIE_THREAD);
	feed_data(r, LAYER_TLS, DIRECTION_SENT, 0, span_text(GET));
	feed_data(r, LAYER_TLS, DIRECTION_RECEIVED, 0, span_text(ANSWER));
	feed_data(r, LAYER_TLS, DIRECTION_SENT, strlen(GET), span_text(GET));
	feed(r, (struct event){.type = EVENT_LOSS,
			       .loss = {.conn = 1,
					.cause = LOSS_PLAINTEXT,
					.events = 1,
					.bytes = hole,
					.direction = DIRECTION_RECEIVED,
					.layer = LAYER_TLS,
					.placed = true,
					.position = begin}});
	feed_data(r, LAYER_TLS, DIRECTION_SENT, 2 * strlen(GET), span_text(GET));
	feed_data(r, LAYER_TLS, DIRECTION_RECEIVED, begin + hole, span_text(ANSWER));
	expect(r, &told, "http ok inside;http partial inside;http ok inside;",
	       "calls - - - thread order (some calls of the library were not seen);");
}

/* PostgreSQL asks for TLS, and goes on inside: its state waited. */
static void upgraded(void **state)
{
	static const char request[] = "\0\0\0\x08\x04\xd2\x16\x2f";
	static const char startup[] = "\0\0\0\x11\0\3\0\0user\0me\0\0";
	static const char ready[] = "R\0\0\0\x08\0\0\0\0Z\0\0\0\5I";
	static const char query[] = "Q\0\0\0\x0a"
				    "BEGIN\0";
	static const char done[] = "C\0\0\0\x0a"
				   "BEGIN\0Z\0\0\0\5T";
	struct tls_ends ends;
	struct tls_pair p;
	struct told told;
	struct replay *r = open_replay(&told);
	uint64_t positions[2] = {8, 1};

	(void)state;
	tls_ends_open(&ends, TLS1_3_VERSION, NULL);
	tls_pair_open(&p, &ends, false);
	tls_pair_handshake(&p);
	write_bytes(&p, p.client, startup, sizeof(startup) - 1);
	write_bytes(&p, p.server, ready, sizeof(ready) - 1);
	write_bytes(&p, p.client, query, sizeof(query) - 1);
	write_bytes(&p, p.server, done, sizeof(done) - 1);
	feed_conn(r, 1);
	feed_secrets(r, &p);
	feed_data(r, LAYER_WIRE, DIRECTION_SENT, 0, span_of(request, 8));
	feed_data(r, LAYER_WIRE, DIRECTION_RECEIVED, 0, span_of("S", 1));
	feed_wire(r, &p, 0, p.count, positions);
	expect(r, &told, "pgsql ok inside;pgsql ok inside;tls ok;",
	       "keys TLS 1.3 http/1.1 - - ();");
	finish(&ends, &p);
}

static void clear(void **state)
{
	struct told told;
	struct replay *r = open_replay(&told);

	(void)state;
	feed_conn(r, 1);
	feed_data(r, LAYER_WIRE, DIRECTION_SENT, 0, span_text(GET));
	feed_data(r, LAYER_WIRE, DIRECTION_RECEIVED, 0, span_text(ANSWER));
	expect(r, &told, "http ok;", "clear;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plaintext_of_calls),
		cmocka_unit_test(read_once),
		cmocka_unit_test(kernel_and_keys),
		cmocka_unit_test(keys_of_the_recording),
		cmocka_unit_test(not_read),
		cmocka_unit_test(older_not_read),
		cmocka_unit_test(plaintext_with_a_hole),
		cmocka_unit_test(upgraded),
		cmocka_unit_test(clear),
	};

	return cmocka_run_group_tests_name("replay_tls", tests, NULL, NULL);
}
