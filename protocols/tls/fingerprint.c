/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/evp.h>
#include <stdlib.h>

#include "protocols/cursor.h"
#include "protocols/tls/hello.h"
#include "protocols/value/hex.h"

static void append_digest(struct buffer *out, const EVP_MD *kind, const struct buffer *text,
			  size_t shown)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!text->failed &&
	    EVP_Digest(text->data ? text->data : "", text->len, digest, &len, kind, NULL))
		hex_append(out, span_of(digest, shown < len ? shown : len));
}

static struct cursor over(struct span bytes)
{
	return cursor_of(bytes.data, bytes.len);
}

/* ---- JA3 ---- */

/* Decimal numbers of 16 bits with dashes between them, but for those that mean nothing. */
static void append_numbers(struct buffer *out, struct span list)
{
	struct cursor c = over(list);
	bool first = true;

	while (cursor_left(&c) >= 2) {
		uint16_t value = cursor_be16(&c);

		if (tls_is_grease(value))
			continue;
		if (!first)
			buffer_append_char(out, '-');
		first = false;
		buffer_append_u64(out, value);
	}
}

static void append_extensions(struct buffer *out, struct span extensions)
{
	struct cursor c = over(extensions);
	bool first = true;

	while (cursor_left(&c) >= 4) {
		uint16_t type = cursor_be16(&c);

		cursor_skip(&c, cursor_be16(&c));
		if (tls_is_grease(type))
			continue;
		if (!first)
			buffer_append_char(out, '-');
		first = false;
		buffer_append_u64(out, type);
	}
}

void tls_ja3(const struct tls_client_hello *hello, struct buffer *out)
{
	struct buffer text = {0};

	buffer_append_u64(&text, hello->legacy_version);
	buffer_append_char(&text, ',');
	append_numbers(&text, hello->suites);
	buffer_append_char(&text, ',');
	append_extensions(&text, hello->extensions);
	buffer_append_char(&text, ',');
	append_numbers(&text, hello->groups);
	buffer_append_char(&text, ',');
	for (size_t i = 0; i < hello->point_formats.len; i++)
		buffer_printf(&text, i ? "-%u" : "%u", (uint8_t)hello->point_formats.data[i]);
	append_digest(out, EVP_md5(), &text, 16);
	buffer_free(&text);
}

void tls_ja3s(const struct tls_server_hello *hello, struct buffer *out)
{
	struct buffer text = {0};

	buffer_printf(&text, "%u,%u,", hello->legacy_version, hello->suite);
	append_extensions(&text, hello->extensions);
	append_digest(out, EVP_md5(), &text, 16);
	buffer_free(&text);
}

/* ---- JA4 ---- */

static int compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Four hexadecimal digits each, with commas between them. */
static void append_list(struct buffer *out, const struct buffer *values)
{
	const uint16_t *list = (const uint16_t *)values->data;

	for (size_t i = 0; i < values->len / sizeof(*list); i++)
		buffer_printf(out, i ? ",%04x" : "%04x", list[i]);
}

static void collect(struct buffer *values, struct span list)
{
	struct cursor c = over(list);

	while (cursor_left(&c) >= 2) {
		uint16_t value = cursor_be16(&c);

		if (!tls_is_grease(value))
			buffer_append(values, &value, sizeof(value));
	}
}

#define EXTENSION_SNI  0
#define EXTENSION_ALPN 16

/* All count; those that depend on whom the client asks are left out of the hash. */
static size_t collect_extensions(struct buffer *values, struct span extensions)
{
	struct cursor c = over(extensions);
	size_t count = 0;

	while (cursor_left(&c) >= 4) {
		uint16_t type = cursor_be16(&c);

		cursor_skip(&c, cursor_be16(&c));
		if (tls_is_grease(type))
			continue;
		count++;
		if (type != EXTENSION_SNI && type != EXTENSION_ALPN)
			buffer_append(values, &type, sizeof(type));
	}
	return count;
}

static void sort(struct buffer *values)
{
	if (values->len)
		qsort(values->data, values->len / 2, 2, compare);
}

static const char *ja4_version(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	default:
		return "00";
	}
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first protocol; in hexadecimal where they are none. */
static void append_alpn(struct buffer *out, struct span alpn)
{
	struct span first = tls_alpn_first(alpn);
	char a, b;

	if (!first.len) {
		buffer_append_text(out, "00");
		return;
	}
	a = first.data[0];
	b = first.data[first.len - 1];
	if (is_alphanumeric(a) && is_alphanumeric(b))
		buffer_printf(out, "%c%c", a, b);
	else
		buffer_printf(out, "%x%x", (uint8_t)a >> 4, b & 15);
}

static void append_hash(struct buffer *out, const struct buffer *text)
{
	if (text->len)
		append_digest(out, EVP_sha256(), text, 6);
	else
		buffer_append_text(out, "000000000000");
}

void tls_ja4(const struct tls_client_hello *hello, struct buffer *out)
{
	struct buffer suites = {0}, extensions = {0}, signatures = {0}, text = {0};
	size_t suite_count, extension_count;

	collect(&suites, hello->suites);
	collect(&signatures, hello->signatures);
	extension_count = collect_extensions(&extensions, hello->extensions);
	suite_count = suites.len / 2;
	buffer_printf(out, "t%s%c%02zu%02zu", ja4_version(hello->version),
		      hello->sni.len ? 'd' : 'i', suite_count < 99 ? suite_count : 99,
		      extension_count < 99 ? extension_count : 99);
	append_alpn(out, hello->alpn);
	buffer_append_char(out, '_');
	sort(&suites);
	append_list(&text, &suites);
	append_hash(out, &text);
	buffer_append_char(out, '_');
	buffer_clear(&text);
	sort(&extensions);
	append_list(&text, &extensions);
	if (signatures.len && text.len)
		buffer_append_char(&text, '_');
	append_list(&text, &signatures);
	append_hash(out, &text);
	buffer_free(&suites);
	buffer_free(&extensions);
	buffer_free(&signatures);
	buffer_free(&text);
}
