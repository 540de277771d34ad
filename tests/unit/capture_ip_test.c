/* SPDX-License-Identifier: BSD-2-Clause */
/* IP in imported captures: fragments, extension headers, tunnels, and UDP as flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture_build.h"

#define MORE 0x2000

/* A datagram of 8 header and 24 payload bytes; fragments are cut at multiples of 8. */
#define PAYLOAD "aaaaaaaabbbbbbbbcccccccc"

static void build_datagram(struct buffer *b)
{
	build_udp(b, 40000, 53, span_text(PAYLOAD));
}

struct fragment_spec {
	int64_t ts; /* since START */
	size_t from;
	size_t to;
	uint16_t id;
};

static void add_fragment(struct buffer *file, struct span datagram, const struct fragment_spec *f)
{
	const struct build_ipv4 ip = {
		.from = 1,
		.to = 2,
		.protocol = 17,
		.id = f->id,
		.fragment = (uint16_t)(f->from / 8 | (f->to < datagram.len ? MORE : 0)),
	};
	struct buffer packet = {0};

	build_ipv4(&packet, &ip, span_of(datagram.data + f->from, f->to - f->from));
	build_packet(file, START + f->ts, buffer_span(&packet));
	buffer_free(&packet);
}

static struct seen *read_fragments(const struct fragment_spec *fragments, size_t count)
{
	struct buffer datagram = {0};
	struct buffer file = {0};

	build_datagram(&datagram);
	build_pcap(&file, LINK_RAW);
	for (size_t i = 0; i < count; i++)
		add_fragment(&file, buffer_span(&datagram), &fragments[i]);
	buffer_free(&datagram);
	return seen_read(&file);
}

/*
 * The fragments give the datagram EXPECTED times, or FRONT bytes of it, at the time of the first of
 * them, when FRONT isn't 0; UNUSED of them were of no use.
 */
static void expect(const struct fragment_spec *fragments, size_t count, size_t expected,
		   size_t front, size_t unused)
{
	struct seen *seen = read_fragments(fragments, count);
	size_t datagrams = 0;

	for (size_t i = 0; i < seen->count; i++) {
		const struct event *event = &seen->events[i].event;

		if (event->type != EVENT_DATA)
			continue;
		assert_int_equal(event->data.len, strlen(PAYLOAD));
		assert_int_equal(event->data.payload.len, front ? front : strlen(PAYLOAD));
		assert_memory_equal(seen->events[i].payload, PAYLOAD, event->data.payload.len);
		if (front)
			assert_int_equal(event->ts, START + fragments[0].ts);
		datagrams++;
	}
	assert_int_equal(datagrams, expected);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_FRAGMENT], unused);
	seen_free(seen);
}

#define EXPECT(expected, unused, ...)                                                              \
	do {                                                                                       \
		const struct fragment_spec fragments[] = {__VA_ARGS__};                            \
		expect(fragments, sizeof(fragments) / sizeof(fragments[0]), expected, 0, unused);  \
	} while (0)

#define EXPECT_FRONT(front, unused, ...)                                                           \
	do {                                                                                       \
		const struct fragment_spec fragments[] = {__VA_ARGS__};                            \
		expect(fragments, sizeof(fragments) / sizeof(fragments[0]), 1, front, unused);     \
	} while (0)

static void fragments(void **state)
{
	(void)state;
	EXPECT(1, 0, {0, 0, 16, 7}, {MS, 16, 24, 7}, {2 * MS, 24, 32, 7});
	EXPECT(1, 0, {0, 24, 32, 7}, {MS, 16, 24, 7}, {2 * MS, 0, 16, 7});
	EXPECT(1, 0, {0, 16, 24, 7}, {MS, 24, 32, 7}, {2 * MS, 0, 16, 7});
}

static void fragments_twice(void **state)
{
	(void)state;
	EXPECT(1, 0, {0, 0, 16, 7}, {0, 0, 16, 7}, {MS, 16, 32, 7});
	EXPECT(1, 0, {0, 0, 24, 7}, {0, 8, 24, 7}, {MS, 16, 32, 7});
	EXPECT(1, 1, {0, 0, 16, 7}, {MS, 16, 32, 7}, {MS, 16, 32, 7});
}

