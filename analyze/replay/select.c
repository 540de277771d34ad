/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/select.h"

#include "format/buffer.h"
#include "protocols/protocol.h"

enum {
	CONN,
	PID,
	SINCE,
	UNTIL,
	FORMAT,
	JSON
};

static bool wrong(const char *command, const char *what, const char *value)
{
	command_fail(command, "%s, not '%s'", what, value);
	return false;
}

bool select_option(struct select *select, const char *command, int option, const char *value)
{
	uint64_t number;

	switch (option) {
	case FORMAT:
		return option_format(value, &select->format) ||
		       wrong(command, "--format wants text, json or csv", value);
	case JSON:
		select->format = OUTPUT_JSON;
		return true;
	case CONN:
		return (option_number(value, UINT64_MAX, &select->filter.conn) &&
			select->filter.conn) ||
		       wrong(command, "--conn wants the id of a connection", value);
	case PID:
		if (!option_number(value, UINT32_MAX, &number) || !number)
			return wrong(command, "--pid wants a process id", value);
		select->filter.pid = (uint32_t)number;
		return true;
	case SINCE:
		return option_time(value, &select->filter.since) ||
		       wrong(command, "--since wants a time like 2026-11-22T10:00:00Z", value);
	case UNTIL:
		return option_time(value, &select->filter.until) ||
		       wrong(command, "--until wants a time like 2026-11-22T10:00:00Z", value);
	}
	return false;
}

int select_no_protocol(const char *command, const char *name)
{
	struct buffer names = {0};

	for (size_t i = 0; protocols[i]; i++)
		buffer_printf(&names, "%s%s", i ? ", " : "", protocols[i]->name);
	buffer_append_char(&names, '\0');
	command_fail(command, "there is no protocol '%s'; there are: %s", name,
		     names.data ? names.data : "none");
	buffer_free(&names);
	return COMMAND_WRONG;
}
