/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_FITTING_H
#define SOCKTAPE_PROTOCOLS_VALUE_FITTING_H

#include "format/buffer.h"
#include "protocols/value/utf8.h"

/*
 * For lines that people read: appends of TEXT what fits until OUT is END long, without cutting a
 * character of UTF-8, and "..." for what doesn't.
 */
static inline void append_fitting(struct buffer *out, struct span text, size_t end)
{
	struct span some = utf8_fitting(text, out->len < end ? end - out->len : 0);

	buffer_append_span(out, some);
	if (some.len < text.len)
		buffer_append_text(out, "...");
}

#endif
