/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_UTF8_H
#define SOCKTAPE_PROTOCOLS_VALUE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/span.h"

/*
 * The length of the well-formed UTF-8 sequence at P (1 to 4), or 0 when there is none: overlong
 * forms, surrogates and numbers beyond U+10FFFF are not well-formed (RFC 3629, section 4).
 */
static inline size_t utf8_sequence(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p);
	uint8_t lowest = 0x80, highest = 0xbf;
	size_t len;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		lowest = 0xa0;
	else if (p[0] == 0xed)
		highest = 0x9f;
	else if (p[0] == 0xf0)
		lowest = 0x90;
	else if (p[0] == 0xf4)
		highest = 0x8f;
	if (left < len || p[1] < lowest || p[1] > highest)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Bytes at the beginning of TEXT that are well-formed: all of it, or up to what isn't. */
static inline size_t utf8_valid_len(struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data;
	size_t at = 0, len;

	while (at < text.len && (len = utf8_sequence(p + at, p + text.len)) != 0)
		at += len;
	return at;
}

/*
 * As much of the begin of TEXT as fits into LIMIT bytes without cutting a character; what isn't
 * UTF-8 is cut anywhere.
 */
static inline struct span utf8_fitting(struct span text, size_t limit)
{
	size_t len = limit;

	if (text.len <= limit)
		return text;
	while (len && limit - len < 3 && ((uint8_t)text.data[len] & 0xc0) == 0x80)
		len--;
	return span_of(text.data, len);
}

/* Well-formed, and without control characters but those of text: tab and line ends. */
static inline bool utf8_is_text(struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data;

	for (size_t i = 0, len; i < text.len; i += len) {
		len = 1;
		if (p[i] >= ' ' && p[i] < 0x7f)
			continue;
		len = utf8_sequence(p + i, p + text.len);
		if (!len || p[i] == 0x7f ||
		    (p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r'))
			return false;
	}
	return true;
}

#endif
