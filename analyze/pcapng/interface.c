/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/interface.h"

#include <stdlib.h>

#include "format/hash.h"
#include "format/map.h"

struct interfaces {
	struct dump *out;
	struct map by_text; /* by the hash of name and description */
	uint64_t seed;
	/* Whom the last packet was of: mostly the next one is, too. */
	uint64_t process; /* its number; 0: unknown */
	uint32_t pid;
	struct interface *last;
};

struct interfaces *interfaces_new(struct dump *out)
{
	struct interfaces *i = calloc(1, sizeof(*i));

	if (i) {
		i->out = out;
		i->seed = hash_seed();
	}
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
		buffer_printf(b, " (container %.*s)", INTERFACE_CONTAINER, process->container);
}

void interface_text(const struct process *process, uint32_t pid, struct buffer *name,
		    struct buffer *description)
{
	append_name(name, process, pid);
	append_description(description, process);
}

struct interface *interfaces_named(struct interfaces *i, struct span name, struct span description)
{
	uint64_t key = hash_bytes(hash_bytes(i->seed, name.data, name.len), description.data,
				  description.len);
	struct interface *interface = map_get(&i->by_text, key);

	if (interface)
		return interface;
	interface = calloc(1, sizeof(*interface));
	if (!interface || !map_put(&i->by_text, key, interface)) {
		free(interface);
		return NULL;
	}
	interface->number = dump_interface(i->out, name, description);
	return interface;
}

struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid)
{
	struct buffer name = {0}, description = {0};

	uint64_t number = process ? process->number : 0;

	if (i->last && i->process == number && i->pid == pid)
		return i->last;
	interface_text(process, pid, &name, &description);
	i->last = name.failed || description.failed
			  ? NULL
			  : interfaces_named(i, buffer_span(&name), buffer_span(&description));
	i->process = number;
	i->pid = pid;
	buffer_free(&name);
	buffer_free(&description);
	return i->last;
}

struct interface *interfaces_pair(struct interfaces *i, const struct facts_process *client,
				  const struct facts_process *server)
{
	struct buffer name = {0}, description = {0};
	struct interface *interface = NULL;

	if (client == server)
		server = NULL;
	if (!client && !server)
		return interfaces_get(i, NULL, 0);
	if (!client || !server) {
		client = client ? client : server;
		return interfaces_named(i, span_text(client->name), span_text(client->description));
	}
	buffer_printf(&name, "%s - %s", client->name, server->name);
	buffer_printf(&description, "%s - %s", client->description, server->description);
	if (!name.failed && !description.failed)
		interface = interfaces_named(i, buffer_span(&name), buffer_span(&description));
	buffer_free(&name);
	buffer_free(&description);
	return interface;
}

void interfaces_lost(struct interfaces *i, uint64_t events)
{
	uint32_t number = dump_interface(
		i->out, span_text("lost"),
		span_text("events that were lost before their process was known"));

	dump_dropped(i->out, number, events);
}

void interfaces_free(struct interfaces *i)
{
	struct interface *interface;
	size_t at = 0;

	if (!i)
		return;
	while ((interface = map_next(&i->by_text, &at)) != NULL)
		free(interface);
	map_free(&i->by_text);
	free(i);
}
