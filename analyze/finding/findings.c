/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "analyze/finding/conn_findings.h"
#include "analyze/finding/pools.h"
#include "analyze/finding/retry.h"
#include "analyze/finding/rules.h"
#include "analyze/finding/starts.h"
#include "analyze/output/text.h"
#include "analyze/replay/reading.h"
#include "analyze/spill/sorter.h"
#include "analyze/spill/values.h"

/* Of the memory that reading may use, findings that wait take one part, endings another. */
#define SHARE 8
/* About what a connection takes in a map. */
#define ENDING_BYTES 32

/* Rows between two questions whether to stop. */
#define STOP_PERIOD 1024

/* Rules of all kinds, with the columns that they look at. */
struct bound_rule {
	const struct rule *rule;
	const struct table *table; /* NULL: all */
	int columns[RULE_COLUMNS];
};

#define BOUND_MAX 48

struct finder {
	const struct findings_options *with;
	struct findings_totals totals;
	struct reading reading;
	struct endings endings;
	struct sorter *sorter;
	struct match_list matches;
	struct retries retries;
	struct starts starts;
	struct pools *pools;
	uint64_t closed; /* the last connection whose WebSocket was closed badly */
	struct bound_rule bound[BOUND_MAX];
	size_t bound_count;
	struct buffer line;
	struct buffer packed;
	bool failed;	      /* what was found of this row is a reason to try again */
	uint64_t lost_events; /* of no connection */
	uint64_t lost_bytes;
	int64_t lost_ts;
	int64_t end; /* of the recording, ns since the epoch */
	unsigned steps;
	int error; /* errno of a finding that could not be kept; 0: none */
};

static bool is_stopped(struct finder *f)
{
	return f->error ||
	       (f->with->stopped && f->steps++ % STOP_PERIOD == 0 && f->with->stopped());
}

static void keep_packed(struct finder *f, int64_t ts, const struct buffer *packed)
{
	if (f->error)
		return;
	if (packed->failed)
		f->error = ENOMEM;
	else if (!sorter_add(f->sorter, ts, 0, buffer_span(packed)))
		f->error = errno;
}

static void keep(struct finder *f, const struct value *values)
{
	buffer_clear(&f->packed);
	values_pack(&f->packed, values, FINDING_COLUMNS);
	keep_packed(f, values[FINDING_COLUMN_TS].integer, &f->packed);
}

static void fill_kind(struct value *v, enum finding_kind kind, int64_t ts, struct span what)
{
	memset(v, 0, FINDING_COLUMNS * sizeof(*v));
	v[FINDING_COLUMN_TS] = value_int(ts);
	v[FINDING_COLUMN_NAME] = value_word(span_text(finding_name(kind)));
	v[FINDING_COLUMN_SEVERITY] = value_word(
		span_text(finding_severity_text(finding_severity_of(kind))));
	v[FINDING_COLUMN_WHAT] = value_text(what);
}

/* ---- connections ---- */

struct conn_context {
	struct finder *finder;
	const struct connection *conn;
};

static void conn_found(void *context, enum finding_kind kind, int64_t ts, struct span what)
{
	struct conn_context *with = context;
	const struct connection *c = with->conn;
	struct value v[FINDING_COLUMNS];

	fill_kind(v, kind, replay_realtime(with->finder->reading.replay, ts), what);
	v[FINDING_COLUMN_CONN] = value_int((int64_t)c->id);
	v[FINDING_COLUMN_PID] = value_int(c->pid);
	v[FINDING_COLUMN_COMM] = value_text(span_text(c->process ? c->process->name : ""));
	v[FINDING_COLUMN_ROLE] = value_word(span_text(role_text(connection_role(c))));
	v[FINDING_COLUMN_REMOTE] = value_text(span_text(c->remote_text));
	keep(with->finder, v);
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct finder *f = context;
	struct conn_context with = {f, c};

	f->totals.connections++;
	endings_add(&f->endings, c);
	conn_findings(c, replay_now(f->reading.replay), conn_found, &with);
	if (is_stopped(f))
		replay_stop(f->reading.replay);
}

/* Losses of a connection are in its own account. */
static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct finder *f = context;

	(void)conn;
	if (event->type != EVENT_LOSS || event->loss.conn || event->loss.elsewhere)
		return;
	f->lost_events += event->loss.events;
	f->lost_bytes += event->loss.bytes;
	f->lost_ts = event->ts;
}

