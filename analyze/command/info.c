/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/info.h"

#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"

static const char help[] = "Tells what is in a recording: host, times, processes, connections,\n"
			   "protocols, bytes, and what was lost.";

enum {
	OPT_JSON = SELECT_FILTERS
};

static const struct command_option options[] = {
	SELECT_FILTER_TABLE,
	{"json", 0, NULL, "one JSON object"},
	{0},
};

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct info *info = context;

	(void)conn;
	account_event(&info->account, info->reading.replay, event);
}

static struct protocol_sums *sums_of(struct info *info, const char *name)
{
	size_t i;

	for (i = 0; i < info->protocol_count; i++)
		if (strcmp(info->protocols[i].name, name) == 0)
			return &info->protocols[i];
	if (i == INFO_PROTOCOLS_MAX)
		return NULL;
	info->protocol_count++;
	info->protocols[i].name = name;
	return &info->protocols[i];
}

static void add_sums(struct info *info, const char *name, uint64_t records, const uint64_t bytes[2])
{
	struct protocol_sums *sums = sums_of(info, name);

	if (!sums)
		return;
	sums->connections++;
	sums->records += records;
	sums->sent += bytes[DIRECTION_SENT];
	sums->received += bytes[DIRECTION_RECEIVED];
}

/* Of what was spoken on C, the first on the wire: recorded plaintext of TLS stands before it. */
static size_t first_on_wire(const struct connection *c, size_t count)
{
	const struct session *plaintext = c->sessions[LAYER_TLS];
	const struct spoken *list;
	size_t inside = plaintext ? session_spoken(plaintext, &list) : 0;

	return inside < count ? inside : 0;
}

/*
 * What a connection moved belongs to the protocol that it began with, but for what others were
 * given. (Bytes of plaintext and those that carry them are the same bytes.)
 */
static void add_protocols(struct info *info, const struct connection *c)
{
	struct spoken list[INFO_PROTOCOLS_MAX];
	size_t count = connection_spoken(c, list, INFO_PROTOCOLS_MAX);
	uint64_t rest[2] = {c->moved[0], c->moved[1]};
	size_t first;

	if (count > INFO_PROTOCOLS_MAX)
		count = INFO_PROTOCOLS_MAX;
	first = first_on_wire(c, count);
	sums_of(info, count ? list[first].protocol->name : ""); /* it comes first */
	for (size_t i = 0; i < count; i++) {
		if (i == first)
			continue;
		for (int d = 0; d < 2; d++) {
			if (list[i].bytes[d] > rest[d])
				list[i].bytes[d] = rest[d];
			rest[d] -= list[i].bytes[d];
		}
		add_sums(info, list[i].protocol->name, list[i].records, list[i].bytes);
	}
	add_sums(info, count ? list[first].protocol->name : "", count ? list[first].records : 0,
		 rest);
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct info *info = context;

	account_conn(&info->account, c);
	add_protocols(info, c);
	tls_rows_add(&info->tls, c);
	process_uses_add(&info->by_process, c);
}

static void free_info(struct info *info)
{
	account_free(&info->account);
	tls_rows_free(&info->tls);
	process_uses_free(&info->by_process);
	reading_close(&info->reading);
}

static int run_info(int argc, char **argv)
{
	struct info info = {0};
	struct replay_options with = {
		.handlers = {.event = on_event, .conn_end = on_conn_end, .context = &info},
	};
	struct select select = {0};
	bool json = false;
	struct command_line line = {&info_command, argc, argv, 0};
	const char *value;
	int option, status;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
		if (option == OPT_JSON)
			json = true;
		else if (!select_option(&select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&select, argv[0], argv[optind]))
		return STATUS_USAGE;
	status = select_resolve(&select, argv[0], SELECT_OF_SESSIONS | SELECT_OF_PROCESSES);
	if (status)
		return status;
	with.selection = &select.selection;
	with.memory_limit = select.memory;
	with.keylog = select.keylog;
	status = reading_open(&info.reading, argv[0], select.operand.path, &with);
	if (status)
		return status;
	status = reading_run(&info.reading);
	info.account.damaged_events = info.reading.lost_events;
	info.account.problems = info.reading.problems;
	account_find_host(&info.account, select.operand.path);
	/* Who was selected is known by connections alone. */
	info.processes = selection_is_all(&select.selection)
				 ? replay_process_count(info.reading.replay)
				 : info.by_process.count;
	if (!(json ? info_print_json(&info) : info_print_text(&info)) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	select_explain(&select, argv[0]);
	free_info(&info);
	return select_end(&select, status);
}

const struct command info_command = {
	.name = "info",
	.run = run_info,
	.arguments = "REC [options]",
	.summary = "what is in a recording: host, times, bytes, losses",
	.help = help,
	.options = options,
};
