/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_REDIS_CASE_H
#define SOCKTAPE_TESTS_UNIT_REDIS_CASE_H

#include "protocols/redis/redis.h"
#include "tests/unit/feed.h"

static inline void redis_check(const struct feed_message *messages, size_t count, enum role role,
			       const char *expected)
{
	const struct feed feed = {
		.messages = messages, .count = count, .decode_as = &protocol_redis, .role = role};

	feed_check(&feed, expected);
}

/* Runs a conversation with Redis, at the end with this role, every way that feed_check() knows. */
#define REDIS_CHECK(messages, role, expected)                                                      \
	redis_check(messages, sizeof(messages) / sizeof((messages)[0]), role, expected)

#endif
