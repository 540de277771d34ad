/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_SLICE_H
#define SOCKTAPE_ANALYZE_CAPTURE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Some bytes of a packet: LEN were on the wire, the first CAPTURED of them are at DATA (captured
 * <= len; less when the capture had a snap length). All helpers keep that true.
 */
struct slice {
	const uint8_t *data;
	size_t captured;
	size_t len;
};

/* The first N bytes were captured. */
static inline bool slice_has(const struct slice *s, size_t n)
{
	return s->captured >= n;
}

/* Drops the first N bytes (all, when there are fewer). */
static inline void slice_skip(struct slice *s, size_t n)
{
	size_t captured = n < s->captured ? n : s->captured;

	s->data += captured;
	s->captured -= captured;
	s->len -= n < s->len ? n : s->len;
}

/* Keeps at most the first N bytes: drops padding and trailers. */
static inline void slice_limit(struct slice *s, size_t n)
{
	if (s->len > n)
		s->len = n;
	if (s->captured > s->len)
		s->captured = s->len;
}

static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

#endif
