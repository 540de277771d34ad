/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_FITTING_H
#define SOCKTAPE_PROTOCOLS_VALUE_FITTING_H

#include "format/buffer.h"

/*
 * For lines that people read: appends of TEXT what fits until OUT is END long, without cutting a
 * character of UTF-8, and "..." for what doesn't.
 */
static inline void append_fitting(struct buffer *out, struct span text, size_t end)
{
	size_t len = text.len;

	if (out->len + len > end) {
		len = out->len < end ? end - out->len : 0;
		while (len && ((uint8_t)text.data[len] & 0xc0) == 0x80)
			len--;
	}
	buffer_append(out, text.data, len);
	if (len < text.len)
		buffer_append_text(out, "...");
}

#endif
