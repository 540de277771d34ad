/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/prompt.h"

#include <editline/readline.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "analyze/output/tell.h"
#include "analyze/sql/views.h"
#include "format/buffer.h"
#include "format/nearest.h"

#define HISTORY_FILE ".socktape_history"
#define HISTORY_MAX  1000

/* ---- statements ---- */

static bool run_statement(struct sql_engine *e, sqlite3_stmt *statement, struct sql_printing *p)
{
	int rc;

	e->hushed = false;
	rc = sql_print(statement, p, &e->hushed);
	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		return true;
	if (rc == SQLITE_IOERR)
		command_fail(e->command, "the output could not be written");
	else if (rc == SQLITE_INTERRUPT)
		command_warn(e->command, "stopped");
	else
		command_fail(e->command, "%s", sqlite3_errmsg(e->db));
	return false;
}

/* The table or column that was meant by the one that SQLite says isn't there; NULL: none is near.
 */
static const char *meant(const char *message)
{
	static const char *const says[] = {"no such column: ", "no such table: "};
	struct nearest near = {0};

	for (size_t i = 0; i < 2; i++)
		if (strncmp(message, says[i], strlen(says[i])) == 0)
			near.text = message + strlen(says[i]);
	if (!near.text)
		return NULL;
	if (strchr(near.text, '.'))
		near.text = strrchr(near.text, '.') + 1;
	for (size_t i = 0; i < sql_table_count(); i++) {
		const struct table *table = sql_table_at(i).table;

		nearest_try(&near, sql_table_at(i).name);
		for (size_t j = 0; j < table->column_count; j++)
			nearest_try(&near, table->columns[j].name);
	}
	return near.word;
}

static void tell_wrong(struct sql_engine *e, const char *text)
{
	const char *message = sqlite3_errmsg(e->db);
	const char *word = meant(message);
	int at = sqlite3_error_offset(e->db);

	if (word)
		command_fail(e->command, "%s; did you mean %s?", message, word);
	else if (at >= 0)
		command_fail(e->command, "%s, at: %.40s", message, text + at);
	else
		command_fail(e->command, "%s", message);
}

bool sql_run(struct sql_engine *e, const char *text, struct sql_printing *p)
{
	while (*text) {
		sqlite3_stmt *statement;
		const char *rest;
		bool good;

		if (sqlite3_prepare_v2(e->db, text, -1, &statement, &rest) != SQLITE_OK) {
			tell_wrong(e, text);
			return false;
		}
		good = !statement || run_statement(e, statement, p);
		sqlite3_finalize(statement);
		if (!good)
			return false;
		text = rest;
	}
	return true;
}

/* ---- commands with a dot ---- */

static void print_tables(void)
{
	puts("Tables:");
	for (size_t i = 0; i < sql_table_count(); i++) {
		struct sql_table t = sql_table_at(i);

		printf("  %-16s %s\n", t.name,
		       t.table->summary ? t.table->summary : "what all records share");
	}
	puts("Views:");
	for (size_t i = 0; sql_view_at(i); i++)
		printf("  %-16s %s\n", sql_view_at(i)->name, sql_view_at(i)->summary);
}

static bool print_schema(const char *name)
{
	bool found = false;

	for (size_t i = 0; i < sql_table_count(); i++) {
		struct sql_table t = sql_table_at(i);

		if (*name && strcmp(name, t.name) != 0)
			continue;
		found = true;
		printf("CREATE TABLE %s(\n", t.name);
		for (size_t c = 0; c < sql_column_count(&t); c++) {
			const struct column *column = sql_column(&t, c);

			printf("  %s %s%s -- %s%s%s\n", column->name, column->sql,
			       c + 1 < sql_column_count(&t) ? "," : "", column->help,
			       *column->unit ? ", in " : "", column->unit);
		}
		puts(");");
	}
	for (size_t i = 0; sql_view_at(i); i++) {
		if (*name && strcmp(name, sql_view_at(i)->name) != 0)
			continue;
		found = true;
		printf("CREATE VIEW %s AS %s;\n", sql_view_at(i)->name, sql_view_at(i)->query);
	}
	return found;
}

static void print_help(void)
{
	puts("A statement ends with a semicolon; Ctrl-C stops one that runs.\n"
	     "  .tables         tables and views\n"
	     "  .schema [NAME]  their columns: type, meaning, unit\n"
	     "  .format FORMAT  text, json, csv or markdown\n"
	     "  .quit           or Ctrl-D\n"
	     "Beyond SQLite's own functions there are p50(x), p90(x), p95(x), p99(x), p999(x),\n"
	     "median(x), percentile(x, p), iso(ns), ms(ns), duration(ns), ip(address),\n"
	     "port(address), in_network(address, network), path(target), worst(what, x), and\n"
	     "pgsql_shape(statement), mysql_shape(statement), cql_shape(statement).\n"
	     "Records have a hidden column: shape, which is what was asked, without its values.");
}

/* True when LINE was one; *QUIT is set by the one that ends. */
static bool run_command(const struct sql_engine *e, const char *line, enum sql_format *format,
			bool *quit)
{
	char word[16] = "", argument[80] = "";

	if (*line != '.')
		return false;
	sscanf(line, "%15s %79s", word, argument);
	if (strcmp(word, ".quit") == 0 || strcmp(word, ".exit") == 0)
		*quit = true;
	else if (strcmp(word, ".help") == 0)
		print_help();
	else if (strcmp(word, ".tables") == 0)
		print_tables();
	else if (strcmp(word, ".schema") == 0 && !print_schema(argument))
		command_fail(e->command, "there is no table '%s'; .tables lists them", argument);
	else if (strcmp(word, ".format") == 0 && !sql_format_parse(argument, format))
		command_fail(e->command, ".format wants text, json, csv or markdown");
	else if (strcmp(word, ".schema") != 0 && strcmp(word, ".format") != 0)
		command_fail(e->command, "there is no command '%s'; .help lists them", word);
	return true;
}

