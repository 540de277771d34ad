/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"
#include "analyze/output/output.h"
#include "analyze/output/text.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/trace/trace.h"

static const char help[] =
	"Prints what a process asked of others while it answered a request, under that\n"
	"request, as trees: all that have such children, or the one that RECORD is in.\n"
	"BY says how it is known: an id that both carry (certain), the thread and time\n"
	"(likely), time alone (possible). What is unsure is not shown as a child.";

enum {
	OPT_ALL = SELECT_OPTIONS,
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"all", 'a', NULL, "requests without children, too"},
	{0},
};

/* Of the memory that reading may use, exchanges that wait take this part. */
#define SHARE 4

struct trace {
	struct reading reading;
	struct select select;
	const char *wanted; /* id of a record; NULL: all trees */
	bool all;
	bool found;
	struct output *out;
	struct cells cells;
	struct trace_node **nodes;
	size_t count;
	size_t capacity;
	size_t memory;
	size_t memory_max;
	int64_t newest;
	uint64_t trees;
	uint64_t exchanges;
	bool early; /* trees were printed before all of them could be known */
};

/* ---- a row ---- */

static const struct column columns[] = {
	{"ts", "BIGINT", "ns", "first byte of the request, since the epoch"},
	{"record_id", "TEXT", "", "names the record, as the process that asked saw it"},
	{"root", "TEXT", "", "record_id of the request that began all this"},
	{"parent", "TEXT", "", "record_id of the request in answer to which it was asked"},
	{"depth", "BIGINT", "", "0: the root"},
	{"by", "TEXT", "", "how the parent is known: name of an id, thread, time"},
	{"sure", "TEXT", "", "certain, likely or possible"},
	{"offset_ns", "BIGINT", "ns", "from the root's beginning"},
	{"latency_ns", "BIGINT", "ns", "first byte of the request to last byte of the response"},
	{"outcome", "TEXT", "", "ok, error, unanswered or partial"},
	{"proto", "TEXT", "", "name of the record's table"},
	{"client", "TEXT", "", "process that asked, or its address"},
	{"server", "TEXT", "", "process that answered, or its address"},
	{"record", "TEXT", "", "the record in one line"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static struct value latency_of(const struct trace_node *node)
{
	struct value v = {0};

	if (node->latency != TIME_UNKNOWN)
		v = value_int(node->latency);
	return v;
}

static void print_row(struct trace *t, const struct trace_node *root, const struct trace_node *node,
		      int depth)
{
	const struct value values[COLUMNS] = {
		value_int(node->begin),
		value_text(span_text(node->record_id)),
		value_text(span_text(root->record_id)),
		value_text_if(span_text(node->parent ? node->parent->record_id : "")),
		value_int(depth),
		value_text_if(span_text(trace_link_text(node->link, node->kind))),
		value_text_if(span_text(trace_sure_text(node->link))),
		value_int(node->begin - root->begin),
		latency_of(node),
		value_word(span_text(outcome_text(node->outcome))),
		value_word(span_text(node->table->name)),
		value_text(span_text(node->client_name)),
		value_text(span_text(node->server_name)),
		value_text(span_text(node->line)),
	};
	const struct row_part part = {.columns = columns, .count = COLUMNS, .values = values};

	output_row(t->out, &part, 1);
}

static const struct text_column text_columns[] = {
	{"TIME", 15, false, 12, CUT_PLAIN},    {"AT", 9, true, 0, CUT_END},
	{"LATENCY", 8, true, 0, CUT_END},      {"OUTCOME", 10, false, 0, CUT_END},
	{"BY", 12, false, 6, CUT_END},	       {"ID", 10, false, TEXT_MAY_GO, CUT_MIDDLE},
	{"SERVER", 21, false, 10, CUT_MIDDLE}, {"RECORD", 0, false, 0, CUT_END},
};

static void print_text(struct trace *t, const struct trace_node *root,
		       const struct trace_node *node, int depth)
{
	bool wanted = t->wanted && strcmp(node->record_id, t->wanted) == 0;
	struct cells *cells = &t->cells;
	struct buffer *b = &cells->text;

	cells_clear(cells);
	if (!depth)
		text_append_time_of_day(b, node->begin);
	cells_end(cells, PAINT_DIM);
	if (depth) {
		buffer_append_char(b, '+');
		text_append_duration(b, node->begin - root->begin);
	}
	cells_end(cells, PAINT_NONE);
	if (node->latency == TIME_UNKNOWN)
		buffer_append_char(b, '-');
	else
		text_append_duration(b, node->latency);
	cells_end(cells, PAINT_NONE);
	buffer_append_text(b, outcome_text(node->outcome));
	cells_end(cells, record_paint(node->outcome));
	buffer_append_text(b, trace_link_text(node->link, node->kind));
	cells_end(cells, node->link == TRACE_BY_TIME ? PAINT_YELLOW : PAINT_NONE);
	buffer_append_text(b, node->record_id);
	cells_end(cells, PAINT_DIM);
	buffer_append_text(b, node->server_name);
	cells_end(cells, PAINT_NONE);
	for (int i = 0; i < depth; i++)
		buffer_append_text(b, "  ");
	buffer_append_text(b, node->table->name);
	buffer_append_text(b, ": ");
	buffer_append_text(b, node->line);
	cells_end(cells, wanted ? PAINT_BOLD : PAINT_NONE);
	output_cells(t->out, text_columns, cells);
}

/* ---- trees ---- */

/* The node after NODE in the order of reading its tree; NULL after the last. */
static struct trace_node *next_in_tree(struct trace_node *node, int *depth)
{
	if (node->first_child) {
		(*depth)++;
		return node->first_child;
	}
	while (node->parent && !node->next_sibling) {
		node = node->parent;
		(*depth)--;
	}
	return node->parent ? node->next_sibling : NULL;
}

static bool is_in_tree(struct trace_node *root, const char *id)
{
	int depth = 0;

	for (struct trace_node *node = root; node; node = next_in_tree(node, &depth))
		if (strcmp(node->record_id, id) == 0)
			return true;
	return false;
}

static void print_tree(struct trace *t, struct trace_node *root)
{
	int depth = 0;

	if (t->wanted ? !is_in_tree(root, t->wanted) : !root->first_child && !t->all)
		return;
	t->found = true;
	t->trees++;
	for (struct trace_node *node = root; node && output_alive(t->out);
	     node = next_in_tree(node, &depth)) {
		if (t->select.format == OUTPUT_TEXT)
			print_text(t, root, node, depth);
		else
			print_row(t, root, node, depth);
	}
}

/* When all that a tree may still get has been seen. */
static int64_t end_of_tree(struct trace_node *root)
{
	int64_t end = root->end;
	int depth = 0;

	for (struct trace_node *node = root; node; node = next_in_tree(node, &depth))
		if (node->end > end)
			end = node->end;
	return end;
}

static struct trace_node *root_of(struct trace_node *node)
{
	while (node->parent)
		node = node->parent;
	return node;
}

/* Prints the trees that ended before UNTIL, and forgets them. */
static int print_until(struct trace *t, int64_t until)
{
	size_t kept = 0;

	if (!trace_link_all(t->nodes, t->count))
		return command_fail(t->reading.command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	for (size_t i = 0; i < t->count; i++) {
		if (t->nodes[i]->parent)
			continue;
		t->nodes[i]->over = end_of_tree(t->nodes[i]) < until;
		if (t->nodes[i]->over)
			print_tree(t, t->nodes[i]);
	}
	/* Before any is freed: parents are asked. */
	for (size_t i = 0; i < t->count; i++)
		t->nodes[i]->over = root_of(t->nodes[i])->over;
	for (size_t i = 0; i < t->count; i++) {
		struct trace_node *node = t->nodes[i];

		if (!node->over) {
			t->nodes[kept++] = node;
			continue;
		}
		t->memory -= trace_node_size(node) + sizeof(void *);
		free(node);
	}
	t->count = kept;
	return STATUS_DONE;
}

static bool make_room(struct trace *t)
{
	size_t capacity = t->capacity ? t->capacity * 2 : 1024;
	struct trace_node **nodes;

	if (t->count < t->capacity)
		return true;
	nodes = reallocarray(t->nodes, capacity, sizeof(void *));
	if (!nodes)
		return false;
	t->nodes = nodes;
	t->capacity = capacity;
	return true;
}

static int take(struct trace *t, const struct row *row)
{
	struct trace_node *node = make_room(t) ? trace_node_new(row) : NULL;
	int status = STATUS_DONE;

	if (!node)
		return command_fail(t->reading.command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	t->nodes[t->count++] = node;
	t->exchanges++;
	t->memory += trace_node_size(node) + sizeof(void *);
	if (node->begin > t->newest)
		t->newest = node->begin;
	if (t->memory > t->memory_max) {
		status = print_until(t, t->newest);
		/* Nothing ends: they can't wait for ever. */
		if (t->memory > t->memory_max / 2) {
			t->early = true;
			status = print_until(t, INT64_MAX);
		}
	}
	return status;
}

static int run(struct trace *t)
{
	int status = STATUS_DONE, end;
	struct row *row;

	while (status == STATUS_DONE && output_alive(t->out) &&
	       (row = reading_row(&t->reading)) != NULL)
		if (row->has_request && exchange_is_selected(row, &t->select.selection))
			status = take(t, row);
	if (status == STATUS_DONE)
		status = print_until(t, INT64_MAX);
	end = reading_end(&t->reading);
	return command_worse(status, end);
}

/* Why there is no tree, unless there is one. */
static void tell_nothing(const struct trace *t, const char *command)
{
	if (select_explain(&t->select, command) || t->trees)
		return;
	if (!t->exchanges)
		command_warn(command, "there are no requests");
	else
		command_warn(command,
			     "no process asked anything of another while it answered one of %llu "
			     "requests; -a shows those without children",
			     (unsigned long long)t->exchanges);
}

/* Returns what to exit with. */
static int tell(const struct trace *t, const char *command, int status)
{
	if (t->wanted && !t->found)
		status = command_fail(command, "there is no request %s in %s", t->wanted,
				      selection_is_all(&t->select.selection) ? "the recording"
									     : "what is selected");
	else
		tell_nothing(t, command);
	if (t->early)
		command_warn(command, "not all exchanges fit into the memory: children that came "
				      "later than the others stand alone (--memory)");
	return status;
}

static int trace(struct trace *t, const char *command)
{
	const struct row_part part = {.columns = columns, .count = COLUMNS};
	uint64_t memory = t->select.memory ? t->select.memory : REPLAY_MEMORY_LIMIT;
	const struct replay_options with = {
		.selection = &t->select.selection,
		.window = true,
		.keylog = t->select.keylog,
		.memory_limit = memory - memory / SHARE,
		.threads = command_processors(),
	};
	int status = reading_open_rows(&t->reading, command, t->select.operand.path, &with);

	if (status)
		return status;
	t->memory_max = (size_t)(memory / SHARE);
	t->out = output_new(t->select.format);
	if (!t->out)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	output_header(t->out, &part, 1);
	status = run(t);
	if (status != STATUS_USAGE)
		status = tell(t, command, status);
	if (!output_free(t->out) && status != STATUS_USAGE)
		status = command_fail(command, "the output could not be written");
	for (size_t i = 0; i < t->count; i++)
		free(t->nodes[i]);
	free(t->nodes);
	cells_free(&t->cells);
	reading_close(&t->reading);
	return status;
}

static int run_trace(int argc, char **argv)
{
	struct trace t = {0};
	struct command_line line = {&trace_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG)
			return STATUS_USAGE;
		if (option == OPT_ALL)
			t.all = true;
		else if (!select_option(&t.select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return command_fail(argv[0],
				    "wants a recording and perhaps a record; try 'socktape %s "
				    "--help'",
				    argv[0]);
	t.wanted = argv[optind + 1]; /* NULL ends argv */
	if (!select_check(&t.select, argv[0], argv[optind]))
		return STATUS_USAGE;
	return select_end(&t.select, trace(&t, argv[0]));
}

const struct command trace_command = {
	.name = "trace",
	.run = run_trace,
	.arguments = "REC [RECORD] [options]",
	.summary = "what was asked in answer to a request, as trees",
	.help = help,
	.options = options,
};
