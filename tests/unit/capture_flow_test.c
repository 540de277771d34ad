/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows: when those of UDP end, and that any number of them takes little memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <malloc.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture_build.h"

#define FLOWS 3000u

static void add_udp(struct buffer *file, int64_t ts, bool back, const char *payload)
{
	const struct build_ipv4 ip = {back ? 2 : 1, back ? 1 : 2, 17, 0, 0};
	struct buffer udp = {0}, packet = {0};

	build_udp(&udp, back ? 53 : 40000, back ? 40000 : 53, span_text(payload));
	build_ipv4(&packet, &ip, buffer_span(&udp));
	build_packet(file, START + ts, buffer_span(&packet));
	buffer_free(&udp);
	buffer_free(&packet);
}

/* Two minutes of silence end it, at the time of what it said last. */
static void silence_ends_a_flow(void **state)
{
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	build_pcap(&file, LINK_RAW);
	add_udp(&file, 0, false, "one");
	add_udp(&file, 120 * SECOND, true, "two");
	add_udp(&file, 241 * SECOND, false, "three");
	expect_text(&file, "> 0 one; < 0 two; close 3 3; > 0 three");
	build_pcap(&file, LINK_RAW);
	add_udp(&file, 0, false, "one");
	add_udp(&file, 121 * SECOND, false, "three");
	seen = seen_read(&file);
	assert_int_equal(seen->totals.udp_flows, 2);
	for (size_t i = 0; i < seen->count; i++)
		if (seen->events[i].event.type == EVENT_CLOSE)
			assert_int_equal(seen->events[i].event.ts, START);
	seen_free(seen);
}

/* What is seen of many flows. */
struct tally {
	uint64_t conns;
	uint64_t closes;
	uint64_t next[2 * FLOWS + 1][2]; /* position by connection and direction */
	bool in_order;
	size_t most; /* bytes that were allocated at any time; zero under a sanitizer */
};

static enum tape_error count(void *context, const struct event *event)
{
	struct tally *tally = context;
	uint64_t *next;

	if (event->type == EVENT_CONN) {
		size_t used = mallinfo2().uordblks;

		tally->conns++;
		tally->most = used > tally->most ? used : tally->most;
	}
	if (event->type == EVENT_CLOSE)
		tally->closes++;
	if (event->type != EVENT_DATA)
		return TAPE_OK;
	assert_in_range(event->data.conn, 1, 2 * FLOWS + 1);
	next = &tally->next[event->data.conn - 1][event->data.direction];
	tally->in_order &= event->data.offset == *next;
	*next += event->data.len;
	return TAPE_OK;
}

static void add_packet(struct buffer *file, unsigned flow, uint8_t protocol, struct span payload)
{
	const struct build_ipv4 ip = {(uint8_t)(flow >> 8), 200, protocol, 0, 0};
	struct buffer packet = {0};

	build_ipv4(&packet, &ip, payload);
	build_packet(file, START, buffer_span(&packet));
	buffer_free(&packet);
}

static void add_round(struct buffer *file, unsigned round)
{
	for (unsigned flow = 0; flow < FLOWS; flow++) {
		const uint16_t port = (uint16_t)(1024 + flow % 256);
		const struct build_tcp header = {port, 80, round ? 998 + round * 3 : 1000, 0,
						 round ? ACK : SYN};
		struct buffer tcp = {0}, udp = {0};

		build_tcp(&tcp, &header, span_text(round ? "abc" : ""));
		build_udp(&udp, port, 9999, span_text("xyz"));
		add_packet(file, flow, 6, buffer_span(&tcp));
		add_packet(file, flow, 17, buffer_span(&udp));
		buffer_free(&tcp);
		buffer_free(&udp);
	}
}

/* More than memory allows: each is still one connection, and goes on where it stood. */
static void put_aside(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	const struct capture_sink sink = {.event = count, .context = tally, .memory = 100000};
	struct capture_totals totals;
	struct buffer file = {0};
	size_t before;

	(void)state;
	assert_non_null(tally);
	tally->in_order = true;
	build_pcap(&file, LINK_RAW);
	for (unsigned round = 0; round < 4; round++)
		add_round(&file, round);
	/* All of UDP's are over by then, wherever they are. */
	add_udp(&file, 1000 * SECOND, false, "late");
	before = mallinfo2().uordblks;
	assert_int_equal(capture_read_memory(file.data, file.len, "x", &sink, &totals), TAPE_OK);
	/* What was put aside is in a file; some of it is in memory while it is written. */
	assert_true(tally->most <= before + 3 * sink.memory);
	assert_int_equal(tally->conns, 2 * FLOWS + 1);
	assert_int_equal(totals.tcp_connections, FLOWS);
	assert_int_equal(totals.udp_flows, FLOWS + 1);
	assert_int_equal(tally->closes, FLOWS);
	assert_int_equal(totals.data_bytes, FLOWS * (3 * 3 + 4 * 3) + 4);
	assert_true(tally->in_order);
	buffer_free(&file);
	free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_ends_a_flow),
		cmocka_unit_test(put_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
