/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/facts.h"

#include <stdlib.h>

#include "analyze/pcapng/dissector.h"
#include "format/hash.h"

#define UNIX_PREFIX "unix:"

void facts_init(struct facts *f, uint32_t pid)
{
	*f = (struct facts){.pid = pid};
	f->seed = hash_seed();
}

/* ---- addresses ---- */

struct address facts_plain_address(const struct address *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291, 2.5.5.2 */
	struct address plain = *address;

	plain.scope = 0;
	if (plain.family == ADDRESS_INET6 && memcmp(plain.ip, mapped, sizeof(mapped)) == 0) {
		memmove(plain.ip, plain.ip + 12, 4);
		memset(plain.ip + 4, 0, 12);
		plain.family = ADDRESS_INET4;
	}
	return plain;
}

bool facts_unspecified(const struct address *address)
{
	static const uint8_t zeros[16];

	return memcmp(address->ip, zeros, sizeof(zeros)) == 0;
}

/*
 * A unique local IPv6 address (RFC 4193) for the path of a Unix socket: the same for the same path
 * in every export, so that a display filter on it can be kept.
 */
static struct address path_address(const char *text)
{
	static const uint8_t prefix[8] = {0xfd, 's', 'o', 'c', 'k', 't', 0, 1};
	struct address address = {.family = ADDRESS_UNIX};
	uint64_t hash = hash_bytes(0, text, strlen(text));

	memcpy(address.ip, prefix, sizeof(prefix));
	for (int i = 0; i < 8; i++)
		address.ip[8 + i] = (uint8_t)(hash >> (56 - 8 * i));
	return address;
}

static bool is_named(const char *text)
{
	return strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 &&
	       text[strlen(UNIX_PREFIX)] != '\0';
}

static struct address end_address(const struct address *address, const char *text)
{
	if (address->family != ADDRESS_UNIX)
		return facts_plain_address(address);
	return is_named(text) ? path_address(text) : (struct address){.family = ADDRESS_UNIX};
}

struct address facts_datagram_peer(const struct event_data *data, const struct connection *c)
{
	if (data->peer.family == ADDRESS_INET4 || data->peer.family == ADDRESS_INET6)
		return facts_plain_address(&data->peer);
	return end_address(&c->remote, c->remote_text);
}

/* ---- connections ---- */

struct facts_conn *facts_conn(const struct facts *f, uint64_t id)
{
	return map_get(&f->conns, id);
}

static struct facts_end *add_end(struct facts *f, struct facts_conn *c)
{
	struct facts_end *end = calloc(1, sizeof(*end));

