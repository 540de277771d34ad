/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/interface.h"

#include <stdlib.h>

#include "format/hash.h"
#include "format/map.h"

#define CONTAINER_SHOWN 12 /* digits of its id, as container tools print it */

struct interfaces {
	struct dump *out;
	struct map by_text; /* by the hash of name and description */
	uint64_t seed;
	/* Whom the last packet was of: mostly the next one is, too. */
	uint64_t process; /* its number; 0: unknown */
	uint32_t pid;
	const char *layer;
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

/* "container 0123456789ab, user me: curl -s http://b". What may be long comes last. */
static void append_description(struct buffer *b, const struct process *process)
{
	const char *command = process && process->cmdline[0] ? process->cmdline
			      : process			     ? process->exe
							     : "";
	size_t begin = b->len;

	if (process && process->container[0])
		buffer_printf(b, "container %.*s", CONTAINER_SHOWN, process->container);
	if (process && process->user[0])
		buffer_printf(b, "%suser %s", b->len > begin ? ", " : "", process->user);
	if (*command)
		buffer_printf(b, "%s%s", b->len > begin ? ": " : "", command);
}

void interface_text(const struct process *process, uint32_t pid, struct buffer *name,
		    struct buffer *description)
{
	append_name(name, process, pid);
	append_description(description, process);
}

/* What a process, or two, are called; of SECOND nothing may be known. */
struct names {
	struct span first;
	struct span second;
	struct span description;
	const char *layer;
	bool known; /* else there is no way to tell of */
};

/* Who sent it, and to whom: "curl[100] > nginx[50]". */
static void describe_way(struct buffer *b, const struct names *n, bool from_first)
{
	struct span other = n->second.len ? n->second : span_text("?");
	struct span from = from_first ? n->first : other, to = from_first ? other : n->first;

	buffer_append_span(b, from);
	buffer_append_text(b, " > ");
	buffer_append_span(b, to);
}

static bool begin_interface(struct interfaces *i, const struct names *n, struct span name,
			    struct interface *interface)
{
	struct buffer description = {0};
	bool failed = false;

	interface->pair = n->second.len > 0;
	if (!n->known) {
		interface->number[0] = dump_interface(i->out, name, n->description);
		interface->number[1] = interface->number[0];
		return true;
	}
	for (int from_first = 0; from_first < 2 && !failed; from_first++) {
		buffer_clear(&description);
		describe_way(&description, n, from_first);
		failed = description.failed;
		if (!failed)
			interface->number[from_first] = dump_interface(i->out, name,
								       buffer_span(&description));
	}
	buffer_free(&description);
	return !failed;
}

static struct interface *interfaces_named(struct interfaces *i, const struct names *n)
{
	struct buffer name = {0};
	struct interface *interface = NULL;
	uint64_t key;

	buffer_append_span(&name, n->first);
	if (n->second.len)
		buffer_printf(&name, " - %.*s", (int)n->second.len, n->second.data);
	buffer_append_text(&name, n->layer);
	key = hash_bytes(hash_bytes(i->seed, name.data, name.len), n->description.data,
			 n->description.len);
	if (!name.failed)
		interface = map_get(&i->by_text, key);
	if (!interface && !name.failed) {
		interface = calloc(1, sizeof(*interface));
		if (!interface || !begin_interface(i, n, buffer_span(&name), interface) ||
		    !map_put(&i->by_text, key, interface)) {
			free(interface);
			interface = NULL;
		}
	}
	buffer_free(&name);
	return interface;
}

struct interface *interfaces_of(struct interfaces *i, const struct facts_process *process,
				const char *layer)
{
	const struct names names = {.first = span_text(process->name),
				    .description = span_text(process->description),
				    .layer = layer,
				    .known = true};

	return interfaces_named(i, &names);
}

struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid,
				 const char *layer)
{
	struct buffer name = {0}, description = {0};

	uint64_t number = process ? process->number : 0;

	if (i->last && i->process == number && i->pid == pid && i->layer == layer)
		return i->last;
	interface_text(process, pid, &name, &description);
	if (!name.failed && !description.failed) {
		const struct names names = {.first = buffer_span(&name),
					    .description = buffer_span(&description),
					    .layer = layer,
					    .known = process || pid};

		i->last = interfaces_named(i, &names);
	} else {
		i->last = NULL;
	}
	i->process = number;
	i->pid = pid;
	i->layer = layer;
	buffer_free(&name);
	buffer_free(&description);
	return i->last;
}

struct interface *interfaces_pair(struct interfaces *i, const struct facts_process *client,
				  const struct facts_process *server, const char *layer)
{
	struct buffer description = {0};
	struct interface *interface = NULL;

	if (client == server)
		server = NULL;
	if (!client && !server)
		return interfaces_get(i, NULL, 0, layer);
	if (!client || !server)
		return interfaces_of(i, client ? client : server, layer);
	buffer_printf(&description, "%s - %s", client->description, server->description);
	if (!description.failed) {
		const struct names names = {.first = span_text(client->name),
					    .second = span_text(server->name),
					    .description = buffer_span(&description),
					    .layer = layer,
					    .known = true};

		interface = interfaces_named(i, &names);
	}
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
