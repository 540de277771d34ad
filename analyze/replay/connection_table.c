/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "analyze/replay/replay_private.h"
#include "analyze/spill/cold.h"
#include "format/pack.h"
#include "format/age_list.h"

/* What a connection takes beside its sessions: the maps and the allocator add something. */
#define TRACKED_SIZE (sizeof(struct tracked) + 64)

/* Connections that are looked at for one that can be put aside, at a time. */
#define TRIES_MAX 16

/* From this part of the budget on it is known in which order connections were used. */
#define ORDER_SHARE 4

/* Room that is kept for what one event may bring; less of a small budget. */
#define HEADROOM_MAX (32u << 20)

/* Who is used last is only asked when memory is short: to keep the order costs more than a look-up.
 */
static void touch(struct replay *r, struct tracked *t)
{
	struct connection_table *c = &r->connections;

	c->used_last = t;
	t->given_up = false;
	if (r->budget.used > r->budget.limit / ORDER_SHARE)
		age_list_use(c, t);
}

static struct tracked *insert(struct replay *r, uint64_t id)
{
	struct tracked *t = calloc(1, sizeof(*t));

	if (!t || !map_put(&r->connections.hot, id, t)) {
		free(t);
		r->error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	budget_add(&r->budget, TRACKED_SIZE);
	age_list_add(&r->connections, t);
	r->connections.used_last = t;
	t->replay = r;
	t->conn.id = id;
	t->conn.local_text = t->local_text;
	t->conn.remote_text = t->remote_text;
	return t;
}

/* T leaves memory; what becomes of its sessions was seen to. */
static void take_out(struct replay *r, struct tracked *t)
{
	process_release(&r->processes, t->conn.process);
	coming_forget(r);
	if (r->connections.used_last == t)
		r->connections.used_last = NULL;
	map_remove(&r->connections.hot, t->conn.id);
	age_list_remove(&r->connections, t);
	budget_give(&r->budget, TRACKED_SIZE);
	free(t);
}

void connection_set_process(struct replay *r, struct tracked *t, const struct process *p)
{
	process_hold(&r->processes, p);
	process_release(&r->processes, t->conn.process);
	t->conn.process = p;
}

/* ---- putting aside ---- */

static void pack_connection(const struct tracked *t, struct buffer *out)
{
	struct connection copy = t->conn;

	copy.process = NULL;
	copy.local_text = copy.remote_text = NULL;
	copy.sessions[0] = copy.sessions[1] = NULL;
	buffer_append(out, &copy, sizeof(copy));
	pack_span(out, span_text(t->local_text));
	pack_span(out, span_text(t->remote_text));
	pack_u64(out, t->from_snapshot);
	pack_u64(out, t->unsettled);
	pack_u64(out, t->begun[0]);
	pack_u64(out, t->begun[1]);
	pack_u64(out, t->conn.process ? t->conn.process->number : 0);
	pack_u64(out, t->conn.process ? t->conn.process->pid : 0);
}

/* Not by what can't be packed: something is in it that others point to, or that has no end. */
static bool pack(struct tracked *t, struct buffer *out)
{
	buffer_clear(out);
	pack_connection(t, out);
	for (int layer = 0; layer < 2; layer++) {
		struct session *s = t->conn.sessions[layer];

		pack_u64(out, s != NULL);
		if (!s)
			continue;
		session_hurry(s);
		if (!session_pack(s, out))
			return false;
	}
	return !out->failed;
}

static bool keep_error(struct connection_table *c)
{
	if (!c->error)
		c->error = errno ? errno : ENOMEM;
	return false;
}

static bool put_aside(struct replay *r, struct tracked *t)
{
	struct connection_table *c = &r->connections;

	if (!pack(t, &c->packed))
		return false;
	errno = 0;
	if (!c->aside)
		c->aside = cold_new(r->budget.limit);
	if (!c->aside ||
	    (t->conn.process && !process_table_store(&r->processes, t->conn.process)) ||
	    !cold_put(c->aside, t->conn.id, buffer_span(&c->packed)))
		return keep_error(c);
	for (int layer = 0; layer < 2; layer++)
		session_drop(t->conn.sessions[layer]);
	take_out(r, t);
	return true;
}

static void copy_text(char text[static ENDPOINT_TEXT_MAX], struct span s)
{
	if (s.len)
		memcpy(text, s.data, s.len < ENDPOINT_TEXT_MAX ? s.len : ENDPOINT_TEXT_MAX - 1);
}

static bool unpack(struct replay *r, struct tracked *t, struct unpack *in)
{
	uint64_t number, pid;

	unpack_bytes(in, &t->conn, sizeof(t->conn));
	t->conn.local_text = t->local_text;
	t->conn.remote_text = t->remote_text;
	copy_text(t->local_text, unpack_span(in));
	copy_text(t->remote_text, unpack_span(in));
	t->from_snapshot = unpack_u64(in);
	t->unsettled = unpack_u64(in);
	t->begun[0] = unpack_u64(in);
	t->begun[1] = unpack_u64(in);
	number = unpack_u64(in);
	pid = unpack_u64(in);
	if (number)
		t->conn.process = process_table_numbered(&r->processes, (uint32_t)pid, number);
	t->conn.revision++; /* the process may stand elsewhere */
	window_conn(&r->window, &t->conn);
	for (int layer = 0; layer < 2; layer++) {
		struct session_options options;

		if (!unpack_u64(in))
			continue;
		options = replay_session_options(t, (enum layer)layer);
		t->conn.sessions[layer] = session_unpack(&options, in);
		if (!t->conn.sessions[layer])
			return false;
	}
	return !in->failed;
}

/* Takes a connection back that was put aside; NULL: it wasn't. */
static struct tracked *wake(struct replay *r, uint64_t id)
{
	struct connection_table *c = &r->connections;
	struct tracked *t;
	struct unpack in;

