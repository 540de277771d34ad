/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/libraries.h"

#include <stdlib.h>

#include "format/buffer.h"

/* Libraries get at most one part in so many of the budget. */
#define LIBRARIES_SHARE 8

/* With the memory of its texts behind it. */
struct entry {
	struct library library; /* first */
	uint64_t charged;
};

static uint64_t key_of(uint32_t pid, uint32_t number)
{
	return (uint64_t)pid << 32 | number;
}

static const char *copy_text(char **at, struct span text)
{
	char *copy = *at;

	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	*at += text.len + 1;
	return copy;
}

static struct entry *new_entry(struct libraries *l, const struct event_library *event)
{
	size_t size = sizeof(struct entry) + event->path.len + event->version.len +
		      event->note.len + 3;
	struct entry *e;
	char *at;

	if (l->budget && l->charged + size > l->budget->limit / LIBRARIES_SHARE)
		return NULL;
	e = calloc(1, size);
	if (!e)
		return NULL;
	at = (char *)(e + 1);
	e->charged = size + BUDGET_OVERHEAD + sizeof(struct map_entry);
	e->library = (struct library){
		.kind = event->kind,
		.hook = event->hook,
		.path = copy_text(&at, event->path),
		.version = copy_text(&at, event->version),
		.note = copy_text(&at, event->note),
	};
	budget_add(l->budget, e->charged);
	l->charged += e->charged;
	return e;
}

static void drop(struct libraries *l, struct entry *e)
{
	if (!e)
		return;
	budget_give(l->budget, e->charged);
	l->charged -= e->charged;
	free(e);
}

bool libraries_put(struct libraries *l, const struct event_library *event)
{
	uint64_t key = key_of(event->pid, event->library);
	struct entry *before = map_get(&l->by_file, key);
	struct entry *e = new_entry(l, event);

	if (!e)
		return true;
	if (!map_put(&l->by_file, key, e)) {
		drop(l, e);
		return false;
	}
	if (!map_put(&l->by_process, event->pid, e))
		map_remove(&l->by_process, event->pid);
	drop(l, before);
	return true;
}

const struct library *libraries_get(const struct libraries *l, uint32_t pid, uint32_t number)
{
	const struct entry *e = number ? map_get(&l->by_file, key_of(pid, number)) : NULL;

	if (!e)
		e = map_get(&l->by_process, pid);
	return e ? &e->library : NULL;
}

void library_append_name(const struct library *library, struct buffer *out)
{
	const char *kind = tls_library_text(library->kind);
	/* Many versions begin with the name. */
	bool named = library->kind == TLS_LIBRARY_UNKNOWN ||
		     strncmp(library->version, kind, strlen(kind)) == 0;

	if (!named)
		buffer_append_text(out, kind);
	if (!named && *library->version)
		buffer_append_char(out, ' ');
	buffer_append_text(out, library->version);
}

void libraries_free(struct libraries *l)
{
	struct entry *e;
	size_t at = 0;

	while ((e = map_next(&l->by_file, &at)) != NULL)
		drop(l, e);
	map_free(&l->by_file);
	map_free(&l->by_process);
}
