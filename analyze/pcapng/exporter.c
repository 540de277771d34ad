/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/pcapng/exporter_private.h"
#include "analyze/pcapng/preamble.h"
#include "analyze/pcapng/twin.h"

struct exporter *exporter_new(const struct exporter_options *options)
{
	struct exporter *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->options = *options;
	e->cut_segments = STREAM_CUT_SEGMENTS;
	e->budget.limit = options->held_limit ? options->held_limit : UINT64_MAX;
	facts_init(&e->facts, options->selection, options->facts_limit);
	e->facts.tls = options->tls;
	e->facts.keylog = options->keylog;
	/* In its own place there is what was said, and nothing else. */
	e->facts.no_contents = options->no_remap;
	e->places = places_new(e->facts.seed, !options->no_remap);
	if (e->places)
		return e;
	exporter_free(e);
	return NULL;
}

struct replay_handlers exporter_learn_handlers(struct exporter *e)
{
	return (struct replay_handlers){
		.event = facts_event,
		.conn_end = facts_conn_end,
		.border = facts_border,
		.plaintext = facts_plaintext,
		.contents = facts_contents,
		.context = &e->facts,
	};
}

/* All servers are known before the first connection is placed. */
static bool learn_places(struct exporter *e)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&e->facts.conns, &at)) != NULL) {
		e->totals.keyed += c->wanted && c->has_keys;
		e->looks_inside |= c->wanted && c->decrypted && c->has_plaintext;
		e->looks_inside |= c->wanted && c->has_contents;
		for (const struct facts_end *end = c->ends; c->wanted && end; end = end->next) {
			if (end->left_out)
				continue;
			if (!places_learn(e->places, end, LAYER_WIRE) ||
			    (c->has_plaintext && !places_learn(e->places, end, LAYER_TLS)) ||
			    (c->has_contents && !places_learn(e->places, end, LAYER_CONTENTS)))
				return false;
		}
	}
	return true;
}

enum tape_error exporter_begin(struct exporter *e, const char *path,
			       const struct dump_options *output)
{
	const struct selection *selection = e->options.selection;
	enum tape_error error = e->facts.error;

	facts_finish(&e->facts);
	e->split = output->split != 0;
	e->out = dump_new(output);
	e->interfaces = e->out ? interfaces_new(e->out) : NULL;
	e->queue = e->out ? queue_new(exporter_write, e, e->facts.late, e->options.held_limit)
			  : NULL;
	if (!e->interfaces || !e->queue)
		return TAPE_ERROR_MEMORY;
	if (!error && !e->options.both_ends)
		error = twin_find(&e->facts, &e->totals.merged);
	if (error)
		return error;
	if (!learn_places(e))
		return TAPE_ERROR_MEMORY;
	return preamble_write(path, &e->facts, !selection || !selection->kinds, e->out);
}

uint64_t exporter_head_len(const struct exporter *e)
{
	return dump_head_len(e->out);
}

/* ---- events of the second pass ---- */

/*
 * The facts of FROM. For those that the first pass had no room for they are made now; of what
 * neither pass knows when the first was whole, the recording was told while it grew.
 */
static struct facts_conn *known(struct exporter *e, const struct connection *from)
{
	struct facts_conn *c = facts_conn(&e->facts, from->id);

	if (c || !e->facts.full)
		return c;
	c = aside_conn(e, from->id);
	if (c)
		return c;
	c = facts_live(&e->facts, from);
	if (!c)
		exporter_fail(e, TAPE_ERROR_MEMORY);
	return c;
}

/* Facts of this pass that say no more than the connection itself. */
static void forget_useless(struct exporter *e, struct facts_conn *c)
{
	if (c->live && facts_unwritten(c))
		facts_forget(&e->facts, c);
}

static void on_data(struct exporter *e, const struct event *event, const struct connection *from)
{
	const struct event_data *data = &event->data;
	struct facts_conn *c = known(e, from);

	if (!c || c->written) {
		e->totals.late_bytes += data->payload.len;
		return;
	}
	if (!transport_is_datagram(c->transport))
		exporter_stream_data(e, c, event, from);
	else if (c->wanted && data->layer == LAYER_WIRE)
		exporter_datagram(e, c, event, from);
	forget_useless(e, c);
}

