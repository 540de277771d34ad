/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_HASH_H
#define SOCKTAPE_FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit hashes as keys of a struct map. */

/* Adds VALUE to the hash H. */
uint64_t hash_u64(uint64_t h, uint64_t value);

/* Adds LEN bytes and their number. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t len);

/* A random start, so that nobody can prepare a recording whose hashes collide. */
uint64_t hash_seed(void);

#endif
