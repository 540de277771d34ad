/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/command/keylog_file.h"
#include "analyze/command/operand.h"
#include "analyze/command/options.h"
#include "analyze/command/proto_file.h"
#include "analyze/output/target.h"
#include "analyze/sql/file.h"
#include "analyze/sql/prompt.h"

static const char help[] =
	"Asks recordings in SQL: one table for each kind of record, and records,\n"
	"exchanges, conns, processes, events and losses. Without QUERY: a prompt,\n"
	"or statements from standard input.";

enum {
	OPT_FORMAT,
	OPT_JSON,
	OPT_OUTPUT,
	OPT_MEMORY,
	OPT_KEYLOG,
	OPT_PROTO,
	OPT_THREADS,
};

static const struct command_option options[] = {
	{"format", 'f', "FORMAT", "text (default), json (one object a line), csv or markdown"},
	{"json", 0, NULL, "the same as --format json"},
	{"output", 'o', "FILE", "write all tables but events to FILE, an SQLite database"},
	MEMORY_OPTION,
	KEYLOG_OPTION,
	PROTO_OPTION,
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

struct sql {
	enum sql_format format;
	const char *output;
	const char *query;
	uint64_t memory;
	uint64_t threads;
	struct keylog *keylog;
	struct protobuf_schema *protobuf;
	sqlite3 *db;
	struct sql_engine *engine;
	struct operand *operands;
	size_t operand_count;
};

static bool take_option(struct sql *sql, const char *command, int option, const char *value)
{
	switch (option) {
	case OPT_FORMAT:
		if (sql_format_parse(value, &sql->format))
			return true;
		command_fail(command, "--format wants text, json, csv or markdown, not '%s'",
			     value);
		return false;
	case OPT_JSON:
		sql->format = SQL_JSON;
		return true;
	case OPT_OUTPUT:
		sql->output = value;
		return true;
	case OPT_MEMORY:
		if (option_memory(value, &sql->memory))
			return true;
		command_fail(command, MEMORY_WANTS ", not '%s'", value);
		return false;
	case OPT_KEYLOG:
		return keylog_file_add(&sql->keylog, command, value);
	case OPT_PROTO:
		return proto_file_add(&sql->protobuf, command, value);
	default:
		if (option_number(value, UINT16_MAX, &sql->threads) && sql->threads)
			return true;
		command_fail(command, "--threads wants a number from 1, not '%s'", value);
		return false;
	}
}

static int parse(struct sql *sql, int argc, char **argv)
{
	struct command_line line = {&sql_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(sql, argv[0], option, value))
			return COMMAND_WRONG;
	}
	return COMMAND_END;
}

/* The last operand is a query, unless it is the only one or there is such a file. */
/* False after telling the user why it can't be read. */
static bool add_recording(struct sql *sql, const char *command, const char *text)
{
	struct operand *operand = &sql->operands[sql->operand_count];
	bool dash = strcmp(text, "-") == 0;
	struct stat st;

	if (dash && !sql->query && !sql->output) {
		command_fail(command, "standard input is the recording: give a QUERY");
		return false;
	}
	if (!dash && stat(text, &st) != 0) {
		command_fail(command, "%s: %s", text, strerror(errno));
		return false;
	}
	sql->operand_count++;
	if (operand_open(operand, command, text, sql->memory) ||
	    (sql->output && operand_refuse_output(operand, command, sql->output)))
		return false;
	if (sql_engine_add(sql->engine, text, operand->path))
		return true;
	command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return false;
}

static int recordings(struct sql *sql, int argc, char **argv)
{
	struct stat st;
	int count = argc - optind;

	if (count < 1) {
		command_fail(argv[0], "wants a recording; try 'socktape %s --help'", argv[0]);
		return COMMAND_WRONG;
	}
	if (count > 1 && stat(argv[argc - 1], &st) != 0) {
		sql->query = argv[argc - 1];
		count--;
	}
	if (sql->query && sql->output) {
		command_fail(argv[0], "--output writes all tables: it and a query exclude each "
				      "other");
		return COMMAND_WRONG;
	}
	sql->operands = calloc((size_t)count, sizeof(*sql->operands));
	if (!sql->operands) {
		command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
		return COMMAND_WRONG;
	}
	for (int i = 0; i < count; i++) {
		if (!add_recording(sql, argv[0], argv[optind + i]))
			return COMMAND_WRONG;
	}
	return COMMAND_END;
}

