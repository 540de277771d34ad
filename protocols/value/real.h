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

#endif
