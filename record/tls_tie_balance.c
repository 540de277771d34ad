/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_tie_private.h"

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

	tie_emit(t, &event);
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

void balance_plain(struct tls_ties *t, struct session *s, const struct event *event)
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
void balance_settle(struct tls_ties *t, struct wire *w, int64_t ts)
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
