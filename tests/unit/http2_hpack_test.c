/* SPDX-License-Identifier: BSD-2-Clause */
/* Header compression, with nghttp2's encoder as the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "protocols/http2/hpack.h"
#include "protocols/http2/huffman.h"

/* Fields as "name=value;", "?" for what is unknown. */
static void write_field(void *context, const struct hpack_field *field)
{
	struct buffer *out = context;

	if (field->name_unknown)
		buffer_append_char(out, '?');
	else
		buffer_append_span(out, field->name);
	buffer_append_char(out, '=');
	if (field->value_unknown)
		buffer_append_char(out, '?');
	else
		buffer_append_span(out, field->value);
	buffer_append_char(out, ';');
}

/* "Zeroed but for size_max": what a connection begins with. */
static struct hpack fresh(void)
{
	return (struct hpack){.size_max = HPACK_TABLE_SIZE};
}

static void check_block(struct hpack *h, struct span block, bool good, const char *fields)
{
	struct buffer out = {0};

	assert_int_equal(hpack_decode(h, block, write_field, &out), good);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, fields);
	buffer_free(&out);
}

#define BLOCK(text) span_of(text, sizeof(text) - 1)

/* RFC 7541, appendix C.3 and C.4: three requests on one connection, without and with Huffman. */
static void requests_of_the_rfc(void **state)
{
	static const char first[] = ":method=GET;:scheme=http;:path=/;:authority=www.example.com;";
	static const char second[] = ":method=GET;:scheme=http;:path=/;:authority=www.example.com;"
				     "cache-control=no-cache;";
	static const char third[] = ":method=GET;:scheme=https;:path=/index.html;"
				    ":authority=www.example.com;custom-key=custom-value;";
	struct hpack h = fresh();

	(void)state;
	check_block(&h, BLOCK("\x82\x86\x84\x41\x0fwww.example.com"), true, first);
	check_block(&h, BLOCK("\x82\x86\x84\xbe\x58\x08no-cache"), true, second);
	check_block(&h,
		    BLOCK("\x82\x87\x85\xbf\x40\x0a"
			  "custom-key\x0c"
			  "custom-value"),
		    true, third);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.size, 164);
	hpack_free(&h);
	h = fresh();
	check_block(&h,
		    BLOCK("\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
		    true, first);
	check_block(&h, BLOCK("\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf"), true, second);
	check_block(&h,
		    BLOCK("\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8"
			  "\x49\xe9\x5b\xb8\xe8\xb4\xbf"),
		    true, third);
	assert_int_equal(h.size, 164);
	hpack_free(&h);
}

/* Every byte there is, in every place of a value, through the other end's Huffman encoder. */
static void every_symbol(void **state)
{
	nghttp2_hd_deflater *other;
	struct hpack h = fresh();

	(void)state;
	assert_int_equal(nghttp2_hd_deflate_new(&other, HPACK_TABLE_SIZE), 0);
	for (int byte = 0; byte < 256; byte++) {
		uint8_t value[64], packed[512];
		struct buffer out = {0};
		nghttp2_nv nv = {(uint8_t *)"name", value, 4, sizeof(value), 0};
		ssize_t len;

		/* Many short codes before it, so that the whole is worth coding. */
		memset(value, 'e', sizeof(value));
		value[byte % 60] = value[byte % 60 + 1] = (uint8_t)byte;
		len = nghttp2_hd_deflate_hd(other, packed, sizeof(packed), &nv, 1);
		assert_true(len > 0 && len < 60);
		assert_true(hpack_decode(&h, span_of(packed, (size_t)len), write_field, &out));
		assert_int_equal(out.len, 5 + sizeof(value) + 1);
		assert_memory_equal(out.data + 5, value, sizeof(value));
		buffer_free(&out);
	}
	nghttp2_hd_deflate_del(other);
	hpack_free(&h);
}

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

struct fields {
	nghttp2_nv nv[20];
	char text[20][2][80];
	size_t count;
};

