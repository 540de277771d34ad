/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "protocols/tls/hello.h"
#include "protocols/tls/state.h"
#include "protocols/tls/tls.h"
#include "tests/unit/http_case.h"

#define RANDOM "0123456789abcdef0123456789abcdef"
/* Two suites (one of GREASE), SNI a.test, ALPN h2. */
#define CLIENT_HELLO                                                                               \
	"\1\0\0\x4e\3\3" RANDOM "\0\0\4\x0a\x0a\xc0\x2f\1\0\0\x21\0\0\0\x0b\0\x09\0\0\6a.test"     \
	"\0\x10\0\5\0\3\2h2\xff\1\0\1\0\0\x17\0\0"
#define SERVER_HELLO	  "\2\0\0\x31\3\3" RANDOM "\0\xc0\x2f\0\0\x09\0\x10\0\5\0\3\2h2"
#define RECORD(type, len) type "\3\3\0" len

static void a_handshake(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(RECORD("\x16", "\x52") CLIENT_HELLO),
		FEED_RESPONSE(RECORD("\x16", "\x35")
				      SERVER_HELLO RECORD("\x16", "\4") "\x0e\0\0\0"),
		FEED_REQUEST(RECORD("\x16", "\5") "\x10\0\0\1x" RECORD("\x14", "\1") "\1" RECORD(
			"\x16", "\5") "12345"),
		FEED_RESPONSE(RECORD("\x14", "\1") "\1" RECORD("\x16", "\5") "12345"),
		FEED_REQUEST(RECORD("\x17", "\4") "data"),
		FEED_RESPONSE(RECORD("\x17", "\6") "answer"),
	};
	/* Its times depend on how the bytes come. */
	const struct feed feed = {.messages = messages, .count = 6, .role = ROLE_CLIENT};
	static const char *const records[] = {
		"'outcome':'ok','version':'TLS 1.2','offered_version':'TLS "
		"1.2','sni':'a.test','alpn':"
		"'h2','alpn_offered':['h2'],'cipher_suite':'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' "
		"| "
		"'resumed':false | 'alerts':null,'plaintext':'no','unread':'no "
		"keys','req_bytes':4,'resp_bytes':6",
		NULL,
	};

	(void)state;
	http_expect(&feed, records);
}

/* A heartbeat (RFC 6520) is a record like others, and no data. */
static void heartbeats(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(RECORD("\x16", "\x52") CLIENT_HELLO),
		FEED_RESPONSE(RECORD("\x16", "\x35")
				      SERVER_HELLO RECORD("\x16", "\4") "\x0e\0\0\0"),
		FEED_REQUEST(
			RECORD("\x14", "\1") "\1" RECORD("\x18", "\x0a") "\x17\3\3\0\3abc\x17\3"),
		FEED_REQUEST(RECORD("\x17", "\4") "data"),
		FEED_RESPONSE(RECORD("\x17", "\6") "answer"),
	};
	const struct feed feed = {.messages = messages, .count = 5, .role = ROLE_CLIENT};
	static const char *const records[] = {
		"'outcome':'ok','version':'TLS 1.2' | 'req_bytes':4,'resp_bytes':6", NULL};

	(void)state;
	http_expect(&feed, records);
}

/* What comes before it is nobody's. */
static void starttls(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("220 mail.test ESMTP ready\r\n"),
		FEED_REQUEST("EHLO a.test\r\n"),
		FEED_RESPONSE("250-mail.test\r\n250-SIZE 1000000\r\n250 STARTTLS\r\n"),
		FEED_REQUEST("STARTTLS\r\n"),
		FEED_RESPONSE("220 go ahead\r\n"),
		FEED_REQUEST(RECORD("\x16", "\x52") CLIENT_HELLO),
		FEED_RESPONSE(RECORD("\x16", "\x35")
				      SERVER_HELLO RECORD("\x16", "\4") "\x0e\0\0\0"),
		FEED_REQUEST(RECORD("\x17", "\4") "data"),
	};
	static const char *const records[] = {"'outcome':'ok','version':'TLS 1.2' | 'sni':'a.test'",
					      NULL};
	/* Its times depend on how the bytes come. */
	struct feed feed = {.messages = messages, .count = 8, .role = ROLE_CLIENT};

	(void)state;
	http_expect(&feed, records);
	feed.byte_by_byte = true;
	http_expect(&feed, records);
}

