/* SPDX-License-Identifier: BSD-2-Clause */
/* Queries and responses in datagrams: who answers whom, and what a record says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "tests/unit/dns_build.h"

#define MESSAGES_MAX 8

#define A    1
#define PTR  12
#define AAAA 28
#define IP1  "C0000201"
#define IP2  "C0000202"

struct talk {
	struct buffer bytes[MESSAGES_MAX];
	struct feed_message messages[MESSAGES_MAX];
	size_t count;
};

/* The next message: build it, then say who sends it. */
static struct buffer *next(struct talk *t)
{
	assert_true(t->count < MESSAGES_MAX);
	return &t->bytes[t->count];
}

static void sent(struct talk *t)
{
	t->messages[t->count] = dns_build_message(&t->bytes[t->count], DIRECTION_SENT, false);
	t->count++;
}

static void received(struct talk *t)
{
	t->messages[t->count] = dns_build_message(&t->bytes[t->count], DIRECTION_RECEIVED, false);
	t->count++;
}

static void expect(struct talk *t, const char *const *records)
{
	struct feed feed = {
		.messages = t->messages,
		.count = t->count,
		.transport = TRANSPORT_UDP,
		.decode_as = &protocol_dns,
	};

	dns_expect(&feed, records);
	for (size_t i = 0; i < t->count; i++)
		buffer_free(&t->bytes[i]);
}

#define EXPECT(talk, ...) expect(talk, (const char *const[]){__VA_ARGS__, NULL})

static void pairs_a_query_with_its_response(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_query(next(&t), 258, "example.com", A);
	sent(&t);
	dns_build_response(next(&t), 258, 0, "example.com", A, IP1);
	received(&t);
	EXPECT(&t, "'outcome':'ok' | 'id':258 | 'transport':'udp' | 'qname':'example.com' | "
		   "'qtype':'A' | 'rcode':'NOERROR' | "
		   "'answers':[{'name':'example.com','type':'A','ttl':60,'data':'192.0.2.1'}] | "
		   "'opcode':'QUERY' | 'flags':'qr rd ra' | 'questions':null | 'authority':[] | "
		   "'additional':[] | 'edns':null | 'req_bytes':29 | 'resp_bytes':56 | 'note':''");
}

static void pairs_by_id_and_question(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_query(next(&t), 1, "example.com", A);
	sent(&t);
	dns_build_query(next(&t), 2, "example.com", AAAA);
	sent(&t);
	dns_build_query(next(&t), 2, "example.org", A); /* the same id: other question */
	sent(&t);
	dns_build_response(next(&t), 2, 0, "EXAMPLE.org", A, IP2); /* letters as the server likes */
	received(&t);
	dns_build_response(next(&t), 2, 3, "example.com", AAAA, NULL);
	received(&t);
	dns_build_response(next(&t), 1, 0, "example.com", A, IP1);
	received(&t);
	EXPECT(&t, "'outcome':'ok' | 'id':2 | 'qname':'example.org' | 192.0.2.2",
	       "'outcome':'error' | 'id':2 | 'qtype':'AAAA' | 'rcode':'NXDOMAIN' | 'answers':[]",
	       "'outcome':'ok' | 'id':1 | 192.0.2.1");
}

static void shows_what_is_not_answered(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_query(next(&t), 1, "example.com", A);
	sent(&t);
	dns_build_response(next(&t), 7, 0, "example.com", A, IP1);
	received(&t);
	EXPECT(&t, "'outcome':'partial' | 'id':7 | 'req_bytes':null | 'resp_bytes':56",
	       "'outcome':'unanswered' | 'id':1 | 'rcode':null | 'req_bytes':29 | "
	       "'resp_bytes':null");
}

