/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/facts.h"

#include <stdlib.h>

#include "analyze/pcapng/contents.h"
#include "analyze/pcapng/dissector.h"
#include "analyze/pcapng/interface.h"
#include "analyze/pcapng/splice.h"
#include "format/hash.h"
#include "protocols/cipher/keylog.h"
#include "protocols/tls/tls.h"
#include "protocols/value/hex.h"

#define UNIX_PREFIX "unix:"

/* What an entry of a map costs, slots and spare room included. */
#define MAP_ENTRY 64

/* A connection with its first end; what the allocator adds to each. */
#define CONN_SIZE                                                                                  \
	(sizeof(struct facts_conn) + sizeof(struct facts_end) + MAP_ENTRY + 2 * BUDGET_OVERHEAD)

/* Of the memory, what the ends of borders may take; beyond that there are none. */
#define BORDERS_SHARE 4
#define BORDERS_SIZE  (sizeof(struct facts_borders) + BUDGET_OVERHEAD)

void facts_init(struct facts *f, const struct selection *selection, uint64_t limit)
{
	*f = (struct facts){.selection = selection, .limit = limit};
	f->seed = hash_seed();
}

static bool is_selected(const struct facts *f, const struct facts_conn *c)
{
	const struct selection_subject subject = {.conn = c->id};

	return !f->selection || selection_has(f->selection, SELECT_CONN, &subject);
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
	if (end->next)
		f->used += sizeof(*end) + BUDGET_OVERHEAD;
	return end;
}

static void free_borders(struct facts_conn *c)
{
	if (!c->borders)
		return;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		borders_free(&c->borders->of[i / 2][i % 2]);
	free(c->borders);
	c->borders = NULL;
}

static void free_process(struct facts_process *p)
{
	free(p->name);
	free(p->description);
	free(p);
}

static void free_conn(struct facts_conn *c)
{
	free_borders(c);
	while (c->ends) {
		struct facts_end *next = c->ends->next;

		free(c->ends);
		c->ends = next;
	}
	free(c->path);
	free(c->sni);
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
	f->used += CONN_SIZE;
	c->id = from->id;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		c->streams[i / 2][i % 2].lowest = UINT64_MAX;
	return c;
}

static bool has_room(struct facts *f)
{
	f->full |= f->limit && f->used > f->limit;
	return !f->full;
}

/* The facts of a connection that the replay still tells of, made when they are new. */
static struct facts_conn *open_conn(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = facts_conn(f, from->id);

	if (!c && has_room(f))
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
	if (f->peer_count == FACTS_PEERS_MAX || !has_room(f)) {
		f->refused_peers++;
		return NULL;
	}
	end = add_end(f, c);
	if (!end)
		return NULL;
	end->remote = *peer;
	if (!map_put(&f->peers, peer_key(f, c, peer), end))
		f->error = TAPE_ERROR_MEMORY;
	f->used += MAP_ENTRY;
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
	return !f->limit || f->used <= f->limit + f->limit / BORDERS_SHARE;
}

