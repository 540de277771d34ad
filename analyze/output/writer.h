/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_WRITER_H
#define SOCKTAPE_ANALYZE_OUTPUT_WRITER_H

#include "analyze/output/output.h"
#include "analyze/output/text.h"
#include "protocols/value/date.h"

/* What output.c and its three writers (JSON, CSV, cells) share. Internal to analyze/output/. */

struct key_set;

struct output {
	enum output_format format;
	struct buffer *into; /* NULL: standard output */
	struct buffer out;
	struct key_set *keys;	   /* the JSON writer's, the last one used in front */
	struct date_second second; /* of the last moment in JSON */
	size_t row;		   /* where in `out` the JSON writer's row begins, */
	bool row_open;		   /* unless its begin is written */
	bool header_done;
	bool terminal;
	bool colour;
	bool ascii;
	int terminal_width;	   /* 0: no limit */
	int widths[CELLS_MAX];	   /* of the cells, once the header is printed; 0: left out */
	int gap;		   /* between them */
	struct text_moment moment; /* of the last time cell */
	struct buffer closed;	   /* a cell without its blanks */
	char day[16];		   /* of the last time cell; "": there was none */
	bool dated;		   /* time cells have it */
	bool dead;
};

/* Ends the line, and writes what is buffered when it is enough. */
void output_end_row(struct output *o);

void json_write_row(struct output *o, const struct row_part *parts, size_t count);
void json_write_free(struct output *o);

void csv_write_row(struct output *o, const struct row_part *parts, size_t count);

#endif
