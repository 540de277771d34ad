/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/choice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/condition.h"

/* A copy that lives as long as the selection; NULL without memory. */
static sqlite3_value *keep(struct sql_choice *c, sqlite3_value *value)
{
	sqlite3_value **more = realloc(c->kept, (c->kept_count + 1) * sizeof(sqlite3_value *));
	sqlite3_value *copy;

	if (!more)
		return NULL;
	c->kept = more;
	copy = sqlite3_value_dup(value);
	if (copy)
		c->kept[c->kept_count++] = copy;
	return copy;
}

/* What no row can have matches nothing; *POSSIBLE says whether anything may. */
static int add_value(struct sql_choice *c, const struct sql_condition *u, sqlite3_value *value,
		     bool *possible)
{
	sqlite3_value *copy;
	const char *text;

	if (sqlite3_value_type(value) == SQLITE_NULL)
		return SQLITE_OK;
	copy = keep(c, value);
	if (!copy)
		return SQLITE_NOMEM;
	/* 5.0 is 5, for SQL. */
	if (sqlite3_value_numeric_type(copy) == SQLITE_FLOAT && u->kind <= SELECT_PID) {
		char number[24];

		snprintf(number, sizeof(number), "%.0f", sqlite3_value_double(copy));
		*possible |= selection_add(&c->selection, u->kind, number);
		return SQLITE_OK;
	}
	text = (const char *)sqlite3_value_text(copy);
	if (text && selection_add(&c->selection, u->kind, text))
		*possible = true;
	return SQLITE_OK;
}

/* One value, or all of an IN. */
static int add_values(struct sql_choice *c, const struct sql_condition *u, sqlite3_value *value,
		      bool *possible)
{
	sqlite3_value *each;
	int rc = sqlite3_vtab_in_first(value, &each);

	*possible = false;
	if (rc == SQLITE_ERROR || rc == SQLITE_MISUSE)
		return add_value(c, u, value, possible);
	for (; rc == SQLITE_OK && each; rc = sqlite3_vtab_in_next(value, &each)) {
		int added = add_value(c, u, each, possible);

		if (added != SQLITE_OK)
			return added;
	}
	return rc == SQLITE_DONE || rc == SQLITE_OK ? SQLITE_OK : rc;
}

/* A bound that may be wider than asked for, never narrower. False: it is no number. */
static bool bound_of(sqlite3_value *value, int64_t *from, int64_t *to)
{
	double d;

	switch (sqlite3_value_numeric_type(value)) {
	case SQLITE_INTEGER:
		*from = *to = sqlite3_value_int64(value);
		return true;
	case SQLITE_FLOAT:
		d = sqlite3_value_double(value);
		if (!(d > -9e18 && d < 9e18))
			return false;
		*from = (int64_t)floor(d) - 1;
		*to = (int64_t)ceil(d) + 1;
		return true;
	default:
		return false;
	}
}

static void add_time(struct selection *s, char letter, sqlite3_value *value, bool *possible)
{
	int64_t from, to;

	*possible = true;
	if (!bound_of(value, &from, &to))
		return;
	if (letter != SQL_LETTER_BEFORE && from > s->since)
		s->since = from;
	if (letter == SQL_LETTER_AFTER || to == INT64_MAX)
		return;
	if (to < 0)
		*possible = false;
	else if (!s->until || to + 1 < s->until)
		s->until = to + 1;
}

int sql_choice_make(struct sql_choice *c, const char *letters, sqlite3_value **argv, bool *possible)
{
	*possible = true;
	for (size_t i = 0; letters[i] && *possible; i++) {
		const struct sql_condition *u = sql_condition_of(letters[i]);
		int rc = SQLITE_OK;

		if (letters[i] == SQL_LETTER_RECORDING) {
			/* Of several by IN, SQLite sorts out which. */
			sqlite3_value *each;

			if (sqlite3_vtab_in_first(argv[i], &each) == SQLITE_OK)
				continue;
			c->only = keep(c, argv[i]);
			rc = c->only ? SQLITE_OK : SQLITE_NOMEM;
		} else if (u) {
			rc = add_values(c, u, argv[i], possible);
		} else {
			add_time(&c->selection, letters[i], argv[i], possible);
		}
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

bool sql_choice_takes(const struct sql_choice *c, const char *recording)
{
	const char *name = c->only ? (const char *)sqlite3_value_text(c->only) : recording;

	return name && strcmp(name, recording) == 0;
}

void sql_choice_free(struct sql_choice *c)
{
	selection_free(&c->selection);
	for (size_t i = 0; i < c->kept_count; i++)
		sqlite3_value_free(c->kept[i]);
	free(c->kept);
	*c = (struct sql_choice){0};
}
