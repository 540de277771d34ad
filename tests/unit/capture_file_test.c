/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture files themselves: variants of pcap and pcapng, compression, and damage of any kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/unit/capture_build.h"

/* A file in the byte order of some machine. */
struct writer_order {
	struct buffer file;
	bool big;
};

static void put32(struct writer_order *w, uint32_t value)
{
	if (w->big)
		build_u32(&w->file, value);
	else
		build_le32(&w->file, value);
}

static void put16(struct writer_order *w, uint16_t value)
{
	buffer_append_char(&w->file, (char)(w->big ? value >> 8 : value));
	buffer_append_char(&w->file, (char)(w->big ? value : value >> 8));
}

/* The packet number N of a flow, for link type raw: payload "packet N". */
static struct buffer numbered_packet(unsigned n)
{
	const struct build_ipv4 ip = {.from = 1, .to = 2, .protocol = 17};
	struct buffer payload = {0};
	struct buffer udp = {0};
	struct buffer packet = {0};

	buffer_printf(&payload, "packet %u", n);
	build_udp(&udp, 40000, 53, buffer_span(&payload));
	build_ipv4(&packet, &ip, buffer_span(&udp));
	buffer_free(&payload);
	buffer_free(&udp);
	return packet;
}

/* ---- pcap ---- */

static void pcap_header(struct writer_order *w, uint32_t magic, uint32_t link_type)
{
	put32(w, magic);
	put16(w, 2);
	put16(w, 4);
	put32(w, 0);
	put32(w, 0);
	put32(w, 65535);
	put32(w, link_type);
}

static void pcap_record(struct writer_order *w, uint32_t fraction, unsigned n, bool modified)
{
	struct buffer packet = numbered_packet(n);

	put32(w, 1700000000);
	put32(w, fraction);
	put32(w, (uint32_t)packet.len);
	put32(w, (uint32_t)packet.len);
	if (modified) {
		put32(w, 3);
		put32(w, 0x08000000);
	}
	buffer_append_span(&w->file, buffer_span(&packet));
	buffer_free(&packet);
}

static void expect_packets(struct buffer *file, const int64_t *times, size_t count)
{
	struct seen *seen = seen_read(file);

	assert_int_equal(seen->error, TAPE_OK);
	assert_int_equal(seen->totals.packets, count);
	for (size_t i = 0; i < count; i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "packet %zu", i);
		assert_string_equal(seen->events[i + 1].payload, expected);
		assert_int_equal(seen->events[i + 1].event.ts, times[i]);
	}
	seen_free(seen);
}

static void pcap_variants(void **state)
{
	static const struct {
		uint32_t magic;
		int64_t unit;
		bool modified;
	} variants[] = {
		{0xa1b2c3d4, 1000, false},
		{0xa1b23c4d, 1, false},
		{0xa1b2cd34, 1000, true},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(variants) / sizeof(variants[0]); i++) {
		struct writer_order w = {.big = i % 2};
		int64_t unit = variants[i / 2].unit;
		int64_t times[] = {START + 123456 * unit, START + 123457 * unit};

		pcap_header(&w, variants[i / 2].magic, LINK_RAW);
		pcap_record(&w, 123456, 0, variants[i / 2].modified);
		pcap_record(&w, 123457, 1, variants[i / 2].modified);
		expect_packets(&w.file, times, 2);
	}
}

/* Where a fraction was rounded up it is a whole second. */
static void pcap_whole_fraction(void **state)
{
	const int64_t times[] = {START + 999999000, START + SECOND, START + 123000};
	struct writer_order w = {0};

	(void)state;
	pcap_header(&w, 0xa1b2c3d4, LINK_RAW);
	pcap_record(&w, 999999, 0, false);
	pcap_record(&w, 1000000, 1, false);
	pcap_record(&w, 123, 2, false);
	expect_packets(&w.file, times, 3);
}

