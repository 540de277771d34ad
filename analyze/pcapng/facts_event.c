/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/pcapng/contents.h"
#include "analyze/pcapng/facts_private.h"
#include "format/hash.h"

/* The facts of a connection that the replay still tells of, made when they are new. */
static struct facts_conn *open_conn(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = facts_conn(f, from->id);

	if (!c && facts_has_room(f))
		c = facts_add_conn(f, from);
	return c && !c->ended ? c : NULL;
}

static uint64_t peer_key(const struct facts *f, const struct facts_conn *c,
			 const struct address *peer)
{
	uint64_t key = hash_u64(f->seed, c->id);

	key = hash_u64(key, (uint64_t)peer->family << 16 | peer->port);
	return hash_bytes(key, peer->ip, sizeof(peer->ip));
}

struct facts_end *facts_peer(const struct facts *f, const struct facts_conn *c,
			     const struct address *peer)
{
	return map_get(&f->peers, peer_key(f, c, peer));
}

static struct facts_end *open_peer(struct facts *f, struct facts_conn *c,
				   const struct address *peer)
{
	struct facts_end *end = facts_peer(f, c, peer);

	if (end)
		return end;
	if (f->peer_count == FACTS_PEERS_MAX || !facts_has_room(f)) {
		f->refused_peers++;
		return NULL;
	}
	end = facts_add_end(f, c);
	if (!end)
		return NULL;
	end->remote = *peer;
	if (!map_put(&f->peers, peer_key(f, c, peer), end))
		f->error = TAPE_ERROR_MEMORY;
	f->used += FACTS_MAP_ENTRY;
	f->peer_count++;
	return end;
}

static struct facts_end *open_end(struct facts *f, struct facts_conn *c,
				  const struct event_data *data, const struct connection *from)
{
	struct address peer;

	if (!transport_is_datagram(from->transport))
		return c->ends ? c->ends : facts_add_end(f, c);
	peer = facts_datagram_peer(data, from);
	return open_peer(f, c, &peer);
}

static void raise_to(uint64_t *value, uint64_t least)
{
	if (*value < least)
		*value = least;
}

static void end_moved(struct facts_end *end, const struct event_data *data, bool datagram,
		      int64_t ts)
{
	uint64_t *moved = &end->moved[data->direction];

	if (datagram)
		*moved += data->len;
	else
		raise_to(moved, data->offset + data->len);
	if (ts < end->start_ts)
		end->start_ts = ts;
	if (ts > end->end_ts)
		end->end_ts = ts;
}

/* The first bytes in order, which are those from the first position seen on. */
static void keep_prefix(struct facts_stream *s, const struct event_data *data)
{
	size_t len = data->payload.len;

	if (data->offset - s->lowest != s->prefix_len)
		return;
	if (len > (size_t)FACTS_PREFIX - s->prefix_len)
		len = (size_t)FACTS_PREFIX - s->prefix_len;
	if (!len)
		return;
	memcpy(s->prefix + s->prefix_len, data->payload.data, len);
	s->prefix_len = (uint8_t)(s->prefix_len + len);
}

static void stream_moved(struct facts_stream *s, const struct event_data *data)
{
	if (data->offset < s->lowest) {
		s->lowest = data->offset;
		s->prefix_len = 0;
	}
	keep_prefix(s, data);
	raise_to(&s->high, data->offset + data->len);
	s->there += cut_is_wanted(data->cut) ? data->len : data->payload.len;
}

static bool has_room_for_borders(const struct facts *f)
{
	return !f->limit || f->used <= f->limit + f->limit / FACTS_BORDERS_SHARE;
}

/* Without memory there are no borders, which nobody needs. */
static void borders_begin(struct facts *f, struct facts_conn *c, const struct event_data *data,
			  const struct connection *from)
{
	if (transport_is_datagram(from->transport))
		return;
	if (!c->borders && has_room_for_borders(f)) {
		c->borders = calloc(1, sizeof(*c->borders));
		f->used += c->borders ? FACTS_BORDERS_SIZE : 0;
	}
	if (c->borders)
		borders_event(&c->borders->of[data->layer][data->direction], data->offset);
}

bool facts_complete(const struct facts_stream *s)
{
	return s->lowest == UINT64_MAX ? s->high == 0 : s->there == s->high - s->lowest;
}

static void on_data(struct facts *f, const struct event_data *data, const struct connection *from,
		    int64_t ts)
{
	struct facts_conn *c = open_conn(f, from);
	struct facts_end *end;

	if (!c)
		return;
	if (facts_selects(f, c))
		c->wanted = true;
	stream_moved(&c->streams[data->layer][data->direction], data);
	borders_begin(f, c, data, from);
	if (data->layer == LAYER_TLS) {
		c->has_plaintext = true;
		return;
	}
	if (!c->has_data)
		c->starts_with_line = data->payload.len &&
				      memchr(data->payload.data, '\n', data->payload.len);
	c->has_data = true;
	end = open_end(f, c, data, from);
	if (end)
		end_moved(end, data, transport_is_datagram(from->transport), ts);
}

