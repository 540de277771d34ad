/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ANALYZE_SQL_CHOICE_H
#define ANALYZE_SQL_CHOICE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "analyze/replay/selection.h"

/*
 * What a query's conditions choose of the recordings: at least the rows that it asks for. SQLite
 * tests all conditions again, so it may be more. Begins as zeros.
 */
struct sql_choice {
	struct selection selection;
	sqlite3_value **kept; /* what the selection points into */
	size_t kept_count;
	sqlite3_value *only; /* the recording asked for; NULL: all */
};

/*
 * Adds the conditions that LETTERS (analyze/sql/condition.h) name, of the values ARGV. *POSSIBLE:
 * whether any row may pass. Returns SQLite's status.
 */
int sql_choice_make(struct sql_choice *c, const char *letters, sqlite3_value **argv,
		    bool *possible);

/* Whether rows of the recording of this name are asked for. */
bool sql_choice_takes(const struct sql_choice *c, const char *recording);

/* It is as in the beginning. */
void sql_choice_free(struct sql_choice *c);

#endif
