/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/replay/reach.h"
#include "analyze/replay/replay_private.h"
#include "format/hash.h"

struct replay *replay_new_fed(const struct replay_options *options)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->options = *options;
	window_open(&r->window, options, NULL, NULL);
	r->budget.limit = options->memory_limit ? options->memory_limit : REPLAY_MEMORY_LIMIT;
	r->messages.budget = &r->budget;
	r->processes.budget = &r->budget;
	r->libraries.budget = &r->budget;
	r->pass.knowledge.budget = &r->budget;
	r->pass.knowledge.once = !options->resolve;
	if (options->no_sessions)
		return r;
	r->keylog = keylog_new(&r->budget, options->keylog);
	if (r->keylog)
		return r;
	free(r);
	return NULL;
}

/* What is left out depends on what was read; so it is read ahead only where nothing is. */
static void open_window(struct replay *r)
{
	window_open(&r->window, &r->options, r->recording, r->narrowed ? &r->reached : NULL);
	if (r->options.follow)
		recording_follow(r->recording);
	else if (r->options.threads > 1 && !window_is_restricted(&r->window))
		recording_read_ahead(r->recording);
}

static void take_secret(struct replay *r, const struct event_secret *secret)
{
	if (r->keylog && keylog_add(r->keylog, secret->line, secret->conn) == KEYLOG_NO_MEMORY)
		r->refused_secrets++;
}

static bool has_secrets(void *context, const struct block_info *info)
{
	(void)context;
	return info->secrets;
}

/* Secrets may be told after what they open: all are read before anything else. */
static enum tape_error read_secrets(struct replay *r)
{
	struct recording *recording;
	struct event event;
	enum tape_error error;

	if (!r->keylog)
		return TAPE_OK;
	error = recording_open(r->path, NULL, NULL, &recording);
	if (error)
		return error;
	recording_restrict(recording, INT64_MIN, has_secrets, NULL);
	while (recording_next(recording, &event))
		if (event.type == EVENT_SECRET)
			take_secret(r, &event.secret);
	recording_free(recording);
	return TAPE_OK;
}

/* Where processes are selected, and connections aren't: which ones they had. */
static void find_reach(struct replay *r)
{
	const struct selection *s = r->options.selection;
	const struct replay_handlers *h = &r->options.handlers;

	/* Sizes of connections are told whole, which data that isn't read counts for. */
	if (!s || h->conn_end || !(s->kinds & SELECT_OF_PROCESSES) ||
	    s->kinds & SELECT_BIT(SELECT_CONN))
		return;
	r->narrowed = reach_find(r->path, s, &r->reached);
}

static enum tape_error open_recording(struct replay *r, const char *path)
{
	const struct replay_options *o = &r->options;

	if (o->pipe)
		return recording_open_stream(o->pipe->fd, o->pipe->begin, o->problem,
					     o->problem_context, &r->recording);
	r->path = strdup(path);
	return r->path ? recording_open(path, o->problem, o->problem_context, &r->recording)
		       : TAPE_ERROR_MEMORY;
}

enum tape_error replay_new(const char *path, const struct replay_options *options,
			   struct replay **r)
{
	struct replay *new = replay_new_fed(options);
	enum tape_error error;

	if (!new)
		return TAPE_ERROR_MEMORY;
	error = open_recording(new, path);
	if (error) {
		int saved = errno; /* recording_open() promises it */

		replay_free(new);
		errno = saved;
		return error;
	}
	/* What comes through a pipe comes once, and what isn't there yet can't be read again. */
	if (options->follow)
		new->pass.knowledge.once = true;
	if (!options->pipe)
		error = read_secrets(new);
	if (error) {
		replay_free(new);
		return error;
	}
	if (!options->follow)
		find_reach(new);
	open_window(new);
	*r = new;
	return TAPE_OK;
}

/* ---- connections ---- */

enum role connection_role(const struct connection *c)
{
	const struct session *s = connection_session(c);
	enum role role = s ? session_role(s) : ROLE_UNKNOWN;

	return role != ROLE_UNKNOWN ? role : c->role;
}

int64_t connection_connect_ns(const struct connection *c)
{
	return c->established_ts > c->start_ts ? c->established_ts - c->start_ts : -1;
}

const struct session *connection_session(const struct connection *c)
{
	const struct session *plaintext = c->sessions[LAYER_TLS];

	return plaintext ? plaintext : c->sessions[LAYER_WIRE];
}

