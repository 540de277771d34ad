/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_FILE_H
#define SOCKTAPE_ANALYZE_CAPTURE_FILE_H

#include "analyze/capture/input.h"
#include "analyze/capture/slice.h"

/*
 * Packets out of a pcap or pcapng file. This isn't left to libpcap because that refuses files with
 * several link types, stops at the first damage and drops the secrets.
 *
 * pcap: draft-ietf-opsawg-pcap. pcapng: draft-ietf-opsawg-pcapng.
 */
struct capture_file;

/* Larger packets and blocks are taken for damage. */
#define CAPTURE_PACKET_MAX (1u << 20)
#define CAPTURE_BLOCK_MAX  (16u << 20)

enum capture_item_kind {
	CAPTURE_PACKET,
	CAPTURE_SECRETS
};

struct capture_item {
	enum capture_item_kind kind;
	int64_t ts;	    /* ns since the epoch; the packet's */
	uint16_t link_type; /* a LINKTYPE_ number; the packet's */
	struct slice data;  /* the packet, or lines of an NSS key log; valid until the next call */
};

/* What was wrong with a file. */
struct capture_damage {
	const char *what;  /* static; of the first; NULL when there was none */
	uint64_t offset;   /* of the first */
	uint64_t bytes;	   /* passed over, in all */
	bool only_the_end; /* the file just stops early */
};

/* Takes IN, also when it fails. TAPE_ERROR_EMPTY or TAPE_ERROR_NOT_A_CAPTURE. */
MUST_CHECK enum tape_error capture_file_new(struct capture_input *in, struct capture_file **file);

/* The next packet; false at the end. After damage it goes on with the next packet it finds. */
bool capture_file_next(struct capture_file *file, struct capture_item *item);

const struct capture_damage *capture_file_damage(const struct capture_file *file);
const struct capture_input *capture_file_input(const struct capture_file *file);

void capture_file_free(struct capture_file *file); /* NULL is fine */

#endif
