/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/codec.h"
#include "format/tape.h"
#include "tests/unit/sample_events.h"

static struct event data_event(uint64_t conn, uint64_t offset, const char *payload)
{
	return (struct event){.type = EVENT_DATA,
			      .ts = 5000,
			      .data = {.conn = conn,
				       .offset = offset,
				       .len = strlen(payload),
				       .payload = span_text(payload)}};
}

static void add(struct encoder *e, struct event event)
{
	assert_int_equal(encoder_event(e, &event), TAPE_OK);
}

static void begin(struct decoder *d, const struct encoder *e)
{
	decoder_begin(d, buffer_span(&e->raw), e->stats.ts_base);
}

/* Appends bytes as they are, as a newer writer would. */
static void add_raw(struct encoder *e, uint8_t type, uint8_t head, uint16_t flags, const void *body,
		    size_t len)
{
	struct tape_event header = {
		.ts_delta = (int32_t)htole32(7),
		.len = htole32((uint32_t)(sizeof(header) + len)),
		.type = type,
		.head = head,
		.flags = htole16(flags),
	};

	buffer_append(&e->raw, &header, sizeof(header));
	buffer_append(&e->raw, body, len);
	while (e->raw.len % 8)
		buffer_append_char(&e->raw, '\0');
}

static void every_type_comes_back(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (uint64_t i = 1; i <= 500; i++)
		add(&e, sample_event(i));
	assert_int_equal(e.raw.len % 8, 0);
	assert_int_equal(e.stats.event_count, 500);
	begin(&d, &e);
	for (uint64_t i = 1; i <= 500; i++) {
		struct event sample = sample_event(i);

		assert_true(decoder_next(&d, &event));
		if (!sample_equal(&event, &sample))
			fail_msg("event %d came back changed", (int)i);
	}
	assert_false(decoder_next(&d, &event));
	assert_int_equal(d.error, TAPE_OK);
	encoder_free(&e);
	decoder_free(&d);
}

static void times_jump_both_ways(void **state)
{
	static const int64_t times[] = {5000,
					4000,
					4000 + (INT64_C(1) << 40),
					0,
					EVENT_TIME_MAX,
					EVENT_TIME_MAX - INT32_MAX,
					1,
					-5,
					INT64_MAX};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		event = data_event(1, 0, "x");
		event.ts = times[i];
		add(&e, event);
	}
	assert_int_equal(e.stats.ts_min, 0);
	assert_int_equal(e.stats.ts_max, EVENT_TIME_MAX);
	begin(&d, &e);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_true(decoder_next(&d, &event));
		assert_int_equal(event.ts, codec_clamp_time(times[i]));
	}
	encoder_free(&e);
	decoder_free(&d);
}

/* A continuing event is header and payload alone; every other one says where it stands. */
static void positions_are_written_where_needed(void **state)
{
	static const struct {
		uint64_t conn;
		uint64_t offset;
		size_t growth; /* of the block */
	} steps[] = {
		{1, 100, 40 + 24 + 8}, /* FLOW, and where the flow begins */
		{1, 105, 16 + 8},      /* continues */
		{1, 110, 16 + 8},      /* continues */
		{1, 200, 24 + 8},      /* a hole */
		{2, 0, 40 + 24 + 8},   /* another flow */
		{1, 205, 16 + 8},      /* continues after the other */
		{1, 205, 24 + 8},      /* again the same bytes */
	};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t before = e.raw.len;

		add(&e, data_event(steps[i].conn, steps[i].offset, "12345"));
		assert_int_equal(e.raw.len - before, steps[i].growth);
	}
	begin(&d, &e);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_true(decoder_next(&d, &event));
		assert_int_equal(event.data.conn, steps[i].conn);
		assert_int_equal(event.data.offset, steps[i].offset);
	}
	encoder_reset(&e);
	add(&e, data_event(1, 210, "x"));
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.offset, 210);
	encoder_free(&e);
	decoder_free(&d);
}

/* The part of a call that was not kept still moves the position. */
static void a_cut_call_moves_the_position_by_its_whole_length(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event = data_event(1, 0, "12345");

	(void)state;
	event.data.len = 1000;
	event.data.cut = CUT_SNAPLEN;
	add(&e, event);
	size_t before = e.raw.len;
	add(&e, data_event(1, 1000, "x"));
	assert_int_equal(e.raw.len - before, 24);
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.len, 1000);
	assert_int_equal(event.data.cut, CUT_SNAPLEN);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.offset, 1000);
	encoder_free(&e);
	decoder_free(&d);
}

