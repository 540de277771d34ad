/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"
#include "analyze/command/stat_kafka.h"
#include "analyze/command/stat_result.h"
#include "analyze/listing/listing.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/shape/learn.h"
#include "analyze/stat/statistics.h"
#include "format/size.h"

static const char help[] =
	"Counts the records of a recording by what was asked: how often, how many failed\n"
	"and how, how long they took, which took longest, and what was asked again and\n"
	"again with other values (N+1). An exchange that was recorded at both ends counts\n"
	"once. What took most time in all comes first. Of kafka delays of messages, lag\n"
	"and rebalances follow.";

enum {
	OPT_BY = SELECT_OPTIONS,
	OPT_OVER,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS,
	OPT_DECODE_AS,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"by", 0, "COL[,COL]", "count by these columns (proto,shape)"},
	{"over", 0, "DURATION", "count each interval for itself, as in 1s or 5m"},
	LISTING_OPTIONS,
	{"decode-as", 0, "PROTOCOL", "don't infer: every connection speaks this"},
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

/* Of the memory that reading may use, the groups may take this part, too. */
#define GROUPS_SHARE 4

struct counting {
	struct reading reading;
	struct select select;
	const char *by;
	uint64_t over;
	struct listing_wish wish;
	const char *name;	   /* of the recording, as it was given */
	const char *protocol;	   /* NULL: of all protocols */
	const struct table *table; /* as that */
	const struct protocol *decode_as;
	uint64_t threads;

	struct fields fields;  /* of the records */
	struct filter *filter; /* of records; NULL: the condition is about what was counted */
	uint64_t asked;
	struct statistics statistics;
	struct shape_reading learning;
};

/* ---- what is counted ---- */

static bool add_by(struct counting *stat, const char *command, struct span name)
{
	struct statistics *s = &stat->statistics;
	int found = fields_find(&stat->fields, name);

	if (found < 0)
		return listing_fail_name(&stat->fields, command, "--by", name);
	if (s->by_count == STATISTICS_BY_MAX) {
		command_fail(command, "--by wants no more than %d columns", STATISTICS_BY_MAX);
		return false;
	}
	if (span_is(name, shape_column.name))
		s->shape = (int)s->by_count;
	s->by[s->by_count++] = (size_t)found;
	return true;
}

static bool choose_by(struct counting *stat, const char *command)
{
	const char *names = stat->by ? stat->by : "proto,shape";

	stat->statistics.shape = -1;
	for (;;) {
		size_t len = strcspn(names, ",");

		if (!add_by(stat, command, span_of(names, len)))
			return false;
		if (!names[len])
			return true;
		names += len + 1;
	}
}

/* A condition on columns of records is asked before they are counted, any other one after. */
static void choose_condition(struct counting *stat)
{
	struct buffer why = {0};

	if (!stat->wish.where)
		return;
	stat->filter = filter_new(&stat->fields, stat->wish.where, &why);
	buffer_free(&why);
}

static bool learn(void *context, struct shapes *shapes)
{
	const struct counting *stat = context;

	return shapes_learn_recording(shapes, &stat->learning);
}

/*
 * Shapes are those of the whole recording: it is read once more for them where something is left
 * out, or when a condition asks for them. A protocol is whole by itself.
 */
static void choose_learning(struct counting *stat)
{
	const struct selection *selected = &stat->select.selection;
	bool asked = stat->filter && listing_names(stat->wish.where, shape_column.name);

	if (!asked && !(selected->kinds & ~SELECT_BIT(SELECT_PROTOCOL)) && !selected->since &&
	    !selected->until)
		return;
	stat->statistics.learn = learn;
	stat->statistics.learn_context = stat;
}

static int begin(struct counting *stat, const char *command)
{
	struct statistics *s = &stat->statistics;
	uint64_t memory = stat->select.memory ? stat->select.memory : REPLAY_MEMORY_LIMIT;

	if (!fields_add_records(&stat->fields, stat->table) ||
	    !fields_add(&stat->fields, &shape_column, 1, NULL))
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (!choose_by(stat, command))
		return STATUS_USAGE;
	choose_condition(stat);
	choose_learning(stat);
	s->fields = &stat->fields;
	s->over = (int64_t)stat->over;
	s->memory = (size_t)(memory / GROUPS_SHARE);
	if (!statistics_begin(s))
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return STATUS_DONE;
}

/* ---- records ---- */

static bool passes(struct counting *stat, const struct row *row)
{
	struct record_values common;
	struct value shape = {0};
	const struct row_part parts[] = {
		{.columns = &shape_column, .count = 1, .values = &shape},
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = row->table->columns,
		 .count = row->table->column_count,
		 .values = row->values},
	};

	stat->asked++;
	record_fill(&common, row);
	if (stat->statistics.learnt)
		shape = statistics_shape(&stat->statistics, row);
	return filter_passes(stat->filter, parts, sizeof(parts) / sizeof(parts[0]));
}

static void take(struct counting *stat, const struct row *row)
{
	bool once = row_is_selected_once(row, &stat->select.selection);

	statistics_add(&stat->statistics, row, once, once && (!stat->filter || passes(stat, row)));
}

