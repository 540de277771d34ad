/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/finding.h"

static const struct {
	enum finding_severity severity;
	const char *name;
	const char *meaning;
} kinds[FINDING_KINDS] = {
#define FINDING_ROW(id, severity, name, meaning) {FINDING_##severity, name, meaning},
	FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

const char *finding_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

const char *finding_meaning(enum finding_kind kind)
{
	return kinds[kind].meaning;
}

enum finding_severity finding_severity_of(enum finding_kind kind)
{
	return kinds[kind].severity;
}

const char *finding_severity_text(enum finding_severity severity)
{
	static const char *const texts[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return texts[severity];
}

enum finding_kind finding_find(struct span name)
{
	enum finding_kind kind = 0;

	while (kind < FINDING_KINDS && !span_is(name, kinds[kind].name))
		kind++;
	return kind;
}

static const struct column columns[FINDING_COLUMNS] = {
	[FINDING_COLUMN_TS] = {"ts", "BIGINT", "ns", "when, since the epoch"},
	[FINDING_COLUMN_NAME] = {"finding", "TEXT", "", "its name: socktape findings --list"},
	[FINDING_COLUMN_SEVERITY] = {"severity", "TEXT", "", "error, warning or note"},
	[FINDING_COLUMN_CONN] = {"conn", "BIGINT", "", "connection id; null: of none"},
	[FINDING_COLUMN_RECORD] = {"record_id", "TEXT", "",
				   "the record that shows it; null: the connection does"},
	[FINDING_COLUMN_PROTO] = {"proto", "TEXT", "", "the record's table; null without one"},
	[FINDING_COLUMN_PID] = {"pid", "BIGINT", "", "recorded process; 0 when unknown"},
	[FINDING_COLUMN_COMM] = {"comm", "TEXT", "", "its name"},
	[FINDING_COLUMN_ROLE] = {"role", "TEXT", "", "client, server or unknown: of the process"},
	[FINDING_COLUMN_REMOTE] = {"remote", "TEXT", "", "the other end"},
	[FINDING_COLUMN_WHAT] = {"what", "TEXT", "", "the finding in a sentence"},
};

const struct table findings_table = {
	.name = "findings",
	.summary = "what is odd in a recording",
	.columns = columns,
	.column_count = FINDING_COLUMNS,
};
