/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "record/tls_tie_private.h"

/* Objects of libraries at one time. */
#define SESSIONS_MAX (64u << 10)

uint64_t session_object_key(uint32_t pid, uint64_t object)
{
	return object ^ (uint64_t)pid << 40;
}

/* The connection's plaintext isn't the object's any more. */
static void session_untie(const struct tls_ties *t, struct session *s)
{
	for (int d = 0; s->wire && d < 2; d++)
		if (s->wire->sessions[d] == s)
			wire_have(t, s->wire, (enum direction)d, NULL);
	s->wire = NULL;
}

/* The object isn't there any more, or is another's. */
void session_remove(struct tls_ties *t, struct session *s, int64_t ts)
{
	uint64_t key = session_object_key(s->pid, s->object);
	struct event end = {.type = EVENT_CLOSE, .ts = ts};

	if (s->wait)
		wait_give_up(t, s);
	end.close.conn = s->conn;
	if (s->own)
		tie_emit(t, &end);
	session_untie(t, s);
	if (map_get(&t->objects, key) == s)
		map_remove(&t->objects, key);
	map_remove(&t->sessions, s->id);
	free(s);
}

/* ---- plaintext ---- */

static void loss_emit(struct tls_ties *t, int64_t ts, uint64_t conn, enum direction direction,
		      enum loss_cause cause, uint64_t position, uint64_t bytes)
{
	const struct event event = {
		.type = EVENT_LOSS,
		.ts = ts,
		.loss =
			{
				.conn = conn,
				.events = 1,
				.bytes = bytes,
				.since = ts,
				.cause = cause,
				.direction = direction,
				.layer = LAYER_TLS,
				.placed = true,
				.position = position,
			},
	};

	tie_emit(t, &event);
}

/* What the library's call moved is what its socket's did, and that has been told. */
static bool is_told(const struct session *s, const struct event *event)
{
	return s->wire && s->wire->kernel[event->data.direction];
}

static void plain_emit(struct tls_ties *t, struct session *s, const struct event *event)
{
	struct event plain = *event;
	struct event_data *data = &plain.data;
	enum direction d = data->direction;
	uint64_t expected = s->expected[d];
	uint64_t own = data->offset;

	s->expected[d] = own + data->len;
	if (is_told(s, event))
		return;
	if (own > expected)
		loss_emit(t, event->ts, s->conn, d, LOSS_RING_FULL, s->base[d] + expected,
			  own - expected);
	if (s->wire) {
		s->wire->positions[d] = s->base[d] + own;
		if (!s->late)
			balance_plain(t, s, event);
	}
	data->conn = s->conn;
	data->offset = s->base[d] + own;
	if (s->wire)
		s->wire->positions[d] = data->offset + data->len;
	t->totals.calls++;
	t->totals.bytes += data->len;
	tie_emit(t, &plain);
}

static void wait_data(struct tls_ties *t, struct session *s, const struct event *event);

void session_data(struct tls_ties *t, struct session *s, const struct event *event)
{
	if (s->dropped)
		return;
	if (!s->wait)
		plain_emit(t, s, event);
	else
		wait_data(t, s, event);
}

/* ---- which connection's it is ---- */

/* Who has sent the ClientHello is the client. */
static bool end_fits(const struct wire *w, const struct tls_sight *sight)
{
	return w->hello_direction == DIRECTION_SENT ? sight->client : sight->server;
}

/*
 * The connection of this process whose ClientHello has the random. Where both ends are in one
 * process the socket tells, or which end the object is, or nobody: NULL.
 */
static struct wire *wire_by_random(const struct tls_ties *t, const struct tls_sight *sight)
{
	static const uint8_t zero[EVENT_RANDOM_LEN];
	struct wire *any = NULL;
	struct wire *fitting = NULL;
	int count = 0;
	int fitting_count = 0;

