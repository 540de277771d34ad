/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "analyze/replay/replay_private.h"
#include "format/hash.h"

/* A record that may differ from what it would be, had all been read, says so. */
static void give_doubtful(struct tracked *t, struct session *s, bool unsettled,
			  const struct record *record)
{
	const struct replay_handlers *h = &t->replay->options.handlers;
	struct record doubtful = *record;
	struct buffer note = {0};

	window_note(unsettled, &doubtful, &note);
	h->record(h->context, &t->conn, s, &doubtful);
	buffer_free(&note);
}

static void give_record(void *context, struct session *s, const struct record *record)
{
	struct tracked *t = context;
	struct replay *r = t->replay;
	bool unsettled = t->unsettled;
	const struct replay_handlers *h = &r->options.handlers;

	if (!h->record)
		return;
	/* One whole exchange shows that both directions are understood from here on. */
	if (record->request_first != TIME_UNKNOWN && record->response_last != TIME_UNKNOWN)
		t->unsettled = false;
	if (!pass_gives(&r->pass, PASS_RECORD) || !session_wants_rows(s, record->table))
		return;
	if (window_doubts(&r->window, unsettled))
		give_doubtful(t, s, unsettled, record);
	else
		h->record(h->context, &t->conn, s, record);
}

/* Data of a connection that is older than what is read came before: nobody knows how much. */
static bool is_unsettled(const struct replay *r, const struct connection *c)
{
	return r->window.from != INT64_MIN && replay_realtime(r, c->start_ts) < r->window.from;
}

static void give_border(void *context, const struct session *s, enum direction direction,
			uint64_t position)
{
	const struct tracked *t = context;
	const struct replay_handlers *h = &t->replay->options.handlers;

	if (!h->border) /* nobody asked for what ends in replay_free() */
		return;
	h->border(h->context, &t->conn, session_is_plaintext(s) ? LAYER_TLS : LAYER_WIRE, direction,
		  position);
}

/* As if the calls of a TLS library had told it. */
static void give_plaintext(void *context, const struct session *s, const struct decrypted *d)
{
	struct tracked *t = context;
	struct replay *r = t->replay;
	const struct event event = {
		.type = EVENT_DATA,
		.ts = d->ts,
		.data = {.conn = t->conn.id,
			 .pid = t->conn.pid,
			 .fd = -1,
			 .call = CALL_CAPTURE,
			 .direction = d->direction,
			 .layer = LAYER_TLS,
			 .offset = d->offset,
			 .len = d->len,
			 .payload = span_of(d->data, d->data ? (size_t)d->len : 0),
			 .cut = d->snapped ? CUT_SNAPLEN : CUT_NONE},
	};

	(void)s;
	/* What is missing shows in the positions. */
	if (r->options.handlers.plaintext && (d->data || d->snapped) &&
	    replay_wants_event(r, &event, t))
		r->options.handlers.plaintext(r->options.handlers.context, &event, &t->conn);
}

static void give_contents(void *context, const struct session *s, const struct contents *contents)
{
	const struct tracked *t = context;
	const struct replay_handlers *h = &t->replay->options.handlers;

	if (h->contents)
		h->contents(h->context, &t->conn, session_is_plaintext(s) ? LAYER_TLS : LAYER_WIRE,
			    contents);
}

/*
 * What names an end of a connection for those who share it. Loopback addresses and paths mean
 * something else in every network namespace.
 */
static uint64_t end_name(const struct connection *c, const struct address *address,
			 const char *text)
{
	bool local = address->family == ADDRESS_UNIX || address->ip[0] == 127 ||
		     (address->family == ADDRESS_INET6 && !address->ip[0]);

	if (!*text)
		return 0;
	return hash_bytes(local ? c->netns : 0, text, strlen(text)) | 1;
}

struct session_options replay_session_options(struct tracked *t, enum layer layer)
{
	const struct connection *c = &t->conn;
	struct replay *r = t->replay;
	bool whole = c->origin == ORIGIN_OPENED && !t->from_snapshot && !is_unsettled(r, c);
	uint64_t start = whole || (layer == LAYER_WIRE && !t->from_snapshot && !is_unsettled(r, c))
				 ? 0
				 : SESSION_START_UNKNOWN;

	return (struct session_options){
		.transport = c->transport,
		.role = c->role,
		.local_port = c->local.port,
		.remote_port = c->remote.port,
		.midstream = !whole,
		.plaintext = layer == LAYER_TLS,
		.explain = r->options.explain,
		.start = {start, start},
		.decode_as = r->options.decode_as,
		.budget = &r->budget,
		.pool = &r->messages,
		.knowledge = &r->pass.knowledge,
		.keylog = r->keylog,
		.protobuf = r->options.protobuf,
		.conn = c->id,
		.ends = {end_name(c, &c->local, c->local_text),
			 end_name(c, &c->remote, c->remote_text)},
		.keep = r->options.keep,
		.wanted = r->options.wanted,
		.record = r->options.handlers.record ? give_record : NULL,
		.border = r->options.handlers.border ? give_border : NULL,
		.decrypted = r->options.handlers.plaintext ? give_plaintext : NULL,
		.contents = r->options.handlers.contents ? give_contents : NULL,
		.context = t,
	};
}

/* What the calls of a TLS library told is read once; the handshake says what it is. */
static void join_layers(const struct connection *c)
{
	struct session *wire = c->sessions[LAYER_WIRE], *plaintext = c->sessions[LAYER_TLS];
	const struct encryption *e;

	if (!wire || !plaintext)
		return;
	session_leave_plaintext(wire);
	e = session_encryption(wire);
	if (e)
		session_set_alpn(plaintext, e->alpn);
}

static struct session *open_session(struct tracked *t, enum layer layer)
{
	const struct session_options options = replay_session_options(t, layer);
	struct connection *c = &t->conn;

	t->unsettled = is_unsettled(t->replay, c);
	c->sessions[layer] = session_new(&options);
	if (!c->sessions[layer])
		t->replay->error = TAPE_ERROR_MEMORY;
	join_layers(c);
	return c->sessions[layer];
}

/* Whether there are keys for what goes over WIRE. */
static bool has_keys(const struct replay *r, const struct session *wire)
{
	const struct encryption *e = session_encryption(wire);

	return e && e->random.len && r->keylog && keylog_find(r->keylog, e->random);
}

/*
 * What waits on the wire for plaintext takes it, too. The kernel may make the records of one
 * direction alone: where there are keys, they open the other, and both are one conversation.
 */
static bool wire_takes(const struct replay *r, struct session *wire, const struct event_data *data)
{
	if (data->layer != LAYER_TLS || !wire)
		return false;
	return session_takes_plaintext(wire) ||
	       (connection_by_kernel(data) && has_keys(r, wire) && session_let_in(wire));
}

struct session *replay_session(struct tracked *t, const struct event_data *data)
{
	struct session *wire = t->conn.sessions[LAYER_WIRE], *s = t->conn.sessions[data->layer];

	if (s)
		return s;
	if (wire_takes(t->replay, wire, data))
		return wire;
	return open_session(t, data->layer);
}
