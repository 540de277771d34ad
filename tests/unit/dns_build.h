/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_DNS_BUILD_H
#define SOCKTAPE_TESTS_UNIT_DNS_BUILD_H

#include "tests/unit/feed.h"

/* Messages of DNS, made by hand for tests. Each function appends. */

void dns_build_hex(struct buffer *b, const char *hex);
void dns_build_u16(struct buffer *b, unsigned value);

/* COUNTS: questions, answers, authority, additional. */
void dns_build_header(struct buffer *b, unsigned id, unsigned flags, const unsigned counts[4]);

/* "www.example.com"; "" is the root. No escapes. */
void dns_build_name(struct buffer *b, const char *name);

void dns_build_question(struct buffer *b, const char *name, unsigned type);
void dns_build_rr(struct buffer *b, const char *name, unsigned type, unsigned ttl,
		  const char *rdata_hex);

/* A query, and a response with one address (or, without one, without records). */
void dns_build_query(struct buffer *b, unsigned id, const char *name, unsigned type);
void dns_build_response(struct buffer *b, unsigned id, unsigned flags, const char *name,
			unsigned type, const char *address_hex);

/* What was built as a message of a conversation; with its length before it when STREAM. */
struct feed_message dns_build_message(struct buffer *b, enum direction direction, bool stream);

/*
 * Runs a conversation and compares its records, one string each, ended by NULL. A string names the
 * parts that a record's JSON must have, separated by " | ", with ' for ".
 */
void dns_expect(const struct feed *feed, const char *const *records);

#define DNS_EXPECT(feed, ...) dns_expect(feed, (const char *const[]){__VA_ARGS__, NULL})

#endif
