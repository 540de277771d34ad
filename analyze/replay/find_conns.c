/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/find_conns.h"

#include "analyze/replay/reading.h"

struct search {
	const struct reading *reading;
	struct selection *selection;
	unsigned kinds;
	struct id_set found;
	bool no_memory;
};

static void find(struct search *search, const struct selection_subject *subject)
{
	if (selection_matches(search->selection, search->kinds, subject) &&
	    !id_set_add(&search->found, subject->conn))
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

	if (!conn || event->type != EVENT_DATA || id_set_has(&search->found, conn->id))
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

int find_conns(struct selection *s, const struct find_conns *how, unsigned kinds)
{
	struct reading reading = {.again = true};
	struct search search = {.selection = s, .kinds = s->kinds, .reading = &reading};
	struct replay_options with = {
		.handlers = {.context = &search, .conn_end = search_conn},
		.memory_limit = how->memory,
		.keylog = how->keylog,
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
	status = reading_open(&reading, how->command, how->path, &with);
	if (status)
		return status;
	status = reading_run(&reading);
	reading_close(&reading);
	if (search.no_memory)
		status = command_fail(how->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	selection_tell(s, how->command);
	selection_resolve(s, kinds, &search.found);
	return status == STATUS_USAGE ? status : STATUS_DONE;
}
