/* SPDX-License-Identifier: BSD-2-Clause */
/* Protocols of calls, queues, names and encryption. */
#include <stdint.h>
#include <string.h>

#include "protocols/amqp/amqp.h"
#include "protocols/amqp1/amqp1.h"
#include "protocols/dns/dns.h"
#include "protocols/http2/http2.h"
#include "protocols/kafka/kafka.h"
#include "protocols/mux/mux.h"
#include "protocols/thrift/thrift.h"
#include "protocols/tls/tls.h"
#include "tests/unit/stretch.h"

/* ---- HTTP/2 ---- */

static void h2_head(struct speech *s, size_t len, unsigned type, unsigned flags, uint32_t stream)
{
	speech_be(s, len, 3);
	speech_be(s, type, 1);
	speech_be(s, flags, 1);
	speech_be(s, stream, 4);
}

/* A name, and a value of N bytes. */
static void h2_field(struct speech *s, const char *name, const char *with, size_t n)
{
	speech_be(s, 0, 1);
	speech_be(s, strlen(name), 1);
	speech_put(s, "%s", name);
	if (n < 127) {
		speech_be(s, n, 1);
	} else {
		size_t rest = n - 127;

		speech_be(s, 127, 1);
		for (; rest >= 128; rest >>= 7)
			speech_be(s, rest % 128 | 128, 1);
		speech_be(s, rest, 1);
	}
	speech_repeat(s, with, n);
}

