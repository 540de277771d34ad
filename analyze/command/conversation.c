/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/conversation.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/output/body_text.h"
#include "analyze/output/escape.h"
#include "analyze/output/text.h"

/* Written at once. */
#define FLUSH (256u << 10)

static const char *const paints[] = {[SIDE_CLIENT] = "\033[36m", [SIDE_SERVER] = "\033[33m"};

void conversation_begin(struct conversation_text *c, bool hex)
{
	*c = (struct conversation_text){.colour = terminal_find().colour, .hex = hex};
}

static void flush(struct conversation_text *c)
{
	if (c->text.failed || (!c->dead && !terminal_write_text(&c->text)))
		c->dead = true;
	buffer_clear(&c->text);
}

static void begin_paint(struct conversation_text *c, enum side side)
{
	if (c->colour)
		buffer_append_text(&c->text, paints[side]);
}

/* The line end stands outside of the colour. */
static void end_paint(struct conversation_text *c)
{
	if (c->colour)
		buffer_append_text(&c->text, "\033[0m");
	if (c->text.len >= FLUSH)
		flush(c);
}

void conversation_head(struct conversation_text *c, enum side side, int64_t realtime,
		       const char *who, const char *more)
{
	begin_paint(c, side);
	buffer_append_text(&c->text, side == SIDE_CLIENT ? "> " : "< ");
	text_append_time_of_day(&c->text, realtime);
	buffer_append_char(&c->text, ' ');
	escape_append(&c->text, span_text(who));
	buffer_append_text(&c->text, more);
	buffer_append_char(&c->text, '\n');
	end_paint(c);
}

static void append_bytes(struct conversation_text *c, uint64_t offset, struct span bytes)
{
	if (c->hex)
		body_append_hex(&c->text, offset, bytes);
	else
		body_append(&c->text, bytes);
}

/* When SIDE began to speak; what isn't known is told by the other one. */
static int64_t spoke_at(const struct row *row, enum side side)
{
	if (side == SIDE_SERVER && row->response_first != TIME_UNKNOWN)
		return row->begin + row->response_first;
	return row->begin;
}

static void row_side(struct conversation_text *c, const struct row *row, enum side side)
{
	char who[ADDRESS_TEXT_MAX], id[ROW_ID_MAX], more[ROW_ID_MAX + 4];

	said_fill(&c->said, row, side, SAID_READ);
	if (!c->said.head.len && !c->said.body.len)
		return;
	row_id(row, id);
	snprintf(more, sizeof(more), "  %s", id);
	said_who(row, side, who);
	conversation_head(c, side, spoke_at(row, side), who, more);
	begin_paint(c, side);
	body_append(&c->text, buffer_span(&c->said.head));
	if (c->said.body.len) {
		if (c->said.head.len)
			buffer_append_char(&c->text, '\n');
		append_bytes(c, 0, c->said.body);
	}
	end_paint(c);
	buffer_append_char(&c->text, '\n');
}

void conversation_row(struct conversation_text *c, const struct row *row)
{
	row_side(c, row, SIDE_CLIENT);
	row_side(c, row, SIDE_SERVER);
	if (!row->note.len)
		return;
	buffer_append_text(&c->text, "-- ");
	escape_append(&c->text, row->note);
	buffer_append_text(&c->text, " --\n\n");
}

void conversation_bytes(struct conversation_text *c, enum side side, uint64_t offset,
			struct span bytes)
{
	begin_paint(c, side);
	append_bytes(c, offset, bytes);
	end_paint(c);
}

void conversation_hole(struct conversation_text *c, uint64_t bytes)
{
	buffer_printf(&c->text, "-- %" PRIu64 " bytes are missing --\n", bytes);
}

void conversation_note(struct conversation_text *c, const char *note)
{
	buffer_append_text(&c->text, note);
	buffer_append_char(&c->text, '\n');
}

bool conversation_end(struct conversation_text *c)
{
	flush(c);
	said_free(&c->said);
	buffer_free(&c->text);
	return !c->dead;
}
