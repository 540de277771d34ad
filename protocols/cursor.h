/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CURSOR_H
#define SOCKTAPE_PROTOCOLS_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/span.h"

/*
 * Reads a message from the front to the back. A read beyond the end gives 0 (or an empty span) and
 * sets `failed` for good, so that a parser reads a whole structure and checks once.
 */
struct cursor {
	const uint8_t *start;
	const uint8_t *pos;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_of(const void *data, size_t len)
{
	const uint8_t *start = data;

	return (struct cursor){start, start, len ? start + len : start, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->pos < c->end ? (size_t)(c->end - c->pos) : 0;
}

/* How far it has come from where it started. */
static inline size_t cursor_position(const struct cursor *c)
{
	return (size_t)(c->pos - c->start);
}

/* What is left, without reading it. */
static inline struct span cursor_rest(const struct cursor *c)
{
	return span_of(c->pos, cursor_left(c));
}

/* The next N bytes, to be read by the caller; NULL (and failed) when there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *at = c->pos;

	if (c->failed || cursor_left(c) < n) {
		c->failed = true;
		c->pos = c->end;
		return NULL;
	}
	/* Nothing may be taken of nothing, which has no address to add to. */
	if (n)
		c->pos += n;
	return at;
}

static inline struct span cursor_span(struct cursor *c, size_t n)
{
	const uint8_t *at = cursor_take(c, n);

	return span_of(at, at ? n : 0);
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	cursor_take(c, n);
}

/* A cursor over the next N bytes alone, which this one has then passed. */
static inline struct cursor cursor_part(struct cursor *c, size_t n)
{
	struct span part = cursor_span(c, n);
	struct cursor inner = cursor_of(part.data, part.len);

	inner.failed = c->failed;
	return inner;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 1);

	return at ? at[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 2);

	return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 4);

	return at ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
		  : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 8);

	/* In one expression, which compilers know for one load. */
	return at ? (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
			       (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 |
			       (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | at[7]
		  : 0;
}

static inline uint32_t cursor_be24(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 3);

	return at ? (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2] : 0;
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 2);

	return at ? (uint16_t)(at[1] << 8 | at[0]) : 0;
}

static inline uint32_t cursor_le24(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 3);

	return at ? (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0] : 0;
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 4);

	return at ? (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0]
		  : 0;
}

static inline uint64_t cursor_le64(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 8);

	return at ? (uint64_t)at[7] << 56 | (uint64_t)at[6] << 48 | (uint64_t)at[5] << 40 |
			       (uint64_t)at[4] << 32 | (uint64_t)at[3] << 24 |
			       (uint64_t)at[2] << 16 | (uint64_t)at[1] << 8 | at[0]
		  : 0;
}

/*
 * Seven bits a byte, the lowest first, the highest bit of each but the last set (Protocol Buffers,
 * "Encoding", Base 128 varints; Kafka's unsigned varints). More than 64 bits fail.
 */
static inline uint64_t cursor_varint(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (c->failed || !(byte & 0x80))
			return c->failed ? 0 : value;
	}
	c->failed = true;
	c->pos = c->end;
	return 0;
}

/* A signed one: 0, -1, 1, -2, ... (the same, Signed Integers; Kafka's varints). */
static inline int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t value = cursor_varint(c);

	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* What is before the next byte BYTE, which is passed too; failed when there is none. */
static inline struct span cursor_until(struct cursor *c, uint8_t byte)
{
	const uint8_t *from = c->pos;
	/* Nothing may have no address. */
	const uint8_t *at = from && from < c->end ? memchr(from, byte, (size_t)(c->end - from))
						  : NULL;

	if (!at) {
		c->pos = c->end;
		c->failed = true;
		return (struct span){0};
	}
	c->pos = at + 1;
	return span_of(from, (size_t)(at - from));
}

#endif