/* The upper half of the link type is about check sequences. */
static void pcap_link_type_bits(void **state)
{
	struct writer_order w = {0};
	int64_t time = START;

	(void)state;
	pcap_header(&w, 0xa1b2c3d4, 0x54000000 | LINK_RAW);
	pcap_record(&w, 0, 0, false);
	expect_packets(&w.file, &time, 1);
}

/* ---- pcapng ---- */

static void block(struct writer_order *w, uint32_t type, const struct buffer *body)
{
	uint32_t padded = (uint32_t)(body->len + 3) & ~3u;

	put32(w, type);
	put32(w, padded + 12);
	buffer_append_span(&w->file, buffer_span(body));
	buffer_append(&w->file, "\0\0\0", padded - body->len);
	put32(w, padded + 12);
}

/* Takes BODY's contents, which was written in W's byte order. */
static void end_block(struct writer_order *w, uint32_t type, struct writer_order *body)
{
	block(w, type, &body->file);
	buffer_free(&body->file);
}

static void section(struct writer_order *w)
{
	struct writer_order body = {.big = w->big};

	put32(&body, 0x1a2b3c4d);
	put16(&body, 1);
	put16(&body, 0);
	put32(&body, 0xffffffff);
	put32(&body, 0xffffffff);
	end_block(w, 0x0a0d0d0a, &body);
}

/* RESOLUTION as in if_tsresol, OFFSET as in if_tsoffset; 0: left out. */
static void interface(struct writer_order *w, uint16_t link_type, int resolution, uint32_t offset)
{
	struct writer_order body = {.big = w->big};

	put16(&body, link_type);
	put16(&body, 0);
	put32(&body, 0);
	if (resolution) {
		put16(&body, 9);
		put16(&body, 1);
		buffer_append_char(&body.file, (char)resolution);
		buffer_append(&body.file, "\0\0\0", 3);
	}
	if (offset) {
		put16(&body, 14);
		put16(&body, 8);
		put32(&body, w->big ? 0 : offset);
		put32(&body, w->big ? offset : 0);
	}
	end_block(w, 1, &body);
}

static void enhanced_packet(struct writer_order *w, uint32_t id, uint64_t time, struct span packet)
{
	struct writer_order body = {.big = w->big};

	put32(&body, id);
	put32(&body, (uint32_t)(time >> 32));
	put32(&body, (uint32_t)time);
	put32(&body, (uint32_t)packet.len);
	put32(&body, (uint32_t)packet.len);
	buffer_append_span(&body.file, packet);
	end_block(w, 6, &body);
}

static void numbered_block(struct writer_order *w, uint32_t id, uint64_t time, unsigned n)
{
	struct buffer packet = numbered_packet(n);

	enhanced_packet(w, id, time, buffer_span(&packet));
	buffer_free(&packet);
}

static void pcapng_resolutions(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct writer_order w = {.big = big};
		/* The last one: 2^64 picoseconds are over in 1970. */
		int64_t times[] = {START + 5000, START + 7, START + SECOND / 2, START + 9000, 7};

		section(&w);
		interface(&w, LINK_RAW, 0, 0); /* microseconds */
		interface(&w, LINK_RAW, 9, 0);
		interface(&w, LINK_RAW, 0x80 | 10, 0); /* 1/1024 seconds */
		interface(&w, LINK_RAW, 6, 1600000000);
		interface(&w, LINK_RAW, 12, 0); /* picoseconds */
		numbered_block(&w, 0, START / 1000 + 5, 0);
		numbered_block(&w, 1, START + 7, 1);
		numbered_block(&w, 2, START / SECOND * 1024 + 512, 2);
		numbered_block(&w, 3, (START - 1600000000 * SECOND) / 1000 + 9, 3);
		numbered_block(&w, 4, 7999, 4);
		expect_packets(&w.file, times, 5);
	}
}

