/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/pcapng/dump.h"
#include "analyze/pcapng/pcap.h"

struct memory {
	struct buffer bytes;
	size_t room; /* 0: any */
};

static enum tape_error take(void *context, const void *data, size_t len)
{
	struct memory *m = context;

	if (m->room && m->bytes.len + len > m->room)
		return TAPE_ERROR_DISK_FULL;
	buffer_append(&m->bytes, data, len);
	return TAPE_OK;
}

static uint32_t le32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return le32toh(value);
}

static uint16_t le16(const char *at)
{
	uint16_t value;

	memcpy(&value, at, 2);
	return le16toh(value);
}

/* The block at *AT, which moves behind it; its frame is checked. An empty span at the end. */
static struct span next_block(const struct memory *m, size_t *at)
{
	const char *block = m->bytes.data + *at;
	uint32_t len;

	if (*at == m->bytes.len)
		return span_of(NULL, 0);
	assert_true(m->bytes.len - *at >= 12);
	len = le32(block + 4);
	assert_int_equal(len % 4, 0);
	assert_true(len >= 12 && len <= m->bytes.len - *at);
	assert_int_equal(le32(block + len - 4), len);
	*at += len;
	return span_of(block, len);
}

/* The value of option CODE among those that begin at OFFSET in BLOCK. */
static struct span option(struct span block, size_t offset, uint16_t code)
{
	while (offset + 4 <= block.len - 4) {
		uint16_t got = le16(block.data + offset), len = le16(block.data + offset + 2);

		assert_true(offset + 4 + len <= block.len - 4);
		if (got == code)
			return span_of(block.data + offset + 4, len);
		if (got == 0)
			break;
		offset += 4 + (size_t)(len + 3) / 4 * 4;
	}
	return span_of(NULL, 0);
}

static struct dump *begin(struct memory *m)
{
	struct dump *d = dump_new(&(struct dump_options){.sink = {.write = take, .context = m}});

	assert_non_null(d);
	dump_section(d, &(struct pcapng_section){.os = span_text("Linux 6"),
						 .comment = span_text("made up")});
	return d;
}

static void test_section(void **state)
{
	struct memory m = {0};
	struct dump *d = begin(&m);
	struct span block;
	size_t at = 0;

	(void)state;
	assert_int_equal(dump_finish(d), TAPE_OK);
	block = next_block(&m, &at);
	assert_int_equal(le32(block.data), 0x0a0d0d0a);
	assert_int_equal(le32(block.data + 8), 0x1a2b3c4d);
	assert_true(span_is(option(block, 24, 3), "Linux 6"));
	assert_true(span_is(option(block, 24, 1), "made up"));
	assert_int_equal(option(block, 24, 2).len, 0); /* no hardware was given */
	assert_int_equal(next_block(&m, &at).len, 0);
	dump_free(d);
	buffer_free(&m.bytes);
}

/* Payloads of every length modulo 4, with the comment behind the padding. */
static void test_packets(void **state)
{
	struct memory m = {0};
	struct dump *d = begin(&m);
	uint32_t interface = dump_interface(d, span_text("curl[1]"), span_text("curl -v"));
	size_t at = 0;

	(void)state;
	for (size_t len = 0; len < 9; len++)
		dump_packet(d, &(struct pcapng_packet){
				       .interface = interface,
				       .ts = 0x0102030405060708,
				       .direction = DIRECTION_RECEIVED,
				       .headers = span_of("hhh", 3),
				       .payload = span_of("12345678", len),
				       .original_len = 3 + len + 100,
				       .comment = span_text("x"),
			       });
	assert_int_equal(dump_packets(d), 9);
	assert_int_equal(dump_finish(d), TAPE_OK);
	next_block(&m, &at);
	assert_true(span_is(option(next_block(&m, &at), 16, 2), "curl[1]"));
	for (size_t len = 0; len < 9; len++) {
		struct span block = next_block(&m, &at);
		size_t options = 28 + (3 + len + 3) / 4 * 4;

		assert_int_equal(le32(block.data), 6);
		assert_int_equal(le32(block.data + 12), 0x01020304);
		assert_int_equal(le32(block.data + 16), 0x05060708);
		assert_int_equal(le32(block.data + 20), 3 + len);
		assert_int_equal(le32(block.data + 24), 3 + len + 100);
		assert_memory_equal(block.data + 31, "12345678", len);
		assert_int_equal(le32(option(block, options, 2).data), 1); /* inbound */
		assert_true(span_is(option(block, options, 1), "x"));
	}
	assert_int_equal(le32(next_block(&m, &at).data), 5);
	assert_int_equal(at, dump_bytes(d));
	dump_free(d);
	buffer_free(&m.bytes);
}

