/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"
#include "analyze/map/draw.h"
#include "analyze/map/label.h"
#include "analyze/map/listing.h"
#include "analyze/map/net_map.h"
#include "analyze/map/service_map.h"
#include "analyze/output/terminal.h"
#include "analyze/replay/reading.h"
#include "format/size.h"

static const char help[] =
	"Prints who talks to whom: services (a process, a container, or what requests call\n"
	"it: Host, SNI, database), and between them each protocol with its rate, failures,\n"
	"times and bytes. An exchange that was recorded at both ends counts once. As trees,\n"
	"as rows (json, csv), or as a picture (svg, and dot or mermaid for other tools).";

enum {
	OPT_FORMAT = SELECT_FILTERS,
	OPT_JSON,
	OPT_DNS,
	OPT_NET,
	OPT_BY,
	OPT_OVER,
	OPT_LIMIT,
};

static const struct command_option options[] = {
	SELECT_FILTER_TABLE,
	{"format", 'f', "FORMAT", "text (default), json, csv, svg, dot or mermaid"},
	{"json", 0, NULL, "the same as --format json"},
	{"dns", 0, NULL, "who asked for which name, and who answered what"},
	{"net", 0, NULL, "connections: bytes by addresses, whatever was spoken; failures"},
	{"by", 0, "WHAT", "what is one: service (default), container or process"},
	{"over", 0, "DURATION", "count each interval for itself, too, as in 1s or 5m"},
	{"limit", 0, "N", "the busiest N services (text 500, pictures 60); 0: all"},
	{0},
};

enum map_format {
	MAP_TEXT,
	MAP_JSON,
	MAP_CSV,
	MAP_SVG,
	MAP_DOT,
	MAP_MERMAID,
	MAP_FORMATS,
};

static const char *const formats[MAP_FORMATS] = {
	[MAP_TEXT] = "text", [MAP_JSON] = "json", [MAP_CSV] = "csv",
	[MAP_SVG] = "svg",   [MAP_DOT] = "dot",	  [MAP_MERMAID] = "mermaid",
};

/* Of the memory that reading may use, what is counted may take this part. */
#define SHARE 4

struct mapping {
	struct select select;
	struct reading reading;
	enum map_format format;
	bool format_given;
	bool dns;
	bool net;
	enum service_map_by by;
	uint64_t over;
	uint64_t limit;
	bool limit_given;
	struct graph graph;
};

/* ---- options ---- */

static bool take_format(struct mapping *map, const char *command, const char *value)
{
	enum map_format format = MAP_TEXT;

	while (format < MAP_FORMATS && strcmp(formats[format], value) != 0)
		format++;
	if (format == MAP_FORMATS) {
		command_fail(command,
			     "--format wants text, json, csv, svg, dot or mermaid, not '%s'",
			     value);
		return false;
	}
	if (map->format_given && map->format != format) {
		command_fail(command, "--format and --json exclude each other");
		return false;
	}
	map->format = format;
	map->format_given = true;
	return true;
}

static bool take_by(struct mapping *map, const char *command, const char *value)
{
	static const char *const words[] = {
		[MAP_BY_SERVICE] = "service",
		[MAP_BY_CONTAINER] = "container",
		[MAP_BY_PROCESS] = "process",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		map->by = (enum service_map_by)i;
		if (strcmp(words[i], value) == 0)
			return true;
	}
	command_fail(command, "--by wants service, container or process, not '%s'", value);
	return false;
}

static bool take_option(struct mapping *map, const char *command, int option, const char *value)
{
	if (option < SELECT_FILTERS)
		return select_option(&map->select, command, option, value);
	switch (option) {
	case OPT_FORMAT:
		return take_format(map, command, value);
	case OPT_JSON:
		return take_format(map, command, "json");
	case OPT_DNS:
		map->dns = true;
		return true;
	case OPT_NET:
		map->net = true;
		return true;
	case OPT_BY:
		return take_by(map, command, value);
	case OPT_OVER:
		if (size_parse_duration(value, &map->over) && map->over)
			return true;
		command_fail(command, "--over wants a duration like 1s or 500ms, not '%s'", value);
		return false;
	default:
		map->limit_given = option_number(value, SIZE_MAX, &map->limit);
		if (!map->limit_given)
			command_fail(command, "--limit wants a number, not '%s'", value);
		return map->limit_given;
	}
}

