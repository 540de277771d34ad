/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/select_where.h"

#include <inttypes.h>

#include "analyze/listing/filter.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"

struct search {
	struct selection *selection;
	struct filter *filter;
	struct map found;
	uint64_t asked;
	bool no_memory;
};

static void ask(struct search *search, const struct row *row)
{
	struct record_values common;
	const struct row_part parts[] = {
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = row->table->columns,
		 .count = row->table->column_count,
		 .values = row->values},
	};

	if (!row_is_selected(row, search->selection))
		return;
	search->asked++;
	if (map_get(&search->found, row->end->conn))
		return;
	record_fill(&common, row);
	if (filter_passes(search->filter, parts, 2) &&
	    !map_put(&search->found, row->end->conn, search))
		search->no_memory = true;
}

static int find(struct search *search, struct select *select, const char *command)
{
	struct reading reading = {.again = true};
	const struct replay_options with = {
		.selection = &select->selection,
		.memory_limit = select->memory,
		.keylog = select->keylog,
		.window = true,
		.threads = command_processors(),
	};
	int status = reading_open_rows(&reading, command, select->operand.path, &with);
	const struct row *row;

	if (status)
		return status;
	while (!search->no_memory && (row = reading_row(&reading)) != NULL)
		ask(search, row);
	status = reading_end(&reading);
	reading_close(&reading);
	if (search->no_memory)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (filter_error(search->filter))
		return command_fail(command, "--where: %s", filter_error(search->filter));
	/* What is damaged is told by who reads it for the output. */
	return status == STATUS_USAGE ? status : STATUS_DONE;
}

int select_where(struct select *select, const char *command, const char *expr)
{
	struct search search = {.selection = &select->selection};
	struct fields fields = {0};
	struct buffer why = {0};
	int status = STATUS_USAGE;

	if (!fields_add_records(&fields, NULL)) {
		command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	} else {
		search.filter = filter_new(&fields, expr, &why);
		if (search.filter)
			status = find(&search, select, command);
		else
			command_fail(command, "--where: %.*s", (int)why.len,
				     why.data ? why.data : "");
	}
	if (!status && !search.found.count)
		command_warn(command, "none of %" PRIu64 " records passes --where \"%s\"",
			     search.asked, expr);
	if (!status)
		selection_resolve(&select->selection, ~SELECT_BIT(SELECT_CONN), &search.found);
	map_free(&search.found);
	buffer_free(&why);
	filter_free(search.filter);
	fields_free(&fields);
	return status;
}