/* ---- completion ---- */

/* The names of tables and views, then those of columns: the INDEXth; NULL behind the last. */
static const char *name_at(size_t index)
{
	size_t tables = sql_table_count();
	size_t views = 0;

	while (sql_view_at(views))
		views++;
	if (index < tables)
		return sql_table_at(index).name;
	index -= tables;
	if (index < views)
		return sql_view_at(index)->name;
	index -= views;
	for (size_t i = 0; i < tables; i++) {
		struct sql_table t = sql_table_at(i);

		if (index < sql_column_count(&t))
			return sql_column(&t, index)->name;
		index -= sql_column_count(&t);
	}
	return NULL;
}

/* A name like an earlier one is offered once. */
static bool is_repeated(size_t index)
{
	const char *name = name_at(index);

	for (size_t i = 0; i < index; i++)
		if (strcmp(name_at(i), name) == 0)
			return true;
	return false;
}

/* As libedit asks for them: one match a call, STATE 0 for the first; NULL after the last. */
static char *next_match(const char *text, int state)
{
	size_t len = strlen(text);
	const char *name;
	int match = 0;

	for (size_t i = 0; (name = name_at(i)) != NULL; i++)
		if (strncasecmp(name, text, len) == 0 && !is_repeated(i) && match++ == state)
			return strdup(name);
	return NULL;
}

static char **complete(const char *text, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;
	return rl_completion_matches(text, next_match);
}

/* ---- Ctrl-C ---- */

/* It is held back: a statement that runs asks for it. Whether one came; it has been taken then. */
static bool take_interrupt(void)
{
	const struct timespec now = {0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	return sigtimedwait(&set, NULL, &now) == SIGINT;
}

/* Waits for a byte of FD. False: there was Ctrl-C before it, which still waits. */
static bool await_byte(int fd)
{
	sigset_t set;
	struct pollfd from[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	/* Without it Ctrl-C waits for the line's end. */
	from[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (poll(from, 2, -1) < 0 && errno == EINTR)
		;
	if (from[1].fd >= 0)
		close(from[1].fd);
	return !from[1].revents;
}

/* The next character that is typed, as libedit asks for it; Ctrl-C ends the line. */
static int next_character(FILE *in)
{
	int fd = fileno(in);
	mbstate_t state = {0};
	wchar_t whole = 0;
	size_t n = 0;
	char c = 0;

	do {
		if (!await_byte(fd))
			return '\n';
		if (read(fd, &c, 1) != 1)
			return -1;
		n = mbrtowc(&whole, &c, 1, &state);
	} while (n == (size_t)-2);
	return n <= 1 ? (int)whole : (unsigned char)c;
}

/* ---- the prompt ---- */

static char *history_path(void)
{
	const char *home = getenv("HOME");
	char *path;

	if (!home || !*home || asprintf(&path, "%s/%s", home, HISTORY_FILE) < 0)
		return NULL;
	return path;
}

static void begin_history(const char *path)
{
	rl_readline_name = "socktape";
	rl_getc_function = next_character;
	rl_attempted_completion_function = complete;
	using_history();
	stifle_history(HISTORY_MAX);
	if (path)
		read_history(path); /* the first time there is none */
}

static void end_history(const char *path)
{
	mode_t before = umask(077);

	if (path && write_history(path) != 0)
		command_warn("sql", "%s: the history can't be written", path);
	umask(before);
}

/* Lines until a statement is whole. */
static void take_line(struct sql_engine *e, struct buffer *text, const char *line,
		      enum sql_format *format, bool *quit)
{
	if (!text->len && run_command(e, line, format, quit))
		return;
	buffer_append_text(text, line);
	buffer_append_char(text, '\n');
	buffer_append_char(text, '\0');
	if (text->failed)
		return;
	text->len--;
	if (!sqlite3_complete(text->data))
		return;
	sql_run(e, text->data, &(struct sql_printing){.format = *format});
	buffer_clear(text);
}

static void prompt_terminal(struct sql_engine *e, enum sql_format format)
{
	struct buffer text = {0};
	char *path = history_path();
	bool quit = false;
	char *line;

	/* Letters beyond ASCII are typed as the terminal has them. */
	setlocale(LC_CTYPE, "");
	puts("SQL over recordings; .help tells more, .tables what there is.");
	begin_history(path);
	while (!quit && (line = readline(text.len ? "     ...> " : "socktape> ")) != NULL) {
		if (take_interrupt()) {
			buffer_clear(&text);
		} else {
			if (*line)
				add_history(line);
			take_line(e, &text, line, &format, &quit);
			/* It was for the statement that ran. */
			take_interrupt();
		}
		free(line);
		fflush(stdout);
	}
	if (!quit)
		putchar('\n');
	end_history(path);
	free(path);
	buffer_free(&text);
}

static bool run_input(struct sql_engine *e, enum sql_format format)
{
	struct buffer text = {0};
	char part[4096];
	size_t n;
	bool good;

	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		buffer_append(&text, part, n);
	buffer_append_char(&text, '\0');
	good = !ferror(stdin) && !text.failed;
	if (!good)
		command_fail(e->command, "standard input can't be read");
	else
		good = sql_run(e, text.data, &(struct sql_printing){.format = format});
	buffer_free(&text);
	return good;
}

bool sql_prompt(struct sql_engine *e, enum sql_format format)
{
	if (!isatty(STDIN_FILENO))
		return run_input(e, format);
	prompt_terminal(e, format);
	return true;
}
