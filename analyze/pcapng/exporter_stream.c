/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/pcapng/exporter_private.h"
#include "analyze/pcapng/splice.h"
#include "protocols/http2/http2.h"
#include "protocols/value/note.h"

/* Recorded time between two looks at who holds data back. */
#define LOOK_NS (10 * 1000 * 1000ll)

/* The connection under whose name C is written, which is its own or its twin's. */
static struct facts_conn *written_conn(struct facts_conn *c)
{
	return c->ends && c->ends->left_out ? c->ends->twin->conn : c;
}

static void on_packet(void *context, const struct packet *packet, enum direction direction,
		      int64_t ts, struct span note)
{
	struct outlet *o = context;
	const struct exporter_source source = {
		.interface = o->interface,
		.end = o->conn->live ? NULL : o->conn->ends,
		.layer = o->layer,
	};

	if (note.len) {
		note_append_span(&o->comment, note);
	}
	exporter_packet(o->exporter, &source, packet, direction, ts, &o->comment);
}

/* ---- opening ---- */

static uint64_t first_position(const struct facts_conn *c, enum layer layer,
			       enum direction direction)
{
	const struct facts_end *twin = c->ends->twin;
	uint64_t lowest = c->streams[layer][direction].lowest, other = UINT64_MAX;

	if (twin && twin->joined[layer])
		other = twin->conn->streams[layer][!direction].lowest;
	return lowest < other ? lowest : other;
}

/* UINT64_MAX where nobody knows: the stream begins wherever the first data is. */
static uint64_t stream_start(const struct facts_conn *c, enum layer layer, enum direction direction)
{
	return c->whole ? 0 : first_position(c, layer, direction);
}

static void joint_ends(const struct facts_conn *c, enum layer layer, struct joint_options *options)
{
	const struct facts_end *twin = c->ends->twin;
	bool joined = twin && twin->joined[layer];

	for (int direction = 0; direction < 2; direction++) {
		const struct facts_stream *s = &c->streams[layer][direction];

		options->high[direction] = s->high;
		options->complete[direction] = facts_complete(s);
		options->stream.patient |= joined && !options->complete[direction];
		options->stream.start[direction] = stream_start(c, layer,
								(enum direction)direction);
		if (c->borders)
			options->stream.borders[direction][0] = &c->borders->of[layer][direction];
		if (joined && twin->conn->borders)
			options->stream.borders[direction][1] =
				&twin->conn->borders->of[layer][!direction];
	}
}

struct opening exporter_opening(const struct exporter *e, const struct facts_conn *c,
				enum layer layer, bool joined)
{
	const struct protocol *protocol = c->protocol[layer], *inside = c->inside;
	struct opening opening = {0};

	if (layer != LAYER_TLS || e->options.tls != EXPORT_TLS_CARRIER) {
		opening.http2 = joined && protocol == &protocol_http2;
		return opening;
	}
	opening.carried = true;
	opening.carrier.sni = c->sni;
	opening.carrier.alpn = inside && inside->alpn ? inside->alpn[0] : NULL;
	opening.carrier.seed = c->id << 1 | layer;
	opening.asked = splice_request(inside);
	return opening;
}

static struct outlet *open_outlet(struct exporter *e, struct facts_conn *c, enum layer layer,
				  struct interface *interface, int64_t ts)
{
	struct joint_options options = {
		.stream =
			{
				.id = c->id << 2 | layer,
				.midstream = !c->whole,
				.budget = &e->budget,
				.cut_segments = &e->cut_segments,
				.packet = on_packet,
			},
		.waiting = &e->joint_waiting,
	};
	struct outlet *o = calloc(1, sizeof(*o));

