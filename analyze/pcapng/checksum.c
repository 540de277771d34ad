/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/checksum.h"

#include <arpa/inet.h>
#include <string.h>

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sums in the host's byte order: RFC 1071, section 2 (B), shows that only the result must swap. */
void checksum_add(struct checksum *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t left = len;
	uint64_t sum = 0;
	uint16_t part;

	for (; left >= 4; p += 4, left -= 4) {
		uint32_t word;

		memcpy(&word, p, 4);
		sum += word;
	}
	if (left) {
		uint8_t tail[4] = {0};
		uint32_t word;

		memcpy(tail, p, left);
		memcpy(&word, tail, 4);
		sum += word;
	}
	part = fold(sum);
	if (c->odd)
		part = (uint16_t)(part << 8 | part >> 8);
	c->sum += part;
	c->odd ^= len & 1;
}

uint16_t checksum_finish(const struct checksum *c)
{
	return (uint16_t)~ntohs(fold(c->sum));
}
