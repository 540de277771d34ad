/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many commands over many recordings, held by what tells that their output is what it was:
 * tests/unit/sweeps/NAME.txt has lines "> NAME PATH" for recordings, and behind them lines "$
 * socktape ARGUMENT..." for commands, in which "%" is a recording (as a word of its own: also "%2",
 * the one after it). Each is followed by a line for each recording: its name, the checksum of what
 * was printed (CRC-32), its lines and the exit status. "@" is a folder of the test's own with the
 * recordings that sweep_build() and sweep_limits_build() make, and those of sweep_chance_build():
 * @/chance1/rec and so on. records.json has records of before.
 *
 * With SOCKTAPE_UPDATE in the environment the files are written anew. To see what changed, let the
 * test write all that is printed, before and after: SOCKTAPE_SWEEP=FOLDER.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <zlib.h>

#include "format/buffer.h"
#include "tests/unit/command_run.h"
#include "tests/unit/eventful.h"
#include "tests/unit/sweep_build.h"
#include "tests/unit/sweep_chance.h"
#include "tests/unit/sweep_limits.h"
#include "tests/unit/tape_build.h"

#define SWEEPS	   "tests/unit/sweeps/"
#define INPUTS_MAX 64
#define DUMP	   "dump "
/* Starting a process takes sanitizers long: they see one of so many recordings for a command. */
#ifdef __SANITIZE_ADDRESS__
#define EVERY 7
#else
#define EVERY 1
#endif

#define PROMPT	    "$ socktape "
#define COMMAND_MAX 1024

/* Recordings of what happens by chance. */
#define CHANCES 12

static char *scratch;

struct input {
	char name[32];
	char path[128];
};

struct sweep {
	struct input inputs[INPUTS_MAX];
	size_t count;
	bool update;
	unsigned runs;
	FILE *file;
	FILE *all;	   /* what was printed; NULL: nobody wants to know */
	struct buffer out; /* of all of the file, or of a line of it */
};

/* COMMAND with recording AT in the place of "%", and the next of "%2". */
static void fill_in(const struct sweep *s, const char *command, size_t at, char *line)
{
	struct buffer out = {0};

	for (; *command; command++) {
		if (*command != '%' || (command[-1] != ' ' && command[-1] != '<')) {
			buffer_append_char(&out, *command);
		} else if (command[1] == '2') {
			buffer_append_text(&out, s->inputs[(at + 1) % s->count].path);
			command++;
		} else {
			buffer_append_text(&out, s->inputs[at].path);
		}
	}
	assert_in_range(out.len, 1, COMMAND_MAX - 1);
	assert_false(out.failed);
	memcpy(line, out.data, out.len);
	line[out.len] = '\0';
	buffer_free(&out);
}

static int dump_row(void *context, int count, char **values, char **names)
{
	struct buffer *printed = context;

	for (int i = 0; i < count; i++)
		buffer_printf(printed, "%s=%s|", names[i], values[i] ? values[i] : "NULL");
	buffer_append_char(printed, '\n');
	return 0;
}

/* All tables and views of a database file. */
static void dump(const char *path, struct buffer *printed)
{
	struct buffer full = {0}, names = {0};
	sqlite3 *db;
	char *query;

	/* "@" is the scratch folder. */
	buffer_printf(&full, "%s%s%c", scratch, path + 1, '\0');
	assert_int_equal(sqlite3_open(full.data, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "SELECT type, name, sql FROM sqlite_master", dump_row,
				      printed, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "SELECT name FROM sqlite_master "
				      "WHERE type = 'table' ORDER BY name",
				      dump_row, &names, NULL),
			 SQLITE_OK);
	buffer_append_char(&names, '\0');
	for (char *name = strtok(names.data, "\n"); name; name = strtok(NULL, "\n")) {
		name[strlen(name) - 1] = '\0';
		query = sqlite3_mprintf("SELECT * FROM %Q", name + strlen("name="));
		buffer_printf(printed, "%s\n", query);
		sqlite3_exec(db, query, dump_row, printed, NULL);
		sqlite3_free(query);
	}
	sqlite3_close(db);
	buffer_append_text(printed, "[status 0]\n");
	buffer_free(&names);
	buffer_free(&full);
}

static bool of_recording(const char *command)
{
	return strstr(command, " %") || strstr(command, "<%");
}

/* Others read what it writes. */
static bool writes_file(const char *command)
{
	return strstr(command, " -o %");
}

