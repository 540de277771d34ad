/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/process_table.h"

#include <stdlib.h>

struct process_entry {
	struct process process; /* first: the map points to it */
	struct process_entry *next;
	char text[]; /* what the process points to */
};

const struct process *process_table_get(const struct process_table *t, uint32_t pid)
{
	return map_get(&t->by_pid, pid);
}

/* Copies S and its end to *TO and moves *TO behind; zero bytes inside become spaces. */
static const char *store(char **to, struct span s)
{
	char *at = *to;

	for (size_t i = 0; i < s.len; i++)
		at[i] = s.data[i] ? s.data[i] : ' ';
	while (s.len && at[s.len - 1] == ' ')
		s.len--;
	at[s.len] = '\0';
	*to = at + s.len + 1;
	return at;
}

static bool same(const struct process *p, const struct event_process *told)
{
	return p->start_ts == told->start_ts && p->uid == told->uid &&
	       span_is(told->name, p->name) && span_is(told->exe, p->exe) &&
	       span_is(told->cgroup, p->cgroup);
}

bool process_table_put(struct process_table *t, const struct event_process *told)
{
	const struct process *before = process_table_get(t, told->pid);
	size_t len = told->name.len + told->exe.len + told->cmdline.len + told->user.len +
		     told->cgroup.len + told->container.len + 6;
	struct process_entry *e;
	char *to;

	if (before && same(before, told))
		return true;
	e = malloc(sizeof(*e) + len);
	if (!e || !map_put(&t->by_pid, told->pid, e)) {
		free(e);
		return false;
	}
	if (!before || before->start_ts != told->start_ts)
		t->count++;
	to = e->text;
	e->process = (struct process){
		.pid = told->pid,
		.ppid = told->ppid,
		.uid = told->uid,
		.gid = told->gid,
		.start_ts = told->start_ts,
		.name = store(&to, told->name),
		.exe = store(&to, told->exe),
		.cmdline = store(&to, told->cmdline),
		.user = store(&to, told->user),
		.cgroup = store(&to, told->cgroup),
		.container = store(&to, told->container),
	};
	e->next = t->all;
	t->all = e;
	return true;
}

void process_table_free(struct process_table *t)
{
	while (t->all) {
		struct process_entry *next = t->all->next;

		free(t->all);
		t->all = next;
	}
	map_free(&t->by_pid);
}