static void thousands_of_flows_are_told_apart(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (uint64_t round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 5000; i++) {
			event = data_event(1 + i / 8, round + i, "x");
			event.data.direction = i % 2;
			event.data.layer = i / 2 % 2;
			event.data.call = i / 4 % 2 ? CALL_READ : CALL_WRITE;
			add(&e, event);
		}
	assert_int_equal(e.flow_count, 5000);
	begin(&d, &e);
	for (uint64_t round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 5000; i++) {
			assert_true(decoder_next(&d, &event));
			assert_int_equal(event.data.conn, 1 + i / 8);
			assert_int_equal(event.data.offset, round + i);
			assert_int_equal(event.data.direction, i % 2);
			assert_int_equal(event.data.layer, i / 2 % 2);
			assert_int_equal(event.data.call, i / 4 % 2 ? CALL_READ : CALL_WRITE);
		}
	encoder_free(&e);
	decoder_free(&d);
}

static void newer_events_flags_and_fields_are_skipped(void **state)
{
	struct {
		uint64_t conn, sent, received, added;
	} close = {htole64(9), htole64(1), htole64(2), htole64(3)};
	struct {
		uint64_t position, added;
		char payload[8];
	} data = {htole64(77), htole64(3), "payload"};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	add(&e, data_event(4, 0, "first"));
	add_raw(&e, 200, 2, 0, "something", 9);
	add_raw(&e, 0, 2, 0xffff, "", 0);
	add_raw(&e, TAPE_CLOSE, 6, 0xfffe, &close, sizeof(close));
	add_raw(&e, TAPE_DATA, 4, TAPE_DATA_POSITION | 0xf0f0, &data, sizeof(data));
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.type, EVENT_CLOSE);
	assert_int_equal(event.ts, 5000 + 3 * 7); /* time goes on in what is skipped */
	assert_int_equal(event.close.received, 2);
	assert_false(event.snapshot);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.offset, 77);
	assert_true(span_equal(event.data.payload, span_of("payload", 8)));
	assert_false(decoder_next(&d, &event));
	assert_int_equal(d.error, TAPE_OK);
	encoder_free(&e);
	decoder_free(&d);
}

/* The first version's events end earlier: what they don't have is zero, and strings still fit. */
static void older_events_come_back_without_the_newer_fields(void **state)
{
	static const struct {
		uint64_t sample;
		uint8_t head; /* of the first version, in units of 8 */
	} older[] = {{1, 40 / 8}, {4, 128 / 8}, {8, 56 / 8}};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(older) / sizeof(older[0]); i++) {
		struct event sample = sample_event(older[i].sample);
		struct tape_event header;
		size_t head = older[i].head * (size_t)8;
		size_t newer;

		encoder_reset(&e);
		add(&e, sample);
		memcpy(&header, e.raw.data, sizeof(header));
		newer = header.head * (size_t)8 - head;
		header.head = older[i].head;
		header.len = htole32(le32toh(header.len) - (uint32_t)newer);
		memcpy(e.raw.data, &header, sizeof(header));
		memmove(e.raw.data + head, e.raw.data + head + newer, e.raw.len - head - newer);
		e.raw.len -= newer;
		begin(&d, &e);
		assert_true(decoder_next(&d, &event));
		if (sample.type == EVENT_HOST) {
			sample.host.blind = 0;
		} else if (sample.type == EVENT_CONN) {
			sample.conn.state = CONN_UNKNOWN;
			sample.conn.state_by = END_UNKNOWN;
			sample.conn.error = 0;
			sample.conn.state_ts = sample.conn.established_ts = 0;
		} else {
			sample.loss.position = 0;
		}
		assert_true(sample_equal(&event, &sample));
		assert_false(decoder_next(&d, &event));
		assert_int_equal(d.error, TAPE_OK);
	}
	encoder_free(&e);
	decoder_free(&d);
}

