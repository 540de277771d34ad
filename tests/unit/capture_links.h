/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_CAPTURE_LINKS_H
#define SOCKTAPE_TESTS_CAPTURE_LINKS_H

#include "tests/unit/capture_build.h"

/* What stands before a datagram: every link type, every tag, every tunnel. */

#define MACS	   "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define CALL(last) "\x9c\x9c\x9c\x9c\x9c\x9c" last
#define SNAP	   "\xaa\xaa\x03\0\0\0\x08\0"

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
	{"ATM, Sun", 123, BYTES("\x02\0\0\x21" SNAP)},
	{"token ring", 6, BYTES("\x10\x40" MACS SNAP)},
	{"token ring, with a route", 6,
	 BYTES("\x10\x40\x02\0\0\0\0\x01\x82\0\0\0\0\x02\x04\x30\0\x01" SNAP)},
	{"ARCNET", 7, BYTES("\x01\x02\xd4\0\0\x01")},
	{"ARCNET, RFC 1051", 7, BYTES("\x01\x02\xf0")},
	{"ARCNET, Linux", 129, BYTES("\x01\x02\0\0\xd4\0\0\x01")},
	{"AX.25", 3, BYTES(CALL("\x60") CALL("\x61") "\x03\xcc")},
	{"AX.25, repeated", 3, BYTES(CALL("\x60") CALL("\x60") CALL("\x61") "\x02\xcc")},
	{"AX.25 behind KISS", 202, BYTES("\0" CALL("\x60") CALL("\x61") "\x03\xcc")},
	{"FireWire", 138, BYTES("destinatsourceid\x08\0")},
	{"Fibre Channel", 122, BYTES("destinatsourceid" SNAP)},
	{"InfiniBand", 242, BYTES("a header of the route, of forty bytes...\x08\0\0\0")},
	{"ERF", 197, BYTES("moment..\x02\x04\0\x50\0\0\0\x40\0\0" MACS "\x08\0")},
	{"ERF, more headers", 197,
	 BYTES("moment..\x90\x04\0\x50\0\0\0\x40\x84"
	       "another\x04"
	       "another\0\0" MACS "\x08\0")},
	{"ERF, IP", 197, BYTES("moment..\x16\x04\0\x50\0\0\0\x40")},
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
	{"NFLOG, an empty attribute", 239, BYTES("\x02\0\0\0\x04\0\x0a\0\x28\0\x09\0")},
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

#define OUTER_IP(protocol)                                                                         \
	MACS "\x08\0\x45\0\0\0\0\0\0\0\x40" protocol "\0\0\x0a\0\0\x07\x0a\0\0\x08"
#define OUTER_UDP(port) OUTER_IP("\x11") "\xc3\x50" port "\0\0\0\0"
#define OUTER_GRE	OUTER_IP("\x2f")
#define ETHERNET	MACS "\x08\0"
#define WIFI		"\x08\x01\0\0" MACS "\x02\0\0\0\0\x03\x10\0" SNAP
#define NSH		"\x0f\xc2\x01\x01\0\0\x01\xff"

