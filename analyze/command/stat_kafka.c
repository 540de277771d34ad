/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/stat_kafka.h"

#include <inttypes.h>

#include "analyze/command/command.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "analyze/sql/prompt.h"

static const struct section {
	const char *view;
	const char *title;
	const char *columns;
	const char *order; /* NULL: the view's */
} sections[] = {
	{"kafka_topic_delays", "delay from produce to fetch, by topic and group", "*", NULL},
	{"kafka_end_lag", "lag at the end by group, topic, partition",
	 "group_id, topic, partition, committed, end_offset, lag, second", NULL},
	{"kafka_rebalances", "rebalances",
	 "group_id, protocol, generation, members, standstill_ms, took_ms, started",
	 "standstill_ms DESC NULLS LAST, took_ms DESC NULLS LAST, group_id, generation"},
};

/* Below text where the rest is; else on stderr. */
static void tell_left_out(const struct stat_kafka *k, const struct section *section, uint64_t count)
{
	const struct text_layout layout = {.limit = 200};
	struct buffer line = {0};

	if (k->format != SQL_TEXT) {
		command_warn(k->command,
			     "%" PRIu64 " rows of %s are left out by --limit; all: "
			     "socktape sql %s \"SELECT * FROM %s\"",
			     count, section->view, k->name, section->view);
		return;
	}
	buffer_printf(&line, "%" PRIu64 " more; all: socktape sql ", count);
	text_append_cell(&line, span_text(k->name), &layout);
	buffer_printf(&line, " \"SELECT * FROM %s\"\n", section->view);
	terminal_write(buffer_span(&line));
	buffer_free(&line);
}

static bool print_section(const struct stat_kafka *k, struct sql_engine *e,
			  const struct section *section)
{
	struct sql_printing p = {.format = k->format, .title = section->title, .limit = k->limit};
	struct buffer query = {0};
	bool good;

	buffer_append_text(&query, "SELECT ");
	if (k->format == SQL_JSON)
		buffer_printf(&query, "'%s' AS section, ", section->view);
	buffer_printf(&query, "%s FROM %s", section->columns, section->view);
	if (section->order)
		buffer_printf(&query, " ORDER BY %s", section->order);
	buffer_append_char(&query, '\0');
	good = !query.failed && sql_run(e, query.data, &p);
	if (query.failed)
		command_fail(k->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (good && p.left_out)
		tell_left_out(k, section, p.left_out);
	buffer_free(&query);
	return good;
}

static int print_sections(const struct stat_kafka *k, struct sql_engine *e)
{
	e->selection = k->with->selection;
	e->decode_as = k->with->decode_as;
	e->keylog = k->with->keylog;
	e->memory = k->with->memory_limit;
	e->threads = k->with->threads;
	if (!sql_engine_add(e, k->name, k->path))
		return command_fail(k->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	e->recordings[0].told = true;
	if (sql_engine_start(e) != SQLITE_OK)
		return command_fail(k->command, "%s", sqlite3_errmsg(e->db));
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!print_section(k, e, &sections[i]))
			return STATUS_USAGE;
	return e->status;
}

int stat_kafka_print(const struct stat_kafka *k)
{
	struct sql_engine *e = NULL;
	sqlite3 *db = NULL;
	int status;

	if (sqlite3_open(":memory:", &db) == SQLITE_OK)
		e = sql_engine_new(db, k->command);
	status = e ? print_sections(k, e)
		   : command_fail(k->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	sqlite3_close(db);
	sql_engine_release(e);
	return status;
}