struct selection_subject connection_subject(const struct connection *c)
{
	const struct tracked *t = (const struct tracked *)c;
	struct selection_subject subject = {
		.conn = c->id,
		.pid = c->pid,
		.name = c->process ? c->process->name : NULL,
		.container = c->process ? c->process->container : NULL,
		.addresses = {&c->local, &c->remote},
		.role = connection_role(c),
		.outcome = -1,
		.from = replay_realtime(t->replay, c->start_ts),
		.to = replay_realtime(t->replay, c->end_ts),
	};
	struct spoken spoken[SELECTION_PROTOCOLS];
	size_t count = connection_spoken(c, spoken, SELECTION_PROTOCOLS);

	if (c->sessions[LAYER_WIRE])
		subject.addresses[3] = session_client(c->sessions[LAYER_WIRE]);
	for (size_t i = 0; i < count && i < SELECTION_PROTOCOLS; i++)
		subject.protocols[i] = spoken[i].protocol;
	return subject;
}

/* Where nothing was read: the library's hook tells more than that there are no keys. */
static struct span why_unread(const struct connection_tls *tls)
{
	const struct library *library = tls->library;

	if (!library || library->hook == TLS_HOOK_UNKNOWN)
		return tls->encryption.unread;
	if (library->hook == TLS_HOOK_PLAINTEXT || library->hook == TLS_HOOK_KEYS)
		return span_text("its library was read, but nothing could be tied to it");
	return span_text(tls_hook_text(library->hook));
}

struct connection_tls connection_tls(const struct connection *c)
{
	const struct tracked *t = (const struct tracked *)c;
	const struct session *wire = c->sessions[LAYER_WIRE];
	const struct encryption *e = wire ? session_encryption(wire) : NULL;
	struct connection_tls tls = {
		.is = e || c->sessions[LAYER_TLS] || c->tie != TLS_TIE_UNKNOWN,
	};

	if (!tls.is)
		return tls;
	if (e)
		tls.encryption = *e;
	tls.library = libraries_get(&t->replay->libraries, c->pid, c->library);
	if (c->sessions[LAYER_TLS] || (wire && session_is_told_plaintext(wire))) {
		tls.encryption.reading = TLS_READ_BY_CALLS;
		tls.encryption.unread = span_text(
			c->plain_missing ? "some calls of the library were not seen" : NULL);
	} else if (tls.encryption.reading == TLS_NOT_READ && tls.encryption.unread.len &&
		   !transport_is_datagram(c->transport)) {
		tls.encryption.unread = why_unread(&tls);
	}
	return tls;
}

size_t connection_spoken(const struct connection *c, struct spoken *list, size_t max)
{
	static const enum layer order[] = {LAYER_TLS, LAYER_WIRE};
	size_t count = 0;

	for (size_t layer = 0; layer < 2; layer++) {
		const struct session *s = c->sessions[order[layer]];
		const struct spoken *spoken;
		size_t n = s ? session_spoken(s, &spoken) : 0;

		for (size_t i = 0; i < n; i++, count++)
			if (count < max)
				list[count] = spoken[i];
	}
	return count;
}

const char *connection_protocol_name(const struct connection *c)
{
	const struct session *s = connection_session(c);
	const struct spoken *spoken;

	return s && session_spoken(s, &spoken) ? spoken[0].protocol->name : "";
}

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

static bool event_wanted(struct replay *r, const struct event *event, const struct tracked *t);

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
	if (r->options.handlers.plaintext && (d->data || d->snapped) && event_wanted(r, &event, t))
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

/* The session that data of LAYER belongs to, or NULL: what waits on the wire for plaintext, too. */
static struct session *session_for(const struct connection *c, enum layer layer)
{
	struct session *wire = c->sessions[LAYER_WIRE];