static void tell_lost_events(struct finder *f)
{
	struct value v[FINDING_COLUMNS];
	struct buffer what = {0};

	if (!f->lost_events)
		return;
	buffer_printf(&what, "%llu, with %llu bytes; socktape sql REC 'SELECT * FROM losses'",
		      (unsigned long long)f->lost_events, (unsigned long long)f->lost_bytes);
	fill_kind(v, FINDING_EVENTS_LOST, replay_realtime(f->reading.replay, f->lost_ts),
		  buffer_span(&what));
	keep(f, v);
	buffer_free(&what);
}

static int find_in_connections(struct finder *f)
{
	const struct replay_options with = {
		.handlers = {.event = on_event, .conn_end = on_conn_end, .context = f},
		.selection = f->with->selection,
		.no_sessions = true,
		.memory_limit = f->with->memory,
	};
	int status = reading_open(&f->reading, f->with->command, f->with->path, &with);

	if (status)
		return status;
	status = reading_run(&f->reading);
	tell_lost_events(f);
	f->end = replay_realtime(f->reading.replay, replay_now(f->reading.replay));
	reading_close(&f->reading);
	return status;
}

/* ---- records ---- */

static const struct rule *const rules[] = {common_rules, http_rules, tls_rules, clear_rules};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* False when a rule names what isn't there. */
static bool bind(struct bound_rule *to, const struct rule *rule)
{
	memset(to, 0, sizeof(*to));
	to->rule = rule;
	if (!rule->table)
		return true;
	to->table = protocol_table_find(rule->table, NULL);
	if (!to->table)
		return false;
	for (size_t i = 0; i < RULE_COLUMNS && rule->columns[i]; i++) {
		to->columns[i] = table_column(to->table, rule->columns[i]);
		if (to->columns[i] < 0)
			return false;
	}
	return true;
}

static size_t bind_all(struct bound_rule bound[static BOUND_MAX], bool *sound)
{
	size_t count = 0;

	*sound = true;
	for (size_t i = 0; i < RULES; i++)
		for (const struct rule *rule = rules[i]; rule->look; rule++) {
			if (count == BOUND_MAX || !bind(&bound[count], rule))
				*sound = false;
			else
				count++;
		}
	return count;
}

bool rules_are_sound(void)
{
	struct bound_rule bound[BOUND_MAX];
	bool sound;

	bind_all(bound, &sound);
	return sound;
}

/* The texts that a finding about a row needs until it is kept. */
struct row_texts {
	char id[ROW_ID_MAX];
	char remote[ADDRESS_TEXT_MAX];
};

static void fill_row(struct value *v, const struct row *row, enum finding_kind kind,
		     struct span what, struct row_texts *texts)
{
	fill_kind(v, kind, row->begin, what);
	v[FINDING_COLUMN_CONN] = value_int((int64_t)row->end->conn);
	v[FINDING_COLUMN_RECORD] = value_word(span_of(texts->id, row_id(row, texts->id)));
	v[FINDING_COLUMN_PROTO] = value_word(span_text(row->table->name));
	v[FINDING_COLUMN_PID] = value_int(row->end->pid);
	v[FINDING_COLUMN_COMM] = value_text(span_text(row->end->comm));
	v[FINDING_COLUMN_ROLE] = value_word(span_text(role_text(row->end->role)));
	v[FINDING_COLUMN_REMOTE] = value_text(span_text(row_remote(row, texts->remote)));
}

static void row_found(const struct look *look, enum finding_kind kind, struct span what)
{
	struct finder *f = look->context;
	struct value v[FINDING_COLUMNS];
	struct row_texts texts;

	/* That it had to wait is no reason to ask again. */
	f->failed |= finding_severity_of(kind) != FINDING_NOTE && kind != FINDING_POOL_WAIT;
	fill_row(v, look->row, kind, what, &texts);
	keep(f, v);
}

/* What the exchanges of a server that follow show of its first. */
static void look_at_start(struct finder *f, const struct look *look)
{
	struct value v[FINDING_COLUMNS];
	struct row_texts texts;
	struct server_start *start;

	switch (starts_look(&f->starts, look->row, look->ending->opened, &start)) {
	case START_MAYBE:
		fill_row(v, look->row, FINDING_SLOW_START, look->line, &texts);
		buffer_clear(&start->finding);
		values_pack(&start->finding, v, FINDING_COLUMNS);
		break;
	case START_SLOW:
		keep_packed(f, start->ts, &start->finding);
		break;
	case START_NOTHING:
		break;
	}
}

static void tell_pool_wait(const struct look *look, int64_t wait)
{
	struct buffer what = {0};

	text_append_duration(&what, wait);
	buffer_append_text(&what, ", then ");
	buffer_append_span(&what, look->line);
	look->found(look, FINDING_POOL_WAIT, buffer_span(&what));
	buffer_free(&what);
}

