/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_OUTPUT_H
#define SOCKTAPE_ANALYZE_OUTPUT_OUTPUT_H

#include "analyze/output/text.h"
#include "format/buffer.h"
#include "protocols/value/date.h"
#include "protocols/value/table.h"

/*
 * Rows on standard output, in any format. JSON is one object a line, CSV follows RFC 4180 with a
 * header line; both are made from columns and values. Text is laid out by the caller in cells.
 *
 * Nothing of a recording reaches a terminal unescaped, in any format (analyze/output/escape.h). A
 * cell of CSV that a spreadsheet would take for a formula gets a quote in front.
 */
struct output;

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_CSV
};

/* The columns of one part of a row (the common ones, those of a protocol). */
struct row_part {
	const struct column *columns;
	size_t count;
	const char
		*prefix; /* "http": the header line of CSV says http.name; NULL: the name alone */
	const struct value *values; /* COUNT of them; NULL: this part isn't there (CSV: empty) */
	struct span json; /* when not empty: what output_json_members() gave, in place of values */
};

/* A column of text output. */
struct text_column {
	const char *title;
	int width;  /* characters; 0 for the last column, which takes what is left */
	bool right; /* aligned: numbers, which are never cut */
	int least;  /* what a narrow terminal may cut it to; TEXT_MAY_GO: or leave it out */
	enum text_cut cut;
};

#define TEXT_MAY_GO (-1)

/* Colours of a cell; only on a terminal. */
enum paint {
	PAINT_NONE,
	PAINT_DIM,
	PAINT_BOLD,
	PAINT_RED,
	PAINT_GREEN,
	PAINT_YELLOW,
	PAINT_CYAN
};

#define CELLS_MAX 16

/*
 * The cells of one row of text, filled from left to right: append to `text`, then end the cell.
 * Zero-initialised is empty; the memory is used again for the next row.
 */
struct cells {
	struct buffer text;
	size_t ends[CELLS_MAX]; /* where each cell ends in text */
	enum paint paints[CELLS_MAX];
	size_t count;
};

void cells_clear(struct cells *cells);
void cells_end(struct cells *cells, enum paint paint);
void cells_free(struct cells *cells);

/* NULL when there is no memory. Output goes to standard output. */
struct output *output_new(enum output_format format);

/* The same, but what is printed is appended to TEXT: no colours, no width. */
struct output *output_new_into(enum output_format format, struct buffer *text);

/*
 * One row of JSON or CSV. In JSON text that isn't UTF-8 is null, and stands in base64 in a member
 * NAME_base64; on standard output a column of COLUMN_MOMENT is followed by the same in RFC 3339,
 * NAME_time, or time where it is ts. For CSV every row must have the same parts, in the same order.
 */
void output_row(struct output *o, const struct row_part *parts, size_t count);

/* The header line of CSV, also when no row follows; nothing in other formats. */
void output_header(struct output *o, const struct row_part *parts, size_t count);

/* The members of a JSON object that a part makes, for rows to come that share it. */
void output_json_members(const struct row_part *part, struct buffer *members);

/*
 * For members that the caller makes: `,"ts":` NS, which isn't below zero, and `,"time":`, where
 * that follows. TO has OUTPUT_TIME_ROOM. Returns the end.
 */
#define OUTPUT_TIME_ROOM (DATE_MOMENT_ROOM + 64)
char *output_put_time(struct output *o, char *to, int64_t ns);

/*
 * Ends a cell with the time of day. Where the day isn't that of the row before, it is told: on a
 * terminal by a line of its own, else in the cell, as in 2026-11-22T10:00:00.123456.
 */
void output_time_cell(struct output *o, struct cells *cells, int64_t ns);

/*
 * One row of text, with as many cells as there are columns. The header comes before the first.
 * Where there is a width the row fits into it; where there isn't, as in a pipe, nothing is cut, and
 * blanks stand between cells alone, but for the last.
 */
void output_cells(struct output *o, const struct text_column *columns, const struct cells *cells);

/* Prints JSON that the caller made, with its line end. False when it could not be written. */
bool output_json(struct span json);

/* False when the output can't be written any more (the reader of a pipe has gone). */
bool output_alive(const struct output *o);

/* Writes what is buffered: nothing may come for a while. */
void output_flush(struct output *o);

/* Whether colours may be used. */
bool output_colour(const struct output *o);

/* Writes what is buffered and releases it. False when something could not be written. */
bool output_free(struct output *o);

#endif
