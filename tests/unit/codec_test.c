/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed data: whole, cut at every byte, damaged, and bombs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "protocols/codec/codec.h"

#define PLAIN_LEN 20000

/* Text that compresses, but not to nothing. */
static void fill(char *plain, size_t len)
{
	uint32_t x = 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = i % 64 < 40 ? "abcdefgh"[i % 8] : (char)('a' + (x >> 16) % 26);
	}
}

static void pack_deflate(struct span in, struct buffer *out, int window_bits)
{
	z_stream z = {.next_in = (Bytef *)in.data, .avail_in = (uInt)in.len};
	size_t room = in.len + 1024;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)buffer_reserve(out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += room - z.avail_out;
	deflateEnd(&z);
}

static void pack_snappy(struct span in, struct buffer *out)
{
	size_t len = snappy_max_compressed_length(in.len);

	assert_int_equal(snappy_compress(in.data, in.len, buffer_reserve(out, len), &len),
			 SNAPPY_OK);
	out->len += len;
}

static void append_be32(struct buffer *out, uint32_t value)
{
	const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 8), (uint8_t)value};

	buffer_append(out, bytes, sizeof(bytes));
}

/* Two streams joined, of two blocks each. */
static void pack_snappy_java(struct span in, struct buffer *out)
{
	static const char header[] = "\x82SNAPPY\0\0\0\0\1\0\0\0\1";

	for (size_t i = 0; i < 4; i++) {
		struct buffer block = {0};
		size_t at = in.len / 4 * i;

		pack_snappy(span_of(in.data + at, i < 3 ? in.len / 4 : in.len - at), &block);
		if (i % 2 == 0)
			buffer_append(out, header, 16);
		append_be32(out, (uint32_t)block.len);
		buffer_append_span(out, buffer_span(&block));
		buffer_free(&block);
	}
}

static void pack(enum codec codec, struct span in, struct buffer *out)
{
	size_t room = in.len * 2 + 1024;

	switch (codec) {
	case CODEC_GZIP:
		pack_deflate(in, out, MAX_WBITS + 16);
		break;
	case CODEC_DEFLATE:
		pack_deflate(in, out, MAX_WBITS);
		break;
	case CODEC_DEFLATE_RAW:
		pack_deflate(in, out, -MAX_WBITS);
		break;
	case CODEC_ZSTD:
		out->len += ZSTD_compress(buffer_reserve(out, room), room, in.data, in.len, 3);
		break;
	case CODEC_SNAPPY:
		pack_snappy(in, out);
		break;
	case CODEC_SNAPPY_JAVA:
		pack_snappy_java(in, out);
		break;
	case CODEC_LZ4_FRAME:
		out->len += LZ4F_compressFrame(buffer_reserve(out, room), room, in.data, in.len,
					       NULL);
		break;
	case CODEC_BROTLI: /* Debian has no encoder in the library that is linked */
	case CODEC_COUNT:
		break;
	}
}

static const enum codec all[] = {
	CODEC_GZIP,   CODEC_DEFLATE,	 CODEC_DEFLATE_RAW, CODEC_ZSTD,
	CODEC_SNAPPY, CODEC_SNAPPY_JAVA, CODEC_LZ4_FRAME,
};

#define ALL (sizeof(all) / sizeof(all[0]))

static void whole(void **state)
{
	struct codec_contexts contexts = {0};
	char plain[PLAIN_LEN];

	(void)state;
	fill(plain, sizeof(plain));
	/* Twice: the second finds the contexts of the first. */
	for (size_t i = 0; i < 2 * ALL; i++) {
		struct buffer packed = {0}, out = {0};

		pack(all[i % ALL], span_of(plain, sizeof(plain)), &packed);
		buffer_append_text(&out, "before");
		assert_int_equal(codec_decode(&contexts, all[i % ALL], buffer_span(&packed), &out,
					      sizeof(plain)),
				 CODEC_DONE);
		assert_int_equal(out.len, 6 + sizeof(plain));
		assert_memory_equal(out.data, "before", 6);
		assert_memory_equal(out.data + 6, plain, sizeof(plain));
		buffer_free(&packed);
		buffer_free(&out);
	}
	codec_free(&contexts);
}

