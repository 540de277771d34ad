/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies: how long they are, and what is inside their codings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "protocols/content/decode.h"
#include "protocols/content/notes.h"
#include "protocols/http/state.h"
#include "tests/unit/http_case.h"

#define GET FEED_REQUEST("GET / HTTP/1.1\r\n\r\n")

static void chunks_are_joined(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "4;name=\"va;lue\"\r\nWiki\r\n0B\r\npedia in \r\n\r\n2\nok\r\n"
			     "0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"),
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n"
			"\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
	};

	(void)state;
	HTTP_CHECK(messages,
		   "'req_body':'Wikipedia in \\r\\nok','resp_body':'','req_bytes':17 | "
		   "request: trailers X-Sum: 1, X-More: 2 | Content-Length ignored",
		   "'outcome':'partial' | 'method':null");
}

static void chunks_that_are_none(void **state)
{
	static const struct feed_message plain[] = {
		GET,
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
			      "Content-Length: 5\r\n\r\nhello"),
		GET,
		FEED_RESPONSE("HTTP/1.1 204 No Content\r\n\r\n"),
	};
	static const struct feed_message huge[] = {
		FEED_REQUEST("POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "10000000000000000\r\nabc\r\nGET /2 HTTP/1.1\r\n\r\n"),
	};
	static const struct feed_message largest[] = {
		FEED_REQUEST("POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "ffffffffffffffff\r\nabc\r\nGET /2 HTTP/1.1\r\n\r\n"),
	};
	static const struct feed_message broken[] = {
		GET,
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "2\r\nhixx\r\nmore"),
	};

	(void)state;
	HTTP_CHECK(plain, "'resp_body':'hello' | chunked as announced", "'code':204");
	HTTP_CHECK(huge, "'outcome':'partial' | 'path':'/1' | no valid chunk size", "'path':'/2'");
	HTTP_CHECK(largest, "'outcome':'partial' | 'path':'/1' | no valid chunk size",
		   "'path':'/2'");
	HTTP_CHECK(broken, "'outcome':'partial' | 'resp_body':'hi' | no valid chunk size");
}

static void lengths_that_lie(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(
			"POST /neg HTTP/1.1\r\nContent-Length: -3\r\n\r\n"
			"POST /list HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\nab"
			"POST /two HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nc"
			"POST /zeros HTTP/1.1\r\nContent-Length: 000001\r\n\r\nd"
			"POST /huge HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\nefg"),
	};

	(void)state;
	HTTP_CHECK(messages, "'path':'/neg' | 'req_bytes':0 | is no number",
		   "'path':'/list' | 'req_body':'ab' | Content-Length repeated",
		   "'path':'/two' | 'req_body':'c' | conflicting Content-Length",
		   "'path':'/zeros' | 'req_body':'d' | 'note':''",
		   "'outcome':'partial' | 'path':'/huge' | 'req_body':'efg' | beyond 2^63");
}

static void codings_are_undone(void **state)
{
	static const struct feed_message gzip[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 32\r\n\r\n"
			"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57"
			"\xc8\xc0\x20\x93\xf2\x53\x2a\x01\xba\x49\x54\x43\x1c\x00\x00\x00"),
	};
	static const struct feed_message zlib[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: Deflate\r\nContent-Length: 20\r\n"
			"\r\n\x78\xda\xcb\x48\xcd\xc9\xc9\x57\xc8\xc0\x20\x93\xf2\x53\x2a"
			"\x01\x98\x2e\x0a\x7f"),
	};
	static const struct feed_message raw[] = {
		GET,
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding: deflate, chunked\r\n\r\n"
			      "7\r\n\xcb\x48\xcd\xc9\xc9\x57\xc8\r\n"
			      "7\r\n\xc0\x20\x93\xf2\x53\x2a\x01\r\n0\r\n\r\n"),
	};
	static const struct feed_message brotli[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 28\r\n\r\n"
			"\x1b\x1d\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\xd6\x6c\x20\x69\x6f"
			"\xd3\x10\x49\xe6\xa9\x03\x52\x1a\xf1\x78\xd1\x0c"),
	};
	static const struct feed_message zstd[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 25\r\n\r\n"
			"\x28\xb5\x2f\xfd\x00\x68\x85\x00\x00\x50\x06\x86\x56\xc6\xc6\xf2"
			"\x06"),
	};

	(void)state;
	HTTP_CHECK(gzip, "'resp_body':'hello hello hello hello body' | 'resp_bytes':32,'note':''");
	HTTP_CHECK(zlib, "'resp_body':'hello hello hello hello body' | 'resp_bytes':20,'note':''");
	HTTP_CHECK(raw, "'resp_body':'hello hello hello hello body' | 'resp_bytes':14,'note':''");
	HTTP_CHECK(brotli, "'resp_body':'hello hello hello hello brotli' | 'resp_bytes':28");
	HTTP_CHECK(zstd, "'outcome':'partial' | 'resp_bytes':17 | ended inside the body");
}