	if (memcmp(sight->random, zero, sizeof(zero)) == 0)
		return NULL;
	for (struct wire *w = wire_first(t, sight->random); w; w = w->same) {
		if (w->pid != sight->pid ||
		    memcmp(wire_random(w), sight->random, EVENT_RANDOM_LEN) != 0)
			continue;
		if (sight->conn == w->conn)
			return w;
		any = w;
		count++;
		if (!end_fits(w, sight))
			continue;
		fitting = w;
		fitting_count++;
	}
	if (count == 1)
		return any;
	return fitting_count == 1 ? fitting : NULL;
}

static bool sight_has(const struct tls_sight *sight, enum direction d)
{
	return !sight->one_way || sight->way == d;
}

/* Whether the plaintext of an object may be that of the connection whose socket it used. */
static bool wire_is_free(const struct wire *w, const struct tls_sight *sight)
{
	static const uint8_t zero[EVENT_RANDOM_LEN];
	bool known = false;

	for (int d = 0; d < 2; d++) {
		const struct session *s = sight_has(sight, (enum direction)d) ? w->sessions[d]
									      : NULL;

		if (s && s->object != sight->object)
			return false;
		known |= s != NULL;
	}
	/* Another random is that of TLS inside of TLS, unless it is a handshake that was repeated.
	 */
	return !wire_has_hello(w) || known || sight->by_record ||
	       memcmp(sight->random, zero, sizeof(zero)) == 0;
}

static void own_begin(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	const struct event event = {
		.type = EVENT_CONN,
		.ts = sight->ts,
		.conn =
			{
				.conn = s->conn,
				.opened_ts = sight->ts,
				.pid = sight->pid,
				.fd = -1,
				.origin = ORIGIN_MIDSTREAM,
			},
	};

	tie_emit(t, &event);
}

static void tls_emit(struct tls_ties *t, const struct session *s, const struct tls_sight *sight,
		     enum tls_tie tie)
{
	struct event event = {
		.type = EVENT_TLS,
		.ts = sight->ts,
		.tls =
			{
				.conn = s->conn,
				.object = sight->object,
				.sent = s->base[DIRECTION_SENT] + sight->sent,
				.received = s->base[DIRECTION_RECEIVED] + sight->received,
				.pid = sight->pid,
				.library = sight->library,
				.tie = tie,
			},
	};

	if (!sight->by_record)
		memcpy(event.tls.random, sight->random, sizeof(event.tls.random));
	tie_emit(t, &event);
}

/* Ties an object to a connection, whose plaintext goes on with it. */
static void session_tie(struct tls_ties *t, struct session *s, struct wire *w,
			const struct tls_sight *sight, enum tls_tie tie)
{
	for (int d = 0; d < 2; d++) {
		struct session *before = w->sessions[d];

		if (!s->ways[d])
			continue;
		if (before && before != s)
			session_untie(t, before);
		wire_have(t, w, (enum direction)d, s);
	}
	/* Of two that have a direction each, one counts. */
	t->totals.tied += !sight->one_way || !w->seen;
	w->seen = true;
	s->wire = w;
	s->conn = w->conn;
	for (int d = 0; d < 2; d++) {
		uint64_t own = d == DIRECTION_SENT ? sight->sent : sight->received;

		s->expected[d] = own;
		s->base[d] = w->positions[d] > own ? w->positions[d] - own : 0;
	}
	t->totals.inferred += tie == TLS_TIE_THREAD;
	tls_emit(t, s, sight, tie);
}

static void session_alone(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	s->dropped = t->options.drop_untied;
	if (s->dropped) {
		t->totals.dropped++;
		return;
	}
	s->own = true;
	s->conn = s->id;
	s->expected[DIRECTION_SENT] = sight->sent;
	s->expected[DIRECTION_RECEIVED] = sight->received;
	t->totals.untied++;
	own_begin(t, s, sight);
	tls_emit(t, s, sight, TLS_TIE_NONE);
}

/* ---- objects that wait for what tells their connection ---- */

static void held_emit(void *context, void *owner, const struct event *event)
{
	struct session *s = owner;

	if (!s->dropped)
		plain_emit(context, s, event);
}