/* What isn't UTF-8, and control characters, become U+FFFD; long texts end between characters. */
static void test_texts(void **state)
{
	struct memory m = {0};
	struct buffer euros = {0};
	struct span name;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buffer_append_text(&euros, "\xe2\x82\xac");
	pcapng_interface(&m.bytes, span_of("a\xff\0\x1b\xc3\xa9\xc3", 7), span_of(NULL, 0));
	pcapng_interface(&m.bytes, buffer_span(&euros), span_of(NULL, 0));
	assert_true(span_is(option(next_block(&m, &at), 16, 2),
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd"));
	name = option(next_block(&m, &at), 16, 2);
	assert_int_equal(name.len, 4095);
	assert_memory_equal(name.data, euros.data, name.len);
	buffer_free(&euros);
	buffer_free(&m.bytes);
}

static void test_names_secrets_statistics(void **state)
{
	static const uint8_t ip[16] = {0xfd, [15] = 1};
	struct memory m = {0};
	struct dump *d = begin(&m);
	struct span block;
	uint32_t interface;
	size_t at = 0;

	(void)state;
	interface = dump_interface(d, span_text("lost"), span_of(NULL, 0));
	dump_name(d, ip, span_text("unix:/run/x"));
	dump_secrets(d, span_text("CLIENT_RANDOM a b\n"));
	dump_dropped(d, interface, 3);
	assert_int_equal(dump_finish(d), TAPE_OK);
	next_block(&m, &at);
	block = next_block(&m, &at);
	assert_int_equal(le32(block.data), 4);
	assert_int_equal(le16(block.data + 8), 2);
	assert_int_equal(le16(block.data + 10), 16 + 12);
	assert_memory_equal(block.data + 12, ip, 16);
	assert_string_equal(block.data + 28, "unix:/run/x");
	block = next_block(&m, &at);
	assert_int_equal(le32(block.data), 10);
	assert_int_equal(le32(block.data + 8), 0x544c534b);
	assert_int_equal(le32(block.data + 12), 18);
	assert_memory_equal(block.data + 16, "CLIENT_RANDOM a b\n", 18);
	assert_true(span_is(option(next_block(&m, &at), 16, 2), "lost"));
	block = next_block(&m, &at);
	assert_int_equal(block.len, PCAPNG_STATISTICS_LEN);
	assert_int_equal(le32(block.data), 5);
	assert_int_equal(le32(option(block, 20, 4).data), 0);
	assert_int_equal(le32(option(block, 20, 5).data), 3);
	dump_free(d);
	buffer_free(&m.bytes);
}

/* The older format has packets and nothing else. */
static void test_pcap(void **state)
{
	static const uint8_t ip[16] = {0xfd, [15] = 1};

	(void)state;
	for (int nanoseconds = 0; nanoseconds < 2; nanoseconds++) {
		struct memory m = {0};
		struct dump *d = dump_new(
			&(struct dump_options){.format = nanoseconds ? DUMP_NSECPCAP : DUMP_PCAP,
					       .sink = {.write = take, .context = &m}});

		assert_non_null(d);
		dump_section(d, &(struct pcapng_section){.os = span_text("Linux 6")});
		dump_secrets(d, span_text("CLIENT_RANDOM a b\n"));
		dump_name(d, ip, span_text("unix:/run/x"));
		dump_interface(d, span_text("curl[1]"), span_of(NULL, 0));
		dump_dropped(d, 0, 3);
		dump_packet(d, &(struct pcapng_packet){
				       .ts = 5000006007,
				       .headers = span_of("hhh", 3),
				       .payload = span_of("12", 2),
				       .original_len = 105,
				       .comment = span_text("x"),
			       });
		assert_int_equal(dump_finish(d), TAPE_OK);
		assert_int_equal(m.bytes.len, 24 + 16 + 5);
		assert_int_equal(le32(m.bytes.data), nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
		assert_int_equal(le16(m.bytes.data + 4), 2);
		assert_int_equal(le16(m.bytes.data + 6), 4);
		assert_int_equal(le32(m.bytes.data + 20), 1);
		assert_int_equal(le32(m.bytes.data + 24), 5);
		assert_int_equal(le32(m.bytes.data + 28), nanoseconds ? 6007 : 6);
		assert_int_equal(le32(m.bytes.data + 32), 5);
		assert_int_equal(le32(m.bytes.data + 36), 105);
		assert_memory_equal(m.bytes.data + 40, "hhh12", 5);
		dump_free(d);
		buffer_free(&m.bytes);
	}
}

/* ---- several files ---- */

#define SPLIT	   (128u << 10)
#define PACKET_LEN 20000
#define PACKETS	   30
#define FILES_MOST 32

struct files {
	struct memory all[FILES_MOST];
	size_t count; /* behind the first */
};

static enum tape_error take_of_several(void *context, const void *data, size_t len)
{
	struct files *f = context;

	return take(&f->all[f->count], data, len);
}

static enum tape_error next_file(void *context)
{
	struct files *f = context;

	f->count++;
	return f->count < FILES_MOST ? TAPE_OK : TAPE_ERROR_DISK_FULL;
}

/* Packets of two interfaces in turn, and the second only from the middle on. */
static void write_several(struct files *f, uint32_t files_max)
{
	static char bytes[PACKET_LEN];
	const struct dump_options with = {
		.sink = {.write = take_of_several, .context = f},
		.split = SPLIT,
		.files_max = files_max,
		.next = next_file,
		.context = f,
	};
	struct dump *d = dump_new(&with);

	assert_non_null(d);
	dump_section(d, &(struct pcapng_section){.os = span_text("Linux 6")});
	dump_secrets(d, span_text("CLIENT_RANDOM a b\n"));
	dump_interface(d, span_text("one"), span_of(NULL, 0));
	dump_interface(d, span_text("two"), span_of(NULL, 0));
	for (uint32_t i = 0; i < PACKETS; i++) {
		const struct pcapng_packet packet = {
			.interface = i >= PACKETS / 2 ? i % 2 : 0,
			.ts = i,
			.payload = span_of(bytes, PACKET_LEN),
			.original_len = PACKET_LEN,
		};

		if (dump_is_full(d, &packet))
			dump_next_file(d);
		dump_packet(d, &packet);
	}
	assert_int_equal(dump_packets(d), PACKETS);
	assert_int_equal(dump_file(d), f->count + 1);
	assert_int_equal(dump_finish(d), TAPE_OK);
	dump_free(d);
}

/* How many packets a file has, all of whose interfaces are described and counted in itself. */
static uint32_t packets_alone(const struct memory *m)
{
	uint32_t described = 0, packets = 0, counted = 0;
	struct span block;
	size_t at = 0;

	assert_int_equal(le32(next_block(m, &at).data), 0x0a0d0d0a);
	assert_int_equal(le32(next_block(m, &at).data), 10);
	while ((block = next_block(m, &at)).len) {
		switch (le32(block.data)) {
		case 1:
			described++;
			break;
		case 6:
			assert_true(le32(block.data + 8) < described);
			packets++;
			break;
		case 5:
			assert_true(le32(block.data + 8) < described);
			counted += le32(option(block, 20, 4).data);
			break;
		default:
			fail_msg("a block of type %u", le32(block.data));
		}
	}
	assert_int_equal(counted, packets);
	return packets;
}

static void free_several(struct files *f)
{
	for (size_t i = 0; i < FILES_MOST; i++)
		buffer_free(&f->all[i].bytes);
}

static void test_several_files(void **state)
{
	struct files f = {0};
	uint32_t packets = 0;

	(void)state;
	write_several(&f, UINT32_MAX);
	assert_true(f.count >= PACKETS * PACKET_LEN / SPLIT);
	for (size_t i = 0; i <= f.count; i++) {
		assert_true(f.all[i].bytes.len <= SPLIT);
		packets += packets_alone(&f.all[i]);
	}
	assert_int_equal(packets, PACKETS);
	free_several(&f);
}

/* The last file that may be there takes all that is left. */
static void test_most_files(void **state)
{
	struct files f = {0};

	(void)state;
	write_several(&f, 2);
	assert_int_equal(f.count, 1);
	assert_true(f.all[1].bytes.len > SPLIT);
	assert_int_equal(packets_alone(&f.all[0]) + packets_alone(&f.all[1]), PACKETS);
	free_several(&f);
}

/* After the sink refused, nothing more reaches it, and the error is still told at the end. */
static void test_full_disk(void **state)
{
	struct memory m = {.room = 1000000};
	struct dump *d = begin(&m);
	uint32_t interface = dump_interface(d, span_text("x"), span_of(NULL, 0));
	char *bytes = calloc(1, 60000);

	(void)state;
	assert_non_null(bytes);
	for (int i = 0; i < 100; i++)
		dump_packet(d, &(struct pcapng_packet){.interface = interface,
						       .payload = span_of(bytes, 60000),
						       .original_len = 60000});
	assert_int_equal(dump_error(d), TAPE_ERROR_DISK_FULL);
	assert_int_equal(dump_finish(d), TAPE_ERROR_DISK_FULL);
	assert_true(m.bytes.len <= m.room);
	free(bytes);
	dump_free(d);
	buffer_free(&m.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_names_secrets_statistics),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_several_files),
		cmocka_unit_test(test_most_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