static void on_conn(struct exporter *e, const struct event *event, const struct connection *from)
{
	struct facts_conn *c = event->snapshot ? NULL : known(e, from);

	if (!c || c->written)
		return;
	if (c->live)
		c->whole = event->conn.origin == ORIGIN_OPENED;
	if (!transport_is_datagram(c->transport))
		exporter_stream_open(e, c, from, event->ts);
	forget_useless(e, c);
}

static void on_loss(struct exporter *e, const struct event *event, const struct connection *from)
{
	const struct facts_conn *c = from ? facts_conn(&e->facts, from->id) : NULL;
	struct interface *interface;

	if (!c || !c->wanted)
		return;
	interface = exporter_interface(e, c->ends, LAYER_WIRE, from->pid, from->process);
	if (!interface)
		return;
	dump_dropped(e->out, interface_number(interface, true, DIRECTION_SENT), event->loss.events);
	e->attributed_events += event->loss.events;
}

static void write_event(void *context, const struct event *event, const struct connection *from)
{
	struct exporter *e = context;

	exporter_stream_expire(e, event->ts);
	if (event->type == EVENT_LOSS)
		on_loss(e, event, from);
	else if (from && event->type == EVENT_DATA)
		on_data(e, event, from);
	else if (from && event->type == EVENT_CONN)
		on_conn(e, event, from);
	aside_make_room(e);
	queue_advance(e->queue, replay_realtime(e->replay, event->ts));
}

static void write_conn_end(void *context, const struct connection *from)
{
	struct exporter *e = context;
	struct facts_conn *c = facts_conn(&e->facts, from->id);

	if (!c)
		c = aside_conn(e, from->id);
	if (!c || c->written)
		return;
	if (c->live)
		c->closed = from->closed;
	c->written = true;
	if (!transport_is_datagram(c->transport))
		exporter_stream_end(e, c, from);
	if (c->live)
		facts_forget(&e->facts, c);
}

static void write_plaintext(void *context, const struct event *event, const struct connection *from)
{
	on_data(context, event, from);
}

static void write_contents(void *context, const struct connection *from, enum layer layer,
			   const struct contents *contents)
{
	struct exporter *e = context;
	struct facts_conn *c = facts_conn(&e->facts, from->id);

	(void)layer;
	if (c && c->has_contents && !c->written && !c->live)
		exporter_stream_contents(e, c, contents, from);
}

static void write_record(void *context, const struct connection *from, const struct session *s,
			 const struct record *record)
{
	exporter_record(context, from, s, record);
}

bool exporter_looks_inside(const struct exporter *e)
{
	return e->looks_inside || e->options.records;
}

bool exporter_parses(void *context, uint64_t conn)
{
	const struct exporter *e = context;
	const struct facts_conn *c = facts_conn(&e->facts, conn);

	/* Also others than those that are written: a session may go on that began on them. */
	return c && (c->decrypted || c->has_contents || (e->options.records && c->wanted));
}

struct replay_handlers exporter_write_handlers(struct exporter *e)
{
	return (struct replay_handlers){
		.event = write_event,
		.conn_end = write_conn_end,
		.plaintext = write_plaintext,
		.contents = write_contents,
		.record = e->options.records ? write_record : NULL,
		.context = e,
	};
}

void exporter_attach(struct exporter *e, struct replay *replay)
{
	e->replay = replay;
}

/* ---- the end ---- */

enum tape_error exporter_finish(struct exporter *e)
{
	enum tape_error error;
	uint64_t lost = e->facts.lost_events;

	queue_flush(e->queue);
	if (lost > e->attributed_events)
		interfaces_lost(e->interfaces, lost - e->attributed_events);
	error = dump_finish(e->out);
	return e->error ? e->error : error;
}

struct exporter_totals exporter_totals(const struct exporter *e)
{
	struct exporter_totals totals = e->totals;

	totals.packets = dump_packets(e->out);
	totals.file_bytes = dump_bytes(e->out);
	totals.files = dump_file(e->out);
	totals.lost_events = e->facts.lost_events;
	totals.lost_bytes = e->facts.lost_bytes;
	totals.refused_peers = e->facts.refused_peers;
	totals.unknown_connections = e->facts.refused_conns;
	return totals;
}

const struct places *exporter_places(const struct exporter *e)
{
	return e->places;
}

void exporter_free(struct exporter *e)
{
	if (!e)
		return;
	exporter_stream_free(e);
	aside_free(&e->aside);
	facts_free(&e->facts);
	places_free(e->places);
	interfaces_free(e->interfaces);
	queue_free(e->queue);
	dump_free(e->out);
	map_free(&e->names);
	free(e);
}
