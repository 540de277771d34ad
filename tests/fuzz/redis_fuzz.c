/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a conversation with Redis. */
#include "protocols/redis/redis.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_redis, TRANSPORT_TCP, data, size);
	return 0;
}
