/* SPDX-License-Identifier: BSD-2-Clause */
/* Message sets of old: magic 0 and 1, and what is compressed inside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include "format/buffer.h"
#include "protocols/kafka/records.h"
#include "protocols/value/crc32c.h"

#define APPEND_TIME 8

static void put(struct buffer *out, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0)
		buffer_append_char(out, (char)(value >> bytes * 8));
}

static void put_at(struct buffer *out, size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out->data[at + i] = (char)(value >> (24 - i * 8));
}

/* TIMESTAMP: of magic 1. */
static void put_message(struct buffer *out, int64_t offset, unsigned magic, unsigned attributes,
			int64_t timestamp, struct span value)
{
	size_t crc_at = out->len + 12;

	put(out, (uint64_t)offset, 8);
	put(out, 14 + (magic ? 8 : 0) + value.len, 4);
	put(out, 0, 4);
	put(out, magic, 1);
	put(out, attributes, 1);
	if (magic)
		put(out, (uint64_t)timestamp, 8);
	put(out, UINT32_MAX, 4); /* no key */
	put(out, value.len, 4);
	buffer_append_span(out, value);
	put_at(out, crc_at,
	       (uint32_t)crc32_z(0, (const Bytef *)out->data + crc_at + 4, out->len - crc_at - 4));
}

/* A batch of magic 2 with one record, "one". */
static void put_batch(struct buffer *out)
{
	static const uint8_t record[] = {18, 0, 0, 0, 1, 6, 'o', 'n', 'e', 0};
	size_t crc_at = out->len + 17;

	put(out, 7, 8); /* offset */
	put(out, 49 + sizeof(record), 4);
	put(out, 0, 4); /* leader epoch */
	put(out, 2, 1);
	put(out, 0, 4);
	put(out, 0, 2 + 4); /* attributes, last offset delta */
	put(out, 100, 8);
	put(out, 100, 8);
	put(out, UINT64_MAX, 8); /* producer */
	put(out, UINT64_MAX, 2 + 4);
	put(out, 1, 4);
	buffer_append(out, record, sizeof(record));
	put_at(out, crc_at,
	       crc32c_by_table(span_of(out->data + crc_at + 4, out->len - crc_at - 4)));
}

static void deflate_to(struct buffer *out, struct span in)
{
	z_stream z = {.next_in = (Bytef *)in.data, .avail_in = (uInt)in.len};
	const size_t room = in.len + 64;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)buffer_reserve(out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += room - z.avail_out;
	deflateEnd(&z);
}

static bool list(void *context, const struct kafka_record *record)
{
	buffer_printf(context, "%lld:%.*s", (long long)record->offset, (int)record->value.len,
		      record->value.data);
	if (record->timestamp != KAFKA_TIME_UNKNOWN)
		buffer_printf(context, "@%lld", (long long)record->timestamp);
	buffer_append_char(context, ' ');
	return true;
}

static struct kafka_records read_set(struct span set, const char *expected)
{
	struct codec_contexts codecs = {0};
	struct buffer scratch = {0}, out = {0};
	struct kafka_records r = {
		.codecs = &codecs,
		.scratch = &scratch,
		.scratch_max = 1 << 20,
		.record = list,
		.context = &out,
	};

	kafka_records_read(&r, set);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
	buffer_free(&scratch);
	codec_free(&codecs);
	return r;
}

/* A set of N messages from offset FIRST on, as one compressed message with offset LAST. */
static void put_wrapped(struct buffer *out, int64_t first, int64_t last, unsigned n, unsigned magic,
			unsigned attributes)
{
	static const char *const texts[] = {"one", "two", "three"};
	struct buffer set = {0}, packed = {0};

	for (unsigned i = 0; i < n; i++)
		put_message(&set, first + i, magic, 0, 100 + i, span_text(texts[i]));
	deflate_to(&packed, buffer_span(&set));
	put_message(out, last, magic, attributes | KAFKA_COMPRESSION_GZIP, 900,
		    buffer_span(&packed));
	buffer_free(&set);
	buffer_free(&packed);
}

/* In magic 1 the inner offsets count from the set's own beginning, the outer one is the last's. */
static void relative_offsets(void **state)
{
	struct buffer set = {0};
	struct kafka_records r;

	(void)state;
	put_wrapped(&set, 0, 12, 3, 1, 0);
	put_message(&set, 13, 1, 0, 200, span_text("alone"));
	r = read_set(buffer_span(&set), "10:one@100 11:two@101 12:three@102 13:alone@200 ");
	assert_int_equal(r.count, 4);
	assert_int_equal(r.compression, KAFKA_COMPRESSION_GZIP);
	assert_false(r.damaged || r.cut);
	buffer_free(&set);
}

