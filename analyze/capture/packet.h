/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_PACKET_H
#define SOCKTAPE_ANALYZE_CAPTURE_PACKET_H

#include "analyze/capture/capture.h"
#include "analyze/capture/fragment.h"
#include "analyze/capture/slice.h"

/* Headers, from the link down to the transport: name, function that reads it. */
#define HEADERS(X)                                                                                 \
	X(ETHERNET, decode_ethernet)                                                               \
	X(TAG4, decode_tag4)                                                                       \
	X(TAG6, decode_tag6)                                                                       \
	X(TAG8, decode_tag8)                                                                       \
	X(VMLAB, decode_vmlab)                                                                     \
	X(ARISTA, decode_arista)                                                                   \
	X(GIGAMON, decode_gigamon)                                                                 \
	X(LWAPP, decode_lwapp)                                                                     \
	X(PROVIDER_BACKBONE, decode_provider_backbone)                                             \
	X(MACSEC, decode_macsec)                                                                   \
	X(TRILL, decode_trill)                                                                     \
	X(BATMAN, decode_batman)                                                                   \
	X(NSH, decode_nsh)                                                                         \
	X(MPLS, decode_mpls)                                                                       \
	X(FRAME_RELAY, decode_frame_relay)                                                         \
	X(PPPOE, decode_pppoe)                                                                     \
	X(PPP, decode_ppp)                                                                         \
	X(PPP_WITH_DIRECTION, decode_ppp_with_direction)                                           \
	X(PPP_BRIDGED, decode_ppp_bridged)                                                         \
	X(PPP_MULTILINK, decode_ppp_multilink)                                                     \
	X(CISCO_HDLC, decode_cisco_hdlc)                                                           \
	X(LLC, decode_llc)                                                                         \
	X(FDDI, decode_fddi)                                                                       \
	X(TOKEN_RING, decode_token_ring)                                                           \
	X(ARCNET, decode_arcnet)                                                                   \
	X(ARCNET_LINUX, decode_arcnet_linux)                                                       \
	X(AX25, decode_ax25)                                                                       \
	X(AX25_KISS, decode_ax25_kiss)                                                             \
	X(FIREWIRE, decode_firewire)                                                               \
	X(FIBRE_CHANNEL, decode_fibre_channel)                                                     \
	X(SUN_ATM, decode_sun_atm)                                                                 \
	X(INFINIBAND, decode_infiniband)                                                           \
	X(ERF, decode_erf)                                                                         \
	X(LINUX_COOKED, decode_linux_cooked)                                                       \
	X(LINUX_COOKED2, decode_linux_cooked2)                                                     \
	X(LOOPBACK, decode_loopback)                                                               \
	X(RAW_IP, decode_raw_ip)                                                                   \
	X(ENC, decode_enc)                                                                         \
	X(PFLOG, decode_pflog)                                                                     \
	X(NFLOG, decode_nflog)                                                                     \
	X(PKTAP, decode_pktap)                                                                     \
	X(WIFI, decode_wifi)                                                                       \
	X(WIFI_SWAPPED, decode_wifi_swapped)                                                       \
	X(RADIOTAP, decode_radiotap)                                                               \
	X(PRISM, decode_prism)                                                                     \
	X(AVS, decode_avs)                                                                         \
	X(PPI, decode_ppi)                                                                         \
	X(IPV4, decode_ipv4)                                                                       \
	X(IPV6, decode_ipv6)                                                                       \
	X(IPV6_EXTENSION, decode_ipv6_extension)                                                   \
	X(IPV6_FRAGMENT, decode_ipv6_fragment)                                                     \
	X(AUTHENTICATION, decode_authentication)                                                   \
	X(GRE, decode_gre)                                                                         \
	X(ETHERIP, decode_etherip)                                                                 \
	X(PIM, decode_pim)                                                                         \
	X(TCP, decode_tcp)                                                                         \
	X(UDP, decode_udp)                                                                         \
	X(UDP_LITE, decode_udp_lite)

enum header {
#define HEADER_ENUM(name, decode) HEADER_##name,
	HEADERS(HEADER_ENUM)
#undef HEADER_ENUM
	HEADER_COUNT,
	/* The ends of decoding. */
	HEADER_SEGMENT = HEADER_COUNT, /* a TCP segment: `rest` is its payload */
	HEADER_DATAGRAM,	       /* a UDP datagram: `rest` is its payload */
	HEADER_WAITING,		       /* a fragment, kept until its datagram is whole */
	HEADER_SKIPPED,		       /* of no use; `skip` tells why */
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_ACK = 0x10
};

struct tcp_header {
	uint32_t seq;
	uint32_t ack;
	uint8_t flags; /* enum tcp_flag */
	bool made_up;  /* a handshake of an export, of a connection whose beginning was not seen */
};

/* A packet on its way through the headers. */
struct packet {
	int64_t ts;
	struct slice rest; /* what follows the headers read so far */
	struct address source;
	struct address destination;
	struct tcp_header tcp;
	enum capture_skip skip;
	struct fragments *fragments; /* outlives `rest`; NULL: fragments are of no use */
	unsigned headers;	     /* read so far */
};

/*
 * Reads all headers of P, whose `ts`, `rest` (the whole packet) and `fragments` are set. Returns
 * HEADER_SEGMENT, HEADER_DATAGRAM, HEADER_WAITING or HEADER_SKIPPED.
 */
enum header packet_decode(struct packet *p, uint16_t link_type);

/* The same for what begins with HEADER, or ends with it. */
enum header packet_decode_from(struct packet *p, enum header header);

#endif
