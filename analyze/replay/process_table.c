/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/process_table.h"

#include <stdlib.h>

#include "analyze/spill/cold.h"
#include "format/pack.h"
#include "format/age_list.h"

/* What the map and the allocator add to each. */
#define OVERHEAD 48

struct process_entry {
	struct process process; /* first: what is held points to it */
	struct process_entry *older;
	struct process_entry *newer;
	size_t size;
	unsigned holders;
	bool current; /* the last one told of its pid, and in the map */
	bool stored;  /* under its number */
	char text[];  /* what the process points to */
};

static struct process_entry *entry_of(const struct process *p)
{
	return (struct process_entry *)p;
}

/* ---- those that nobody holds ---- */

static void entry_free(struct process_table *t, struct process_entry *e)
{
	budget_give(t->budget, e->size);
	free(e);
}

const struct process *process_hold(struct process_table *t, const struct process *p)
{
	struct process_entry *e = entry_of(p);

	if (e && e->holders++ == 0 && e->current)
		age_list_remove(t, e);
	return p;
}

void process_release(struct process_table *t, const struct process *p)
{
	struct process_entry *e = entry_of(p);

	if (!e || --e->holders)
		return;
	if (e->current)
		age_list_add(t, e);
	else
		entry_free(t, e);
}

/* Another one has its pid. */
static void retire(struct process_table *t, struct process_entry *e)
{
	e->current = false;
	if (e->holders)
		return;
	age_list_remove(t, e);
	entry_free(t, e);
}

/* ---- making ---- */

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

static struct process_entry *entry_new(struct process_table *t, const struct event_process *told,
				       uint64_t number)
{
	size_t len = told->name.len + told->exe.len + told->cmdline.len + told->user.len +
		     told->cgroup.len + told->container.len + 6;
	struct process_entry *e = malloc(sizeof(*e) + len);
	char *to;

	if (!e)
		return NULL;
	*e = (struct process_entry){.size = sizeof(*e) + len + OVERHEAD};
	budget_add(t->budget, e->size);
	to = e->text;
	e->process = (struct process){
		.number = number,
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
	return e;
}

/* The last one told of its pid. */
static bool insert(struct process_table *t, struct process_entry *e)
{
	if (!map_put(&t->by_pid, e->process.pid, e)) {
		entry_free(t, e);
		return false;
	}
	e->current = true;
	age_list_add(t, e);
	return true;
}

/* ---- putting aside ---- */

static bool open_files(struct process_table *t)
{
	if (!t->aside)
		t->aside = cold_new(t->budget ? t->budget->limit : UINT64_MAX);
	if (!t->numbers)
		t->numbers = cold_new(t->budget ? t->budget->limit : UINT64_MAX);
	return t->aside && t->numbers;
}

static void pack(const struct process *p, struct buffer *out)
{
	pack_u64(out, p->pid);
	pack_u64(out, p->ppid);
	pack_u64(out, p->uid);
	pack_u64(out, p->gid);
	pack_i64(out, p->start_ts);
	pack_span(out, span_text(p->name));
	pack_span(out, span_text(p->exe));
	pack_span(out, span_text(p->cmdline));
	pack_span(out, span_text(p->user));
	pack_span(out, span_text(p->cgroup));
	pack_span(out, span_text(p->container));
}

bool process_table_store(struct process_table *t, const struct process *p)
{
	struct process_entry *e = entry_of(p);
	struct buffer packed = {0};

	if (e->stored)
		return true;
	pack(p, &packed);
	e->stored = open_files(t) && !packed.failed &&
		    cold_put(t->aside, p->number, buffer_span(&packed));
	buffer_free(&packed);
	return e->stored;
}

/* What was stored under NUMBER; NULL when nothing was. */
static struct process_entry *load(struct process_table *t, uint64_t number)
{
	struct event_process told = {0};
	struct process_entry *e = NULL;
	struct buffer packed = {0};
	struct unpack in;

	if (t->aside && cold_look(t->aside, number, &packed)) {
		in = unpack_begin(buffer_span(&packed));
		told.pid = (uint32_t)unpack_u64(&in);
		told.ppid = (uint32_t)unpack_u64(&in);
		told.uid = (uint32_t)unpack_u64(&in);
		told.gid = (uint32_t)unpack_u64(&in);
		told.start_ts = unpack_i64(&in);
		told.name = unpack_span(&in);
		told.exe = unpack_span(&in);
		told.cmdline = unpack_span(&in);
		told.user = unpack_span(&in);
		told.cgroup = unpack_span(&in);
		told.container = unpack_span(&in);
		e = entry_new(t, &told, number);
	}
	buffer_free(&packed);
	if (e)
		e->stored = true;
	return e;
}

bool process_table_trim(struct process_table *t)
{
	struct process_entry *e = t->oldest;
	uint64_t pid, number;

	if (!e || !process_table_store(t, &e->process))
		return false;
	pid = e->process.pid;
	number = e->process.number;
	if (!cold_put(t->numbers, pid, span_of(&number, sizeof(number))))
		return false;
	map_remove(&t->by_pid, pid);
	retire(t, e);
	return true;
}

/* One that was put aside comes back. */
static struct process_entry *wake(struct process_table *t, uint32_t pid)
{
	struct process_entry *e = NULL;
	struct buffer packed = {0};
	uint64_t number;

	if (t->numbers && cold_take(t->numbers, pid, &packed)) {
		memcpy(&number, packed.data, sizeof(number));
		e = load(t, number);
	}
	buffer_free(&packed);
	return e && insert(t, e) ? e : NULL;
}

/* ---- the interface ---- */

const struct process *process_table_get(struct process_table *t, uint32_t pid)
{
	struct process_entry *e = map_get(&t->by_pid, pid);

	if (!e)
		e = wake(t, pid);
	if (e && !e->holders)
		age_list_use(t, e);
	return e ? &e->process : NULL;
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
	struct process_entry *e;

	if (before && same(before, told))
		return true;
	e = entry_new(t, told, t->last_number + 1);
	if (!e)
		return false;
	t->last_number++;
	if (!before || before->start_ts != told->start_ts)
		t->count++;
	if (before)
		retire(t, entry_of(before));
	return insert(t, e);
}

const struct process *process_table_numbered(struct process_table *t, uint32_t pid, uint64_t number)
{
	const struct process *p = process_table_get(t, pid);
	struct process_entry *e;

	if (p && p->number == number)
		return process_hold(t, p);
	e = load(t, number);
	return e ? process_hold(t, &e->process) : NULL;
}

void process_table_free(struct process_table *t)
{
	struct process_entry *e;
	size_t at = 0;

	while ((e = map_next(&t->by_pid, &at)) != NULL)
		entry_free(t, e);
	map_free(&t->by_pid);
	cold_free(t->aside);
	cold_free(t->numbers);
	*t = (struct process_table){.budget = t->budget};
}