/* What a broker kept of a set that was compacted: its first message is gone. */
static void compacted(void **state)
{
	struct buffer set = {0};

	(void)state;
	put_wrapped(&set, 1, 12, 2, 1, 0);
	read_set(buffer_span(&set), "11:one@100 12:two@101 ");
	buffer_free(&set);
}

static void absolute_offsets(void **state)
{
	struct buffer set = {0};

	(void)state;
	put_wrapped(&set, 10, 12, 3, 0, 0);
	read_set(buffer_span(&set), "10:one 11:two 12:three ");
	buffer_free(&set);
}

/* The time is the broker's, for all of them. */
static void append_time(void **state)
{
	struct buffer set = {0};

	(void)state;
	put_wrapped(&set, 0, 2, 3, 1, APPEND_TIME);
	read_set(buffer_span(&set), "0:one@900 1:two@900 2:three@900 ");
	buffer_free(&set);
}

static void damaged(void **state)
{
	struct buffer set = {0};
	struct kafka_records r;

	(void)state;
	put_message(&set, 5, 1, KAFKA_COMPRESSION_GZIP, 1, span_text("this is no gzip at all"));
	put_message(&set, 6, 1, 0, 2, span_text("next"));
	r = read_set(buffer_span(&set), "6:next@2 ");
	assert_true(r.damaged);
	/* A broker ends an answer where it is full. */
	r = read_set(span_of(set.data, set.len - 1), "");
	assert_true(r.cut);
	buffer_free(&set);
}

static struct kafka_records count_set(struct span set)
{
	struct codec_contexts codecs = {0};
	struct buffer scratch = {0};
	struct kafka_records r = {.codecs = &codecs, .scratch = &scratch, .scratch_max = 1 << 20};

	kafka_records_read(&r, set);
	buffer_free(&scratch);
	codec_free(&codecs);
	return r;
}

/* RFC 3720, appendix B.4, and the customary text; lengths around those that go by words. */
static void castagnoli(void **state)
{
	char bytes[64] = {0};

	(void)state;
	assert_int_equal(crc32c(span_of(bytes, 32)), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	assert_int_equal(crc32c(span_of(bytes, 32)), 0x62a8ab43);
	for (int i = 0; i < 64; i++)
		bytes[i] = (char)i;
	assert_int_equal(crc32c(span_of(bytes, 32)), 0x46dd794e);
	assert_int_equal(crc32c(span_text("123456789")), 0xe3069283);
	for (size_t len = 0; len <= 64; len++)
		assert_int_equal(crc32c(span_of(bytes, len)), crc32c_by_table(span_of(bytes, len)));
}

/* Each bit of a batch that its CRC is made of, and of the CRC, is missed; records are there. */
static void checksums(void **state)
{
	struct buffer set = {0};
	size_t second, end;

	(void)state;
	put_message(&set, 5, 0, 0, 0, span_text("old"));
	second = set.len;
	put_batch(&set);
	end = set.len;
	assert_false(count_set(buffer_span(&set)).crc_wrong);
	for (size_t at = 0; at < end; at++) {
		struct kafka_records r;

		/* Offset, length and magic; the epoch that the broker puts in is in no CRC. */
		if (at < 12 || at == 16 || (at >= second && at < second + 17))
			continue;
		set.data[at] ^= 1;
		r = count_set(buffer_span(&set));
		assert_true(r.crc_wrong);
		/* Of what isn't whole nothing is known. */
		if (at >= second)
			assert_false(count_set(span_of(set.data, end - 1)).crc_wrong);
		set.data[at] ^= 1;
	}
	set.data[end - 2] ^= 1;
	assert_true(count_set(buffer_span(&set)).crc_wrong);
	read_set(buffer_span(&set), "5:old 7:ond@100 ");
	buffer_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relative_offsets), cmocka_unit_test(compacted),
		cmocka_unit_test(absolute_offsets), cmocka_unit_test(append_time),
		cmocka_unit_test(damaged),	    cmocka_unit_test(castagnoli),
		cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests_name("kafka_records", tests, NULL, NULL);
}
