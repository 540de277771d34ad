/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What importing makes of captures with each byte made another, cut everywhere, and of
 * conversations whose segments come as chance has it: tests/unit/capture_sweep.txt holds checksums
 * (CRC-32) of the events and of all that was counted. With SOCKTAPE_UPDATE in the environment it is
 * written anew. A checksum that differs says that something became another, not which is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/unit/capture_build.h"
#include "tests/unit/capture_links.h"
#include "tests/unit/held.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- checksums ---- */

static uint32_t add_bytes(uint32_t sum, const void *bytes, size_t len)
{
	return len ? (uint32_t)crc32_z(sum, bytes, len) : sum;
}

static uint32_t add_number(uint32_t sum, uint64_t number)
{
	return add_bytes(sum, &number, sizeof(number));
}

static uint32_t add_address(uint32_t sum, const struct address *address)
{
	sum = add_number(sum, (uint64_t)address->family << 16 | address->port);
	return add_bytes(sum, address->ip, sizeof(address->ip));
}

static uint32_t add_conn(uint32_t sum, const struct event_conn *conn)
{
	sum = add_number(add_number(sum, conn->conn), (uint64_t)conn->opened_ts);
	sum = add_address(add_address(sum, &conn->local), &conn->remote);
	sum = add_number(sum, (uint64_t)conn->transport << 16 | (uint64_t)conn->role << 8 |
				      (uint64_t)conn->origin);
	sum = add_number(sum, (uint64_t)conn->state << 32 | (uint64_t)conn->state_by << 16 |
				      conn->error);
	sum = add_number(add_number(sum, (uint64_t)conn->state_ts), (uint64_t)conn->established_ts);
	return add_number(add_number(sum, conn->sent), conn->received);
}

static uint32_t add_event(uint32_t sum, const struct event *event)
{
	sum = add_number(add_number(sum, (uint64_t)event->type), (uint64_t)event->ts);
	switch (event->type) {
	case EVENT_CONN:
		return add_conn(sum, &event->conn);
	case EVENT_DATA:
		sum = add_number(add_number(sum, event->data.conn), event->data.offset);
		sum = add_number(sum, event->data.len);
		sum = add_number(sum,
				 (uint64_t)event->data.direction << 8 | (uint64_t)event->data.cut);
		return add_bytes(sum, event->data.payload.data, event->data.payload.len);
	case EVENT_LOSS:
		sum = add_number(add_number(sum, event->loss.conn), event->loss.bytes);
		sum = add_number(add_number(sum, event->loss.position), event->loss.events);
		return add_number(sum, (uint64_t)event->loss.direction << 8 |
					       (uint64_t)event->loss.cause);
	case EVENT_CLOSE:
		sum = add_number(sum, event->close.conn);
		return add_number(add_number(sum, event->close.sent), event->close.received);
	case EVENT_STATE:
		sum = add_number(add_number(sum, event->state.conn), (uint64_t)event->state.state);
		return add_number(sum, (uint64_t)event->state.by << 16 | event->state.error);
	default:
		return sum;
	}
}

static enum tape_error take_event(void *context, const struct event *event)
{
	uint32_t *sum = context;

	*sum = add_event(*sum, event);
	return TAPE_OK;
}

static uint32_t add_totals(uint32_t sum, const struct capture_totals *t)
{
	const uint64_t counted[] = {
		t->packets,   t->tcp_connections, t->udp_flows,	      t->events,      t->data_bytes,
		t->cut_bytes, t->lost_bytes,	  t->duplicate_bytes, t->early_bytes, t->secrets,
		t->link_type, t->damage_offset,	  t->damaged_bytes};

	sum = add_bytes(sum, counted, sizeof(counted));
	sum = add_bytes(sum, t->skipped, sizeof(t->skipped));
	return t->damage ? add_bytes(sum, t->damage, strlen(t->damage)) : sum;
}

/* SUM with all that comes out of a capture. */
static uint32_t add_capture(uint32_t sum, const char *data, size_t len)
{
	const struct capture_sink sink = {.event = take_event, .context = &sum};
	struct capture_totals totals;
	enum tape_error error = capture_read_memory(data, len, "x", &sink, &totals);

	return add_totals(add_number(sum, (uint64_t)error), &totals);
}

