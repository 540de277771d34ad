/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/bson.h"

/* MongoDB's specification "BSON Decimal128": bias and digits of the format. */
#define BIAS	   6176
#define DIGITS_MAX 34

typedef unsigned __int128 significand;

/* 10^34 - 1; a larger one isn't canonical and counts as zero. */
static bool is_canonical(significand value)
{
	significand limit = 1;

	for (int i = 0; i < DIGITS_MAX; i++)
		limit *= 10;
	return value < limit;
}

static size_t to_digits(significand value, char digits[DIGITS_MAX])
{
	char reversed[DIGITS_MAX];
	size_t count = 0;

	do {
		reversed[count++] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value && count < DIGITS_MAX);
	for (size_t i = 0; i < count; i++)
		digits[i] = reversed[count - 1 - i];
	return count;
}

static void append_scientific(struct buffer *out, const char *digits, size_t count, int exponent)
{
	buffer_append(out, digits, 1);
	if (count > 1) {
		buffer_append_char(out, '.');
		buffer_append(out, digits + 1, count - 1);
	}
	buffer_printf(out, "E%+d", exponent);
}

static void append_plain(struct buffer *out, const char *digits, size_t count, int exponent)
{
	int point = (int)count + exponent;

	if (exponent == 0) {
		buffer_append(out, digits, count);
		return;
	}
	if (point > 0) {
		buffer_append(out, digits, (size_t)point);
		buffer_append_char(out, '.');
		buffer_append(out, digits + point, count - (size_t)point);
		return;
	}
	buffer_append_text(out, "0.");
	for (; point < 0; point++)
		buffer_append_char(out, '0');
	buffer_append(out, digits, count);
}

void bson_decimal(uint64_t low, uint64_t high, struct buffer *out)
{
	significand value = (significand)(high & 0x1ffffffffffff) << 64 | low;
	int exponent = (int)(high >> 49 & 0x3fff) - BIAS, adjusted;
	unsigned combination = high >> 58 & 0x1f;
	char digits[DIGITS_MAX];
	size_t count;

	if (combination == 0x1f) {
		buffer_append_text(out, "NaN");
		return;
	}
	if (high >> 63)
		buffer_append_char(out, '-');
	if (combination == 0x1e) {
		buffer_append_text(out, "Infinity");
		return;
	}
	if (combination >> 3 == 3) {
		/* The other place of the exponent: such a significand is too large. */
		exponent = (int)(high >> 47 & 0x3fff) - BIAS;
		value = 0;
	}
	if (!is_canonical(value))
		value = 0;
	count = to_digits(value, digits);
	adjusted = exponent + (int)count - 1;
	if (exponent > 0 || adjusted < -6)
		append_scientific(out, digits, count, adjusted);
	else
		append_plain(out, digits, count, exponent);
}
