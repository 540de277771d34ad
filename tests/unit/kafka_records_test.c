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

#define APPEND_TIME 8

static void put(struct buffer *out, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0)
		buffer_append_char(out, (char)(value >> bytes * 8));
}

/* CRCs are not looked at. TIMESTAMP: of magic 1. */
static void put_message(struct buffer *out, int64_t offset, unsigned magic, unsigned attributes,
			int64_t timestamp, struct span value)
{
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relative_offsets), cmocka_unit_test(compacted),
		cmocka_unit_test(absolute_offsets), cmocka_unit_test(append_time),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests_name("kafka_records", tests, NULL, NULL);
}
