/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/buffer.h"

#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 64
#define PRINTF_ROOM  64

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

char *buffer_grow(struct buffer *b, size_t extra)
{
	size_t capacity = b->capacity ? b->capacity : CAPACITY_MIN;
	char *data;

	if (b->failed)
		return NULL;
	if (extra > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return NULL;
	}
	while (capacity - b->len < extra)
		capacity *= 2;
	data = realloc(b->data, capacity);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->capacity = capacity;
	return data + b->len;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	/* Nearly all fit. */
	char *to = buffer_reserve(b, PRINTF_ROOM);
	size_t room = b->capacity - b->len;
	va_list args;
	int n;

	if (!to)
		return;
	va_start(args, format);
	n = vsnprintf(to, room, format, args);
	va_end(args);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)n >= room) {
		to = buffer_reserve(b, (size_t)n + 1);
		if (!to)
			return;
		va_start(args, format);
		vsnprintf(to, (size_t)n + 1, format, args);
		va_end(args);
	}
	b->len += (size_t)n;
}

/* The numbers from 0 to 99, two digits each. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

/* Decimal digits of VALUE: about as many as the bits tell (1233 / 4096 is the logarithm of 2). */
static unsigned digits_of(uint64_t value)
{
	static const uint64_t powers[U64_DIGITS] = {
		0, /* zero has a digit, too */
		10u,
		100u,
		1000u,
		10000u,
		100000u,
		1000000u,
		10000000u,
		100000000u,
		1000000000u,
		10000000000u,
		100000000000u,
		1000000000000u,
		10000000000000u,
		100000000000000u,
		1000000000000000u,
		10000000000000000u,
		100000000000000000u,
		1000000000000000000u,
		10000000000000000000u,
	};
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
	unsigned at_least = bits * 1233 >> 12;

	return at_least + (value >= powers[at_least]);
}

#define EIGHT_DIGITS 100000000u

/* All eight digits of VALUE: their pairs don't wait for each other. */
static void put_eight(char *to, uint32_t value)
{
	uint32_t high = value / 10000, low = value % 10000;

	memcpy(to, pairs + (size_t)(high / 100) * 2, 2);
	memcpy(to + 2, pairs + (size_t)(high % 100) * 2, 2);
	memcpy(to + 4, pairs + (size_t)(low / 100) * 2, 2);
	memcpy(to + 6, pairs + (size_t)(low % 100) * 2, 2);
}

char *buffer_put_u64(char to[static U64_DIGITS], uint64_t value)
{
	char *end, *at;

	if (value < 10) {
		*to = (char)('0' + value);
		return to + 1;
	}
	at = end = to + digits_of(value);

	for (; value >= EIGHT_DIGITS; value /= EIGHT_DIGITS) {
		at -= 8;
		put_eight(at, (uint32_t)(value % EIGHT_DIGITS));
	}
	while (value >= 100) {
		at -= 2;
		memcpy(at, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	/* What is left is one digit or two. */
	if (at == to + 2)
		memcpy(to, pairs + value * 2, 2);
	else
		*to = (char)('0' + value);
	return end;
}

void buffer_append_u64(struct buffer *b, uint64_t value)
{
	char *to = buffer_reserve(b, U64_DIGITS);

	if (to)
		b->len = (size_t)(buffer_put_u64(to, value) - b->data);
}

void buffer_append_i64(struct buffer *b, int64_t value)
{
	if (value < 0)
		buffer_append_char(b, '-');
	buffer_append_u64(b, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void buffer_consume(struct buffer *b, size_t n)
{
	if (n < b->len)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}
