/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "analyze/command/grep.h"
#include "analyze/output/escape.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"

/* So much of the line before and behind a match is shown. */
#define CONTEXT 60

const struct column grep_columns[GREP_COLUMNS] = {
	{"ts", "BIGINT", "ns", "when the record began, or the bytes were moved"},
	{"proto", "TEXT", "", "the record's; null: it isn't known"},
	{"record_id", "TEXT", "", "null: the stream of a connection"},
	{"conn", "BIGINT", "", "connection id"},
	{"side", "TEXT", "", "client or server; of a stream: sent or received"},
	{"part", "TEXT", "", "head, body or stream"},
	{"offset", "BIGINT", "bytes", "where in that part the match is"},
	{"before", "TEXT", "", "what stands before it in its line"},
	{"match", "TEXT", "", "what matched"},
	{"after", "TEXT", "", "what stands behind it in its line"},
};

bool grep_is_over(const struct grep *g)
{
	return g->dead || g->no_memory || listing_is_full(&g->listing);
}

void grep_flush(struct grep *g)
{
	if (g->text.failed || (!g->dead && !terminal_write_text(&g->text)))
		g->dead = true;
	buffer_clear(&g->text);
}

/* The line in BYTES that has the match, no more than CONTEXT of it on either side. */
static struct span line_around(struct span bytes, const struct search_match *m)
{
	size_t begin = m->begin, end = m->end;

	while (begin > 0 && m->begin - begin < CONTEXT && bytes.data[begin - 1] != '\n')
		begin--;
	while (end < bytes.len && end - m->end < CONTEXT && bytes.data[end] != '\n' &&
	       bytes.data[end] != '\r')
		end++;
	return span_of(bytes.data + begin, end - begin);
}

/* V holds the row; its texts point into BYTES and P. */
static void fill_row(struct value v[static GREP_COLUMNS], const struct grep_place *p,
		     struct span bytes, const struct search_match *m)
{
	struct span line = line_around(bytes, m);
	const char *end = line.data + line.len;
	const struct value filled[GREP_COLUMNS] = {
		[GREP_COLUMN_TS] = value_int(p->ts),
		[GREP_COLUMN_CONN] = value_int((int64_t)p->conn),
		[GREP_COLUMN_SIDE] = value_word(span_text(p->side)),
		[GREP_COLUMN_PART] = value_word(span_text(p->part)),
		[GREP_COLUMN_OFFSET] = value_int((int64_t)(p->offset + m->begin)),
		[GREP_COLUMN_BEFORE] = value_text(
			span_of(line.data, (size_t)(bytes.data + m->begin - line.data))),
		[GREP_COLUMN_MATCH] = value_text(span_of(bytes.data + m->begin, m->end - m->begin)),
		[GREP_COLUMN_AFTER] = value_text(
			span_of(bytes.data + m->end, (size_t)(end - (bytes.data + m->end)))),
	};

	memcpy(v, filled, sizeof(filled));
	if (p->proto)
		v[GREP_COLUMN_PROTO] = value_word(span_text(p->proto));
	if (p->record)
		v[GREP_COLUMN_RECORD] = value_word(span_text(p->record));
}

static void append_place(struct grep *g, const struct grep_place *p)
{
	struct buffer *b = &g->text;

	if (g->colour)
		buffer_append_text(b, "\033[2m");
	text_append_time_of_day(b, p->ts);
	buffer_printf(b, "  %-9s  ", p->proto ? p->proto : "-");
	if (p->record)
		buffer_printf(b, "%-10s  ", p->record);
	else
		buffer_printf(b, "%-10" PRIu64 "  ", p->conn);
	buffer_append_text(
		b, strcmp(p->side, "client") == 0 || strcmp(p->side, "sent") == 0 ? "> " : "< ");
	if (g->colour)
		buffer_append_text(b, "\033[0m");
}

static void print_text(struct grep *g, const struct grep_place *p, struct span bytes,
		       const struct search_match *m)
{
	struct buffer *b = &g->text;
	struct span line = line_around(bytes, m);
	size_t at = (size_t)(line.data - bytes.data);

	append_place(g, p);
	escape_append(b, span_of(line.data, m->begin - at));
	if (g->colour)
		buffer_append_text(b, "\033[1;31m");
	escape_append(b, span_of(bytes.data + m->begin, m->end - m->begin));
	if (g->colour)
		buffer_append_text(b, "\033[0m");
	escape_append(b, span_of(bytes.data + m->end, at + line.len - m->end));
	buffer_append_char(b, '\n');
	grep_flush(g);
}

static void print_id(struct grep *g, const struct grep_place *p)
{
	if (p->record)
		buffer_printf(&g->text, "%s\n", p->record);
	else
		buffer_printf(&g->text, "%" PRIu64 "\n", p->conn);
	grep_flush(g);
}

/* False: it is not wanted. */
bool grep_match(struct grep *g, const struct grep_place *p, struct span bytes,
		const struct search_match *m)
{
	struct value v[GREP_COLUMNS];
	const struct row_part part = {.columns = grep_columns, .count = GREP_COLUMNS, .values = v};

	fill_row(v, p, bytes, m);
	if (!listing_wants(&g->listing, &part, 1))
		return false;
	if (g->count)
		return true;
	if (g->list)
		print_id(g, p);
	else if (listing_takes(&g->listing))
		listing_row(&g->listing, &part, 1, NULL, NULL);
	else if (g->select.format != OUTPUT_TEXT)
		output_row(g->out, &part, 1);
	else
		print_text(g, p, bytes, m);
	return true;
}

/* A line is told once; what matches nothing of it doesn't count. Where to go on. */
size_t grep_behind(struct span bytes, const struct search_match *m)
{
	const char *end;

	if (m->begin == m->end)
		return m->end + 1;
	end = memchr(bytes.data + m->end, '\n', bytes.len - m->end);
	return end ? (size_t)(end - bytes.data) + 1 : bytes.len;
}

/* Whether there was a match; ONE is enough for those who only want to know that. */
static bool search_bytes(struct grep *g, const struct grep_place *p, struct span bytes, bool one)
{
	struct search_match m;
	bool found = false;
	size_t at = 0;

	while (bytes.len && !grep_is_over(g) && search_find(g->search, bytes, at, &m)) {
		at = grep_behind(bytes, &m);
		if (m.begin == m.end || !grep_match(g, p, bytes, &m))
			continue;
		found = true;
		if (one)
			break;
	}
	return found;
}

static bool search_side(struct grep *g, struct grep_place *p, const struct row *row, enum side side)
{
	bool one = g->list || g->count, found;

	said_fill(&g->said, row, side, SAID_SEARCH);
	p->side = side == SIDE_CLIENT ? "client" : "server";
	p->part = "head";
	found = search_bytes(g, p, buffer_span(&g->said.head), one);
	if (found && one)
		return true;
	p->part = "body";
	return search_bytes(g, p, g->said.body, one) || found;
}

void grep_row(struct grep *g, const struct row *row)
{
	char id[ROW_ID_MAX];
	struct grep_place p = {
		.ts = row->begin,
		.proto = row->table->name,
		.record = id,
		.conn = row->end->conn,
	};
	bool found;

	row_id(row, id);
	g->partial += row->outcome == OUTCOME_PARTIAL;
	found = search_side(g, &p, row, SIDE_CLIENT);
	if (!found || !(g->list || g->count))
		found |= search_side(g, &p, row, SIDE_SERVER);
	g->matched += found;
}
