/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/quic/google.h"
#include "protocols/quic/packet.h"
#include "protocols/quic/quic.h"
#include "tests/unit/feed.h"

struct datagram {
	char bytes[QUIC_INITIAL_MIN];
	size_t len;
};

/* A long header: FIRST, VERSION, both ids, and a payload with its length up to LEN. */
static struct datagram long_header(uint8_t first, uint32_t version, const char *to,
				   const char *from, size_t len)
{
	struct datagram d = {.len = len};
	struct buffer b = {0};
	size_t rest;

	buffer_append_char(&b, (char)first);
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_append_char(&b, (char)(version >> shift));
	buffer_append_char(&b, (char)strlen(to));
	buffer_append_text(&b, to);
	buffer_append_char(&b, (char)strlen(from));
	buffer_append_text(&b, from);
	/* An Initial of version 1 has a token. */
	if ((first & 0x30) == 0)
		buffer_append_char(&b, 0);
	rest = len - b.len - 2;
	buffer_append_char(&b, (char)(0x40 | rest >> 8));
	buffer_append_char(&b, (char)rest);
	memcpy(d.bytes, b.data, b.len);
	buffer_free(&b);
	return d;
}

static void run(const struct datagram *sent, size_t count, const struct datagram *received,
		const struct protocol *as, const char *expected)
{
	struct feed_message messages[8];
	struct feed feed = {
		.messages = messages,
		.count = count + (received ? 1 : 0),
		.decode_as = as,
		.transport = TRANSPORT_UDP,
		.role = ROLE_CLIENT,
	};
	struct buffer out = {0};
	size_t at = 0;

	messages[at++] = (struct feed_message){DIRECTION_SENT, sent->bytes, sent->len};
	if (received)
		messages[at++] = (struct feed_message){DIRECTION_RECEIVED, received->bytes,
						       received->len};
	for (size_t i = 1; i < count; i++)
		messages[at++] = (struct feed_message){DIRECTION_SENT, sent[i].bytes, sent[i].len};
	feed_run(&feed, &out);
	assert_string_equal(out.data ? out.data : "", expected);
	buffer_free(&out);
}

static void a_connection_begins(void **state)
{
	const struct datagram sent[] = {
		long_header(0xc0, 1, "12345678", "abc", QUIC_INITIAL_MIN),
		/* The answer's acknowledgement, and what follows, are no new beginnings. */
		long_header(0xc1, 1, "SERVER", "abc", QUIC_INITIAL_MIN),
		long_header(0xe0, 1, "SERVER", "abc", 100),
	};
	const struct datagram answer = long_header(0xc0, 1, "abc", "SERVER", 300);

	(void)state;
	run(sent, 3, &answer, NULL,
	    "{\"outcome\":\"ok\",\"version\":\"1\",\"client_id\":\"616263\",\"server_id\":"
	    "\"534552564552\",\"answer\":\"initial\",\"note\":\"\"}\n");
}

static void nobody_answers(void **state)
{
	const struct datagram sent = long_header(0xc0, 0xff00001d, "12345678", "",
						 QUIC_INITIAL_MIN);

	(void)state;
	run(&sent, 1, NULL, NULL,
	    "{\"outcome\":\"unanswered\",\"version\":\"draft-29\",\"client_id\":\"\",\"server_id\":"
	    "null,\"answer\":null,\"note\":\"\"}\n");
}

/* RFC 9369: an Initial of version 2 has the number of another type. */
static void version_2(void **state)
{
	struct datagram sent = long_header(0xc0, 0x6b3343cf, "12345678", "abc", QUIC_INITIAL_MIN);
	struct quic_packet packet;

	(void)state;
	sent.bytes[0] = (char)0xd0;
	assert_true(quic_packet_read(span_of(sent.bytes, sent.len), &packet));
	assert_int_equal(packet.type, QUIC_INITIAL);
	assert_true(packet.whole);
	sent.bytes[0] = (char)0xc0;
	assert_true(quic_packet_read(span_of(sent.bytes, sent.len), &packet));
	assert_int_equal(packet.type, QUIC_RETRY);
}