/* tests/e2e/import-tunnels.sh holds the same against tshark. */
static const struct link tunnels[] = {
	{"VXLAN", 1, BYTES(OUTER_UDP("\x12\xb5") "\x08\0\0\0\0\0\x01\0" ETHERNET)},
	{"VXLAN-GBP", 1, BYTES(OUTER_UDP("\x12\xb5") "\x88\0\0\x10\0\0\x01\0" ETHERNET)},
	{"VXLAN, without its flag", 1, BYTES(OUTER_UDP("\x12\xb5") "\0\0\0\0\0\0\x01\0" ETHERNET)},
	{"Mobile IP", 1, BYTES(OUTER_UDP("\x01\xb2") "\x04\x04\0\0")},
	{"B.A.T.M.A.N., gateway", 1, BYTES(OUTER_UDP("\x10\xd2") "\x01")},
	{"LWAPP", 1, BYTES(OUTER_UDP("\x2f\xbe") "\0\0\0\0\0\0" WIFI)},
	{"LWAPP, addressed", 1, BYTES(OUTER_UDP("\x2f\xbf") "access\0\0\0\0\0\0" WIFI)},
	{"LWAPP, Ethernet", 1, BYTES(OUTER_UDP("\x2f\xbc") ETHERNET)},
	{"LWAPP, no UDP", 1, BYTES(MACS "\x88\xbb\0\0\0\0\0\0" WIFI)},
	{"Juniper's mirror", 1, BYTES(OUTER_UDP("\x75\x4e") "\0\0\0\x07\0\0\0\x08")},
	{"Juniper's mirror, PPP", 1,
	 BYTES(OUTER_UDP("\x75\x4e") "\0\0\0\x07\0\0\0\x08\xff\x03\0\x21")},
	{"Omnipeek", 1, BYTES(OUTER_UDP("\x13\x88") "\0\xff\xab\xcd\x02\0\0\0\x0cxxx" WIFI)},
	{"UDP-Lite", 1,
	 BYTES(OUTER_IP("\x88") "\xc3\x50\x12\xb5\0\x08\0\0\x08\0\0\0\0\0\x01\0" ETHERNET)},
	{"VMware Lab Manager", 1,
	 BYTES(MACS "\x88\xde\0\x07\0\0"
		    "access" ETHERNET)},
	{"Arista, 64 bits", 1, BYTES(MACS "\xd2\x8b\0\x01\0\x10timestmp\x08\0")},
	{"Arista, 48 bits", 1, BYTES(MACS "\xd2\x8b\0\x01\x01\x20stamps\x08\0")},
	{"Gigamon", 1, BYTES(MACS "\x22\xe5\x05\x01\x02\x03\x04\x08\0")},
	{"Palo Alto's heartbeat", 1, BYTES(MACS "\x89\x88xxxxxx\x08\0")},
	{"Centrino", 1, BYTES(MACS "\x24\x52" WIFI)},
	{"VXLAN-GPE", 1, BYTES(OUTER_UDP("\x12\xb6") "\x0c\0\0\x01\0\0\x01\0")},
	{"VXLAN-GPE, NSH", 1, BYTES(OUTER_UDP("\x12\xb6") "\x0c\0\0\x04\0\0\x01\0" NSH)},
	{"GENEVE", 1, BYTES(OUTER_UDP("\x17\xc1") "\x01\0\x08\0\0\0\x01\0\x01\x02\x03\0")},
	{"GTP-U", 1, BYTES(OUTER_UDP("\x08\x68") "\x30\xff\0\x24\0\0\0\x07")},
	{"GTP-U, extensions", 1,
	 BYTES(OUTER_UDP("\x08\x68") "\x34\xff\0\x30\0\0\0\x07\0\0\0\x85\x01\x09\x40\x40"
				     "\x01\0\0\0")},
	{"GTP version 0", 1,
	 BYTES(OUTER_UDP("\x0d\x3a") "\x1e\xff\0\x24\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0"
				     "\0")},
	{"GTP-U, PPP", 1, BYTES(OUTER_UDP("\x08\x68") "\x30\xff\0\x24\0\0\0\x07\xff\x03\0\x21")},
	{"TZSP", 1, BYTES(OUTER_UDP("\x90\x90") "\x01\0\0\x01\0\x29\x01\x07\x01" ETHERNET)},
	{"TZSP, to be sent", 1, BYTES(OUTER_UDP("\x90\x90") "\x01\x01\0\x01\x01" ETHERNET)},
	{"TZSP, 802.11", 1, BYTES(OUTER_UDP("\x90\x90") "\x01\0\0\x12\x01" WIFI)},
	{"L2TP", 1, BYTES(OUTER_UDP("\x06\xa5") "\0\x02\0\x01\0\x02\0\x21")},
	{"L2TP, all fields", 1,
	 BYTES(OUTER_UDP("\x06\xa5") "\x4a\x02\0\0\0\x01\0\x02\0\0\0\0\0\x01\xff\x21")},
	{"MPLS", 1, BYTES(OUTER_UDP("\x19\xeb") "\0\x01\0\x40\0\x01\x01\x40")},
	{"GRE in UDP", 1, BYTES(OUTER_UDP("\x12\x92") "\x20\0\x08\0\0\0\0\x07")},
	{"LISP", 1, BYTES(OUTER_UDP("\x10\xf5") "\x80\0\0\x01\0\0\0\0")},
	{"AYIYA", 1,
	 BYTES(OUTER_UDP("\x13\xd0") "\x21\x11\x01\x04\0\0\0\0"
				     "iden"
				     "sign")},
	{"CAPWAP", 1, BYTES(OUTER_UDP("\x14\x7f") "\0\x10\0\0\0\0\0\0" ETHERNET)},
	{"CAPWAP, 802.11", 1, BYTES(OUTER_UDP("\x14\x7f") "\0\x10\x03\0\0\0\0\0" WIFI)},
	{"CAPWAP, swapped", 1,
	 BYTES(OUTER_UDP("\x14\x7f") "\0\x10\x03\0\0\0\0\0\x01\x08\0\0" MACS
				     "\x02\0\0\0\0\x03\x10\0" SNAP)},
	{"LLC in UDP", 1, BYTES(OUTER_UDP("\x2e\xe0") SNAP)},
	{"GRE", 1, BYTES(OUTER_GRE "\0\0\x08\0")},
	{"GRE, routing", 1,
	 BYTES(OUTER_GRE "\x40\0\x08\0\0\0\0\0\x08\0\0\x04\xc0\0\x02\x01\0\0\0\0")},
	{"ERSPAN I", 1, BYTES(OUTER_GRE "\0\0\x88\xbe" ETHERNET)},
	{"ERSPAN II", 1,
	 BYTES(OUTER_GRE "\x10\0\x88\xbe\0\0\0\x01\x10\x01\0\x01\0\0\0\0" ETHERNET)},
	{"ERSPAN III", 1,
	 BYTES(OUTER_GRE "\x10\0\x22\xeb\0\0\0\x01\x20\x01\0\x01\0\0\0\0\0\0\0\x01"
			 "platform" ETHERNET)},
	{"ERSPAN III, IP", 1,
	 BYTES(OUTER_GRE "\x10\0\x22\xeb\0\0\0\x01\x20\x01\0\x01\0\0\0\0\0\0\x08\0")},
	{"EoIP", 1, BYTES(OUTER_GRE "\x20\x01\x64\0\0\x32\0\x07" ETHERNET)},
	{"WCCP", 1, BYTES(OUTER_GRE "\0\0\x88\x3e\0\0\0\0")},
	{"Aruba", 1, BYTES(OUTER_GRE "\0\0\x82\x10" WIFI)},
	{"frame relay in GRE", 1, BYTES(OUTER_GRE "\0\0\x65\x59\x18\x61\x03\xcc")},
	{"ERSPAN II as III", 1,
	 BYTES(OUTER_GRE "\x10\0\x22\xeb\0\0\0\x01\x10\x01\0\x01\0\0\0\0" ETHERNET)},
	{"EtherIP of old", 1, BYTES(OUTER_IP("\x61") "\x03\0" ETHERNET)},
	{"EtherIP", 1, BYTES(OUTER_IP("\x61") "\x30\0" ETHERNET)},
	{"PIM register", 1, BYTES(OUTER_IP("\x67") "\x21\0\xde\xff\0\0\0\0")},
	{"MPLS in IP", 1, BYTES(OUTER_IP("\x89") "\0\x01\x01\x40")},
	{"Ethernet in IP", 1, BYTES(OUTER_IP("\x8f") ETHERNET)},
	{"PBB", 1, BYTES(MACS "\x88\xe7\0\0\0\x07" ETHERNET)},
	{"VN-tag", 1, BYTES(MACS "\x89\x26\0\0\0\x07\x08\0")},
	{"E-tag", 1, BYTES(MACS "\x89\x3f\0\0\0\x01\0\0\x08\0")},
	{"MACsec, 6", 1, BYTES(MACS "\x88\xe5\0\x26\0\0\0\x01\x08\0")},
	{"MACsec, 14", 1,
	 BYTES(MACS "\x88\xe5\x20\x26\0\0\0\x01"
		    "identity"
		    "\x08\0")},
	{"TRILL", 1,
	 BYTES(MACS "\x22\xf3\0\x44\0\x01\0\x02"
		    "more" ETHERNET)},
	{"B.A.T.M.A.N.", 1, BYTES(MACS "\x43\x05\x40\x0f\x32\0\x02\0\0\0\0\x02" ETHERNET)},
	{"NSH", 1, BYTES(MACS "\x89\x4f" NSH)},
	{"pseudowire of bytes that look like a control word", 1,
	 BYTES(MACS "\x88\x47\0\x01\x01\x40\0\0\0\0" ETHERNET)},
	{"pseudowire without control word", 1, BYTES(MACS "\x88\x47\0\x01\x01\x40" ETHERNET)},
	{"PPP, bridged", 1, BYTES(MACS "\x88\x64\x11\0\0\x01\0\x34\0\x31\0\x01" ETHERNET)},
	{"PPP, bridged, with a LAN's number", 1,
	 BYTES(MACS "\x88\x64\x11\0\0\x01\0\x38\0\x31\x40\x01\0\0\0\x07" ETHERNET)},
	{"PPP, multilink", 1, BYTES(MACS "\x88\x64\x11\0\0\x01\0\x2a\0\x3d\xc0\0\0\x01\0\x21")},
	{"frame relay", 107, BYTES("\x18\x61\x03\0\xcc")},
	{"frame relay, four bytes of address", 107, BYTES("\x18\x60\0\x01\x03\0\xcc")},
	{"PPP, an EtherType", 9, BYTES("\xff\x03\x08\0")},
	{"frame relay, SNAP", 107, BYTES("\x18\x61\x03\0\x80\0\0\0\x08\0")},
	{"frame relay, bridged", 107, BYTES("\x18\x61\x03\0\x80\0\x80\xc2\0\x07" ETHERNET)},
	{"frame relay, Cisco", 107, BYTES("\x18\x61\x08\0")},
};

static inline void build_datagram(struct buffer *b)
{
	const struct build_ipv4 ip = {.from = 1, .to = 2, .protocol = 17};
	struct buffer udp = {0};

	build_udp(&udp, 40000, 53, span_text("question"));
	build_ipv4(b, &ip, buffer_span(&udp));
	buffer_free(&udp);
}

/* A datagram from port 40000 to 53 behind all that, less what is CUT off. */
static inline struct buffer build_file(const struct link *link, size_t cut)
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

#endif