/* What comes of a cut one is a beginning of the whole, and it is never taken for whole. */
static void cut(void **state)
{
	struct codec_contexts contexts = {0};
	char plain[2000];

	(void)state;
	fill(plain, sizeof(plain));
	for (size_t i = 0; i < ALL; i++) {
		struct buffer packed = {0};

		pack(all[i], span_of(plain, sizeof(plain)), &packed);
		for (size_t len = 0; len < packed.len; len++) {
			struct buffer out = {0};
			/* A copy of just that length, so that ASan sees a read beyond. */
			char *part = malloc(len ? len : 1);
			enum codec_end end;

			assert_non_null(part);
			memcpy(part, packed.data, len);
			end = codec_decode(&contexts, all[i], span_of(part, len), &out, 1 << 20);
			/* Between two blocks of snappy-java nothing tells that more was to come. */
			if (all[i] != CODEC_SNAPPY_JAVA)
				assert_true(end == CODEC_CUT || end == CODEC_DAMAGED);
			assert_true(out.len <= sizeof(plain));
			if (out.len)
				assert_memory_equal(out.data, plain, out.len);
			free(part);
			buffer_free(&out);
		}
		buffer_free(&packed);
	}
	codec_free(&contexts);
}

static void limits(void **state)
{
	struct codec_contexts contexts = {0};
	char plain[5000];

	(void)state;
	fill(plain, sizeof(plain));
	for (size_t i = 0; i < ALL; i++) {
		struct buffer packed = {0}, out = {0};

		pack(all[i], span_of(plain, sizeof(plain)), &packed);
		assert_int_equal(codec_decode(&contexts, all[i], buffer_span(&packed), &out,
					      sizeof(plain) - 1),
				 CODEC_FULL);
		assert_true(out.len <= sizeof(plain) - 1);
		if (out.len)
			assert_memory_equal(out.data, plain, out.len);
		buffer_clear(&out);
		assert_int_equal(
			codec_decode(&contexts, all[i], buffer_span(&packed), &out, SIZE_MAX),
			CODEC_DONE);
		assert_int_equal(out.len, sizeof(plain));
		buffer_free(&packed);
		buffer_free(&out);
	}
	codec_free(&contexts);
}

static void claims(void **state)
{
	struct codec_contexts contexts = {0};
	struct buffer out = {0};

	(void)state;
	/* A block of Snappy that claims 4 GB - 1 in five bytes. */
	assert_int_equal(codec_decode(&contexts, CODEC_SNAPPY, span_of("\xff\xff\xff\xff\x0f", 5),
				      &out, SIZE_MAX),
			 CODEC_CUT);
	assert_int_equal(codec_decode_lz4_block(span_of("\x10"
							"a",
							2),
						&out, 1u << 30),
			 CODEC_DAMAGED);
	assert_true(out.capacity < 1 << 20);
	for (size_t i = 0; i < ALL; i++)
		assert_true(codec_decode(&contexts, all[i], span_text("not compressed at all"),
					 &out, SIZE_MAX) != CODEC_DONE);
	buffer_free(&out);
	codec_free(&contexts);
}

/* A match that reaches back by nothing is damage; what lay in memory before is not told for it. */
static void nothing_of_before(void **state)
{
	static const char block[] = "\x14"
				    "a\0\0\x50"
				    "bcdef";
	struct buffer out = {0};
	size_t size = 1 + 8 + 5;

	(void)state;
	memset(buffer_reserve(&out, size), 'x', size);
	assert_int_not_equal(codec_decode_lz4_block(span_of(block, sizeof(block) - 1), &out, size),
			     CODEC_FULL);
	assert_null(memchr(out.data, 'x', out.len));
	buffer_free(&out);
}

static void lz4_block(void **state)
{
	struct buffer out = {0};
	char plain[3000], packed[4000];
	int len;

	(void)state;
	fill(plain, sizeof(plain));
	len = LZ4_compress_default(plain, packed, sizeof(plain), sizeof(packed));
	assert_true(len > 0);
	assert_int_equal(codec_decode_lz4_block(span_of(packed, (size_t)len), &out, sizeof(plain)),
			 CODEC_DONE);
	assert_int_equal(out.len, sizeof(plain));
	assert_memory_equal(out.data, plain, sizeof(plain));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),     cmocka_unit_test(cut),
		cmocka_unit_test(limits),    cmocka_unit_test(claims),
		cmocka_unit_test(lz4_block), cmocka_unit_test(nothing_of_before),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