/* Fields that repeat now and then, of all lengths, some too large for the table. */
static void make_fields(struct fields *f, uint32_t *x, int turn)
{
	f->count = next_random(x) % 20;
	for (size_t i = 0; i < f->count; i++) {
		uint32_t what = next_random(x) % 60;

		snprintf(f->text[i][0], sizeof(f->text[i][0]), "%s-%u",
			 what % 3 ? "x" : "accept-encoding", what % 12);
		snprintf(f->text[i][1], sizeof(f->text[i][1]), "%.*s%u-%d", (int)(what % 40),
			 "gzip, deflate\x01\xff br, zstd; q=0.5 (any) {x}", what, turn / 100);
		f->nv[i] = (nghttp2_nv){(uint8_t *)f->text[i][0], (uint8_t *)f->text[i][1],
					strlen(f->text[i][0]), strlen(f->text[i][1]),
					what % 7 ? 0 : NGHTTP2_NV_FLAG_NO_INDEX};
	}
}

static void write_fields(const struct fields *f, struct buffer *out)
{
	for (size_t i = 0; i < f->count; i++)
		write_field(out, &(struct hpack_field){
					 .name = span_of(f->nv[i].name, f->nv[i].namelen),
					 .value = span_of(f->nv[i].value, f->nv[i].valuelen),
				 });
}

/* A long connection whose table fills, is emptied and gets other sizes. */
static void long_connection(void **state)
{
	nghttp2_hd_deflater *other;
	struct hpack h = fresh();
	uint32_t x = 7;

	(void)state;
	assert_int_equal(nghttp2_hd_deflate_new(&other, 1 << 16), 0);
	for (int i = 0; i < 5000; i++) {
		struct buffer want = {0}, got = {0};
		struct fields f;
		uint8_t packed[8192];
		ssize_t len;

		make_fields(&f, &x, i);
		if (i % 500 == 499)
			nghttp2_hd_deflate_change_table_size(other, next_random(&x) % 9000);
		len = nghttp2_hd_deflate_hd(other, packed, sizeof(packed), f.nv, f.count);
		assert_true(len >= 0);
		write_fields(&f, &want);
		assert_true(hpack_decode(&h, span_of(packed, (size_t)len), write_field, &got));
		assert_true(span_equal(buffer_span(&want), buffer_span(&got)));
		assert_int_equal(h.size, nghttp2_hd_deflate_get_dynamic_table_size(other));
		buffer_free(&want);
		buffer_free(&got);
	}
	nghttp2_hd_deflate_del(other);
	hpack_free(&h);
}

/*
 * The recording begins in the middle: each field is right or unknown, never another, and in the
 * end all values are known. A name may never be: each new entry with it names an older one.
 */
static void unknown_beginning(void **state)
{
	nghttp2_hd_deflater *other;
	struct hpack h = {.size_max = HPACK_TABLE_MAX, .older = true};
	size_t unknown = 0;
	uint32_t x = 99;

	(void)state;
	assert_int_equal(nghttp2_hd_deflate_new(&other, HPACK_TABLE_SIZE), 0);
	for (int i = 0; i < 3000; i++) {
		struct buffer want = {0}, got = {0};
		struct fields f;
		uint8_t packed[8192];
		ssize_t len;

		make_fields(&f, &x, i);
		len = nghttp2_hd_deflate_hd(other, packed, sizeof(packed), f.nv, f.count);
		if (i < 300)
			continue;
		write_fields(&f, &want);
		assert_true(hpack_decode(&h, span_of(packed, (size_t)len), write_field, &got));
		if (!span_equal(buffer_span(&want), buffer_span(&got))) {
			assert_non_null(memchr(got.data, '?', got.len));
			assert_true(i < 1000 || !memmem(got.data, got.len, "=?", 2));
			unknown++;
		}
		buffer_free(&want);
		buffer_free(&got);
	}
	assert_true(unknown > 0);
	nghttp2_hd_deflate_del(other);
	hpack_free(&h);
}

static void unknown_names_keep_their_values(void **state)
{
	struct hpack h = {.size_max = HPACK_TABLE_MAX, .older = true};

	(void)state;
	/* Literal with incremental indexing, its name in entry 62; then that entry as a whole. */
	check_block(&h, BLOCK("\x7e\x03new"), true, "?=new;");
	check_block(&h, BLOCK("\xbe\xbf\x82"), true, "?=new;?=?;:method=GET;");
	/* Whoever sets the size to nothing has nothing left. */
	check_block(&h, BLOCK("\x20\xbe"), false, "");
	hpack_free(&h);
}

