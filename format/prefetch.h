/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_PREFETCH_H
#define SOCKTAPE_FORMAT_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Asks the processor for LEN bytes at DATA, which will be read soon. Only a hint: they need not
 * exist. What wasn't used for a while, as the state of one connection among thousands, is not in
 * the caches, and to wait for one piece after the other would take longer than all the rest.
 */
static inline void prefetch(const void *data, size_t len)
{
	const char *at = data, *end = at;

	if (!data)
		return;
	end += len;
	/* By lines of the cache, as what begins within one may end in another. */
	for (at -= (uintptr_t)data & 63; at < end; at += 64)
		__builtin_prefetch(at);
}

#endif
