/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol in front of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/proxy/header.h"
#include "tests/unit/feed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIGNATURE    "\r\n\r\n\0\r\nQUIT\n"
#define V2_TCP4	     SIGNATURE "\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x15\xb3\0\x50"

static enum frame_status read_all(const char *bytes, size_t len, struct proxy_header *h)
{
	char *copy = malloc(len ? len : 1);
	enum frame_status status;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	status = proxy_header_read(span_of(copy, len), h);
	free(copy);
	return status;
}

/* A header is one at its last byte, and may become one at each before. */
static void expect_header(const char *bytes, size_t len, const char *family, const char *client)
{
	struct proxy_header h;
	char text[ADDRESS_TEXT_MAX] = "";

	for (size_t i = 0; i < len; i++)
		assert_int_equal(read_all(bytes, i, &h), FRAME_MORE);
	assert_int_equal(read_all(bytes, len, &h), FRAME_DONE);
	assert_int_equal(h.len, len);
	assert_string_equal(h.family, family);
	if (h.known)
		address_text(&h.client, text);
	assert_string_equal(text, client);
}

static void expect_none(const char *bytes, size_t len)
{
	struct proxy_header h;

	assert_int_equal(read_all(bytes, len, &h), FRAME_BAD);
}

#define HEADER(bytes, family, client) expect_header(bytes, sizeof(bytes) - 1, family, client)
#define NONE(bytes)		      expect_none(bytes, sizeof(bytes) - 1)

static void test_headers(void **state)
{
	(void)state;
	HEADER("PROXY TCP4 192.0.2.1 192.0.2.2 5555 80\r\n", "tcp4", "192.0.2.1:5555");
	HEADER("PROXY TCP6 2001:db8::1 2001:db8::2 65535 1\r\n", "tcp6", "[2001:db8::1]:65535");
	HEADER("PROXY UNKNOWN\r\n", "unknown", "");
	HEADER("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n", "unknown", "");
	HEADER(V2_TCP4, "tcp4", "192.0.2.1:5555");
	HEADER(SIGNATURE "\x20\x00\0\0", "unknown", "");
	HEADER(SIGNATURE "\x20\x11\0\x02xx", "tcp4", "");
	NONE("PROXY TCP4 192.0.2.1 192.0.2.2 65536 80\r\n");
	NONE("PROXY TCP4 192.0.2.1 192.0.2.2 5555\r\n");
	NONE("PROXY TCP4 192.0.2.1 192.0.2.2 5555 80 1\r\n");
	NONE("PROXY TCP4 300.0.2.1 192.0.2.2 5555 80\r\n");
	NONE("PROXY TCP5 1 2 3 4\r\n");
	NONE("PROXY TCP4 192.0.2.1 192.0.2.2 5555 80\n");
	NONE("PROXY TCP4 00000000000000000000000000000000000000000000000000000000000000000000000000"
	     "00000000000000000000000000000000000\r\n");
	NONE("PROXIES ");
	NONE(SIGNATURE "\x11\x11\0\0");
	NONE(SIGNATURE "\x22\x11\0\0");
	NONE(SIGNATURE "\x21\x41\0\0");
	NONE(SIGNATURE "\x21\x11\0\x0b\xc0\0\x02\x01\xc0\0\x02\x02\x15\xb3\0");
}

#define GET	"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define OUTCOME "{\"outcome\":\"ok\","

/* What follows in the same bytes, or later, is inferred as if it began the connection. */
static void test_http_behind(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST(V2_TCP4 GET),
		FEED_RESPONSE(OK),
		FEED_REQUEST(GET),
		FEED_RESPONSE(OK),
	};
	const struct feed feed = {.messages = messages, .count = COUNT(messages), .packs = true};
	struct buffer out = {0};

	(void)state;
	feed_check(&feed, NULL);
	feed_run(&feed, &out);
	assert_non_null(strstr(out.data, OUTCOME
			       "\"version\":2,\"command\":\"proxy\",\"family\":\"tcp4\","
			       "\"client\":\"192.0.2.1:5555\",\"server\":\"192.0.2.2:80\","));
	assert_non_null(strstr(out.data, OUTCOME "\"version\":\"1.1\",\"method\":\"GET\""));
	assert_null(strstr(out.data, "partial"));
	buffer_free(&out);
}

/* A capture that begins behind the handshake may still have the header, at its very beginning. */
static void test_from_the_middle(void **state)
{
	static const struct {
		struct feed_message messages[2];
		bool is;
	} talks[] = {
		{{FEED_REQUEST("PROXY TCP4 192.0.2.1 192.0.2.2 5555 80\r\n" GET),
		  FEED_RESPONSE(OK)},
		 true},
		{{FEED_REQUEST("y\nPROXY TCP4 192.0.2.1 192.0.2.2 5555 80\r\n" GET),
		  FEED_RESPONSE(OK)},
		 false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(talks); i++) {
		const struct feed feed = {
			.messages = talks[i].messages, .count = 2, .midstream = true};
		struct buffer out = {0};

		feed_run(&feed, &out);
		assert_int_equal(strstr(out.data, "\"client\":\"192.0.2.1:5555\"") != NULL,
				 talks[i].is);
		assert_non_null(strstr(out.data, OUTCOME "\"version\":\"1.1\",\"method\":\"GET\""));
		buffer_free(&out);
	}
}

#define QUERY "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01w\x01x\0\0\x01\0\x01"
#define ANSWER                                                                                     \
	"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x01w\x01x\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0"   \
	"\x3c\0\x04\x01\x02\x03\x04"

/* Each datagram has its header; the answer has none. */
static void test_datagrams(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST(SIGNATURE "\x21\x12\0\x0f\xc0\0\x02\x01\xc0\0\x02\x02\x15\xb3\0\x35"
				       "\x04\0\0" QUERY),
		FEED_RESPONSE(ANSWER),
	};
	const struct feed feed = {
		.messages = messages,
		.count = COUNT(messages),
		.transport = TRANSPORT_UDP,
		.packs = true,
	};
	struct buffer out = {0};

	(void)state;
	feed_run(&feed, &out);
	feed_check(&feed, out.data);
	assert_non_null(strstr(out.data, "\"family\":\"udp4\",\"client\":\"192.0.2.1:5555\""));
	assert_non_null(
		strstr(out.data, "\"qname\":\"w.x\",\"qtype\":\"A\",\"rcode\":\"NOERROR\""));
	buffer_free(&out);
}

static void test_tlvs(void **state)
{
	const char bytes[] = SIGNATURE "\x21\x11\0\x1c\xc0\0\x02\x01\xc0\0\x02\x02\x15\xb3\0\x50"
				       "\x02\0\x03"
				       "a.b"
				       "\x04\0\0"
				       "\xea\0\x01"
				       "x\x01\0\xff";
	struct proxy_header h;
	struct buffer out = {0};

	(void)state;
	assert_int_equal(proxy_header_read(span_of(bytes, sizeof(bytes) - 1), &h), FRAME_DONE);
	assert_int_equal(h.len, sizeof(bytes) - 1);
	proxy_header_append_tlvs(&h, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, "{\"authority\":\"a.b\",\"type_0xea\":\"x\"}");
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_http_behind),
		cmocka_unit_test(test_from_the_middle),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_tlvs),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
