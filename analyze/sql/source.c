/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/source.h"

#include <stdlib.h>

#include "analyze/finding/finding.h"
#include "analyze/replay/conn_row.h"
#include "analyze/replay/event_row.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/loss_row.h"
#include "analyze/replay/process_row.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/shape/shape.h"

/* Rows between two questions whether to stop. */
#define STOP_PERIOD 1024

struct sql_source {
	struct sql_source_options with;
	struct reading reading;
	bool ended;
	unsigned steps;

	struct row *row;
	struct record_values common;
	bool filled; /* COMMON, or EXCHANGE, has the values of ROW */
	struct exchange_values exchange;
	struct buffer line;
	struct value line_value;
	struct buffer shape;
	struct value shape_value;

	struct event_row event;
	bool has_event;
};

/* ---- what is read ---- */

static bool is_wanted(const struct sql_source *s, const struct row *row)
{
	struct selection *selection = s->with.selection;

	switch (s->with.table->rows) {
	case SQL_ROWS_TABLE:
		return row->table == s->with.table->table && row_is_selected(row, s->with.all_of) &&
		       row_is_selected(row, selection);
	case SQL_ROWS_EXCHANGES:
		return exchange_is_selected(row, s->with.all_of) &&
		       exchange_is_selected(row, selection);
	default:
		return row_is_selected(row, s->with.all_of) && row_is_selected(row, selection);
	}
}

static void take_event(void *context, const struct event *event, const struct connection *conn)
{
	struct sql_source *s = context;

	event_fill(&s->event, s->reading.replay, event, conn, false);
	s->has_event = true;
}

static bool is_of_events(const struct sql_source *s)
{
	return s->with.table->rows == SQL_ROWS_EVENTS;
}

struct sql_source *sql_source_open(const struct sql_source_options *options, int *status)
{
	struct sql_source *s = calloc(1, sizeof(*s));
	struct replay_options with = {
		.selection = options->all_of ? options->all_of : options->selection,
		.window = true,
		.decode_as = options->decode_as,
		.keylog = options->keylog,
		.protobuf = options->protobuf,
		.wanted = options->wanted,
		.memory_limit = options->memory,
		.threads = options->threads,
	};

	if (!s) {
		*status = command_fail(options->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
		return NULL;
	}
	s->with = *options;
	s->reading.again = options->again;
	s->reading.to_file = true;
	s->reading.hushed = options->hushed;
	if (is_of_events(s)) {
		with.handlers = (struct replay_handlers){.event = take_event, .context = s};
		with.no_sessions = true;
		*status = reading_open(&s->reading, options->command, options->path, &with);
	} else {
		*status = reading_open_rows(&s->reading, options->command, options->path, &with);
	}
	if (*status == STATUS_DONE)
		return s;
	free(s);
	return NULL;
}

/* The question costs a system call. */
static bool is_stopped(struct sql_source *s)
{
	return s->with.stopped && s->steps++ % STOP_PERIOD == 0 && s->with.stopped();
}

static bool next_event(struct sql_source *s)
{
	s->has_event = false;
	while (!s->has_event)
		if (is_stopped(s) || !replay_step(s->reading.replay))
			return false;
	return true;
}

static bool next_row(struct sql_source *s)
{
	s->filled = false;
	do
		s->row = is_stopped(s) ? NULL : reading_row(&s->reading);
	while (s->row && !is_wanted(s, s->row));
	return s->row != NULL;
}

bool sql_source_next(struct sql_source *s)
{
	if (!s->ended)
		s->ended = is_of_events(s) ? !next_event(s) : !next_row(s);
	return !s->ended;
}

/* ---- its values ---- */

static const struct value *line_of(struct sql_source *s)
{
	buffer_clear(&s->line);
	s->row->table->describe(s->row->values, &s->line);
	s->line_value = value_text(buffer_span(&s->line));
	return &s->line_value;
}

static const struct value *shape_of(struct sql_source *s)
{
	const struct table *table = s->row->table;
	const struct shapes *shapes;

	buffer_clear(&s->shape);
	s->shape_value = (struct value){0};
	if (!s->with.shapes)
		return &s->shape_value;
	shapes = s->with.shapes(s->with.shapes_context, table);
	if (!shapes)
		return NULL;
	shapes_append(shapes, table, s->row->values, &s->shape);
	if (s->shape.failed)
		return NULL;
	if (s->shape.len)
		s->shape_value = value_text(buffer_span(&s->shape));
	return &s->shape_value;
}

static const struct value *record_value(struct sql_source *s, size_t column)
{
	if (column >= RECORD_COLUMNS + s->with.table->table->column_count)
		return shape_of(s);
	if (column >= RECORD_COLUMNS)
		return s->with.table->rows == SQL_ROWS_RECORDS
			       ? line_of(s)
			       : &s->row->values[column - RECORD_COLUMNS];
	if (!s->filled)
		record_fill(&s->common, s->row);
	s->filled = true;
	return &s->common.values[column];
}

const struct value *sql_source_value(struct sql_source *s, size_t column)
{
	if (is_of_events(s))
		return &s->event.values[column];
	if (s->with.table->rows != SQL_ROWS_EXCHANGES)
		return record_value(s, column);
	if (!s->filled)
		exchange_fill(&s->exchange, s->row);
	s->filled = true;
	return &s->exchange.values[column];
}

bool sql_source_values(struct sql_source *s, struct value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct value *value = sql_source_value(s, i);

		if (!value)
			return false;
		values[i] = *value;
	}
	return true;
}