	if (!o || !place_assign(e->places, c->ends, layer, &options.stream.place)) {
		free(o);
		exporter_fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	o->exporter = e;
	o->conn = c;
	o->layer = layer;
	o->interface = interface;
	exporter_describe(e, c->ends, layer, &options.stream.place, &o->comment);
	joint_ends(c, layer, &options);
	options.stream.opening = exporter_opening(e, c, layer, !c->whole);
	options.stream.context = o;
	o->joint = joint_new(&options, ts);
	if (!o->joint) {
		buffer_free(&o->comment);
		free(o);
		exporter_fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	/* It was said on the first packet. */
	buffer_free(&o->comment);
	c->outlets[layer] = o;
	aside_add(e, o);
	if (layer == LAYER_CONTENTS)
		e->totals.contents++;
	else if (layer == LAYER_TLS)
		e->totals.plaintexts++;
	else
		e->totals.connections++;
	return o;
}

/* A connection that is recorded whole begins when it was opened, not with its first byte. */
static int64_t begin_ts(const struct facts_conn *c, int64_t ts)
{
	return c->whole && c->ends->start_ts < ts ? c->ends->start_ts : ts;
}

void exporter_stream_open(struct exporter *e, struct facts_conn *c, const struct connection *from,
			  int64_t ts)
{
	struct interface *interface;

	if (!c->whole || !c->wanted || !c->ends || c->ends->left_out || c->outlets[LAYER_WIRE] ||
	    c->aside[LAYER_WIRE])
		return;
	interface = exporter_interface(e, c->ends, LAYER_WIRE, from->pid, from->process);
	if (interface)
		open_outlet(e, c, LAYER_WIRE, interface, begin_ts(c, ts));
}

/* ---- data ---- */

static void list_holding(struct exporter *e, struct outlet *o)
{
	if (o->listed || !joint_waits(o->joint) || e->holding_count == EXPORTER_HOLDING_MAX)
		return;
	o->listed = true;
	e->holding[e->holding_count++] = o;
}

void exporter_stream_expire(struct exporter *e, int64_t now)
{
	size_t count = 0;

	if (!e->holding_count || (now >= e->held_since && now - e->held_since < LOOK_NS))
		return;
	e->held_since = now;
	for (size_t i = 0; i < e->holding_count; i++) {
		struct outlet *o = e->holding[i];

		joint_expire(o->joint, now);
		if (joint_waits(o->joint))
			e->holding[count++] = o;
		else
			o->listed = false;
	}
	e->holding_count = count;
}

/* DATA, whose payload may be changed, at its place. */
static void put_data(struct exporter *e, struct facts_conn *c, struct event_data data, int64_t ts,
		     const struct connection *from)
{
	struct facts_conn *written = written_conn(c);
	enum layer layer = data.layer;
	uint32_t pid = data.pid ? data.pid : from->pid;
	struct interface *interface;
	struct outlet *o;

	if (c != written && !c->ends->joined[layer])
		return;
	interface = exporter_interface(e, written->ends, layer, pid,
				       replay_process(e->replay, pid));
	if (!interface)
		return;
	o = aside_outlet(e, written, layer);
	if (!o)
		o = open_outlet(e, written, layer, interface, begin_ts(written, ts));
	if (!o)
		return;
	o->interface = interface;
	if (c != written)
		data.direction = direction_opposite(data.direction);
	if (!joint_data(o->joint, c == written, &data, ts))
		e->totals.left_out_bytes += data.payload.len;
	list_holding(e, o);
}

/* What stands in clear before TLS is part of the plaintext, too. */
static void put_clear(struct exporter *e, struct facts_conn *c, struct event_data data, int64_t ts,
		      const struct connection *from)
{
	uint64_t end = c->spliced[data.direction];

	if (data.offset >= end)
		return;
	if (data.len > end - data.offset)
		data.len = end - data.offset;
	if (data.payload.len > data.len)
		data.payload.len = (size_t)data.len;
	data.layer = LAYER_TLS;
	put_data(e, c, data, ts, from);
}

void exporter_stream_data(struct exporter *e, struct facts_conn *c, const struct event *event,
			  const struct connection *from)
{
	struct event_data data = event->data;
	struct buffer copy = {0};

	if (!c->wanted || !c->ends || (data.layer == LAYER_TLS && c->has_keys))
		return;
	if (data.layer == LAYER_WIRE) {
		put_clear(e, c, data, event->ts, from);
	} else {
		if (c->spliced[direction_opposite(data.direction)])
			splice_mend(c->inside, &data, &copy);
		data.offset += c->spliced[data.direction];
	}
	put_data(e, c, data, event->ts, from);
	buffer_free(&copy);
}

void exporter_stream_contents(struct exporter *e, struct facts_conn *c,
			      const struct contents *contents, const struct connection *from)
{
	struct buffer copy = {0};
	struct event_data data;

	if (c->wanted && c->ends &&
	    facts_contents_data(c, c->protocol[LAYER_CONTENTS], contents, &data, &copy))
		put_data(e, c, data, contents->ts, from);
	buffer_free(&copy);
}

/* ---- the end ---- */

static void unlist(struct exporter *e, const struct outlet *o)
{
	for (size_t i = 0; o->listed && i < e->holding_count; i++) {
		if (e->holding[i] == o) {
			e->holding[i] = e->holding[--e->holding_count];
			return;
		}
	}
}

static void finish_outlet(struct exporter *e, struct facts_conn *c, enum layer layer,
			  const struct stream_end *how)
{
	struct outlet *o = aside_outlet(e, c, layer);

	if (!o)
		return;
	joint_own_end(o->joint);
	joint_finish(o->joint, how);
	unlist(e, o);
	aside_remove(e, o);
}

static void finish_streams(struct exporter *e, struct facts_conn *c, int64_t ts)
{
	const struct facts_end *end = c->ends, *twin = end->twin;
	bool twin_closed = twin && twin->conn->closed;
	struct stream_end plaintext = {
		.closed = c->closed || (twin_closed && twin->joined[LAYER_WIRE]),
		.remote_first = twin_closed && (!c->closed || twin->end_ts < end->end_ts),
		.ts = ts,
	};
	struct stream_end wire = plaintext;

	/* The positions of the close are the socket's. */
	for (int direction = 0; direction < 2; direction++) {
		wire.final[direction] = end->moved[direction];
		if (twin && twin->joined[LAYER_WIRE] &&
		    twin->moved[!direction] > wire.final[direction])
			wire.final[direction] = twin->moved[!direction];
	}
	finish_outlet(e, c, LAYER_WIRE, &wire);
	finish_outlet(e, c, LAYER_TLS, &plaintext);
	finish_outlet(e, c, LAYER_CONTENTS, &plaintext);
}

/* The other end of a joined connection, of which something may still come after NOW. */
static bool waits_for(const struct facts_end *end, int64_t now)
{
	const struct facts_end *other = end->twin;

	if (!other || (!other->joined[LAYER_WIRE] && !other->joined[LAYER_TLS]))
		return false;
	return !other->conn->written && (other->conn->closed || other->end_ts > now);
}

void exporter_stream_end(struct exporter *e, struct facts_conn *c, const struct connection *from)
{
	struct facts_conn *written = written_conn(c);

	if (!c->ends)
		return;
	exporter_stream_open(e, c, from, from->end_ts);
	for (int layer = 0; c == written && layer < LAYERS_SHOWN; layer++) {
		struct outlet *o = aside_outlet(e, c, (enum layer)layer);

		if (o)
			joint_own_end(o->joint);
	}
	if (!waits_for(c->ends, from->end_ts) &&
	    (c == written || c->ends->joined[LAYER_WIRE] || c->ends->joined[LAYER_TLS]))
		finish_streams(e, written, from->end_ts);
}

void exporter_stream_free(struct exporter *e)
{
	while (e->aside.oldest)
		aside_remove(e, e->aside.oldest);
}