/* The bytes of FILE between FROM and TO made others, one at a time. */
static uint32_t add_changes(uint32_t sum, struct buffer *file, size_t from, size_t to)
{
	for (size_t at = from; at < to && at < file->len; at++) {
		char own = file->data[at];
		const char others[] = {(char)(own + 1), (char)(own - 1),    0,
				       '\xff',		(char)(own ^ 0x80), (char)(own ^ 4)};

		for (size_t i = 0; i < sizeof(others); i++) {
			if (others[i] == own)
				continue;
			file->data[at] = others[i];
			sum = add_capture(sum, file->data, file->len);
		}
		file->data[at] = own;
	}
	return sum;
}

/* ---- headers ---- */

static void hold_links(struct buffer *out, const struct link *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer file = build_file(&list[i], 0);
		size_t len = file.len - 40;
		uint32_t sum = add_changes(0, &file, 40, file.len);

		for (size_t cut = 0; cut <= len; cut++) {
			struct buffer shorter = build_file(&list[i], cut);

			sum = add_capture(sum, shorter.data, shorter.len);
			buffer_free(&shorter);
		}
		buffer_printf(out, "%s %08" PRIx32 "\n", list[i].name, sum);
		buffer_free(&file);
	}
}

static void hold_headers(struct buffer *out)
{
	hold_links(out, links, COUNT(links));
	hold_links(out, tunnels, COUNT(tunnels));
}

/* ---- files ---- */

static const char *const files[] = {
	"corpora/redis/zeek-start-with-server/capture.pcapng",
	"corpora/http2/packt-Bidi_Streaming/capture.pcapng",
	"corpora/http2/packt-Server_Streaming/capture.pcapng",
	"corpora/http/pcpp-HttpMalformedResponse/capture.pcapng",
	"corpora/tls/pcap2har-firefox-tls13-facebook-dsb/capture.pcapng",
	"corpora/dns/zeek-dns53/capture.pcap",
	"corpora/proxy/redis-proxy-v1/capture.pcap",
	"corpora/tunnels/own-gtpu-5g-ext/capture.pcap",
	"corpora/tunnels/own-l2tp/capture.pcap",
	"corpora/socks/socks5-http/capture.pcap",
};

/* So much of each is changed, in parts of so much. */
#define CHANGED 896u
#define PART	64u

static void read_file(const char *path, struct buffer *file)
{
	FILE *from = fopen(path, "rb");
	char part[4096];
	size_t n;

	assert_non_null(from);
	while (file->len < 16384 && (n = fread(part, 1, sizeof(part), from)) > 0)
		buffer_append(file, part, n);
	fclose(from);
	assert_false(file->failed);
}

static void hold_files(struct buffer *out)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		struct buffer file = {0};
		uint32_t sum = 0;

		read_file(files[i], &file);
		for (size_t at = 0; at < file.len && at < CHANGED; at += PART)
			buffer_printf(out, "%s %zu %08" PRIx32 "\n", files[i], at,
				      add_changes(0, &file, at, at + PART));
		for (size_t len = 0; len <= file.len; len += len < CHANGED ? 1 : 37)
			sum = add_capture(sum, file.data, len);
		buffer_printf(out, "%s cut %08" PRIx32 "\n", files[i], sum);
		buffer_free(&file);
	}
}

/* ---- by chance ---- */

/* What COUNT files come to that BUILD makes of numbers, in parts of 50. */
static void hold_seeds(struct buffer *out, uint32_t count,
		       void (*build)(struct buffer *file, uint32_t seed))
{
	uint32_t sum = 0;

	for (uint32_t seed = 0; seed < count; seed++) {
		struct buffer file = {0};

		build(&file, seed);
		sum = add_capture(sum, file.data, file.len);
		if (seed % 50 == 49) {
			buffer_printf(out, "to %" PRIu32 " %08" PRIx32 "\n", seed, sum);
			sum = 0;
		}
		buffer_free(&file);
	}
}

/* ---- conversations ---- */

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % below;
}