static void takes_a_query_again_for_the_same(void **state)
{
	struct talk t = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		dns_build_query(next(&t), 1, "example.com", A);
		sent(&t);
	}
	dns_build_response(next(&t), 1, 0, "example.com", A, IP1);
	received(&t);
	dns_build_response(next(&t), 1, 0, "example.com", A, IP1);
	received(&t);
	/* The id may be used again. */
	dns_build_query(next(&t), 1, "example.com", A);
	sent(&t);
	dns_build_response(next(&t), 1, 0, "example.com", A, IP2);
	received(&t);
	EXPECT(&t, "'outcome':'ok' | 'note':'asked 3 times' | 192.0.2.1",
	       "'outcome':'ok' | 'req_bytes':null | 'note':'another response to a query that was "
	       "answered already'",
	       "'outcome':'ok' | 192.0.2.2 | 'req_bytes':29 | 'note':''");
}

static void pairs_without_a_question(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_query(next(&t), 1, "example.com", A);
	sent(&t);
	dns_build_header(next(&t), 1, 0x8181, (const unsigned[]){0, 0, 0, 0}); /* FORMERR */
	received(&t);
	/* An inverse query has no question, its response may have: RFC 1035, section 6.4. */
	dns_build_header(next(&t), 2, 0x0800, (const unsigned[]){0, 1, 0, 0});
	dns_build_rr(next(&t), "", A, 0, IP1);
	sent(&t);
	dns_build_header(next(&t), 2, 0x8800, (const unsigned[]){1, 1, 0, 0});
	dns_build_question(next(&t), "example.com", A);
	dns_build_rr(next(&t), "example.com", A, 0, IP1);
	received(&t);
	EXPECT(&t, "'outcome':'error' | 'qname':'example.com' | 'rcode':'FORMERR' | 'answers':[]",
	       "'outcome':'ok' | 'qname':'example.com' | 'opcode':'IQUERY' | 'req_bytes':27");
}

static void shows_several_questions(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_header(next(&t), 9, 0, (const unsigned[]){2, 0, 0, 0});
	dns_build_question(next(&t), "a", A);
	dns_build_question(next(&t), "b", 65280);
	sent(&t);
	/* Not of class IN. */
	dns_build_header(next(&t), 10, 0, (const unsigned[]){1, 0, 0, 0});
	dns_build_hex(next(&t), "0776657273696F6E0462696E640000100003");
	sent(&t);
	EXPECT(&t,
	       "'qname':'a' | 'qtype':'A' | "
	       "'questions':[{'name':'a','type':'A'},{'name':'b','type':'TYPE65280'}] | 'flags':''",
	       "'qname':'version.bind' | "
	       "'questions':[{'name':'version.bind','type':'TXT','class':'CH'}]");
}

static void reads_edns(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_header(next(&t), 1, 0x0120, (const unsigned[]){1, 0, 0, 1});
	dns_build_question(next(&t), "a", A);
	dns_build_hex(next(&t), "00002904D000008000000C000A00080102030405060708");
	sent(&t);
	dns_build_header(next(&t), 1, 0x8180, (const unsigned[]){1, 0, 0, 2});
	dns_build_question(next(&t), "a", A);
	dns_build_rr(next(&t), "b", A, 5, IP1);
	dns_build_hex(next(&t), "000029100001010000000D000F00020016FDE90003010203");
	received(&t);
	EXPECT(&t, "'outcome':'error' | 'rcode':'BADVERS' | "
		   "'additional':[{'name':'b','type':'A','ttl':5,'data':'192.0.2.1'}] | "
		   "'edns':{'query':{'udp_size':1232,'version':0,'do':true,"
		   "'options':[{'name':'COOKIE','data':'0102030405060708'}]},"
		   "'response':{'udp_size':4096,'version':1,'do':false,"
		   "'options':[{'name':'EDE','data':'22 (No Reachable Authority)'},"
		   "{'name':'OPTION65001','data':'\\\\# 3 010203'}]}}");
}

