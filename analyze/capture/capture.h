/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_CAPTURE_H
#define SOCKTAPE_ANALYZE_CAPTURE_CAPTURE_H

#include "format/error.h"
#include "format/event.h"

/*
 * Turns a packet capture (pcap or pcapng, gzip-compressed or not) into the events of a recording.
 *
 * Each TCP connection and each UDP flow becomes a connection whose `local` end is the one that
 * began it; SENT is what that end sent. A UDP flow is closed when it is silent for two minutes.
 * Streams are reassembled: every byte comes once, in order, at its position; what the capture
 * misses is a LOSS event and a step in the position. Times are the capture's own, in monotonic and
 * real time alike. HOST and CLOCK come first.
 */

/* Why a packet gave no event: name, words. Those behind TRANSPORT are of what is read. */
#define CAPTURE_SKIPS(X)                                                                           \
	X(LINK_TYPE, "of a link type that isn't supported")                                        \
	X(NOT_IP, "neither IPv4 nor IPv6")                                                         \
	X(TRANSPORT, "neither TCP nor UDP")                                                        \
	X(CUT, "cut short before the end of their headers")                                        \
	X(MALFORMED, "malformed")                                                                  \
	X(FRAGMENT, "fragments whose datagram never became whole")                                 \
	X(WINDOW, "far outside of their TCP window")

#define CAPTURE_ENUM_SKIP(name, text) CAPTURE_SKIP_##name,
enum capture_skip {
	CAPTURE_SKIPS(CAPTURE_ENUM_SKIP) CAPTURE_SKIP_COUNT
};
#undef CAPTURE_ENUM_SKIP

/* Static string. */
const char *capture_skip_text(enum capture_skip skip);

/* What was read and what became of it. */
struct capture_totals {
	uint64_t file_bytes; /* of the capture read so far, before decompression */
	uint64_t file_size;  /* 0 when unknown, as for a pipe */
	uint64_t packets;
	uint64_t tcp_connections;
	uint64_t udp_flows;
	uint64_t events;
	uint64_t data_bytes; /* payload that went into DATA events */
	uint64_t cut_bytes;  /* of those segments and datagrams, not in the capture: snap length */
	uint64_t lost_bytes; /* in LOSS events */
	uint64_t duplicate_bytes; /* captured twice, or too late: after they counted as lost */
	uint64_t early_bytes;	  /* below the first position of a connection joined midway */
	uint64_t secrets;	  /* lines of pcapng Decryption Secrets Blocks */
	uint64_t skipped[CAPTURE_SKIP_COUNT]; /* packets */
	uint32_t link_type;		      /* the last one that isn't supported */

	/* The first damage met, when there is any; `damage` is NULL otherwise. */
	const char *damage;	/* static: "packet header", "block length", ... */
	uint64_t damage_offset; /* in the uncompressed capture */
	uint64_t damaged_bytes; /* passed over until the next whole packet, of all damages */
};

/* Where the events go. */
struct capture_sink {
	/* Anything but TAPE_OK ends the reading. The event is borrowed for the call. */
	enum tape_error (*event)(void *context, const struct event *event);
	/* Called now and then; may be NULL. */
	void (*progress)(void *context, const struct capture_totals *totals);
	void *context;
	void *progress_context;
	uint64_t memory;  /* bytes that reading may keep; 0: 256 MiB */
	const char *name; /* what the events call the capture; NULL: by its path */
};

/*
 * Reads the capture in PATH ("-" for standard input) to its end and gives its events to SINK.
 *
 * TAPE_ERROR_TRUNCATED and TAPE_ERROR_DAMAGED: all that could be read was given, and
 * totals->damage tells the first problem. TAPE_ERROR_LINK_TYPE: packets of a link type that isn't
 * supported were passed over (totals->link_type), the rest was given. TAPE_ERROR_NOT_A_CAPTURE,
 * TAPE_ERROR_EMPTY (no byte at all) and TAPE_ERROR_IO with errno: nothing could be read, no event
 * was given. Else what the sink returned. TOTALS is always filled in.
 */
MUST_CHECK enum tape_error capture_read(const char *path, const struct capture_sink *sink,
					struct capture_totals *totals);

/* The same from memory, with NAME in place of the path; not compressed. */
MUST_CHECK enum tape_error capture_read_memory(const void *data, size_t len, const char *name,
					       const struct capture_sink *sink,
					       struct capture_totals *totals);

#endif
