/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/reach.h"

#include "format/recording.h"

/* More connections than this are as good as all. */
#define FOUND_MAX (64u << 10)

struct reach {
	const struct selection *selection;
	struct map pids;    /* of the processes that are selected */
	uint64_t filter[4]; /* the same as blocks tell it */
	struct id_set *found;
	uint64_t blocks; /* of data, and those of them that may name such a process */
	uint64_t naming;
	bool full;
};

/* What an event brings. False: no more is wanted. */
typedef bool take_fn(struct reach *r, const struct event *event);

static bool names(const struct reach *r, const struct block_info *info)
{
	for (int i = 0; i < 4; i++)
		if (info->processes[i] & r->filter[i])
			return true;
	return false;
}

/* ---- which blocks ---- */

static bool has_more_than_data(void *context, const struct block_info *info)
{
	(void)context;
	return !info->data_alone;
}

static bool count_alone(void *context, const struct block_info *info)
{
	struct reach *r = context;

	if (info->data_alone) {
		r->blocks++;
		r->naming += names(r, info);
	}
	return false;
}

static bool names_one(void *context, const struct block_info *info)
{
	return names(context, info);
}

/* Reads the blocks that are WANTED; false when that can't be done, or the recording still grows. */
static bool read_blocks(struct reach *r, const char *path, recording_wanted_fn *wanted,
			take_fn *take)
{
	struct recording *rec;
	struct event event;
	bool good;

	if (recording_open(path, NULL, NULL, &rec))
		return false;
	recording_restrict(rec, INT64_MIN, wanted, r);
	while (recording_next(rec, &event) && take(r, &event))
		;
	good = !recording_status(rec)->error && !recording_status(rec)->incomplete;
	recording_free(rec);
	return good;
}

/* ---- what they tell ---- */

static bool add_pid(struct reach *r, uint32_t pid)
{
	r->filter[pid % 256 / 64] |= 1ull << pid % 64;
	return map_put(&r->pids, pid, r);
}

/* Whether the process is selected by what it is called just then. */
static bool take_process(struct reach *r, const struct event *event)
{
	const struct event_process *p = &event->process;
	struct buffer text = {0};
	struct selection_subject subject = {.pid = p->pid};
	size_t container;
	bool good = true;

	if (event->type != EVENT_PROCESS)
		return true;
	buffer_append_span(&text, p->name);
	buffer_append_char(&text, '\0');
	container = text.len;
	buffer_append_span(&text, p->container);
	buffer_append_char(&text, '\0');
	if (!text.failed) {
		subject.name = text.data;
		subject.container = text.data + container;
		if (selection_has(r->selection, SELECT_PID, &subject) &&
		    selection_has(r->selection, SELECT_NAME, &subject) &&
		    selection_has(r->selection, SELECT_CONTAINER, &subject))
			good = add_pid(r, p->pid);
	}
	r->full |= text.failed || !good;
	buffer_free(&text);
	return !r->full;
}

static bool take_conn(struct reach *r, const struct event *event)
{
	uint64_t id = 0;
	uint32_t pid = 0;

	if (event->type == EVENT_CONN) {
		id = event->conn.conn;
		pid = event->conn.pid;
	} else if (event->type == EVENT_DATA) {
		id = event->data.conn;
		pid = event->data.pid;
	}
	if (!id || !pid || !map_get(&r->pids, pid))
		return true;
	r->full |= r->found->count >= FOUND_MAX || !id_set_add(r->found, id);
	return !r->full;
}

static bool take_nothing(struct reach *r, const struct event *event)
{
	(void)r;
	(void)event;
	return true;
}

/* ---- the steps ---- */

/* Names are looked up; ids need not be, and may be of a process that nothing more is known of. */
static bool find_processes(struct reach *r, const char *path)
{
	const uint64_t *pids = (const uint64_t *)r->selection->pids.data;
	const unsigned by_name = SELECT_BIT(SELECT_NAME) | SELECT_BIT(SELECT_CONTAINER);

	if (r->selection->kinds & by_name)
		return read_blocks(r, path, has_more_than_data, take_process) && !r->full;
	for (size_t i = 0; i < r->selection->pids.len / sizeof(*pids); i++)
		if (!add_pid(r, (uint32_t)pids[i]))
			return false;
	return true;
}

static bool find(struct reach *r, const char *path)
{
	if (!find_processes(r, path) || !read_blocks(r, path, count_alone, take_nothing))
		return false;
	/* What is left out is read by one thread alone, so it must be more than half. */
	if (r->naming > r->blocks / 2)
		return false;
	/* Where there is none, all is read all the same: to tell what there is. */
	return read_blocks(r, path, names_one, take_conn) && !r->full && r->found->count;
}

bool reach_find(const char *path, const struct selection *s, struct id_set *found)
{
	struct reach r = {.selection = s, .found = found};
	bool good = find(&r, path);

	map_free(&r.pids);
	if (!good)
		id_set_free(found);
	return good;
}