static void reads_update_and_notify(void **state)
{
	struct talk t = {0};

	(void)state;
	/* RFC 2136: the zone; a name that must not exist; the set to delete, the record to add. */
	dns_build_header(next(&t), 1, 0x2800, (const unsigned[]){1, 1, 2, 0});
	dns_build_question(next(&t), "example.com", 6);
	dns_build_hex(next(&t), "01610000FF00FE000000000000");
	dns_build_hex(next(&t), "016100000100FF000000000000");
	dns_build_rr(next(&t), "a", A, 60, IP1);
	sent(&t);
	dns_build_header(next(&t), 1, 0xa805, (const unsigned[]){0, 0, 0, 0});
	received(&t);
	/* RFC 1996, with the new SOA. */
	dns_build_header(next(&t), 2, 0x2400, (const unsigned[]){1, 1, 0, 0});
	dns_build_question(next(&t), "example.com", 6);
	dns_build_rr(next(&t), "example.com", 6, 0, "00000000000100000002000000030000000400000005");
	sent(&t);
	dns_build_header(next(&t), 2, 0xa400, (const unsigned[]){1, 0, 0, 0});
	dns_build_question(next(&t), "example.com", 6);
	received(&t);
	EXPECT(&t,
	       "'outcome':'error' | 'rcode':'REFUSED' | 'opcode':'UPDATE' | 'qname':'example.com' "
	       "| "
	       "'answers':[{'name':'a','type':'ANY','class':'NONE','ttl':0,'data':''}] | "
	       "'authority':[{'name':'a','type':'A','class':'ANY','ttl':0,'data':''},"
	       "{'name':'a','type':'A','ttl':60,'data':'192.0.2.1'}] | 'note':''",
	       "'outcome':'ok' | 'opcode':'NOTIFY' | 'data':'. . 1 2 3 4 5'");
}

static void says_what_is_wrong(void **state)
{
	struct talk t = {0};

	(void)state;
	dns_build_response(next(&t), 1, 0x0200, "a", A, NULL); /* TC */
	received(&t);
	dns_build_header(next(&t), 2, 0x8180, (const unsigned[]){1, 2, 0, 0});
	dns_build_question(next(&t), "a", A);
	dns_build_rr(next(&t), "a", A, 1, IP1);
	received(&t);
	dns_build_response(next(&t), 3, 0, "a", A, "C00002");
	dns_build_hex(next(&t), "00");
	received(&t);
	dns_build_header(next(&t), 4, 0x8180, (const unsigned[]){1, 0, 0, 0});
	dns_build_hex(next(&t), "0161C0FF00010001");
	received(&t);
	dns_build_hex(next(&t), "0005818000");
	received(&t);
	dns_build_header(next(&t), 6, 0x8180, (const unsigned[]){1, 0, 0, 0});
	dns_build_hex(next(&t), "0161C00C00010001");
	received(&t);
	EXPECT(&t, "'id':1 | 'flags':'qr tc rd ra' | 'note':'truncated by the sender (TC)'",
	       "'id':2 | 192.0.2.1 | 'note':'fewer records than its header says'",
	       "'id':3 | 'data':'\\\\# 3 C00002' | "
	       "'note':'bytes after the last record; malformed A record'",
	       "'id':4 | 'qname':'a' | 'qtype':'A' | 'note':'malformed name'",
	       "'id':null | 'qname':null | 'resp_bytes':5 | 'note':'shorter than a DNS header'",
	       "'id':6 | 'qname':'a' | 'note':'malformed name: its pointers lead in a circle'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_a_query_with_its_response),
		cmocka_unit_test(pairs_by_id_and_question),
		cmocka_unit_test(shows_what_is_not_answered),
		cmocka_unit_test(takes_a_query_again_for_the_same),
		cmocka_unit_test(pairs_without_a_question),
		cmocka_unit_test(shows_several_questions),
		cmocka_unit_test(reads_edns),
		cmocka_unit_test(reads_update_and_notify),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
