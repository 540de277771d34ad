/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/hex.h"

#include <stdint.h>

void hex_append(struct buffer *out, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to = buffer_reserve(out, bytes.len * 2);

	for (size_t i = 0; to && i < bytes.len; i++) {
		uint8_t byte = (uint8_t)bytes.data[i];

		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	if (to)
		out->len += bytes.len * 2;
}
