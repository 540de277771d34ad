/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_DATE_H
#define SOCKTAPE_PROTOCOLS_VALUE_DATE_H

#include "format/buffer.h"

/* The days that date_append() can tell: a year of up to ten digits. */
#define DATE_DAYS_MAX ((int64_t)1 << 40)

/*
 * Appends the date that is DAYS, of which there are not more than DATE_DAYS_MAX either way, after
 * 1970-01-01, by the Gregorian calendar of all times: "2026-01-31", "-0043-03-15".
 */
void date_append(struct buffer *out, int64_t days);

/* "10:00:00.123", with so many DIGITS (1 to 9) of the second: NS after midnight. Returns the end.
 */
#define DATE_CLOCK_ROOM (8 + U64_DIGITS)
char *date_put_clock(char to[static DATE_CLOCK_ROOM], uint64_t ns, unsigned digits);

/* "2026-11-22T10:00:00." */
#define DATE_SECOND_LEN 20

/* A second that was put; zero-initialised is none. */
struct date_second {
	bool known;
	int64_t second;
	char text[DATE_SECOND_LEN];
};

/*
 * "2026-11-22T10:00:00.123456789Z" (RFC 3339): NS since 1970-01-01. Returns the end. What LAST has
 * is not worked out again.
 */
#define DATE_MOMENT_ROOM (DATE_SECOND_LEN + U64_DIGITS)
char *date_put_moment(char to[static DATE_MOMENT_ROOM], int64_t ns, struct date_second *last);

/* The same of whole seconds, and the nine digits behind the point. */
#define DATE_PART_LEN 9
char *date_put_parts(char to[static DATE_MOMENT_ROOM], int64_t second,
		     const char part[static DATE_PART_LEN], struct date_second *last);

#endif