static void look_at(struct finder *f, const struct row *row, int64_t pool_wait)
{
	const struct conn_ending ending = endings_of(&f->endings, row->end->conn);
	struct look look = {
		.row = row, .ending = &ending, .end = f->end, .found = row_found, .context = f};
	enum finding_kind kind;

	f->failed = false;
	buffer_clear(&f->line);
	row->table->describe(row->values, &f->line);
	look.line = buffer_span(&f->line);
	for (size_t i = 0; i < f->bound_count; i++) {
		const struct bound_rule *b = &f->bound[i];

		if (b->table && b->table != row->table)
			continue;
		for (size_t j = 0; j < RULE_COLUMNS && b->rule->columns[j]; j++)
			look.values[j] = &row->values[b->columns[j]];
		b->rule->look(&look);
	}
	kind = match_find(&f->matches, row);
	if (kind == FINDING_CLOSED_BADLY) {
		/* The other end repeats the code. */
		if (f->closed == row->end->conn)
			kind = FINDING_KINDS;
		f->closed = row->end->conn;
	}
	if (kind != FINDING_KINDS)
		row_found(&look, kind, look.line);
	if (pool_wait)
		tell_pool_wait(&look, pool_wait);
	if (retry_look(&f->retries, row, f->failed))
		row_found(&look, FINDING_RETRIED, look.line);
	look_at_start(f, &look);
}

static int find_in_records(struct finder *f)
{
	const struct replay_options with = {
		.selection = f->with->selection,
		.window = true,
		.keylog = f->with->keylog,
		.protobuf = f->with->protobuf,
		.memory_limit = f->with->memory,
		.threads = f->with->threads,
	};
	int64_t pool_wait;
	struct row *row;
	bool sound;
	int status;

	f->bound_count = bind_all(f->bound, &sound);
	f->reading.again = true;
	status = reading_open_rows(&f->reading, f->with->command, f->with->path, &with);
	if (status)
		return status;
	while (!is_stopped(f) && (row = reading_row(&f->reading)) != NULL) {
		/* Also what isn't selected keeps connections busy. */
		pool_wait = pools_look(f->pools, row);
		if (!row_is_selected_once(row, f->with->selection))
			continue;
		f->totals.records++;
		look_at(f, row, pool_wait);
	}
	status = reading_end(&f->reading);
	reading_close(&f->reading);
	return status;
}

/* ---- all ---- */

static int give(struct finder *f, findings_take_fn *take, void *context)
{
	struct span packed;

	while (!f->error && sorter_next(f->sorter, &packed)) {
		struct value v[FINDING_COLUMNS];

		values_unpack(packed, v, FINDING_COLUMNS);
		if (!take(context, v))
			break;
	}
	if (!f->error)
		f->error = sorter_errno(f->sorter);
	if (f->error)
		return command_fail(f->with->command, "findings could not be put in order: %s",
				    strerror(f->error));
	return STATUS_DONE;
}

static int run(struct finder *f, findings_take_fn *take, void *context)
{
	int status;

	f->reading.again = f->with->again;
	f->reading.to_file = f->with->to_file;
	f->reading.hushed = f->with->hushed;
	status = find_in_connections(f);
	if (status != STATUS_USAGE)
		status = command_worse(status, find_in_records(f));
	f->totals.unjudged = f->endings.full;
	if (status != STATUS_USAGE)
		status = command_worse(status, give(f, take, context));
	return status;
}

int findings_run(const struct findings_options *options, findings_take_fn *take, void *context,
		 struct findings_totals *totals)
{
	struct finder *f = calloc(1, sizeof(*f));
	uint64_t memory = options->memory ? options->memory : REPLAY_MEMORY_LIMIT;
	struct findings_options with = *options;
	int status;

	with.memory = memory - 2 * (memory / SHARE);
	if (f) {
		f->with = &with;
		f->endings.limit = (size_t)(memory / SHARE / ENDING_BYTES);
		f->sorter = sorter_new((size_t)(memory / SHARE));
		f->pools = pools_new();
	}
	if (!f || !f->sorter || !f->pools) {
		if (f)
			sorter_free(f->sorter);
		free(f);
		return command_fail(options->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	}
	status = run(f, take, context);
	if (totals)
		*totals = f->totals;
	sorter_free(f->sorter);
	starts_free(&f->starts);
	pools_free(f->pools);
	endings_free(&f->endings);
	match_list_free(&f->matches);
	buffer_free(&f->line);
	buffer_free(&f->packed);
	free(f);
	return status;
}
