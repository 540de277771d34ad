/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/buffer.h"

#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 64

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
	va_list args;
	char *to;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		b->failed = true;
		return;
	}
	to = buffer_reserve(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(args, format);
	vsnprintf(to, (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
}

/* The numbers from 0 to 99, two digits each. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

char *buffer_put_u64(char to[static U64_DIGITS], uint64_t value)
{
	char digits[U64_DIGITS];
	size_t first = sizeof(digits);

	while (value >= 100) {
		first -= 2;
		memcpy(digits + first, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		first -= 2;
		memcpy(digits + first, pairs + value * 2, 2);
	} else {
		digits[--first] = (char)('0' + value);
	}
	memcpy(to, digits + first, sizeof(digits) - first);
	return to + (sizeof(digits) - first);
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