static void errors(void **state)
{
	const struct {
		struct span block;
		const char *fields;
	} cases[] = {
		{BLOCK("\x80"), ""},				 /* index 0 */
		{BLOCK("\x82\xbe"), ":method=GET;"},		 /* not in the table */
		{BLOCK("\x7e\x01x"), ""},			 /* nor is the name */
		{BLOCK("\x40\x01x"), ""},			 /* no value */
		{BLOCK("\x40\x7f\xff\xff\xff\xff\x0f"), ""},	 /* more than there is */
		{BLOCK("\xff\x80\x80\x80\x80\x80\x80\x01"), ""}, /* an integer without end */
		{BLOCK("\xff\xff\xff\xff\xff\x7f"), ""},	 /* beyond 32 bits */
		{BLOCK("\x41\x81\x00"), ""},			 /* padding of zeros */
		{BLOCK("\x41\x84\xff\xff\xff\xff"), ""},	 /* EOS */
		{BLOCK("\x41\x82\x1f\xff"), ""}, /* more than seven bits of padding */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hpack h = fresh();

		check_block(&h, cases[i].block, false, cases[i].fields);
		assert_true(h.older);
		hpack_free(&h);
	}
}

/* Each block in memory of just its length, cut at each byte. */
static void cut_blocks(void **state)
{
	static const char block[] =
		"\x82\x87\x85\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4"
		"\xff\x40\x0a"
		"custom-key\x0c"
		"custom-value";

	(void)state;
	for (size_t len = 0; len < sizeof(block) - 1; len++) {
		struct hpack h = fresh();
		struct buffer out = {0};
		char *part = malloc(len ? len : 1);

		assert_non_null(part);
		memcpy(part, block, len);
		hpack_decode(&h, span_of(part, len), write_field, &out);
		assert_true(out.len <= strlen(":method=GET;:scheme=https;:path=/index.html;"
					      ":authority=www.example.com;"));
		free(part);
		buffer_free(&out);
		hpack_free(&h);
	}
}

/* A table of any size may be agreed on; no more than HPACK_TABLE_MAX is remembered. */
static void large_table(void **state)
{
	struct hpack h = fresh();
	char block[1104];
	struct buffer out = {0};

	(void)state;
	/* size update to 2^24, then fields of 1 KB */
	assert_true(hpack_decode(&h, BLOCK("\x3f\xe1\xff\xff\x07"), write_field, &out));
	assert_int_equal(h.size_max, 1 << 24);
	memset(block, 'v', sizeof(block));
	memcpy(block, "\x40\x01n\x7f\xc9\x07", 6); /* 127 + 969 bytes */
	for (int i = 0; i < 1000; i++) {
		buffer_clear(&out);
		assert_true(hpack_decode(&h, span_of(block, 6 + 127 + 969), write_field, &out));
		assert_true(h.size <= HPACK_TABLE_MAX);
		assert_true(hpack_memory(&h) < 2 * HPACK_TABLE_MAX);
	}
	/* It is there for the two ends, but we don't know it any more. */
	buffer_clear(&out);
	assert_true(hpack_decode(&h, BLOCK("\xff\x80\x06"), write_field, &out));
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, "?=?;", 4);
	buffer_free(&out);
	hpack_free(&h);
}

/* RFC 7541, section 2.3.3 and appendix A: 61 entries, then those of the connection. */
static void last_of_the_fixed_table(void **state)
{
	struct hpack h = fresh();

	(void)state;
	check_block(&h, BLOCK("\x40\1a\1b"), true, "a=b;");
	check_block(&h, BLOCK("\x81\xbd\xbe"), true, ":authority=;www-authenticate=;a=b;");
	check_block(&h, BLOCK("\xbf"), false, "");
	hpack_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_the_rfc),
		cmocka_unit_test(every_symbol),
		cmocka_unit_test(long_connection),
		cmocka_unit_test(unknown_beginning),
		cmocka_unit_test(unknown_names_keep_their_values),
		cmocka_unit_test(errors),
		cmocka_unit_test(cut_blocks),
		cmocka_unit_test(large_table),
		cmocka_unit_test(last_of_the_fixed_table),
	};

	return cmocka_run_group_tests_name("http2_hpack", tests, NULL, NULL);
}
