/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_SAID_H
#define SOCKTAPE_ANALYZE_REPLAY_SAID_H

#include "analyze/replay/row.h"

/*
 * What each side of an exchange said, as its decoded columns have it: a head of lines, the first
 * one as the protocol has it ("GET / HTTP/1.1"), and a body of any bytes.
 */
struct said {
	struct buffer head; /* its memory is used again */
	struct span body;   /* in the row */
};

enum said_form {
	SAID_READ,   /* JSON is indented */
	SAID_HEADS,  /* the same without what --keep is about: bodies, payloads, rows */
	SAID_SEARCH, /* JSON without its marks: the text that an application would know */
};

void said_fill(struct said *to, const struct row *row, enum side side, enum said_form form);

void said_free(struct said *said);

/*
 * Whether the rows of TABLE say all that their connection carried, so that it needn't be looked at
 * itself: false for those that only stand in front of something, as TLS and PROXY.
 */
bool said_is_whole(const struct table *table);

/* Every column that is named here, for a test: TABLE and COLUMN, until it returns false. */
bool said_column(size_t index, const char **table, char column[static 32]);

/* The process or address of SIDE of the row's exchange. Terminated. */
void said_who(const struct row *row, enum side side, char who[static ADDRESS_TEXT_MAX]);

#endif
