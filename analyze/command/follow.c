/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/command/conversation.h"
#include "analyze/command/keylog_file.h"
#include "analyze/command/operand.h"
#include "analyze/command/options.h"
#include "analyze/command/proto_file.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/streams.h"

static const char help[] =
	"Prints a conversation: what both sides of a connection said, in order, decoded\n"
	"(compression, chunks and frames taken off), or of one record. Where no protocol\n"
	"is known, or with -x, the bytes of the streams, out of TLS where that was read.";

enum {
	OPT_HEX,
	OPT_RAW,
	OPT_UTC,
	OPT_COLOR,
	OPT_PROTO,
	OPT_MEMORY,
	OPT_KEYLOG
};

static const struct command_option options[] = {
	{"hex", 'x', NULL, "the streams in hexadecimal; of a record: its bodies"},
	{"raw", 0, "SIDE", "only the bytes of client or server; of a record: its body"},
	{"utc", 0, NULL, "times are UTC, not local"},
	{"color", 0, "WHEN", "always, never, or auto: on a terminal (auto)"},
	PROTO_OPTION,
	MEMORY_OPTION,
	KEYLOG_OPTION,
	{0},
};

/* What a connection's streams are: known once it was read. */
struct facts {
	bool found;
	enum direction client; /* the direction in which the client's bytes go */
	bool by_library;       /* plaintext of TLS is recorded */
	bool by_keys;	       /* or was opened */
	char who[2][ADDRESS_TEXT_MAX];
};

struct follow {
	const char *command;
	struct operand operand;
	struct selection selection;
	const char *name; /* of the recording, as it was typed */
	const char *id;
	bool record; /* ID is a record's */
	bool hex;
	bool raw;
	enum side side; /* of raw */
	uint64_t memory;
	struct keylog *keylog;
	struct protobuf_schema *protobuf;
	struct facts facts;
	struct conversation_text text;
	struct reading reading;
	struct streams *streams;
	int last; /* enum side that spoke last; -1: none */
	uint64_t missing;
	bool no_memory;
};

static struct replay_options common_options(struct follow *f)
{
	return (struct replay_options){
		.selection = &f->selection,
		.memory_limit = f->memory,
		.keylog = f->keylog,
		.keep = SESSION_KEEP_ALL,
		.protobuf = f->protobuf,
		.window = true,
	};
}

static bool write_raw(struct follow *f, struct span bytes)
{
	if (!f->text.dead && bytes.len && !terminal_write(bytes))
		f->text.dead = true;
	return !f->text.dead;
}

/* ---- records ---- */

/* A record that was asked for is printed whatever it is. */
static bool take_row(struct follow *f, const struct row *row)
{
	if (!row_is_selected(row, &f->selection) || (!f->record && !said_is_whole(row->table)))
		return false;
	if (f->raw) {
		said_fill(&f->text.said, row, f->side, SAID_READ);
		write_raw(f, f->text.said.body);
	} else {
		conversation_row(&f->text, row);
	}
	return true;
}

/* *COUNT: how many were printed. */
static int follow_records(struct follow *f, uint64_t *count)
{
	const struct replay_options with = common_options(f);
	int status = reading_open_rows(&f->reading, f->command, f->operand.path, &with);
	const struct row *row;

	if (status)
		return status;
	while (!f->text.dead && (row = reading_row(&f->reading)) != NULL)
		*count += take_row(f, row);
	status = reading_end(&f->reading);
	reading_close(&f->reading);
	return status;
}

/* ---- streams ---- */

static void name_process(char who[static ADDRESS_TEXT_MAX], const struct connection *c)
{
	if (c->process)
		snprintf(who, ADDRESS_TEXT_MAX, "%s[%u]", c->process->name, c->process->pid);
	else
		snprintf(who, ADDRESS_TEXT_MAX, "%s", c->local_text);
}

static void learn_conn(void *context, const struct connection *c)
{
	struct follow *f = context;
	const struct connection_tls tls = connection_tls(c);
	enum reading_of_tls reading = tls.encryption.reading;
	bool server = connection_role(c) == ROLE_SERVER;

	f->facts = (struct facts){
		.found = true,
		.client = server ? DIRECTION_RECEIVED : DIRECTION_SENT,
		.by_library = c->sessions[LAYER_TLS] != NULL,
	};
	f->facts.by_keys = tls.is && reading != TLS_NOT_READ && !f->facts.by_library;
	name_process(f->facts.who[server ? SIDE_SERVER : SIDE_CLIENT], c);
	snprintf(f->facts.who[server ? SIDE_CLIENT : SIDE_SERVER], ADDRESS_TEXT_MAX, "%s",
		 c->remote_text);
}

static int learn(struct follow *f)
{
	struct replay_options with = common_options(f);
	int status;

	with.handlers = (struct replay_handlers){.context = f, .conn_end = learn_conn};
	status = reading_open(&f->reading, f->command, f->operand.path, &with);
	if (status)
		return status;
	status = reading_run(&f->reading);
	reading_close(&f->reading);
	return status;
}

static void take_run(void *context, const struct stream_run *run)
{
	struct follow *f = context;
	enum side side = run->direction == f->facts.client ? SIDE_CLIENT : SIDE_SERVER;

	f->missing += run->missing;
	if (f->raw) {
		if (side == f->side)
			write_raw(f, run->bytes);
		return;
	}
	if (f->last != (int)side)
		conversation_head(&f->text, side, replay_realtime(f->reading.replay, run->ts),
				  f->facts.who[side], "");
	f->last = (int)side;
	if (run->missing)
		conversation_hole(&f->text, run->missing);
	else
		conversation_bytes(&f->text, side, run->offset, run->bytes);
}

