/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/gather.h"

#include "analyze/map/service_map.h"
#include "analyze/replay/find_conns.h"
#include "analyze/replay/reading.h"
#include "analyze/shape/learn.h"

/* Of the memory, each of these may take a part; reading has the rest. */
#define GROUPS_SHARE  4
#define PROCESS_SHARE 16
#define MAP_SHARE     8

/* What only connections, or their records, can tell. */
#define OF_CONNECTIONS (SELECT_OF_SESSIONS | SELECT_OF_PROCESSES)

struct gathering {
	const struct gather_options *with;
	struct report *report;
	struct reading reading;
	struct shape_reading learning;
	struct service_map *map;
	uint64_t memory; /* for reading */
};

static int no_memory(const struct gathering *g)
{
	return command_fail(g->with->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
}

static bool learn(void *context, struct shapes *shapes)
{
	const struct gathering *g = context;

	return shapes_learn_recording(shapes, &g->learning);
}

static struct replay_options row_options(const struct gathering *g)
{
	return (struct replay_options){
		.selection = g->with->selection,
		.memory_limit = g->memory,
		.window = true,
		.threads = g->with->threads,
		.decode_as = g->with->decode_as,
		.keylog = g->with->keylog,
	};
}

/* Shapes are those of the whole recording, also where only some of it is wanted. */
static void learn_all(struct gathering *g)
{
	const struct selection *selection = g->with->selection;

	if (!(selection->kinds & ~SELECT_BIT(SELECT_PROTOCOL)) && !selection->since &&
	    !selection->until)
		return;
	g->learning = (struct shape_reading){
		.command = g->with->command,
		.path = g->with->path,
		.with = row_options(g),
	};
	g->report->statistics.learn = learn;
	g->report->statistics.learn_context = g;
}

static bool begin_statistics(struct gathering *g, size_t memory)
{
	struct report *r = g->report;
	struct statistics *s = &r->statistics;

	if (!fields_add_records(&r->fields, NULL) ||
	    !fields_add(&r->fields, &shape_column, 1, NULL))
		return false;
	s->fields = &r->fields;
	s->by[s->by_count++] = (size_t)fields_find(&r->fields, span_text("proto"));
	s->shape = (int)s->by_count;
	s->by[s->by_count++] = (size_t)fields_find(&r->fields, span_text(shape_column.name));
	s->memory = memory;
	learn_all(g);
	return statistics_begin(s);
}

/* What only the replay knows of its own limits. */
static void note_limits(struct gathering *g)
{
	struct replay *replay = g->reading.replay;
	struct report *r = g->report;

	if (replay_refused_bytes(replay) > r->refused_bytes)
		r->refused_bytes = replay_refused_bytes(replay);
	if (replay_given_up(replay) > r->given_up)
		r->given_up = replay_given_up(replay);
	if (replay_refused_secrets(replay) > r->refused_secrets)
		r->refused_secrets = replay_refused_secrets(replay);
}

/* ---- records ---- */

static void take_row(struct gathering *g, const struct row *row)
{
	struct report *r = g->report;
	struct facts_cache *facts = &r->statistics.facts;
	bool counted = row_is_selected_once(row, g->with->selection);

	statistics_add(&r->statistics, row, counted, counted);
	if (row_is_selected(row, g->with->selection))
		process_sums_row(&r->process_sums, row);
	if (!counted)
		return;
	timeline_add(&r->timeline, facts, row);
	if (!service_map_add(g->map, row))
		r->map.no_memory = true;
	excerpts_add(&r->excerpts, facts, row);
}

static bool is_short_of_memory(const struct report *r)
{
	return r->statistics.no_memory || r->timeline.no_memory || r->excerpts.no_memory ||
	       r->process_sums.no_memory || r->findings.no_memory || r->map.no_memory;
}

static int read_records(struct gathering *g)
{
	const struct replay_options with = row_options(g);
	const struct row *row;
	int status;

	g->reading.to_file = true;
	status = reading_open_rows(&g->reading, g->with->command, g->with->path, &with);
	if (status)
		return status;
	while (!is_short_of_memory(g->report) && (row = reading_row(&g->reading)) != NULL)
		take_row(g, row);
	status = reading_end(&g->reading);
	note_limits(g);
	reading_close(&g->reading);
	/* Of those that have to be found first it is told below. */
	if (!(g->with->selection->kinds & OF_CONNECTIONS))
		selection_tell(g->with->selection, g->with->command);
	if (!service_map_finish(g->map, &g->report->map))
		return no_memory(g);
	graph_limit(&g->report->map, REPORT_MAP_NODES);
	if (!statistics_end(&g->report->statistics) || is_short_of_memory(g->report))
		return no_memory(g);
	return status;
}

/* ---- the account ---- */

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct gathering *g = context;

	(void)conn;
	account_event(&g->report->account, g->reading.replay, event);
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct gathering *g = context;

	account_conn(&g->report->account, c);
	process_sums_conn(&g->report->process_sums, c);
}

