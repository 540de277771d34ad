/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP reassembly: what segments in a capture become, with the exact length of what it lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/capture/pieces.h"
#include "tests/unit/capture_build.h"

#define C 1000u /* the client's initial sequence number, */
#define S 5000u /* and the server's */

/* After a handshake, SEGMENTS give EXPECTED. */
static void expect(const struct build_segment *segments, size_t count, const char *expected)
{
	struct buffer file = {0};

	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	for (size_t i = 0; i < count; i++)
		build_segment(&file, &segments[i]);
	expect_text(&file, expected);
}

#define EXPECT(expected, ...)                                                                      \
	do {                                                                                       \
		const struct build_segment segments[] = {__VA_ARGS__};                             \
		expect(segments, sizeof(segments) / sizeof(segments[0]), expected);                \
	} while (0)

static void in_order(void **state)
{
	(void)state;
	EXPECT("> 0 GET; < 0 OK; < 2 !; close 3 3", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "GET", 0},
	       {SERVER, 11 * MS, S + 1, C + 4, ACK, "OK", 0},
	       {SERVER, 12 * MS, S + 3, C + 4, ACK | FIN, "!", 0},
	       {CLIENT, 13 * MS, C + 4, S + 5, ACK | FIN, NULL, 0});
}

static void out_of_order(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 cd; > 4 ef", /* */
	       {CLIENT, 10 * MS, C + 5, S + 1, ACK, "ef", 0},
	       {CLIENT, 11 * MS, C + 3, S + 1, ACK, "cd", 0},
	       {CLIENT, 12 * MS, C + 1, S + 1, ACK, "ab", 0});
}

/* What a late segment completes keeps the times of its own packets. */
static void own_times(void **state)
{
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	build_segment(&file, &(struct build_segment){CLIENT, 10 * MS, C + 3, S + 1, ACK, "cd", 0});
	build_segment(&file, &(struct build_segment){CLIENT, 20 * MS, C + 1, S + 1, ACK, "ab", 0});
	seen = seen_read(&file);
	assert_int_equal(seen->count, 3);
	assert_string_equal(seen->events[1].payload, "ab");
	assert_int_equal(seen->events[1].event.ts, START + 20 * MS);
	assert_string_equal(seen->events[2].payload, "cd");
	assert_int_equal(seen->events[2].event.ts, START + 10 * MS);
	seen_free(seen);
}

static void retransmitted(void **state)
{
	(void)state;
	EXPECT("> 0 abcd; > 4 ef", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "abcd", 0},
	       {CLIENT, 11 * MS, C + 1, S + 1, ACK, "abcd", 0},
	       {CLIENT, 12 * MS, C + 3, S + 1, ACK, "cdef", 0});
}

/* Where bytes differ, those that came first stay, delivered or waiting. */
static void overlapping(void **state)
{
	(void)state;
	EXPECT("> 0 a; > 1 x; > 2 12; > 4 XX", /* */
	       {CLIENT, 10 * MS, C + 3, S + 1, ACK, "12", 0},
	       {CLIENT, 11 * MS, C + 2, S + 1, ACK, "xXXXX", 0},
	       {CLIENT, 12 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 13 * MS, C + 5, S + 1, ACK, "56", 0});
}

static void overlapping_around(void **state)
{
	(void)state;
	EXPECT("> 0 _; > 1 a; > 2 11; > 4 b; > 5 22; > 7 c", /* */
	       {CLIENT, 10 * MS, C + 3, S + 1, ACK, "11", 0},
	       {CLIENT, 11 * MS, C + 6, S + 1, ACK, "22", 0},
	       {CLIENT, 12 * MS, C + 2, S + 1, ACK, "a..b..c", 0},
	       {CLIENT, 13 * MS, C + 1, S + 1, ACK, "_", 0});
}

/* The server has acknowledged what the capture lacks: nothing more will come. */
static void lost(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > lost 10; > 12 cd; < 0 OK", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 11 * MS, C + 13, S + 1, ACK, "cd", 0},
	       {SERVER, 12 * MS, S + 1, C + 15, ACK, "OK", 0});
}

static void lost_at_the_end(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > lost 7; < 0 OK", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {SERVER, 12 * MS, S + 1, C + 10, ACK, "OK", 0});
}

