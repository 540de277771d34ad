/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_SCAN_H
#define SOCKTAPE_FORMAT_SCAN_H

/* Finding the way back after damage: the next frame that is whole and belongs. Internal to format/.
 */

#include "format/input.h"
#include "format/tape.h"

/* Which blocks belong: those of one segment, in order. */
struct scan {
	struct input *input;
	bool identified; /* recording and segment are known: from the head, or from a block */
	uint8_t recording_id[16];
	uint64_t segment;
	uint64_t block; /* the least number that may come */
};

/* Whether S begins with a block header that is valid and belongs. */
bool scan_is_block(const struct scan *scan, struct span s);

/* Whether such a block header, or what looks like the index, stands at OFFSET. */
bool scan_is_frame(const struct scan *scan, uint64_t offset);

/* The first such place from FROM on; the end of the input when there is none. */
uint64_t scan_find(const struct scan *scan, uint64_t from);

#endif
