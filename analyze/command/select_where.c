/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/select_where.h"

#include <inttypes.h>
#include <string.h>

#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/shape/learn.h"

struct search {
	const char *command;
	const struct listing_wish *wish;
	struct selection *selection;
	struct fields fields;
	struct filter *filter;	 /* NULL: any record */
	struct ranking *ranking; /* NULL: in the order of time */
	size_t key;
	struct row_shapes shapes;
	struct id_set found;
	uint64_t asked;
	uint64_t taken;
	bool no_memory;
};

static bool is_full(const struct search *search)
{
	return search->no_memory || (search->wish->limit && search->taken >= search->wish->limit) ||
	       (search->ranking && ranking_error(search->ranking));
}

static void take(struct search *search, uint64_t conn)
{
	search->taken++;
	if (!id_set_add(&search->found, conn))
		search->no_memory = true;
}

static void ask(struct search *search, const struct row *row)
{
	static const struct value null;
	struct record_values common;
	const struct row_part parts[] = {
		{.columns = &shape_column, .count = 1, .values = &search->shapes.value},
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = row->table->columns,
		 .count = row->table->column_count,
		 .values = row->values},
	};
	const size_t count = sizeof(parts) / sizeof(parts[0]);
	const struct value *key;

	if (!row_is_selected(row, search->selection))
		return;
	search->asked++;
	/* Where all are taken nothing has to be asked about one that is. */
	if (!search->wish->limit && id_set_has(&search->found, row->end->conn))
		return;
	record_fill(&common, row);
	row_shapes_fill(&search->shapes, row);
	if (search->filter && !filter_passes(search->filter, parts, count))
		return;
	if (!search->ranking) {
		take(search, row->end->conn);
		return;
	}
	key = fields_value(&search->fields, parts, count, search->key);
	ranking_add(search->ranking, key ? key : &null,
		    span_of(&row->end->conn, sizeof(row->end->conn)));
}

/* Those that come first in the order. */
static void take_ranked(struct search *search)
{
	struct span bytes;
	uint64_t conn;

	while (!is_full(search) && ranking_next(search->ranking, &bytes)) {
		memcpy(&conn, bytes.data, sizeof(conn));
		take(search, conn);
	}
}

static int fail_memory(const struct search *search)
{
	return command_fail(search->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
}

static int find(struct search *search, struct select *select)
{
	struct reading reading = {.again = true};
	const struct replay_options with = {
		.selection = &select->selection,
		.memory_limit = select->memory,
		.keylog = select->keylog,
		.window = true,
		.threads = command_processors(),
	};
	const struct shape_reading how = {
		.command = search->command, .path = select->operand.path, .with = with};
	bool shaped = listing_names(search->wish->where, shape_column.name) ||
		      listing_names(search->wish->sort, shape_column.name);
	const struct row *row;
	int status;

	if (shaped && !row_shapes_learn(&search->shapes, &how))
		return fail_memory(search);
	status = reading_open_rows(&reading, search->command, select->operand.path, &with);
	if (status)
		return status;
	while (!is_full(search) && (row = reading_row(&reading)) != NULL)
		ask(search, row);
	status = reading_end(&reading);
	reading_close(&reading);
	if (search->ranking)
		take_ranked(search);
	if (search->no_memory)
		return fail_memory(search);
	if (search->ranking && ranking_error(search->ranking))
		return command_fail(search->command, "records could not be put in order: %s",
				    ranking_error(search->ranking));
	if (search->filter && filter_error(search->filter))
		return command_fail(search->command, "--where: %s", filter_error(search->filter));
	/* What is damaged is told by who reads it for the output. */
	return status == STATUS_USAGE ? status : STATUS_DONE;
}

int select_where(struct select *select, const char *command, const struct listing_wish *wish)
{
	struct search search = {.command = command, .wish = wish, .selection = &select->selection};
	int status = STATUS_USAGE;

	if (!fields_add(&search.fields, &shape_column, 1, NULL) ||
	    !fields_add_records(&search.fields, NULL))
		fail_memory(&search);
	else if (listing_filter(&search.fields, command, wish, &search.filter) &&
		 listing_ranking(&search.fields, command, wish, &search.ranking, &search.key))
		status = find(&search, select);
	if (!status && !search.found.count && wish->where)
		command_warn(command, "none of %" PRIu64 " records passes --where \"%s\"",
			     search.asked, wish->where);
	if (!status)
		selection_resolve(&select->selection, ~SELECT_BIT(SELECT_CONN), &search.found);
	id_set_free(&search.found);
	row_shapes_free(&search.shapes);
	filter_free(search.filter);
	ranking_free(search.ranking);
	fields_free(&search.fields);
	return status;
}
