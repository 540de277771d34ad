/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_FNV_H
#define SOCKTAPE_TESTS_UNIT_FNV_H

#include "format/span.h"

/* The hash FNV-1a of 64 bits, for committed digests: no hash of ours, which may become another. */
#define FNV_BEGIN 0xcbf29ce484222325u

static inline uint64_t fnv_bytes(uint64_t hash, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (uint8_t)bytes.data[i]) * 0x100000001b3u;
	return hash;
}

#endif
