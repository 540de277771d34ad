/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyze/pcapng/stream.h"
#include "protocols/engine/reassembly.h"
#include "tests/unit/tape_build.h"

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED

/* What came out: where each segment stands, counted from the first byte of its direction. */
struct segment {
	enum direction direction;
	unsigned flags;
	uint32_t seq; /* SYN: 0, as Wireshark counts */
	size_t kept;
	size_t len;
	int64_t ts;
	bool noted;
};

struct segments {
	struct stream *stream;
	uint32_t first[2]; /* initial sequence numbers */
	uint32_t ends[2];
	struct segment all[400];
	size_t count;
};

static void collect(void *context, const struct packet *packet, enum direction direction,
		    int64_t ts, struct span note)
{
	struct segments *s = context;

	assert_true(s->count < 400);
	assert_true(packet->len <= 65495);
	if (packet->flags & TCP_SYN)
		s->first[direction] = packet->seq;
	/* Everything that came before from the other side is acknowledged, lost or not. */
	if (packet->flags & TCP_ACK)
		assert_true(packet->ack - s->ends[!direction] < 1u << 31);
	s->all[s->count++] = (struct segment){
		direction,	     packet->flags, packet->seq - s->first[direction],
		packet->payload.len, packet->len,   ts,
		note.len > 0};
	s->ends[direction] = packet->seq + (uint32_t)packet->len +
			     !!(packet->flags & (TCP_SYN | TCP_FIN));
}

static void begin(struct segments *s)
{
	struct stream_options options = {
		.place = {tape_build_address("10.0.0.1:40000"), tape_build_address("10.0.0.2:80"),
			  true},
		.id = 7,
		.packet = collect,
		.context = s,
	};

	*s = (struct segments){0};
	s->stream = stream_new(&options, 10);
	assert_non_null(s->stream);
	assert_int_equal(s->count, 3);
	assert_int_equal(s->all[0].flags, TCP_SYN);
	assert_int_equal(s->all[1].flags, TCP_SYN | TCP_ACK);
	assert_int_equal(s->all[2].flags, TCP_ACK);
	s->count = 0;
}

static void data(struct segments *s, enum direction direction, uint64_t offset, size_t kept,
		 uint64_t len, int64_t ts)
{
	static const char bytes[200000];
	struct event_data event = {
		.offset = offset,
		.len = len,
		.payload = span_of(bytes, kept),
		.direction = direction,
		.cut = kept < len ? CUT_SNAPLEN : CUT_NONE,
	};

	stream_data(s->stream, &event, ts);
}

static void check(const struct segments *s, size_t i, uint32_t seq, size_t kept, size_t len)
{
	assert_true(i < s->count);
	assert_int_equal(s->all[i].seq, seq);
	assert_int_equal(s->all[i].kept, kept);
	assert_int_equal(s->all[i].len, len);
}

static void test_segments(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 0, 65495 * 2 + 10, 65495 * 2 + 10, 20);
	data(&s, RECEIVED, 0, 5, 5, 15);
	assert_int_equal(s.count, 4);
	check(&s, 0, 1, 65495, 65495);
	check(&s, 1, 1 + 65495, 65495, 65495);
	check(&s, 2, 1 + 65495 * 2, 10, 10);
	check(&s, 3, 1, 5, 5);
	assert_int_equal(s.all[1].flags, TCP_ACK);
	assert_int_equal(s.all[2].flags, TCP_ACK | TCP_PSH);
	/* Times don't go back. */
	assert_int_equal(s.all[3].ts, 20);
	stream_free(s.stream);
}

/* Where the kept bytes end, and how much was not kept. */
static void test_cut_call(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 0, 70000, 140000, 20);
	data(&s, SENT, 140000, 1, 1, 21);
	assert_int_equal(s.count, 4);
	check(&s, 0, 1, 65495, 65495);
	check(&s, 1, 65496, 70000 - 65495, 65495);
	check(&s, 2, 1 + 65495 * 2, 0, 140000 - 65495 * 2);
	check(&s, 3, 140001, 1, 1);
	stream_free(s.stream);
}

