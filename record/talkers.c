/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/talkers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/size.h"

/* Of each table; a power of two. */
#define SLOTS 16384

/* Slots that are looked at for a key. */
#define PROBES 8

/* Lines of each. */
#define TOLD 10

#define NAME_LEN 16

struct talker {
	uint64_t key; /* 0: free */
	uint64_t bytes;
	uint64_t calls;
	uint64_t conns; /* of a process */
	union {
		char name[NAME_LEN]; /* of a process */
		struct {
			uint32_t pid;
			struct address local;
			struct address remote;
		} conn;
	};
};

struct talkers {
	struct talker processes[SLOTS];
	struct talker conns[SLOTS];
	struct talker rest[2]; /* of processes, and of connections */
};

struct talkers *talkers_new(void)
{
	return calloc(1, sizeof(struct talkers));
}

static size_t place(uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15ull >> 50);
}

/* The slot of KEY, a new one if there is room near its place; NULL: there is none. */
static struct talker *find(struct talker *table, uint64_t key)
{
	size_t at = place(key);

	for (size_t i = 0; i < PROBES; i++) {
		struct talker *slot = &table[(at + i) % SLOTS];

		if (!slot->key)
			slot->key = key;
		if (slot->key == key)
			return slot;
	}
	return NULL;
}

static void add(struct talker *slot, struct talker *rest, uint64_t bytes)
{
	if (!slot)
		slot = rest;
	slot->bytes += bytes;
	slot->calls++;
}

static void take_data(struct talkers *t, const struct event_data *data)
{
	struct talker *conn = find(t->conns, data->conn);
	struct talker *process = data->pid ? find(t->processes, data->pid) : NULL;

	/* Its first call counts the connection. */
	if (conn && conn->conn.pid != data->pid) {
		conn->conn.pid = data->pid;
		if (process)
			process->conns++;
	}
	add(conn, &t->rest[1], data->len);
	add(process, &t->rest[0], data->len);
}

static void take_process(struct talkers *t, const struct event_process *p)
{
	struct talker *slot = p->pid ? find(t->processes, p->pid) : NULL;
	size_t len = p->name.len < NAME_LEN ? p->name.len : NAME_LEN - 1;

	if (!slot)
		return;
	memcpy(slot->name, p->name.data, len);
	slot->name[len] = '\0';
	/* What a terminal would do with it is nobody's business. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)slot->name[i] < ' ' || slot->name[i] == 0x7f)
			slot->name[i] = '?';
}

void talkers_event(struct talkers *t, const struct event *event)
{
	struct talker *slot;

	switch (event->type) {
	case EVENT_DATA:
		if (event->data.layer == LAYER_WIRE)
			take_data(t, &event->data);
		break;
	case EVENT_PROCESS:
		take_process(t, &event->process);
		break;
	case EVENT_CONN:
		slot = find(t->conns, event->conn.conn);
		if (!slot)
			break;
		slot->conn.local = event->conn.local;
		slot->conn.remote = event->conn.remote;
		break;
	default:
		break;
	}
}

/* ---- printing ---- */

/* The TOLD largest of TABLE, which has some; returns how many, and in *MORE how many are not. */
static size_t largest(const struct talker *table, const struct talker *list[TOLD], size_t *more)
{
	size_t count = 0;

	*more = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		size_t at = count;

		if (!table[i].calls)
			continue;
		while (at > 0 && list[at - 1]->bytes < table[i].bytes)
			at--;
		if (count == TOLD)
			++*more;
		if (at == TOLD)
			continue;
		count += count < TOLD;
		for (size_t j = count - 1; j > at; j--)
			list[j] = list[j - 1];
		list[at] = &table[i];
	}
	return count;
}

static void sums_print(const struct talker *slot, FILE *out)
{
	char bytes[SIZE_TEXT_MAX], calls[SIZE_TEXT_MAX];

	size_text_exact(slot->bytes, bytes);
	size_text_exact(slot->calls, calls);
	fprintf(out, "%17s bytes in %s call%s", bytes, calls, slot->calls == 1 ? "" : "s");
}

static void process_label(const struct talkers *t, uint32_t pid, char label[40])
{
	const struct talker *slot = NULL;

	for (size_t i = 0; i < PROBES && pid && !slot; i++)
		if (t->processes[(place(pid) + i) % SLOTS].key == pid)
			slot = &t->processes[(place(pid) + i) % SLOTS];

	if (slot && *slot->name)
		snprintf(label, 40, "%s[%" PRIu32 "]", slot->name, pid);
	else
		snprintf(label, 40, "[%" PRIu32 "]", pid);
}

static void rest_print(const struct talker *rest, size_t more, FILE *out)
{
	if (more || rest->calls)
		fprintf(out, "    and %zu%s more\n", more, rest->calls ? " or" : "");
}

static void processes_print(const struct talkers *t, FILE *out)
{
	const struct talker *list[TOLD];
	size_t more, count = largest(t->processes, list, &more);

	if (count)
		fputs("  by process\n", out);
	for (size_t i = 0; i < count; i++) {
		char label[40];

		process_label(t, (uint32_t)list[i]->key, label);
		fprintf(out, "    %-24s ", label);
		sums_print(list[i], out);
		fprintf(out, " on %" PRIu64 " connection%s\n", list[i]->conns,
			list[i]->conns == 1 ? "" : "s");
	}
	rest_print(&t->rest[0], more, out);
}

static void conns_print(const struct talkers *t, FILE *out)
{
	const struct talker *list[TOLD];
	size_t more, count = largest(t->conns, list, &more);

	if (count)
		fputs("  by connection\n", out);
	for (size_t i = 0; i < count; i++) {
		char label[40], local[ADDRESS_TEXT_MAX], remote[ADDRESS_TEXT_MAX];

		process_label(t, list[i]->conn.pid, label);
		address_text(&list[i]->conn.local, local);
		address_text(&list[i]->conn.remote, remote);
		fprintf(out, "    %-24s ", label);
		sums_print(list[i], out);
		fprintf(out, ", %" PRIu64 ": %s %s\n", list[i]->key, local, remote);
	}
	rest_print(&t->rest[1], more, out);
}

void talkers_print(const struct talkers *t, FILE *out)
{
	processes_print(t, out);
	conns_print(t, out);
}

void talkers_free(struct talkers *t)
{
	free(t);
}
