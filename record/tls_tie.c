/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_tie.h"

#include <stdlib.h>
#include <linux/types.h>
#include <string.h>

#include "bpf/event.h"
#include "format/map.h"
#include "record/clock.h"
#include "record/tls_wait.h"
#include "record/tls_wire.h"

/* Connections whose TLS is followed, and objects, at one time. */
#define WIRES_MAX    (128u << 10)
#define SESSIONS_MAX (64u << 10)

/* How long an object waits for what tells its connection. */
#define WAIT_MAX (INT64_C(5) * CLOCK_SECOND)

/*
 * Application data of one direction, on the wire and as plaintext, since both were seen to agree.
 * On the wire each record is longer by what the cipher adds.
 */
struct balance {
	uint64_t wire_bytes; /* of the stream, at that moment */
	uint64_t wire_records;
	uint64_t plain; /* position of the plaintext */
	int64_t ts;
	bool begun;
};

/* A connection that speaks TLS, as its ClientHello or a library's object shows. */
struct wire {
	uint64_t conn;
	uint32_t pid;
	uint8_t hello[TLS_HELLO_LEN]; /* as far as it has come */
	uint8_t hello_len;
	uint8_t hello_direction; /* enum direction */
	bool hello_due;		 /* more of it is awaited */
	uint8_t added;		 /* by the cipher to each record; 0: not known */
	int64_t hello_ts;
	struct tls_stream streams[2]; /* by enum direction */
	struct wire *same;	      /* others of the same key in `randoms` */
	struct session *sessions[2];  /* whose plaintext it has, by direction; NULL: none's */
	uint64_t positions[2];	      /* of the plaintext, behind all that is known */
	struct balance balances[2];
	bool kernel[2]; /* by enum direction: the kernel makes, or opens, its records */
	bool seen;	/* a library's object was tied to it */
};

/* An object of a library with one client random. */
struct session {
	uint64_t id;
	uint64_t object;
	uint64_t conn;	      /* that its data is written to */
	uint64_t base[2];     /* position of the connection's plaintext where its own count is 0 */
	uint64_t expected[2]; /* of its own count */
	struct wire *wire;    /* NULL: a connection of its own, or one without a ClientHello */
	uint32_t pid;
	int64_t hooked;	       /* as in struct tls_sight */
	uint64_t records;      /* of application data sent on the wire, at its last call */
	uint64_t last;	       /* bytes of that */
	bool ways[2];	       /* directions that it has */
	bool nested;	       /* its calls use the socket themselves */
	bool own;	       /* the connection is its own */
	bool dropped;	       /* not recorded */
	struct tls_wait *wait; /* not NULL: conn isn't known yet */
	bool late;	       /* what has waited comes now: the wire is ahead of it */
};

struct tls_ties {
	struct tls_tie_options options;
	struct map wires;    /* struct wire by connection */
	struct map randoms;  /* the same by the begin of their client random */
	struct map sessions; /* struct session by id */
	struct map objects;  /* the latest of each object, by object and process */
	struct tls_waits *waits;
	struct tls_tie_totals totals;
};

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

static void emit(struct tls_ties *t, const struct event *event)
{
	t->options.emit(t->options.context, event);
}

/* ---- what crossed sockets ---- */

static const uint8_t *wire_random(const struct wire *w)
{
	return w->hello + TLS_HELLO_LEN - EVENT_RANDOM_LEN;
}

static uint64_t random_key(const uint8_t *random)
{
	uint64_t key;

	memcpy(&key, random, sizeof(key));
	return key;
}

static void random_add(struct tls_ties *t, struct wire *w)
{
	uint64_t key = random_key(wire_random(w));

	w->same = map_get(&t->randoms, key);
	if (!map_put(&t->randoms, key, w))
		w->same = NULL;
}

static void random_remove(struct tls_ties *t, struct wire *w)
{
	uint64_t key = random_key(wire_random(w));
	struct wire *first = map_get(&t->randoms, key);

	if (first == w) {
		if (w->same)
			map_put(&t->randoms, key, w->same);
		else
			map_remove(&t->randoms, key);
		return;
	}
	for (struct wire *at = first; at; at = at->same)
		if (at->same == w)
			at->same = w->same;
}

static bool wire_has_hello(const struct wire *w)
{
	return w->hello_len == TLS_HELLO_LEN;
}

static uint64_t object_key(uint32_t pid, uint64_t object)
{
	return object ^ (uint64_t)pid << 40;
}

static void wait_give_up(struct tls_ties *t, struct session *s);