static void h2_open(struct speech *s)
{
	speech_client(s);
	speech_put(s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	h2_head(s, 0, 4, 0, 0);
	speech_server(s);
	h2_head(s, 0, 4, 0, 0);
}

#define H2_GET "\x82\x84\x86"

static void h2_answer(struct speech *s, uint32_t stream)
{
	h2_head(s, 1, 1, 5, stream);
	SPEECH_BYTES(s, "\x88");
}

static void h2_value(struct speech *s, size_t n)
{
	size_t mark;

	h2_open(s);
	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\1\5\0\0\0\1" H2_GET);
	h2_field(s, "x", "v", n);
	speech_be_before(s, mark, 3, (size_t)-6);
	speech_server(s);
	h2_answer(s, 1);
}

/* A block in N frames that continue it. */
static void h2_continued(struct speech *s, size_t n)
{
	h2_open(s);
	speech_client(s);
	h2_head(s, 3, 1, 1, 1);
	SPEECH_BYTES(s, H2_GET);
	for (size_t i = 0; i <= n; i++) {
		h2_head(s, 5, 9, i == n ? 4 : 0, 1);
		SPEECH_BYTES(s, "\0\1a\1b");
	}
	speech_server(s);
	h2_answer(s, 1);
}

static void h2_body(struct speech *s, size_t n)
{
	h2_open(s);
	speech_client(s);
	h2_head(s, 3, 1, 4, 1);
	SPEECH_BYTES(s, H2_GET);
	/* Filled up with as much, as far as that can be. */
	h2_head(s, n + 1 + n % 256, 0, 9, 1);
	speech_be(s, n % 256, 1);
	speech_repeat(s, "d", n);
	speech_repeat(s, "-", n % 256);
	speech_server(s);
	h2_answer(s, 1);
	h2_head(s, n, 6, 0, 0);
	speech_repeat(s, "p", n);
}

static void h2_streams(struct speech *s, size_t n)
{
	h2_open(s);
	speech_client(s);
	for (size_t i = 0; i < n; i++) {
		h2_head(s, 3, 1, 5, (uint32_t)(2 * i + 1));
		SPEECH_BYTES(s, H2_GET);
	}
	speech_server(s);
	for (size_t i = n; i-- > 0;)
		h2_answer(s, (uint32_t)(2 * i + 1));
}

/* The dynamic table, filled and used. */
static void h2_table(struct speech *s, size_t n)
{
	h2_open(s);
	speech_client(s);
	h2_head(s, 3 + 5 * n + 1, 1, 5, 1);
	SPEECH_BYTES(s, H2_GET);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x40\1a\1b");
	speech_be(s, 0x80 | (61 + n < 127 ? 61 + n : 126), 1);
	speech_server(s);
	h2_answer(s, 1);
}

static void h2_grpc(struct speech *s, size_t n)
{
	size_t mark;

	h2_open(s);
	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\1\4\0\0\0\1\x83\x86\x44\4/a/b");
	h2_field(s, "content-type", "application/grpc", 1);
	h2_field(s, "grpc-timeout", "9", n);
	speech_be_before(s, mark, 3, (size_t)-6);
	h2_head(s, n + 5, 0, 1, 1);
	speech_be(s, 0, 1);
	speech_be(s, n, 4);
	speech_repeat(s, "\x08", n);
	speech_server(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\1\5\0\0\0\1\x88");
	h2_field(s, "content-type", "application/grpc", 1);
	h2_field(s, "grpc-status", "1", n);
	h2_field(s, "grpc-message", "%41", n / 3);
	speech_be_before(s, mark, 3, (size_t)-6);
}

/* ---- DNS ---- */

static void dns_head(struct speech *s, unsigned flags, size_t answers)
{
	speech_be(s, 7, 2);
	speech_be(s, flags, 2);
	speech_be(s, 1, 2);
	speech_be(s, answers, 2);
	speech_be(s, 0, 4);
}

static void dns_answers(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	dns_head(s, 0x0100, 0);
	SPEECH_BYTES(s, "\1a\0\0\1\0\1");
	speech_be_before(s, mark, 2, 0);
	speech_server(s);
	mark = speech_mark(s);
	dns_head(s, 0x8180, n);
	SPEECH_BYTES(s, "\1a\0\0\1\0\1");
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x0a\0\0\1");
	speech_be_before(s, mark, 2, 0);
}

/* A name of N labels, and an answer whose name is that by as many jumps. */
static void dns_labels(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	dns_head(s, 0x0100, 0);
	speech_repeat(s, "\1a", n);
	SPEECH_BYTES(s, "\0\0\1\0\1");
	speech_be_before(s, mark, 2, 0);
	speech_server(s);
	mark = speech_mark(s);
	dns_head(s, 0x8180, 1);
	SPEECH_BYTES(s, "\0\0\x10\0\1\0\0\x10\0\1\0\0\0\1");
	speech_be(s, 2 * n + 1, 2);
	speech_be(s, 0, 1);
	for (size_t i = 0; i < n; i++)
		speech_be(s, 0xc000 + (i ? 28 + 2 * (i - 1) : 27), 2);
	speech_be_before(s, mark, 2, 0);
}

static void dns_label(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	dns_head(s, 0x0100, 0);
	speech_be(s, n, 1);
	speech_repeat(s, "l", n);
	SPEECH_BYTES(s, "\0\0\x10\0\1");
	speech_be_before(s, mark, 2, 0);
	speech_server(s);
	mark = speech_mark(s);
	dns_head(s, 0x8180, 1);
	SPEECH_BYTES(s, "\1a\0\0\x10\0\1\1a\0\0\x10\0\1\0\0\0\1");
	speech_be(s, 256 * n, 2);
	for (size_t i = 0; i < n; i++) {
		speech_be(s, 255, 1);
		speech_repeat(s, "t", 255);
	}
	speech_be_before(s, mark, 2, 0);
}

/* ---- Kafka ---- */

static void kafka_client(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\0\x0c\0\0\0\0\0\1");
	speech_be(s, n, 2);
	speech_repeat(s, "c", n);
	SPEECH_BYTES(s, "\0\4shop\0\0\0\7\0\3m-1");
	speech_be_before(s, mark, 4, 0);
	speech_server(s);
	SPEECH_BYTES(s, "\0\0\0\6\0\0\0\1\0\0");
}

/* Metadata of version 0, of N topics. */
static void kafka_topics(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\0\3\0\0\0\0\0\1\0\2me");
	speech_be(s, n, 4);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\0\1t");
	speech_be_before(s, mark, 4, 0);
	speech_server(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\0\0\0\1\0\0\0\1\0\0\0\0\0\1h\0\0\x23\x84");
	speech_be(s, n, 4);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\0\0\0\1t\0\0\0\0");
	speech_be_before(s, mark, 4, 0);
}

static void kafka_unanswered(struct speech *s, size_t n)
{
	speech_client(s);
	for (size_t i = 0; i < n; i++) {
		SPEECH_BYTES(s, "\0\0\0\x1b\0\x0c\0\0");
		speech_be(s, i, 4);
		SPEECH_BYTES(s, "\0\2me\0\4shop\0\0\0\7\0\3m-1");
	}
	speech_server(s);
	for (size_t i = n; i-- > 0;) {
		SPEECH_BYTES(s, "\0\0\0\6");
		speech_be(s, i, 4);
		speech_be(s, 0, 2);
	}
}

/* ---- mux ---- */

static void mux_contexts(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\2\0\0\1");
	speech_be(s, n, 2);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\0\1k\0\1v");
	SPEECH_BYTES(s, "\0\2/a\0\0hi");
	speech_be_before(s, mark, 4, 0);
	speech_server(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\xfe\0\0\1\0");
	speech_be(s, n, 2);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\0\1k\0\0");
	speech_put(s, "ok");
	speech_be_before(s, mark, 4, 0);
}

static void mux_key(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\2\0\0\1\0\2");
	speech_be(s, n, 2);
	speech_repeat(s, "k", n);
	SPEECH_BYTES(s, "\0\1v");
	speech_be(s, 32, 2);
	speech_put(s, "com.twitter.finagle.tracing.Trace");
	speech_be(s, n, 2);
	speech_repeat(s, "t", n);
	speech_be(s, n, 2);
	speech_repeat(s, "/", n);
	SPEECH_BYTES(s, "\0\0");
	speech_repeat(s, "p", n);
	speech_be_before(s, mark, 4, 0);
	speech_server(s);
	SPEECH_BYTES(s, "\0\0\0\x07\xfe\0\0\1\0\0\0");
}

static void mux_open(struct speech *s, size_t n)
{
	speech_client(s);
	for (size_t i = 1; i <= n; i++) {
		SPEECH_BYTES(s, "\0\0\0\x0d\2");
		speech_be(s, i, 3);
		SPEECH_BYTES(s, "\0\0\0\2/a\0\0x");
	}
	speech_server(s);
	for (size_t i = n; i > 0; i--) {
		SPEECH_BYTES(s, "\0\0\0\x08\xfe");
		speech_be(s, i, 3);
		SPEECH_BYTES(s, "\0\0\0y");
	}
}

/* ---- Thrift ---- */

static void thrift_head(struct speech *s, unsigned type, const char *with, size_t n)
{
	SPEECH_BYTES(s, "\x80\1\0");
	speech_be(s, type, 1);
	speech_be(s, n, 4);
	speech_repeat(s, with, n);
	speech_be(s, 1, 4);
}

static void thrift_name(struct speech *s, size_t n)
{
	speech_client(s);
	thrift_head(s, 1, "m", n);
	SPEECH_BYTES(s, "\x0b\0\1");
	speech_be(s, n, 4);
	speech_repeat(s, "s", n);
	speech_be(s, 0, 1);
	speech_server(s);
	thrift_head(s, 2, "m", n);
	SPEECH_BYTES(s, "\x0f\0\0\x03");
	speech_be(s, n, 4);
	speech_repeat(s, "\1", n);
	speech_be(s, 0, 1);
}

/* Structs in structs, and lists in lists. */
static void thrift_depth(struct speech *s, size_t n)
{
	speech_client(s);
	thrift_head(s, 1, "m", 1);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x0c\0\1");
	for (size_t i = 0; i <= n; i++)
		speech_be(s, 0, 1);
	speech_server(s);
	thrift_head(s, 2, "m", 1);
	SPEECH_BYTES(s, "\x0f\0\0");
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x0f\0\0\0\1");
	SPEECH_BYTES(s, "\3\0\0\0\1\7\0");
}

static void thrift_framed(struct speech *s, size_t n)
{
	size_t mark;

	speech_client(s);
	for (size_t i = 0; i < n % 50 + 1; i++) {
		mark = speech_mark(s);
		thrift_head(s, 1, "m", 1);
		SPEECH_BYTES(s, "\x0d\0\1\x0b\x08");
		speech_be(s, n, 4);
		for (size_t k = 0; k < n; k++)
			SPEECH_BYTES(s, "\0\0\0\1k\0\0\0\1");
		speech_be(s, 0, 1);
		speech_be_before(s, mark, 4, 0);
	}
}

/* ---- AMQP 0-9-1 ---- */

static void amqp_method(struct speech *s, size_t mark)
{
	speech_be_before(s, mark, 4, 0);
	speech_be(s, 0xce, 1);
}

/* A queue with N arguments, or with tables in each other. */
static void amqp_table(struct speech *s, size_t n, bool deep)
{
	size_t mark, table, depth = deep ? n : 0;

	speech_client(s);
	speech_put(s, "AMQP");
	SPEECH_BYTES(s, "\0\0\x09\1\1\0\1");
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\0\x32\0\x0a\0\0\1q\0");
	table = speech_mark(s);
	for (size_t i = 0; i < depth; i++) {
		SPEECH_BYTES(s, "\1tF");
		speech_be(s, 7 * (depth - i - 1), 4);
	}
	for (size_t i = 0; !deep && i < n; i++)
		SPEECH_BYTES(s, "\1kI\0\0\0\1");
	speech_be_before(s, table, 4, 0);
	amqp_method(s, mark);
	speech_server(s);
	SPEECH_BYTES(s, "\1\0\1\0\0\0\x0e\0\x32\0\x0b\1q\0\0\0\0\0\0\0\0\xce");
}

static void amqp_arguments(struct speech *s, size_t n)
{
	amqp_table(s, n, false);
}

static void amqp_depth(struct speech *s, size_t n)
{
	amqp_table(s, n, true);
}

/* A message in frames of N bytes, and as many messages that nobody has settled. */
static void amqp_body(struct speech *s, size_t n)
{
	speech_client(s);
	SPEECH_BYTES(s, "\1\0\1\0\0\0\x0d\0\x3c\0\x28\0\0\1x\1k\0\xce");
	SPEECH_BYTES(s, "\2\0\1\0\0\0\x0e\0\x3c\0\0");
	speech_be(s, 2 * n, 8);
	SPEECH_BYTES(s, "\0\0\xce");
	for (int i = 0; i < 2; i++) {
		SPEECH_BYTES(s, "\3\0\1");
		speech_be(s, n, 4);
		speech_repeat(s, "b", n);
		speech_be(s, 0xce, 1);
	}
}

static void amqp_unsettled(struct speech *s, size_t n)
{
	speech_server(s);
	for (size_t i = 1; i <= n; i++) {
		SPEECH_BYTES(s, "\1\0\1\0\0\0\x13\0\x3c\0\x3c\1c");
		speech_be(s, i, 8);
		SPEECH_BYTES(s, "\0\1x\1k\xce\2\0\1\0\0\0\x0e\0\x3c\0\0\0\0\0\0\0\0\0\0\0\0\xce");
	}
	speech_client(s);
	SPEECH_BYTES(s, "\1\0\1\0\0\0\x0d\0\x3c\0\x50");
	speech_be(s, n / 2, 8);
	SPEECH_BYTES(s, "\1\xce");
}

/* ---- AMQP 1.0 ---- */

static void amqp1_frames(struct speech *s, size_t n)
{
	speech_client(s);
	SPEECH_BYTES(s, "AMQP\0\1\0\0");
	speech_server(s);
	SPEECH_BYTES(s, "AMQP\0\1\0\0");
	speech_client(s);
	speech_be(s, 8 + n, 4);
	SPEECH_BYTES(s, "\2\0\0\0");
	speech_repeat(s, "a", n);
	speech_be(s, 8, 4);
	speech_be(s, n, 1);
	SPEECH_BYTES(s, "\0\0\0");
}

/* ---- TLS ---- */

#define RANDOM32 "0123456789abcdef0123456789abcdef"

static void tls_hello(struct speech *s, size_t names, size_t n)
{
	size_t record, message, extensions, one;

	SPEECH_BYTES(s, "\x16\3\1");
	record = speech_mark(s);
	speech_be(s, 1, 1);
	message = speech_mark(s);
	SPEECH_BYTES(s, "\3\3" RANDOM32 "\0\0\2\xc0\x2f\1\0");
	extensions = speech_mark(s);
	speech_be(s, 0, 2);
	one = speech_mark(s);
	for (size_t i = 0; i < names; i++) {
		speech_be(s, 0, 1);
		speech_be(s, n, 2);
		speech_repeat(s, "s", n);
	}
	speech_be_before(s, one, 2, 0);
	speech_be_before(s, one, 2, 0);
	speech_be(s, 16, 2);
	one = speech_mark(s);
	for (size_t i = 0; i < n % 100; i++)
		SPEECH_BYTES(s, "\2h2");
	speech_be_before(s, one, 2, 0);
	speech_be_before(s, one, 2, 0);
	speech_be_before(s, extensions, 2, 0);
	speech_be_before(s, message, 3, 0);
	speech_be_before(s, record, 2, 0);
}

static void tls_name(struct speech *s, size_t n)
{
	speech_client(s);
	tls_hello(s, 1, n);
}

static void tls_names(struct speech *s, size_t n)
{
	speech_client(s);
	tls_hello(s, n, 5);
}

static void tls_alerts(struct speech *s, size_t n)
{
	speech_client(s);
	tls_hello(s, 1, 5);
	speech_server(s);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x15\3\3\0\2\1\x5a");
	SPEECH_BYTES(s, "\x15\3\3\0\2\2\x28");
}

const struct stretch stretches_of_bytes[] = {
	{"http2 value", &protocol_http2, 16000, h2_value, 0},
	{"http2 continued", &protocol_http2, 20000, h2_continued, 0},
	{"http2 body", &protocol_http2, 70000, h2_body, 0},
	{"http2 streams", &protocol_http2, 2100, h2_streams, 0},
	{"http2 table", &protocol_http2, 3000, h2_table, 0},
	{"http2 grpc", &protocol_http2, 5000, h2_grpc, 0},
	{"dns answers", &protocol_dns, 4000, dns_answers, 0},
	{"dns labels", &protocol_dns, 300, dns_labels, 0},
	{"dns label", &protocol_dns, 255, dns_label, 0},
	{"kafka client", &protocol_kafka, 30000, kafka_client, 0},
	{"kafka client, inferred", NULL, 1000, kafka_client, 0},
	{"kafka topics", &protocol_kafka, 20000, kafka_topics, 0},
	{"kafka unanswered", &protocol_kafka, 2100, kafka_unanswered, 0},
	{"mux contexts", &protocol_mux, 1000, mux_contexts, 0},
	{"mux key", &protocol_mux, 30000, mux_key, 0},
	{"mux open", &protocol_mux, 2100, mux_open, 0},
	{"mux open, inferred", NULL, 50, mux_open, 0},
	{"thrift name", &protocol_thrift, 70000, thrift_name, 0},
	{"thrift name, inferred", NULL, 3000, thrift_name, 0},
	{"thrift depth", &protocol_thrift, 1000, thrift_depth, 0},
	{"thrift framed", &protocol_thrift, 1100, thrift_framed, 0},
	{"amqp arguments", &protocol_amqp, 10000, amqp_arguments, 0},
	{"amqp depth", &protocol_amqp, 300, amqp_depth, 0},
	{"amqp body", &protocol_amqp, 70000, amqp_body, 0},
	{"amqp unsettled", &protocol_amqp, 5000, amqp_unsettled, 0},
	{"amqp1 frames", &protocol_amqp1, 20000, amqp1_frames, 0},
	{"tls name", &protocol_tls, 16000, tls_name, 0},
	{"tls names", &protocol_tls, 1500, tls_names, 0},
	{"tls alerts", &protocol_tls, 5000, tls_alerts, 0},
	{0},
};