static void fragments_of_several(void **state)
{
	(void)state;
	EXPECT(2, 0, {0, 0, 16, 7}, {0, 0, 16, 8}, {MS, 16, 32, 7}, {MS, 16, 32, 8});
}

static void fragments_missing(void **state)
{
	(void)state;
	EXPECT(0, 1, {0, 16, 32, 7});
	/* UDP's own header tells how long it was. */
	EXPECT_FRONT(8, 0, {0, 0, 16, 7});
	EXPECT_FRONT(16, 0, {0, 8, 24, 7}, {MS, 0, 8, 7});
	EXPECT_FRONT(8, 1, {0, 0, 16, 7}, {MS, 24, 32, 7});
	EXPECT_FRONT(8, 1, {0, 0, 16, 7}, {31 * SECOND, 16, 32, 7});
}

/* The number may be used again after half a minute. */
static void fragments_late(void **state)
{
	(void)state;
	EXPECT(1, 1, {0, 16, 32, 7}, {31 * SECOND, 16, 32, 7}, {31 * SECOND, 0, 16, 7});
}

/* What lies about its length can't make the others wrong. */
static void fragments_that_lie(void **state)
{
	struct buffer file = {0};
	struct buffer packet = {0};
	const struct build_ipv4 ip = {
		.from = 1, .to = 2, .protocol = 17, .id = 7, .fragment = 0x1fff};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_ipv4(&packet, &ip, span_text("reaches beyond 65535"));
	build_packet(&file, START, buffer_span(&packet));
	buffer_free(&packet);
	seen = seen_read(&file);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_FRAGMENT], 1);
	seen_free(seen);
}

static void fragments_bounded(void **state)
{
	struct buffer datagram = {0};
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_datagram(&datagram);
	build_pcap(&file, LINK_RAW);
	for (uint16_t id = 0; id < 5000; id++)
		add_fragment(&file, buffer_span(&datagram), &(struct fragment_spec){0, 0, 16, id});
	add_fragment(&file, buffer_span(&datagram), &(struct fragment_spec){0, 16, 32, 4999});
	add_fragment(&file, buffer_span(&datagram), &(struct fragment_spec){0, 16, 32, 0});
	buffer_free(&datagram);
	seen = seen_read(&file);
	/* One whole, of the others the front. */
	assert_int_equal(seen->totals.data_bytes, strlen(PAYLOAD) + 4999 * 8);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_FRAGMENT], 1);
	seen_free(seen);
}

/* A datagram in COUNT fragments of eight bytes: whether it becomes whole. */
static bool whole_in(size_t count)
{
	struct buffer datagram = {0}, payload = {0}, file = {0};
	struct seen *seen;
	bool whole;

	for (size_t i = 0; i < count * 8 - 8; i++)
		buffer_append_char(&payload, 'x');
	build_udp(&datagram, 40000, 53, buffer_span(&payload));
	build_pcap(&file, LINK_RAW);
	for (size_t i = 0; i < count; i++)
		add_fragment(&file, buffer_span(&datagram),
			     &(struct fragment_spec){0, i * 8, i * 8 + 8, 7});
	seen = seen_read(&file);
	whole = seen->totals.data_bytes == payload.len;
	assert_true(seen->totals.data_bytes <= payload.len);
	seen_free(seen);
	buffer_free(&payload);
	buffer_free(&datagram);
	return whole;
}

static void fragments_of_one_bounded(void **state)
{
	(void)state;
	assert_true(whole_in(1024));
	assert_false(whole_in(1025));
}

/* PACKET, of the link type raw, carries the datagram "question" from port 40000 to 53. */
static void expect_question(struct buffer *packet)
{
	struct buffer file = {0};

	build_pcap(&file, LINK_RAW);
	build_packet(&file, START, buffer_span(packet));
	buffer_free(packet);
	expect_text(&file, "> 0 question");
}

static struct buffer question(void)
{
	struct buffer udp = {0};

	build_udp(&udp, 40000, 53, span_text("question"));
	return udp;
}