/* A ClientHello to its end begins TLS in the middle of a connection, and nothing else. */
static void start(void **state)
{
	char hello[] = RECORD("\x16", "\x52") CLIENT_HELLO;
	const size_t len = sizeof(hello) - 1;

	(void)state;
	assert_int_equal(protocol_tls.starts(span_of(NULL, 0)), START_NOT);
	for (size_t part = 1; part < len; part++)
		assert_int_equal(protocol_tls.starts(span_of(hello, part)), START_PERHAPS);
	assert_int_equal(protocol_tls.starts(span_of(hello, len)), START_SURELY);
	assert_int_equal(protocol_tls.starts(span_of(hello + 1, len - 1)), START_NOT);
	/* The type, the message's length, a session id, the suites', the extensions'. */
	for (size_t i = 0; i < 5; i++) {
		static const size_t places[] = {5, 8, 43, 45, 53};

		hello[places[i]] ^= 1;
		assert_int_equal(protocol_tls.starts(span_of(hello, len)), START_NOT);
		hello[places[i]] ^= 1;
	}
}

/* A message over two records, one over three bytes of one. */
static void fragments(void **state)
{
	static const char hello[] = CLIENT_HELLO;
	struct buffer first = {0};
	struct feed_message messages[2];

	(void)state;
	buffer_append(&first, "\x16\3\1\0\x28", 5);
	buffer_append(&first, hello, 0x28);
	buffer_append(&first, "\x16\3\1\0\x2a", 5);
	buffer_append(&first, hello + 0x28, 0x2a);
	messages[0] = (struct feed_message){DIRECTION_SENT, first.data, first.len};
	messages[1] = (struct feed_message){DIRECTION_RECEIVED, "\x15\3\3\0\2\2\x28", 7};
	client_check(NULL, messages, 2,
		     (const char *const[]){"'outcome':'error' | 'sni':'a.test' | "
					   "'alerts':[{'from':'server','level':'fatal','alert':"
					   "'handshake_failure'}]",
					   NULL});
	buffer_free(&first);
}

#define RETRY                                                                                      \
	"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb" \
	"\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
#define VERSION_1_3 "\0\x06\0\x2b\0\2\3\4"
#define CCS	    RECORD("\x14", "\1") "\1"

/* Both ends send ChangeCipherSpec before the hellos that count (RFC 8446, appendix D.4). */
static void a_retry(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(RECORD("\x16", "\x52") CLIENT_HELLO CCS),
		FEED_RESPONSE(RECORD("\x16", "\x32") "\2\0\0\x2e\3\3" RETRY
						     "\0\x13\1\0" VERSION_1_3 CCS),
		FEED_REQUEST(RECORD("\x16", "\x52") CLIENT_HELLO),
		FEED_RESPONSE(RECORD("\x16", "\x32") "\2\0\0\x2e\3\3" RANDOM
						     "\0\x13\1\0" VERSION_1_3 RECORD("\x17",
										     "\4") "flig"),
		FEED_REQUEST(RECORD("\x17", "\4") "data"),
	};
	const struct feed feed = {.messages = messages, .count = 5, .role = ROLE_CLIENT};

	(void)state;
	http_expect(&feed, (const char *const[]){
				   "'outcome':'ok','version':'TLS 1.3' | "
				   "'cipher_suite':'TLS_AES_128_GCM_SHA256' | 'retried':true",
				   NULL});
}

/* Neither a session's id nor compression before draft 22 of TLS 1.3. */
static void a_draft(void **state)
{
	struct tls_server_hello read;

	(void)state;
	assert_true(tls_server_hello_read(span_of("\x7f\x13" RANDOM "\x13\2\0\0", 38), &read));
	assert_int_equal(read.suite, 0x1302);
	assert_int_equal(read.version, 0x7f13);
	assert_false(tls_server_hello_read(span_of("\x7f\x16" RANDOM "\x13\2\0\0", 38), &read));
	/* The first drafts said what version it would be. */
	assert_true(tls_server_hello_read(span_of("\3\4" RANDOM "\xc0\x2b\0\0", 38), &read));
	assert_int_equal(read.suite, 0xc02b);
}

static void cut_hellos(void **state)
{
	static const char hello[] = CLIENT_HELLO;
	struct tls_client_hello read;

	(void)state;
	for (size_t len = 0; len < sizeof(hello) - 1 - 4; len++)
		tls_client_hello_read(span_of(hello + 4, len), &read);
	assert_true(tls_client_hello_read(span_of(hello + 4, sizeof(hello) - 1 - 4), &read));
	assert_true(span_is(read.sni, "a.test"));
}

