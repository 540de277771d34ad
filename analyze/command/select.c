/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/select.h"

#include "analyze/command/keylog_file.h"
#include "analyze/command/times.h"
#include "analyze/output/terminal.h"
#include "analyze/replay/find_conns.h"
#include "format/buffer.h"
#include "format/nearest.h"

/* The first SELECT_KINDS options are the kinds of a selection, in their order. */
enum {
	SINCE = SELECT_KINDS,
	UNTIL,
	AROUND,
	UTC,
	COLOR,
	MEMORY,
	KEYLOG,
	FORMAT,
	JSON
};

static bool wrong(const char *command, const char *what, const char *value)
{
	command_fail(command, "%s, not '%s'", what, value);
	return false;
}

static bool wrong_kind(const char *command, enum selection_kind kind, const char *value)
{
	static const char *const wants[] = {
		[SELECT_CONN] = "--conn wants the id of a connection",
		[SELECT_PID] = "--pid wants a process id",
		[SELECT_NAME] = "--name wants the name of a process",
		[SELECT_CONTAINER] = "--container wants the beginning of a container's id",
		[SELECT_ROLE] = "--role wants client, server or unknown",
		[SELECT_OUTCOME] = "--outcome wants ok, error, unanswered or partial",
		[SELECT_RECORD] = "--record wants the id of a record, as in 24.1830",
		[SELECT_ADDR] =
			"--addr wants an address, a port or both: 10.1.2.3:80, [::1]:80, :80",
	};

	if (kind != SELECT_PROTOCOL)
		return wrong(command, wants[kind], value);
	select_no_protocol(command, value);
	return false;
}

static bool take_format(struct select *select, const char *command, enum output_format format)
{
	bool differs = select->format_given && select->format != format;

	if (differs)
		command_fail(command, "--format and --json exclude each other");
	select->format = format;
	select->format_given = true;
	return !differs;
}

static bool take_colour(const char *command, const char *value)
{
	return terminal_set_colour(value) ||
	       wrong(command, "--color wants always, never or auto", value);
}

bool select_option(struct select *select, const char *command, int option, const char *value)
{
	enum output_format format = OUTPUT_JSON;

	switch (option) {
	case FORMAT:
		if (!option_format(value, &format))
			return wrong(command, "--format wants text, json or csv", value);
		return take_format(select, command, format);
	case JSON:
		return take_format(select, command, format);
	case SINCE:
		select->since = value;
		return true;
	case UNTIL:
		select->until = value;
		return true;
	case AROUND:
		select->around = value;
		return true;
	case UTC:
		option_use_utc();
		return true;
	case COLOR:
		return take_colour(command, value);
	case MEMORY:
		return option_memory(value, &select->memory) || wrong(command, MEMORY_WANTS, value);
	case KEYLOG:
		return keylog_file_add(&select->keylog, command, value);
	}
	return selection_add(&select->selection, (enum selection_kind)option, value) ||
	       wrong_kind(command, (enum selection_kind)option, value);
}

static bool times_set(struct select *select, const char *command, const char *path)
{
	struct times times = {.path = path};

	if (select->around && (select->since || select->until)) {
		command_fail(command, "--around, and --since and --until, exclude each other");
		return false;
	}
	if (select->since && !times_find(&times, select->since, &select->selection.since))
		return wrong(command, "--since wants " TIMES_WANTED, select->since);
	if (select->until && !times_find(&times, select->until, &select->selection.until))
		return wrong(command, "--until wants " TIMES_WANTED, select->until);
	if (select->around && !times_around(&times, select->around, &select->selection.since,
					    &select->selection.until))
		return wrong(command,
			     "--around wants a time and how long before and after, like "
			     "10:00:05,200ms",
			     select->around);
	if (times.several)
		command_warn(command, "the recording has several days; the first with such a time "
				      "is taken: give the date for another");
	return true;
}

bool select_check(struct select *select, const char *command, const char *path)
{
	struct buffer why = {0};
	bool none;

	if (operand_open(&select->operand, command, path, select->memory) ||
	    !times_set(select, command, select->operand.path))
		return false;
	none = selection_contradicts(&select->selection, &why);
	if (none)
		command_fail(command, "%.*s", (int)why.len, why.data);
	buffer_free(&why);
	return !none;
}

bool select_explain(const struct select *select, const char *command)
{
	return selection_tell(&select->selection, command);
}

int select_end(struct select *select, int status)
{
	selection_free(&select->selection);
	keylog_free(select->keylog);
	return operand_close(&select->operand, status);
}

int select_no_protocol(const char *command, const char *name)
{
	struct buffer names = {0};
	struct nearest near = {.text = name};

	for (size_t i = 0; protocols[i]; i++) {
		buffer_printf(&names, "%s%s", i ? ", " : "", protocols[i]->name);
		nearest_try(&near, protocols[i]->name);
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			nearest_try(&near, (*t)->name);
	}
	buffer_append_char(&names, '\0');
	if (near.word)
		command_fail(command, "there is no protocol '%s'; did you mean '%s'?", name,
			     near.word);
	else
		command_fail(command, "there is no protocol '%s'; there are: %s", name,
			     names.data ? names.data : "none");
	buffer_free(&names);
	return COMMAND_WRONG;
}

int select_resolve(struct select *select, const char *command, unsigned kinds)
{
	const struct find_conns with = {
		.command = command,
		.path = select->operand.path,
		.memory = select->memory,
		.keylog = select->keylog,
	};

	return find_conns(&select->selection, &with, kinds);
}