const struct row *sql_source_row(const struct sql_source *s)
{
	return s->row;
}

/* A recording that wasn't read to its end has no end to be told. */
static int end_events(struct sql_source *s)
{
	if (!s->ended)
		return STATUS_DONE;
	return reading_run(&s->reading);
}

int sql_source_close(struct sql_source *s)
{
	int status;

	if (!s)
		return STATUS_DONE;
	status = is_of_events(s) ? end_events(s) : reading_end(&s->reading);
	reading_close(&s->reading);
	exchange_free(&s->exchange);
	event_row_free(&s->event);
	buffer_free(&s->line);
	buffer_free(&s->shape);
	free(s);
	return status;
}

/* ---- all rows at once ---- */

struct giving {
	struct reading reading;
	bool (*stopped)(void);
	unsigned steps;
	enum sql_rows rows;
	sql_source_take_fn *take;
	void *context;
	struct buffer scratch;
	bool failed;
};

static void give(struct giving *g, const struct value *values, size_t count)
{
	if (!g->failed && !g->take(g->context, values, count))
		g->failed = true;
	if (g->stopped && g->steps++ % STOP_PERIOD == 0 && g->stopped())
		g->failed = true;
	if (g->failed)
		replay_stop(g->reading.replay);
}

static void give_conn(void *context, const struct connection *conn)
{
	struct giving *g = context;
	struct value values[CONN_COLUMNS];

	conn_fill(values, &g->scratch, g->reading.replay, conn);
	give(g, values, CONN_COLUMNS);
}

static void give_event(void *context, const struct event *event, const struct connection *conn)
{
	struct giving *g = context;

	(void)conn;
	if (g->rows == SQL_ROWS_PROCESSES && event->type == EVENT_PROCESS) {
		struct value values[PROCESS_COLUMNS];

		process_fill(values, &g->scratch, g->reading.replay, event);
		give(g, values, PROCESS_COLUMNS);
	} else if (g->rows == SQL_ROWS_LOSSES && event->type == EVENT_LOSS) {
		struct value values[LOSS_COLUMNS];

		loss_fill(values, g->reading.replay, event);
		give(g, values, LOSS_COLUMNS);
	}
}

static int give_rows(const struct sql_source_options *options, sql_source_take_fn *take,
		     void *context)
{
	struct sql_source_options with = *options;
	int status;
	struct sql_source *s;
	struct value *values;
	size_t count = sql_column_count(options->table) - 1;
	bool good = true, no_memory = false;

	with.selection = NULL;
	s = sql_source_open(&with, &status);
	if (!s)
		return status;
	values = calloc(count, sizeof(*values));
	while (values && good && sql_source_next(s)) {
		good = sql_source_values(s, values, count);
		no_memory = !good;
		good = good && take(context, values, count);
	}
	status = sql_source_close(s);
	if (!values || no_memory)
		status = command_fail(options->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	free(values);
	return status;
}

static bool give_finding(void *context, const struct value *values)
{
	struct giving *g = context;

	return g->take(g->context, values, FINDING_COLUMNS);
}

static int give_findings(const struct sql_source_options *options, struct giving *g)
{
	const struct findings_options with = {
		.command = options->command,
		.path = options->path,
		.keylog = options->keylog,
		.protobuf = options->protobuf,
		.memory = options->memory,
		.threads = options->threads,
		.to_file = true,
		.again = options->again,
		.hushed = options->hushed,
		.stopped = options->stopped,
	};

	return findings_run(&with, give_finding, g, NULL);
}

int sql_source_give(const struct sql_source_options *options, sql_source_take_fn *take,
		    void *context)
{
	struct giving g = {.rows = options->table->rows,
			   .stopped = options->stopped,
			   .take = take,
			   .context = context};
	bool conns = g.rows == SQL_ROWS_CONNS;
	struct replay_options with = {
		.handlers = {.event = conns ? NULL : give_event,
			     .conn_end = conns ? give_conn : NULL,
			     .context = &g},
		.no_sessions = !conns,
		.keylog = options->keylog,
		.protobuf = options->protobuf,
		.memory_limit = options->memory,
	};
	int status;

	if (g.rows < SQL_ROWS_CONNS)
		return give_rows(options, take, context);
	if (g.rows == SQL_ROWS_FINDINGS)
		return give_findings(options, &g);
	g.reading.again = options->again;
	g.reading.to_file = true;
	g.reading.hushed = options->hushed;
	status = reading_open(&g.reading, options->command, options->path, &with);
	if (status)
		return status;
	status = reading_run(&g.reading);
	reading_close(&g.reading);
	buffer_free(&g.scratch);
	return status;
}
