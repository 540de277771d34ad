/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS over TCP: frames however they arrive, bytes that are missing, zone transfers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "tests/unit/dns_build.h"

#define MESSAGES_MAX 10

#define A    1
#define NS   2
#define SOA  6
#define IXFR 251
#define AXFR 252

struct talk {
	struct buffer bytes[MESSAGES_MAX];
	struct feed_message messages[MESSAGES_MAX];
	size_t count;
};

static struct buffer *next(struct talk *t)
{
	assert_true(t->count < MESSAGES_MAX);
	return &t->bytes[t->count];
}

static void done(struct talk *t, enum direction direction)
{
	t->messages[t->count] = dns_build_message(&t->bytes[t->count], direction, true);
	t->count++;
}

static struct feed feed_of(const struct talk *t)
{
	return (struct feed){
		.messages = t->messages,
		.count = t->count,
		.decode_as = &protocol_dns,
		.role = ROLE_CLIENT,
	};
}

static void clear(struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		buffer_free(&t->bytes[i]);
}

/* Also byte by byte, and cut anywhere. */
static void expect(struct talk *t, const char *const *records)
{
	struct feed feed = feed_of(t);

	dns_expect(&feed, records);
	feed_check(&feed, NULL);
	clear(t);
}

#define EXPECT(talk, ...) expect(talk, (const char *const[]){__VA_ARGS__, NULL})

/* Three exchanges, the queries sent before the responses come, which come in another order. */
static void talk_in_advance(struct talk *t)
{
	static const unsigned order[] = {2, 1, 3};

	for (unsigned id = 1; id <= 3; id++) {
		dns_build_query(next(t), id, "example.com", A);
		done(t, DIRECTION_SENT);
	}
	for (int i = 0; i < 3; i++) {
		dns_build_response(next(t), order[i], 0, "example.com", A, "C0000201");
		done(t, DIRECTION_RECEIVED);
	}
}

static void cuts_frames_however_they_come(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_in_advance(&t);
	EXPECT(&t, "'outcome':'ok' | 'id':2 | 'transport':'tcp' | 'req_bytes':29 | 'resp_bytes':56",
	       "'outcome':'ok' | 'id':1", "'outcome':'ok' | 'id':3");
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		count++;
	return count;
}

/* Any message lost, from any of its bytes on: the others are still there. */
static void goes_on_after_a_hole(void **state)
{
	struct buffer out = {0};
	struct talk t = {0};

	(void)state;
	talk_in_advance(&t);
	for (size_t lose = 1; lose <= t.count; lose++) {
		for (size_t from = 0; from < t.messages[lose - 1].len; from++) {
			struct feed feed = feed_of(&t);

			feed.lose = lose;
			feed.lose_from = from;
			feed_run(&feed, &out);
			assert_int_equal(count_of(out.data, "\"outcome\":\"ok\""), 2);
			assert_in_range(count_of(out.data, "\"outcome\""), 3, 4);
			assert_int_equal(count_of(out.data, "\"outcome\":\"error\""), 0);
		}
	}
	clear(&t);
	buffer_free(&out);
}

static void finds_frames_in_midstream(void **state)
{
	struct talk t = {0};
	struct feed feed;

	(void)state;
	/* The end of a message whose beginning nobody saw. */
	dns_build_hex(next(&t), "0100010000003C0004C0000201");
	t.messages[0] = dns_build_message(&t.bytes[0], DIRECTION_RECEIVED, false);
	t.count = 1;
	dns_build_query(next(&t), 5, "example.com", A);
	done(&t, DIRECTION_SENT);
	dns_build_response(next(&t), 5, 0, "example.com", A, "C0000201");
	done(&t, DIRECTION_RECEIVED);
	feed = feed_of(&t);
	feed.midstream = true;
	feed.decode_as = NULL;
	feed.role = ROLE_UNKNOWN;
	DNS_EXPECT(&feed, "'outcome':'ok' | 'id':5 | 192.0.2.1");
	clear(&t);
}

/* ---- zone transfers ---- */

#define SOA_1                                                                                      \
	"000000000001"                                                                             \
	"00000000000000000000000000000000"
#define SOA_2                                                                                      \
	"000000000002"                                                                             \
	"00000000000000000000000000000000"

static void ask_transfer(struct talk *t, unsigned type)
{
	dns_build_query(next(t), 7, "z", type);
	done(t, DIRECTION_SENT);
}

/* A message of a transfer; only the first repeats the question. */
static void send_rr(struct talk *t, unsigned question, unsigned type, const char *rdata_hex)
{
	dns_build_header(next(t), 7, 0x8400, (const unsigned[]){question ? 1 : 0, 1, 0, 0});
	if (question)
		dns_build_question(next(t), "z", question);
	dns_build_rr(next(t), "z", type, 1, rdata_hex);
	done(t, DIRECTION_RECEIVED);
}