/* Whose plaintext, if anybody's, W has from now on. */
static void wire_have(const struct tls_ties *t, struct wire *w, enum direction d, struct session *s)
{
	bool changes = !w->sessions[d] != !s;

	w->sessions[d] = s;
	if (changes && t->options.cut_wire && t->options.tied)
		t->options.tied(t->options.context, w->conn, d, s);
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
static void session_remove(struct tls_ties *t, struct session *s, int64_t ts)
{
	uint64_t key = object_key(s->pid, s->object);
	struct event end = {.type = EVENT_CLOSE, .ts = ts};

	if (s->wait)
		wait_give_up(t, s);
	end.close.conn = s->conn;
	if (s->own)
		emit(t, &end);
	session_untie(t, s);
	if (map_get(&t->objects, key) == s)
		map_remove(&t->objects, key);
	map_remove(&t->sessions, s->id);
	free(s);
}

static void wire_remove(struct tls_ties *t, struct wire *w, int64_t ts)
{
	if (wire_has_hello(w))
		random_remove(t, w);
	else
		tls_waits_close(t->waits, w->conn);
	for (int d = 0; d < 2; d++)
		if (w->sessions[d])
			session_remove(t, w->sessions[d], ts);
	map_remove(&t->wires, w->conn);
	free(w);
}

static struct wire *wire_add(struct tls_ties *t, uint64_t conn, uint32_t pid)
{
	struct wire *w = t->wires.count < WIRES_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	w->conn = conn;
	w->pid = pid;
	if (map_put(&t->wires, conn, w))
		return w;
	free(w);
	return NULL;
}

/* Its ClientHello begins in DATA. */
static struct wire *wire_begin(struct tls_ties *t, const struct event_data *data)
{
	struct wire *w = wire_add(t, data->conn, data->pid);

	if (!w)
		return NULL;
	w->hello_direction = (uint8_t)data->direction;
	w->hello_due = true;
	tls_stream_begin(&w->streams[data->direction], data->offset);
	return w;
}

static void use_tell(const struct tls_ties *t, const struct wire *w, int64_t ts)
{
	if (t->options.uses)
		t->options.uses(t->options.context, w->pid, ts);
}

/* More of a ClientHello's beginning; false when it is none after all. */
static bool hello_take(struct tls_ties *t, struct wire *w, const struct event *event)
{
	const struct event_data *data = &event->data;
	size_t n = TLS_HELLO_LEN - w->hello_len;

	if (n > data->payload.len)
		n = data->payload.len;
	memcpy(w->hello + w->hello_len, data->payload.data, n);
	w->hello_len += (uint8_t)n;
	if (!tls_is_hello((const char *)w->hello, w->hello_len))
		return false;
	if (!wire_has_hello(w))
		return data->payload.len == data->len;
	w->hello_due = false;
	w->hello_ts = event->ts;
	random_add(t, w);
	use_tell(t, w, event->ts);
	return true;
}

/* A record of application data begins: RFC 8446 section 5.1. */
static bool is_data_record(const struct event_data *data)
{
	const char head[] = {TLS_RECORD_DATA, 3, 3};

	return data->payload.len >= TLS_HEADER_LEN &&
	       memcmp(data->payload.data, head, sizeof(head)) == 0;
}

/* The connection's TLS; NULL when it has none so far. */
static struct wire *wire_of(struct tls_ties *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct wire *w = map_get(&t->wires, data->conn);

	if (!w) {
		/* One that is older than the recording. */
		if (is_data_record(data)) {
			w = wire_add(t, data->conn, data->pid);
			if (w)
				use_tell(t, w, event->ts);
			return w;
		}
		if (!data->payload.len || data->payload.data[0] != 22 ||
		    !tls_is_hello(data->payload.data, data->payload.len))
			return NULL;
		w = wire_begin(t, data);
		if (!w)
			return NULL;
	} else if (!w->hello_due || data->direction != w->hello_direction) {
		return w;
	}
	if (hello_take(t, w, event))
		return w;
	wire_remove(t, w, event->ts);
	return NULL;
}

/* What may be left out of the payload is; the event's part from FROM to TO of its bytes. */
static void part_emit(struct tls_ties *t, const struct event *event, size_t from, size_t to,
		      size_t keep)
{
	struct event part = *event;
	struct event_data *data = &part.data;
	bool last = to == event->data.payload.len;

	data->offset += from;
	data->len = last ? event->data.len - from : to - from;
	data->payload = span_of(event->data.payload.data + from, keep);
	if (from)
		data->begin_ts = 0;
	if (keep < to - from)
		data->cut = CUT_TLS_WIRE;
	else if (!last)
		data->cut = CUT_NONE;
	emit(t, &part);
}

static void record_passed(struct tls_ties *t, struct wire *w, enum direction d);

/* Follows the records in a DATA event, and hands it on without what is left out. */
static void wire_data(struct tls_ties *t, struct wire *w, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct tls_stream *s = &w->streams[data->direction];
	bool cut = t->options.cut_wire && (w->sessions[data->direction] || t->options.cut_all_wire);
	size_t from = 0; /* of what isn't handed on yet */
	size_t at = 0;

	if (s->at < data->offset)
		tls_stream_skip(s, data->offset - s->at);
	if (!s->synced && data->payload.len >= TLS_HEADER_LEN && data->payload.data[1] == 3)
		tls_stream_begin(s, data->offset);
	while (at < data->payload.len) {
		bool body;
		size_t n = tls_stream_next(s, data->payload.data + at, data->payload.len - at,
					   &body);

		if (body && cut && !t->options.cut_all_wire) {
			part_emit(t, event, from, at + n, at - from);
			from = at + n;
		}
		at += n;
		if (body && !s->body && s->tag_len == TLS_TAG_LEN && !w->sessions[data->direction])
			record_passed(t, w, data->direction);
	}
	if (data->len > data->payload.len)
		tls_stream_skip(s, data->len - data->payload.len);
	if (cut && t->options.cut_all_wire)
		part_emit(t, event, 0, data->payload.len, 0);
	else if (from < data->payload.len || !data->payload.len)
		part_emit(t, event, from, data->payload.len, data->payload.len - from);
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

	emit(t, &event);
}

/* Bytes that were on the wire and not in the plaintext since the two agreed; may be negative. */
static int64_t balance_of(const struct wire *w, enum direction d)
{
	const struct balance *b = &w->balances[d];
	const struct tls_stream *s = &w->streams[d];
	uint64_t records = s->data_records - b->wire_records;

	return (int64_t)(s->data_bytes - b->wire_bytes - records * w->added -
			 (w->positions[d] - b->plain));
}

static void balance_begin(struct wire *w, enum direction d, uint64_t plain, int64_t ts)
{
	w->balances[d] = (struct balance){
		.wire_bytes = w->streams[d].data_bytes,
		.wire_records = w->streams[d].data_records,
		.plain = plain,
		.ts = ts,
		.begun = true,
	};
}

#define ADDED_LEAST 9

static void missed_emit(struct tls_ties *t, struct wire *w, enum direction d, uint64_t bytes,
			int64_t ts)
{
	struct event event = {
		.type = EVENT_LOSS,
		.ts = ts,
		.loss = {.conn = w->conn,
			 .events = 1,
			 .bytes = bytes,
			 .since = w->balances[d].begun ? w->balances[d].ts
				  : w->hello_ts	       ? w->hello_ts
						       : ts,
			 .cause = LOSS_PLAINTEXT,
			 .direction = d,
			 .layer = LAYER_TLS,
			 .placed = true,
			 .position = w->positions[d]},
	};

	emit(t, &event);
	w->positions[d] += bytes;
	t->totals.missed_bytes += bytes;
}

/*
 * Whether records may have passed before the hooks were there: of a connection that is older than
 * the recording, in a call that was under way.
 */
static bool came_before(const struct wire *w, const struct session *s)
{
	return !wire_has_hello(w) || s->hooked > w->hello_ts;
}

/* Before the first plaintext of a direction: was there any that nobody could see? */
static void balance_first(struct tls_ties *t, struct session *s, const struct event *event)
{
	enum direction d = event->data.direction;
	struct wire *w = s->wire;
	const struct tls_stream *stream = &w->streams[d];
	uint64_t before;
	uint64_t added;

	added = stream->data_len - event->data.len;
	if (!stream->data_records || (w->added ? added != w->added : !tls_added_known(added)))
		return;
	w->added = (uint8_t)added;
	before = stream->data_bytes - stream->data_len - (stream->data_records - 1) * w->added;
	if (came_before(w, s) && before && !w->positions[d]) {
		missed_emit(t, w, d, before, event->ts);
		s->base[d] += before;
	}
	balance_begin(w, d, w->positions[d] + event->data.len, event->ts);
}

/*
 * What is on the wire beyond the plaintext was missed before this call: of what is sent, when the
 * call itself writes to the socket. What was received may still wait in the library.
 */
static void balance_next(struct tls_ties *t, struct session *s, const struct event *event)
{
	enum direction d = event->data.direction;
	struct wire *w = s->wire;
	int64_t beyond = balance_of(w, d) - (int64_t)event->data.len;

	if (beyond == 0) {
		balance_begin(w, d, w->positions[d] + event->data.len, event->ts);
	} else if (beyond > 0 && d == DIRECTION_SENT) {
		missed_emit(t, w, d, (uint64_t)beyond, event->ts);
		s->base[d] += (uint64_t)beyond;
	}
}

/*
 * Where the application itself carries the records to the socket, they are there after the call:
 * the one that came since the last call is held against that.
 */
static void balance_lagging(struct tls_ties *t, struct session *s, const struct event *event)
{
	struct wire *w = s->wire;
	const struct tls_stream *stream = &w->streams[DIRECTION_SENT];
	uint64_t came = stream->data_records - s->records;
	int64_t beyond = w->balances[DIRECTION_SENT].begun ? balance_of(w, DIRECTION_SENT) : 0;

	if (beyond == 0 && w->added && came == 1 && stream->data_len == s->last + w->added)
		balance_begin(w, DIRECTION_SENT, w->positions[DIRECTION_SENT], event->ts);
	else if (beyond > 0) {
		missed_emit(t, w, DIRECTION_SENT, (uint64_t)beyond, event->ts);
		s->base[DIRECTION_SENT] += (uint64_t)beyond;
	}
	s->records = stream->data_records;
	s->last = event->data.len;
}

static void plain_balance(struct tls_ties *t, struct session *s, const struct event *event)
{
	if (event->data.direction == DIRECTION_SENT && !s->nested)
		balance_lagging(t, s, event);
	else if (s->wire->balances[event->data.direction].begun)
		balance_next(t, s, event);
	else
		balance_first(t, s, event);
}

/* An alert, by its length, ends most connections and is no plaintext: RFC 8446 section 6. */
#define ALERT_LEN 2

/* Application data went over the wire, and the library that is hooked was never called. */
static void wire_silent(struct tls_ties *t, struct wire *w, int64_t ts)
{
	/* What is older than the recording may be an object's that isn't tied. */
	if (w->seen || !wire_has_hello(w) || !t->options.is_hooked ||
	    !t->options.is_hooked(t->options.context, w->pid))
		return;
	for (int d = 0; d < 2; d++) {
		const struct tls_stream *s = &w->streams[d];

		if (s->data_bytes > s->data_records * ADDED_LEAST)
			missed_emit(t, w, (enum direction)d,
				    s->data_bytes - s->data_records * ADDED_LEAST, ts);
	}
}

/* What the wire tells beyond the plaintext when the connection ends. */
static void wire_settle(struct tls_ties *t, struct wire *w, int64_t ts)
{
	wire_silent(t, w, ts);
	for (int d = 0; d < 2; d++) {
		int64_t beyond = w->balances[d].begun ? balance_of(w, (enum direction)d) : 0;

		if (beyond > 0 && w->streams[d].data_len == w->added + (uint32_t)ALERT_LEN)
			beyond -= ALERT_LEN;
		if (beyond > 0)
			missed_emit(t, w, (enum direction)d, (uint64_t)beyond, ts);
	}
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
	uint64_t own = data->offset;

	if (own > s->expected[d])
		loss_emit(t, event->ts, s->conn, d, LOSS_RING_FULL, s->base[d] + s->expected[d],
			  own - s->expected[d]);
	s->expected[d] = own + data->len;
	if (is_told(s, event))
		return;
	if (s->wire) {
		s->wire->positions[d] = s->base[d] + own;
		if (!s->late)
			plain_balance(t, s, event);
	}
	data->conn = s->conn;
	data->offset = s->base[d] + own;
	if (s->wire)
		s->wire->positions[d] = data->offset + data->len;
	t->totals.calls++;
	t->totals.bytes += data->len;
	emit(t, &plain);
}

static void wait_data(struct tls_ties *t, struct session *s, const struct event *event);

static void plain_data(struct tls_ties *t, struct session *s, const struct event *event)
{
	if (s->dropped)
		return;
	if (!s->wait)
		plain_emit(t, s, event);
	else
		wait_data(t, s, event);
}

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
	for (struct wire *w = map_get(&t->randoms, random_key(sight->random)); w; w = w->same) {
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

	emit(t, &event);
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
	emit(t, &event);
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

static void wait_give_up(struct tls_ties *t, struct session *s)
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
static void record_passed(struct tls_ties *t, struct wire *w, enum direction d)
{
	struct tls_wait *wait = tls_waits_record(t->waits, w->conn, w->pid, d, w->streams[d].tag);

	if (wait)
		wait_tie(t, tls_wait_owner(wait), w, TLS_TIE_RECORD);
}

/* The same, on a connection whose ClientHello nobody has seen. */
static void older_passed(struct tls_ties *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct tls_stream first = {0};
	struct tls_wait *wait;
	bool body;

	if (is_data_record(data)) {
		tls_stream_begin(&first, data->offset);
		tls_stream_next(&first, data->payload.data, TLS_HEADER_LEN, &body);
	}
	tls_waits_socket(t->waits, event, first.data_len);
	wait = tls_waits_next_inferred(t->waits);
	if (wait)
		wait_tie(t, tls_wait_owner(wait), map_get(&t->wires, tls_wait_inferred(wait)),
			 TLS_TIE_THREAD);
}

void tls_tie_turn(struct tls_ties *t, int64_t now)
{
	struct tls_wait *wait;

	while ((wait = tls_waits_older(t->waits, now - WAIT_MAX)))
		wait_give_up(t, tls_wait_owner(wait));
}

static void session_place(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
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
static bool is_nested(const struct tls_sight *sight)
{
	return sight->conn && !sight->named;
}

static struct session *session_add(struct tls_ties *t, const struct tls_sight *sight)
{
	struct session *s = t->sessions.count < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->id = sight->session;
	s->object = sight->object;
	s->pid = sight->pid;
	s->hooked = sight->hooked;
	s->nested = is_nested(sight);
	for (int d = 0; d < 2; d++)
		s->ways[d] = sight_has(sight, (enum direction)d);
	if (map_put(&t->sessions, s->id, s))
		return s;
	free(s);
	return NULL;
}

/* The object is another connection's now: what it was before is over. */
static void object_take(struct tls_ties *t, struct session *s, const struct tls_sight *sight)
{
	uint64_t key = object_key(sight->pid, sight->object);
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
		s->nested |= is_nested(sight);
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
	emit(t, &event);
}

uint64_t tls_tie_secret(struct tls_ties *t, const struct tls_secret *secret)
{
	struct wire *w = map_get(&t->randoms, random_key(secret->random));
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
	struct wire *w = map_get(&t->wires, data->conn);

	if (!w)
		w = wire_add(t, data->conn, data->pid);
	wire.data.layer = LAYER_WIRE;
	if (!w) {
		emit(t, &wire);
		return;
	}
	if (data->len) {
		wire.data.payload = span_of(NULL, 0);
		wire.data.cut = CUT_TLS_WIRE;
	}
	emit(t, &wire);
	w->kernel[data->direction] = true;
	w->seen = true;
	/* No record will be there to compare. */
	w->balances[data->direction].begun = false;
	plain.data.offset = w->positions[data->direction];
	w->positions[data->direction] += data->len;
	t->totals.calls++;
	t->totals.bytes += data->len;
	emit(t, &plain);
}

static void data_event(struct tls_ties *t, const struct event *event)
{
	struct session *s;
	struct wire *w;

	if (event->data.layer == LAYER_TLS) {
		s = map_get(&t->sessions, event->data.conn);
		if (s)
			plain_data(t, s, event);
		else if (event->data.conn < KERNEL_TLS_SESSION_FIRST)
			kernel_data(t, event);
		return;
	}
	w = wire_of(t, event);
	if (w)
		wire_data(t, w, event);
	else
		emit(t, event);
	if (w && !wire_has_hello(w) && !w->hello_due)
		older_passed(t, event);
	else if (event->data.direction == DIRECTION_SENT && !tls_waits_empty(t->waits))
		tls_waits_socket(t->waits, event, 0);
}

static void close_event(struct tls_ties *t, const struct event *event)
{
	struct wire *w = map_get(&t->wires, event->close.conn);

	if (w) {
		wire_settle(t, w, event->ts);
		wire_remove(t, w, event->ts);
	}
	emit(t, event);
}

/* Objects that are connections of their own end with their process. */
static void exit_event(struct tls_ties *t, const struct event *event)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&t->sessions, &at)))
		if (s->pid == event->process_exit.pid)
			session_remove(t, s, event->ts);
	emit(t, event);
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
		emit(t, event);
	}
}

void tls_tie_end(struct tls_ties *t, int64_t ts)
{
	struct wire *w;
	size_t at = 0;

	tls_tie_turn(t, INT64_MAX);
	while ((w = map_next(&t->wires, &at)))
		wire_settle(t, w, ts);
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
