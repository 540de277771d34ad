/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reads a text by itself reads nothing behind its end: cut anywhere, it says the same whatever
 * stands in memory behind the cut.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/cql/value.h"
#include "protocols/http/sequel.h"
#include "protocols/http/start_line.h"
#include "protocols/http/state.h"
#include "protocols/http2/grpc_state.h"
#include "protocols/mysql/state.h"
#include "protocols/nats/jetstream.h"
#include "protocols/nats/wire.h"
#include "protocols/pgsql/state.h"
#include "protocols/protobuf/wire.h"
#include "protocols/proxy/header.h"
#include "protocols/redis/scan.h"
#include "protocols/value/json_read.h"

/* Appends what a function says of TEXT. */
typedef void say_fn(struct span text, struct buffer *out);

static void say(struct buffer *out, int64_t number)
{
	buffer_printf(out, " %" PRId64, number);
}

static void say_json(struct span text, struct buffer *out)
{
	struct span name, value;
	int64_t integer = 0;
	size_t at = 0;

	say(out, (int64_t)json_value_end(text, 0));
	say(out, json_is_whole(text));
	say(out, json_integer(text, &integer) ? integer : -1);
	say(out, json_string_append(out, text));
	while (json_next_member(text, &at, &name, &value)) {
		buffer_append_span(out, name);
		buffer_append_span(out, value);
	}
	at = 0;
	while (json_next_element(text, &at, &value))
		buffer_append_span(out, value);
}

static void say_start_line(struct buffer *out, const struct http_start_line *line)
{
	const struct span spans[] = {line->method, line->target, line->version, line->reason};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		buffer_append_char(out, '|');
		buffer_append_span(out, spans[i]);
	}
	say(out, line->code);
	say(out, line->simple);
	say(out, line->malformed);
}

static void say_http(struct span text, struct buffer *out)
{
	struct http_start_line line;
	uint64_t size = 0;
	size_t len = 0, first = 0;
	bool odd = false;

	memset(&line, 0, sizeof(line));
	if (http_request_line(text, &line))
		say_start_line(out, &line);
	memset(&line, 0, sizeof(line));
	if (http_status_line(text, &line))
		say_start_line(out, &line);
	say(out, http_request_match(text, &len));
	say(out, http_status_match(text, &len));
	buffer_append_span(out, http_method_of(text));
	say(out, http_method_begins(text));
	buffer_append_span(out, http_strip_line_end(text));
	buffer_append_span(out, http_trim(text));
	if (http_chunk_line(text, &size, &len, &odd) == HTTP_MATCH_YES) {
		say(out, (int64_t)size);
		say(out, (int64_t)len);
		say(out, odd);
	}
	say(out, (int64_t)http_find_empty_line(text, 0, 0, &first));
	say(out, http_sequel_of(text, true));
	say(out, http_sequel_of(text, false));
}

static void say_grpc(struct span text, struct buffer *out)
{
	say(out, grpc_timeout(text));
	grpc_percent_decode(text, out);
}

static void say_nats(struct span text, struct buffer *out)
{
	struct nats_status status = {0};
	struct jetstream_subject subject = jetstream_subject_read(text);
	struct span name, value;
	size_t at = 0;

	say(out, subject.use);
	buffer_append_span(out, subject.stream);
	buffer_append_span(out, subject.consumer);
	if (nats_status_read(text, &status))
		say(out, status.code);
	buffer_append_span(out, status.text);
	while (nats_header_next(text, &at, &name, &value)) {
		buffer_append_span(out, name);
		buffer_append_char(out, '=');
		buffer_append_span(out, value);
	}
	nats_headers_json(text, out);
	for (int side = 0; side < 2; side++) {
		struct nats_line line = {0};
		size_t scanned = 0;

		say(out, nats_line_read(text, (enum side)side, &scanned, &line));
		buffer_append_span(out, line.text);
		say(out, line.total);
	}
	if (jetstream_ack(text))
		buffer_append_text(out, jetstream_ack(text));
	say(out, jetstream_batch(text));
}

