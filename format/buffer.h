/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_BUFFER_H
#define SOCKTAPE_FORMAT_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/span.h"

/*
 * A byte buffer that grows. Zero-initialised is empty and valid; buffer_free() releases it and
 * leaves it empty. An append that finds no memory sets `failed`, and every later append does
 * nothing, so that a caller checks once at the end.
 */
struct buffer {
	char *data;
	size_t len;
	size_t capacity;
	bool failed;
};

void buffer_free(struct buffer *b);

/* Forgets the contents and the failure, keeps the memory. */
static inline void buffer_clear(struct buffer *b)
{
	b->len = 0;
	b->failed = false;
}

/* Room for EXTRA more bytes after len: where to write them, or NULL (and `failed`). */
char *buffer_grow(struct buffer *b, size_t extra);

static inline char *buffer_reserve(struct buffer *b, size_t extra)
{
	if (!b->failed && b->capacity - b->len >= extra && b->data)
		return b->data + b->len;
	return buffer_grow(b, extra);
}

static inline void buffer_append(struct buffer *b, const void *data, size_t len)
{
	char *to = buffer_reserve(b, len);

	if (to && len) {
		memcpy(to, data, len);
		b->len += len;
	}
}

static inline void buffer_append_span(struct buffer *b, struct span s)
{
	char *to = buffer_reserve(b, s.len);

	if (!to)
		return;
	span_put(to, s);
	b->len += s.len;
}

static inline void buffer_append_char(struct buffer *b, char c)
{
	buffer_append(b, &c, 1);
}

static inline void buffer_append_text(struct buffer *b, const char *text)
{
	buffer_append(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Digits of the largest number. */
#define U64_DIGITS 20

/* The decimal digits of VALUE at TO; returns their end. */
char *buffer_put_u64(char to[static U64_DIGITS], uint64_t value);

/* Decimal digits of VALUE, several times faster than printf. */
void buffer_append_u64(struct buffer *b, uint64_t value);
void buffer_append_i64(struct buffer *b, int64_t value);

/* Drops the first N bytes (N <= len) by moving the rest down. */
void buffer_consume(struct buffer *b, size_t n);

static inline struct span buffer_span(const struct buffer *b)
{
	return span_of(b->data, b->len);
}

#endif
