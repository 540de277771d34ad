/* SPDX-License-Identifier: BSD-2-Clause */
/* Every link type, and every header that may stand before IP: the datagram inside comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture_build.h"
#include "tests/unit/capture_links.h"

static void expect_question(const struct link *link)
{
	struct buffer file = build_file(link, 0);
	struct seen *seen = seen_read(&file);
	struct buffer text = {0};

	if (strcmp(seen_text(seen, &text), "> 0 question") != 0)
		fail_msg("%s: %s", link->name, text.data);
	assert_int_equal(seen->error, TAPE_OK);
	assert_int_equal(seen_conn(seen, 0)->remote.port, 53);
	assert_int_equal(seen_conn(seen, 0)->remote.ip[3], 2);
	buffer_free(&text);
	seen_free(seen);
}

static void all_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		expect_question(&links[i]);
}

static void all_tunnels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++)
		expect_question(&tunnels[i]);
}

/* Where the tunnel's header is cut, its own datagram may be what is left; once, in any case. */
static void all_tunnels_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		for (size_t cut = 1; cut < tunnels[i].prefix.len + 42; cut++) {
			struct buffer file = build_file(&tunnels[i], cut);
			struct seen *seen = seen_read(&file);
			uint64_t skipped = 0;

			for (int skip = 0; skip < CAPTURE_SKIP_COUNT; skip++)
				skipped += seen->totals.skipped[skip];
			assert_int_equal(seen->totals.udp_flows + skipped, 1);
			seen_free(seen);
		}
	}
}

/* So many extensions of GTP-U are passed over; one more is no tunnel. */
static void many_extensions(void **state)
{
	(void)state;
	for (int count = 32; count <= 33; count++) {
		static const char header[] = OUTER_UDP(
			"\x08\x68") "\x34\xff\0\0\0\0\0\x07\0\0\0\x85";
		struct buffer packet = {0}, file = {0};
		struct seen *seen;

		buffer_append(&packet, header, sizeof(header) - 1);
		for (int i = 1; i <= count; i++)
			buffer_append(&packet, i == count ? "\x01\0\0\0" : "\x01\0\0\x85", 4);
		build_datagram(&packet);
		build_pcap(&file, 1);
		build_packet(&file, START, buffer_span(&packet));
		buffer_free(&packet);
		seen = seen_read(&file);
		assert_int_equal(seen_conn(seen, 0)->remote.port, count == 32 ? 53 : 2152);
		seen_free(seen);
	}
}

/* Where a tunnel's header is whole and nothing is in it, it is a tunnel that is cut; one byte less
 * is a datagram. */
static void empty_tunnels(void **state)
{
	static const struct link empty[] = {
		{"VXLAN", 1, BYTES(OUTER_UDP("\x12\xb5") "\x08\0\0\0\0\0\x01\0")},
		{"VXLAN-GPE", 1, BYTES(OUTER_UDP("\x12\xb6") "\x0c\0\0\x01\0\0\x01\0")},
		{"GENEVE", 1, BYTES(OUTER_UDP("\x17\xc1") "\0\0\x65\x58\0\0\x01\0")},
		{"TZSP", 1, BYTES(OUTER_UDP("\x90\x90") "\x01\0\0\x01\x01")},
		{"TZSP, fields", 1, BYTES(OUTER_UDP("\x90\x90") "\x01\0\0\x01\0\x29\x01\x01\x01")},
		{"L2TP", 1, BYTES(OUTER_UDP("\x06\xa5") "\0\x02\0\x01\0\x02")},
		{"CAPWAP", 1, BYTES(OUTER_UDP("\x14\x7f") "\0\x10\0\0\0\0\0\0")},
		{"GRE in UDP", 1, BYTES(OUTER_UDP("\x12\x92") "\0\0\x08\0")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		for (size_t cut = 0; cut < 2; cut++) {
			struct buffer file = {0};
			struct seen *seen;

			build_pcap(&file, 1);
			build_packet(&file, START,
				     span_of(empty[i].prefix.data, empty[i].prefix.len - cut));
			seen = seen_read(&file);
			if (seen->totals.udp_flows != cut ||
			    seen->totals.skipped[CAPTURE_SKIP_MALFORMED] != !cut)
				fail_msg("%s, less %zu", empty[i].name, cut);
			seen_free(seen);
		}
	}
}

/* A DNS server answers on the port of a tunnel: the query that had it as its number is no tunnel.
 */
static void port_of_a_tunnel(void **state)
{
	static const struct {
		uint16_t port;
		struct span payload;
	} answers[] = {
		{4789, BYTES("\x08\x01\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07"
			     "example\x03"
			     "com\0")},
		{6081, BYTES("\0\x01\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07"
			     "example\x03"
			     "com\0")},
		{5247, BYTES("\0\x10\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07"
			     "example\x03"
			     "com\0")},
		{1701, BYTES("\0\x02\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07"
			     "example\x03"
			     "com\0")},
		/* GRE has no such bits. */
		{4754, BYTES("\x01\0\x08\0")},
		{4754, BYTES("\0\x01\x08\0")},
		{4754, BYTES("\x20\x01\x88\x0b\0\2\0\1\0\x21")},
		{4754, BYTES("\0\0\x08")},
		/* As Omnipeek's, but for a header that is shorter than what tells so. */
		{5000, BYTES("\0\xff\xab\xcd\x02\0\0\0\0xxx" WIFI)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct build_ipv4 ip = {.from = 2, .to = 1, .protocol = 17};
		struct buffer packet = {0}, udp = {0}, file = {0};
		struct seen *seen;

		build_udp(&udp, 53, answers[i].port, answers[i].payload);
		build_ipv4(&packet, &ip, buffer_span(&udp));
		build_pcap(&file, LINK_RAW);
		build_packet(&file, START, buffer_span(&packet));
		seen = seen_read(&file);
		assert_int_equal(seen->totals.udp_flows, 1);
		assert_int_equal(seen->totals.data_bytes, answers[i].payload.len);
		seen_free(seen);
		buffer_free(&udp);
		buffer_free(&packet);
	}
}

/* RFC 5415, section 4.3: a frame in two fragments, the second first. */
static void capwap_fragments(void **state)
{
	struct buffer frame = {0}, file = {0};
	struct seen *seen;

	(void)state;
	buffer_append(&frame, ETHERNET, sizeof(ETHERNET) - 1);
	build_datagram(&frame);
	build_pcap(&file, 1);
	for (int second = 1; second >= 0; second--) {
		const char *header = second ? "\0\x10\0\xc0\0\x09\0\x18" : "\0\x10\0\x80\0\x09\0\0";
		struct buffer packet = {0};

		buffer_append(&packet, OUTER_UDP("\x14\x7f"), sizeof(OUTER_UDP("\x14\x7f")) - 1);
		buffer_append(&packet, header, 8);
		if (second)
			buffer_append(&packet, frame.data + 24, frame.len - 24);
		else
			buffer_append(&packet, frame.data, 24);
		build_packet(&file, START, buffer_span(&packet));
		buffer_free(&packet);
	}
	buffer_free(&frame);
	seen = seen_read(&file);
	assert_int_equal(seen_conn(seen, 0)->remote.port, 53);
	assert_int_equal(seen->totals.data_bytes, 8);
	seen_free(seen);
}

/* However short a snap length was: no byte beyond, and the packet counts once. */
static void all_links_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t len = links[i].prefix.len + 20 + 8 + 8 + 6;

		for (size_t cut = 1; cut < len; cut++) {
			struct buffer file = build_file(&links[i], cut);
			struct seen *seen = seen_read(&file);
			uint64_t skipped = 0;

			for (int skip = 0; skip < CAPTURE_SKIP_COUNT; skip++)
				skipped += seen->totals.skipped[skip];
			assert_int_equal(seen->totals.udp_flows + skipped, 1);
			if (seen->totals.udp_flows)
				assert_int_equal(seen->totals.data_bytes + seen->totals.cut_bytes,
						 8);
			seen_free(seen);
		}
	}
}

