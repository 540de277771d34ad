/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/pcapng/dissector.h"
#include "analyze/pcapng/facts_private.h"
#include "analyze/pcapng/interface.h"
#include "analyze/pcapng/splice.h"
#include "format/hash.h"
#include "protocols/cipher/keylog.h"
#include "protocols/tls/tls.h"
#include "protocols/value/hex.h"

void facts_free_process(struct facts_process *p)
{
	free(p->name);
	free(p->description);
	free(p);
}

/* After the connection's end only those that say something stay. */
static void borders_end(struct facts *f, struct facts_conn *c)
{
	if (!c->borders)
		return;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		if (c->borders->of[i / 2][i % 2].count)
			return;
	facts_free_borders(c);
	f->used -= FACTS_BORDERS_SIZE;
}

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
	f->used += FACTS_MAP_ENTRY;
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
	c->by_kernel = from->by_kernel;
	if (f->tls == EXPORT_TLS_KEYS && e && e->random.len) {
		/* Where the handshake, or the ciphertext, isn't there Wireshark opens nothing. */
		c->has_keys = c->decrypted && c->whole && !c->by_kernel;
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
	const char *text = facts_path_is_named(from->local_text) ? from->local_text
								 : from->remote_text;

	if (!facts_path_is_named(text))
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
	if (!p && facts_has_room(f) && (p = calloc(1, sizeof(*p))) != NULL) {
		p->name = strdup(name.data);
		p->description = strdup(description.data);
		f->used += sizeof(*p) + FACTS_MAP_ENTRY + name.len + description.len;
		if (!p->name || !p->description || !map_put(&f->processes, key, p)) {
			f->error = TAPE_ERROR_MEMORY;
			facts_free_process(p);
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
	c->local = facts_end_address(&from->local, from->local_text);
	c->remote = facts_end_address(&from->remote, from->remote_text);
	keep_path(f, c, from);
	c->process = keep_process(f, from);
	c->protocol[LAYER_WIRE] = first_protocol(from->sessions[LAYER_WIRE]);
	c->protocol[LAYER_TLS] = first_protocol(from->sessions[LAYER_TLS]);
}

static void take_stream_end(struct facts *f, struct facts_conn *c, const struct connection *from)
{
	if (!c->ends && !facts_add_end(f, c))
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
	struct facts_conn *c = facts_add_conn(f, from);

	if (!c)
		return NULL;
	c->live = true;
	c->wanted = facts_selects(f, c);
	take_connection(f, c, from);
	if (c->role == ROLE_UNKNOWN)
		c->role = likely_role(c);
	if (!transport_is_datagram(from->transport))
		take_stream_end(f, c, from);
	return c;
}

void facts_finish(struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		if (c->role == ROLE_UNKNOWN)
			c->role = likely_role(c);
}
