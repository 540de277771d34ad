/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analyze/pcapng/checksum.h"
#include "analyze/pcapng/packet.h"
#include "tests/unit/tape_build.h"

/* The sum as RFC 1071, section 1, tells it: by pairs of bytes, the last one padded. */
static uint16_t plain_sum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t sum_of(const uint8_t *data, size_t len)
{
	struct checksum sum = {0};

	checksum_add(&sum, data, len);
	return checksum_finish(&sum);
}

static void test_checksum_example(void **state)
{
	/* RFC 1071, section 3: the sum of these is ddf2. */
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(sum_of(example, sizeof(example)), (uint16_t)~0xddf2);
	assert_int_equal(sum_of(example, 0), 0xffff);
}

/* Any length, in any two pieces. */
static void test_checksum_pieces(void **state)
{
	uint8_t bytes[67];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 200);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		for (size_t cut = 0; cut <= len; cut++) {
			struct checksum sum = {0};

			checksum_add(&sum, bytes, cut);
			checksum_add(&sum, bytes + cut, len - cut);
			assert_int_equal(checksum_finish(&sum), plain_sum(bytes, len));
		}
	}
}

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

/* A header and what it covers sum up to zero when its checksum is right. */
static void check_transport(const uint8_t *ip, bool v4, size_t header_len, struct span payload)
{
	size_t ip_len = v4 ? 20 : 40, addresses = v4 ? 8 : 32;
	size_t len = header_len + payload.len, total = addresses + 8 + len;
	uint8_t *all = calloc(1, total);

	assert_non_null(all);
	memcpy(all, ip + (v4 ? 12 : 8), addresses);
	all[addresses + 2] = (uint8_t)(len >> 8);
	all[addresses + 3] = (uint8_t)len;
	all[addresses + 7] = v4 ? ip[9] : ip[6];
	memcpy(all + addresses + 8, ip + ip_len, header_len);
	memcpy(all + addresses + 8 + header_len, payload.data, payload.len);
	assert_int_equal(plain_sum(all, total), 0);
	free(all);
}

static void check_packet(const char *from_text, const char *to_text, bool tcp, struct span payload)
{
	struct address from = tape_build_address(from_text), to = tape_build_address(to_text);
	struct packet packet = {
		.from = &from,
		.to = &to,
		.tcp = tcp,
		.from_client = true,
		.flags = TCP_ACK | TCP_PSH,
		.seq = 0x01020304,
		.ack = 0xa0b0c0d0,
		.payload = payload,
		.len = payload.len,
	};
	bool v4 = from.family == ADDRESS_INET4;
	size_t header_len = tcp ? 20 : 8, ip_len = v4 ? 20 : 40;
	uint8_t out[PACKET_HEADERS_MAX];
	const uint8_t *ip = out + 14, *transport = ip + ip_len;

	assert_int_equal(packet_headers(&packet, out), 14 + ip_len + header_len);
	assert_int_equal(be16(out + 12), v4 ? 0x0800 : 0x86dd);
	if (v4) {
		assert_int_equal(plain_sum(ip, 20), 0);
		assert_int_equal(be16(ip + 2), 20 + header_len + payload.len);
	} else {
		assert_int_equal(be16(ip + 4), header_len + payload.len);
	}
	assert_int_equal(be16(transport), from.port);
	assert_int_equal(be16(transport + 2), to.port);
	if (tcp) {
		assert_int_equal(be32(transport + 4), packet.seq);
		assert_int_equal(be32(transport + 8), packet.ack);
	} else {
		assert_int_equal(be16(transport + 4), 8 + payload.len);
	}
	check_transport(ip, v4, header_len, payload);
}

static void test_headers(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct span payload = span_of(text, len);

		for (int tcp = 0; tcp < 2; tcp++) {
			check_packet("10.0.0.1:40000", "10.0.0.2:80", tcp, payload);
			check_packet("[fd00::1]:40000", "[::1]:80", tcp, payload);
		}
	}
}

/* The largest packets have lengths that just fit into 16 bits. */
static void test_limits(void **state)
{
	char *bytes = calloc(1, 65535);

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(packet_payload_max(ADDRESS_INET4, true), 65495);
	assert_int_equal(packet_payload_max(ADDRESS_INET6, true), 65515);
	assert_int_equal(packet_payload_max(ADDRESS_INET4, false), 65507);
	assert_int_equal(packet_payload_max(ADDRESS_INET6, false), 65527);
	check_packet("10.0.0.1:1", "10.0.0.2:2", true, span_of(bytes, 65495));
	check_packet("[fd00::1]:1", "[fd00::2]:2", false, span_of(bytes, 65527));
	free(bytes);
}

/* Bytes that were not kept count in every length, and nowhere else. */
static void test_cut(void **state)
{
	struct address from = tape_build_address("10.0.0.1:1"), to = from;
	struct packet packet = {.from = &from, .to = &to, .payload = span_text("ab"), .len = 1000};
	uint8_t out[PACKET_HEADERS_MAX];

	(void)state;
	assert_int_equal(packet_headers(&packet, out), 14 + 20 + 8);
	assert_int_equal(be16(out + 14 + 2), 20 + 8 + 1000);
	assert_int_equal(be16(out + 14 + 20 + 4), 8 + 1000);
}

/* RFC 768: a checksum that comes out as zero is sent as ones. */
static void test_udp_checksum_is_never_zero(void **state)
{
	struct address from = tape_build_address("0.0.0.0:0"), to = from;
	uint8_t payload[2], out[PACKET_HEADERS_MAX];
	struct packet packet = {.from = &from, .to = &to, .payload = span_of(payload, 2), .len = 2};
	/* Protocol 17, and the length 10 twice: the payload makes the sum ffff. */
	uint32_t rest = 0xffff - 17 - 10 - 10;

	(void)state;
	payload[0] = (uint8_t)(rest >> 8);
	payload[1] = (uint8_t)rest;
	packet_headers(&packet, out);
	assert_int_equal(be16(out + 14 + 20 + 6), 0xffff);
}

/* RFC 9293, 3.2 and RFC 7323, 2.2: maximum segment size and window scale. */
static void test_syn_options(void **state)
{
	static const uint8_t options[] = {2, 4, 0xff, 0xd7, 1, 3, 3, 14};
	struct address from = tape_build_address("10.0.0.1:1"), to = from;
	struct packet packet = {.from = &from, .to = &to, .tcp = true, .flags = TCP_SYN};
	uint8_t out[PACKET_HEADERS_MAX];

	(void)state;
	assert_int_equal(packet_headers(&packet, out), 14 + 20 + 28);
	assert_int_equal(out[14 + 20 + 12], 7 << 4);
	assert_memory_equal(out + 14 + 20 + 20, options, sizeof(options));
	check_transport(out + 14, true, 28, span_of("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum_example),
		cmocka_unit_test(test_checksum_pieces),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_udp_checksum_is_never_zero),
		cmocka_unit_test(test_syn_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
