/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_RULES_H
#define SOCKTAPE_ANALYZE_FINDING_RULES_H

#include "analyze/finding/endings.h"
#include "analyze/finding/finding.h"
#include "analyze/replay/row.h"

/*
 * How findings about records are found. Most are one column that says so: a line in matches.c. What
 * needs more is a rule with a function of its own. Internal to analyze/finding/.
 */

struct look;

/* Tells a finding about the row that is looked at; WHAT: in a sentence. */
typedef void look_found_fn(const struct look *look, enum finding_kind kind, struct span what);

/* A rule looks at so many columns at most. */
#define RULE_COLUMNS 4

/* What a rule gets. */
struct look {
	const struct row *row;
	struct span line;			  /* the record as it is shown */
	const struct conn_ending *ending;	  /* of its connection */
	int64_t end;				  /* of the recording, ns since the epoch */
	const struct value *values[RULE_COLUMNS]; /* of the columns that the rule names */
	look_found_fn *found;
	void *context;
};

struct rule {
	const char *table; /* NULL: of all */
	const char *columns[RULE_COLUMNS];
	void (*look)(const struct look *look);
};

/* Each ended by a rule without a function. */
extern const struct rule common_rules[];
extern const struct rule http_rules[];
extern const struct rule tls_rules[];
extern const struct rule clear_rules[];

/* The lines of matches.c for the table that was asked about last. Zero-initialised: none. */
#define MATCH_LIST_MAX 24
struct match_list {
	const struct table *table;
	size_t count;
	size_t match[MATCH_LIST_MAX];
	int column[MATCH_LIST_MAX]; /* -1: the record in one line */
	struct buffer text;
};

/* The first line that the row fits, or FINDING_KINDS. */
enum finding_kind match_find(struct match_list *list, const struct row *row);
void match_list_free(struct match_list *list);

/* Whether the tables and columns that the lines, and the rules, name are there; for tests. */
bool matches_are_sound(void);
bool rules_are_sound(void);

#endif
