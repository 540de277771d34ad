/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_HTTP_CASE_H
#define SOCKTAPE_TESTS_UNIT_HTTP_CASE_H

#include "tests/unit/feed.h"

/*
 * The records of a conversation, one string each, ended by NULL. A string names parts that the
 * record's JSON must hold, separated by " | ", with ' for ".
 */
void http_expect(const struct feed *feed, const char *const *records);

/* Runs a conversation every way that feed_check() knows, and compares its records. */
void http_check(const struct feed_message *messages, size_t count, const char *const *records);

#define HTTP_CHECK(messages, ...)                                                                  \
	http_check(messages, sizeof(messages) / sizeof((messages)[0]),                             \
		   (const char *const[]){__VA_ARGS__, NULL})

/* The same for what the client's end of PROTOCOL says and hears; NULL: as it is inferred. */
void client_check(const struct protocol *protocol, const struct feed_message *messages,
		  size_t count, const char *const *records);

#define CLIENT_CHECK(protocol, messages, ...)                                                      \
	client_check(protocol, messages, sizeof(messages) / sizeof((messages)[0]),                 \
		     (const char *const[]){__VA_ARGS__, NULL})

/* The records of the same where message LOSE, from 1, is lost. */
void client_expect_loss(const struct protocol *protocol, const struct feed_message *messages,
			size_t count, size_t lose, const char *const *records);

#define CLIENT_EXPECT_LOSS(protocol, messages, lose, ...)                                          \
	client_expect_loss(protocol, messages, sizeof(messages) / sizeof((messages)[0]), lose,     \
			   (const char *const[]){__VA_ARGS__, NULL})

#endif