static void run_one(struct sweep *s, const char *command, size_t at)
{
	struct buffer printed = {0};
	char line[COMMAND_MAX];
	size_t lines = 0;
	int status = -1;
	char *end;

	fill_in(s, command, at, line);
	if (strncmp(line, DUMP, strlen(DUMP)) == 0)
		dump(line + strlen(DUMP), &printed);
	else
		command_run(line, scratch, &printed);
	command_blur(&printed, scratch);
	if (s->all) {
		fprintf(s->all, "$ socktape %s\n", line);
		fwrite(printed.data, 1, printed.len, s->all);
	}
	for (size_t i = 0; i < printed.len; i++)
		lines += printed.data[i] == '\n';
	buffer_append_char(&printed, '\0');
	assert_false(printed.failed);
	end = memrchr(printed.data, '[', printed.len);
	assert_non_null(end);
	sscanf(end, "[status %d]", &status);
	buffer_printf(&s->out, "%s %08lx %zu %d\n",
		      of_recording(command) ? s->inputs[at].name : "-",
		      crc32_z(0, (const Bytef *)printed.data, printed.len - 1), lines - 1, status);
	buffer_free(&printed);
}

/* Fails unless the file's next line is what came out for recording AT. */
static void compare(struct sweep *s, const char *command, size_t at)
{
	char expected[COMMAND_MAX] = "", line[COMMAND_MAX];

	if (!fgets(expected, sizeof(expected), s->file))
		*expected = '\0';
	buffer_append_char(&s->out, '\0');
	assert_false(s->out.failed);
	fill_in(s, command, at, line);
	if (strcmp(expected, s->out.data) != 0)
		fail_msg("socktape %s\nexpected: %sgot:      %s(what it printed, before and now: "
			 "SOCKTAPE_SWEEP=FOLDER; if it is right: SOCKTAPE_UPDATE=1 "
			 "build/tests/unit/analyze_sweep_test)",
			 line, expected, s->out.data);
	buffer_clear(&s->out);
}

/* A line "> NAME PATH" or "$ socktape ARGUMENT...". */
static void take_line(struct sweep *s, const char *line)
{
	struct input *input = &s->inputs[s->count];

	if (*line == '>') {
		assert_true(s->count < INPUTS_MAX);
		assert_int_equal(sscanf(line, "> %31s %127s", input->name, input->path), 2);
		s->count++;
	}
	if (s->update && (*line == '>' || *line == '$' || *line == '#'))
		buffer_printf(&s->out, "%s\n", line);
	if (strncmp(line, PROMPT, strlen(PROMPT)) != 0)
		return;
	line += strlen(PROMPT);
	for (size_t i = 0; i < (of_recording(line) ? s->count : 1); i++) {
		char passed[COMMAND_MAX];

		if (!s->update && of_recording(line) && !writes_file(line) && s->runs++ % EVERY) {
			assert_non_null(fgets(passed, sizeof(passed), s->file));
			continue;
		}
		run_one(s, line, i);
		if (!s->update)
			compare(s, line, i);
	}
}

static FILE *open_all(const char *path)
{
	const char *folder = getenv("SOCKTAPE_SWEEP");
	char name[4096];
	FILE *file;

	if (!folder)
		return NULL;
	snprintf(name, sizeof(name), "%s/%s", folder, strrchr(path, '/') + 1);
	file = fopen(name, "w");
	assert_non_null(file);
	return file;
}

static void test_sweep(void **state)
{
	struct sweep *s = calloc(1, sizeof(*s));
	const char *path = *state;
	char line[COMMAND_MAX];

	assert_non_null(s);
	s->update = getenv("SOCKTAPE_UPDATE") != NULL;
	s->file = fopen(path, "r");
	assert_non_null(s->file);
	s->all = open_all(path);
	while (fgets(line, sizeof(line), s->file)) {
		line[strcspn(line, "\n")] = '\0';
		take_line(s, line);
	}
	fclose(s->file);
	if (s->update) {
		s->file = fopen(path, "w");
		assert_non_null(s->file);
		assert_int_equal(fwrite(s->out.data, 1, s->out.len, s->file), s->out.len);
		assert_int_equal(fclose(s->file), 0);
	}
	if (s->all)
		fclose(s->all);
	buffer_free(&s->out);
	free(s);
}

static int setup(void **state)
{
	(void)state;
	scratch = scratch_new();
	eventful_build(scratch);
	sweep_build(scratch);
	sweep_limits_build(scratch);
	for (uint32_t seed = 1; seed <= CHANCES; seed++) {
		char name[16];

		snprintf(name, sizeof(name), "chance%u", seed);
		sweep_chance_build(scratch, name, seed);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

/* Sweeps are tests of their own, by name. */
int main(void)
{
	return command_run_files("sweeps", SWEEPS "*.txt", test_sweep, setup, teardown);
}