static struct buffer question_in_ipv4(void)
{
	const struct build_ipv4 ip = {.from = 1, .to = 2, .protocol = 17};
	struct buffer udp = question();
	struct buffer packet = {0};

	build_ipv4(&packet, &ip, buffer_span(&udp));
	buffer_free(&udp);
	return packet;
}

static void ipv6_extensions(void **state)
{
	struct buffer inner = {0};
	struct buffer packet = {0};
	struct buffer udp = question();

	(void)state;
	buffer_append(&inner, "\x2b\0\x01\x04\0\0\0\0", 8);		   /* hop by hop */
	buffer_append(&inner, "\x3c\0\0\0\0\0\0\0", 8);			   /* routing */
	buffer_append(&inner, "\x33\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* destination options */
	buffer_append(&inner, "\x11\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* authentication */
	buffer_append_span(&inner, buffer_span(&udp));
	build_ipv6(&packet, 1, 2, 0, buffer_span(&inner));
	buffer_free(&udp);
	buffer_free(&inner);
	expect_question(&packet);
}

static void add_ipv6_fragment(struct buffer *file, struct span datagram, uint16_t from, uint16_t to)
{
	struct buffer inner = {0};
	struct buffer packet = {0};

	buffer_append(&inner, "\x11\0", 2);
	build_u16(&inner, (uint16_t)(from | (to < datagram.len)));
	build_u32(&inner, 0x12345678);
	buffer_append(&inner, datagram.data + from, to - from);
	build_ipv6(&packet, 1, 2, 44, buffer_span(&inner));
	build_packet(file, START, buffer_span(&packet));
	buffer_free(&inner);
	buffer_free(&packet);
}

static void ipv6_fragments(void **state)
{
	struct buffer datagram = {0};
	struct buffer file = {0};

	(void)state;
	build_datagram(&datagram);
	build_pcap(&file, LINK_RAW);
	add_ipv6_fragment(&file, buffer_span(&datagram), 16, 32);
	add_ipv6_fragment(&file, buffer_span(&datagram), 0, 16);
	buffer_free(&datagram);
	expect_text(&file, "> 0 " PAYLOAD);
}

#define MACS "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* An inner packet behind a tunnel's header. */
static void tunnels(void **state)
{
	static const struct {
		uint8_t protocol;
		struct span header;
	} kinds[] = {
		{4, {0}}, /* IP in IP */
		{47, BYTES("\0\0\x08\0")},
		{47, BYTES("\xb0\0\x08\0ccxxkkkkssss")},
		{47, BYTES("\0\0\x65\x58" MACS "\x08\0")},
		{47, BYTES("\x30\x81\x88\x0b\0\x2c\0\x01sssskkkk\xff\x03\0\x21")}, /* PPTP */
		{47, BYTES("\x10\0\x88\xbessssxxxxxxxx" MACS "\x08\0")},	   /* ERSPAN */
		{137, BYTES("\0\x01\x01\x40")},
		{17,
		 BYTES("\xc0\0\x12\xb5\0\x4a\0\0\x08\0\0\0\0\0\x05\0" MACS "\x08\0")}, /* VXLAN */
		{17, BYTES("\xc0\0\x17\xc1\0\x4e\0\0\x01\0\x65\x58\0\0\x05\0opts" MACS
			   "\x08\0")},						   /* Geneve */
		{17, BYTES("\x08\x68\x08\x68\0\x34\0\0\x30\xff\0\x24\0\0\0\x01")}, /* GTP-U */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct build_ipv4 outer = {.from = 8, .to = 9, .protocol = kinds[i].protocol};
		struct buffer inner = question_in_ipv4();
		struct buffer tunnel = {0};
		struct buffer packet = {0};

		buffer_append_span(&tunnel, kinds[i].header);
		buffer_append_span(&tunnel, buffer_span(&inner));
		build_ipv4(&packet, &outer, buffer_span(&tunnel));
		buffer_free(&inner);
		buffer_free(&tunnel);
		expect_question(&packet);
	}
}

static void other_transports(void **state)
{
	const struct build_ipv4 icmp = {.from = 1, .to = 2, .protocol = 1};
	struct buffer packet = {0};
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_ipv4(&packet, &icmp, span_text("\x08\x01\x01\x01ping"));
	build_pcap(&file, LINK_RAW);
	build_packet(&file, START, buffer_span(&packet));
	buffer_free(&packet);
	seen = seen_read(&file);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_TRANSPORT], 1);
	assert_int_equal(seen->count, 0);
	seen_free(seen);
}