static void say_sql(struct span text, struct buffer *out)
{
	size_t at = 0;

	while (at < text.len) {
		buffer_append_span(out, pgsql_next_statement(text, &at));
		say(out, (int64_t)at);
	}
	for (at = 0; at < text.len; say(out, (int64_t)at))
		buffer_append_span(out, mysql_next_statement(text, &at));
	for (at = 0; at < text.len; at++)
		say(out, (int64_t)(at = mysql_next_mark(text, at)));
}

static void say_class(struct span text, struct buffer *out)
{
	say(out, cql_class_compile(text, out, 0));
}

static void say_others(struct span text, struct buffer *out)
{
	struct proxy_header h = {0};

	buffer_append_span(out, redis_first_word(text));
	say(out, proxy_header_read(text, &h));
	say(out, (int64_t)h.len);
	say(out, h.known);
	say(out, protobuf_is_message(text));
}

static void say_to(say_fn *fn, struct span text, size_t len, uint8_t behind, struct buffer *out)
{
	char memory[512];

	assert_true(text.len < sizeof(memory) / 2);
	memset(memory, behind, sizeof(memory));
	memcpy(memory, text.data, len);
	buffer_clear(out);
	fn(span_of(memory, len), out);
	buffer_append_char(out, '\0');
}

static void check(say_fn *fn, struct span text)
{
	static const char behind[] = "0a.\"\\ \n\r:,;}]$'-%\x80\xff";
	struct buffer alone = {0}, other = {0};

	for (size_t len = 0; len <= text.len; len++) {
		say_to(fn, text, len, 0, &alone);
		for (size_t i = 0; i < sizeof(behind) - 1; i++) {
			say_to(fn, text, len, (uint8_t)behind[i], &other);
			assert_string_equal(other.data, alone.data);
			assert_int_equal(other.len, alone.len);
		}
	}
	buffer_free(&alone);
	buffer_free(&other);
}

#define CHECK(fn, text) check(fn, span_of(text, sizeof(text) - 1))

static void nothing_behind_the_end_is_read(void **state)
{
	(void)state;
	CHECK(say_json, " {\"a\":[1,-2.5e+3,true,null],\"b\\u00e9\\n\":{\"c\":\"\xc3\xa9\"}} ");
	CHECK(say_json, "-1234567890123456789");
	CHECK(say_json, "\"text \\ud83d\\ude00 \\\\\"");
	CHECK(say_json, "[false, 0.5, \"\\u0041\", [[]], {}]");
	CHECK(say_http, "GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	CHECK(say_http, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200\n\n");
	CHECK(say_http, "1f; name=\"value\"\r\n0123");
	CHECK(say_http, " \t trimmed \t ");
	CHECK(say_grpc, "99999999u");
	CHECK(say_grpc, "a%20b%c3%a9%");
	CHECK(say_nats, "$JS.API.CONSUMER.MSG.NEXT.orders.worker");
	CHECK(say_nats, "$JS.ACK.orders.worker.1.22.333.1700000000000000000.4");
	CHECK(say_nats, "NATS/1.0 503 No Responders\r\nName: value\r\nname:other\r\n\r\n");
	CHECK(say_nats, "HMSG orders.new 9 reply 12 345\r\n");
	CHECK(say_nats, "PUB orders.new 5\r\nhello\r\n");
	CHECK(say_nats, "INFO {\"server_id\":\"a\",\"headers\":true}\r\n");
	CHECK(say_nats, "{\"batch\":10,\"expires\":1000}");
	CHECK(say_sql, "select $a1$;$a1$, 'it''s; \\'', \"a;\"; -- c;\nselect 1 /* ; /* */ ; */");
	CHECK(say_sql, "update `a;b` set c = ? where d = '?' # e ?\n and f = ?; $1 $$;$$");
	CHECK(say_sql, "select E'\\';', $tag, 1$2 -- end");
	CHECK(say_class, "org.apache.cassandra.db.marshal.MapType("
			 "org.apache.cassandra.db.marshal.Int32Type,"
			 "org.apache.cassandra.db.marshal.UTF8Type)");
	CHECK(say_others, "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");
	CHECK(say_others, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\1\2\3\4\5\6\7\x08\0\x50\1\xbb");
	CHECK(say_others, "\x0a\x05hello\x10\x96\x01\x1a\x02\x08\x01");
	CHECK(say_others, "  SET key value\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_behind_the_end_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
