/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_LISTING_LISTING_H
#define SOCKTAPE_ANALYZE_LISTING_LISTING_H

#include "analyze/replay/fields.h"
#include "analyze/listing/filter.h"
#include "analyze/listing/ranking.h"
#include "analyze/output/grid.h"

/* What a user wants of the rows that a command lists; NULL and 0: wasn't said. */
struct listing_wish {
	const char *where;   /* a condition in SQL */
	const char *sort;    /* a column; "-" in front: the largest first */
	const char *columns; /* names with commas between them */
	uint64_t limit;	     /* rows */
};

/* In a command's table of options, for listing_option(). */
#define LISTING_OPTIONS                                                                            \
	{"where", 0, "EXPR", "only rows for which this is true, in SQL: latency_ns > 1e6"},        \
		{"sort", 0, "[-]COL", "in the order of this column; with -, the largest first"},   \
		{"limit", 'n', "N", "stop after N rows"},                                          \
	{                                                                                          \
		"columns", 0, "A,B", "these columns alone"                                         \
	}

/* OPTION counts from the first of them; false after telling the user what is wrong with VALUE. */
bool listing_option(struct listing_wish *wish, const char *command, int option, const char *value);

/* Tells that there is no column NAME; returns false. */
bool listing_fail_name(const struct fields *fields, const char *command, const char *option,
		       struct span name);

/*
 * What a condition and an order need, where they are wished; else NULL. False after telling the
 * user what is wrong. For those who print no rows; the others have listing_begin().
 */
bool listing_filter(const struct fields *fields, const char *command,
		    const struct listing_wish *wish, struct filter **filter);
bool listing_ranking(const struct fields *fields, const char *command,
		     const struct listing_wish *wish, struct ranking **ranking, size_t *key);

/* Whether the name of a column stands in TEXT, as a word; TEXT may be NULL. */
bool listing_names(const char *text, const char *name);

/*
 * Which columns of records are asked for, for who reads them; free() it. NULL: all of them, or no
 * memory. ONLY: the table that was named, which may stand for its protocol; NULL: none was. Lines
 * of text show no contents but their beginnings (session_keep_of()).
 */
struct wanted *listing_wanted(const struct listing_wish *wish, enum output_format format,
			      const struct table *only);

/* Which of a set of columns are asked for, by wanted_bit(). */
uint64_t listing_wanted_columns(const struct listing_wish *wish, enum output_format format,
				const struct column *columns, size_t count);

/* Whether anything was wished. */
static inline bool listing_wishes(const struct listing_wish *w)
{
	return w->where || w->sort || w->columns || w->limit;
}

struct choices;

/*
 * Rows of a command on their way to the output: asked whether they are wanted, put in order,
 * reduced to some columns. All sets of columns are put into `fields` first; then listing_begin().
 *
 * A command whose rows need no more than a condition prints them in its own way, where
 * listing_takes() is false.
 */
struct listing {
	const char *command;
	struct listing_wish wish;
	struct fields fields;
	enum output_format format;
	struct output *out; /* not owned */
	struct filter *filter;
	struct ranking *ranking;
	size_t key;	       /* the column that ranks */
	struct column *chosen; /* NULL: all */
	size_t *chosen_names;
	size_t chosen_count;
	struct value *values;		      /* of these */
	struct choices *choices;	      /* where rows have them */
	const struct choices *choices_before; /* where the last row had them */
	struct grid *grid;
	const struct text_column *text_columns;
	struct buffer packed;
	uint64_t asked;	  /* rows */
	uint64_t wanted;  /* that passed the condition */
	uint64_t printed; /* by listing_row() */
	bool no_memory;	  /* some of these are not whole */
};

/* False after telling the user what is wrong. The fields stays as it is from now on. */
bool listing_begin(struct listing *l, const char *command, const struct listing_wish *wish,
		   enum output_format format, struct output *out);

/* Whether the row passes the condition. */
bool listing_wants(struct listing *l, const struct row_part *parts, size_t count);

/* Whether rows go through listing_row(). */
static inline bool listing_takes(const struct listing *l)
{
	return l->ranking || l->chosen;
}

/* Whether text is made of columns, not of cells. */
static inline bool listing_needs_cells(const struct listing *l)
{
	return l->format == OUTPUT_TEXT && !l->chosen;
}

/*
 * A row that is wanted: PARTS as output_row() has them, and CELLS for text of all columns, which
 * have TEXT_COLUMNS, the same for all rows; NULL unless listing_needs_cells().
 */
void listing_row(struct listing *l, const struct row_part *parts, size_t count,
		 const struct text_column *text_columns, const struct cells *cells);

/* Prints what is buffered: no row may come for a while. */
void listing_flush(struct listing *l);

/* Whether no more rows are wanted. */
bool listing_is_full(const struct listing *l);

/*
 * Prints what waits for its order, and tells when nothing passed the condition. Returns what to
 * exit with, where that was STATUS.
 */
int listing_end(struct listing *l, int status);

void listing_free(struct listing *l);

#endif
