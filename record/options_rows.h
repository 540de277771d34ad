/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_OPTIONS_ROWS_H
#define SOCKTAPE_RECORD_OPTIONS_ROWS_H

#include "record/options.h"

/*
 * One row for each option: parsing, --help and the messages all come from here. A row has one of:
 * SET, which takes the argument and returns NULL, or what it expected instead; FLAG, where in
 * struct options the bool is that becomes true; ACTION. One with none of them is a heading.
 */
struct option_row {
	char letter; /* 0: long form only */
	const char *name;
	const char *argument;
	const char *help;
	const char *(*set)(struct options *options, const char *argument);
	size_t flag;
	enum options_action action;
};

#define OPTION_ROWS 34
extern const struct option_row option_rows[OPTION_ROWS];

bool option_row_is_heading(const struct option_row *row);

/* Whether it may be given again: its argument ends in "...". */
bool option_row_repeats(const struct option_row *row);

/* Does what ROW does with ARGUMENT. Returns NULL, or what was expected as its argument. */
const char *option_row_set(const struct option_row *row, struct options *options,
			   const char *argument);

#endif