/* Not acknowledged: it is waited for, and comes. */
static void lost_on_the_way(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 cd; < 0 OK", /* */
	       {CLIENT, 10 * MS, C + 3, S + 1, ACK, "cd", 0},
	       {SERVER, 11 * MS, S + 1, C + 1, ACK, NULL, 0},
	       {CLIENT, 9 * SECOND, C + 1, S + 1, ACK, "ab", 0},
	       {SERVER, 9 * SECOND, S + 1, C + 5, ACK, "OK", 0});
}

/* Without acknowledgement and for too long: given up, and what comes then is too late. */
static void lost_for_long(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	build_segment(&file, &(struct build_segment){CLIENT, 10 * MS, C + 3, S + 1, ACK, "cd", 0});
	for (int i = 0; i < 20; i++)
		build_segment(&file, &(struct build_segment){SERVER, 40 * SECOND + i, S + 1, C + 1,
							     ACK, NULL, 0});
	build_segment(&file,
		      &(struct build_segment){CLIENT, 41 * SECOND, C + 1, S + 1, ACK, "ab", 0});
	expect_text(&file, "> lost 2; > 2 cd");
}

/* Disorder over a silence: not the time alone counts. */
static void disorder_over_silence(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 cd; < 0 OK", /* */
	       {SERVER, 95 * SECOND, S + 1, C + 5, ACK, "OK", 0},
	       {CLIENT, 90 * SECOND, C + 3, S + 1, ACK, "cd", 0},
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0});
}

/* The capture has the response first; a request must not come after its response. */
static void response_first(void **state)
{
	(void)state;
	EXPECT("> 0 GET; < 0 OK", /* */
	       {SERVER, 11 * MS, S + 1, C + 4, ACK, "OK", 0},
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "GET", 0});
}

static void lost_request(void **state)
{
	(void)state;
	EXPECT("> lost 3; < 0 OK; > 3 more", /* */
	       {SERVER, 11 * MS, S + 1, C + 4, ACK, "OK", 0},
	       {CLIENT, 500 * MS, C + 4, S + 3, ACK, "more", 0});
}

static void keep_alive(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 cd", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 20 * SECOND, C + 2, S + 1, ACK, "?", 0},
	       {SERVER, 20 * SECOND, S, C + 3, ACK, NULL, 0},
	       {CLIENT, 21 * SECOND, C + 3, S + 1, ACK, "cd", 0});
}

/* The byte of a probe is a byte of the stream; it comes once. */
static void zero_window_probe(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 c; > 3 d", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 11 * MS, C + 3, S + 1, ACK, "c", 0},
	       {CLIENT, 12 * MS, C + 3, S + 1, ACK, "c", 0},
	       {CLIENT, 13 * MS, C + 3, S + 1, ACK, "cd", 0});
}

static void wrap_around(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, 0xfffffffd, 0xffffffff);
	build_segment(&file, &(struct build_segment){CLIENT, 10 * MS, 2, 0, ACK, "ef", 0});
	build_segment(&file,
		      &(struct build_segment){CLIENT, 11 * MS, 0xfffffffe, 0, ACK, "abcd", 0});
	build_segment(&file, &(struct build_segment){SERVER, 12 * MS, 0, 4, ACK, "OK", 0});
	expect_text(&file, "> 0 abcd; > 4 ef; < 0 OK");
}

/* TCP Fast Open: the SYN brings data. */
static void data_with_syn(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){CLIENT, 0, C, 0, SYN, "GET", 0});
	build_segment(&file, &(struct build_segment){SERVER, MS, S, C + 4, SYN | ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){SERVER, MS, S + 1, C + 4, ACK, "OK", 0});
	expect_text(&file, "> 0 GET; < 0 OK");
}

static void without_handshake(void **state)
{
	struct buffer file = {0};
	struct buffer text = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){SERVER, 0, S, C, ACK, "lo", 0});
	build_segment(&file, &(struct build_segment){CLIENT, MS, C, S + 2, ACK, "GET", 0});
	build_segment(&file, &(struct build_segment){SERVER, 2 * MS, S - 3, C, ACK, "hel", 0});
	seen = seen_read(&file);
	assert_string_equal(seen_text(seen, &text), "< 0 lo; > 0 GET");
	assert_int_equal(seen->totals.early_bytes, 3);
	assert_int_equal(seen_conn(seen, 0)->origin, ORIGIN_MIDSTREAM);
	assert_int_equal(seen_conn(seen, 0)->role, ROLE_UNKNOWN);
	assert_int_equal(seen_conn(seen, 0)->local.port, 40000);
	assert_int_equal(seen_conn(seen, 0)->remote.port, 80);
	buffer_free(&text);
	seen_free(seen);
}