static void joins_the_messages_of_a_transfer(void **state)
{
	struct talk t = {0};

	(void)state;
	ask_transfer(&t, AXFR);
	send_rr(&t, AXFR, SOA, SOA_1);
	send_rr(&t, 0, NS, "00");
	/* Another query may be answered in between: RFC 5936, section 4.1. */
	dns_build_query(next(&t), 8, "z", A);
	done(&t, DIRECTION_SENT);
	dns_build_response(next(&t), 8, 0, "z", A, "C0000201");
	done(&t, DIRECTION_RECEIVED);
	send_rr(&t, 0, SOA, SOA_1);
	/* The id is free again. */
	dns_build_query(next(&t), 7, "z", A);
	done(&t, DIRECTION_SENT);
	dns_build_response(next(&t), 7, 0, "z", A, "C0000202");
	done(&t, DIRECTION_RECEIVED);
	EXPECT(&t, "'outcome':'ok' | 'id':8 | 192.0.2.1",
	       "'outcome':'ok' | 'id':7 | 'qtype':'AXFR' | "
	       "'answers':[{'name':'z','type':'SOA','ttl':1,'data':'. . 1 0 0 0 0'},"
	       "{'name':'z','type':'NS','ttl':1,'data':'.'},"
	       "{'name':'z','type':'SOA','ttl':1,'data':'. . 1 0 0 0 0'}] | 'note':''",
	       "'outcome':'ok' | 'id':7 | 'qtype':'A' | 192.0.2.2");
}

static void knows_the_end_of_an_incremental_transfer(void **state)
{
	struct talk t = {0};

	(void)state;
	ask_transfer(&t, IXFR);
	send_rr(&t, IXFR, SOA, SOA_2);
	send_rr(&t, 0, SOA, SOA_1); /* what is deleted since 1 */
	send_rr(&t, 0, NS, "00");
	send_rr(&t, 0, SOA, SOA_2); /* what is added */
	send_rr(&t, 0, NS, "016100");
	send_rr(&t, 0, SOA, SOA_2);
	send_rr(&t, 0, NS, "00"); /* this is no part of it */
	EXPECT(&t, "'outcome':'ok' | 'qtype':'IXFR' | 'resp_bytes':249 | 'data':'a' | 'note':''",
	       "'outcome':'partial' | 'qtype':null | 'data':'.'");
}

static void accepts_that_nothing_changed(void **state)
{
	struct talk t = {0};

	(void)state;
	ask_transfer(&t, IXFR);
	send_rr(&t, IXFR, SOA, SOA_2);
	EXPECT(&t, "'outcome':'ok' | 'qtype':'IXFR' | 'note':''");
}

static void tells_of_a_transfer_without_end(void **state)
{
	struct talk t = {0};

	(void)state;
	ask_transfer(&t, AXFR);
	send_rr(&t, AXFR, SOA, SOA_1);
	send_rr(&t, 0, NS, "00");
	EXPECT(&t, "'outcome':'ok' | 'qtype':'AXFR' | 'note':'zone transfer without its end'");
}

static void tells_of_a_transfer_that_fails(void **state)
{
	struct talk t = {0};

	(void)state;
	ask_transfer(&t, AXFR);
	send_rr(&t, AXFR, SOA, SOA_1);
	dns_build_header(next(&t), 7, 0x8402, (const unsigned[]){0, 0, 0, 0});
	done(&t, DIRECTION_RECEIVED);
	EXPECT(&t, "'outcome':'error' | 'rcode':'SERVFAIL' | . . 1 0 0 0 0 | "
		   "'note':'zone transfer without its end'");
}

/* A transfer larger than what is kept keeps its beginning, and its bounds. */
static void bounds_a_transfer(void **state)
{
	enum {
		RECORDS = 1000,
		MESSAGES = 100
	};
	struct feed_message messages[MESSAGES + 1];
	struct buffer query = {0}, body = {0}, out = {0};
	struct feed feed = {messages, MESSAGES + 1, .decode_as = &protocol_dns,
			    .role = ROLE_CLIENT};

	(void)state;
	dns_build_query(&query, 7, "z", AXFR);
	messages[0] = dns_build_message(&query, DIRECTION_SENT, true);
	dns_build_header(&body, 7, 0x8400, (const unsigned[]){1, RECORDS, 0, 0});
	dns_build_question(&body, "z", AXFR);
	for (int i = 0; i < RECORDS; i++)
		dns_build_rr(&body, "some.longer.name.example", A, 1, "C0000201");
	messages[1] = dns_build_message(&body, DIRECTION_RECEIVED, true);
	for (int i = 2; i <= MESSAGES; i++)
		messages[i] = messages[1];
	feed_run(&feed, &out);
	assert_non_null(strstr(out.data, "too long: the last records were left out"));
	assert_in_range(out.len, 1 << 20, 5 << 20);
	buffer_free(&query);
	buffer_free(&body);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_frames_however_they_come),
		cmocka_unit_test(goes_on_after_a_hole),
		cmocka_unit_test(finds_frames_in_midstream),
		cmocka_unit_test(joins_the_messages_of_a_transfer),
		cmocka_unit_test(knows_the_end_of_an_incremental_transfer),
		cmocka_unit_test(accepts_that_nothing_changed),
		cmocka_unit_test(tells_of_a_transfer_without_end),
		cmocka_unit_test(tells_of_a_transfer_that_fails),
		cmocka_unit_test(bounds_a_transfer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