	if (layer == LAYER_TLS && !c->sessions[layer] && wire && session_takes_plaintext(wire))
		return wire;
	return c->sessions[layer];
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
	if (data->layer == LAYER_WIRE) {
		move_to(t, data->direction, data->offset + data->len, data->offset);
		c->kept[data->direction] += data->payload.len;
		if (cut_is_wanted(data->cut))
			c->snapped[data->direction] += data->len - data->payload.len;
	}
	if (r->options.no_sessions || !is_needed(r, t, event->ts) ||
	    (r->options.parses && !r->options.parses(r->options.handlers.context, c->id)))
		return;
	s = session_for(c, data->layer);
	if (!s)
		s = open_session(t, data->layer);
	if (!s)
		return;
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

static void end_connection(struct replay *r, struct tracked *t)
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
	end_connection(r, t);
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

/* ---- events ---- */

static uint64_t event_conn_id(const struct event *event)
{
	switch (event->type) {
	case EVENT_CONN:
		return event->conn.conn;
	case EVENT_CLOSE:
		return event->close.conn;
	case EVENT_DATA:
		return event->data.conn;
	case EVENT_LOSS:
		return event->loss.conn;
	case EVENT_SECRET:
		return event->secret.conn;
	case EVENT_STATE:
		return event->state.conn;
	case EVENT_TLS:
		return event->tls.conn;
	default:
		return 0;
	}
}

static struct tracked *event_tracked(struct replay *r, const struct event *event)
{
	uint64_t id;

	if (event->type == EVENT_DATA)
		return tracked_get(r, event->data.conn, event->ts);
	if (event->type == EVENT_CONN)
		return on_conn(r, event);
	id = event_conn_id(event);
	return id ? connection_get(r, id) : NULL;
}

static uint32_t event_pid(const struct event *event, const struct tracked *t)
{
	switch (event->type) {
	case EVENT_DATA:
		return event->data.pid;
	case EVENT_PROCESS:
		return event->process.pid;
	case EVENT_PROCESS_EXIT:
		return event->process_exit.pid;
	default:
		return t ? t->conn.pid : 0;
	}
}

static bool event_wanted(struct replay *r, const struct event *event, const struct tracked *t)
{
	struct selection *selection = r->options.selection;
	struct selection_subject subject = {
		.conn = event_conn_id(event), .pid = event_pid(event, t), .outcome = -1};
	const struct process *process;

	if (!selection || selection_is_all(selection))
		return true;
	process = process_table_get(&r->processes, subject.pid);
	subject.name = process ? process->name : NULL;
	subject.container = process ? process->container : NULL;
	subject.from = subject.to = replay_realtime(r, event->ts);
	return selection_matches(selection, ~SELECT_OF_SESSIONS, &subject);
}

static void take(struct replay *r, struct tracked *t, const struct event *event)
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

/* A later snapshot tells nothing new, but for connections whose beginning was damaged. */
static bool is_repeated(const struct replay *r, const struct event *event, const struct tracked *t)
{
	return event->snapshot && r->now &&
	       (event->type != EVENT_CONN || (t && t->conn.revision > 1));
}

/* What is of no connection, or of whichever needs it. */
static void take_other(struct replay *r, const struct event *event)
{
	if (event->type == EVENT_CLOCK)
		r->clock_offset = event->clock.realtime - event->ts;
	if (event->type == EVENT_LIBRARY && !libraries_put(&r->libraries, &event->library))
		r->error = TAPE_ERROR_MEMORY;
	if (event->type == EVENT_SECRET)
		take_secret(r, &event->secret);
	if (event->type == EVENT_PROCESS && !process_table_put(&r->processes, &event->process))
		r->error = TAPE_ERROR_MEMORY;
}

void replay_event(struct replay *r, const struct event *event)
{
	struct tracked *t = event_tracked(r, event);
	const struct replay_handlers *h = &r->options.handlers;

	if (!event->snapshot && event->ts > r->now)
		r->now = event->ts;
	if (event->type != EVENT_DATA)
		take_other(r, event);
	if (h->event && !is_repeated(r, event, t) && event_wanted(r, event, t) &&
	    pass_gives(&r->pass, PASS_EVENT))
		h->event(h->context, event, t ? &t->conn : NULL);
	if (t)
		take(r, t, event);
	if (r->budget.used > r->budget.limit / 2)
		connections_make_room(r);
}

enum tape_error replay_end(struct replay *r)
{
	if (!connections_end(r, end_connection))
		r->error = TAPE_ERROR_MEMORY;
	return r->error;
}

bool replay_again(struct replay *r)
{
	if (r->stop || r->error || !pass_wants_another(&r->pass) || replay_end(r))
		return false;
	connections_free(r);
	process_table_free(&r->processes);
	libraries_free(&r->libraries);
	r->now = 0;
	pass_begin(&r->pass, !window_is_restricted(&r->window));
	window_free(&r->window);
	window_open(&r->window, &r->options, NULL, r->narrowed ? &r->reached : NULL);
	/* What one connection doesn't know, any other may. */
	if (r->pass.phase == PASS_LEARNING)
		r->window.narrow = false;
	return true;
}

/* The recording from its beginning. What is wrong with it was told the first time. */
static bool read_again(struct replay *r)
{
	if (!replay_again(r))
		return false;
	recording_free(r->recording);
	r->recording = NULL;
	r->error = recording_open(r->path, NULL, NULL, &r->recording);
	if (!r->error && r->pass.phase != PASS_LEARNING)
		open_window(r);
	return !r->error;
}

/* Whether all that is needed has been read. */
static bool is_past(struct replay *r, const struct event *event)
{
	if (!window_ends(&r->window) || event->snapshot)
		return false;
	return window_is_past(&r->window, replay_realtime(r, event->ts));
}

/* What reading may take before it counts: most blocks are a hundredth of that. */
#define READING_SPARE (40u << 20)

/* Events between two looks at it. */
#define READING_PERIOD 256u

/* A block may be as large as all the memory: then there is less for the rest. */
static void fit_budget(struct replay *r)
{
	uint64_t limit = r->options.memory_limit ? r->options.memory_limit : REPLAY_MEMORY_LIMIT;
	size_t reading = recording_memory(r->recording);
	uint64_t over = reading > READING_SPARE ? reading - READING_SPARE : 0;

	r->budget.limit = limit - limit / 8 > over ? limit - over : limit / 8;
}

bool replay_step(struct replay *r)
{
	struct event event;

	if (r->stop || r->error)
		return false;
	if (!recording_next(r->recording, &event) || is_past(r, &event))
		return !replay_waits(r) && read_again(r);
	coming_next(r);
	if (r->steps++ % READING_PERIOD == 0)
		fit_budget(r);
	replay_event(r, &event);
	if (r->options.progress)
		r->options.progress(r->options.progress_context, recording_status(r->recording));
	return true;
}

bool replay_waits(const struct replay *r)
{
	return r->options.follow && !r->stop && !r->error && recording_waits(r->recording);
}

void replay_follow_no_more(struct replay *r)
{
	recording_follow_no_more(r->recording);
}

enum tape_error replay_run(struct replay *r)
{
	enum tape_error error;

