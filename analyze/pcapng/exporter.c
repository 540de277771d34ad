/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/exporter.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyze/pcapng/interface.h"
#include "analyze/pcapng/packet.h"
#include "analyze/pcapng/preamble.h"
#include "analyze/pcapng/stream.h"
#include "analyze/pcapng/twin.h"

struct exporter {
	struct exporter_options options;
	struct facts facts;
	struct places *places;
	struct pcapng *out;
	struct interfaces *interfaces;
	struct replay *replay;
	struct map names;	     /* addresses whose name was written */
	struct interface *interface; /* of the process of the current event */
	struct buffer comment;	     /* for the next packet */
	int64_t last_time;	     /* of any packet; ns since the epoch */
	uint64_t attributed_events;  /* lost ones whose process is known */
	struct exporter_totals totals;
	enum tape_error error;
};

struct exporter *exporter_new(const struct exporter_options *options)
{
	struct exporter *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->options = *options;
	facts_init(&e->facts, options->filter.pid);
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
		.context = &e->facts,
	};
}

enum tape_error exporter_begin(struct exporter *e, const char *path, struct sink sink)
{
	const struct replay_filter *filter = &e->options.filter;
	enum tape_error error = e->facts.error;

	facts_finish(&e->facts);
	e->out = pcapng_new(sink);
	e->interfaces = e->out ? interfaces_new(e->out) : NULL;
	if (!e->interfaces)
		return TAPE_ERROR_MEMORY;
	if (!error && !e->options.both_ends)
		error = twin_find(&e->facts, &e->totals.merged);
	if (error)
		return error;
	return preamble_write(path, &e->facts, !filter->conn && !filter->pid, e->out);
}

static void fail(struct exporter *e, enum tape_error error)
{
	if (!e->error)
		e->error = error;
	replay_stop(e->replay);
}

/* ---- packets ---- */

static void write_packet(struct exporter *e, const struct packet *packet, enum direction direction,
			 int64_t ts)
{
	uint8_t headers[PACKET_HEADERS_MAX];
	size_t len = packet_headers(packet, headers);
	struct pcapng_packet record = {
		.interface = e->interface->number,
		.ts = replay_realtime(e->replay, ts),
		.direction = direction,
		.headers = span_of(headers, len),
		.payload = packet->payload,
		.original_len = len + packet->len,
		.comment = buffer_span(&e->comment),
	};

	pcapng_packet(e->out, &record);
	buffer_clear(&e->comment);
	if (record.ts > e->last_time)
		e->last_time = record.ts;
	e->interface->packets++;
	e->totals.payload_bytes += packet->payload.len;
	if (pcapng_error(e->out))
		fail(e, pcapng_error(e->out));
}

static void add_note(struct exporter *e, struct span note)
{
	if (!note.len)
		return;
	if (e->comment.len)
		buffer_append_text(&e->comment, "; ");
	buffer_append_span(&e->comment, note);
}

static void on_stream_packet(void *context, const struct packet *packet, enum direction direction,
			     int64_t ts, struct span note)
{
	struct exporter *e = context;

	add_note(e, note);
	write_packet(e, packet, direction, ts);
}

/* ---- what is said on the first packet of a connection ---- */

static void describe(struct exporter *e, const struct facts_end *end, enum layer layer,
		     const struct place *place)
{
	const struct facts_conn *c = end->conn;
	const struct protocol *protocol = c->protocol[layer];
	struct buffer *b = &e->comment;

	buffer_printf(b, "%sconn %" PRIu64, layer == LAYER_TLS ? "plaintext of the TLS of " : "",
		      c->id);
	if (protocol)
		buffer_printf(b, ", %s", protocol->name);
	place_describe(end, place, b);
	if (!transport_is_datagram(c->transport) && !c->whole)
		buffer_append_text(b, "; began before the recording, or before what was exported");
	if (c->lost_bytes && layer == LAYER_WIRE)
		buffer_printf(b, "; %" PRIu64 " bytes of it were lost", c->lost_bytes);
	if (end->twin && !e->options.both_ends)
		buffer_printf(b, "; its other end is conn %" PRIu64, end->twin->conn->id);
}

/* Names the made-up address of a Unix socket's path, once. */
static void name_path(struct exporter *e, const struct facts_conn *c)
{
	const struct address *named = facts_unspecified(&c->local) ? &c->remote : &c->local;
	uint64_t key;

	if (!c->path)
		return;
	memcpy(&key, named->ip + 8, sizeof(key));
	if (map_get(&e->names, key))
		return;
	pcapng_name(e->out, named->ip, span_text(c->path));
	if (!map_put(&e->names, key, e))
		fail(e, TAPE_ERROR_MEMORY);
}

