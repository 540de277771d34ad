/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_CONVERSATION_H
#define SOCKTAPE_ANALYZE_COMMAND_CONVERSATION_H

#include "analyze/output/terminal.h"
#include "analyze/replay/said.h"

/* Both sides of a conversation as text, each in its colour, on standard output. */
struct conversation_text {
	struct buffer text; /* that isn't written yet */
	struct said said;
	bool colour;
	bool hex;  /* bodies and streams as hexadecimal */
	bool dead; /* the output can't be written any more */
};

void conversation_begin(struct conversation_text *c, bool hex);

/* "> 10:00:00.123456 curl[12]" before what a side says. */
void conversation_head(struct conversation_text *c, enum side side, int64_t realtime,
		       const char *who, const char *more);

/* What both sides of ROW said. */
void conversation_row(struct conversation_text *c, const struct row *row);

/* LEN bytes of a side's stream from OFFSET on. */
void conversation_bytes(struct conversation_text *c, enum side side, uint64_t offset,
			struct span bytes);

/* So many bytes of the stream are missing here. */
void conversation_hole(struct conversation_text *c, uint64_t bytes);

/* A line of ours. */
void conversation_note(struct conversation_text *c, const char *note);

/* Writes what waits; false when it could not all be written. */
bool conversation_end(struct conversation_text *c);

#endif