	if (!c->aside || !cold_take(c->aside, id, &c->packed)) {
		if (c->aside && cold_errno(c->aside)) {
			errno = cold_errno(c->aside);
			keep_error(c);
		}
		return NULL;
	}
	t = insert(r, id);
	if (!t)
		return NULL;
	in = unpack_begin(buffer_span(&c->packed));
	if (!unpack(r, t, &in)) {
		/* There is no memory for what it had: it goes on as if it began here. */
		for (int layer = 0; layer < 2; layer++) {
			session_drop(t->conn.sessions[layer]);
			t->conn.sessions[layer] = NULL;
		}
		t->from_snapshot = true;
		c->given_up++;
	}
	return t;
}

/*
 * Memory is short and T can't be put aside: what it has is given out, as if it ended here. What it
 * is stays known, and can be put aside.
 */
static void give_up(struct replay *r, struct tracked *t)
{
	bool had = false;

	t->from_snapshot = true; /* what comes now comes in the middle */
	for (int layer = 0; layer < 2; layer++) {
		struct session_options options;

		if (!t->conn.sessions[layer])
			continue;
		had = true;
		options = replay_session_options(t, (enum layer)layer);
		t->conn.sessions[layer] = session_restart(t->conn.sessions[layer], &options);
	}
	t->given_up = true;
	r->connections.given_up += had;
}

/* ---- the interface ---- */

struct tracked *connection_get(struct replay *r, uint64_t id)
{
	struct tracked *t = r->connections.used_last;

	/* An answer comes right behind its request as often as not. */
	if (!t || t->conn.id != id)
		t = map_get(&r->connections.hot, id);
	if (!t)
		return wake(r, id);
	touch(r, t);
	return t;
}

struct tracked *connection_add(struct replay *r, uint64_t id)
{
	return insert(r, id);
}

void connection_remove(struct replay *r, struct tracked *t)
{
	for (int layer = 0; layer < 2; layer++)
		session_free(t->conn.sessions[layer]);
	take_out(r, t);
}

static uint64_t room_wanted(const struct replay *r)
{
	uint64_t headroom = r->budget.limit / 4;

	return r->budget.limit - (headroom < HEADROOM_MAX ? headroom : HEADROOM_MAX);
}

/* The least used connection that can be put aside. */
static bool put_one_aside(struct replay *r)
{
	struct connection_table *c = &r->connections;

	for (int tries = 0; tries < TRIES_MAX && c->oldest != c->newest; tries++) {
		struct tracked *t = c->oldest;

		if (put_aside(r, t))
			return true;
		if (c->error)
			return false;
		age_list_use(c, t);
	}
	return false;
}

void connections_make_room(struct replay *r)
{
	struct connection_table *c = &r->connections;
	uint64_t wanted = room_wanted(r);
	bool moved = true;

	if (c->used_last)
		age_list_use(c, c->used_last);
	while (r->budget.used > wanted && moved) {
		bool process = process_table_trim(&r->processes);

		moved = (r->budget.used <= wanted || put_one_aside(r)) || process;
	}
	/* All but the last are in use, or the file can't be written. */
	while (r->budget.used > r->budget.limit && c->oldest != c->newest) {
		struct tracked *t = c->oldest;

		if (t->given_up || (!t->conn.sessions[0] && !t->conn.sessions[1]))
			break;
		give_up(r, t);
		if (!put_aside(r, t))
			age_list_use(c, t);
	}
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of those in memory, ascending; NULL: no memory. */
static uint64_t *hot_ids(const struct connection_table *c, size_t *count)
{
	uint64_t *ids = malloc((c->hot.count ? c->hot.count : 1) * sizeof(*ids));
	const struct tracked *t;
	size_t at = 0;

	*count = 0;
	if (!ids)
		return NULL;
	while ((t = map_next(&c->hot, &at)) != NULL)
		ids[(*count)++] = t->conn.id;
	qsort(ids, *count, sizeof(*ids), by_id);
	return ids;
}

bool connections_end(struct replay *r, void (*end)(struct replay *r, struct tracked *t))
{
	struct connection_table *c = &r->connections;
	size_t count, next = 0;
	uint64_t *ids = hot_ids(c, &count);
	uint64_t id = 0;

	if (!ids)
		return false;
	for (;;) {
		bool aside = c->aside && cold_next(c->aside, &id);
		struct tracked *t;

		if (next < count && (!aside || ids[next] < id))
			t = map_get(&c->hot, ids[next++]);
		else if (aside)
			t = wake(r, id++);
		else
			break;
		if (!t)
			break;
		end(r, t);
	}
	free(ids);
	return true;
}

void connections_free(struct replay *r)
{
	struct connection_table *c = &r->connections;

	while (c->oldest)
		connection_remove(r, c->oldest);
	map_free(&c->hot);
	cold_free(c->aside);
	buffer_free(&c->packed);
	*c = (struct connection_table){.given_up = c->given_up, .error = c->error};
}