/* Drafts whose long headers are those of version 1: the first, and the last. */
static void drafts(void **state)
{
	static const struct {
		uint32_t version;
		const char *name;
	} versions[] = {
		{0xff000015, ""},     {0xff000016, "draft-22"}, {0xff000022, "draft-34"},
		{0xff000023, ""},     {0x709a50c4, "2-draft"},	{0xfaceb002, "mvfst-2"},
		{0xfaceb010, ""},     {0x51303233, ""}, /* Q023 */
		{0x51303234, "Q024"}, {0x51303433, "Q043"},	{0x51303531, "Q051"},
		{0x51303532, ""},     {0x54303439, ""},		{0x54303530, "T050"},
		{0x51303a30, ""},     {0x5130302f, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct buffer name = {0};

		assert_int_equal(quic_version_append(versions[i].version, &name),
				 !!*versions[i].name);
		buffer_append_char(&name, '\0');
		assert_string_equal(name.data, versions[i].name);
		buffer_free(&name);
	}
}

/* The header of Google's own: flags, an id of 8 bytes, a version, and a payload up to LEN. */
static struct datagram google_header(uint8_t flags, const char *version, size_t len)
{
	struct datagram d = {.len = len};

	d.bytes[0] = (char)flags;
	memcpy(d.bytes + 1, "12345678", 8);
	memcpy(d.bytes + 9, version, strlen(version));
	return d;
}

/* draft-hamilton-early-deployment-quic-00, section 6.1. */
static void google_asks_and_is_answered(void **state)
{
	static const struct {
		uint8_t flags;
		size_t len;
		const char *answer;
	} answers[] = {
		{0x08, 300, "handshake"},
		{0x09, 17, "negotiation"},
		{0x0a, 30, "reset"},
	};
	const struct datagram sent[] = {
		google_header(0x09, "Q043", QUIC_INITIAL_MIN),
		google_header(0x19, "Q043", 200), /* no new beginning */
	};
	char expected[200];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct datagram answer = google_header(answers[i].flags, "Q039Q043",
						       answers[i].len);

		snprintf(expected, sizeof(expected),
			 "{\"outcome\":\"ok\",\"version\":\"Q043\",\"client_id\":"
			 "\"3132333435363738\",\"server_id\":\"3132333435363738\",\"answer\":"
			 "\"%s\",\"note\":\"\"}\n",
			 answers[i].answer);
		run(sent, 2, &answer, NULL, expected);
	}
}

/* A client may ask for answers without an id. */
static void google_is_answered_without_an_id(void **state)
{
	const struct datagram sent = google_header(0x09, "Q035", QUIC_INITIAL_MIN);
	struct datagram answer = google_header(0x00, "", 300);

	(void)state;
	run(&sent, 1, &answer, NULL,
	    "{\"outcome\":\"ok\",\"version\":\"Q035\",\"client_id\":\"3132333435363738\","
	    "\"server_id\":\"\",\"answer\":\"handshake\",\"note\":\"\"}\n");
	assert_true(quic_google_is_bare(span_of(answer.bytes, 14)));
	assert_false(quic_google_is_bare(span_of(answer.bytes, 13)));
	answer.bytes[0] = 0x40;
	assert_false(quic_google_is_bare(span_of(answer.bytes, 14)));
}

/* RFC 9000, section 15: a version that nobody has, to be told which the server has. */
static void a_reserved_version(void **state)
{
	const struct datagram sent = long_header(0xc0, 0x1a2a3a4a, "12345678", "abc",
						 QUIC_INITIAL_MIN);
	const struct datagram none = long_header(0xc0, 0x1a2a3a4a, "12345678", "abc",
						 QUIC_INITIAL_MIN - 1);
	struct datagram answer = {.len = 20};

	(void)state;
	memcpy(answer.bytes, "\x80\0\0\0\0\3abc\6SERVER\0\0\0\1", 20);
	run(&sent, 1, &answer, NULL,
	    "{\"outcome\":\"ok\",\"version\":\"0x1a2a3a4a\",\"client_id\":\"616263\","
	    "\"server_id\":\"534552564552\",\"answer\":\"negotiation\",\"note\":\"\"}\n");
	run(&none, 1, NULL, NULL, "");
}

