/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_ASCII_H
#define SOCKTAPE_PROTOCOLS_VALUE_ASCII_H

#include <stdbool.h>

/* What text protocols take for white space, whatever the locale. */

/* Space and tab: within a line. */
static inline bool ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The same, and what ends a line. */
static inline bool ascii_is_blank_or_end(char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

/* As isspace() in the C locale. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