static void push(struct follow *f, const struct event *event)
{
	if (!streams_push(f->streams, &event->data, event->ts))
		f->no_memory = true;
	if (f->text.dead || f->no_memory)
		replay_stop(f->reading.replay);
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct follow *f = context;

	if (conn && event->type == EVENT_DATA &&
	    event->data.layer == (f->facts.by_library ? LAYER_TLS : LAYER_WIRE))
		push(f, event);
}

static void on_plaintext(void *context, const struct event *event, const struct connection *conn)
{
	(void)conn;
	push(context, event);
}

static int follow_streams(struct follow *f)
{
	struct replay_options with = common_options(f);
	int status;

	with.handlers = (struct replay_handlers){.context = f};
	if (f->facts.by_keys)
		with.handlers.plaintext = on_plaintext;
	else
		with.handlers.event = on_event;
	with.no_sessions = !f->facts.by_keys;
	f->last = -1;
	f->streams = streams_new(take_run, NULL, f, f->memory ? f->memory : REPLAY_MEMORY_LIMIT);
	if (!f->streams)
		return command_fail(f->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	f->reading = (struct reading){.again = true};
	status = reading_open(&f->reading, f->command, f->operand.path, &with);
	if (status) {
		streams_free(f->streams);
		return status;
	}
	status = reading_run(&f->reading);
	streams_finish(f->streams);
	reading_close(&f->reading);
	streams_free(f->streams);
	if (f->no_memory)
		status = command_fail(f->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (f->raw && f->missing)
		command_warn(f->command,
			     "%" PRIu64 " bytes of both streams are missing in the recording",
			     f->missing);
	return status;
}

/* ---- both ---- */

static int no_record(struct follow *f)
{
	return command_fail(f->command, "%s: there is no record %s", f->name, f->id);
}

static int follow_conn(struct follow *f)
{
	uint64_t count = 0;
	int status;

	if (!f->hex && !f->raw) {
		status = follow_records(f, &count);
		if (count || status == STATUS_USAGE)
			return status;
		f->reading.again = true;
	}
	status = learn(f);
	if (status == STATUS_USAGE)
		return status;
	if (!f->facts.found)
		return command_fail(f->command, "%s: there is no connection %s", f->name, f->id);
	return follow_streams(f) == STATUS_USAGE ? STATUS_USAGE : status;
}

static int follow_record(struct follow *f)
{
	uint64_t count = 0;
	int status = follow_records(f, &count);

	return count || status == STATUS_USAGE ? status : no_record(f);
}

static bool take_side(struct follow *f, const char *value)
{
	f->raw = true;
	f->side = strcmp(value, "server") == 0 ? SIDE_SERVER : SIDE_CLIENT;
	if (f->side == SIDE_SERVER || strcmp(value, "client") == 0)
		return true;
	command_fail(f->command, "--raw wants client or server, not '%s'", value);
	return false;
}

static bool take_option(struct follow *f, int option, const char *value)
{
	switch (option) {
	case OPT_HEX:
		f->hex = true;
		return true;
	case OPT_RAW:
		return take_side(f, value);
	case OPT_UTC:
		option_use_utc();
		return true;
	case OPT_COLOR:
		if (terminal_set_colour(value))
			return true;
		command_fail(f->command, "--color wants always, never or auto, not '%s'", value);
		return false;
	case OPT_PROTO:
		return proto_file_add(&f->protobuf, f->command, value);
	case OPT_MEMORY:
		if (option_memory(value, &f->memory))
			return true;
		command_fail(f->command, MEMORY_WANTS ", not '%s'", value);
		return false;
	default:
		return keylog_file_add(&f->keylog, f->command, value);
	}
}

static int parse(struct follow *f, int argc, char **argv)
{
	struct command_line line = {&follow_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(f, option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind != 2) {
		command_fail(f->command, "wants a recording, and the id of a connection or record; "
					 "try 'socktape follow --help'");
		return COMMAND_WRONG;
	}
	f->name = argv[optind];
	f->id = argv[optind + 1];
	f->record = strchr(f->id, '.') != NULL;
	if (!selection_add(&f->selection, f->record ? SELECT_RECORD : SELECT_CONN, f->id)) {
		command_fail(f->command,
			     "wants the id of a connection or record, as in 24 or "
			     "24.1830, not '%s'",
			     f->id);
		return COMMAND_WRONG;
	}
	if (f->raw && isatty(STDOUT_FILENO)) {
		command_fail(f->command, "--raw is for a file or a pipe; -x shows the same bytes");
		return COMMAND_WRONG;
	}
	return COMMAND_END;
}

static int run_follow(int argc, char **argv)
{
	struct follow f = {.command = argv[0]};
	int status = parse(&f, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = operand_open(&f.operand, f.command, argv[optind], f.memory);
	if (!status) {
		conversation_begin(&f.text, f.hex);
		status = f.record ? follow_record(&f) : follow_conn(&f);
		if (!conversation_end(&f.text) && status != STATUS_USAGE)
			status = command_fail(f.command, "the output could not be written");
	}
	selection_free(&f.selection);
	keylog_free(f.keylog);
	protobuf_schema_free(f.protobuf);
	return operand_close(&f.operand, status);
}

const struct command follow_command = {
	.name = "follow",
	.run = run_follow,
	.arguments = "REC CONN|RECORD [options]",
	.summary = "a conversation: both sides, decoded",
	.help = help,
	.options = options,
};