/* Each interface has its own link type; the second section its own interfaces and byte order. */
static void pcapng_link_types(void **state)
{
	struct writer_order w = {0};
	struct writer_order second = {.big = true};
	struct buffer packet = numbered_packet(1);
	struct buffer ethernet = {0};
	int64_t times[] = {START, START, START};

	(void)state;
	buffer_append(&ethernet, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0", 14);
	buffer_append_span(&ethernet, buffer_span(&packet));
	section(&w);
	interface(&w, LINK_RAW, 9, 0);
	interface(&w, 1, 9, 0);
	numbered_block(&w, 0, START, 0);
	enhanced_packet(&w, 1, START, buffer_span(&ethernet));
	section(&second);
	interface(&second, LINK_RAW, 9, 0);
	numbered_block(&second, 0, START, 2);
	buffer_append_span(&w.file, buffer_span(&second.file));
	buffer_free(&second.file);
	buffer_free(&packet);
	buffer_free(&ethernet);
	expect_packets(&w.file, times, 3);
}

/* Obsolete and simple packet blocks; blocks of no interest between them. */
static void pcapng_other_blocks(void **state)
{
	struct writer_order w = {0};
	struct writer_order old = {0};
	struct writer_order simple = {0};
	struct writer_order unknown = {0};
	struct buffer packet = numbered_packet(0);
	int64_t times[] = {START + 3, START + 3};

	(void)state;
	section(&w);
	interface(&w, LINK_RAW, 9, 0);
	put32(&unknown, 0x12345678);
	end_block(&w, 0x40000bad, &unknown);
	put16(&old, 0);
	put16(&old, 17); /* drops */
	put32(&old, (uint32_t)((START + 3) >> 32));
	put32(&old, (uint32_t)(START + 3));
	put32(&old, (uint32_t)packet.len);
	put32(&old, (uint32_t)packet.len);
	buffer_append_span(&old.file, buffer_span(&packet));
	end_block(&w, 2, &old);
	buffer_free(&packet);
	packet = numbered_packet(1);
	put32(&simple, (uint32_t)packet.len);
	buffer_append_span(&simple.file, buffer_span(&packet));
	end_block(&w, 3, &simple);
	buffer_free(&packet);
	expect_packets(&w.file, times, 2);
}

static void secrets(void **state)
{
	static const char lines[] = "# comment\nCLIENT_RANDOM aa bb\r\n\nEXPORTER_SECRET cc dd";
	struct writer_order w = {0};
	struct writer_order body = {0};
	struct seen *seen;

	(void)state;
	section(&w);
	interface(&w, LINK_RAW, 9, 0);
	put32(&body, 0x544c534b);
	put32(&body, sizeof(lines) - 1);
	buffer_append(&body.file, lines, sizeof(lines) - 1);
	end_block(&w, 10, &body);
	numbered_block(&w, 0, START, 0);
	seen = seen_read(&w.file);
	assert_int_equal(seen->totals.secrets, 2);
	assert_int_equal(seen->events[0].event.type, EVENT_SECRET);
	assert_int_equal(seen->events[0].event.ts, START);
	assert_string_equal(seen->events[0].payload, "CLIENT_RANDOM aa bb");
	assert_string_equal(seen->events[1].payload, "EXPORTER_SECRET cc dd");
	seen_free(seen);
}

/* ---- damage ---- */

#define PACKETS 5u

static struct buffer pcap_file(void)
{
	struct writer_order w = {0};

	pcap_header(&w, 0xa1b2c3d4, LINK_RAW);
	for (unsigned n = 0; n < PACKETS; n++)
		pcap_record(&w, n, n, false);
	return w.file;
}

static struct buffer pcapng_file(void)
{
	struct writer_order w = {0};

	section(&w);
	interface(&w, LINK_RAW, 9, 0);
	for (unsigned n = 0; n < PACKETS; n++)
		numbered_block(&w, 0, (uint64_t)START + n, n);
	return w.file;
}

static struct buffer copy_of(const struct buffer *file, size_t len)
{
	struct buffer copy = {0};

	buffer_append(&copy, file->data, len);
	return copy;
}

/* Cut at every byte: what is whole comes, and the cut is told unless it is between two packets. */
static void check_cuts(struct buffer whole, size_t head_len, size_t packet_len)
{
	for (size_t len = 0; len < whole.len; len++) {
		struct buffer file = copy_of(&whole, len);
		struct seen *seen = seen_read(&file);

		if (len < head_len) {
			assert_int_equal(seen->totals.packets, 0);
		} else {
			bool clean = (len - head_len) % packet_len == 0;

			assert_int_equal(seen->totals.packets, (len - head_len) / packet_len);
			assert_int_equal(seen->error, clean ? TAPE_OK : TAPE_ERROR_TRUNCATED);
		}
		seen_free(seen);
	}
	buffer_free(&whole);
}

static void cut_anywhere(void **state)
{
	(void)state;
	check_cuts(pcap_file(), 24, 16 + 36);
	check_cuts(pcapng_file(), 28 + 28, 32 + 36);
}

/*
 * Any byte of a packet wrong: nothing breaks, and at most that packet and a neighbour are lost. In
 * the first UNKNOWN_LEN bytes of a packet it makes something of it that isn't known, but valid.
 */
static void check_flips(struct buffer whole, size_t head_len, size_t packet_len, size_t unknown_len)
{
	for (size_t at = head_len; at < whole.len; at++) {
		struct buffer file = copy_of(&whole, whole.len);
		bool told = (at - head_len) % packet_len >= unknown_len;
		struct seen *seen;

		file.data[at] = (char)(file.data[at] ^ 0xff);
		seen = seen_read(&file);
		assert_true(seen->totals.packets >= PACKETS - 2);
		assert_true(seen->totals.packets <= PACKETS);
		assert_true(seen->totals.packets == PACKETS || seen->totals.damage || !told);
		seen_free(seen);
	}
	buffer_free(&whole);
}

static void damage_anywhere(void **state)
{
	(void)state;
	check_flips(pcap_file(), 24, 16 + 36, 0);
	check_flips(pcapng_file(), 28 + 28, 32 + 36, 4);
}

/* The head of a file damaged: never more than an error. */
static void damaged_head(void **state)
{
	(void)state;
	for (int format = 0; format < 2; format++) {
		struct buffer whole = format ? pcapng_file() : pcap_file();

		for (size_t at = 0; at < 56; at++) {
			struct buffer file = copy_of(&whole, whole.len);

			file.data[at] = (char)(file.data[at] ^ 0xff);
			seen_free(seen_read(&file));
		}
		buffer_free(&whole);
	}
}

/* A wild length in the middle: what stands behind it is found again. */
static void damage_in_the_middle(void **state)
{
	struct buffer file = pcap_file();
	struct buffer text = {0};
	struct seen *seen;

	(void)state;
	memset(file.data + 24 + 52 + 8, 0xff, 8);
	seen = seen_read(&file);
	assert_int_equal(seen->error, TAPE_ERROR_DAMAGED);
	assert_int_equal(seen->totals.damage_offset, 24 + 52);
	assert_int_equal(seen->totals.damaged_bytes, 52);
	assert_string_equal(seen_text(seen, &text),
			    "> 0 packet 0; > 8 packet 2; > 16 packet 3; > 24 packet 4");
	buffer_free(&text);
	seen_free(seen);
}

/* What is found behind damage has a time that is within a day of the last packet's. */
static void time_behind_damage(void **state)
{
	static const char packet[20] = "\x45\0\0\x14\0\0\0\0\x40\x3b\0\0\x0a\0\0\1\x0a\0\0";
	const struct span bytes = {packet, sizeof(packet)};

	(void)state;
	for (int late = 0; late < 2; late++) {
		const int64_t next = START + (86400 + late) * SECOND;
		struct buffer file = {0};
		struct seen *seen;

		build_pcap(&file, LINK_RAW);
		build_packet(&file, START, bytes);
		for (int i = 0; i < 10; i++)
			buffer_append_text(&file, "damaged!");
		build_packet(&file, next, bytes);
		build_packet(&file, next, bytes);
		seen = seen_read(&file);
		assert_int_equal(seen->totals.packets, late ? 1 : 3);
		assert_non_null(seen->totals.damage);
		seen_free(seen);
	}
}

static void no_capture(void **state)
{
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	buffer_append_text(&file, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
	seen = seen_read(&file);
	assert_int_equal(seen->error, TAPE_ERROR_NOT_A_CAPTURE);
	assert_int_equal(seen->count, 0);
	seen_free(seen);
	seen = seen_read(&file);
	assert_int_equal(seen->error, TAPE_ERROR_EMPTY);
	seen_free(seen);
}

static void no_packets(void **state)
{
	struct writer_order w = {0};
	struct seen *seen;

	(void)state;
	pcap_header(&w, 0xa1b2c3d4, LINK_RAW);
	seen = seen_read(&w.file);
	assert_int_equal(seen->error, TAPE_OK);
	assert_int_equal(seen->totals.events, 2); /* CLOCK and HOST */
	seen_free(seen);
}

static enum tape_error refuse(void *context, const struct event *event)
{
	(void)event;
	return ++*(int *)context == 4 ? TAPE_ERROR_DISK_FULL : TAPE_OK;
}

/* The sink's error ends the reading at once. */
static void full_sink(void **state)
{
	struct buffer file = pcap_file();
	struct capture_totals totals;
	int calls = 0;
	const struct capture_sink sink = {.event = refuse, .context = &calls};

	(void)state;
	assert_int_equal(capture_read_memory(file.data, file.len, "x", &sink, &totals),
			 TAPE_ERROR_DISK_FULL);
	assert_int_equal(calls, 4);
	buffer_free(&file);
}

/* ---- files ---- */

static enum tape_error count_data(void *context, const struct event *event)
{
	*(unsigned *)context += event->type == EVENT_DATA;
	return TAPE_OK;
}

static enum tape_error read_path(const char *path, unsigned *packets, struct capture_totals *totals)
{
	const struct capture_sink sink = {.event = count_data, .context = packets};

	*packets = 0;
	return capture_read(path, &sink, totals);
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void compressed(void **state)
{
	char directory[] = "/tmp/capture_file_test.XXXXXX";
	char path[64];
	struct buffer file = pcap_file();
	struct capture_totals totals;
	unsigned packets;
	char gz[4096];
	z_stream z = {0};
	size_t gz_len;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/x.pcap.gz", directory);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)file.data;
	z.avail_in = (unsigned int)file.len;
	z.next_out = (Bytef *)gz;
	z.avail_out = sizeof(gz);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	gz_len = sizeof(gz) - z.avail_out;
	deflateEnd(&z);

	write_file(path, gz, gz_len);
	assert_int_equal(read_path(path, &packets, &totals), TAPE_OK);
	assert_int_equal(packets, PACKETS);
	assert_int_equal(totals.file_size, gz_len);

	/* Without its end: what could be decompressed comes. */
	write_file(path, gz, gz_len - 20);
	assert_int_equal(read_path(path, &packets, &totals), TAPE_ERROR_TRUNCATED);
	assert_true(packets < PACKETS);
	assert_non_null(totals.damage);

	write_file(path, file.data, file.len);
	assert_int_equal(read_path(path, &packets, &totals), TAPE_OK);
	assert_int_equal(packets, PACKETS);

	unlink(path);
	assert_int_equal(read_path(path, &packets, &totals), TAPE_ERROR_IO);
	assert_int_equal(read_path(directory, &packets, &totals), TAPE_ERROR_IO);
	rmdir(directory);
	buffer_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_variants),
		cmocka_unit_test(pcap_whole_fraction),
		cmocka_unit_test(pcap_link_type_bits),
		cmocka_unit_test(pcapng_resolutions),
		cmocka_unit_test(pcapng_link_types),
		cmocka_unit_test(pcapng_other_blocks),
		cmocka_unit_test(secrets),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damage_anywhere),
		cmocka_unit_test(damaged_head),
		cmocka_unit_test(damage_in_the_middle),
		cmocka_unit_test(time_behind_damage),
		cmocka_unit_test(no_capture),
		cmocka_unit_test(no_packets),
		cmocka_unit_test(full_sink),
		cmocka_unit_test(compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
