/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/condition.h"

#include <string.h>

static const struct sql_condition used[] = {
	{"conn", 'c', SELECT_CONN},	  {"pid", 'p', SELECT_PID},
	{"comm", 'n', SELECT_NAME},	  {"role", 'r', SELECT_ROLE},
	{"outcome", 'o', SELECT_OUTCOME}, {"record_id", 'i', SELECT_RECORD},
	{"proto", 't', SELECT_PROTOCOL},
};

const struct sql_condition *sql_condition_of(char letter)
{
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (used[i].letter == letter)
			return &used[i];
	return NULL;
}

/* What of the columns of T the recording can look up. */
static bool is_indexed(const struct sql_table *t, const struct sql_condition *u)
{
	switch (t->rows) {
	case SQL_ROWS_TABLE:
		return u->kind != SELECT_PROTOCOL;
	case SQL_ROWS_RECORDS:
		return true;
	case SQL_ROWS_EVENTS:
		return u->kind == SELECT_CONN || u->kind == SELECT_PID;
	case SQL_ROWS_CONNS:
	case SQL_ROWS_LOSSES:
		return u->kind == SELECT_CONN;
	case SQL_ROWS_PROCESSES:
		return u->kind == SELECT_PID;
	case SQL_ROWS_FINDINGS:
	case SQL_ROWS_EXCHANGES:
		break;
	}
	return false;
}

static bool has_time(const struct sql_table *t)
{
	return t->rows <= SQL_ROWS_EVENTS;
}

char sql_condition_letter(const struct sql_table *t, const struct sqlite3_index_constraint *c)
{
	const char *name;

	if (!c->usable || c->iColumn < 0)
		return 0;
	name = sql_column(t, (size_t)c->iColumn)->name;
	if (strcmp(name, "ts") == 0 && has_time(t)) {
		switch (c->op) {
		case SQLITE_INDEX_CONSTRAINT_GE:
		case SQLITE_INDEX_CONSTRAINT_GT:
			return SQL_LETTER_AFTER;
		case SQLITE_INDEX_CONSTRAINT_LE:
		case SQLITE_INDEX_CONSTRAINT_LT:
			return SQL_LETTER_BEFORE;
		case SQLITE_INDEX_CONSTRAINT_EQ:
			return SQL_LETTER_AT;
		default:
			return 0;
		}
	}
	if (c->op != SQLITE_INDEX_CONSTRAINT_EQ)
		return 0;
	if (c->iColumn == 0)
		return SQL_LETTER_RECORDING;
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (strcmp(name, used[i].column) == 0 && is_indexed(t, &used[i]))
			return used[i].letter;
	return 0;
}

double sql_condition_share(char letter)
{
	switch (letter) {
	case 'i':
		return 1e-6;
	case 'c':
		return 1e-3;
	case SQL_LETTER_AT:
	case 'p':
	case 'n':
		return 1e-2;
	case SQL_LETTER_RECORDING:
	case SQL_LETTER_AFTER:
	case SQL_LETTER_BEFORE:
	case 't':
		return 0.3;
	default:
		return 0.5;
	}
}