static void codings_that_fail_leave_what_there_is(void **state)
{
	static const struct feed_message cut[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
			"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57"
			"\xc8\xc0\x20\x93"),
	};
	static const struct feed_message plain[] = {
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
			"plain"),
	};
	static const struct feed_message unknown[] = {
		GET,
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Encoding: x-rot13, identity\r\n"
			      "Content-Length: 5\r\n\r\nuryyb"),
	};

	(void)state;
	HTTP_CHECK(cut, "'outcome':'ok' | 'resp_body':'hello hello | encoded body ends early");
	HTTP_CHECK(plain, "'resp_body':'plain' | encoded as announced");
	HTTP_CHECK(unknown, "'resp_body':'uryyb' | unknown content coding");
}

/* Bodies that nobody asks for aren't made; what there is to say of them is said all the same. */
static void bodies_that_nobody_asks_for(void **state)
{
	static const struct wanted none[] = {{&http_table, 0}, {NULL, 0}};
	static const struct feed_message messages[] = {
		FEED_REQUEST("POST /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ntoo large"),
		GET,
		FEED_RESPONSE(
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
			"plain"),
	};
	static const char *const records[] = {
		"'path':'/1' | 'req_body':null,'resp_body':null,'req_bytes':4,'resp_bytes':9,"
		"'note':'response: the body is longer than what is kept",
		"'resp_body':null | 'resp_bytes':5 | encoded as announced", NULL};
	const struct feed feed = {
		.messages = messages,
		.count = 4,
		.role = ROLE_CLIENT,
		.keep = 6,
		.wanted = none,
	};

	(void)state;
	http_expect(&feed, records);
	feed_check(&feed, NULL);
}

static size_t gzip_zeros(uint8_t *out, size_t room, size_t zeros)
{
	static uint8_t block[1 << 16];
	z_stream z = {.next_out = out, .avail_out = (uInt)room};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	for (; zeros; zeros -= sizeof(block)) {
		z.next_in = block;
		z.avail_in = sizeof(block);
		assert_int_equal(deflate(&z, zeros == sizeof(block) ? Z_FINISH : Z_NO_FLUSH),
				 zeros == sizeof(block) ? Z_STREAM_END : Z_OK);
	}
	deflateEnd(&z);
	return (size_t)z.total_out;
}

/* A bomb opens to a MiB and no further, one inside another too. */
static void bombs_are_capped(void **state)
{
	static uint8_t packed[1 << 17];
	static const uint8_t twice[] = {HTTP_CODING_GZIP, HTTP_CODING_GZIP};
	struct http_decoder decoder = {0};
	uint32_t notes = 0;
	size_t len = gzip_zeros(packed, sizeof(packed), 64 << 20);
	struct span body = http_decode(&decoder, twice, 1, span_of(packed, len), &notes);

	(void)state;
	assert_int_equal(body.len, HTTP_BODY_MAX);
	assert_int_equal(notes, HTTP_NOTE_BODY_CAPPED);
	notes = 0;
	body = http_decode(&decoder, twice, 2, span_of(packed, len), &notes);
	assert_int_equal(body.len, HTTP_BODY_MAX);
	assert_int_equal(notes, HTTP_NOTE_BODY_CAPPED | HTTP_NOTE_CODING_NOT_APPLIED);
	notes = 0;
	len = gzip_zeros(packed, sizeof(packed), HTTP_BODY_MAX);
	body = http_decode(&decoder, twice, 1, span_of(packed, len), &notes);
	assert_int_equal(body.len, HTTP_BODY_MAX);
	assert_int_equal(notes, 0);
	http_decoder_free(&decoder);
}