static void wait_end(struct tls_ties *t, struct session *s)
{
	struct tls_wait *wait = s->wait;

	s->wait = NULL;
	s->late = true;
	tls_wait_end(t->waits, wait, held_emit, t);
	s->late = false;
}

void wait_give_up(struct tls_ties *t, struct session *s)
{
	session_alone(t, s, tls_wait_sight(s->wait));
	wait_end(t, s);
}

/* It is known whose it is; unless another has it. */
static void wait_tie(struct tls_ties *t, struct session *s, struct wire *w, enum tls_tie tie)
{
	const struct tls_sight *sight = tls_wait_sight(s->wait);

	if (w && w->pid == s->pid && wire_is_free(w, sight))
		session_tie(t, s, w, sight, tie);
	else
		session_alone(t, s, sight);
	wait_end(t, s);
}

static void session_wait(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	uint64_t conn;

	s->wait = tls_wait_begin(t->waits, sight, s, &conn);
	if (!s->wait)
		session_alone(t, s, sight);
	else if (conn)
		wait_tie(t, s, map_get(&t->wires, conn), TLS_TIE_RECORD);
}

static void wait_data(struct tls_ties *t, struct session *s, const struct event *event)
{
	uint64_t conn;

	if (!tls_wait_hold(t->waits, s->wait, event)) {
		wait_give_up(t, s);
		if (!s->dropped)
			plain_emit(t, s, event);
		return;
	}
	conn = tls_wait_inferred(s->wait);
	if (conn)
		wait_tie(t, s, map_get(&t->wires, conn), TLS_TIE_THREAD);
}

/* A record has passed, of a direction that no object is known of. */
void wait_record_passed(struct tls_ties *t, struct wire *w, enum direction d)
{
	struct tls_wait *wait = tls_waits_record(t->waits, w->conn, w->pid, d, w->streams[d].tag);

	if (wait)
		wait_tie(t, tls_wait_owner(wait), w, TLS_TIE_RECORD);
}

/* The same, on a connection whose ClientHello nobody has seen. */
void wait_older_passed(struct tls_ties *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct tls_stream first = {0};
	struct tls_wait *wait;
	bool body;

	if (wire_is_data_record(data)) {
		tls_stream_begin(&first, data->offset);
		tls_stream_next(&first, data->payload.data, TLS_HEADER_LEN, &body);
	}
	tls_waits_socket(t->waits, event, first.data_len);
	wait = tls_waits_next_inferred(t->waits);
	if (wait)
		wait_tie(t, tls_wait_owner(wait), map_get(&t->wires, tls_wait_inferred(wait)),
			 TLS_TIE_THREAD);
}

/* ---- a new one ---- */

void session_place(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	struct wire *w = sight->by_record ? NULL : wire_by_random(t, sight);

	if (w) {
		session_tie(t, s, w, sight, TLS_TIE_RANDOM);
		return;
	}
	w = sight->conn ? map_get(&t->wires, sight->conn) : NULL;
	if (!w && sight->conn)
		w = wire_add(t, sight->conn, sight->pid);
	if (w && wire_is_free(w, sight))
		session_tie(t, s, w, sight, sight->named ? TLS_TIE_FD : TLS_TIE_CALL);
	else if (sight->conn)
		session_alone(t, s, sight);
	else
		session_wait(t, s, sight);
}

/* What a descriptor names was told of before the call, and none of its records is there yet. */
bool sight_is_nested(const struct tls_sight *sight)
{
	return sight->conn && (!sight->named || sight->own);
}

struct session *session_add(struct tls_ties *t, const struct tls_sight *sight)
{
	struct session *s = t->sessions.count < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->id = sight->session;
	s->object = sight->object;
	s->pid = sight->pid;
	s->hooked = sight->hooked;
	s->nested = sight_is_nested(sight);
	for (int d = 0; d < 2; d++)
		s->ways[d] = sight_has(sight, (enum direction)d);
	if (map_put(&t->sessions, s->id, s))
		return s;
	free(s);
	return NULL;
}
