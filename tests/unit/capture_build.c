/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/capture_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- headers ---- */

void build_u16(struct buffer *b, uint16_t value)
{
	buffer_append_char(b, (char)(value >> 8));
	buffer_append_char(b, (char)value);
}

void build_u32(struct buffer *b, uint32_t value)
{
	build_u16(b, (uint16_t)(value >> 16));
	build_u16(b, (uint16_t)value);
}

void build_le32(struct buffer *b, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		buffer_append_char(b, (char)(value >> 8 * i));
}

void build_ipv4(struct buffer *b, const struct build_ipv4 *header, struct span payload)
{
	buffer_append(b, "\x45\x00", 2);
	build_u16(b, (uint16_t)(20 + payload.len));
	build_u16(b, header->id);
	build_u16(b, header->fragment);
	buffer_append_char(b, 64);
	buffer_append_char(b, (char)header->protocol);
	build_u16(b, 0xbad); /* the checksum: nobody looks */
	buffer_append(b, "\x0a\x00\x00", 3);
	buffer_append_char(b, (char)header->from);
	buffer_append(b, "\x0a\x00\x00", 3);
	buffer_append_char(b, (char)header->to);
	buffer_append_span(b, payload);
}

static void append_ipv6_address(struct buffer *b, uint8_t last)
{
	static const char zeros[13];

	buffer_append(b, "\xfd\x00", 2);
	buffer_append(b, zeros, sizeof(zeros));
	buffer_append_char(b, (char)last);
}

void build_ipv6(struct buffer *b, uint8_t from, uint8_t to, uint8_t next, struct span payload)
{
	build_u32(b, 0x60000000);
	build_u16(b, (uint16_t)payload.len);
	buffer_append_char(b, (char)next);
	buffer_append_char(b, 64);
	append_ipv6_address(b, from);
	append_ipv6_address(b, to);
	buffer_append_span(b, payload);
}

void build_udp(struct buffer *b, uint16_t from, uint16_t to, struct span payload)
{
	build_u16(b, from);
	build_u16(b, to);
	build_u16(b, (uint16_t)(8 + payload.len));
	build_u16(b, 0xbad);
	buffer_append_span(b, payload);
}

void build_tcp(struct buffer *b, const struct build_tcp *header, struct span payload)
{
	build_u16(b, header->from);
	build_u16(b, header->to);
	build_u32(b, header->seq);
	build_u32(b, header->ack);
	buffer_append_char(b, 5 << 4);
	buffer_append_char(b, (char)header->flags);
	build_u16(b, 0xffff);
	build_u16(b, 0xbad);
	build_u16(b, 0);
	buffer_append_span(b, payload);
}

/* ---- pcap ---- */

void build_pcap(struct buffer *file, uint32_t link_type)
{
	static const char rest[] = "\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0";

	build_le32(file, 0xa1b23c4d);
	buffer_append(file, rest, sizeof(rest) - 1);
	build_le32(file, link_type);
}

void build_cut_packet(struct buffer *file, int64_t ts, struct span packet, size_t captured)
{
	build_le32(file, (uint32_t)(ts / SECOND));
	build_le32(file, (uint32_t)(ts % SECOND));
	build_le32(file, (uint32_t)captured);
	build_le32(file, (uint32_t)packet.len);
	buffer_append(file, packet.data, captured);
}

void build_packet(struct buffer *file, int64_t ts, struct span packet)
{
	build_cut_packet(file, ts, packet, packet.len);
}

/* ---- a conversation ---- */

void build_segment(struct buffer *file, const struct build_segment *segment)
{
	bool client = segment->from == CLIENT;
	const struct build_tcp tcp = {
		.from = client ? 40000 : 80,
		.to = client ? 80 : 40000,
		.seq = segment->seq,
		.ack = segment->ack,
		.flags = segment->flags,
	};
	const struct build_ipv4 ip = {.from = client ? 1 : 2, .to = client ? 2 : 1, .protocol = 6};
	struct buffer inner = {0};
	struct buffer packet = {0};

	build_tcp(&inner, &tcp, span_text(segment->payload));
	build_ipv4(&packet, &ip, buffer_span(&inner));
	build_cut_packet(file, START + segment->ts, buffer_span(&packet),
			 packet.len - segment->cut);
	buffer_free(&inner);
	buffer_free(&packet);
}

