/* SPDX-License-Identifier: BSD-2-Clause */
/* Every link type, and every header that may stand before IP: the datagram inside comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture_build.h"

#define MACS "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define SNAP "\xaa\xaa\x03\0\0\0\x08\0"

/* PREFIX of a string literal with its length. */
#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct link {
	const char *name;
	uint32_t link_type;
	struct span prefix;
} links[] = {
	{"Ethernet", 1, BYTES(MACS "\x08\0")},
	{"VLAN", 1, BYTES(MACS "\x81\0\0\x05\x08\0")},
	{"QinQ", 1, BYTES(MACS "\x88\xa8\0\x05\x81\0\0\x06\x08\0")},
	{"QinQ of old", 1, BYTES(MACS "\x91\0\0\x05\x81\0\0\x06\x08\0")},
	{"MPLS, two labels", 1, BYTES(MACS "\x88\x47\0\x01\0\x40\0\x01\x01\x40")},
	{"MPLS, pseudowire", 1, BYTES(MACS "\x88\x47\0\x01\x01\x40\0\0\0\0" MACS "\x08\0")},
	{"PPPoE", 1, BYTES(MACS "\x88\x64\x11\0\0\x01\0\x22\0\x21")},
	{"802.3 with SNAP", 1, BYTES(MACS "\0\x80" SNAP)},
	{"802.3 with IP in LLC", 1, BYTES(MACS "\0\x80\x06\x06\x03")},
	{"PPP", 9, BYTES("\xff\x03\0\x21")},
	{"PPP, compressed", 9, BYTES("\x21")},
	{"PPP in HDLC", 50, BYTES("\xff\x03\0\x21")},
	{"PPP over Ethernet", 51, BYTES("\x11\0\0\x01\0\x22\0\x21")},
	{"PPP with direction", 204, BYTES("\x01\0\x21")},
	{"Cisco HDLC", 104, BYTES("\x0f\0\x08\0")},
	{"FDDI", 10, BYTES("\x50" MACS SNAP)},
	{"ATM", 100, BYTES(SNAP)},
	{"Linux cooked", 113, BYTES("\0\x04\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0")},
	{"Linux cooked 2", 276, BYTES("\x08\0\0\0\0\0\0\x01\0\x01\0\x06\x02\0\0\0\0\x01\0\0")},
	{"loopback, little-endian", 0, BYTES("\x02\0\0\0")},
	{"loopback, big-endian", 0, BYTES("\0\0\0\x02")},
	{"OpenBSD loopback", 108, BYTES("\0\0\0\x02")},
	{"raw IP", 101, {0}},
	{"raw IP, number of BSD", 12, {0}},
	{"raw IP, number of OpenBSD", 14, {0}},
	{"raw IPv4", 228, {0}},
	{"ENC", 109, BYTES("\x02\0\0\0\0\0\0\x01\0\0\0\0")},
	{"PFLOG", 117, BYTES("\x05\x02\0\0xxxx")},
	{"NFLOG", 239, BYTES("\x02\0\0\0\x05\0\x0a\0x\0\0\0\x28\0\x09\0")},
	{"NFLOG, big-endian", 239, BYTES("\x02\0\0\0\0\x05\0\x0ax\0\0\0\0\x28\0\x09")},
	{"PKTAP", 258, BYTES("\x0c\0\0\0\x01\0\0\0\x01\0\0\0" MACS "\x08\0")},
	{"802.11", 105, BYTES("\x08\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP)},
	{"802.11 QoS", 105, BYTES("\x88\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0\0\0" SNAP)},
	{"802.11, four addresses", 105,
	 BYTES("\x08\x03\0\0" MACS "\x02\0\0\0\0\x03\x10\0\x02\0\0\0\0\x04" SNAP)},
	{"radiotap", 127,
	 BYTES("\0\0\x08\0\0\0\0\0\x08\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP)},
	{"AVS", 163,
	 BYTES("\x80\x21\x10\x01\0\0\0\x08\x08\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP)},
	{"PPI", 192, BYTES("\0\0\x08\0\x69\0\0\0\x08\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP)},
};

static void build_datagram(struct buffer *b)
{
	const struct build_ipv4 ip = {.from = 1, .to = 2, .protocol = 17};
	struct buffer udp = {0};

	build_udp(&udp, 40000, 53, span_text("question"));
	build_ipv4(b, &ip, buffer_span(&udp));
	buffer_free(&udp);
}

static struct buffer build_file(const struct link *link, size_t cut)
{
	struct buffer packet = {0};
	struct buffer file = {0};

	buffer_append_span(&packet, link->prefix);
	build_datagram(&packet);
	/* What Ethernet pads and what adapters append isn't payload. */
	buffer_append(&packet, "\0\0\0\0\0\0", 6);
	build_pcap(&file, link->link_type);
	build_cut_packet(&file, START, buffer_span(&packet), packet.len - cut);
	buffer_free(&packet);
	return file;
}

static void all_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct buffer file = build_file(&links[i], 0);
		struct seen *seen = seen_read(&file);
		struct buffer text = {0};

		if (strcmp(seen_text(seen, &text), "> 0 question") != 0)
			fail_msg("%s: %s", links[i].name, text.data);
		assert_int_equal(seen->error, TAPE_OK);
		assert_int_equal(seen_conn(seen, 0)->remote.port, 53);
		assert_int_equal(seen_conn(seen, 0)->remote.ip[3], 2);
		buffer_free(&text);
		seen_free(seen);
	}
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
		cmocka_unit_test(endless_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