/* Joined in an idle time: the probe's byte was sent before. */
static void keep_alive_first(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){SERVER, 0, S, C, ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){CLIENT, MS, C - 1, S, ACK, "?", 0});
	build_segment(&file, &(struct build_segment){CLIENT, 2 * MS, C, S, ACK, "GET", 0});
	expect_text(&file, "> 0 GET");
}

static void who_began(void **state)
{
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){SERVER, MS, S, C + 1, SYN | ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){CLIENT, 0, C, 0, SYN, NULL, 0});
	build_segment(&file, &(struct build_segment){CLIENT, 2 * MS, C + 1, S + 1, ACK, "GET", 0});
	seen = seen_read(&file);
	assert_int_equal(seen->totals.tcp_connections, 1);
	assert_int_equal(seen_conn(seen, 0)->local.port, 40000);
	assert_int_equal(seen_conn(seen, 0)->role, ROLE_CLIENT);
	assert_int_equal(seen_conn(seen, 0)->origin, ORIGIN_OPENED);
	seen_free(seen);
}

/* Only the server's packets: its acknowledgements tell exactly what the client sent. */
static void one_side(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){SERVER, 0, S, C + 1, SYN | ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){SERVER, MS, S + 1, C + 11, ACK, "OK", 0});
	build_segment(&file, &(struct build_segment){SERVER, 2 * MS, S + 3, C + 31, ACK, "OK", 0});
	expect_text(&file, "> lost 10; < 0 OK; > lost 20; < 2 OK");
}

/* After some packets it is clear that the other side won't be seen. */
static void one_side_joined_midway(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	for (int i = 0; i < 20; i++)
		build_segment(&file,
			      &(struct build_segment){SERVER, i * MS, S, C + 7, ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){SERVER, 30 * MS, S, C + 7, ACK, "OK", 0});
	build_segment(&file, &(struct build_segment){SERVER, 40 * MS, S + 2, C + 30, ACK, "OK", 0});
	expect_text(&file, "< 0 OK; > lost 23; < 2 OK");
}

/* Without a handshake and in disorder: bytes that others have acknowledged aren't old yet. */
static void disorder_joined_midway(void **state)
{
	struct buffer file = {0};

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_segment(&file, &(struct build_segment){SERVER, 9 * MS, S + 2, C + 3, ACK, "!", 0});
	build_segment(&file, &(struct build_segment){SERVER, 8 * MS, S, C, ACK, NULL, 0});
	build_segment(&file, &(struct build_segment){CLIENT, 8 * MS, C, S, ACK, "GET", 0});
	expect_text(&file, "< 0 !; > 0 GET");
}

/* The FIN isn't in the capture; its number isn't a lost byte. */
static void lost_fin(void **state)
{
	(void)state;
	EXPECT("> 0 ab; < 0 OK; close 2 2", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {SERVER, 11 * MS, S + 1, C + 4, ACK | FIN, "OK", 0},
	       {CLIENT, 900 * MS, C + 4, S + 4, ACK, NULL, 0});
}

static void fin_before_data(void **state)
{
	(void)state;
	EXPECT("> 0 ab; < 0 OK; close 2 2", /* */
	       {CLIENT, 10 * MS, C + 3, S + 1, ACK | FIN, NULL, 0},
	       {CLIENT, 11 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {SERVER, 12 * MS, S + 1, C + 4, ACK | FIN, "OK", 0});
}

/* Packets that were under way when the RST was sent still count. */
static void reset(void **state)
{
	(void)state;
	EXPECT("> 0 ab; < 0 OK; close 2 2", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 11 * MS, C + 3, 0, RST, "bye", 0},
	       {SERVER, 12 * MS, S + 1, C + 3, ACK, "OK", 0});
}

/* A middlebox's RST that the client doesn't know of. */
static void forged_reset(void **state)
{
	(void)state;
	EXPECT("> 0 ab; > 2 cd; > 4 ef", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "ab", 0},
	       {CLIENT, 11 * MS, C + 3, 0, RST, NULL, 0},
	       {CLIENT, 12 * MS, C + 3, S + 1, ACK, "cd", 0},
	       {CLIENT, 9 * SECOND, C + 5, S + 1, ACK, "ef", 0});
}

