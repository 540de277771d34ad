/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "record/tls_tie_private.h"

/* Connections whose TLS is followed at one time. */
#define WIRES_MAX (128u << 10)

const uint8_t *wire_random(const struct wire *w)
{
	return w->hello + TLS_HELLO_LEN - EVENT_RANDOM_LEN;
}

static uint64_t random_key(const uint8_t *random)
{
	uint64_t key;

	memcpy(&key, random, sizeof(key));
	return key;
}

struct wire *wire_first(const struct tls_ties *t, const uint8_t *random)
{
	return map_get(&t->randoms, random_key(random));
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

/* Whose plaintext, if anybody's, W has from now on. */
void wire_have(const struct tls_ties *t, struct wire *w, enum direction d, struct session *s)
{
	bool changes = !w->sessions[d] != !s;

	w->sessions[d] = s;
	if (changes && t->options.cut_wire && t->options.tied)
		t->options.tied(t->options.context, w->conn, d, s);
}

void wire_remove(struct tls_ties *t, struct wire *w, int64_t ts)
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

struct wire *wire_add(struct tls_ties *t, uint64_t conn, uint32_t pid)
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
bool wire_is_data_record(const struct event_data *data)
{
	const char head[] = {TLS_RECORD_DATA, 3, 3};

	return data->payload.len >= TLS_HEADER_LEN &&
	       memcmp(data->payload.data, head, sizeof(head)) == 0;
}

/* One that is older than the recording, or begins as if it were. NULL: too many, or no memory. */
static struct wire *wire_begin_older(struct tls_ties *t, const struct event *event)
{
	struct wire *w = wire_add(t, event->data.conn, event->data.pid);

	if (w)
		use_tell(t, w, event->ts);
	return w;
}

/* The connection's TLS; NULL when it has none so far. */
struct wire *wire_of(struct tls_ties *t, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct wire *w = map_get(&t->wires, data->conn);

	if (!w) {
		if (wire_is_data_record(data))
			return wire_begin_older(t, event);
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

struct wire *wire_of_kernel(struct tls_ties *t, const struct event *event)
{
	struct wire *w = map_get(&t->wires, event->data.conn);

	return w ? w : wire_begin_older(t, event);
}

uint64_t wire_kernel_place(struct wire *w, const struct event_data *data)
{
	struct tls_stream *s = &w->streams[data->direction];
	uint64_t *position = &w->positions[data->direction];
	uint64_t behind;

	/* The first of a connection that is older than the recording. */
	if (!w->kernel[data->direction] && !s->at)
		s->at = data->offset;
	w->kernel[data->direction] = true;
	w->seen = true;
	/* No record will be there to compare. */
	w->balances[data->direction].begun = false;
	if (data->offset < s->at) {
		/* Another thread's call began earlier and was told of later. */
		behind = s->at - data->offset;
		return *position > behind ? *position - behind : 0;
	}
	*position += data->offset - s->at + data->len;
	tls_stream_skip(s, data->offset + data->len - s->at);
	return *position - data->len;
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
	tie_emit(t, &part);
}

/* Follows the records in a DATA event, and hands it on without what is left out. */
void wire_data(struct tls_ties *t, struct wire *w, const struct event *event)
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
			wait_record_passed(t, w, data->direction);
	}
	if (data->len > data->payload.len)
		tls_stream_skip(s, data->len - data->payload.len);
	if (cut && t->options.cut_all_wire)
		part_emit(t, event, 0, data->payload.len, 0);
	else if (from < data->payload.len || !data->payload.len)
		part_emit(t, event, from, data->payload.len, data->payload.len - from);
}
