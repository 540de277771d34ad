/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_append(struct buffer *out, struct span bytes)
{
	const uint8_t *in = (const uint8_t *)bytes.data;
	char *to = buffer_reserve(out, bytes.len / 3 * 4 + 4);
	size_t left = bytes.len;

	if (!to || !left)
		return;
	for (; left >= 3; left -= 3, in += 3) {
		uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = digits[group >> 6 & 63];
		*to++ = digits[group & 63];
	}
	if (left) {
		uint32_t group = (uint32_t)in[0] << 16 | (left > 1 ? (uint32_t)in[1] << 8 : 0);

		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*to++ = '=';
	}
	out->len = (size_t)(to - out->data);
}

/* -1: no digit. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct buffer *out, struct span text)
{
	char *to = buffer_reserve(out, text.len / 4 * 3 + 3);
	uint32_t window = 0;
	unsigned have = 0;

	if (!to)
		return false;
	while (text.len && text.data[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.data[i]);

		if (value < 0)
			return false;
		window = window << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(window >> have);
		}
	}
	out->len = (size_t)(to - out->data);
	return have < 6;
}
