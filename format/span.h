/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_SPAN_H
#define SOCKTAPE_FORMAT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* Copies what FIRST and LAST of its bytes hold, SIZE each, which may overlap. */
#define SPAN_PUT_ENDS(type, to, s)                                                                 \
	do {                                                                                       \
		type first, last;                                                                  \
		memcpy(&first, (s).data, sizeof(first));                                           \
		memcpy(&last, (s).data + (s).len - sizeof(last), sizeof(last));                    \
		memcpy((to), &first, sizeof(first));                                               \
		memcpy((to) + (s).len - sizeof(last), &last, sizeof(last));                        \
	} while (0)

/* Copies S to TO, which has room for it; returns the end. Most are short: those without a call. */
static inline char *span_put(char *to, struct span s)
{
	if (s.len > 16) {
		memcpy(to, s.data, s.len);
	} else if (s.len >= 8) {
		SPAN_PUT_ENDS(uint64_t, to, s);
	} else if (s.len >= 4) {
		SPAN_PUT_ENDS(uint32_t, to, s);
	} else if (s.len) {
		to[0] = s.data[0];
		to[s.len / 2] = s.data[s.len / 2];
		to[s.len - 1] = s.data[s.len - 1];
	}
	return to + s.len;
}

#undef SPAN_PUT_ENDS

#endif
