/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/value.h"

/* Longer ones are shown as their bytes: their digits take time by the square. */
#define BYTES_MAX  128
#define LIMBS_MAX  (BYTES_MAX / 4)
#define DIGITS_MAX (BYTES_MAX * 5 / 2)

/* What any reader of JSON takes for a number without losing its size. */
#define EXPONENT_MAX 300

uint64_t cql_vint(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	unsigned extra = 0;
	uint64_t value;

	while (extra < 8 && first & 0x80 >> extra)
		extra++;
	value = extra < 8 ? first & (0x7fu >> extra) : 0;
	for (; extra; extra--)
		value = value << 8 | cursor_u8(c);
	return c->failed ? 0 : value;
}

/* The number's bytes, without its sign, as limbs from the lowest. */
static size_t to_limbs(struct span bytes, bool negative, uint32_t limbs[LIMBS_MAX])
{
	size_t count = (bytes.len + 3) / 4;
	uint64_t carry = negative;

	for (size_t i = 0; i < count; i++) {
		uint32_t limb = 0;

		for (size_t at = 0; at < 4; at++) {
			size_t place = i * 4 + at;
			uint8_t byte = negative ? 0xff : 0;

			if (place < bytes.len)
				byte = (uint8_t)bytes.data[bytes.len - 1 - place];
			limb |= (uint32_t)byte << (8 * at);
		}
		if (negative) {
			carry += (uint32_t)~limb;
			limb = (uint32_t)carry;
			carry >>= 32;
		}
		limbs[i] = limb;
	}
	return count;
}

/* Decimal digits, at least one; returns how many. */
static size_t to_digits(struct span bytes, bool negative, char digits[DIGITS_MAX])
{
	uint32_t limbs[LIMBS_MAX];
	size_t count = to_limbs(bytes, negative, limbs), len = 0;

	while (count && len + 9 <= DIGITS_MAX) {
		uint64_t rest = 0;

		for (size_t i = count; i-- > 0;) {
			rest = rest << 32 | limbs[i];
			limbs[i] = (uint32_t)(rest / 1000000000);
			rest %= 1000000000;
		}
		for (int i = 0; i < 9; i++, rest /= 10)
			digits[len++] = (char)('0' + rest % 10);
		while (count && !limbs[count - 1])
			count--;
	}
	while (len > 1 && digits[len - 1] == '0')
		len--;
	for (size_t i = 0; i < len / 2; i++) {
		char c = digits[i];

		digits[i] = digits[len - 1 - i];
		digits[len - 1 - i] = c;
	}
	return len;
}

void cql_varint_json(struct cql_writer *w, struct span bytes)
{
	char digits[DIGITS_MAX];
	bool negative = bytes.len && bytes.data[0] & 0x80, plain = bytes.len <= 8;
	size_t len;

	if (!bytes.len || bytes.len > BYTES_MAX) {
		cql_bytes_json(w, bytes);
		return;
	}
	len = to_digits(bytes, negative, digits);
	if (!plain)
		buffer_append_char(w->out, '"');
	if (negative)
		buffer_append_char(w->out, '-');
	buffer_append(w->out, digits, len);
	if (!plain)
		buffer_append_char(w->out, '"');
}

/* As java.math.BigDecimal writes it. */
static void append_scaled(struct buffer *out, const char *digits, size_t len, int64_t scale)
{
	int64_t exponent = (int64_t)len - 1 - scale;

	if (scale < 0 || exponent < -6) {
		buffer_append(out, digits, 1);
		if (len > 1) {
			buffer_append_char(out, '.');
			buffer_append(out, digits + 1, len - 1);
		}
		buffer_printf(out, "E%+lld", (long long)exponent);
		return;
	}
	if ((size_t)scale < len) {
		buffer_append(out, digits, len - (size_t)scale);
		digits += len - (size_t)scale;
		len = (size_t)scale;
	} else {
		buffer_append_char(out, '0');
	}
	if (!scale)
		return;
	buffer_append_char(out, '.');
	for (int64_t zeros = scale - (int64_t)len; zeros > 0; zeros--)
		buffer_append_char(out, '0');
	buffer_append(out, digits, len);
}

void cql_decimal_json(struct cql_writer *w, struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	int32_t scale = (int32_t)cursor_be32(&c);
	struct span unscaled = cursor_rest(&c);
	char digits[DIGITS_MAX];
	bool negative, plain;
	size_t len;

	if (c.failed || !unscaled.len || unscaled.len > BYTES_MAX) {
		w->damaged |= c.failed || !unscaled.len;
		cql_bytes_json(w, bytes);
		return;
	}
	negative = unscaled.data[0] & 0x80;
	plain = unscaled.len <= 8 && scale < EXPONENT_MAX && scale > -EXPONENT_MAX;
	len = to_digits(unscaled, negative, digits);
	if (!plain)
		buffer_append_char(w->out, '"');
	if (negative)
		buffer_append_char(w->out, '-');
	append_scaled(w->out, digits, len, scale);
	if (!plain)
		buffer_append_char(w->out, '"');
}