/* Nothing at all was kept: its lengths are shown, for a while; then it is a gap. */
static void test_call_without_bytes(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 0, 0, 100, 20);
	check(&s, 0, 1, 0, 100);
	data(&s, SENT, 100, 0, 100u << 20, 21);
	assert_true(s.count < 300);
	data(&s, SENT, 100 + (100u << 20), 1, 1, 22);
	check(&s, s.count - 1, 101 + (100u << 20), 1, 1);
	assert_false(s.all[s.count - 1].noted);
	stream_free(s.stream);
}

static void test_gap(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 0, 10, 10, 20);
	data(&s, SENT, 50, 10, 10, 30);
	assert_int_equal(s.count, 1); /* held back: the rest may come */
	data(&s, RECEIVED, 0, 10, 10, 30 + 1000000000);
	check(&s, 1, 51, 10, 10);
	assert_int_equal(s.all[1].direction, SENT);
	check(&s, 2, 1, 10, 10);
	stream_free(s.stream);
}

/* No step may be so large that it leads backward. */
static void test_gap_beyond_sequence_numbers(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 5ull << 32, 10, 10, 20);
	stream_finish(s.stream, &(struct stream_end){.ts = 30});
	assert_int_equal(s.count, 2); /* the first acknowledges the gap */
	assert_true(s.all[1].seq > 1u << 29 && s.all[1].seq < 1u << 31);
	assert_true(s.all[1].noted);
	stream_free(s.stream);
}

static void test_start(void **state)
{
	struct segments s = {0};
	struct stream_options options = {
		.place = {tape_build_address("10.0.0.1:40000"), tape_build_address("10.0.0.2:80"),
			  false},
		.start = {1000, 5000},
		.packet = collect,
		.context = &s,
	};

	(void)state;
	s.stream = stream_new(&options, 10);
	assert_non_null(s.stream);
	/* The recorded process is the server: the client's SYN is received. */
	assert_int_equal(s.all[0].direction, RECEIVED);
	data(&s, SENT, 1000, 1, 1, 20);
	data(&s, RECEIVED, 5000, 1, 1, 20);
	check(&s, 3, 1, 1, 1);
	check(&s, 4, 1, 1, 1);
	stream_free(s.stream);
}

static void test_end(void **state)
{
	for (int remote_first = 0; remote_first < 2; remote_first++) {
		struct segments s;
		enum direction first = remote_first ? RECEIVED : SENT;

		(void)state;
		begin(&s);
		stream_finish(s.stream, &(struct stream_end){.closed = true,
							     .remote_first = remote_first,
							     .final = {100, 0},
							     .ts = 30});
		assert_int_equal(s.count, 3);
		assert_int_equal(s.all[0].flags, TCP_FIN | TCP_ACK);
		assert_int_equal(s.all[0].direction, first);
		assert_int_equal(s.all[1].flags, TCP_FIN | TCP_ACK);
		assert_int_equal(s.all[2].flags, TCP_ACK);
		/* 100 bytes were sent that nobody saw. */
		assert_int_equal(s.all[remote_first].seq, 101);
		stream_free(s.stream);
	}
}

/* More than 2^31 bytes in one direction: some must be acknowledged. */
static void test_flood(void **state)
{
	struct segments s;
	uint32_t acknowledged = 0, sent = 0;

	(void)state;
	begin(&s);
	for (uint64_t at = 0; at < 3ull << 30; at += 16 << 20) {
		data(&s, SENT, at, 0, 16 << 20, 20);
		for (size_t i = 0; i < s.count; i++) {
			if (s.all[i].direction == RECEIVED)
				acknowledged = sent;
			else
				sent = s.all[i].seq + (uint32_t)s.all[i].len;
			assert_true(sent - acknowledged < 1u << 30);
		}
		s.count = 0;
	}
	assert_true(acknowledged > 0);
	stream_free(s.stream);
}

static void begin_with(struct segments *s, struct stream_options options)
{
	*s = (struct segments){0};
	options.place = (struct place){tape_build_address("10.0.0.1:40000"),
				       tape_build_address("10.0.0.2:80"), true};
	options.packet = collect;
	options.context = s;
	s->stream = stream_new(&options, 10);
	assert_non_null(s->stream);
	s->count = 0;
}

