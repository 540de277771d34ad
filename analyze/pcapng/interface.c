/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/interface.h"

#include <stdlib.h>

#include "format/map.h"

#define CONTAINER_SHOWN 12 /* digits of its id, as container tools print it */

struct interfaces {
	struct pcapng *out;
	struct map by_process; /* by address: a struct process stays where it is */
	struct map by_pid;     /* of which nothing else is known */
};

struct interfaces *interfaces_new(struct pcapng *out)
{
	struct interfaces *i = calloc(1, sizeof(*i));

	if (i)
		i->out = out;
	return i;
}

static void append_name(struct buffer *b, const struct process *process, uint32_t pid)
{
	if (process)
		buffer_printf(b, "%s[%u]", process->name[0] ? process->name : "process",
			      process->pid);
	else if (pid)
		buffer_printf(b, "process[%u]", pid);
	else
		buffer_append_text(b, "capture");
}

static void append_description(struct buffer *b, const struct process *process)
{
	if (!process)
		return;
	buffer_append_text(b, process->cmdline[0] ? process->cmdline : process->exe);
	if (process->user[0])
		buffer_printf(b, " (user %s)", process->user);
	if (process->container[0])
		buffer_printf(b, " (container %.*s)", CONTAINER_SHOWN, process->container);
}

static struct interface *write_interface(struct interfaces *i, const struct process *process,
					 uint32_t pid)
{
	struct interface *interface = calloc(1, sizeof(*interface));
	struct buffer text = {0};
	size_t name_len;

	if (!interface)
		return NULL;
	append_name(&text, process, pid);
	name_len = text.len;
	append_description(&text, process);
	interface->number = pcapng_interface(i->out, span_of(text.data, name_len),
					     span_of(text.data + name_len, text.len - name_len));
	buffer_free(&text);
	return interface;
}

struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid)
{
	struct map *map = process ? &i->by_process : &i->by_pid;
	uint64_t key = process ? (uint64_t)(uintptr_t)process : pid;
	struct interface *interface = map_get(map, key);

	if (interface)
		return interface;
	interface = write_interface(i, process, pid);
	if (interface && !map_put(map, key, interface)) {
		free(interface);
		return NULL;
	}
	return interface;
}

static void finish_map(struct interfaces *i, const struct map *map, int64_t ts)
{
	const struct interface *interface;
	size_t at = 0;

	while ((interface = map_next(map, &at)) != NULL)
		pcapng_statistics(i->out, interface->number, ts, interface->packets,
				  interface->lost);
}

void interfaces_finish(struct interfaces *i, int64_t ts, uint64_t unattributed)
{
	finish_map(i, &i->by_process, ts);
	finish_map(i, &i->by_pid, ts);
	if (unattributed) {
		uint32_t number = pcapng_interface(
			i->out, span_text("lost"),
			span_text("events that were lost before their process was known"));

		pcapng_statistics(i->out, number, ts, 0, unattributed);
	}
}

static void free_map(struct map *map)
{
	struct interface *interface;
	size_t at = 0;

	while ((interface = map_next(map, &at)) != NULL)
		free(interface);
	map_free(map);
}

void interfaces_free(struct interfaces *i)
{
	if (!i)
		return;
	free_map(&i->by_process);
	free_map(&i->by_pid);
	free(i);
}
