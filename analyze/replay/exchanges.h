/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_EXCHANGES_H
#define SOCKTAPE_ANALYZE_REPLAY_EXCHANGES_H

#include "analyze/replay/row.h"

/*
 * The table with one row an exchange, of whatever protocol: what each end saw of it, and when.
 * Where only one end was recorded, the columns of the other are null.
 */
extern const struct table exchanges_table;

#define EXCHANGE_COLUMNS 27

struct exchange_values {
	struct value values[EXCHANGE_COLUMNS];
	struct buffer record; /* the line for a person; its memory is used again */
	char ids[2][ROW_ID_MAX];
	char processes[2][32];
	char addresses[2][ADDRESS_TEXT_MAX];
};

/* The one of ROW and its twin that stands for the exchange: it came out first. */
bool exchange_begins(const struct row *row);

/* Whether that is ROW, and SELECTION takes either end; NULL: all. */
bool exchange_is_selected(const struct row *row, struct selection *selection);

/* Values point into TO, the row and its twin. */
void exchange_fill(struct exchange_values *to, const struct row *row);

void exchange_free(struct exchange_values *values);

#endif
