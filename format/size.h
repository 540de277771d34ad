/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_SIZE_H
#define SOCKTAPE_FORMAT_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers as people type and read them. */

/* Decimal digits at *TEXT, which moves behind them. */
bool size_take_digits(const char **text, uint64_t *value);

/* Decimal digits and nothing else. */
bool size_parse_number(const char *text, uint64_t *value);

/*
 * A number of bytes: digits, then nothing or B, k M G T (powers of 1000, an optional B after them)
 * or Ki Mi Gi Ti (powers of 1024, an optional B). Upper and lower case mean the same.
 */
bool size_parse(const char *text, uint64_t *bytes);

/*
 * A duration, as nanoseconds: a number with a unit, d, h, m (or min), s, ms, us (or µs), ns, or
 * several of them ("1h30m", "1 d 2 s"); a number alone is seconds. Up to nine decimals. All that is
 * below INT64_MAX.
 */
bool size_parse_duration(const char *text, uint64_t *ns);

/* Longest text of the functions below, with its end. */
#define SIZE_TEXT_MAX 32

/* "999 B", "1.50 kB", "12.3 MB", "123 GB": three digits, powers of 1000. */
void size_text(uint64_t bytes, char text[static SIZE_TEXT_MAX]);

/* "1,234,567" */
void size_text_exact(uint64_t value, char text[static SIZE_TEXT_MAX]);

#endif
