/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_SPAN_H
#define SOCKTAPE_FORMAT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Some bytes that somebody else owns: not terminated, any value, DATA may be NULL when LEN is 0. */
struct span {
	const char *data;
	size_t len;
};

static inline struct span span_of(const void *data, size_t len)
{
	return (struct span){data, len};
}

/* A span over a terminated string; NULL gives an empty span. */
static inline struct span span_text(const char *text)
{
	return (struct span){text, text ? strlen(text) : 0};
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return span_equal(a, span_text(text));
}

#endif
