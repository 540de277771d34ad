/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_PACK_H
#define SOCKTAPE_FORMAT_PACK_H

#include "format/buffer.h"

/*
 * Values one behind the other in few bytes, for what is put aside and taken up again by the same
 * program. Not for files that others read. Who reads must know what was written; a read beyond the
 * end gives zeros and sets `failed`.
 */

/* Seven bits a byte, the lowest first. */
static inline void pack_u64(struct buffer *b, uint64_t value)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (uint8_t)(value | 0x80);
	bytes[n++] = (uint8_t)value;
	buffer_append(b, bytes, n);
}

/* Small ones of either sign take few bytes. */
static inline void pack_i64(struct buffer *b, int64_t value)
{
	pack_u64(b, value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1);
}

static inline void pack_span(struct buffer *b, struct span s)
{
	pack_u64(b, s.len);
	buffer_append_span(b, s);
}

struct unpack {
	const char *at;
	const char *end;
	bool failed;
};

static inline struct unpack unpack_begin(struct span s)
{
	/* Nothing may have no address, which nothing may be added to. */
	return (struct unpack){s.data, s.len ? s.data + s.len : s.data, false};
}

static inline uint64_t unpack_u64(struct unpack *u)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && u->at < u->end; shift += 7) {
		uint8_t byte = (uint8_t)*u->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	u->failed = true;
	return 0;
}

static inline int64_t unpack_i64(struct unpack *u)
{
	uint64_t value = unpack_u64(u);

	return (int64_t)(value >> 1 ^ -(value & 1));
}

/* Borrowed from what is read. */
static inline struct span unpack_span(struct unpack *u)
{
	uint64_t len = unpack_u64(u);
	struct span s = {u->at, (size_t)len};

	if (u->failed || len > (size_t)(u->end - u->at)) {
		u->failed = true;
		return (struct span){NULL, 0};
	}
	u->at += len;
	return s;
}

/* Bytes of a structure as it is. */
static inline void unpack_bytes(struct unpack *u, void *to, size_t len)
{
	if (len > (size_t)(u->end - u->at)) {
		u->failed = true;
		memset(to, 0, len);
		return;
	}
	memcpy(to, u->at, len);
	u->at += len;
}

#endif