/* Segments that are repeated, lost, late, overlapping, cut, and answered too early or too late. */
static void build_conversation(struct buffer *file, uint32_t seed)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint32_t state = seed, begins[2] = {draw(&state, 2) ? 0xffffffe0u : 1000, 5000};
	uint32_t at[2] = {1, 1};
	int64_t ts = 3 * MS;

	build_pcap(file, LINK_RAW);
	if (draw(&state, 4))
		build_handshake(file, begins[0], begins[1]);
	for (unsigned i = 0; i < 30; i++) {
		uint32_t side = draw(&state, 2), kind = draw(&state, 16);
		uint32_t len = draw(&state, 20), seq = at[side];
		char payload[64];

		ts += kind == 15 ? 130 * SECOND : (int64_t)draw(&state, 50) * MS;
		if (kind == 0 || kind == 1)
			seq -= draw(&state, seq < 30 ? seq : 30);
		if (kind == 2 || kind == 3)
			seq += draw(&state, 25);
		if (kind == 4)
			at[side] += draw(&state, 40);
		if (kind == 5)
			seq += 3000000;
		snprintf(payload, sizeof(payload), "%.*s", (int)len, text + seq % 40);
		build_segment(file,
			      &(struct build_segment){
				      .from = side ? SERVER : CLIENT,
				      .ts = ts,
				      .seq = begins[side] + seq,
				      .ack = begins[1 - side] + at[1 - side] +
					     (kind == 6 ? 30 : 0) - (kind == 7 ? 1 : 0),
				      .flags = (uint8_t)(ACK | (kind == 8 && i > 20 ? FIN : 0) |
							 (kind == 9 && i > 24 ? RST : 0) |
							 (kind == 10 && i > 26 ? SYN : 0)),
				      .payload = len ? payload : NULL,
				      .cut = kind == 11 ? len / 2 : 0});
		if (seq == at[side] && kind != 12)
			at[side] += len + (kind == 8 && i > 20);
	}
}

static void hold_conversations(struct buffer *out)
{
	hold_seeds(out, 3000, build_conversation);
}

/* ---- fragments ---- */

/* Datagrams in pieces of 8 bytes and more, in any order, some missing, repeated or overlapping. */
static void build_fragments(struct buffer *file, uint32_t seed)
{
	uint32_t state = seed;
	int64_t ts = START;

	build_pcap(file, LINK_RAW);
	for (uint16_t id = 1; id <= 6; id++) {
		struct buffer udp = {0}, packet = {0};
		size_t step = 8 * (1 + draw(&state, 4)), from, pieces;

		build_udp(&udp, (uint16_t)(40000 + id), 53,
			  span_text("a question that is long enough to be cut in many pieces"));
		pieces = (udp.len + step - 1) / step;
		for (size_t i = 0; i < pieces + 2; i++) {
			size_t piece = i < pieces && seed % 3 ? i : draw(&state, (uint32_t)pieces);
			size_t len;

			if (draw(&state, 12) == 0)
				continue;
			from = piece * step;
			len = udp.len - from < step ? udp.len - from : step;
			if (draw(&state, 10) == 0 && from >= 8) {
				from -= 8;
				len += len + 8 <= udp.len - from ? 8 : 0;
			}
			build_ipv4(&packet,
				   &(struct build_ipv4){
					   .from = 1,
					   .to = 2,
					   .protocol = 17,
					   .id = draw(&state, 20) ? id : (uint16_t)(id + 1),
					   .fragment =
						   (uint16_t)(from / 8 |
							      (from + len < udp.len ? 0x2000 : 0))},
				   span_of(udp.data + from, len));
			ts += draw(&state, 30) ? MS : 20 * SECOND + draw(&state, 3) * 10 * SECOND;
			build_packet(file, ts, buffer_span(&packet));
			buffer_clear(&packet);
		}
		buffer_free(&packet);
		buffer_free(&udp);
	}
}

static void hold_fragments(struct buffer *out)
{
	hold_seeds(out, 1000, build_fragments);
}

/* ---- all of them ---- */

static const struct held_section sections[] = {
	{"headers", hold_headers},
	{"files", hold_files},
	{"conversations", hold_conversations},
	{"fragments", hold_fragments},
};

int main(void)
{
	return held_run("capture_sweep", sections, COUNT(sections));
}
