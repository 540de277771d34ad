/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_tie.h"

#include <stdlib.h>
#include <string.h>

#include "record/clock.h"
#include "record/tls_tie_private.h"

/* How long an object waits for what tells its connection. */
#define WAIT_MAX (INT64_C(5) * CLOCK_SECOND)

struct tls_ties *tls_tie_new(const struct tls_tie_options *options)
{
	struct tls_ties *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->options = *options;
	t->waits = tls_waits_new();
	if (t->waits)
		return t;
	free(t);
	return NULL;
}

const struct tls_tie_totals *tls_tie_totals(const struct tls_ties *t)
{
	return &t->totals;
}

void tls_tie_turn(struct tls_ties *t, int64_t now)
{
	struct tls_wait *wait;

	while ((wait = tls_waits_older(t->waits, now - WAIT_MAX)))
		wait_give_up(t, tls_wait_owner(wait));
}

/* The object is another connection's now: what it was before is over. */
static void object_take(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	uint64_t key = session_object_key(sight->pid, sight->object);
	struct session *before = map_get(&t->objects, key);

	if (before)
		session_remove(t, before, sight->ts);
	if (!map_put(&t->objects, key, s))
		session_remove(t, s, sight->ts);
}

void tls_tie_sight(struct tls_ties *t, const struct tls_sight *sight)
{
	struct session *s = map_get(&t->sessions, sight->session);

	if (s) {
		s->nested |= sight_is_nested(sight);
		return;
	}
	s = session_add(t, sight);
	if (!s) {
		t->totals.refused++;
		return;
	}
	if (t->options.calls)
		t->options.calls(t->options.context, sight->pid, sight->library, sight->ts);
	session_place(t, s, sight);
	object_take(t, s, sight);
}

static void wire_told(struct tls_ties *t, struct wire *w, const struct tls_secret *secret)
{
	struct event event = {
		.type = EVENT_TLS,
		.ts = secret->ts,
		.tls = {.conn = w->conn,
			.pid = secret->pid,
			.library = secret->library,
			.tie = TLS_TIE_RANDOM},
	};

	w->seen = true;
	t->totals.tied++;
	memcpy(event.tls.random, secret->random, sizeof(event.tls.random));
	tie_emit(t, &event);
}

uint64_t tls_tie_secret(struct tls_ties *t, const struct tls_secret *secret)
{
	struct wire *w = wire_first(t, secret->random);
	uint64_t conn = 0;

	for (; w; w = w->same) {
		if (memcmp(wire_random(w), secret->random, EVENT_RANDOM_LEN) != 0)
			continue;
		if (w->pid == secret->pid && !w->seen)
			wire_told(t, w, secret);
		if (w->pid == secret->pid || !conn)
			conn = w->conn;
	}
	return conn;
}

/* ---- every event ---- */

/*
 * A socket's call moved plaintext, of which the kernel makes records, or which it had out of them.
 * On the wire's layer its length stands for them.
 */
static void kernel_data(struct tls_ties *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct event plain = *event;
	struct event wire = *event;
	struct wire *w = wire_of_kernel(t, event);

	wire.data.layer = LAYER_WIRE;
	wire.data.payload = span_of(NULL, 0);
	wire.data.cut = CUT_TLS_WIRE;
	tie_emit(t, &wire);
	/* Where there is no room for W its place on the wire does: further on, but never glued. */
	if (w)
		plain.data.offset = wire_kernel_place(w, data);
	t->totals.calls++;
	t->totals.bytes += data->len;
	tie_emit(t, &plain);
}

static void data_event(struct tls_ties *t, const struct event *event)
{
	struct session *s;
	struct wire *w;

	if (event->data.layer == LAYER_TLS) {
		s = map_get(&t->sessions, event->data.conn);
		if (s)
			session_data(t, s, event);
		else if (event->data.conn < KERNEL_TLS_SESSION_FIRST)
			kernel_data(t, event);
		return;
	}
	w = wire_of(t, event);
	if (w)
		wire_data(t, w, event);
	else
		tie_emit(t, event);
	if (w && !wire_has_hello(w) && !w->hello_due)
		wait_older_passed(t, event);
	else if (event->data.direction == DIRECTION_SENT && !tls_waits_empty(t->waits))
		tls_waits_socket(t->waits, event, 0);
}

static void close_event(struct tls_ties *t, const struct event *event)
{
	struct wire *w = map_get(&t->wires, event->close.conn);

	if (w) {
		balance_settle(t, w, event->ts);
		wire_remove(t, w, event->ts);
	}
	tie_emit(t, event);
}

/* Objects that are connections of their own end with their process. */
static void exit_event(struct tls_ties *t, const struct event *event)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&t->sessions, &at)))
		if (s->pid == event->process_exit.pid)
			session_remove(t, s, event->ts);
	tie_emit(t, event);
}

void tls_tie_event(struct tls_ties *t, const struct event *event)
{
	switch (event->type) {
	case EVENT_DATA:
		data_event(t, event);
		break;
	case EVENT_CLOSE:
		close_event(t, event);
		break;
	case EVENT_PROCESS_EXIT:
		exit_event(t, event);
		break;
	default:
		tie_emit(t, event);
	}
}

void tls_tie_end(struct tls_ties *t, int64_t ts)
{
	struct wire *w;
	size_t at = 0;

	tls_tie_turn(t, INT64_MAX);
	while ((w = map_next(&t->wires, &at)))
		balance_settle(t, w, ts);
}

static void values_free(struct map *m)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(m, &at)))
		free(value);
	map_free(m);
}

void tls_tie_free(struct tls_ties *t)
{
	if (!t)
		return;
	values_free(&t->wires);
	values_free(&t->sessions);
	map_free(&t->randoms);
	map_free(&t->objects);
	tls_waits_free(t->waits);
	free(t);
}
