/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyze/pcapng/stream.h"
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
