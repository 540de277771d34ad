/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/pcapng/block.h"
#include "format/buffer.h"

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

static struct pcapng *begin(struct memory *m)
{
	struct pcapng *p = pcapng_new((struct sink){.write = take, .context = m});

	assert_non_null(p);
	pcapng_section(p, &(struct pcapng_section){.os = span_text("Linux 6"),
						   .comment = span_text("made up")});
	return p;
}

static void test_section(void **state)
{
	struct memory m = {0};
	struct pcapng *p = begin(&m);
	struct span block;
	size_t at = 0;

	(void)state;
	assert_int_equal(pcapng_flush(p), TAPE_OK);
	block = next_block(&m, &at);
	assert_int_equal(le32(block.data), 0x0a0d0d0a);
	assert_int_equal(le32(block.data + 8), 0x1a2b3c4d);
	assert_true(span_is(option(block, 24, 3), "Linux 6"));
	assert_true(span_is(option(block, 24, 1), "made up"));
	assert_int_equal(option(block, 24, 2).len, 0); /* no hardware was given */
	assert_int_equal(next_block(&m, &at).len, 0);
	pcapng_free(p);
	buffer_free(&m.bytes);
}

/* Payloads of every length modulo 4, with the comment behind the padding. */
static void test_packets(void **state)
{
	struct memory m = {0};
	struct pcapng *p = begin(&m);
	uint32_t interface = pcapng_interface(p, span_text("curl[1]"), span_text("curl -v"));
	size_t at = 0;

	(void)state;
	for (size_t len = 0; len < 9; len++)
		pcapng_packet(p, &(struct pcapng_packet){
					 .interface = interface,
					 .ts = 0x0102030405060708,
					 .direction = DIRECTION_RECEIVED,
					 .headers = span_of("hhh", 3),
					 .payload = span_of("12345678", len),
					 .original_len = 3 + len + 100,
					 .comment = span_text("x"),
				 });
	assert_int_equal(pcapng_packets(p), 9);
	assert_int_equal(pcapng_flush(p), TAPE_OK);
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
	assert_int_equal(at, pcapng_bytes(p));
	pcapng_free(p);
	buffer_free(&m.bytes);
}

/* What isn't UTF-8, and control characters, become U+FFFD; long texts end between characters. */
static void test_texts(void **state)
{
	struct memory m = {0};
	struct pcapng *p = begin(&m);
	struct buffer euros = {0};
	struct span name;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buffer_append_text(&euros, "\xe2\x82\xac");
	pcapng_interface(p, span_of("a\xff\0\x1b\xc3\xa9\xc3", 7), span_of(NULL, 0));
	pcapng_interface(p, buffer_span(&euros), span_of(NULL, 0));
	assert_int_equal(pcapng_flush(p), TAPE_OK);
	next_block(&m, &at);
	assert_true(span_is(option(next_block(&m, &at), 16, 2),
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd"));
	name = option(next_block(&m, &at), 16, 2);
	assert_int_equal(name.len, 4095);
	assert_memory_equal(name.data, euros.data, name.len);
	buffer_free(&euros);
	pcapng_free(p);
	buffer_free(&m.bytes);
}

static void test_names_secrets_statistics(void **state)
{
	static const uint8_t ip[16] = {0xfd, [15] = 1};
	struct memory m = {0};
	struct pcapng *p = begin(&m);
	struct span block;
	size_t at = 0;

	(void)state;
	pcapng_name(p, ip, span_text("unix:/run/x"));
	pcapng_secrets(p, span_text("CLIENT_RANDOM a b\n"));
	pcapng_statistics(p, 0, 7, 5, 3);
	assert_int_equal(pcapng_flush(p), TAPE_OK);
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
	block = next_block(&m, &at);
	assert_int_equal(le32(block.data), 5);
	assert_int_equal(le32(option(block, 20, 4).data), 5);
	assert_int_equal(le32(option(block, 20, 5).data), 3);
	pcapng_free(p);
	buffer_free(&m.bytes);
}

/* After the sink refused, nothing more reaches it, and the error is still told at the end. */
static void test_full_disk(void **state)
{
	struct memory m = {.room = 1000000};
	struct pcapng *p = begin(&m);
	uint32_t interface = pcapng_interface(p, span_text("x"), span_of(NULL, 0));
	char *bytes = calloc(1, 60000);

	(void)state;
	assert_non_null(bytes);
	for (int i = 0; i < 100; i++)
		pcapng_packet(p, &(struct pcapng_packet){.interface = interface,
							 .payload = span_of(bytes, 60000),
							 .original_len = 60000});
	assert_int_equal(pcapng_error(p), TAPE_ERROR_DISK_FULL);
	assert_int_equal(pcapng_flush(p), TAPE_ERROR_DISK_FULL);
	assert_true(m.bytes.len <= m.room);
	free(bytes);
	pcapng_free(p);
	buffer_free(&m.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),	  cmocka_unit_test(test_packets),
		cmocka_unit_test(test_texts),	  cmocka_unit_test(test_names_secrets_statistics),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
