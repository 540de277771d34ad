/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/grep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/proto_file.h"
#include "analyze/output/terminal.h"

static const char help[] =
	"Looks for a pattern (PCRE2) in what was said: in decoded heads and bodies of both\n"
	"sides, and in the streams of connections whose protocol isn't known. Prints the\n"
	"record, or the connection, and the line around each match.";

enum {
	OPT_IGNORE_CASE = SELECT_OPTIONS,
	OPT_LIST,
	OPT_COUNT,
	OPT_BYTES,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS,
	OPT_PROTO,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTIONS_WITH(0),
	{"ignore-case", 'i', NULL, "small and capital letters are the same"},
	{"list", 'l', NULL, "only the ids of records, and of connections"},
	{"count", 'c', NULL, "only how many of them have a match"},
	{"bytes", 0, "HEX", "these bytes in place of a pattern, as in 0d0a0d0a"},
	LISTING_OPTIONS,
	PROTO_OPTION,
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

/* Of the memory this part may be for the list of connections that are searched as streams. */
#define LIST_SHARE 8

uint64_t grep_memory(const struct grep *g)
{
	return g->select.memory ? g->select.memory : REPLAY_MEMORY_LIMIT;
}

/* Of the thread that replays, until the last row came. */
static void learn_unknown(void *context, const struct connection *c)
{
	struct grep *g = context;
	struct spoken spoken[1];

	if (!(c->moved[0] + c->moved[1]) || connection_spoken(c, spoken, 1))
		return;
	if (id_set_size(&g->unknown) > grep_memory(g) / LIST_SHARE)
		g->unlisted++;
	else if (!id_set_add(&g->unknown, c->id))
		g->no_memory = true;
}

static int search_records(struct grep *g)
{
	struct replay_options with = {
		.handlers = {.context = g, .conn_end = learn_unknown},
		.selection = &g->select.selection,
		.memory_limit = grep_memory(g) - grep_memory(g) / LIST_SHARE,
		.keylog = g->select.keylog,
		.keep = SESSION_KEEP_ALL,
		.protobuf = g->protobuf,
		.window = true,
		.threads = g->threads ? (unsigned)g->threads : command_processors(),
	};
	int status = reading_open_rows(&g->reading, g->command, g->select.operand.path, &with);
	const struct row *row;

	if (status)
		return status;
	while (!grep_is_over(g) && (row = reading_row(&g->reading)) != NULL)
		if (row_is_selected_once(row, &g->select.selection))
			grep_row(g, row);
	status = reading_end(&g->reading);
	reading_close(&g->reading);
	return status;
}

static void tell_limits(const struct grep *g)
{
	if (g->partial)
		command_warn(g->command,
			     "%" PRIu64 " records are partial: what they lack isn't searched",
			     g->partial);
	if (g->holes)
		command_warn(g->command, "%" PRIu64 " holes in streams: no match goes across them",
			     g->holes);
	if (g->cut)
		command_warn(g->command,
			     "%" PRIu64 " matches may be missing that are longer than 1 MiB, or go "
			     "on where memory was short; --memory allows more",
			     g->cut);
	if (g->unlisted)
		command_warn(g->command,
			     "%" PRIu64 " connections without a protocol are not searched: memory "
			     "limit; --memory allows more",
			     g->unlisted);
	if (search_gave_up(g->search))
		command_warn(g->command, "the pattern tries too much: matches may be missing");
}

static bool finish(struct grep *g, int status)
{
	bool good;

	if (g->count && status != STATUS_USAGE)
		buffer_printf(&g->text, "%" PRIu64 "\n", g->matched);
	grep_flush(g);
	good = !g->out || output_free(g->out);
	return good && !g->dead;
}

/* What is wrong with the wishes is told before anything is read. */
static int begin(struct grep *g)
{
	/* Lines can't wait for their order, cells can. */
	static const char cells[] = "proto,record_id,conn,side,before,match,after";
	bool ids = g->list || g->count;

	if (ids)
		g->select.format = OUTPUT_TEXT;
	if (g->select.format == OUTPUT_TEXT && g->wish.sort && !g->wish.columns)
		g->wish.columns = cells;
	g->out = output_new(g->select.format);
	if (!g->out || !fields_add(&g->listing.fields, grep_columns, GREP_COLUMNS, NULL))
		return command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return listing_begin(&g->listing, g->command, &g->wish, g->select.format, g->out)
		       ? STATUS_DONE
		       : STATUS_USAGE;
}

static int search_all(struct grep *g)
{
	int status = search_records(g), later;

	if (status == STATUS_USAGE)
		return status;
	later = grep_streams(g);
	status = later ? later : status;
	if (g->no_memory)
		status = command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	tell_limits(g);
	if (!select_explain(&g->select, g->command) && !g->listing.asked)
		command_warn(g->command, "nothing matches");
	return listing_end(&g->listing, status);
}

static int run(struct grep *g)
{
	int status = begin(g);

	if (!status)
		status = search_all(g);
	if (!finish(g, status) && status != STATUS_USAGE)
		status = command_fail(g->command, "the output could not be written");
	listing_free(&g->listing);
	return status;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte, blanks and colons between them allowed. */
static bool take_hex(const char *text, struct buffer *bytes)
{
	for (text += strspn(text, " :"); *text; text += strspn(text, " :")) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		buffer_append_char(bytes, (char)(high << 4 | low));
		text += 2;
	}
	return bytes->len && !bytes->failed;
}

static bool make_search(struct grep *g, const char *pattern)
{
	struct buffer bytes = {0}, problem = {0};

	if (g->hex && !take_hex(g->hex, &bytes)) {
		command_fail(g->command, "--bytes wants hexadecimal digits, two a byte, not '%s'",
			     g->hex);
		buffer_free(&bytes);
		return false;
	}
	if (g->hex || *pattern)
		g->search = search_new(g->hex ? buffer_span(&bytes) : span_text(pattern), g->hex,
				       g->ignore_case, &problem);
	else
		buffer_append_text(&problem, "it is empty");
	if (!g->search)
		command_fail(g->command, "the pattern '%s' is none: %.*s", pattern,
			     (int)problem.len, problem.data);
	buffer_free(&bytes);
	buffer_free(&problem);
	return g->search;
}

static bool take_number(struct grep *g, const char *name, const char *value, uint64_t max,
			uint64_t *number)
{
	if (option_number(value, max, number) && *number)
		return true;
	command_fail(g->command, "--%s wants a number from 1, not '%s'", name, value);
	return false;
}

static bool take_option(struct grep *g, int option, const char *value)
{
	switch (option) {
	case OPT_IGNORE_CASE:
		g->ignore_case = true;
		return true;
	case OPT_LIST:
		g->list = true;
		return true;
	case OPT_COUNT:
		g->count = true;
		return true;
	case OPT_BYTES:
		g->hex = value;
		return true;
	case OPT_WHERE:
	case OPT_SORT:
	case OPT_LIMIT:
	case OPT_COLUMNS:
		return listing_option(&g->wish, g->command, option - OPT_WHERE, value);
	case OPT_PROTO:
		return proto_file_add(&g->protobuf, g->command, value);
	case OPT_THREADS:
		return take_number(g, "threads", value, UINT16_MAX, &g->threads);
	default:
		return select_option(&g->select, g->command, option, value);
	}
}

/* Whether the pattern stands where the recording should, as grep(1) has it; errno says why. */
static bool is_swapped(const struct grep *g, char **operands)
{
	if (g->hex || strcmp(operands[0], "-") == 0 || access(operands[1], F_OK) != 0)
		return false;
	return access(operands[0], F_OK) != 0;
}

static int parse(struct grep *g, int argc, char **argv)
{
	struct command_line line = {&grep_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(g, option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind != (g->hex ? 1 : 2)) {
		command_fail(g->command, "wants a recording, and a pattern or --bytes; try "
					 "'socktape grep --help'");
		return COMMAND_WRONG;
	}
	if (g->list && g->count) {
		command_fail(g->command, "--list and --count exclude each other");
		return COMMAND_WRONG;
	}
	if ((g->list || g->count) && (g->wish.sort || g->wish.columns)) {
		command_fail(g->command,
			     "--%s prints no columns: --%s is for the matches themselves",
			     g->list ? "list" : "count", g->wish.sort ? "sort" : "columns");
		return COMMAND_WRONG;
	}
	if (is_swapped(g, argv + optind)) {
		command_fail(g->command, "%s: %s; the recording stands before the pattern",
			     argv[optind], strerror(errno));
		return COMMAND_WRONG;
	}
	if (!make_search(g, g->hex ? g->hex : argv[optind + 1]))
		return COMMAND_WRONG;
	return select_check(&g->select, g->command, argv[optind]) ? COMMAND_END : COMMAND_WRONG;
}

static int run_grep(int argc, char **argv)
{
	struct grep g = {.command = argv[0]};
	int status = parse(&g, argc, argv);

	if (status == COMMAND_END) {
		g.colour = terminal_find().colour;
		status = run(&g);
	} else {
		status = status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	}
	search_free(g.search);
	said_free(&g.said);
	protobuf_schema_free(g.protobuf);
	buffer_free(&g.text);
	id_set_free(&g.unknown);
	map_free(&g.tails);
	id_set_free(&g.told);
	return select_end(&g.select, status);
}

const struct command grep_command = {
	.name = "grep",
	.run = run_grep,
	.arguments = "REC PATTERN [options]",
	.summary = "what was said: heads, bodies, streams",
	.help = help,
	.options = options,
};
