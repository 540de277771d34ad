/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/size.h"

void size_append(struct buffer *out, int64_t bytes)
{
	static const char units[] = "KMGT";
	int64_t unit = 1024;
	size_t i = 0;

	if (bytes < unit) {
		buffer_append_i64(out, bytes);
		buffer_append_char(out, 'B');
		return;
	}
	while (bytes / unit >= 1024 && i + 2 < sizeof(units)) {
		unit *= 1024;
		i++;
	}
	buffer_printf(out, "%.1f%cB", (double)bytes / (double)unit, units[i]);
}
