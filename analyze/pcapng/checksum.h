/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_CHECKSUM_H
#define SOCKTAPE_ANALYZE_PCAPNG_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The Internet checksum (RFC 1071) over pieces of any length. Zero-initialised is the checksum of
 * nothing; a piece of odd length may be followed by more.
 */
struct checksum {
	uint64_t sum;
	bool odd; /* an odd number of bytes was added so far */
};

/* LEN at most 2^32. */
void checksum_add(struct checksum *c, const void *data, size_t len);

/* The value of the field, in host order. */
uint16_t checksum_finish(const struct checksum *c);

#endif