void build_handshake(struct buffer *file, uint32_t client, uint32_t server)
{
	const struct build_segment segments[] = {
		{CLIENT, 0, client, 0, SYN, NULL, 0},
		{SERVER, MS, server, client + 1, SYN | ACK, NULL, 0},
		{CLIENT, 2 * MS, client + 1, server + 1, ACK, NULL, 0},
	};

	for (size_t i = 0; i < 3; i++)
		build_segment(file, &segments[i]);
}

/* ---- what came out ---- */

static void take_state(struct seen *seen, const struct event_state *state)
{
	size_t len = strlen(seen->states);

	snprintf(seen->states + len, sizeof(seen->states) - len, "%s%s%s%s%s%s", len ? "; " : "",
		 conn_state_text(state->state), state->by == END_UNKNOWN ? "" : " by ",
		 state->by == END_UNKNOWN ? "" : conn_end_text(state->by), state->error ? ", " : "",
		 conn_error_text(state->error));
}

static enum tape_error take_event(void *context, const struct event *event)
{
	struct seen *seen = context;
	struct seen_event *to;
	struct span text = {0};

	if (event->type == EVENT_CLOCK) {
		assert_int_equal(seen->count, 0);
		assert_int_equal(event->clock.realtime, event->ts);
		return TAPE_OK;
	}
	if (event->type == EVENT_HOST) {
		assert_true(span_is(event->host.options, "test.pcap"));
		return TAPE_OK;
	}
	if (event->type == EVENT_STATE) {
		take_state(seen, &event->state);
		return TAPE_OK;
	}
	if (seen->count++ >= SEEN_MAX)
		return TAPE_OK;
	to = &seen->events[seen->count - 1];
	to->event = *event;
	if (event->type == EVENT_DATA)
		text = event->data.payload;
	else if (event->type == EVENT_SECRET)
		text = event->secret.line;
	if (text.len >= sizeof(to->payload))
		text.len = sizeof(to->payload) - 1;
	if (text.len)
		memcpy(to->payload, text.data, text.len);
	to->payload[text.len] = '\0';
	return TAPE_OK;
}

struct seen *seen_read(struct buffer *file)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	const struct capture_sink sink = {.event = take_event, .context = seen};

	assert_non_null(seen);
	assert_false(file->failed);
	seen->error = capture_read_memory(file->data, file->len, "test.pcap", &sink, &seen->totals);
	buffer_free(file);
	return seen;
}

void seen_free(struct seen *seen)
{
	free(seen);
}

static void append_event(struct buffer *text, const struct seen_event *seen)
{
	const struct event *event = &seen->event;

	switch (event->type) {
	case EVENT_DATA:
		buffer_printf(text, "%c %d %s", event->data.direction == DIRECTION_SENT ? '>' : '<',
			      (int)event->data.offset, seen->payload);
		if (event->data.len > event->data.payload.len) {
			assert_int_equal(event->data.cut, CUT_SNAPLEN);
			buffer_printf(text, "+%d",
				      (int)(event->data.len - event->data.payload.len));
		}
		break;
	case EVENT_LOSS:
		assert_int_equal(event->loss.cause, LOSS_CAPTURE_GAP);
		buffer_printf(text, "%c lost %d",
			      event->loss.direction == DIRECTION_SENT ? '>' : '<',
			      (int)event->loss.bytes);
		break;
	case EVENT_CLOSE:
		buffer_printf(text, "close %d %d", (int)event->close.sent,
			      (int)event->close.received);
		break;
	default:
		buffer_printf(text, "event %d", (int)event->type);
	}
}

const char *seen_text(const struct seen *seen, struct buffer *text)
{
	for (size_t i = 0; i < seen->count && i < SEEN_MAX; i++) {
		if (seen->events[i].event.type == EVENT_CONN)
			continue;
		if (text->len)
			buffer_append_text(text, "; ");
		append_event(text, &seen->events[i]);
	}
	buffer_append_char(text, '\0');
	return text->data;
}

const struct event_conn *seen_conn(const struct seen *seen, size_t n)
{
	for (size_t i = 0; i < seen->count && i < SEEN_MAX; i++) {
		const struct event *event = &seen->events[i].event;

		if (event->type == EVENT_CONN && n-- == 0)
			return &event->conn;
	}
	return NULL;
}

void expect_text(struct buffer *file, const char *expected)
{
	struct seen *seen = seen_read(file);
	struct buffer text = {0};

	assert_int_equal(seen->error, TAPE_OK);
	assert_string_equal(seen_text(seen, &text), expected);
	buffer_free(&text);
	seen_free(seen);
}
