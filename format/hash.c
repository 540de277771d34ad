/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/hash.h"

#include <string.h>
#include <sys/random.h>

/* Every bit of the input changes half of the output: a product of two words, folded. */
uint64_t hash_u64(uint64_t h, uint64_t value)
{
	__uint128_t product = (__uint128_t)(h ^ 0x9e3779b97f4a7c15ull) *
			      (value ^ 0xd6e8feb86659fd93ull);

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ h;
}

uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t left = len;

	while (left) {
		size_t n = left < 8 ? left : 8;
		uint64_t word = 0;

		memcpy(&word, at, n);
		h = hash_u64(h, word);
		at += n;
		left -= n;
	}
	return hash_u64(h, len);
}

uint64_t hash_seed(void)
{
	uint64_t seed = 0;

	/* Without entropy the hashes are guessable, which costs time but no correctness. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = 0;
	return seed;
}
