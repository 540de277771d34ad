/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/stat_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/command/command.h"
#include "analyze/output/sparkline.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "analyze/spill/values.h"
#include "protocols/value/json.h"

/* Behind the columns that were counted by. */
enum result_column {
	RESULT_TIME, /* with --over alone */
	RESULT_COUNT,
	RESULT_RATE,
	RESULT_ERRORS,
	RESULT_P50,
	RESULT_P90,
	RESULT_P99,
	RESULT_MAX,
	RESULT_TOTAL,
	RESULT_SHARE,
	RESULT_BYTES,
	RESULT_FAILURES,
	RESULT_WORST,
	RESULT_REPEATS,
	RESULT_REPEATS_IN,
	RESULT_COLUMNS,
};

static const struct column result_columns[RESULT_COLUMNS] = {
	[RESULT_TIME] = {"time", "TEXT", "", "when the interval began"},
	[RESULT_COUNT] = {"count", "BIGINT", "", "records"},
	[RESULT_RATE] = {"per_second", "REAL", "", "of them"},
	[RESULT_ERRORS] = {"errors", "BIGINT", "", "that are not ok"},
	[RESULT_P50] = {"p50_ms", "REAL", "ms", "half of them took no longer"},
	[RESULT_P90] = {"p90_ms", "REAL", "ms", "nine of ten took no longer"},
	[RESULT_P99] = {"p99_ms", "REAL", "ms", "99 of a hundred took no longer"},
	[RESULT_MAX] = {"max_ms", "REAL", "ms", "the longest"},
	[RESULT_TOTAL] = {"total_ms", "REAL", "ms", "all together"},
	[RESULT_SHARE] = {"share", "REAL", "%", "of the time of everything that was counted"},
	[RESULT_BYTES] = {"bytes", "BIGINT", "bytes", "of requests and responses"},
	[RESULT_FAILURES] = {"failures", "JSON", "", "how many failed in which way"},
	[RESULT_WORST] = {"worst", "TEXT", "", "id of the record that took longest"},
	[RESULT_REPEATS] = {"repeats", "BIGINT", "",
			    "most often in a row with other values, from 5 on (N+1)"},
	[RESULT_REPEATS_IN] = {"repeats_in", "TEXT", "",
			       "id of the request that did so, or of the first of these records"},
};

#define NUMBER_MAX 32

/* Lines with a course over time, and with what was repeated. */
#define COURSES 10
#define REPEATS 10

struct result {
	const struct statistics *s;
	const char *command;
	enum output_format format;
	struct output *out;
	struct listing listing;
	struct column columns[STATISTICS_BY_MAX + RESULT_COLUMNS];
	size_t count; /* of columns */
	size_t time;  /* where it stands; SIZE_MAX: nowhere */

	struct group **order;
	size_t order_count;

	/* Of the row that is made. */
	struct value values[STATISTICS_BY_MAX + RESULT_COLUMNS];
	char numbers[RESULT_COLUMNS][NUMBER_MAX];
	struct buffer when;
	struct buffer failures;
};

/* ---- columns ---- */

static void add_column(struct result *r, const struct column *column)
{
	r->columns[r->count++] = *column;
}

static void make_columns(struct result *r)
{
	r->time = SIZE_MAX;
	if (r->s->over) {
		r->time = 0;
		add_column(r, &result_columns[RESULT_TIME]);
	}
	for (size_t i = 0; i < r->s->by_count; i++)
		add_column(r, r->s->fields->names[r->s->by[i]]);
	for (size_t i = RESULT_COUNT; i < RESULT_COLUMNS; i++)
		add_column(r, &result_columns[i]);
}

