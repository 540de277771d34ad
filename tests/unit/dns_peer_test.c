/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the other end: several clients of one socket, and groups (multicast DNS, LLMNR). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "protocols/dns/exchange.h"
#include "tests/unit/dns_build.h"

#define MDNS  5353
#define LLMNR 5355

static const struct address group = {ADDRESS_INET4, MDNS, 0, {224, 0, 0, 251}};
static const struct address llmnr_group = {ADDRESS_INET4, LLMNR, 0, {224, 0, 0, 252}};
static const struct address neighbour = {ADDRESS_INET4, MDNS, 0, {192, 0, 2, 7}};
static const struct address llmnr_neighbour = {ADDRESS_INET4, LLMNR, 0, {192, 0, 2, 7}};

/* A record as one line: outcome, qname, answers, flags, sizes, peer. */
static void write_record(void *context, struct session *s, const struct record *record)
{
	struct buffer *out = context;
	char peer[ADDRESS_TEXT_MAX] = "-";
	const struct value *v = record->values;

	(void)s;
	if (record->peer)
		address_text(record->peer, peer);
	buffer_append_text(out, outcome_text(record->outcome));
	for (int i = DNS_COLUMN_QNAME; i <= DNS_COLUMN_FLAGS; i++) {
		buffer_append_char(out, ' ');
		if (value_has_text(&v[i]))
			buffer_append_span(out, v[i].text);
	}
	buffer_printf(out, " %s%s %s\n", v[DNS_COLUMN_REQ_BYTES].type ? "query" : "",
		      v[DNS_COLUMN_RESP_BYTES].type ? "response" : "", peer);
}

static struct session *open_session(uint16_t port, struct budget *budget, struct buffer *out)
{
	struct session_options options = {
		.transport = TRANSPORT_UDP,
		.local_port = port,
		.budget = budget,
		.record = write_record,
		.context = out,
	};
	struct session *s = session_new(&options);

	assert_non_null(s);
	return s;
}

static void give(struct session *s, struct buffer *message, enum direction direction,
		 const struct address *peer)
{
	struct event_data data = {
		.conn = 1,
		.len = message->len,
		.payload = buffer_span(message),
		.direction = direction,
		.peer = *peer,
	};

	session_data(s, &data, 1000);
	buffer_free(message);
}

static void finish(struct session *s, struct buffer *out, const char *expected)
{
	session_finish(s);
	session_free(s);
	buffer_append_char(out, '\0');
	assert_string_equal(out->data, expected);
	buffer_free(out);
}

static void lets_multicast_stand_alone(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct buffer out = {0}, m = {0};
	struct session *s = open_session(MDNS, &budget, &out);

	(void)state;
	/* A question that may be answered to the asker alone (class 8001), with an answer it knows.
	 */
	dns_build_header(&m, 0, 0, (const unsigned[]){1, 1, 0, 0});
	dns_build_hex(&m, "0178056C6F63616C00000C8001");
	dns_build_rr(&m, "x.local", 12, 9, "016100");
	give(s, &m, DIRECTION_SENT, &group);
	/* An announcement that replaces what is known (class 8001). */
	dns_build_header(&m, 0, 0x8400, (const unsigned[]){0, 1, 0, 0});
	dns_build_hex(&m, "0178056C6F63616C0000018001000000780004C0000207");
	give(s, &m, DIRECTION_RECEIVED, &neighbour);
	finish(s, &out,
	       "ok x.local PTR  [{\"name\":\"x.local\",\"type\":\"PTR\",\"ttl\":9,\"data\":\"a\"}] "
	       "QUERY  query 224.0.0.251:5353\n"
	       "ok   NOERROR [{\"name\":\"x.local\",\"type\":\"A\",\"flush\":true,\"ttl\":120,"
	       "\"data\":\"192.0.2.7\"}] QUERY qr aa response 192.0.2.7:5353\n");
}

/* Somebody asks the group like any resolver, and is answered by a member: RFC 6762, section 6.7. */
static void pairs_what_a_plain_resolver_asks(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct buffer out = {0}, m = {0};
	struct session *s = open_session(40000, &budget, &out);

	(void)state;
	dns_build_query(&m, 77, "x.local", 1);
	give(s, &m, DIRECTION_SENT, &group);
	dns_build_response(&m, 77, 0, "x.local", 1, "C0000207");
	give(s, &m, DIRECTION_RECEIVED, &neighbour);
	finish(s, &out,
	       "ok x.local A NOERROR [{\"name\":\"x.local\",\"type\":\"A\",\"ttl\":60,"
	       "\"data\":\"192.0.2.7\"}] QUERY qr rd ra queryresponse 192.0.2.7:5353\n");
}

static void reads_llmnr(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct buffer out = {0}, m = {0};
	struct session *s = open_session(40000, &budget, &out);

	(void)state;
	dns_build_query(&m, 5, "host", 1);
	give(s, &m, DIRECTION_SENT, &llmnr_group);
	dns_build_header(&m, 5, 0x8500, (const unsigned[]){1, 0, 0, 0});
	dns_build_question(&m, "host", 1);
	give(s, &m, DIRECTION_RECEIVED, &llmnr_neighbour);
	dns_build_query(&m, 6, "nobody", 1);
	give(s, &m, DIRECTION_SENT, &llmnr_group);
	/* What tells of two that answered alike is not answered. */
	dns_build_header(&m, 7, 0x0400, (const unsigned[]){1, 0, 0, 0});
	dns_build_question(&m, "host", 1);
	give(s, &m, DIRECTION_SENT, &llmnr_group);
	finish(s, &out,
	       "ok host A NOERROR [] QUERY qr c t queryresponse 192.0.2.7:5355\n"
	       "unanswered nobody A  [] QUERY t query 224.0.0.252:5355\n"
	       "ok host A  [] QUERY c query 224.0.0.252:5355\n");
}

/* A server's socket, and two clients that happen to ask the same under the same id. */
static void tells_clients_apart(void **state)
{
	static const struct address one = {ADDRESS_INET4, 1001, 0, {192, 0, 2, 1}};
	static const struct address two = {ADDRESS_INET4, 1002, 0, {192, 0, 2, 1}};
	struct budget budget = {.limit = 1 << 20};
	struct buffer out = {0}, m = {0};
	struct session *s = open_session(53, &budget, &out);

	(void)state;
	dns_build_query(&m, 1, "x", 1);
	give(s, &m, DIRECTION_RECEIVED, &one);
	dns_build_query(&m, 1, "x", 1);
	give(s, &m, DIRECTION_RECEIVED, &two);
	dns_build_response(&m, 1, 3, "x", 1, NULL);
	give(s, &m, DIRECTION_SENT, &two);
	dns_build_response(&m, 1, 0, "x", 1, NULL);
	give(s, &m, DIRECTION_SENT, &one);
	finish(s, &out,
	       "error x A NXDOMAIN [] QUERY qr rd ra queryresponse 192.0.2.1:1002\n"
	       "ok x A NOERROR [] QUERY qr rd ra queryresponse 192.0.2.1:1001\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_clients_apart),
		cmocka_unit_test(lets_multicast_stand_alone),
		cmocka_unit_test(pairs_what_a_plain_resolver_asks),
		cmocka_unit_test(reads_llmnr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