static void port_reuse(void **state)
{
	struct buffer file = {0};
	struct buffer text = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	build_segment(&file, &(struct build_segment){CLIENT, 10 * MS, C + 1, S + 1, ACK, "one", 0});
	build_segment(&file, &(struct build_segment){CLIENT, 20 * MS, C, 0, SYN, NULL, 0});
	build_handshake(&file, 777777, 888888);
	build_segment(&file,
		      &(struct build_segment){CLIENT, 30 * MS, 777778, 888889, ACK, "two", 0});
	seen = seen_read(&file);
	assert_string_equal(seen_text(seen, &text), "> 0 one; close 3 0; > 0 two");
	assert_int_equal(seen->totals.tcp_connections, 2);
	assert_int_not_equal(seen_conn(seen, 0)->conn, seen_conn(seen, 1)->conn);
	buffer_free(&text);
	seen_free(seen);
}

/* The end of a connection doesn't hide what comes after it; old packets again are nothing new. */
static void after_the_end(void **state)
{
	(void)state;
	EXPECT("> 0 ab; close 2 0; > 0 cd", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK | FIN, "ab", 0},
	       {SERVER, 11 * MS, S + 1, C + 4, ACK | FIN, NULL, 0},
	       {CLIENT, 12 * MS, C + 1, S + 1, ACK | FIN, "ab", 0},
	       {CLIENT, 13 * MS, C + 4, S + 1, ACK, "cd", 0});
}

static void snap_length(void **state)
{
	(void)state;
	EXPECT("> 0 GET /+5; > 10 x; < 0 +6", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "GET /index", 5},
	       {CLIENT, 11 * MS, C + 11, S + 1, ACK, "x", 0},
	       {SERVER, 12 * MS, S + 1, C + 12, ACK, "answer", 6});
}

/* Cut inside of the TCP header: the length is still exact. */
static void snap_length_in_header(void **state)
{
	(void)state;
	EXPECT("> 0 +3; > 3 abc", /* */
	       {CLIENT, 10 * MS, C + 1, S + 1, ACK, "abc", 9},
	       {CLIENT, 11 * MS, C + 4, S + 1, ACK, "abc", 0});
}

/* Bytes that were waiting get cut and joined right. */
static void cut_overlap(void **state)
{
	(void)state;
	EXPECT("> 0 ab+1; > 3 d+1; > 5 fg", /* */
	       {CLIENT, 10 * MS, C + 4, S + 1, ACK, "de", 1},
	       {CLIENT, 11 * MS, C + 1, S + 1, ACK, "abcde", 3},
	       {CLIENT, 12 * MS, C + 6, S + 1, ACK, "fg", 0});
}

/* What the card was still to split has no length in its IP header. */
static void segmentation_offload(void **state)
{
	struct buffer file = {0};
	size_t header;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	header = file.len + 16;
	build_segment(&file, &(struct build_segment){CLIENT, 10 * MS, C + 1, S + 1, ACK, "GET", 0});
	file.data[header + 2] = 0;
	file.data[header + 3] = 0;
	expect_text(&file, "> 0 GET");
}

static void far_outside(void **state)
{
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	build_segment(&file,
		      &(struct build_segment){CLIENT, 10 * MS, C + 0x60000000, S + 1, ACK, "x", 0});
	seen = seen_read(&file);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_WINDOW], 1);
	assert_int_equal(seen->totals.data_bytes, 0);
	seen_free(seen);
}

/* However much waits behind a hole, the memory for it has an end; no byte is lost by that. */
static void bounded(void **state)
{
	enum {
		SEGMENTS = 30000,
		STEP = 1000
	};
	static char payload[STEP + 1];
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	memset(payload, 'x', STEP);
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	for (uint32_t i = 1; i < SEGMENTS; i++)
		build_segment(&file, &(struct build_segment){CLIENT, 10 * MS + i, C + 1 + i * STEP,
							     S + 1, ACK, payload, 0});
	seen = seen_read(&file);
	assert_int_equal(seen->totals.lost_bytes, STEP);
	assert_int_equal(seen->totals.data_bytes, (SEGMENTS - 1) * STEP);
	/* It gave up long before the end of the capture. */
	assert_int_equal(seen->events[1].event.type, EVENT_LOSS);
	assert_true(seen->events[1].event.ts < START + 10 * MS + SEGMENTS / 2);
	seen_free(seen);
}

/*
 * COUNT segments of LEN bytes wait behind a hole of one byte that nobody acknowledged: whether the
 * waiting was given up before the end.
 */