/* ---- UDP ---- */

struct datagram_spec {
	uint8_t from;
	uint8_t to;
	uint16_t from_port;
	uint16_t to_port;
	const char *payload;
};

static struct seen *read_datagrams(const struct datagram_spec *specs, size_t count)
{
	struct buffer file = {0};

	build_pcap(&file, LINK_RAW);
	for (size_t i = 0; i < count; i++) {
		const struct build_ipv4 ip = {
			.from = specs[i].from, .to = specs[i].to, .protocol = 17};
		struct buffer udp = {0};
		struct buffer packet = {0};

		build_udp(&udp, specs[i].from_port, specs[i].to_port, span_text(specs[i].payload));
		build_ipv4(&packet, &ip, buffer_span(&udp));
		build_packet(&file, START + (int64_t)i, buffer_span(&packet));
		buffer_free(&udp);
		buffer_free(&packet);
	}
	return seen_read(&file);
}

/* Each datagram by itself, also an empty one, with the server as its other end. */
static void udp_flow(void **state)
{
	static const struct datagram_spec specs[] = {
		{2, 1, 53, 40000, "answer"}, {1, 2, 40000, 53, "question"}, {1, 2, 40000, 53, ""},
		{1, 2, 40000, 53, "?"},	     {1, 2, 40001, 53, "other"},
	};
	struct seen *seen = read_datagrams(specs, 5);
	struct buffer text = {0};

	(void)state;
	assert_string_equal(seen_text(seen, &text),
			    "< 0 answer; > 0 question; > 8 ; > 8 ?; > 0 other");
	assert_int_equal(seen->totals.udp_flows, 2);
	assert_int_equal(seen_conn(seen, 0)->local.port, 40000);
	assert_int_equal(seen_conn(seen, 0)->transport, TRANSPORT_UDP);
	assert_int_equal(seen->events[1].event.data.peer.port, 53);
	assert_int_equal(seen->events[1].event.data.peer.ip[3], 2);
	assert_int_equal(seen->events[1].event.data.call, CALL_CAPTURE);
	assert_int_equal(seen->events[1].event.data.fd, -1);
	buffer_free(&text);
	seen_free(seen);
}

/* Who sends to a group began, whatever the ports. */
static void udp_group(void **state)
{
	struct buffer file = {0};
	struct buffer udp = {0};
	struct buffer packet = {0};
	struct seen *seen;
	const struct build_ipv4 ip = {.from = 1, .to = 251, .protocol = 17};

	(void)state;
	build_udp(&udp, 53, 5353, span_text("mDNS"));
	build_ipv4(&packet, &ip, buffer_span(&udp));
	memcpy(packet.data + 16, "\xe0\0\0\xfb", 4);
	build_pcap(&file, LINK_RAW);
	build_packet(&file, START, buffer_span(&packet));
	buffer_free(&udp);
	buffer_free(&packet);
	seen = seen_read(&file);
	assert_int_equal(seen_conn(seen, 0)->local.ip[0], 10);
	assert_int_equal(seen_conn(seen, 0)->remote.ip[0], 224);
	seen_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments),
		cmocka_unit_test(fragments_twice),
		cmocka_unit_test(fragments_of_several),
		cmocka_unit_test(fragments_missing),
		cmocka_unit_test(fragments_late),
		cmocka_unit_test(fragments_that_lie),
		cmocka_unit_test(fragments_bounded),
		cmocka_unit_test(fragments_of_one_bounded),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test(ipv6_fragments),
		cmocka_unit_test(tunnels),
		cmocka_unit_test(other_transports),
		cmocka_unit_test(udp_flow),
		cmocka_unit_test(udp_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
