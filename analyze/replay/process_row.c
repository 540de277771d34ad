/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/process_row.h"

#include "protocols/value/json.h"

static const struct column columns[PROCESS_COLUMNS] = {
	[PROCESS_COLUMN_PID] = {"pid", "BIGINT", "", "process id"},
	[PROCESS_COLUMN_STARTED] = {"started", "BIGINT", COLUMN_MOMENT,
				    "since the epoch; with pid it names a process for ever"},
	[PROCESS_COLUMN_SEEN] = {"seen", "BIGINT", COLUMN_MOMENT,
				 "when it was told of last, since the epoch"},
	[PROCESS_COLUMN_PPID] = {"ppid", "BIGINT", "", "its parent's id"},
	[PROCESS_COLUMN_NAME] = {"comm", "TEXT", "", "its name, at most 15 bytes"},
	[PROCESS_COLUMN_EXE] = {"exe", "TEXT", "", "path of its program"},
	[PROCESS_COLUMN_CMDLINE] = {"args", "JSON", "", "its arguments, the program's name first"},
	[PROCESS_COLUMN_UID] = {"uid", "BIGINT", "", "user id"},
	[PROCESS_COLUMN_GID] = {"gid", "BIGINT", "", "group id"},
	[PROCESS_COLUMN_USER] = {"user", "TEXT", "", "name of the user"},
	[PROCESS_COLUMN_CGROUP] = {"cgroup", "TEXT", "", "path of its control group"},
	[PROCESS_COLUMN_CONTAINER] = {"container", "TEXT", "", "id of its container"},
};

const struct table processes_table = {
	.name = "processes",
	.summary = "processes that used the connections",
	.columns = columns,
	.column_count = PROCESS_COLUMNS,
};

void process_append_args(struct buffer *b, struct span cmdline)
{
	const char *at = cmdline.data, *end = cmdline.len ? at + cmdline.len : at;

	buffer_append_char(b, '[');
	for (bool first = true; at < end; first = false) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		if (!first)
			buffer_append_char(b, ',');
		json_append_string(b, span_of(at, len));
		at += len + 1;
	}
	buffer_append_char(b, ']');
}

void process_fill(struct value v[static PROCESS_COLUMNS], struct buffer *cmdline,
		  const struct replay *replay, const struct event *event)
{
	const struct event_process *p = &event->process;

	buffer_clear(cmdline);
	process_append_args(cmdline, p->cmdline);
	v[PROCESS_COLUMN_PID] = value_int(p->pid);
	v[PROCESS_COLUMN_STARTED] = value_int(replay_realtime(replay, p->start_ts));
	v[PROCESS_COLUMN_SEEN] = value_int(replay_realtime(replay, event->ts));
	v[PROCESS_COLUMN_PPID] = value_int(p->ppid);
	v[PROCESS_COLUMN_NAME] = value_known_text(p->name);
	v[PROCESS_COLUMN_EXE] = value_known_text(p->exe);
	v[PROCESS_COLUMN_CMDLINE] = value_json(buffer_span(cmdline));
	v[PROCESS_COLUMN_UID] = value_int(p->uid);
	v[PROCESS_COLUMN_GID] = value_int(p->gid);
	v[PROCESS_COLUMN_USER] = value_known_text(p->user);
	v[PROCESS_COLUMN_CGROUP] = value_known_text(p->cgroup);
	v[PROCESS_COLUMN_CONTAINER] = value_known_text(p->container);
}
