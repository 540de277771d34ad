/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/catalog.h"

#include <stdlib.h>
#include <string.h>

#define STRINGS_MAX 6

struct catalog_entry {
	struct event event; /* its strings follow the entry in memory */
	bool exited;
	bool owner; /* a live connection names it, while pruning */
	struct event_process_exit exit;
};

static size_t event_strings(struct event *event, struct span *strings[STRINGS_MAX])
{
	size_t n = 0;

	switch (event->type) {
	case EVENT_HOST:
		strings[n++] = &event->host.hostname;
		strings[n++] = &event->host.kernel;
		strings[n++] = &event->host.machine;
		strings[n++] = &event->host.boot_id;
		strings[n++] = &event->host.recorder;
		strings[n++] = &event->host.options;
		break;
	case EVENT_PROCESS:
		strings[n++] = &event->process.name;
		strings[n++] = &event->process.exe;
		strings[n++] = &event->process.cmdline;
		strings[n++] = &event->process.user;
		strings[n++] = &event->process.cgroup;
		strings[n++] = &event->process.container;
		break;
	case EVENT_CONN:
		strings[n++] = &event->conn.local_path;
		strings[n++] = &event->conn.remote_path;
		break;
	case EVENT_LIBRARY:
		strings[n++] = &event->library.path;
		strings[n++] = &event->library.build_id;
		strings[n++] = &event->library.version;
		strings[n++] = &event->library.note;
		break;
	default:
		break;
	}
	return n;
}

static struct catalog_entry *entry_new(const struct event *event)
{
	struct span *strings[STRINGS_MAX];
	struct event copy = *event;
	size_t count = event_strings(&copy, strings);
	struct catalog_entry *entry;
	size_t len = 0;
	char *to;

	for (size_t i = 0; i < count; i++)
		len += strings[i]->len;
	entry = calloc(1, sizeof(*entry) + len);
	if (!entry)
		return NULL;
	to = (char *)(entry + 1);
	for (size_t i = 0; i < count; i++) {
		if (strings[i]->len)
			memcpy(to, strings[i]->data, strings[i]->len);
		strings[i]->data = to;
		to += strings[i]->len;
	}
	entry->event = copy;
	entry->event.snapshot = true;
	return entry;
}

/* Sets KEY to a copy of EVENT. */
static enum tape_error replace(struct map *m, uint64_t key, const struct event *event)
{
	struct catalog_entry *entry = entry_new(event);
	struct catalog_entry *old = map_get(m, key);

	if (!entry || !map_put(m, key, entry)) {
		free(entry);
		return TAPE_ERROR_MEMORY;
	}
	free(old);
	return TAPE_OK;
}

static enum tape_error add_host(struct catalog *c, const struct event *event)
{
	struct catalog_entry *entry = entry_new(event);

	if (!entry)
		return TAPE_ERROR_MEMORY;
	free(c->host);
	c->host = entry;
	return TAPE_OK;
}

