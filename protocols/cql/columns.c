/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"

static const struct column columns[] = {
#define CQL_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	CQL_COLUMNS(CQL_COLUMN_ROW)
#undef CQL_COLUMN_ROW
};

static bool append_text(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type == VALUE_NULL)
		return false;
	buffer_append_text(out, before);
	buffer_append_span(out, value->text);
	return true;
}

static void append_count(struct buffer *out, const char *before, const struct value *value,
			 const char *what)
{
	if (value->type == VALUE_INT)
		buffer_printf(out, "%s%lld %s%s", before, (long long)value->integer, what,
			      value->integer == 1 ? "" : "s");
}

static void append_asked(const struct value *values, struct buffer *out)
{
	if (!append_text(out, "", &values[CQL_COLUMN_OPCODE]))
		buffer_append_text(out, "(no request)");
	append_text(out, " ", &values[CQL_COLUMN_BATCH_TYPE]);
	append_count(out, " ", &values[CQL_COLUMN_STATEMENTS], "statement");
	if (!append_text(out, " ", &values[CQL_COLUMN_STATEMENT]))
		append_text(out, " #", &values[CQL_COLUMN_STATEMENT_ID]);
	append_text(out, " ", &values[CQL_COLUMN_PARAMS]);
}

/* "EXECUTE SELECT total FROM orders WHERE id=? [7] -> 3 rows", "QUERY ... -> SyntaxError: ...". */
static void describe(const struct value *values, struct buffer *out)
{
	append_asked(values, out);
	if (append_text(out, " -> ", &values[CQL_COLUMN_ERROR_NAME])) {
		append_text(out, ": ", &values[CQL_COLUMN_ERROR]);
		return;
	}
	if (append_text(out, " -> ", &values[CQL_COLUMN_ERROR]))
		return;
	if (values[CQL_COLUMN_ROWS].type == VALUE_INT)
		append_count(out, " -> ", &values[CQL_COLUMN_ROWS], "row");
	else if (values[CQL_COLUMN_CHANGE].type == VALUE_NULL)
		append_text(out, " -> ", &values[CQL_COLUMN_RESULT]);
	append_text(out, " -> ", &values[CQL_COLUMN_CHANGE]);
	if (values[CQL_COLUMN_NEXT_PAGING_STATE].type != VALUE_NULL)
		buffer_append_text(out, ", more pages");
}

const struct table cql_table = {
	.name = "cql",
	.summary = "CQL requests with their answers, and events",
	.columns = columns,
	.column_count = CQL_COLUMN_COUNT,
	.describe = describe,
};
