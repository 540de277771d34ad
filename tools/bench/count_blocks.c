/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many blocks of a recording are read for its records, and for those of a part of its time, in
 * nanoseconds since its begin:
 *
 *     count_blocks REC SINCE UNTIL
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/replay/rows.h"

/* Where the records begin; 0: there are none, or they can't be read. */
static int64_t count(const char *path, struct selection *selection, uint64_t *blocks)
{
	const struct replay_options options = {.selection = selection, .window = selection != NULL};
	struct rows *rows;
	const struct row *row;
	int64_t begin = 0;

	if (rows_open(path, &options, &rows) != TAPE_OK)
		return 0;
	while ((row = rows_next(rows)) != NULL)
		if (!begin && row_is_selected(row, selection))
			begin = row->begin;
	*blocks = replay_status(rows_replay(rows))->read_blocks;
	rows_close(rows);
	return begin;
}

int main(int argc, char **argv)
{
	struct selection selection = {0};
	uint64_t all, read;
	int64_t begin;

	if (argc != 4) {
		fprintf(stderr, "usage: count_blocks REC SINCE UNTIL\n");
		return 1;
	}
	begin = count(argv[1], NULL, &all);
	selection.since = begin + strtoll(argv[2], NULL, 10);
	selection.until = begin + strtoll(argv[3], NULL, 10);
	if (!begin || !count(argv[1], &selection, &read)) {
		fprintf(stderr, "count_blocks: %s: there are no such records\n", argv[1]);
		return 1;
	}
	printf("%" PRIu64 " %" PRIu64 "\n", read, all);
	return 0;
}
