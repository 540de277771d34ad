/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "analyze/replay/replay_private.h"

static void endpoint_text(const struct address *address, struct span path,
			  char text[static ENDPOINT_TEXT_MAX])
{
	if (address->family != ADDRESS_UNIX) {
		address_text(address, text);
		return;
	}
	/* An abstract name begins with a zero byte, by custom written as @ (unix(7)). */
	if (path.len && path.data[0] == '\0')
		snprintf(text, ENDPOINT_TEXT_MAX, "unix:@%.*s", (int)path.len - 1, path.data + 1);
	else
		snprintf(text, ENDPOINT_TEXT_MAX, "unix:%.*s", (int)path.len, path.data);
}

static void set_process(struct replay *r, struct tracked *t, uint32_t pid)
{
	t->conn.pid = pid;
	connection_set_process(r, t, process_table_get(&r->processes, pid));
	t->conn.revision++;
}

static struct tracked *track(struct replay *r, uint64_t id, int64_t ts)
{
	struct tracked *t = connection_add(r, id);

	if (!t)
		return NULL;
	if (r->options.selection && id)
		selection_saw_conn(r->options.selection, id);
	t->conn.start_ts = ts;
	t->conn.end_ts = ts;
	return t;
}

/* The connection of ID, made when an event names one that no CONN event told of. */
static struct tracked *tracked_get(struct replay *r, uint64_t id, int64_t ts)
{
	struct tracked *t = connection_get(r, id);

	if (t)
		return t;
	t = track(r, id, ts);
	if (t)
		t->from_snapshot = true;
	return t;
}

static void set_state(struct connection *c, enum conn_state state, enum conn_end by, uint16_t error,
		      int64_t ts)
{
	if (state == CONN_UNKNOWN)
		return;
	c->state = state;
	c->state_by = by;
	c->error = error;
	if (state == CONN_RESET)
		c->reset_ts = ts;
}

/* Connections that were told of before may be needed now; those put aside ask when they wake. */
static void ask_again(struct replay *r)
{
	struct tracked *t;
	size_t at = 0;

	while ((t = map_next(&r->connections.hot, &at)) != NULL)
		window_conn(&r->window, &t->conn);
}

/* The stream has come to POSITION: what was moved before the first that is told came earlier. */
static void move_to(struct tracked *t, enum direction direction, uint64_t position, uint64_t begin)
{
	struct connection *c = &t->conn;

	/* A damaged or hostile CLOSE may tell anything. */
	if (position > INT64_MAX)
		position = INT64_MAX;
	if (begin > position)
		begin = position;
	if (!t->begun[direction]) {
		t->begun[direction] = true;
		c->begin[direction] = begin;
	}
	if (c->moved[direction] < position)
		c->moved[direction] = position;
}

static struct tracked *on_conn(struct replay *r, const struct event *event)
{
	const struct event_conn *e = &event->conn;
	struct tracked *t = connection_get(r, e->conn);
	struct connection *c;

	if (!t) {
		t = track(r, e->conn, e->opened_ts);
		if (!t)
			return NULL;
		t->from_snapshot = event->snapshot;
	}
	c = &t->conn;
	c->revision++;
	c->inode = e->inode;
	c->transport = e->transport;
	if (e->role != ROLE_UNKNOWN)
		c->role = e->role;
	c->origin = e->origin;
	c->netns = e->netns;
	c->local = e->local;
	c->remote = e->remote;
	r->local_ports[e->local.port / 64] |= 1ull << e->local.port % 64;
	endpoint_text(&e->local, e->local_path, t->local_text);
	endpoint_text(&e->remote, e->remote_path, t->remote_text);
	if (!c->pid)
		set_process(r, t, e->pid);
	move_to(t, DIRECTION_SENT, e->sent, event->snapshot ? e->sent : 0);
	move_to(t, DIRECTION_RECEIVED, e->received, event->snapshot ? e->received : 0);
	set_state(c, e->state, e->state_by, e->error, e->state_ts);
	if (e->established_ts)
		c->established_ts = e->established_ts;
	if (window_conn(&r->window, c))
		ask_again(r);
	return t;
}

/* Whether what T says at TS is needed for a record that is. */
static bool is_needed(struct replay *r, const struct tracked *t, int64_t ts)
{
	if (!window_is_restricted(&r->window))
		return true;
	return window_needs(&r->window, &t->conn) &&
	       window_holds(&r->window, replay_realtime(r, ts));
}

