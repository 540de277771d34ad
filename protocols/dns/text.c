/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/text.h"

#include <arpa/inet.h>
#include <time.h>

static bool visible(uint8_t c)
{
	return c > ' ' && c < 0x7f;
}

static char *put_decimal_escape(char *to, uint8_t c)
{
	*to++ = '\\';
	*to++ = (char)('0' + c / 100);
	*to++ = (char)('0' + c / 10 % 10);
	*to++ = (char)('0' + c % 10);
	return to;
}

/* Letters, digits, dashes and underscores: what names are made of. */
static bool is_name_character(uint8_t c)
{
	static const bool plain[256] = {
		['-'] = true,	      ['_'] = true,	    ['0' ... '9'] = true,
		['A' ... 'Z'] = true, ['a' ... 'z'] = true,
	};

	return plain[c];
}

void dns_append_label(struct buffer *out, const uint8_t *label, size_t len)
{
	char *start = buffer_reserve(out, len * 4), *to = start;
	size_t plain = 0;

	if (!start)
		return;
	while (plain < len && is_name_character(label[plain]))
		plain++;
	to = span_put(to, span_of(label, plain));
	for (size_t i = plain; i < len; i++) {
		uint8_t c = label[i];

		if (is_name_character(c)) {
			*to++ = (char)c;
			continue;
		}
		if (!visible(c)) {
			to = put_decimal_escape(to, c);
			continue;
		}
		if (c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';')
			*to++ = '\\';
		*to++ = (char)c;
	}
	out->len += (size_t)(to - start);
}

void dns_append_escaped(struct buffer *out, struct span text)
{
	char *start = buffer_reserve(out, text.len * 4), *to = start;

	if (!start)
		return;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.data[i];

		if (!visible(c) && c != ' ') {
			to = put_decimal_escape(to, c);
			continue;
		}
		if (c == '"' || c == '\\')
			*to++ = '\\';
		*to++ = (char)c;
	}
	out->len += (size_t)(to - start);
}

void dns_append_quoted(struct buffer *out, struct span text)
{
	buffer_append_char(out, '"');
	dns_append_escaped(out, text);
	buffer_append_char(out, '"');
}

void dns_append_hex(struct buffer *out, struct span bytes)
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = buffer_reserve(out, bytes.len * 2);

	if (!to)
		return;
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = (uint8_t)bytes.data[i];

		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	out->len += bytes.len * 2;
}

/* BITS of a byte string per digit of ALPHABET, the last digit filled up with zeros. */
static void append_digits(struct buffer *out, struct span bytes, unsigned bits,
			  const char *alphabet)
{
	size_t count = (bytes.len * 8 + bits - 1) / bits;
	char *to = buffer_reserve(out, count);
	uint32_t held = 0;
	unsigned have = 0;
	size_t used = 0;

	if (!to)
		return;
	for (size_t i = 0; i < count; i++) {
		if (have < bits) {
			held = held << 8 | (used < bytes.len ? (uint8_t)bytes.data[used] : 0);
			used++;
			have += 8;
		}
		have -= bits;
		to[i] = alphabet[held >> have & ((1u << bits) - 1)];
	}
	out->len += count;
}

void dns_append_base64(struct buffer *out, struct span bytes)
{
	append_digits(out, bytes, 6,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	buffer_append(out, "==", (3 - bytes.len % 3) % 3);
}

void dns_append_base32hex(struct buffer *out, struct span bytes)
{
	append_digits(out, bytes, 5, "0123456789ABCDEFGHIJKLMNOPQRSTUV");
}

void dns_append_opaque(struct buffer *out, struct span bytes)
{
	buffer_append_text(out, "\\# ");
	buffer_append_u64(out, bytes.len);
	if (bytes.len > 0)
		buffer_append_char(out, ' ');
	dns_append_hex(out, bytes);
}

void dns_append_ipv4(struct buffer *out, const uint8_t address[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			buffer_append_char(out, '.');
		buffer_append_u64(out, address[i]);
	}
}

void dns_append_ipv6(struct buffer *out, const uint8_t address[static 16])
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(AF_INET6, address, text, sizeof(text)))
		buffer_append_text(out, text);
}

void dns_append_time(struct buffer *out, uint32_t seconds)
{
	time_t at = seconds;
	struct tm tm;
	char text[32];

	if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm))
		buffer_append_text(out, text);
}
