/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_CAPTURE_BUILD_H
#define SOCKTAPE_TESTS_CAPTURE_BUILD_H

#include "analyze/capture/capture.h"
#include "format/buffer.h"

/* Captures made packet by packet, and what capture_read_memory() makes of them. */

#define MS     INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/* The time of a capture's first packets. */
#define START (INT64_C(1700000000) * SECOND)

#define LINK_RAW 101u

enum build_tcp_flag {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	ACK = 0x10
};

/* ---- headers in front of a payload; each appends to B ---- */

struct build_ipv4 {
	uint8_t from; /* 10.0.0.FROM */
	uint8_t to;
	uint8_t protocol;
	uint16_t id;
	uint16_t fragment; /* the flags and the offset as they stand in the header */
};

void build_ipv4(struct buffer *b, const struct build_ipv4 *header, struct span payload);

/* From fd00::FROM to fd00::TO. */
void build_ipv6(struct buffer *b, uint8_t from, uint8_t to, uint8_t next, struct span payload);

void build_udp(struct buffer *b, uint16_t from, uint16_t to, struct span payload);

struct build_tcp {
	uint16_t from;
	uint16_t to;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
};

void build_tcp(struct buffer *b, const struct build_tcp *header, struct span payload);

void build_u16(struct buffer *b, uint16_t value); /* big-endian */
void build_u32(struct buffer *b, uint32_t value);
void build_le32(struct buffer *b, uint32_t value);

/* ---- pcap, little-endian, nanoseconds ---- */

void build_pcap(struct buffer *file, uint32_t link_type);
void build_packet(struct buffer *file, int64_t ts, struct span packet);
/* The capture kept only CAPTURED bytes of it. */
void build_cut_packet(struct buffer *file, int64_t ts, struct span packet, size_t captured);

/* ---- a TCP conversation between 10.0.0.1:40000 (the client) and 10.0.0.2:80, link type raw ----
 */

enum build_side {
	CLIENT,
	SERVER
};

struct build_segment {
	enum build_side from;
	int64_t ts; /* since START */
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	const char *payload; /* NULL: none */
	size_t cut;	     /* bytes at its end that weren't captured */
};

void build_segment(struct buffer *file, const struct build_segment *segment);

/* SYN, SYN-ACK, ACK within the first 2 ms; both sequence numbers are the given ones. */
void build_handshake(struct buffer *file, uint32_t client, uint32_t server);

/* ---- what came out ---- */

#define SEEN_MAX 64

struct seen_event {
	struct event event;
	char payload[256]; /* of DATA, SECRET: terminated */
};

struct seen {
	struct seen_event events[SEEN_MAX];
	size_t count;	  /* of all but STATE, also those beyond SEEN_MAX */
	char states[512]; /* "established; closing by local; reset by remote, ECONNREFUSED" */
	struct capture_totals totals;
	enum tape_error error;
};

/* Reads FILE and frees it. Without HOST and CLOCK, when those are as they should be. */
struct seen *seen_read(struct buffer *file);
void seen_free(struct seen *seen);

/*
 * All events but CONN and STATE, in words: "> 0 GET" (sent at position 0), "< 0 OK", "> 5 ab+3" (3
 * bytes weren't captured), "> lost 10", "close 5 7"; joined by "; ".
 */
const char *seen_text(const struct seen *seen, struct buffer *text);

/* The N-th CONN event, or NULL. */
const struct event_conn *seen_conn(const struct seen *seen, size_t n);

/* Reads FILE (and frees it) and compares seen_text() with EXPECTED. */
void expect_text(struct buffer *file, const char *expected);

#endif