/* ---- streams ---- */

static uint64_t stream_start(const struct facts_conn *c, enum layer layer, enum direction direction)
{
	uint64_t lowest = c->lowest[layer][direction];

	/* Without data the position is never looked at. */
	return c->whole || lowest == UINT64_MAX ? 0 : lowest;
}

static struct stream *open_stream(struct exporter *e, struct facts_conn *c, enum layer layer,
				  int64_t ts)
{
	struct stream_options options = {
		.id = c->id << 1 | layer,
		.start = {stream_start(c, layer, DIRECTION_SENT),
			  stream_start(c, layer, DIRECTION_RECEIVED)},
		.packet = on_stream_packet,
		.context = e,
	};

	if (!place_assign(e->places, c->ends, layer, &options.place)) {
		fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	name_path(e, c);
	describe(e, c->ends, layer, &options.place);
	c->streams[layer] = stream_new(&options, ts);
	if (!c->streams[layer])
		fail(e, TAPE_ERROR_MEMORY);
	if (layer == LAYER_TLS)
		e->totals.plaintexts++;
	else
		e->totals.connections++;
	return c->streams[layer];
}

/* A connection that is recorded whole begins when it was opened, not with its first byte. */
static int64_t stream_begin(const struct facts_conn *c, const struct connection *from, int64_t ts)
{
	return c->whole && from->start_ts < ts ? from->start_ts : ts;
}

static void on_stream_data(struct exporter *e, struct facts_conn *c, const struct event *event,
			   const struct connection *from)
{
	const struct event_data *data = &event->data;
	struct stream *s = c->streams[data->layer];

	if (!s)
		s = open_stream(e, c, data->layer, stream_begin(c, from, event->ts));
	if (s)
		stream_data(s, data, event->ts);
}

static void finish_stream(struct facts_conn *c, enum layer layer, const struct stream_end *how)
{
	if (!c->streams[layer])
		return;
	stream_finish(c->streams[layer], how);
	stream_free(c->streams[layer]);
	c->streams[layer] = NULL;
}

static void finish_streams(struct facts_conn *c, const struct connection *from)
{
	const struct facts_end *end = c->ends, *twin = end->twin;
	struct stream_end plaintext = {
		.closed = c->closed,
		.remote_first = twin && twin->conn->closed && twin->end_ts < from->end_ts,
		.ts = from->end_ts,
	};
	struct stream_end wire = plaintext;

	/* The positions of the close are the socket's. */
	memcpy(wire.final, end->moved, sizeof(wire.final));
	finish_stream(c, LAYER_WIRE, &wire);
	finish_stream(c, LAYER_TLS, &plaintext);
}

/* ---- datagrams ---- */

/* An end that was placed before, or is placed and described now. */
static const struct place *datagram_place(struct exporter *e, struct facts_end *end)
{
	if (end->placed)
		return &end->place;
	if (!place_assign(e->places, end, LAYER_WIRE, &end->place)) {
		fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	end->placed = true;
	name_path(e, end->conn);
	describe(e, end, LAYER_WIRE, &end->place);
	e->totals.flows++;
	return &end->place;
}

static void write_datagram(struct exporter *e, const struct place *place,
			   const struct event_data *data, int64_t ts)
{
	bool from_client = (data->direction == DIRECTION_SENT) == place->local_is_client;
	size_t max = packet_payload_max(place->client.family, false);
	struct packet packet = {
		.from = from_client ? &place->client : &place->server,
		.to = from_client ? &place->server : &place->client,
		.from_client = from_client,
		.payload = data->payload,
		.len = data->len < max ? (size_t)data->len : max,
	};

	if (packet.payload.len > packet.len)
		packet.payload.len = packet.len;
	if (data->len > max) {
		if (e->comment.len)
			buffer_append_text(&e->comment, "; ");
		buffer_printf(&e->comment,
			      "cut: the datagram has %" PRIu64 " bytes, more than UDP allows",
			      data->len);
		e->totals.cut_datagrams++;
	}
	write_packet(e, &packet, data->direction, ts);
}

static void on_datagram(struct exporter *e, struct facts_conn *c, const struct event *event,
			const struct connection *from)
{
	const struct event_data *data = &event->data;
	struct address peer = facts_datagram_peer(data, from);
	struct facts_end *end = facts_peer(&e->facts, c, &peer);
	struct facts_end passing = {.conn = c, .remote = peer};
	struct place shared;
	const struct place *place = &shared;

	if (end && end->left_out)
		return;
	if (end)
		place = datagram_place(e, end);
	else
		place_share(e->places, &passing, &shared);
	if (place)
		write_datagram(e, place, data, event->ts);
}

/* ---- events of the second pass ---- */

static bool choose_interface(struct exporter *e, const struct process *process, uint32_t pid)
{
	e->interface = interfaces_get(e->interfaces, process, pid);
	if (!e->interface)
		fail(e, TAPE_ERROR_MEMORY);
	return e->interface != NULL;
}

static bool is_written(const struct facts_conn *c)
{
	if (!c->wanted || c->written)
		return false;
	return transport_is_datagram(c->transport) || (c->ends && !c->ends->left_out);
}

static void on_data(struct exporter *e, const struct event *event, const struct connection *from)
{
	const struct event_data *data = &event->data;
	struct facts_conn *c = facts_conn(&e->facts, data->conn);
	uint32_t pid = data->pid ? data->pid : from->pid;

	if (!c || c->written) {
		e->totals.late_bytes += data->payload.len;
		return;
	}
	if (!is_written(c) || !choose_interface(e, replay_process(e->replay, pid), pid))
		return;
	if (!transport_is_datagram(c->transport))
		on_stream_data(e, c, event, from);
	else if (data->layer == LAYER_WIRE)
		on_datagram(e, c, event, from);
}

/* Connections on which nothing is said are shown, too. */
static void open_empty(struct exporter *e, struct facts_conn *c, const struct connection *from,
		       int64_t ts)
{
	if (!c->whole || !is_written(c) || transport_is_datagram(c->transport) ||
	    c->streams[LAYER_WIRE])
		return;
	if (choose_interface(e, from->process, from->pid))
		open_stream(e, c, LAYER_WIRE, stream_begin(c, from, ts));
}

static void on_conn(struct exporter *e, const struct event *event, const struct connection *from)
{
	struct facts_conn *c = facts_conn(&e->facts, from->id);

	/* A new process is told of a moment later than its connection: its name is worth waiting.
	 */
	if (c && !event->snapshot && (from->process || !from->pid))
		open_empty(e, c, from, event->ts);
}

static void on_loss(struct exporter *e, const struct event *event, const struct connection *from)
{
	const struct facts_conn *c = from ? facts_conn(&e->facts, from->id) : NULL;

	if (!c || !c->wanted || !choose_interface(e, from->process, from->pid))
		return;
	e->interface->lost += event->loss.events;
	e->attributed_events += event->loss.events;
}

static void write_event(void *context, const struct event *event, const struct connection *from)
{
	struct exporter *e = context;

	if (event->type == EVENT_LOSS)
		on_loss(e, event, from);
	else if (from && event->type == EVENT_DATA)
		on_data(e, event, from);
	else if (from && event->type == EVENT_CONN)
		on_conn(e, event, from);
}

static void write_conn_end(void *context, const struct connection *from)
{
	struct exporter *e = context;
	struct facts_conn *c = facts_conn(&e->facts, from->id);

	if (!c || c->written)
		return;
	open_empty(e, c, from, from->end_ts);
	if ((c->streams[LAYER_WIRE] || c->streams[LAYER_TLS]) &&
	    choose_interface(e, from->process, from->pid))
		finish_streams(c, from);
	c->written = true;
}

struct replay_handlers exporter_write_handlers(struct exporter *e)
{
	return (struct replay_handlers){
		.event = write_event,
		.conn_end = write_conn_end,
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

	interfaces_finish(e->interfaces, e->last_time,
			  lost > e->attributed_events ? lost - e->attributed_events : 0);
	error = pcapng_flush(e->out);
	return e->error ? e->error : error;
}

struct exporter_totals exporter_totals(const struct exporter *e)
{
	struct exporter_totals totals = e->totals;

	totals.packets = pcapng_packets(e->out);
	totals.file_bytes = pcapng_bytes(e->out);
	totals.lost_events = e->facts.lost_events;
	totals.lost_bytes = e->facts.lost_bytes;
	totals.refused_peers = e->facts.refused_peers;
	return totals;
}

const struct places *exporter_places(const struct exporter *e)
{
	return e->places;
}

/* A second pass that was not finished leaves streams open. */
static void free_streams(struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL) {
		stream_free(c->streams[LAYER_WIRE]);
		stream_free(c->streams[LAYER_TLS]);
	}
}

void exporter_free(struct exporter *e)
{
	if (!e)
		return;
	free_streams(&e->facts);
	facts_free(&e->facts);
	places_free(e->places);
	interfaces_free(e->interfaces);
	pcapng_free(e->out);
	map_free(&e->names);
	buffer_free(&e->comment);
	free(e);
}
