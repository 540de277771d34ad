/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_REAL_H
#define SOCKTAPE_PROTOCOLS_VALUE_REAL_H

#include "format/buffer.h"

/*
 * Appends a number that is finite, as JSON writes numbers: with as few digits as give the same one
 * again, so that what a program called 0.1 is 0.1 here.
 */
void real_append(struct buffer *out, double real);
void real_append_float(struct buffer *out, float real);

/* The same at TO, which has room for REAL_TEXT_MAX bytes; returns how many it took. */
#define REAL_TEXT_MAX 40
size_t real_put(char *to, double real);
size_t real_put_float(char *to, float real);

/*
 * Any number, from its bits (IEEE 754): what JSON has no number for is the string "NaN",
 * "Infinity" or "-Infinity".
 */
void real_append_bits64(struct buffer *out, uint64_t bits);
void real_append_bits32(struct buffer *out, uint32_t bits);

#endif