static int parse(struct mapping *map, int argc, char **argv)
{
	struct command_line line = {&map_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(map, argv[0], option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind != 1) {
		command_fail(argv[0], "wants a recording; try 'socktape %s --help'", argv[0]);
		return COMMAND_WRONG;
	}
	if (map->dns && map->net) {
		command_fail(argv[0], "--dns and --net exclude each other");
		return COMMAND_WRONG;
	}
	if (map->net && map->by != MAP_BY_SERVICE) {
		command_fail(argv[0], "--by is not for --net, which goes by addresses");
		return COMMAND_WRONG;
	}
	return select_check(&map->select, argv[0], argv[optind]) ? COMMAND_END : COMMAND_WRONG;
}

/* ---- what is printed ---- */

/* So many services, and no more, unless --limit says so. */
static uint64_t limit_of(const struct mapping *map)
{
	static const uint64_t usual[MAP_FORMATS] = {
		[MAP_TEXT] = 500, [MAP_SVG] = 60, [MAP_DOT] = 60, [MAP_MERMAID] = 60};

	return map->limit_given ? map->limit : usual[map->format];
}

static int print_picture(const struct mapping *map, const char *command, int status)
{
	const struct svg_options svg = {.title = map->dns   ? "names"
						 : map->net ? "connections"
							    : "services"};
	struct buffer out = {0};
	enum draw_result result;

	if (map->format == MAP_SVG)
		result = map_svg(&map->graph, &svg, &out);
	else if (map->format == MAP_DOT)
		result = map_dot(&map->graph, &out);
	else
		result = map_mermaid(&map->graph, &out);
	if (result == DRAW_TOO_LARGE)
		status = command_fail(command,
				      "there is too much to draw: --limit takes the busiest");
	else if (result != DRAW_DONE)
		status = command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	else if (!terminal_write(buffer_span(&out)))
		status = command_fail(command, "the output could not be written");
	buffer_free(&out);
	return status;
}

static int print_rows(const struct mapping *map, const char *command, int status)
{
	static const enum output_format kinds[MAP_FORMATS] = {
		[MAP_TEXT] = OUTPUT_TEXT, [MAP_JSON] = OUTPUT_JSON, [MAP_CSV] = OUTPUT_CSV};
	struct output *out = output_new(kinds[map->format]);

	if (!out)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (map->format != MAP_TEXT)
		map_rows(&map->graph, out);
	else if (!map_tree(&map->graph, out))
		status = command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (!output_free(out) && status != STATUS_USAGE)
		status = command_fail(command, "the output could not be written");
	return status;
}

static int print(struct mapping *map, const char *command, int status)
{
	const struct selection *selection = &map->select.selection;
	struct buffer left_out = {0};

	graph_limit(&map->graph, limit_of(map));
	if (map->graph.no_memory)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (map->format <= MAP_CSV)
		status = print_rows(map, command, status);
	else
		status = print_picture(map, command, status);
	/* Where nothing was selected, why was told; and what was left out is, below. */
	if (!map->graph.edge_count && !map->graph.overflow && !map->graph.left_out_nodes &&
	    (selection_is_all(selection) || selection->matched))
		command_warn(command, "there is nothing to show: no %s", map->graph.unit);
	label_append_left_out(&left_out, &map->graph);
	if (left_out.len)
		command_warn(command, "%.*s", (int)left_out.len, left_out.data);
	buffer_free(&left_out);
	return status;
}

/* ---- services ---- */

static int count_services(struct mapping *map, const char *command, struct service_map *m)
{
	struct row *row;
	bool good = true;
	int status;

	while (good && (row = reading_row(&map->reading)) != NULL)
		if (row_is_selected_once(row, &map->select.selection))
			good = service_map_add(m, row);
	status = reading_end(&map->reading);
	select_explain(&map->select, command);
	if (!good || !service_map_finish(m, &map->graph))
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return status;
}

/* By a thread that replays, while this one takes rows. */
static void on_service_end(void *context, const struct connection *c)
{
	service_map_conn(context, c);
}

static int map_services(struct mapping *map, const char *command)
{
	uint64_t memory = map->select.memory ? map->select.memory : REPLAY_MEMORY_LIMIT;
	struct selection *selection = &map->select.selection;
	const struct service_map_options how = {
		.memory = (size_t)(memory / SHARE),
		.over = (int64_t)map->over,
		.by = map->by,
		.dns = map->dns,
		.connections = !selection->since && !selection->until &&
			       !(selection->kinds & SELECT_OF_RECORDS)};
	struct replay_options with = {
		.selection = selection,
		.window = true,
		.keylog = map->select.keylog,
		.memory_limit = memory - memory / SHARE,
		.threads = command_processors(),
	};
	struct service_map *m = service_map_new(&how);
	int status;

	if (!m)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	with.handlers = (struct replay_handlers){.conn_end = on_service_end, .context = m};
	map->reading.to_file = map->format != MAP_TEXT;
	status = reading_open_rows(&map->reading, command, map->select.operand.path, &with);
	if (!status) {
		status = count_services(map, command, m);
		reading_close(&map->reading);
	}
	service_map_free(m);
	return status;
}

/* ---- connections ---- */

struct netting {
	struct mapping *map;
	struct net_map *m;
};

static void on_event(void *context, const struct event *event, const struct connection *c)
{
	const struct netting *n = context;

	net_map_event(n->m, n->map->reading.replay, event, c);
}

static void on_conn_end(void *context, const struct connection *c)
{
	const struct netting *n = context;

	net_map_conn(n->m, n->map->reading.replay, c);
}

static int count_connections(struct mapping *map, const char *command, uint64_t memory,
			     struct net_map *m)
{
	struct netting n = {map, m};
	const struct replay_options with = {
		.handlers = {.event = on_event, .conn_end = on_conn_end, .context = &n},
		.selection = &map->select.selection,
		.keylog = map->select.keylog,
		.memory_limit = memory - memory / SHARE,
		.threads = command_processors(),
	};
	int status = reading_open(&map->reading, command, map->select.operand.path, &with);

	if (status)
		return status;
	status = reading_run(&map->reading);
	select_explain(&map->select, command);
	if (!net_map_finish(m, &map->graph))
		status = command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	reading_close(&map->reading);
	return status;
}

static int map_net(struct mapping *map, const char *command)
{
	uint64_t memory = map->select.memory ? map->select.memory : REPLAY_MEMORY_LIMIT;
	int status = select_resolve(&map->select, command, SELECT_OF_SESSIONS);
	struct net_map *m;

	if (status)
		return status;
	m = net_map_new((size_t)(memory / SHARE), (int64_t)map->over);
	if (!m)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	map->reading.to_file = map->format != MAP_TEXT;
	status = count_connections(map, command, memory, m);
	net_map_free(m);
	return status;
}

/* ---- the command ---- */

static int run_map(int argc, char **argv)
{
	struct mapping map = {0};
	int status = parse(&map, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = map.net ? map_net(&map, argv[0]) : map_services(&map, argv[0]);
	if (status != STATUS_USAGE)
		status = print(&map, argv[0], status);
	graph_free(&map.graph);
	return select_end(&map.select, status);
}

const struct command map_command = {
	.name = "map",
	.run = run_map,
	.arguments = "REC [options]",
	.summary = "who talks to whom, with which protocol",
	.help = help,
	.options = options,
};