static void numbers_of_newer_tables_are_unknown(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event = sample_event(4);

	(void)state;
	event.conn.transport = 200;
	event.conn.role = 200;
	event.conn.origin = 200;
	event.conn.local.family = 99;
	add(&e, event);
	event = data_event(1, 0, "x");
	event.data.call = 250;
	event.data.cut = 15;
	add(&e, event);
	event = sample_event(8);
	event.loss.cause = 99;
	event.loss.layer = 7;
	add(&e, event);
	event = sample_event(9);
	event.state.state = 200;
	event.state.by = 200;
	event.state.error = 60000;
	add(&e, event);
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.conn.transport, TRANSPORT_UNKNOWN);
	assert_int_equal(event.conn.role, ROLE_UNKNOWN);
	assert_int_equal(event.conn.origin, ORIGIN_UNKNOWN);
	assert_int_equal(event.conn.local.family, ADDRESS_NONE);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.call, CALL_UNKNOWN);
	assert_int_equal(event.data.cut, CUT_NONE);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.loss.events, 24);
	assert_int_equal(event.loss.conn, 0);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.state.state, CONN_UNKNOWN);
	assert_int_equal(event.state.by, END_UNKNOWN);
	assert_int_equal(event.state.error, 60000); /* kept: only its name is unknown */
	assert_string_equal(conn_error_text(event.state.error), "unknown");
	assert_string_equal(conn_error_text(CONN_ERROR_CONNREFUSED), "ECONNREFUSED");
	assert_string_equal(conn_error_text(2), "unknown"); /* between two that are known */
	encoder_free(&e);
	decoder_free(&d);
}

static void data_of_an_unknown_layer_is_not_delivered(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	add(&e, data_event(1, 0, "x"));
	add(&e, data_event(2, 0, "y"));
	((struct tape_flow *)e.raw.data)->layer = 2;
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.data.conn, 2);
	assert_false(decoder_next(&d, &event));
	assert_int_equal(d.error, TAPE_OK);
	encoder_free(&e);
	decoder_free(&d);
}

static void what_breaks_a_rule_is_refused_and_leaves_no_trace(void **state)
{
	struct encoder e = {0};
	struct event bad[14];

	(void)state;
	add(&e, data_event(1, 0, "x"));
	for (int i = 0; i < 7; i++)
		bad[i] = data_event(1, 1, "yy");
	bad[0].data.conn = 0;
	bad[1].data.len = 1;
	bad[2].data.offset = INT64_MAX;
	bad[3].data.direction = 2;
	bad[4].data.layer = 2;
	bad[5].data.len = UINT64_MAX;
	bad[6].data.len = bad[6].data.payload.len = CODEC_PAYLOAD_MAX + 1;
	bad[7] = (struct event){.type = EVENT_CONN};
	bad[8] = (struct event){.type = EVENT_CLOSE};
	bad[9] = (struct event){.type = 7};
	bad[10] = (struct event){.type = EVENT_STATE};
	bad[11] = (struct event){.type = EVENT_LOSS, .loss = {.placed = true, .bytes = 1}};
	bad[12] = (struct event){
		.type = EVENT_LOSS,
		.loss = {.conn = 1, .placed = true, .bytes = 1, .position = INT64_MAX}};
	bad[13] = (struct event){.type = 31};
	for (int i = 0; i < 14; i++) {
		struct encoder before = e;

		assert_int_equal(encoder_event(&e, &bad[i]), TAPE_ERROR_LIMIT);
		assert_memory_equal(&before, &e, sizeof(e));
	}
	encoder_free(&e);
}

static void long_strings_are_cut(void **state)
{
	char *text = calloc(1, 70000);
	struct event event = {.type = EVENT_HOST, .host.options = span_of(text, 70000)};
	struct encoder e = {0};
	struct decoder d = {0};

	(void)state;
	add(&e, event);
	begin(&d, &e);
	assert_true(decoder_next(&d, &event));
	assert_int_equal(event.host.options.len, EVENT_STRING_MAX);
	encoder_free(&e);
	decoder_free(&d);
	free(text);
}

/* Every prefix, and every byte of the headers set to all values: no crash, no read outside. */
static void malformed_events_end_the_block(void **state)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		add(&e, sample_event(i));
	for (size_t len = 0; len <= e.raw.len; len++) {
		char *copy = malloc(len ? len : 1);

		memcpy(copy, e.raw.data, len);
		decoder_begin(&d, span_of(copy, len), 0);
		while (decoder_next(&d, &event))
			;
		free(copy);
	}
	for (size_t at = 0; at < e.raw.len; at++) {
		char saved = e.raw.data[at];

		for (int value = 0; value < 256; value += 5) {
			e.raw.data[at] = (char)value;
			begin(&d, &e);
			while (decoder_next(&d, &event))
				;
		}
		e.raw.data[at] = saved;
	}
	encoder_free(&e);
	decoder_free(&d);
}

