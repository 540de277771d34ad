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

#endif