static bool begin_listing(struct result *r, const struct listing_wish *wish)
{
	if (!fields_add(&r->listing.fields, r->columns, r->count, NULL)) {
		command_fail(r->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
		return false;
	}
	return listing_begin(&r->listing, r->command, wish, r->format, r->out);
}

int stat_result_check(const struct statistics *s, const char *command,
		      const struct listing_wish *wish, bool filtered)
{
	struct result r = {.s = s, .command = command, .format = OUTPUT_JSON};
	struct listing_wish checked = *wish;
	bool good;

	if (filtered)
		checked.where = NULL;
	make_columns(&r);
	r.out = output_new(OUTPUT_JSON);
	good = r.out && begin_listing(&r, &checked);
	listing_free(&r.listing);
	if (r.out)
		output_free(r.out);
	return good ? STATUS_DONE : STATUS_USAGE;
}

/* ---- values ---- */

static struct value number(struct result *r, enum result_column column, double d, int digits)
{
	char *text = r->numbers[column];
	int len = snprintf(text, NUMBER_MAX, "%.*f", digits, d);

	return value_json(span_of(text, (size_t)len));
}

static struct value quantile(struct result *r, enum result_column column, const struct group *g,
			     double part)
{
	if (!g->latencies)
		return (struct value){0};
	return number(r, column, quantiles_at(g->latencies, part) / 1e6, 3);
}

/* In text as people say it, else as an object. */
static struct value failures(struct result *r, const struct group *g)
{
	struct buffer *b = &r->failures;
	bool json = r->format == OUTPUT_JSON;
	bool first = true;

	buffer_clear(b);
	if (json)
		buffer_append_char(b, '{');
	for (size_t i = 0; g->failures && i < GROUP_FAILURES; i++) {
		const struct group_failure *f = &g->failures[i];

		if (!f->count)
			continue;
		if (!first)
			buffer_append_text(b, json ? "," : ", ");
		first = false;
		if (json)
			json_append_string(b, span_text(f->name));
		else
			buffer_append_text(b, f->name);
		buffer_append_text(b, json ? ":" : ": ");
		buffer_append_u64(b, f->count);
	}
	if (json)
		buffer_append_char(b, '}');
	if (first)
		return (struct value){0};
	return value_of(json ? VALUE_JSON : VALUE_TEXT, buffer_span(b));
}

/* Seconds in which the records of a group began. */
static double seconds(const struct result *r)
{
	return (double)(r->s->over ? r->s->over : r->s->last - r->s->first) / 1e9;
}

static void fill_counts(struct result *r, struct value *v, const struct group *g)
{
	double time = seconds(r);

	for (size_t i = 0; i < RESULT_COLUMNS; i++)
		v[i] = (struct value){0};
	v[RESULT_COUNT] = value_int((int64_t)g->count);
	if (time > 0)
		v[RESULT_RATE] = number(r, RESULT_RATE, (double)g->count / time, 3);
	v[RESULT_ERRORS] = value_int((int64_t)g->failed);
	v[RESULT_P50] = quantile(r, RESULT_P50, g, 0.5);
	v[RESULT_P90] = quantile(r, RESULT_P90, g, 0.9);
	v[RESULT_P99] = quantile(r, RESULT_P99, g, 0.99);
	v[RESULT_BYTES] = value_int((int64_t)g->bytes);
	v[RESULT_FAILURES] = failures(r, g);
	if (g->count)
		v[RESULT_WORST] = value_text(span_text(g->worst));
	if (g->latencies) {
		v[RESULT_MAX] = number(r, RESULT_MAX, (double)g->most_ns / 1e6, 3);
		v[RESULT_TOTAL] = number(r, RESULT_TOTAL, (double)g->total_ns / 1e6, 3);
	}
	if (g->latencies && r->s->total_ns)
		v[RESULT_SHARE] = number(r, RESULT_SHARE,
					 100.0 * (double)g->total_ns / (double)r->s->total_ns, 1);
	if (g->repeats) {
		v[RESULT_REPEATS] = value_int((int64_t)g->repeats);
		v[RESULT_REPEATS_IN] = value_text(span_text(g->repeats_in));
	}
}

static void fill(struct result *r, const struct group *g)
{
	struct value counts[RESULT_COLUMNS];
	size_t at = 0;

	if (r->time != SIZE_MAX) {
		buffer_clear(&r->when);
		if (r->format == OUTPUT_TEXT)
			text_append_time_of_day(&r->when, g->since);
		else
			text_append_time_utc(&r->when, g->since);
		r->values[at++] = value_text(buffer_span(&r->when));
	}
	for (size_t i = 0; i < r->s->by_count; i++)
		r->values[at + i] = (struct value){0};
	if (!g->rest && g->key.len)
		values_unpack(g->key, r->values + at, r->s->by_count);
	at += r->s->by_count;
	fill_counts(r, counts, g);
	memcpy(r->values + at, counts + RESULT_COUNT,
	       (RESULT_COLUMNS - RESULT_COUNT) * sizeof(*counts));
}

/* ---- printing ---- */

static void print_rows(struct result *r)
{
	const struct row_part part = {
		.columns = r->columns, .count = r->count, .values = r->values};

	if (!listing_takes(&r->listing))
		output_header(r->out, &part, 1);
	for (size_t i = 0; i < r->order_count && !listing_is_full(&r->listing); i++) {
		fill(r, r->order[i]);
		if (!listing_wants(&r->listing, &part, 1))
			continue;
		if (listing_takes(&r->listing))
			listing_row(&r->listing, &part, 1, NULL, NULL);
		else
			output_row(r->out, &part, 1);
	}
}

/* Whether some group has what COLUMN tells of few. */
static bool is_told(const struct result *r, const char *column)
{
	bool failures = strcmp(column, result_columns[RESULT_FAILURES].name) == 0;

	if (!failures && strcmp(column, result_columns[RESULT_REPEATS].name) != 0 &&
	    strcmp(column, result_columns[RESULT_REPEATS_IN].name) != 0)
		return true;
	for (size_t i = 0; i < r->order_count; i++)
		if (failures ? r->order[i]->failed : r->order[i]->repeats)
			return true;
	return false;
}

/* In text every column is one of a grid, but for those in which nothing would stand. */
static char *all_names(const struct result *r)
{
	struct buffer names = {0};

	for (size_t i = 0; i < r->count; i++)
		if (is_told(r, r->columns[i].name))
			buffer_printf(&names, "%s%s", i ? "," : "", r->columns[i].name);
	buffer_append_char(&names, '\0');
	if (names.failed)
		buffer_free(&names);
	return names.data;
}

/* The course over time of the groups with GROUP's key; NULL: of all. */
static void print_course(const struct result *r, const struct group *group, const char *name)
{
	struct sparkline course = {0};
	struct buffer line = {0};
	const struct text_layout layout = {.limit = 100};
	int64_t first = r->order[0]->since;
	size_t last = (size_t)((r->order[r->order_count - 1]->since - first) / r->s->over);

	for (size_t i = 0; i < r->order_count; i++) {
		const struct group *g = r->order[i];

		if (g->rest ||
		    (group && (g->table != group->table || !span_equal(g->key, group->key))))
			continue;
		sparkline_add(&course, (size_t)((g->since - first) / r->s->over), last,
			      (double)g->count, true);
	}
	sparkline_append(&course, &line);
	buffer_append_text(&line, "  ");
	text_append_cell(&line, span_text(name), &layout);
	buffer_append_char(&line, '\n');
	terminal_write(buffer_span(&line));
	buffer_free(&line);
}

/* What the key of a group says, in words. */
static char *key_text(struct result *r, const struct group *g)
{
	struct buffer text = {0};

	fill(r, g);
	for (size_t c = 0; c < r->s->by_count; c++) {
		const struct value *v = &r->values[(r->time != SIZE_MAX) + c];

		if (text.len)
			buffer_append_char(&text, ' ');
		if (value_has_text(v))
			buffer_append_span(&text, v->text);
		else if (v->type == VALUE_INT)
			buffer_append_i64(&text, v->integer);
	}
	buffer_append_char(&text, '\0');
	if (text.failed)
		buffer_free(&text);
	return text.data;
}

/* On a terminal: the course of all, and of what took most time. */
static void print_courses(struct result *r)
{
	struct groups *sums;
	struct group **all;
	size_t count;

	if (!terminal_find().present || !r->s->over || !r->order_count)
		return;
	terminal_write(span_text("\n"));
	print_course(r, NULL, "all");
	sums = groups_new(r->s->memory);
	for (size_t i = 0; sums && i < r->order_count; i++) {
		const struct group *g = r->order[i];
		struct group *sum = g->rest ? NULL : groups_get(sums, g->table, 0, g->key);

		if (sum)
			group_merge(sum, g);
	}
	all = sums ? groups_in_order(sums, &count) : NULL;
	for (size_t told = 0; all && told < COURSES && told < count; told++) {
		char *name = key_text(r, all[told]);

		if (name)
			print_course(r, all[told], name);
		free(name);
	}
	free(all);
	groups_free(sums);
}

/* What was repeated, in words; what took most time first. */
static void print_repeats(struct result *r)
{
	struct buffer line = {0};
	unsigned told = 0;

	for (size_t i = 0; i < r->order_count && told < REPEATS; i++) {
		const struct group *g = r->order[i];
		const struct text_layout layout = {.limit = 200};
		char *name = g->repeats ? key_text(r, g) : NULL;

		if (!name)
			continue;
		if (!told++)
			buffer_append_char(&line, '\n');
		buffer_printf(
			&line,
			"N+1: %llu times in a row with other values, at %s (%llu such runs): ",
			(unsigned long long)g->repeats, g->repeats_in, (unsigned long long)g->runs);
		text_append_cell(&line, span_text(name), &layout);
		buffer_append_char(&line, '\n');
		free(name);
	}
	terminal_write(buffer_span(&line));
	buffer_free(&line);
}

int stat_result_print(const struct statistics *s, const char *command,
		      const struct listing_wish *wish, enum output_format format, int status)
{
	struct result r = {.s = s, .command = command, .format = format};
	struct listing_wish with = *wish;
	char *names = NULL;
	bool good;

	make_columns(&r);
	r.out = output_new(format);
	r.order = groups_in_order(s->groups, &r.order_count);
	/* A head without rows would tell nothing. */
	if (format == OUTPUT_TEXT && !with.columns && r.order && r.order_count)
		with.columns = names = all_names(&r);
	good = r.out && r.order && begin_listing(&r, &with);
	if (good) {
		print_rows(&r);
		status = listing_end(&r.listing, status);
		if (format == OUTPUT_TEXT) {
			print_courses(&r);
			print_repeats(&r);
		}
	}
	listing_free(&r.listing);
	free(names);
	free(r.order);
	buffer_free(&r.when);
	buffer_free(&r.failures);
	if (!good || (!output_free(r.out) && status != STATUS_USAGE))
		status = good ? command_fail(command, "the output could not be written")
			      : STATUS_USAGE;
	return status;
}
