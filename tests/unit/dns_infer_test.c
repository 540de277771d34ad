/* SPDX-License-Identifier: BSD-2-Clause */
/* What is taken for DNS, and what isn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "tests/unit/dns_build.h"

struct scene {
	struct sample sample;
	struct buffer bytes[2];
};

static struct scene scene_of(enum transport transport, uint16_t remote_port)
{
	return (struct scene){
		.sample = {.transport = transport, .local_port = 40000, .remote_port = remote_port},
	};
}

/* The verdict; frees the scene. */
static struct verdict judge(struct scene *s)
{
	struct verdict verdict = {0};

	for (int d = 0; d < 2; d++)
		s->sample.bytes[d] = buffer_span(&s->bytes[d]);
	protocol_dns.infer(&s->sample, &verdict);
	for (int d = 0; d < 2; d++)
		buffer_free(&s->bytes[d]);
	return verdict;
}

static int score_of_hex(enum transport transport, uint16_t port, const char *hex)
{
	struct scene s = scene_of(transport, port);

	dns_build_hex(&s.bytes[DIRECTION_SENT], hex);
	return judge(&s).score;
}

static void recognises_a_query_on_any_port(void **state)
{
	struct scene s = scene_of(TRANSPORT_UDP, 40053);
	struct verdict v;

	(void)state;
	dns_build_query(&s.bytes[DIRECTION_SENT], 1, "example.com", 1);
	v = judge(&s);
	assert_in_range(v.score, INFER_CERTAIN, 100);
	assert_int_equal(v.role, ROLE_CLIENT);
	assert_non_null(strstr(v.reason, "QUERY query, id 1"));
}

static void tells_the_role_from_either_direction(void **state)
{
	struct scene s = scene_of(TRANSPORT_UDP, 40053);

	(void)state;
	dns_build_query(&s.bytes[DIRECTION_RECEIVED], 1, "example.com", 1);
	assert_int_equal(judge(&s).role, ROLE_SERVER);
	s = scene_of(TRANSPORT_UDP, 40053);
	dns_build_response(&s.bytes[DIRECTION_SENT], 1, 0, "example.com", 1, "C0000201");
	assert_int_equal(judge(&s).role, ROLE_SERVER);
	s = scene_of(TRANSPORT_UDP, 5353);
	dns_build_query(&s.bytes[DIRECTION_SENT], 0, "example.local", 1);
	assert_int_equal(judge(&s).role, ROLE_UNKNOWN);
}

static void takes_malformed_messages_on_the_port(void **state)
{
	(void)state;
	/* Labels that aren't; a header that makes no sense at all. */
	assert_in_range(score_of_hex(TRANSPORT_UDP, 53, "000101000001000000000000FF6100010001"),
			INFER_PLAUSIBLE, 100);
	assert_in_range(score_of_hex(TRANSPORT_UDP, 53, "C980FFEFFB0301FB0301FB0301FB0301"),
			INFER_PLAUSIBLE, INFER_CERTAIN - 1);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 53, "C980FFEFFB0301FB0301FB"), 0);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5300, "000101000001000000000000FF6100010001"),
			 0);
	/* An unknown class, 9. */
	assert_in_range(score_of_hex(TRANSPORT_UDP, 53, "000101000001000000000000016100010009"),
			INFER_PLAUSIBLE, 100);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5300, "000101000001000000000000016100010009"),
			 0);
}

/* That of LLMNR or multicast DNS, where what it asks is none of what they know, or not DNS at all.
 */
static void takes_what_its_kin_forbid(void **state)
{
	static const char forbidden[] = "3039790000010000000000000161056C6F63616C0000010001";

	(void)state;
	assert_in_range(score_of_hex(TRANSPORT_UDP, 5355, forbidden), INFER_PLAUSIBLE,
			INFER_CERTAIN - 1);
	assert_in_range(score_of_hex(TRANSPORT_UDP, 5353, forbidden), INFER_PLAUSIBLE,
			INFER_CERTAIN - 1);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5354, forbidden), 0);
	/* More questions than find room, and none. */
	assert_int_equal(
		score_of_hex(TRANSPORT_UDP, 5355, "3039790000080000000000000161056C6F63616C"), 0);
	assert_int_equal(
		score_of_hex(TRANSPORT_UDP, 5355, "3039790000000000000000000161056C6F63616C"), 0);
}

/* dnscrypt-proxy asks for certificates on other ports, and pads the query with a record of type 0.
 */
static void takes_an_answer_to_what_is_odd(void **state)
{
	struct scene s = scene_of(TRANSPORT_UDP, 443);
	const char *odd = "7F47010000010000000000010161000010000100"
			  "00000000000000000006000C00020000";

	(void)state;
	dns_build_hex(&s.bytes[DIRECTION_SENT], odd);
	assert_int_equal(judge(&s).score, 0);
	s = scene_of(TRANSPORT_UDP, 443);
	dns_build_hex(&s.bytes[DIRECTION_SENT], odd);
	dns_build_response(&s.bytes[DIRECTION_RECEIVED], 0x7f47, 0, "a", 1, "C0000201");
	assert_in_range(judge(&s).score, INFER_CERTAIN, 100);
	/* What is none is still none. */
	s = scene_of(TRANSPORT_UDP, 443);
	dns_build_hex(&s.bytes[DIRECTION_SENT], "7F470100000100000000000101FF000010000100");
	dns_build_response(&s.bytes[DIRECTION_RECEIVED], 0x7f47, 0, "a", 1, "C0000201");
	assert_int_equal(judge(&s).score, 0);
}