/* Positions tell what is missing to the byte, also where no event tells of it. */
static void count_lost(struct replay *r, struct connection *c)
{
	c->lost_bytes = c->earlier_bytes = 0;
	for (int d = 0; d < 2; d++) {
		uint64_t there = c->begin[d] + c->kept[d] + c->snapped[d];

		/* What isn't read isn't missing. */
		if (!window_is_restricted(&r->window))
			c->earlier_bytes += c->begin[d];
		if (c->moved[d] > there)
			c->lost_bytes += c->moved[d] - there;
	}
	c->lost_bytes += c->earlier_bytes;
}

static void on_data(struct replay *r, struct tracked *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct connection *c = &t->conn;
	struct session *s;

	if (data->pid && (data->pid != c->pid || !c->process))
		set_process(r, t, data->pid);
	c->end_ts = event->ts;
	r->tid = data->tid;
	c->by_kernel |= connection_by_kernel(data);
	if (data->layer == LAYER_WIRE) {
		move_to(t, data->direction, data->offset + data->len, data->offset);
		c->kept[data->direction] += data->payload.len;
		if (cut_is_wanted(data->cut))
			c->snapped[data->direction] += data->len - data->payload.len;
	}
	if (r->options.no_sessions || !is_needed(r, t, event->ts) ||
	    (r->options.parses && !r->options.parses(r->options.handlers.context, c->id)))
		return;
	s = replay_session(t, data);
	if (s)
		session_data(s, data, event->ts);
}

static bool conn_wanted(const struct replay *r, const struct connection *c)
{
	struct selection_subject subject;

	if (!r->options.selection || selection_is_all(r->options.selection))
		return true;
	subject = connection_subject(c);
	return selection_matches(r->options.selection, ~SELECT_OF_RECORDS, &subject);
}

void connection_end(struct replay *r, struct tracked *t)
{
	struct connection *c = &t->conn;

	for (int layer = 0; layer < 2; layer++)
		if (c->sessions[layer])
			session_finish(c->sessions[layer]);
	count_lost(r, c);
	if (!c->process)
		set_process(r, t, c->pid);
	if (r->options.handlers.conn_end && conn_wanted(r, c) && pass_gives(&r->pass, PASS_CONN))
		r->options.handlers.conn_end(r->options.handlers.context, c);
	connection_remove(r, t);
}

static void on_close(struct replay *r, struct tracked *t, const struct event *event)
{
	struct session *wire = t->conn.sessions[LAYER_WIRE];
	const uint64_t final[2] = {event->close.sent, event->close.received};

	t->conn.closed = true;
	t->conn.end_ts = event->ts;
	move_to(t, DIRECTION_SENT, final[0], final[0]);
	move_to(t, DIRECTION_RECEIVED, final[1], final[1]);
	if (t->conn.state != CONN_FAILED && t->conn.state != CONN_RESET)
		t->conn.state = CONN_CLOSED;
	if (wire)
		session_final(wire, final, event->ts);
	connection_end(r, t);
}

static void on_state(struct connection *c, const struct event *event)
{
	const struct event_state *state = &event->state;

	set_state(c, state->state, state->by, state->error, event->ts);
	if (state->state == CONN_ESTABLISHED)
		c->established_ts = event->ts;
	c->end_ts = event->ts;
}

static void on_tls(struct connection *c, const struct event_tls *tls)
{
	c->tie = tls->tie;
	if (tls->library)
		c->library = tls->library;
}

static void on_loss(struct connection *c, const struct event_loss *loss)
{
	if (loss->cause == LOSS_PLAINTEXT)
		c->plain_missing += loss->bytes;
	if (loss->cause == LOSS_UNSEEN_CALL)
		c->unseen_bytes[loss->direction] += loss->bytes;
}

struct tracked *connection_of_event(struct replay *r, const struct event *event)
{
	uint64_t id;

	if (event->type == EVENT_DATA)
		return tracked_get(r, event->data.conn, event->ts);
	if (event->type == EVENT_CONN)
		return on_conn(r, event);
	id = replay_event_conn(event);
	return id ? connection_get(r, id) : NULL;
}

void connection_take(struct replay *r, struct tracked *t, const struct event *event)
{
	if (event->type == EVENT_DATA)
		on_data(r, t, event);
	else if (event->type == EVENT_CLOSE)
		on_close(r, t, event);
	else if (event->type == EVENT_STATE)
		on_state(&t->conn, event);
	else if (event->type == EVENT_LOSS)
		on_loss(&t->conn, &event->loss);
	else if (event->type == EVENT_TLS)
		on_tls(&t->conn, &event->tls);
}