/* ---- Ctrl-C ---- */

/* It is held back, and asked for where something that lasts can end. */
static void hold_back_interrupts(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, before);
}

static bool is_interrupted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGINT);
}

static int on_progress(void *context)
{
	(void)context;
	return is_interrupted();
}

/* ---- the database ---- */

static int fail_database(const struct sql *sql, const char *command)
{
	return command_fail(command, "%s", sqlite3_errmsg(sql->db));
}

static int open_database(struct sql *sql, const char *command)
{
	if (sqlite3_open(":memory:", &sql->db) != SQLITE_OK)
		return fail_database(sql, command);
	sql->engine = sql_engine_new(sql->db, command);
	return sql->engine ? STATUS_DONE
			   : command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
}

static int start(struct sql *sql, const char *command)
{
	struct sql_engine *e = sql->engine;

	e->keylog = sql->keylog;
	e->protobuf = sql->protobuf;
	e->memory = sql->memory;
	e->threads = sql->threads ? (unsigned)sql->threads : command_processors();
	e->stopped = is_interrupted;
	sqlite3_progress_handler(sql->db, 1000, on_progress, NULL);
	if (sql_engine_start(e) != SQLITE_OK)
		return fail_database(sql, command);
	sql_engine_restrict(e);
	return STATUS_DONE;
}

/* ---- a file ---- */

static int fill_file(struct sql *sql, const char *command, const char *path)
{
	sqlite3 *file = NULL;
	int rc = sqlite3_open(path, &file);

	if (rc == SQLITE_OK)
		rc = sql_write_tables(sql->engine, file);
	if (rc != SQLITE_OK)
		command_fail(command, "%s: %s", sql->output,
			     rc == SQLITE_INTERRUPT ? "stopped" : sqlite3_errmsg(file));
	sqlite3_close(file);
	return rc == SQLITE_OK ? STATUS_DONE : STATUS_USAGE;
}

static int write_file(struct sql *sql, const char *command)
{
	struct target target;
	int status;

	if (target_open(&target, sql->output, 0600) != TAPE_OK)
		return command_fail(command, "%s: %s", sql->output, strerror(errno));
	if (!target.partial) {
		target_abandon(&target);
		return command_fail(command, "%s: a database wants a file of its own", sql->output);
	}
	status = fill_file(sql, command, target.partial);
	if (status != STATUS_DONE) {
		target_abandon(&target);
		return status;
	}
	if (target_complete(&target) != TAPE_OK)
		return command_fail(command, "%s: %s", sql->output, strerror(errno));
	return STATUS_DONE;
}

static int answer(struct sql *sql, const char *command)
{
	struct sql_printing printing = {.format = sql->format};
	bool good;
	int status = start(sql, command);

	if (status)
		return status;
	if (sql->output) {
		status = write_file(sql, command);
	} else {
		good = sql->query ? sql_run(sql->engine, sql->query, &printing)
				  : sql_prompt(sql->engine, sql->format);
		status = good ? STATUS_DONE : STATUS_USAGE;
	}
	return status ? status : sql->engine->status;
}

static int run_sql(int argc, char **argv)
{
	struct sql sql = {0};
	sigset_t before;
	int status = parse(&sql, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = open_database(&sql, argv[0]);
	if (!status)
		status = recordings(&sql, argc, argv) == COMMAND_END ? STATUS_DONE : STATUS_USAGE;
	hold_back_interrupts(&before);
	if (!status)
		status = answer(&sql, argv[0]);
	sqlite3_close(sql.db);
	sql_engine_release(sql.engine);
	keylog_free(sql.keylog);
	protobuf_schema_free(sql.protobuf);
	for (size_t i = 0; i < sql.operand_count; i++)
		status = operand_close(&sql.operands[i], status);
	free(sql.operands);
	/* One that came, and still waits, ends the program as it would have. */
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

const struct command sql_command = {
	.name = "sql",
	.run = run_sql,
	.arguments = "REC... [QUERY] [options]",
	.summary = "ask recordings in SQL; without QUERY: a prompt",
	.help = help,
	.options = options,
};