/* However much is missing, showing it costs no more than all may spend together. */
static void test_cost_of_cut(void **state)
{
	uint64_t left = 4;
	struct segments s;

	(void)state;
	begin_with(&s, (struct stream_options){.cut_segments = &left});
	data(&s, SENT, 0, 1, 1 + 3 * 65495, 20); /* an event adds one: five, of which three go */
	assert_int_equal(left, 2);
	assert_int_equal(s.count, 4);
	data(&s, SENT, 1 + 3 * 65495, 0, 16u << 20, 21);
	assert_int_equal(left, 0);
	assert_int_equal(s.count, 4 + 3);
	check(&s, 6, 2 + 3 * 65495 + 2 * 65495, 0, 65495);
	/* What came after stands where it should. */
	data(&s, SENT, 1 + 3 * 65495 + (16u << 20), 5, 5, 22);
	check(&s, 7, 2 + 3 * 65495 + (16u << 20), 5, 5);
	stream_free(s.stream);
}

/* Segments end where they are told to, by either end's recording. */
static void test_borders(void **state)
{
	uint64_t own[] = {10, 300, 70000}, other[] = {20, 100};
	const struct borders all[] = {{.all = own, .count = 3}, {.all = other, .count = 2}};
	struct segments s;

	(void)state;
	begin_with(&s, (struct stream_options){.borders = {[SENT] = {&all[0], &all[1]}}});
	data(&s, SENT, 0, 30, 30, 20);
	assert_int_equal(s.count, 3);
	check(&s, 0, 1, 10, 10);
	check(&s, 1, 11, 10, 10);
	check(&s, 2, 21, 10, 10);
	data(&s, RECEIVED, 0, 30, 30, 20);
	assert_int_equal(s.count, 4);
	data(&s, SENT, 30, 100000 - 30, 100000 - 30, 21);
	assert_int_equal(s.count, 9);
	check(&s, 4, 31, 70, 70);
	check(&s, 5, 101, 200, 200);
	check(&s, 6, 301, 65495, 65495);
	check(&s, 7, 301 + 65495, 70000 - 300 - 65495, 70000 - 300 - 65495);
	check(&s, 8, 70001, 30000, 30000);
	stream_free(s.stream);
}

/* What is held back goes out when its time is over, though nothing more comes. */
static void test_expiry(void **state)
{
	struct segments s;

	(void)state;
	begin(&s);
	data(&s, SENT, 10, 10, 10, 20);
	assert_true(stream_waits(s.stream));
	stream_expire(s.stream, 20 + REASSEMBLY_HOLD_NS);
	assert_int_equal(s.count, 0);
	stream_expire(s.stream, 20 + REASSEMBLY_HOLD_NS + 1);
	assert_int_equal(s.count, 1);
	check(&s, 0, 11, 10, 10);
	assert_false(stream_waits(s.stream));
	stream_free(s.stream);
}

/* Every fiftieth message ends a segment, but only where they lie in one event. */
static void test_where_borders_are(void **state)
{
	struct borders one = {0}, each = {0}, far = {0};

	(void)state;
	borders_event(&one, 1000);
	for (uint64_t i = 1; i <= 120; i++)
		assert_true(borders_message(&one, 1000 + 10 * i));
	assert_int_equal(one.count, 2);
	assert_int_equal(one.all[0], 1500);
	assert_int_equal(one.all[1], 2000);
	for (uint64_t i = 0; i < 1000; i++) {
		borders_event(&each, 10 * i);
		assert_true(borders_message(&each, 10 * i + 10));
	}
	assert_int_equal(each.count, 0);
	/* Large messages fill segments by themselves. */
	borders_event(&far, 0);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_true(borders_message(&far, 2000 * i));
	assert_int_equal(far.count, 0);
	/* The end of what was told before is none. */
	assert_true(borders_message(&one, 2000));
	assert_int_equal(one.count, 2);
	borders_free(&one);
	borders_free(&each);
	borders_free(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_cut_call),
		cmocka_unit_test(test_call_without_bytes),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_gap_beyond_sequence_numbers),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_cost_of_cut),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_where_borders_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