void facts_border(void *context, const struct connection *from, enum layer layer,
		  enum direction direction, uint64_t position)
{
	struct facts *f = context;
	struct facts_conn *c = facts_conn(f, from->id);
	struct borders *b = c && c->borders ? &c->borders->of[layer][direction] : NULL;
	size_t capacity = b ? b->capacity : 0;

	if (!b || !has_room_for_borders(f))
		return;
	if (!borders_message(b, position))
		f->error = TAPE_ERROR_MEMORY;
	f->used += (b->capacity - capacity) * sizeof(*b->all);
}

static void on_conn(struct facts *f, const struct event *event, const struct connection *from)
{
	struct facts_conn *c = open_conn(f, from);

	if (!c)
		return;
	if (facts_selects(f, c))
		c->wanted = true;
	if (!event->snapshot && event->conn.origin == ORIGIN_OPENED)
		c->whole = true;
}

static void on_close(struct facts *f, const struct event_close *close,
		     const struct connection *from)
{
	struct facts_conn *c = facts_conn(f, from->id);

	if (!c || c->ended)
		return;
	c->closed = true;
	if (transport_is_datagram(from->transport))
		return;
	raise_to(&c->streams[LAYER_WIRE][DIRECTION_SENT].high, close->sent);
	raise_to(&c->streams[LAYER_WIRE][DIRECTION_RECEIVED].high, close->received);
}

static void on_loss(struct facts *f, const struct event_loss *loss)
{
	if (loss->elsewhere)
		return;
	f->lost_events += loss->events;
	f->lost_bytes += loss->bytes;
}

/* An import tells of some things late: when nothing can come before them any more. */
static void note_time(struct facts *f, const struct event *event)
{
	int64_t ts = event->ts;

	if (event->snapshot)
		return;
	if (event->type == EVENT_CONN && event->conn.opened_ts < ts)
		ts = event->conn.opened_ts;
	if (event->ts > f->newest)
		f->newest = event->ts;
	if (f->newest - ts > f->late)
		f->late = f->newest - ts;
}

void facts_event(void *context, const struct event *event, const struct connection *c)
{
	struct facts *f = context;

	note_time(f, event);
	if (event->type == EVENT_LOSS)
		on_loss(f, &event->loss);
	else if (event->type == EVENT_SECRET)
		f->secrets++;
	else if (c && event->type == EVENT_CONN)
		on_conn(f, event, c);
	else if (c && event->type == EVENT_DATA)
		on_data(f, &event->data, c, event->ts);
	else if (c && event->type == EVENT_CLOSE)
		on_close(f, &event->close, c);
}

void facts_plaintext(void *context, const struct event *event, const struct connection *from)
{
	struct facts *f = context;
	struct facts_conn *c;

	facts_event(context, event, from);
	c = facts_conn(f, from->id);
	if (c)
		c->decrypted = true;
}

bool facts_contents_data(struct facts_conn *c, const struct protocol *protocol,
			 const struct contents *contents, struct event_data *data,
			 struct buffer *copy)
{
	enum direction direction = contents->direction;
	bool from_client = (direction == DIRECTION_SENT) == (c->role != ROLE_SERVER);
	uint64_t *at = &c->contents_at[direction];
	struct span bytes = contents_mend(protocol, contents, from_client, !*at, copy);

	*data = (struct event_data){
		.conn = c->id,
		.fd = -1,
		.call = CALL_CAPTURE,
		.direction = direction,
		.layer = LAYER_CONTENTS,
		.offset = *at,
		.len = bytes.len + contents->missing,
		.payload = bytes,
	};
	*at += data->len;
	return data->len > 0;
}

void facts_contents(void *context, const struct connection *from, enum layer layer,
		    const struct contents *contents)
{
	struct facts *f = context;
	struct facts_conn *c = facts_conn(f, from->id);
	const struct session *s = from->sessions[layer] ? from->sessions[layer]
							: from->sessions[LAYER_WIRE];
	const struct protocol *protocol = s ? session_protocol(s) : NULL;
	struct buffer copy = {0};
	struct event_data data;

	if (!c || c->ended || f->no_contents || !protocol || !contents_shown(protocol))
		return;
	if (c->role == ROLE_UNKNOWN)
		c->role = connection_role(from);
	c->has_contents |= contents->changed;
	c->contents_of = layer;
	c->protocol[LAYER_CONTENTS] = protocol;
	if (facts_contents_data(c, protocol, contents, &data, &copy))
		stream_moved(&c->streams[LAYER_CONTENTS][data.direction], &data);
	buffer_free(&copy);
}

bool facts_unwritten(const struct facts_conn *c)
{
	for (int layer = 0; layer < LAYERS_SHOWN; layer++)
		if (c->outlets[layer] || c->aside[layer])
			return false;
	return true;
}