static void wants_the_whole_datagram(void **state)
{
	const char *query = "00010100000100000000000001610000010001";
	char longer[64];

	(void)state;
	assert_in_range(score_of_hex(TRANSPORT_UDP, 5300, query), INFER_CERTAIN, 100);
	snprintf(longer, sizeof(longer), "%s00", query);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5300, longer), 0);
	/* A type of one's own, 65000. */
	assert_in_range(score_of_hex(TRANSPORT_UDP, 5300, "000101000001000000000000016100FDE80001"),
			INFER_CERTAIN, 100);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5300, "000101000000000000000000"), 0);
}

/* Of a datagram only so much is shown. */
static void takes_the_beginning_of_a_large_datagram(void **state)
{
	struct scene s = scene_of(TRANSPORT_UDP, 5300);
	struct buffer *b = &s.bytes[DIRECTION_RECEIVED];

	(void)state;
	dns_build_header(b, 1, 0x8180, (const unsigned[]){1, 200, 0, 0});
	dns_build_question(b, "example.com", 1);
	while (b->len < SAMPLE_MAX)
		dns_build_rr(b, "example.com", 1, 1, "C0000201");
	b->len = SAMPLE_MAX;
	assert_in_range(judge(&s).score, INFER_PLAUSIBLE, 100);
}

static void takes_nothing_else(void **state)
{
	static const char *const others[] = {
		/* STUN binding request, CoAP GET, NTP, TFTP, QUIC, DHCP, DTLS, zeros */
		"000100002112A442636F666665656D616B696E67",
		"40011234B774657374",
		"E30006EC000000000000000031303531",
		"0001666F6F006F6374657400",
		"C300000001088394C8F03E5157080000449E00000001",
		"0101060000003D1D0000000000000000000000000000000000000000000B8201FC42",
		"16FEFF000000000000000000360100002A000000000000002AFEFD",
		"000000000000000000000000000000000000",
		/* RTP, SNMP, syslog, SIP, BitTorrent's DHT */
		"8000000100000000DEADBEEF00000000",
		"302902010004067075626C6963A01C02041234567802010002010030",
		"3C33343E4F63742031312032323A31343A31352073752066616C6C",
		"4F5054494F4E53207369703A616C69636520534950",
		"64313A6164323A696432303A6162636465666768696A",
		/* IEC 60870-5-104: 257 questions, if it were */
		"680E0000000001010301000001000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(score_of_hex(TRANSPORT_UDP, 5000, others[i]), 0);
		assert_int_equal(score_of_hex(TRANSPORT_TCP, 5000, others[i]), 0);
	}
}

/* The name service of NetBIOS: a question for *<00>..., as DNS would write it. */
static void leaves_netbios_alone(void **state)
{
	const char *query = "0001011000010000000000002043"
			    "4B4141414141414141414141414141414141414141414141414141414141414141"
			    "0000210001";

	(void)state;
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 137, query), 0);
	assert_int_equal(score_of_hex(TRANSPORT_UDP, 5000, query), 0);
}

static void both_sides_must_be_dns(void **state)
{
	struct scene s = scene_of(TRANSPORT_UDP, 5000);

	(void)state;
	dns_build_query(&s.bytes[DIRECTION_SENT], 1, "example.com", 1);
	buffer_append_text(&s.bytes[DIRECTION_RECEIVED], "HTTP/1.1 400 Bad Request");
	assert_int_equal(judge(&s).score, 0);
}

static void recognises_streams(void **state)
{
	struct scene s = scene_of(TRANSPORT_TCP, 5000);
	struct buffer message = {0};

	(void)state;
	dns_build_query(&message, 1, "example.com", 1);
	dns_build_u16(&s.bytes[DIRECTION_SENT], (unsigned)message.len);
	buffer_append_span(&s.bytes[DIRECTION_SENT], buffer_span(&message));
	assert_in_range(judge(&s).score, INFER_CERTAIN, 100);

	/* The beginning of a message will do, a length alone won't. */
	assert_int_equal(score_of_hex(TRANSPORT_TCP, 5000, "001D"), 0);
	s = scene_of(TRANSPORT_TCP, 5000);
	dns_build_u16(&s.bytes[DIRECTION_SENT], (unsigned)message.len + 100);
	buffer_append_span(&s.bytes[DIRECTION_SENT], buffer_span(&message));
	assert_in_range(judge(&s).score, INFER_PLAUSIBLE, 100);

	/* Nor a header with what is no question behind it: HiSLIP's first two messages. */
	assert_int_equal(score_of_hex(TRANSPORT_TCP, 4880,
				      "48531100000000010000000000000000"
				      "48530F00000000000000000000000008"),
			 0);

	/* Any place of a stream that began before. */
	s = scene_of(TRANSPORT_TCP, 5000);
	dns_build_hex(&s.bytes[DIRECTION_SENT], "0100010000003C0004C0000201");
	dns_build_u16(&s.bytes[DIRECTION_SENT], (unsigned)message.len);
	buffer_append_span(&s.bytes[DIRECTION_SENT], buffer_span(&message));
	s.sample.midstream = true;
	assert_in_range(judge(&s).score, INFER_CERTAIN, 100);
	buffer_free(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_a_query_on_any_port),
		cmocka_unit_test(tells_the_role_from_either_direction),
		cmocka_unit_test(takes_malformed_messages_on_the_port),
		cmocka_unit_test(takes_what_its_kin_forbid),
		cmocka_unit_test(takes_an_answer_to_what_is_odd),
		cmocka_unit_test(wants_the_whole_datagram),
		cmocka_unit_test(takes_the_beginning_of_a_large_datagram),
		cmocka_unit_test(takes_nothing_else),
		cmocka_unit_test(leaves_netbios_alone),
		cmocka_unit_test(both_sides_must_be_dns),
		cmocka_unit_test(recognises_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