/* Against other tools' digests of what the two specifications put together. */
static void fingerprints(void **state)
{
	static const char hello[] = CLIENT_HELLO;
	struct tls_client_hello read;
	struct buffer ja3 = {0}, ja4 = {0};

	(void)state;
	assert_true(tls_client_hello_read(span_of(hello + 4, sizeof(hello) - 1 - 4), &read));
	tls_ja3(&read, &ja3);
	tls_ja4(&read, &ja4);
	/* sha256 of "c02f" and of "0017,ff01"; md5 of "771,49199,0-16-65281-23,," */
	assert_true(span_is(buffer_span(&ja3), "938df0207dbb04eca1e83cb6d1f9d290"));
	assert_true(span_is(buffer_span(&ja4), "t12d0104h2_f06271c2b022_5333cdffa7d9"));
	buffer_free(&ja3);
	buffer_free(&ja4);
}

#define CHALLENGE		   "0123456789abcdef"
#define SSL2_CLIENT_HELLO(version) "\x80\x1f\1" version "\0\6\0\0\0\x10\0\0\x2f\1\0\x80" CHALLENGE

/* A client of old that can do better begins in SSL 2.0; a server answers as it likes. */
static void ssl2_hellos(void **state)
{
	static const struct feed_message better[] = {
		FEED_REQUEST(SSL2_CLIENT_HELLO("\3\1")),
		FEED_RESPONSE(RECORD("\x16", "\x35") SERVER_HELLO),
		FEED_REQUEST(RECORD("\x17", "\4") "data"),
	};
	static const struct feed_message old[] = {
		FEED_REQUEST(SSL2_CLIENT_HELLO("\0\2")),
		FEED_RESPONSE("\x80\x22\4\0\1\0\2\0\4\0\3\0\x10"
			      "cert\1\0\x80" CHALLENGE),
		FEED_REQUEST("\x80\4\2key"),
		FEED_RESPONSE("\x80\3abc\0\4\1padd"),
	};

	(void)state;
	client_check(NULL, better, 2,
		     (const char *const[]){"'outcome':'partial','version':'TLS 1.2',"
					   "'offered_version':'TLS 1.0','sni':null | 'ja3':null",
					   NULL});
	client_check(NULL, old, 2,
		     (const char *const[]){"'outcome':'partial','version':'SSL 2.0',"
					   "'offered_version':'SSL 2.0' | 'cipher_suite':null | "
					   "'cert_count':1",
					   NULL});
	{
		const struct feed feed = {.messages = old, .count = 4, .role = ROLE_CLIENT};

		http_expect(&feed,
			    (const char *const[]){
				    "'outcome':'ok','version':'SSL 2.0' | 'unread':'no keys',"
				    "'req_bytes':4,'resp_bytes':8",
				    NULL});
	}
}

/* RFC 8879, with zlib: four bytes that are stored. */
static void compressed_certificates(void **state)
{
	static const char message[] = "\0\1\0\0\4\0\0\x0f\x78\1\1\4\0\xfb\xff"
				      "abcd\x03\xd8\x01\x8b";
	struct buffer out = {0};

	(void)state;
	assert_true(tls_certificates_decompress(span_of(message, sizeof(message) - 1), &out));
	assert_true(span_is(buffer_span(&out), "abcd"));
	for (size_t len = 0; len < sizeof(message) - 1; len++) {
		buffer_clear(&out);
		assert_false(tls_certificates_decompress(span_of(message, len), &out));
	}
	buffer_free(&out);
}

/* Letters and digits as they are, else a half of each byte. */
static void fingerprints_of_any_protocol(void **state)
{
	static const char hello[] = CLIENT_HELLO;
	struct tls_client_hello read;

	(void)state;
	assert_true(tls_client_hello_read(span_of(hello + 4, sizeof(hello) - 1 - 4), &read));
	for (unsigned c = 0; c < 256; c++) {
		const char names[] = {2, (char)c, 'Z', 2, 'h', '2'};
		char expected[3];
		struct buffer ja4 = {0};

		if (c < 0x80 && isalnum((int)c))
			snprintf(expected, sizeof(expected), "%cZ", (int)c);
		else
			snprintf(expected, sizeof(expected), "%xa", c >> 4);
		read.alpn = span_of(names, sizeof(names));
		tls_ja4(&read, &ja4);
		assert_memory_equal(ja4.data + strlen("t12d0104"), expected, 2);
		buffer_free(&ja4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake),	cmocka_unit_test(starttls),
		cmocka_unit_test(heartbeats),	cmocka_unit_test(start),
		cmocka_unit_test(fragments),	cmocka_unit_test(a_retry),
		cmocka_unit_test(a_draft),	cmocka_unit_test(cut_hellos),
		cmocka_unit_test(fingerprints), cmocka_unit_test(fingerprints_of_any_protocol),
		cmocka_unit_test(ssl2_hellos),	cmocka_unit_test(compressed_certificates),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