/* Without memory there are no borders, which nobody needs. */
static void borders_begin(struct facts *f, struct facts_conn *c, const struct event_data *data,
			  const struct connection *from)
{
	if (transport_is_datagram(from->transport))
		return;
	if (!c->borders && has_room_for_borders(f)) {
		c->borders = calloc(1, sizeof(*c->borders));
		f->used += c->borders ? BORDERS_SIZE : 0;
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
	if (is_selected(f, c))
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

/* After the connection's end only those that say something stay. */
static void borders_end(struct facts *f, struct facts_conn *c)
{
	if (!c->borders)
		return;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		if (c->borders->of[i / 2][i % 2].count)
			return;
	free_borders(c);
	f->used -= BORDERS_SIZE;
}

static void on_conn(struct facts *f, const struct event *event, const struct connection *from)
{
	struct facts_conn *c = open_conn(f, from);

	if (!c)
		return;
	if (is_selected(f, c))
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

/* ---- what frames hold ---- */

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

/* ---- the end of a connection ---- */

static const struct protocol *first_protocol(const struct session *s)
{
	const struct spoken *spoken;

	return s && session_spoken(s, &spoken) ? spoken[0].protocol : NULL;
}

/* What S speaks inside TLS: what came after it, or what it was put around. */
static const struct protocol *inner_protocol(const struct session *s)
{
	const struct spoken *spoken;
	size_t count = s ? session_spoken(s, &spoken) : 0, tls = 0;

	while (tls < count && !spoken[tls].protocol->encrypts)
		tls++;
	for (size_t i = tls + 1; i < count; i++)
		if (!spoken[i].protocol->encrypts)
			return spoken[i].protocol;
	return tls && tls < count ? spoken[tls - 1].protocol : NULL;
}

static uint64_t random_key(const struct facts *f, struct span hex)
{
	uint64_t hash = f->seed;

	for (size_t i = 0; i < hex.len; i++)
		hash = hash_u64(hash, (uint64_t)(hex.data[i] | 0x20));
	return hash;
}

/* Its secrets go into the file. */
static void want_secrets(struct facts *f, struct span random)
{
	struct buffer hex = {0};

	hex_append(&hex, random);
	if (hex.failed || !map_put(&f->randoms, random_key(f, buffer_span(&hex)), f))
		f->error = TAPE_ERROR_MEMORY;
	f->used += MAP_ENTRY;
	buffer_free(&hex);
	if (f->keylog)
		keylog_write(f->keylog, random, &f->lines);
}

bool facts_wants_random(const struct facts *f, struct span random)
{
	return map_get(&f->randoms, random_key(f, random)) != NULL;
}

/* The clear bytes of the server's direction stand before its plaintext. */
static void splice_streams(struct facts_conn *c, const uint64_t seam[2])
{
	enum direction server = c->role == ROLE_SERVER ? DIRECTION_SENT : DIRECTION_RECEIVED;
	struct facts_stream *wire = &c->streams[LAYER_WIRE][server];
	struct facts_stream *plain = &c->streams[LAYER_TLS][server];

	if (!c->inside || !splice_keeps(c->inside) || !c->whole || wire->lowest)
		return;
	c->spliced[server] = seam[server];
	plain->lowest = 0;
	plain->high += seam[server];
	plain->there += seam[server];
	plain->prefix_len = wire->prefix_len;
	memcpy(plain->prefix, wire->prefix, sizeof(plain->prefix));
	if (c->borders) {
		borders_free(&c->borders->of[LAYER_TLS][server]);
		c->borders->of[LAYER_TLS][server] = (struct borders){0};
	}
}

static void take_tls(struct facts *f, struct facts_conn *c, const struct connection *from)
{
	const struct session *wire = from->sessions[LAYER_WIRE];
	const struct encryption *e = wire ? session_encryption(wire) : NULL;
	uint64_t seam[2];
	bool carried;

	c->inside = from->sessions[LAYER_TLS] ? first_protocol(from->sessions[LAYER_TLS])
					      : inner_protocol(wire);
	if (f->tls == EXPORT_TLS_KEYS && e && e->random.len) {
		/* Where the handshake isn't there Wireshark opens nothing. */
		c->has_keys = c->decrypted && c->whole;
		c->has_plaintext &= !c->has_keys;
		if (c->wanted)
			want_secrets(f, e->random);
	}
	if (!c->has_plaintext)
		return;
	/* A carrier that is asked for belongs where its protocol is. */
	carried = f->tls == EXPORT_TLS_CARRIER && !splice_request(c->inside).client.len;
	c->protocol[LAYER_TLS] = carried ? &protocol_tls : c->inside;
	if (f->tls == EXPORT_TLS_CARRIER && e && e->sni.len)
		c->sni = strndup(e->sni.data, e->sni.len);
	if (wire && session_seam(wire, seam))
		splice_streams(c, seam);
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
	f->used += strlen(text);
}

/* The name of a process is kept once, however many connections it had. */
static const struct facts_process *keep_process(struct facts *f, const struct connection *from)
{
	struct buffer name = {0}, description = {0};
	struct facts_process *p;
	uint64_t key;

	if (!from->process && !from->pid)
		return NULL;
	interface_text(from->process, from->pid, &name, &description);
	buffer_append_char(&name, '\0');
	buffer_append_char(&description, '\0');
	if (name.failed || description.failed) {
		buffer_free(&name);
		buffer_free(&description);
		return NULL;
	}
	key = hash_bytes(hash_bytes(f->seed, name.data, name.len), description.data,
			 description.len);
	p = map_get(&f->processes, key);
	if (!p && has_room(f) && (p = calloc(1, sizeof(*p))) != NULL) {
		p->name = strdup(name.data);
		p->description = strdup(description.data);
		f->used += sizeof(*p) + MAP_ENTRY + name.len + description.len;
		if (!p->name || !p->description || !map_put(&f->processes, key, p)) {
			f->error = TAPE_ERROR_MEMORY;
			free_process(p);
			p = NULL;
		}
	}
	buffer_free(&name);
	buffer_free(&description);
	return p;
}

/* What the replay knows of a connection at its end, or so far. */
static void take_connection(struct facts *f, struct facts_conn *c, const struct connection *from)
{
	c->transport = from->transport;
	c->role = connection_role(from);
	c->opened = from->origin == ORIGIN_OPENED;
	c->netns = from->netns;
	c->lost_bytes = from->lost_bytes - from->earlier_bytes;
	c->local = end_address(&from->local, from->local_text);
	c->remote = end_address(&from->remote, from->remote_text);
	keep_path(f, c, from);
	c->process = keep_process(f, from);
	c->protocol[LAYER_WIRE] = first_protocol(from->sessions[LAYER_WIRE]);
	c->protocol[LAYER_TLS] = first_protocol(from->sessions[LAYER_TLS]);
}

static void take_stream_end(struct facts *f, struct facts_conn *c, const struct connection *from)
{
	if (!c->ends && !add_end(f, c))
		return;
	c->ends->remote = c->remote;
	for (int direction = 0; direction < 2; direction++)
		c->ends->moved[direction] = c->streams[LAYER_WIRE][direction].high;
	if (from->start_ts < c->ends->start_ts)
		c->ends->start_ts = from->start_ts;
	if (from->end_ts > c->ends->end_ts)
		c->ends->end_ts = from->end_ts;
}

void facts_conn_end(void *context, const struct connection *from)
{
	struct facts *f = context;
	struct facts_conn *c = facts_conn(f, from->id);

	if (!c && f->full)
		f->refused_conns++;
	if (!c || c->ended)
		return;
	c->ended = true;
	c->contents_at[0] = c->contents_at[1] = 0;
	take_connection(f, c, from);
	take_tls(f, c, from);
	borders_end(f, c);
	if (!transport_is_datagram(from->transport))
		take_stream_end(f, c, from);
}

struct facts_conn *facts_live(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = add_conn(f, from);

	if (!c)
		return NULL;
	c->live = true;
	c->wanted = is_selected(f, c);
	take_connection(f, c, from);
	if (c->role == ROLE_UNKNOWN)
		c->role = likely_role(c);
	if (!transport_is_datagram(from->transport))
		take_stream_end(f, c, from);
	return c;
}

void facts_pack(const struct facts_conn *c, struct buffer *out)
{
	buffer_append(out, c, sizeof(*c));
	buffer_append(out, c->ends, sizeof(*c->ends));
	pack_span(out, span_text(c->path));
}

struct facts_conn *facts_unpack(struct facts *f, struct unpack *in)
{
	struct facts_conn *c = calloc(1, sizeof(*c));
	struct facts_end *end = calloc(1, sizeof(*end));
	struct span path;

	if (!c || !end) {
		free(c);
		free(end);
		return NULL;
	}
	unpack_bytes(in, c, sizeof(*c));
	unpack_bytes(in, end, sizeof(*end));
	path = unpack_span(in);
	c->ends = end;
	end->conn = c;
	c->path = path.len ? strndup(path.data, path.len) : NULL;
	if ((path.len && !c->path) || !map_put(&f->conns, c->id, c)) {
		free_conn(c);
		return NULL;
	}
	f->used += CONN_SIZE;
	return c;
}

void facts_forget(struct facts *f, struct facts_conn *c)
{
	map_remove(&f->conns, c->id);
	f->used -= CONN_SIZE;
	free_conn(c);
}

void facts_finish(struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		if (c->role == ROLE_UNKNOWN)
			c->role = likely_role(c);
}

size_t facts_conn_size(void)
{
	return CONN_SIZE;
}

void facts_free(struct facts *f)
{
	struct facts_conn *c;
	struct facts_process *p;
	size_t at = 0, process_at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		free_conn(c);
	while ((p = map_next(&f->processes, &process_at)) != NULL)
		free_process(p);
	map_free(&f->conns);
	map_free(&f->peers);
	map_free(&f->processes);
	map_free(&f->randoms);
	buffer_free(&f->lines);
}