static void several_gzip_members_are_one_body(void **state)
{
	static uint8_t packed[1 << 12];
	static const uint8_t once[] = {HTTP_CODING_GZIP};
	struct http_decoder decoder = {0};
	uint32_t notes = 0;
	size_t len = gzip_zeros(packed, sizeof(packed), 1 << 16);
	struct span body;

	(void)state;
	memcpy(packed + len, packed, len);
	body = http_decode(&decoder, once, 1, span_of(packed, 2 * len), &notes);
	assert_int_equal(body.len, 2 << 16);
	assert_int_equal(notes, 0);
	http_decoder_free(&decoder);
}

/* What is kept of a body is capped; what is counted isn't. */
static void large_bodies_are_counted_whole(void **state)
{
	struct buffer text = {0};
	struct feed_message messages[] = {GET, {DIRECTION_RECEIVED, NULL, 0}};
	struct feed feed = {.messages = messages, .count = 2};
	size_t body = 3 << 20;
	struct buffer all = {0};

	(void)state;
	buffer_append_text(&text, "HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n");
	memset(buffer_reserve(&text, body), 'x', body);
	text.len += body;
	messages[1].data = text.data;
	messages[1].len = text.len;
	http_expect(&feed, (const char *const[]){"'outcome':'ok' | 'resp_bytes':3145728 | "
						 "only the first MiB of the body is shown",
						 NULL});
	feed.keep = SESSION_KEEP_ALL;
	feed_run(&feed, &all);
	assert_in_range(all.len, body, body + 1024);
	assert_null(strstr(all.data, "of the body"));
	buffer_free(&all);
	buffer_free(&text);
}

/* So is one that was decoded: as long as what was asked for, and as memory allows. */
static void large_bodies_are_decoded_whole(void **state)
{
	static uint8_t packed[1 << 14];
	struct buffer text = {0}, all = {0};
	size_t body = 3 << 20, len = gzip_zeros(packed, sizeof(packed), body);
	struct feed_message messages[] = {GET, {DIRECTION_RECEIVED, NULL, 0}};
	struct feed feed = {.messages = messages, .count = 2, .keep = SESSION_KEEP_ALL};

	(void)state;
	buffer_printf(&text,
		      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
		      len);
	buffer_append(&text, packed, len);
	messages[1].data = text.data;
	messages[1].len = text.len;
	feed_run(&feed, &all);
	assert_in_range(all.len, 6 * body, 6 * body + 1024); /* each byte is \u0000 */
	feed.keep = 2 << 20;
	feed_run(&feed, &all);
	assert_in_range(all.len, 6 * feed.keep, 6 * feed.keep + 1024);
	assert_non_null(strstr(all.data, "longer than what is kept"));
	buffer_free(&all);
	buffer_free(&text);
}

/* --keep: of a body so much, or nothing; its length is told in any case. */
static void bodies_are_kept_as_wanted(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nabcdef"),
		FEED_RESPONSE("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "3\r\nABC\r\n2\r\nDE\r\n0\r\n\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 2, .keep = 5};

	(void)state;
	http_expect(&feed, (const char *const[]){
				   "'req_body':'abcde','resp_body':'ABCDE',"
				   "'req_bytes':6,'resp_bytes':5,'note':'request: "
				   "the body is longer than what is kept (--keep, --memory)'",
				   NULL});
	feed.keep = SESSION_KEEP_NONE;
	http_expect(&feed, (const char *const[]){"'req_body':null,'resp_body':null,"
						 "'req_bytes':6,'resp_bytes':5,'note':''",
						 NULL});
	feed.keep = 6;
	http_expect(&feed, (const char *const[]){"'req_body':'abcdef','resp_body':'ABCDE',"
						 "'req_bytes':6,'resp_bytes':5,'note':''",
						 NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(chunks_that_are_none),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(codings_are_undone),
		cmocka_unit_test(codings_that_fail_leave_what_there_is),
		cmocka_unit_test(bombs_are_capped),
		cmocka_unit_test(several_gzip_members_are_one_body),
		cmocka_unit_test(large_bodies_are_counted_whole),
		cmocka_unit_test(large_bodies_are_decoded_whole),
		cmocka_unit_test(bodies_are_kept_as_wanted),
		cmocka_unit_test(bodies_that_nobody_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
