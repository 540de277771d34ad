/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_DUMP_H
#define SOCKTAPE_ANALYZE_PCAPNG_DUMP_H

#include "analyze/pcapng/block.h"
#include "format/error.h"
#include "format/writer.h"

/*
 * A capture on its way into a file, or into several that can each be read alone: each begins with
 * the same section and secrets, and describes the interfaces of its own packets. Of what pcap can't
 * hold, everything but packets, nothing is written in that format.
 *
 * Errors stick: every call after the first error does nothing, dump_error() tells it.
 */
struct dump;

enum dump_format {
	DUMP_PCAPNG,
	DUMP_PCAP,     /* in microseconds */
	DUMP_NSECPCAP, /* the same in nanoseconds */
};

struct dump_options {
	enum dump_format format;
	/* Where the bytes go. Of several files the one that NEXT opened last. */
	struct sink sink;
	/*
	 * Bytes of a file, at most (but each has a packet); 0: there is one file. NEXT ends a file
	 * and begins another.
	 */
	uint64_t split;
	uint32_t files_max; /* the last of so many takes all that is left */
	enum tape_error (*next)(void *context);
	void *context;
};

/* NULL when there is no memory. */
struct dump *dump_new(const struct dump_options *options);

/* What each file begins with: the section first, then secrets. */
void dump_section(struct dump *d, const struct pcapng_section *section);
void dump_secrets(struct dump *d, struct span lines);

/* Bytes that a file has before its first packet. */
uint64_t dump_head_len(const struct dump *d);

/* Returns the number of the interface; it is written before its first packet. */
uint32_t dump_interface(struct dump *d, struct span name, struct span description);

/* Counts EVENTS that were lost on INTERFACE, for the statistics at the end. */
void dump_dropped(struct dump *d, uint32_t interface, uint64_t events);

/* Whether PACKET would make the file too long; and what then is to be done, before it is written.
 */
bool dump_is_full(const struct dump *d, const struct pcapng_packet *packet);
void dump_next_file(struct dump *d);

/* The file that is being written; the first is 1. */
uint32_t dump_file(const struct dump *d);

void dump_packet(struct dump *d, const struct pcapng_packet *packet);
void dump_name(struct dump *d, const uint8_t ip[static 16], struct span name);

/* Writes the statistics, and hands everything to the sink. */
MUST_CHECK enum tape_error dump_finish(struct dump *d);

enum tape_error dump_error(const struct dump *d);
uint64_t dump_packets(const struct dump *d);
uint64_t dump_bytes(const struct dump *d); /* of all files so far */

void dump_free(struct dump *d); /* NULL is fine; doesn't flush */

#endif
