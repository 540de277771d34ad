/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/select.h"

#include "analyze/command/keylog_file.h"
#include "analyze/replay/reading.h"
#include "format/buffer.h"

/* The first SELECT_KINDS options are the kinds of a selection, in their order. */
enum {
	SINCE = SELECT_KINDS,
	UNTIL,
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

bool select_option(struct select *select, const char *command, int option, const char *value)
{
	switch (option) {
	case FORMAT:
		return option_format(value, &select->format) ||
		       wrong(command, "--format wants text, json or csv", value);
	case JSON:
		select->format = OUTPUT_JSON;
		return true;
	case SINCE:
		return option_time(value, &select->selection.since) ||
		       wrong(command, "--since wants a time like 2026-11-22T10:00:00Z", value);
	case UNTIL:
		return option_time(value, &select->selection.until) ||
		       wrong(command, "--until wants a time like 2026-11-22T10:00:00Z", value);
	case MEMORY:
		return option_memory(value, &select->memory) || wrong(command, MEMORY_WANTS, value);
	case KEYLOG:
		return keylog_file_add(&select->keylog, command, value);
	}
	return selection_add(&select->selection, (enum selection_kind)option, value) ||
	       wrong_kind(command, (enum selection_kind)option, value);
}

bool select_check(const struct select *select, const char *command)
{
	struct buffer why = {0};
	bool none = selection_contradicts(&select->selection, &why);

	if (none)
		command_fail(command, "%.*s", (int)why.len, why.data);
	buffer_free(&why);
	return !none;
}

void select_explain(const struct select *select, const char *command)
{
	struct buffer why = {0};

	if (selection_explain(&select->selection, &why))
		command_warn(command, "%.*s", (int)why.len, why.data);
	buffer_free(&why);
}

void select_free(struct select *select)
{
	selection_free(&select->selection);
	keylog_free(select->keylog);
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

/* ---- finding connections first ---- */

struct search {
	const struct reading *reading;
	struct selection *selection;
	unsigned kinds;
	struct map found;
	bool no_memory;
};

static void find(struct search *search, const struct selection_subject *subject)
{
	if (selection_matches(search->selection, search->kinds, subject) &&
	    !map_put(&search->found, subject->conn, search))
		search->no_memory = true;
}

static void search_record(void *context, const struct connection *conn, const struct session *s,
			  const struct record *record)
{
	struct selection_subject subject = connection_subject(conn);

	subject.table = record->table;
	subject.outcome = (int)record->outcome;
	subject.position = record->position;
	subject.side = record->side;
	subject.tls = session_is_plaintext(s);
	subject.repeat = session_repeat(s);
	find(context, &subject);
}

/* The connection may have moved from one process to another: each of them counts. */
static void search_event(void *context, const struct event *event, const struct connection *conn)
{
	struct search *search = context;
	struct selection_subject subject;
	const struct process *process;

	if (!conn || event->type != EVENT_DATA || map_get(&search->found, conn->id))
		return;
	subject = connection_subject(conn);
	process = replay_process(search->reading->replay, event->data.pid);
	subject.pid = event->data.pid;
	subject.name = process ? process->name : NULL;
	subject.container = process ? process->container : NULL;
	find(search, &subject);
}

static void search_conn(void *context, const struct connection *conn)
{
	struct selection_subject subject = connection_subject(conn);

	find(context, &subject);
}

int select_resolve(struct select *select, const char *command, const char *path, unsigned kinds)
{
	struct selection *s = &select->selection;
	struct reading reading = {.again = true};
	struct search search = {.selection = s, .kinds = s->kinds, .reading = &reading};
	struct replay_options with = {
		.handlers = {.context = &search, .conn_end = search_conn},
	};
	int status;

	if (!(s->kinds & kinds))
		return STATUS_DONE;
	if (s->kinds & SELECT_OF_RECORDS)
		with.handlers = (struct replay_handlers){.context = &search,
							 .record = search_record};
	else if (!(s->kinds & SELECT_OF_SESSIONS))
		with.handlers = (struct replay_handlers){.context = &search, .event = search_event};
	with.no_sessions = !(s->kinds & SELECT_OF_SESSIONS);
	with.memory_limit = select->memory;
	with.keylog = select->keylog;
	status = reading_open(&reading, command, path, &with);
	if (status)
		return status;
	status = reading_run(&reading);
	reading_close(&reading);
	if (search.no_memory)
		status = command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	select_explain(select, command);
	selection_resolve(s, kinds, &search.found);
	return status == STATUS_USAGE ? status : STATUS_DONE;
}