static int read_account(struct gathering *g)
{
	const struct replay_options with = {
		.handlers = {.event = on_event, .conn_end = on_conn_end, .context = g},
		.selection = g->with->selection,
		.no_sessions = true,
		.memory_limit = g->memory,
	};
	struct report *r = g->report;
	int status;

	g->reading.again = true;
	status = reading_open(&g->reading, g->with->command, g->with->path, &with);
	if (status)
		return status;
	status = reading_run(&g->reading);
	note_limits(g);
	r->account.damaged_events = g->reading.lost_events;
	r->account.problems = g->reading.problems;
	r->status = *replay_status(g->reading.replay);
	r->processes = replay_process_count(g->reading.replay);
	reading_close(&g->reading);
	return is_short_of_memory(r) ? no_memory(g) : status;
}

/* ---- findings ---- */

static int read_findings(struct gathering *g)
{
	const struct findings_options with = {
		.command = g->with->command,
		.path = g->with->path,
		.selection = g->with->selection,
		.keylog = g->with->keylog,
		.memory = g->memory,
		.threads = g->with->threads,
		.to_file = true,
		.again = true,
	};
	int status = findings_run(&with, finding_sums_take, &g->report->findings,
				  &g->report->findings.totals);

	finding_sums_sort(&g->report->findings);
	return is_short_of_memory(g->report) ? no_memory(g) : status;
}

/* ---- all ---- */

int gather(const struct gather_options *options, struct report *r)
{
	uint64_t memory = options->memory ? options->memory : REPLAY_MEMORY_LIMIT;
	struct gathering g = {.with = options, .report = r};
	const struct service_map_options how = {.memory = (size_t)(memory / MAP_SHARE)};
	struct find_conns find = {options->command, options->path, options->memory,
				  options->keylog};
	int status, resolved;

	g.memory = memory - memory / GROUPS_SHARE - memory / PROCESS_SHARE - memory / MAP_SHARE;
	r->process_sums.memory = (size_t)(memory / PROCESS_SHARE);
	r->excerpts.no_body = options->no_body;
	if (!begin_statistics(&g, (size_t)(memory / GROUPS_SHARE)))
		return no_memory(&g);
	g.map = service_map_new(&how);
	if (!g.map)
		return no_memory(&g);
	status = read_records(&g);
	service_map_free(g.map);
	if (status == STATUS_USAGE)
		return status;
	/* What isn't a record can't tell which were selected: their connections are, from here on.
	 */
	resolved = find_conns(options->selection, &find, OF_CONNECTIONS);
	if (resolved)
		return resolved;
	status = command_worse(status, read_account(&g));
	if (status != STATUS_USAGE)
		status = command_worse(status, read_findings(&g));
	r->partial = status != STATUS_DONE;
	return status;
}

void gather_free(struct report *r)
{
	account_free(&r->account);
	statistics_free(&r->statistics);
	timeline_free(&r->timeline);
	excerpts_free(&r->excerpts);
	finding_sums_free(&r->findings);
	process_sums_free(&r->process_sums);
	fields_free(&r->fields);
	graph_free(&r->map);
}