/* Lengths of both ids in one byte: the client's is in one place, the server's in the other. */
static void google_like_an_early_draft(void **state)
{
	static const char client[] = "\xc3Q046\x50"
				     "12345678",
			  server[] = "\xd3Q046\x05"
				     "12345678";
	struct datagram sent = {.len = QUIC_INITIAL_MIN}, answer = {.len = 300};
	struct quic_packet packet;

	(void)state;
	memcpy(sent.bytes, client, sizeof(client));
	memcpy(answer.bytes, server, sizeof(server));
	run(&sent, 1, &answer, NULL,
	    "{\"outcome\":\"ok\",\"version\":\"Q046\",\"client_id\":\"3132333435363738\","
	    "\"server_id\":\"3132333435363738\",\"answer\":\"handshake\",\"note\":\"\"}\n");
	assert_false(quic_google_read(span_of(sent.bytes, sent.len), SIDE_SERVER, &packet));
	assert_false(quic_google_read(span_of(answer.bytes, answer.len), SIDE_CLIENT, &packet));
}

/* Reserved bits, no id, no version, a version of another header, a reset by the client. */
static void what_is_not_googles(void **state)
{
	static const struct {
		uint8_t flags;
		const char *version;
	} others[] = {{0x49, "Q043"}, {0x01, "Q043"}, {0x08, "Q043"}, {0x09, "Q046"},
		      {0x09, "q043"}, {0x0b, "Q043"}, {0x09, "Q0x3"}};
	struct datagram sent = google_header(0x09, "Q043", QUIC_INITIAL_MIN);
	struct quic_packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		sent = google_header(others[i].flags, others[i].version, QUIC_INITIAL_MIN);
		run(&sent, 1, NULL, NULL, "");
	}
	sent = google_header(0x39, "Q043", QUIC_INITIAL_MIN);
	assert_true(quic_google_read(span_of(sent.bytes, 32), SIDE_CLIENT, &packet));
	assert_true(packet.whole);
	/* A number of six bytes, a hash, and nothing behind them. */
	assert_true(quic_google_read(span_of(sent.bytes, 31), SIDE_CLIENT, &packet));
	assert_false(packet.whole);
	assert_false(quic_google_read(span_of(sent.bytes, 12), SIDE_CLIENT, &packet));
}

static void what_is_no_quic(void **state)
{
	static const uint32_t versions[] = {0x16030100, 0, 2, 0xff000000, 0xff0000ff};
	struct datagram sent = long_header(0xc0, 1, "12345678", "abc", QUIC_INITIAL_MIN);
	struct quic_packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct datagram other = long_header(0xc0, versions[i], "12345678", "abc", 1200);

		run(&other, 1, NULL, NULL, "");
	}
	/* Cut anywhere, nothing beyond its end is looked at. */
	for (size_t len = 0; len < sent.len; len++)
		if (quic_packet_read(span_of(sent.bytes, len), &packet))
			assert_false(packet.whole);
	/* A short header tells nothing. */
	sent.bytes[0] = 0x40;
	assert_false(quic_packet_read(span_of(sent.bytes, sent.len), &packet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_begins),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(version_2),
		cmocka_unit_test(drafts),
		cmocka_unit_test(what_is_no_quic),
		cmocka_unit_test(google_asks_and_is_answered),
		cmocka_unit_test(google_is_answered_without_an_id),
		cmocka_unit_test(a_reserved_version),
		cmocka_unit_test(google_like_an_early_draft),
		cmocka_unit_test(what_is_not_googles),
	};

	return cmocka_run_group_tests_name("quic", tests, NULL, NULL);
}
