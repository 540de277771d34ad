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

void hex_append_uuid(struct buffer *out, struct span bytes)
{
	static const size_t ends[] = {4, 6, 8, 10, HEX_UUID_LEN};
	size_t from = 0;

	if (bytes.len != HEX_UUID_LEN)
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (i)
			buffer_append_char(out, '-');
		hex_append(out, span_of(bytes.data + from, ends[i] - from));
		from = ends[i];
	}
}