	while (replay_step(r))
		;
	error = replay_end(r);
	return error ? error : recording_status(r->recording)->error;
}

void replay_stop(struct replay *r)
{
	r->stop = true;
}

int64_t replay_realtime(const struct replay *r, int64_t ts)
{
	return r->recording ? recording_realtime(r->recording, ts) : ts + r->clock_offset;
}

bool replay_is_restricted(const struct replay *r)
{
	return window_is_restricted(&r->window);
}

uint32_t replay_thread(const struct replay *r)
{
	return r->tid;
}

int64_t replay_now(const struct replay *r)
{
	return r->now;
}

bool replay_is_local(const struct replay *r, uint16_t port)
{
	return r->local_ports[port / 64] >> port % 64 & 1;
}

const struct recording_status *replay_status(const struct replay *r)
{
	return recording_status(r->recording);
}

const struct process *replay_process(struct replay *r, uint32_t pid)
{
	return process_table_get(&r->processes, pid);
}

uint64_t replay_process_count(const struct replay *r)
{
	return r->processes.count;
}

uint64_t replay_refused_secrets(const struct replay *r)
{
	return r->refused_secrets;
}

uint64_t replay_given_up(const struct replay *r)
{
	return r->connections.given_up;
}

int replay_file_error(const struct replay *r)
{
	return r->connections.error;
}

uint64_t replay_refused_bytes(const struct replay *r)
{
	return r->budget.refused;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	/* After replay_run() nothing is left; without it, nobody asked for what ends here. */
	r->options.handlers = (struct replay_handlers){0};
	connections_free(r);
	message_pool_free(&r->messages);
	process_table_free(&r->processes);
	libraries_free(&r->libraries);
	keylog_free(r->keylog);
	knowledge_free(&r->pass.knowledge);
	window_free(&r->window);
	id_set_free(&r->reached);
	recording_free(r->recording);
	free(r->path);
	free(r);
}
