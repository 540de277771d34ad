/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_LEVEL_H
#define SOCKTAPE_RECORD_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Chooses the level of zstd for each block, so that compression keeps up with what comes: level 1
 * as long as it does, and faster ones, which compress less, while blocks pile up. Zero-initialised
 * is valid.
 */
struct level_control {
	unsigned int step;    /* 0: level 1; each more is faster */
	uint64_t compress_ns; /* of the last blocks, the latest counting most */
	uint64_t write_ns;
};

/* What is known when a block is about to be compressed. */
struct level_situation {
	uint64_t waiting; /* bytes that wait, of as many as may */
	uint64_t limit;
	bool ending;	      /* no more will come */
	uint64_t compress_ns; /* that the block before took */
	uint64_t write_ns;
};

int level_choose(struct level_control *control, const struct level_situation *now);

#endif
