/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "analyze/pcapng/exporter_private.h"

/* An end that was placed before, or is placed and described now. */
static const struct place *placed(struct exporter *e, struct facts_end *end, struct buffer *comment)
{
	if (end->placed)
		return &end->place;
	if (!place_assign(e->places, end, LAYER_WIRE, &end->place)) {
		exporter_fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	end->placed = true;
	exporter_describe(e, end, LAYER_WIRE, &end->place, comment);
	e->totals.flows++;
	return &end->place;
}

static void write_datagram(struct exporter *e, const struct exporter_source *source,
			   const struct place *place, const struct event_data *data, int64_t ts,
			   struct buffer *comment)
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
		if (comment->len)
			buffer_append_text(comment, "; ");
		buffer_printf(comment,
			      "cut: the datagram has %" PRIu64 " bytes, more than UDP allows",
			      data->len);
		e->totals.cut_datagrams++;
	}
	exporter_packet(e, source, &packet, data->direction, ts, comment);
}

/* Of two ends, each direction is taken from the one that saw more of it. */
static bool is_taken(const struct facts_end *end, const struct facts_end *written,
		     enum direction direction)
{
	return (end != written) == written->from_twin[direction];
}

static void write_peer(struct exporter *e, struct facts_end *end, struct event_data *data,
		       int64_t ts, uint32_t pid)
{
	struct facts_end *written = end->left_out ? end->twin : end;
	struct exporter_source source = {.end = written};
	struct buffer comment = {0};
	const struct place *place;

	if (end != written)
		data->direction = direction_opposite(data->direction);
	if (!is_taken(end, written, data->direction))
		return;
	source.interface = exporter_interface(e, written, LAYER_WIRE, pid,
					      replay_process(e->replay, pid));
	place = source.interface ? placed(e, written, &comment) : NULL;
	if (place)
		write_datagram(e, &source, place, data, ts, &comment);
	buffer_free(&comment);
}

void exporter_datagram(struct exporter *e, struct facts_conn *c, const struct event *event,
		       const struct connection *from)
{
	struct event_data data = event->data;
	struct address peer = facts_datagram_peer(&data, from);
	struct facts_end *end = facts_peer(&e->facts, c, &peer);
	struct facts_end passing = {.conn = c, .remote = peer};
	uint32_t pid = data.pid ? data.pid : from->pid;
	struct exporter_source source = {0};
	struct buffer comment = {0};
	struct place shared;

	if (end) {
		write_peer(e, end, &data, event->ts, pid);
		return;
	}
	source.interface = exporter_interface(e, &passing, LAYER_WIRE, pid,
					      replay_process(e->replay, pid));
	if (!source.interface)
		return;
	place_share(e->places, &passing, &shared);
	write_datagram(e, &source, &shared, &data, event->ts, &comment);
	buffer_free(&comment);
}
