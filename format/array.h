/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_ARRAY_H
#define SOCKTAPE_FORMAT_ARRAY_H

#include <stdlib.h>

/*
 * ARRAY, of COUNT items of SIZE bytes each, with room for one more; what was NULL for none. It is
 * doubled where COUNT is a power of two, so that nobody has to remember how much it holds. To be
 * kept in its place, and freed. NULL without memory: ARRAY is then as it was.
 */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

#endif