static void add_exit(struct catalog *c, const struct event *event)
{
	struct catalog_entry *entry = map_get(&c->processes, event->process_exit.pid);

	if (!entry)
		return;
	entry->exited = true;
	entry->exit = event->process_exit;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static enum tape_error add_conn(struct catalog *c, const struct event *event)
{
	const struct catalog_entry *old = map_get(&c->conns, event->conn.conn);
	struct event latest = *event;

	if (old) {
		latest.conn.sent = later(latest.conn.sent, old->event.conn.sent);
		latest.conn.received = later(latest.conn.received, old->event.conn.received);
	}
	return replace(&c->conns, event->conn.conn, &latest);
}

static void add_state(struct catalog *c, const struct event *event)
{
	struct catalog_entry *entry = map_get(&c->conns, event->state.conn);
	struct event_conn *conn;

	if (!entry)
		return;
	conn = &entry->event.conn;
	conn->state = event->state.state;
	conn->state_by = event->state.by;
	conn->error = event->state.error;
	conn->state_ts = event->ts;
	if (conn->state == CONN_ESTABLISHED)
		conn->established_ts = event->ts;
}

static void add_close(struct catalog *c, const struct event *event)
{
	free(map_remove(&c->conns, event->close.conn));
	free(map_remove(&c->tls, event->close.conn));
}

static uint64_t library_key(const struct event_library *library)
{
	return (uint64_t)library->pid << 32 | library->library;
}

/* So that the snapshot tells where each stream stands. */
static void add_position(struct catalog *c, const struct block_position *at)
{
	bool wire = at->layer == LAYER_WIRE;
	struct catalog_entry *entry = map_get(wire ? &c->conns : &c->tls, at->conn);
	uint64_t *position;

	if (!entry)
		return;
	if (at->direction == DIRECTION_SENT)
		position = wire ? &entry->event.conn.sent : &entry->event.tls.sent;
	else
		position = wire ? &entry->event.conn.received : &entry->event.tls.received;
	*position = later(*position, at->position);
}

static enum tape_error add_event(struct catalog *c, const struct event *event)
{
	switch (event->type) {
	case EVENT_CLOCK:
		c->clock = *event;
		return TAPE_OK;
	case EVENT_HOST:
		return add_host(c, event);
	case EVENT_PROCESS:
		return replace(&c->processes, event->process.pid, event);
	case EVENT_PROCESS_EXIT:
		add_exit(c, event);
		return TAPE_OK;
	case EVENT_CONN:
		return add_conn(c, event);
	case EVENT_STATE:
		add_state(c, event);
		return TAPE_OK;
	case EVENT_CLOSE:
		add_close(c, event);
		return TAPE_OK;
	case EVENT_TLS:
		return replace(&c->tls, event->tls.conn, event);
	case EVENT_LIBRARY:
		return replace(&c->libraries, library_key(&event->library), event);
	default:
		return TAPE_OK;
	}
}

static enum tape_error add_events(struct catalog *c, const struct block *block)
{
	enum tape_error error = TAPE_OK;
	struct decoder decoder = {0};
	struct event event;

	decoder_begin(&decoder, buffer_span(&block->raw), block->stats.ts_base);
	while (!error && decoder_next_other(&decoder, &event))
		error = add_event(c, &event);
	decoder_free(&decoder);
	return error;
}

enum tape_error catalog_learn(struct catalog *c, const struct block *block)
{
	enum tape_error error = TAPE_OK;

	/* A busy recording's blocks have nothing but data, and need no second look. */
	if (block->stats.event_types & ~(1u << EVENT_DATA))
		error = add_events(c, block);
	/* All at the end: whatever the order, a position only grows, and who has closed is gone. */
	for (size_t i = 0; i < block->position_count; i++)
		add_position(c, &block->positions[i]);
	return error;
}

static void mark_owners(struct catalog *c)
{
	struct catalog_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&c->processes, &at)))
		entry->owner = false;
	at = 0;
	while ((entry = map_next(&c->conns, &at))) {
		struct catalog_entry *process = map_get(&c->processes, entry->event.conn.pid);

		if (process)
			process->owner = true;
	}
}

/* Libraries go with their processes. */
static void prune_libraries(struct catalog *c)
{
	const struct catalog_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&c->libraries, &at)))
		if (!map_get(&c->processes, entry->event.library.pid))
			free(map_remove(&c->libraries, library_key(&entry->event.library)));
}

void catalog_prune(struct catalog *c)
{
	struct catalog_entry *entry;
	size_t at = 0;

	mark_owners(c);
	while ((entry = map_next(&c->processes, &at)))
		if (entry->exited && !entry->owner)
			free(map_remove(&c->processes, entry->event.process.pid));
	prune_libraries(c);
}

typedef enum tape_error tell_fn(void *context, const struct event *event);

static enum tape_error tell_entry(const struct catalog_entry *entry, int64_t ts, tell_fn *tell,
				  void *context)
{
	struct event event = entry->event;
	enum tape_error error;

	event.ts = ts;
	error = tell(context, &event);
	if (error || !entry->exited)
		return error;
	event.type = EVENT_PROCESS_EXIT;
	event.process_exit = entry->exit;
	return tell(context, &event);
}

static enum tape_error tell_map(const struct map *m, int64_t ts, tell_fn *tell, void *context)
{
	enum tape_error error = TAPE_OK;
	struct catalog_entry *entry;
	size_t at = 0;

	while (!error && (entry = map_next(m, &at)))
		error = tell_entry(entry, ts, tell, context);
	return error;
}

enum tape_error catalog_tell(const struct catalog *c, int64_t ts, tell_fn *tell, void *context)
{
	enum tape_error error = TAPE_OK;

	if (c->host)
		error = tell_entry(c->host, ts, tell, context);
	if (!error)
		error = tell_map(&c->processes, ts, tell, context);
	if (!error)
		error = tell_map(&c->libraries, ts, tell, context);
	if (!error)
		error = tell_map(&c->conns, ts, tell, context);
	if (!error)
		error = tell_map(&c->tls, ts, tell, context);
	return error;
}

static void free_entries(struct map *m)
{
	size_t at = 0;
	void *entry;

	while ((entry = map_next(m, &at)))
		free(entry);
	map_free(m);
}

void catalog_free(struct catalog *c)
{
	free(c->host);
	free_entries(&c->processes);
	free_entries(&c->conns);
	free_entries(&c->tls);
	free_entries(&c->libraries);
	*c = (struct catalog){0};
}