static void unknown_link_type(void **state)
{
	const struct link usb = {"USB", 220, {0}};
	struct buffer file = build_file(&usb, 0);
	struct seen *seen = seen_read(&file);

	(void)state;
	assert_int_equal(seen->error, TAPE_ERROR_LINK_TYPE);
	assert_int_equal(seen->totals.link_type, 220);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_LINK_TYPE], 1);
	seen_free(seen);
}

static void expect_skip(const struct link *link, enum capture_skip skip)
{
	struct buffer file = build_file(link, 0);
	struct seen *seen = seen_read(&file);

	assert_int_equal(seen->totals.skipped[skip], 1);
	assert_int_equal(seen->count, 0);
	seen_free(seen);
}

static void not_ip(void **state)
{
	static const struct link others[] = {
		{"ARP", 1, BYTES(MACS "\x08\x06")},
		{"spanning tree", 1, BYTES(MACS "\0\x26\x42\x42\x03")},
		{"PPPoE discovery", 1, BYTES(MACS "\x88\x64\x11\x09\0\x01\0\x22")},
		{"PPP control", 9, BYTES("\xff\x03\xc0\x21")},
		{"loopback, other family", 0, BYTES("\x12\0\0\0")},
		{"802.11 beacon", 105, BYTES("\x80\0\0\0" MACS "\x02\0\0\0\0\x03\x10\0")},
		{"802.11 encrypted", 105, BYTES("\x08\x41\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect_skip(&others[i], CAPTURE_SKIP_NOT_IP);
}

/* A packet of nothing but labels ends. */
static void endless_headers(void **state)
{
	struct buffer packet = {0};
	struct buffer file = {0};
	struct seen *seen;

	(void)state;
	buffer_append(&packet, MACS "\x81\0", 14);
	for (int i = 0; i < 200; i++)
		buffer_append(&packet, "\0\x01\x81\0", 4);
	build_pcap(&file, 1);
	build_packet(&file, START, buffer_span(&packet));
	buffer_free(&packet);
	seen = seen_read(&file);
	assert_int_equal(seen->totals.skipped[CAPTURE_SKIP_MALFORMED], 1);
	seen_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_links),	     cmocka_unit_test(all_links_cut),
		cmocka_unit_test(unknown_link_type), cmocka_unit_test(not_ip),
		cmocka_unit_test(endless_headers),   cmocka_unit_test(all_tunnels),
		cmocka_unit_test(all_tunnels_cut),   cmocka_unit_test(empty_tunnels),
		cmocka_unit_test(many_extensions),   cmocka_unit_test(port_of_a_tunnel),
		cmocka_unit_test(capwap_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