static int count_all(struct counting *stat, const char *command)
{
	const struct row *row;
	bool explained;
	int status;

	/* What a condition asks about has to be known before. */
	if (stat->filter && stat->statistics.learn && !statistics_learn(&stat->statistics))
		stat->statistics.no_memory = true;
	while (!stat->statistics.no_memory && (row = reading_row(&stat->reading)) != NULL)
		take(stat, row);
	status = reading_end(&stat->reading);
	explained = select_explain(&stat->select, command);
	if (!statistics_end(&stat->statistics))
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (stat->filter && filter_error(stat->filter))
		return command_fail(command, "--where: %s", filter_error(stat->filter));
	if (stat->filter && stat->asked && !stat->statistics.count)
		command_warn(command, "none of %" PRIu64 " records passes --where \"%s\"",
			     stat->asked, stat->wish.where);
	else if (!stat->statistics.count && !explained && status != STATUS_USAGE)
		command_warn(command, "there are no records");
	if (groups_overflowed(stat->statistics.groups))
		command_warn(command,
			     "there are too many kinds to count each for itself: those "
			     "that came last are one, without a name; --memory allows more");
	return status;
}

/* ---- the command ---- */

static bool take_option(struct counting *stat, const char *command, int option, const char *value)
{
	if (option < SELECT_OPTIONS)
		return select_option(&stat->select, command, option, value);
	switch (option) {
	case OPT_BY:
		stat->by = value;
		return true;
	case OPT_OVER:
		if (size_parse_duration(value, &stat->over) && stat->over)
			return true;
		command_fail(command, "--over wants a duration like 1s or 500ms, not '%s'", value);
		return false;
	case OPT_WHERE:
	case OPT_SORT:
	case OPT_LIMIT:
	case OPT_COLUMNS:
		return listing_option(&stat->wish, command, option - OPT_WHERE, value);
	case OPT_DECODE_AS:
		stat->decode_as = protocol_find(value);
		return stat->decode_as || select_no_protocol(command, value) == COMMAND_END;
	default:
		if (option_number(value, UINT16_MAX, &stat->threads) && stat->threads)
			return true;
		command_fail(command, "--threads wants a number from 1, not '%s'", value);
		return false;
	}
}

static int parse(struct counting *stat, int argc, char **argv)
{
	struct command_line line = {&stat_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(stat, argv[0], option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind < 1 || argc - optind > 2) {
		command_fail(argv[0],
			     "wants a recording and perhaps a protocol; try 'socktape %s --help'",
			     argv[0]);
		return COMMAND_WRONG;
	}
	stat->name = argv[optind];
	if (argc - optind == 2) {
		stat->protocol = argv[optind + 1];
		stat->table = protocol_table_find(stat->protocol, NULL);
		if (!selection_add(&stat->select.selection, SELECT_PROTOCOL, stat->protocol))
			return select_no_protocol(argv[0], stat->protocol);
	}
	return select_check(&stat->select, argv[0], argv[optind]) ? COMMAND_END : COMMAND_WRONG;
}

static int print(struct counting *stat, const char *command, int status)
{
	struct listing_wish wish = stat->wish;

	if (stat->filter)
		wish.where = NULL;
	return stat_result_print(&stat->statistics, command, &wish, stat->select.format, status);
}

/* Of Kafka what its records tell together; who asks for a table of his own gets it alone. */
static int print_kafka(const struct counting *stat, const char *command,
		       const struct replay_options *with)
{
	const struct stat_kafka k = {
		.command = command,
		.name = stat->name,
		.path = stat->select.operand.path,
		.with = with,
		.format = stat->select.format == OUTPUT_JSON ? SQL_JSON : SQL_TEXT,
		.limit = stat->wish.limit,
	};

	if (!stat->protocol || strcmp(stat->protocol, "kafka") != 0 || !stat->statistics.count)
		return STATUS_DONE;
	if (stat->by || stat->over || stat->wish.where || stat->wish.columns ||
	    stat->select.format == OUTPUT_CSV)
		return STATUS_DONE;
	return stat_kafka_print(&k);
}

static int run(struct counting *stat, const char *command)
{
	struct replay_options with = {
		.selection = &stat->select.selection,
		.memory_limit = stat->select.memory,
		.window = true,
		.threads = stat->threads ? (unsigned)stat->threads : command_processors(),
		.decode_as = stat->decode_as,
		.keylog = stat->select.keylog,
	};
	int status = begin(stat, command);

	stat->learning = (struct shape_reading){
		.command = command, .path = stat->select.operand.path, .with = with};
	if (!status)
		status = stat_result_check(&stat->statistics, command, &stat->wish,
					   stat->filter != NULL);
	if (!status)
		status = reading_open_rows(&stat->reading, command, stat->select.operand.path,
					   &with);
	if (status)
		return status;
	status = count_all(stat, command);
	if (status != STATUS_USAGE)
		status = print(stat, command, status);
	reading_close(&stat->reading);
	if (status == STATUS_USAGE)
		return status;
	return command_worse(status, print_kafka(stat, command, &with));
}

static int run_stat(int argc, char **argv)
{
	struct counting stat = {0};
	int status = parse(&stat, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = run(&stat, argv[0]);
	statistics_free(&stat.statistics);
	filter_free(stat.filter);
	fields_free(&stat.fields);
	return select_end(&stat.select, status);
}

const struct command stat_command = {
	.name = "stat",
	.run = run_stat,
	.arguments = "REC [PROTOCOL] [options]",
	.summary = "how often, how long, how many failed: by what was asked",
	.help = help,
	.options = options,
};
