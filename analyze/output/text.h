/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_TEXT_H
#define SOCKTAPE_ANALYZE_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

/* Words for people: numbers with units, times, cells of a table. */

/* TEXT as valid UTF-8: a byte that isn't is written as \xHH. */
void text_append_utf8(struct buffer *b, struct span text);

/* What goes where a cell is too long. */
enum text_cut {
	CUT_END,    /* the end, marked */
	CUT_MIDDLE, /* what is between beginning and end, marked: paths, names with a number */
	CUT_PLAIN,  /* the end: digits of a fraction */
};

/* How a cell is laid out; widths in columns of a terminal. */
struct text_layout {
	int width; /* padded to this, and cut when longer; 0: neither */
	int limit; /* cut when longer; 0: never */
	bool right;
	enum text_cut cut;
};

/* TEXT on one line, control characters made visible; returns how many columns it takes. */
int text_append_cell(struct buffer *b, struct span text, const struct text_layout *layout);

/* What isn't ASCII in TEXT by what is, for who wants no more (struct terminal); bytes stay. */
void text_to_ascii(struct buffer *text);

/* "512 B", "1.5 kB", "12 MB": decimal units, as everywhere in socktape. */
void text_append_bytes(struct buffer *b, uint64_t bytes);

/* "12.3 µs", "4.56 ms", "1.23 s", "2m 5s", "1d 2h". */
void text_append_duration(struct buffer *b, int64_t ns);

/* "2026-11-22 10:00:00.123456" in local time. */
void text_append_time(struct buffer *b, int64_t ns);

/* "2026-11-22" in local time. */
void text_append_day(struct buffer *b, int64_t ns);

/* "10:00:00.123456" in local time. */
void text_append_time_of_day(struct buffer *b, int64_t ns);

/*
 * A moment of local time, for whoever shows many one after the other: a second that is the last
 * one's again isn't worked out again. Zeroed is none.
 */
struct text_moment {
	bool known;
	int64_t second; /* since 1970 */
	int64_t part;	/* of it, ns */
	uint64_t clock; /* since midnight, ns, without the part */
	char day[16];	/* "2026-11-22" */
};

void text_moment_set(struct text_moment *m, int64_t ns);
void text_moment_append_clock(const struct text_moment *m, struct buffer *b);

/* "2026-11-22T10:00:00.123456789Z". */
void text_append_time_utc(struct buffer *b, int64_t ns);

/* 1234567 as "1,234,567". */
void text_append_count(struct buffer *b, uint64_t count);

#endif
