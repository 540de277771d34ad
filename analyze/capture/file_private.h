/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_FILE_PRIVATE_H
#define SOCKTAPE_ANALYZE_CAPTURE_FILE_PRIVATE_H

#include "analyze/capture/file.h"

/* What the two file formats share; only file.c, pcap.c and pcapng.c see it. */

struct pcap_state {
	uint32_t record_header_len;
	uint32_t fractions; /* of a second: 10^6 or 10^9 */
	uint16_t link_type;
	bool has_last;
	uint32_t last_seconds;
};

struct pcapng_interface {
	uint16_t link_type;
	uint8_t resolution; /* if_tsresol */
	uint32_t snaplen;   /* 0: none */
	int64_t ts_offset;  /* if_tsoffset, seconds */
};

struct pcapng_state {
	struct pcapng_interface *interfaces;
	size_t interface_count;
	size_t interface_capacity;
	int64_t last_ts;
};

struct capture_file {
	struct capture_input *in;
	bool (*next)(struct capture_file *file, struct capture_item *item);
	bool swapped; /* the file's byte order isn't little-endian */
	struct capture_damage damage;
	struct pcap_state pcap;
	struct pcapng_state pcapng;
};

static inline uint16_t file_u16(const struct capture_file *file, const uint8_t *p)
{
	return file->swapped ? load_be16(p) : load_le16(p);
}

static inline uint32_t file_u32(const struct capture_file *file, const uint8_t *p)
{
	return file->swapped ? load_be32(p) : load_le32(p);
}

/*
 * Notes that WHAT is wrong at the current offset and moves on to the next place where FITS says
 * that a whole packet or block stands. False when there is none: the input is used up.
 */
bool capture_file_resync(struct capture_file *file, const char *what,
			 bool (*fits)(const struct capture_file *file));

/* Whether the input begins with the format's magic; then the file is set up for it. */
bool pcap_recognise(struct capture_file *file, const uint8_t head[static 12]);
bool pcapng_recognise(struct capture_file *file, const uint8_t head[static 12]);

#endif