	if (!end) {
		f->error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	end->conn = c;
	end->start_ts = INT64_MAX;
	end->end_ts = INT64_MIN;
	end->next = c->ends;
	c->ends = end;
	return end;
}

static void free_conn(struct facts_conn *c)
{
	while (c->ends) {
		struct facts_end *next = c->ends->next;

		free(c->ends);
		c->ends = next;
	}
	free(c->path);
	free(c);
}

static struct facts_conn *add_conn(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = calloc(1, sizeof(*c));

	if (!c || !map_put(&f->conns, from->id, c)) {
		free(c);
		f->error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	c->id = from->id;
	for (int layer = 0; layer < 2; layer++)
		c->lowest[layer][0] = c->lowest[layer][1] = UINT64_MAX;
	return c;
}

/* The facts of a connection that the replay still tells of, made when they are new. */
static struct facts_conn *open_conn(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = facts_conn(f, from->id);

	if (!c)
		c = add_conn(f, from);
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
	if (f->peer_count == FACTS_PEERS_MAX) {
		f->refused_peers++;
		return NULL;
	}
	end = add_end(f, c);
	if (!end)
		return NULL;
	end->remote = *peer;
	if (!map_put(&f->peers, peer_key(f, c, peer), end))
		f->error = TAPE_ERROR_MEMORY;
	f->peer_count++;
	return end;
}

static struct facts_end *open_end(struct facts *f, struct facts_conn *c,
				  const struct event_data *data, const struct connection *from)
{
	struct address peer;

	if (!transport_is_datagram(from->transport))
		return c->ends ? c->ends : add_end(f, c);
	peer = facts_datagram_peer(data, from);
	return open_peer(f, c, &peer);
}

/* ---- events ---- */

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

static void on_data(struct facts *f, const struct event_data *data, const struct connection *from,
		    int64_t ts)
{
	struct facts_conn *c = open_conn(f, from);
	uint64_t *lowest;
	struct facts_end *end;

	if (!c)
		return;
	if (!f->pid || data->pid == f->pid)
		c->wanted = true;
	lowest = &c->lowest[data->layer][data->direction];
	if (data->offset < *lowest)
		*lowest = data->offset;
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

static void on_conn(struct facts *f, const struct event *event, const struct connection *from)
{
	struct facts_conn *c = open_conn(f, from);

	if (!c)
		return;
	if (!f->pid || from->pid == f->pid)
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
	if (!c->ends || transport_is_datagram(from->transport))
		return;
	raise_to(&c->ends->moved[DIRECTION_SENT], close->sent);
	raise_to(&c->ends->moved[DIRECTION_RECEIVED], close->received);
}

static void on_loss(struct facts *f, const struct event_loss *loss)
{
	f->lost_events += loss->events;
	f->lost_bytes += loss->bytes;
}

void facts_event(void *context, const struct event *event, const struct connection *c)
{
	struct facts *f = context;

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

static const struct protocol *first_protocol(const struct session *s)
{
	const struct spoken *spoken;

	return s && session_spoken(s, &spoken) ? spoken[0].protocol : NULL;
}

/* Without it a Unix server would be known by nothing but a made-up address. */
static void keep_path(struct facts *f, struct facts_conn *c, const struct connection *from)
{
	const char *text = is_named(from->local_text) ? from->local_text : from->remote_text;

	if (!is_named(text))
		return;
	c->path = strdup(text);
	if (!c->path)
		f->error = TAPE_ERROR_MEMORY;
}

void facts_conn_end(void *context, const struct connection *from)
{
	struct facts *f = context;
	struct facts_conn *c = facts_conn(f, from->id);
	bool datagram = transport_is_datagram(from->transport);

	if (!c || c->ended)
		return;
	c->ended = true;
	c->transport = from->transport;
	c->role = connection_role(from);
	c->netns = from->netns;
	c->lost_bytes = from->lost_bytes;
	c->local = end_address(&from->local, from->local_text);
	c->remote = end_address(&from->remote, from->remote_text);
	keep_path(f, c, from);
	for (int layer = 0; layer < 2; layer++)
		c->protocol[layer] = first_protocol(from->sessions[layer]);
	if (datagram)
		return;
	if (!c->ends && !add_end(f, c))
		return;
	c->ends->remote = c->remote;
	if (from->start_ts < c->ends->start_ts)
		c->ends->start_ts = from->start_ts;
	if (from->end_ts > c->ends->end_ts)
		c->ends->end_ts = from->end_ts;
}

/* ---- roles ---- */

static bool serves(const struct facts_conn *c, const struct address *address)
{
	bool tcp = !transport_is_datagram(c->transport);

	return c->protocol[LAYER_WIRE] &&
	       dissector_expects(c->protocol[LAYER_WIRE], tcp, address->port);
}

/* Neither the recorder nor the bytes told: the names and numbers do. */
static enum role likely_role(const struct facts_conn *c)
{
	const struct address *remote = c->ends ? &c->ends->remote : &c->remote;

	if (c->local.family == ADDRESS_UNIX)
		return facts_unspecified(&c->local) ? ROLE_CLIENT : ROLE_SERVER;
	if (serves(c, &c->local) != serves(c, remote))
		return serves(c, remote) ? ROLE_CLIENT : ROLE_SERVER;
	return c->local.port && c->local.port < remote->port ? ROLE_SERVER : ROLE_CLIENT;
}

void facts_finish(struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		if (c->role == ROLE_UNKNOWN)
			c->role = likely_role(c);
}

void facts_free(struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		free_conn(c);
	map_free(&f->conns);
	map_free(&f->peers);
}