static bool gives_up(size_t count, size_t len)
{
	char *payload = calloc(1, len + 1);
	struct buffer file = {0};
	struct seen *seen;
	bool early;

	assert_non_null(payload);
	memset(payload, 'x', len);
	build_pcap(&file, LINK_RAW);
	build_handshake(&file, C, S);
	for (uint32_t i = 0; i < count; i++)
		build_segment(&file,
			      &(struct build_segment){CLIENT, 10 * MS, C + 2 + i * (uint32_t)len,
						      S + 1, ACK, payload, 0});
	build_segment(&file, &(struct build_segment){CLIENT, 20 * MS, C + 1, S + 1, ACK, "h", 0});
	seen = seen_read(&file);
	early = seen->totals.lost_bytes == 1;
	assert_int_equal(seen->totals.data_bytes, count * len + !early);
	seen_free(seen);
	free(payload);
	return early;
}

/* One direction of a connection waits with 4,096 pieces, or 8 MiB, and no more. */
static void bounded_to_the_piece(void **state)
{
	size_t len = 8192 - sizeof(struct piece);

	(void)state;
	assert_false(gives_up(4096, 1));
	assert_true(gives_up(4097, 1));
	assert_false(gives_up(1024, len));
	assert_true(gives_up(1024, len + 1));
}

/* A SYN cookie changes between two answers to the same SYN; another SYN is another connection. */
static void syn_cookies(void **state)
{
	static const struct {
		uint32_t ack;
		size_t connections;
	} cases[] = {{C + 1, 1}, {C + 2, 2}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buffer file = {0};
		struct seen *seen;

		build_pcap(&file, LINK_RAW);
		build_segment(&file, &(struct build_segment){CLIENT, 0, C, 0, SYN, NULL, 0});
		build_segment(&file,
			      &(struct build_segment){SERVER, MS, S, C + 1, SYN | ACK, NULL, 0});
		build_segment(&file, &(struct build_segment){SERVER, 2 * MS, S + 1000, cases[i].ack,
							     SYN | ACK, NULL, 0});
		seen = seen_read(&file);
		assert_int_equal(seen->totals.tcp_connections, cases[i].connections);
		seen_free(seen);
	}
}

/* Without a handshake: a port below 1024 is a server's. */
static void who_began_by_ports(void **state)
{
	static const struct {
		uint16_t from;
		uint16_t to;
		uint16_t local;
	} cases[] = {
		{40000, 1023, 40000},
		{1023, 40000, 40000},
		{1024, 40000, 1024},
		{1024, 1023, 1024},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct build_tcp tcp = {cases[i].from, cases[i].to, C, S, ACK};
		const struct build_ipv4 ip = {.from = 1, .to = 2, .protocol = 6};
		struct buffer file = {0}, segment = {0}, packet = {0};
		struct seen *seen;

		build_pcap(&file, LINK_RAW);
		build_tcp(&segment, &tcp, span_text("x"));
		build_ipv4(&packet, &ip, buffer_span(&segment));
		build_packet(&file, START, buffer_span(&packet));
		seen = seen_read(&file);
		assert_int_equal(seen_conn(seen, 0)->local.port, cases[i].local);
		seen_free(seen);
		buffer_free(&segment);
		buffer_free(&packet);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(own_times),
		cmocka_unit_test(retransmitted),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(overlapping_around),
		cmocka_unit_test(lost),
		cmocka_unit_test(lost_at_the_end),
		cmocka_unit_test(lost_on_the_way),
		cmocka_unit_test(lost_for_long),
		cmocka_unit_test(disorder_over_silence),
		cmocka_unit_test(response_first),
		cmocka_unit_test(lost_request),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(zero_window_probe),
		cmocka_unit_test(wrap_around),
		cmocka_unit_test(data_with_syn),
		cmocka_unit_test(without_handshake),
		cmocka_unit_test(keep_alive_first),
		cmocka_unit_test(who_began),
		cmocka_unit_test(one_side),
		cmocka_unit_test(one_side_joined_midway),
		cmocka_unit_test(disorder_joined_midway),
		cmocka_unit_test(lost_fin),
		cmocka_unit_test(fin_before_data),
		cmocka_unit_test(reset),
		cmocka_unit_test(forged_reset),
		cmocka_unit_test(port_reuse),
		cmocka_unit_test(after_the_end),
		cmocka_unit_test(snap_length),
		cmocka_unit_test(snap_length_in_header),
		cmocka_unit_test(cut_overlap),
		cmocka_unit_test(segmentation_offload),
		cmocka_unit_test(far_outside),
		cmocka_unit_test(bounded),
		cmocka_unit_test(bounded_to_the_piece),
		cmocka_unit_test(syn_cookies),
		cmocka_unit_test(who_began_by_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