static void each_malformed_event_is_recognised(void **state)
{
	static const struct {
		uint8_t type, head;
		uint16_t flags;
		size_t len;
	} bad[] = {
		{TAPE_CLOSE, 5, 0, 16},		       /* shorter than its fixed part */
		{TAPE_CLOSE, 1, 0, 24},		       /* fixed part without the header */
		{TAPE_CLOSE, 4, 0, 16},		       /* smaller than in version 1 */
		{TAPE_CLOSE, 5, 0, 24},		       /* connection 0 */
		{TAPE_DATA, 2, 0, 3},		       /* no position */
		{TAPE_DATA, 2, TAPE_DATA_POSITION, 8}, /* no room for it in the fixed part */
		{TAPE_DATA, 2, TAPE_DATA_LENGTH, 8},
		{TAPE_DATA, 3, TAPE_DATA_PEER, 24},
		{TAPE_DATA, 3, TAPE_DATA_POSITION | TAPE_DATA_BEGIN, 8},
		{TAPE_STATE, 3, 0, 8},	/* smaller than in version 1 */
		{TAPE_STATE, 4, 0, 16}, /* connection 0 */
		{TAPE_TOTALS, 9, 0, 56},
	};
	static const char zeros[64];
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tape_flow flow = {.conn = htole64(1)};

		encoder_reset(&e);
		add_raw(&e, TAPE_FLOW, 5, 0, (char *)&flow + 16, sizeof(flow) - 16);
		add_raw(&e, bad[i].type, bad[i].head, bad[i].flags, zeros, bad[i].len);
		begin(&d, &e);
		assert_false(decoder_next(&d, &event));
		assert_int_equal(d.error, TAPE_ERROR_DAMAGED);
	}
	encoder_free(&e);
	decoder_free(&d);
}

/* An event that says it is longer than what is left of its block. */
static void an_event_does_not_reach_beyond_its_block(void **state)
{
	struct event close = {.type = EVENT_CLOSE, .ts = 5, .close = {.conn = 1, .sent = 2}};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	add(&e, close);
	for (size_t len = 16; len <= e.raw.len; len += 8) {
		bool whole = len == e.raw.len;

		decoder_begin(&d, span_of(e.raw.data, len), 0);
		assert_int_equal(decoder_next(&d, &event), whole);
		assert_int_equal(d.error, whole ? TAPE_OK : TAPE_ERROR_DAMAGED);
	}
	encoder_free(&e);
	decoder_free(&d);
}

/* Strings that are said to be a byte longer than what the event has. */
static void strings_do_not_reach_beyond_their_event(void **state)
{
	struct {
		struct tape_host host;
		char strings[12];
	} told = {.host = {.hostname_len = htole16(5), .options_len = htole16(7)}};
	const size_t rest = offsetof(struct tape_host, cpus);
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	(void)state;
	memcpy(told.strings, "web-1-e nginx", sizeof(told.strings));
	for (uint16_t len = 6; len <= 8; len++) {
		told.host.options_len = htole16(len);
		encoder_reset(&e);
		add_raw(&e, TAPE_HOST, sizeof(struct tape_host) / 8, 0, &told.host.cpus,
			sizeof(struct tape_host) - rest + sizeof(told.strings));
		begin(&d, &e);
		assert_int_equal(decoder_next(&d, &event), len <= 7);
		assert_int_equal(d.error, len <= 7 ? TAPE_OK : TAPE_ERROR_DAMAGED);
	}
	encoder_free(&e);
	decoder_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_back),
		cmocka_unit_test(times_jump_both_ways),
		cmocka_unit_test(positions_are_written_where_needed),
		cmocka_unit_test(a_cut_call_moves_the_position_by_its_whole_length),
		cmocka_unit_test(thousands_of_flows_are_told_apart),
		cmocka_unit_test(newer_events_flags_and_fields_are_skipped),
		cmocka_unit_test(older_events_come_back_without_the_newer_fields),
		cmocka_unit_test(numbers_of_newer_tables_are_unknown),
		cmocka_unit_test(data_of_an_unknown_layer_is_not_delivered),
		cmocka_unit_test(what_breaks_a_rule_is_refused_and_leaves_no_trace),
		cmocka_unit_test(long_strings_are_cut),
		cmocka_unit_test(malformed_events_end_the_block),
		cmocka_unit_test(each_malformed_event_is_recognised),
		cmocka_unit_test(an_event_does_not_reach_beyond_its_block),
		cmocka_unit_test(strings_do_not_reach_beyond_their_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
