/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/place.h"

#include <stdlib.h>

#include "analyze/pcapng/dissector.h"
#include "format/hash.h"

#define DYNAMIC_PORTS (65536 - DISSECTOR_DYNAMIC_PORT)

/* Client ports that are tried before the client gets a made-up address of its own. */
#define PORT_TRIES 64

/* Places that are remembered as taken; beyond, only the first sequence numbers keep them apart. */
#define CLAIMS_MAX (1u << 19)

/* Servers that are moved although one connection alone could stay; beyond, all such are moved. */
#define MOVED_MAX (1u << 16)

struct places {
	struct map claims; /* of client and server, by hash: the struct facts_end that has it */
	struct map moved;  /* servers, by hash: the protocol whose port they get */
	uint64_t seed;
	bool remap;
	uint32_t made_up_clients;
	struct place_move moves[PLACE_MOVES_MAX];
	size_t move_count;
	uint64_t moved_rest;
};

struct places *places_new(uint64_t seed, bool remap)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p) {
		p->seed = seed;
		p->remap = remap;
	}
	return p;
}

/* ---- made-up addresses ---- */

enum {
	NET_UNNAMED_CLIENT = 2, /* 1 is that of paths: facts.c */
	NET_UNNAMED_SERVER,
	NET_CLIENT,
};

/* A unique local address (RFC 4193) in the same /48 as those of paths. */
static struct address local_ipv6(uint8_t net, uint64_t number)
{
	struct address a = {
		.family = ADDRESS_INET6,
		.ip = {0xfd, 's', 'o', 'c', 'k', 't', 0, net},
	};

	for (int i = 0; i < 8; i++)
		a.ip[8 + i] = (uint8_t)(number >> (56 - 8 * i));
	return a;
}

/* From 198.18.0.0/15, which is set aside for tests (RFC 2544), or a local IPv6 address. */
static struct address made_up_client(struct places *p, enum address_family family)
{
	uint32_t number = p->made_up_clients++;

	if (family == ADDRESS_INET6)
		return local_ipv6(NET_CLIENT, number);
	return (struct address){
		.family = ADDRESS_INET4,
		.ip = {198, 18 | (number >> 16 & 1), (uint8_t)(number >> 8), (uint8_t)number},
	};
}

static bool is_ip(const struct address *a)
{
	return a->family == ADDRESS_INET4 || a->family == ADDRESS_INET6;
}

static bool is_unspecified_ip(const struct address *a)
{
	return is_ip(a) && facts_unspecified(a);
}

/* An IPv4 address as the IPv6 address that stands for it: RFC 4291, section 2.5.5.2. */
static void map_to_ipv6(struct address *a)
{
	if (a->family != ADDRESS_INET4)
		return;
	memmove(a->ip + 12, a->ip, 4);
	memset(a->ip, 0, 10);
	a->ip[10] = a->ip[11] = 0xff;
	a->family = ADDRESS_INET6;
}

/*
 * The local address of a socket bound to all addresses is that of the packet, which nobody told.
 * Over loopback it is the other end's; the twin, if there is one, knows it.
 */
static void specify_local(const struct facts_end *end, struct address *local,
			  const struct address *remote)
{
	const struct facts_end *twin = end->twin;

	if (!is_unspecified_ip(local))
		return;
	if (twin && is_ip(&twin->remote) && !facts_unspecified(&twin->remote)) {
		*local = twin->remote;
	} else if (remote->family == ADDRESS_INET4 && remote->ip[0] == 127) {
		*local = (struct address){ADDRESS_INET4, local->port, 0, {127, 0, 0, 1}};
	} else if (remote->family == ADDRESS_INET6 && remote->ip[15] == 1) {
		struct address loopback = {ADDRESS_INET6, 0, 0, {[15] = 1}};

		if (memcmp(remote->ip, loopback.ip, 16) == 0)
			memcpy(local->ip, loopback.ip, 16);
	} else if (remote->family == ADDRESS_INET4) {
		local->family = ADDRESS_INET4;
	}
}

/* What isn't an IP address becomes one; then both are of one family. */
static void make_ip(struct place *place, uint64_t conn)
{
	struct address *client = &place->client, *server = &place->server;

	if (client->family == ADDRESS_UNIX && !facts_unspecified(client))
		client->family = ADDRESS_INET6;
	if (server->family == ADDRESS_UNIX && !facts_unspecified(server))
		server->family = ADDRESS_INET6;
	if (!is_ip(client))
		*client = local_ipv6(NET_UNNAMED_CLIENT, conn);
	if (!is_ip(server))
		*server = local_ipv6(NET_UNNAMED_SERVER, conn);
	if (client->family != server->family) {
		map_to_ipv6(client);
		map_to_ipv6(server);
	}
}

/* ---- ports ---- */

static uint16_t dynamic_port(uint64_t number)
{
	return (uint16_t)(DISSECTOR_DYNAMIC_PORT + number % DYNAMIC_PORTS);
}

static void count_move(struct places *p, const struct protocol *protocol, uint16_t from,
		       uint16_t to)
{
	for (size_t i = 0; i < p->move_count; i++) {
		struct place_move *m = &p->moves[i];

		if (m->protocol == protocol && m->from == from && m->to == to) {
			m->connections++;
			return;
		}
	}
	if (p->move_count == PLACE_MOVES_MAX)
		p->moved_rest++;
	else
		p->moves[p->move_count++] = (struct place_move){protocol, from, to, 1};
}

/* Wireshark will find PROTOCOL on this port without help. */
static bool port_is_good(const struct places *p, const struct facts_conn *c,
			 const struct protocol *protocol, enum layer layer, bool tcp, uint16_t port)
{
	if (dissector_expects(protocol, tcp, port))
		return true;
	if (dissector_knows_by_record(protocol) && !dissector_claims(tcp, port) &&
	    p->moved.count < MOVED_MAX)
		return true;
	return layer == LAYER_WIRE && dissector_knows_by_line(protocol) && c->whole &&
	       c->starts_with_line && !dissector_claims(tcp, port) && p->moved.count < MOVED_MAX;
}

/* What a server is to its clients; PROTOCOL NULL: whatever it speaks. */
static uint64_t server_key(const struct places *p, enum layer layer, bool tcp,
			   const struct address *server, const struct protocol *protocol)
{
	uint64_t key = hash_u64(p->seed,
				(uint64_t)layer << 17 | (uint64_t)tcp << 16 | server->port);

	key = hash_bytes(key, server->ip, sizeof(server->ip));
	return hash_u64(key, (uint64_t)(uintptr_t)protocol);
}

static bool has_port(const struct protocol *protocol)
{
	return protocol && protocol->ports && protocol->ports[0];
}

/* The protocol whose port a server gets; NULL: it stays where it is. */
static const struct protocol *moved_for(const struct places *p, const struct facts_conn *c,
					enum layer layer, bool tcp, const struct address *server)
{
	const struct protocol *protocol = c->protocol[layer];

	if (!has_port(protocol))
		return map_get(&p->moved, server_key(p, layer, tcp, server, NULL));
	if (!server->port || !port_is_good(p, c, protocol, layer, tcp, server->port))
		return protocol;
	return map_get(&p->moved, server_key(p, layer, tcp, server, protocol));
}

/* What its frames hold is dissected in its place. */
static bool is_shown_otherwise(const struct facts_conn *c, enum layer layer)
{
	return c->has_contents && layer == c->contents_of;
}

static uint16_t good_port(const struct places *p, const struct facts_conn *c, enum layer layer,
			  bool tcp, const struct address *server)
{
	uint16_t port = server->port;
	const struct protocol *moved;

	if (!p->remap)
		return port ? port : DISSECTOR_NEUTRAL_PORT;
	if (is_shown_otherwise(c, layer))
		return DISSECTOR_NEUTRAL_PORT;
	moved = moved_for(p, c, layer, tcp, server);
	if (moved)
		return moved->ports[0];
	/* An unknown plaintext on the port of its TLS would be taken for TLS. */
	if (!port ||
	    (layer == LAYER_TLS && !has_port(c->protocol[layer]) && dissector_claims(tcp, port)))
		return DISSECTOR_NEUTRAL_PORT;
	return port;
}

/*
 * Another dissector would get the packets because of the client's port. With a SYN Wireshark tries
 * the server's port first, without one the lower of both.
 */
static bool client_misleads(const struct facts_conn *c, enum layer layer, bool tcp,
			    const struct place *place)
{
	uint16_t client = place->client.port, server = place->server.port;
	const struct protocol *protocol = c->protocol[layer];

	if (!dissector_claims(tcp, client) || client == server)
		return false;
	if (protocol && dissector_expects(protocol, tcp, client))
		return false;
	return !dissector_claims(tcp, server) || (!tcp && client < server);
}

/* ---- one place for each ---- */

static uint64_t claim_key(const struct places *p, bool tcp, const struct place *place)
{
	const struct address *c = &place->client, *s = &place->server;
	uint64_t key = hash_u64(p->seed, (uint64_t)tcp << 32 | (uint64_t)c->port << 16 | s->port);

	key = hash_u64(key, (uint64_t)c->family);
	key = hash_bytes(key, c->ip, sizeof(c->ip));
	return hash_bytes(key, s->ip, sizeof(s->ip));
}

/* The same datagram flow, seen from the same end, though through another socket. */
static bool same_flow(const struct facts_end *a, const struct facts_end *b)
{
	return a->conn->role == b->conn->role && address_equal(&a->conn->local, &b->conn->local) &&
	       address_equal(&a->remote, &b->remote);
}

static bool is_free(const struct places *p, const struct facts_end *end, bool tcp,
		    const struct place *place)
{
	const struct facts_end *owner = map_get(&p->claims, claim_key(p, tcp, place));

	return !owner || (!tcp && same_flow(owner, end));
}

/* A client port that misleads nobody and isn't taken, if one is found soon. */
static bool find_port(const struct places *p, const struct facts_end *end, bool tcp,
		      struct place *place)
{
	for (uint64_t i = 0; i < PORT_TRIES; i++) {
		place->client.port = dynamic_port(end->conn->id + i * i);
		if (!dissector_claims(tcp, place->client.port) && is_free(p, end, tcp, place))
			return true;
	}
	return false;
}

static bool claim(struct places *p, struct facts_end *end, enum layer layer, bool tcp,
		  struct place *place)
{
	/* The server's new port may be the client's, and their address the same. */
	bool good = place->client.port && !client_misleads(end->conn, layer, tcp, place) &&
		    !address_equal(&place->client, &place->server) && is_free(p, end, tcp, place);

	if (!good && !find_port(p, end, tcp, place)) {
		place->client = made_up_client(p, place->client.family);
		place->client.port = DISSECTOR_DYNAMIC_PORT;
	}
	if (p->claims.count >= CLAIMS_MAX)
		return true;
	return map_put(&p->claims, claim_key(p, tcp, place), end);
}

/* Where END is, but for ports that mislead. */
static void stand(const struct facts_end *end, struct place *place)
{
	const struct facts_conn *c = end->conn;
	struct address local = c->local;

	specify_local(end, &local, &end->remote);
	place->local_is_client = c->role != ROLE_SERVER;
	place->client = place->local_is_client ? local : end->remote;
	place->server = place->local_is_client ? end->remote : local;
	make_ip(place, c->id);
}

/* Where END would be if it were alone. */
static void choose(struct places *p, const struct facts_end *end, enum layer layer, bool tcp,
		   struct place *place)
{
	const struct facts_conn *c = end->conn;
	uint16_t port;

	stand(end, place);
	port = place->server.port;
	place->server.port = good_port(p, c, layer, tcp, &place->server);
	if (place->server.port != port)
		count_move(p, c->protocol[layer], port, place->server.port);
}

bool places_learn(struct places *p, const struct facts_end *end, enum layer layer)
{
	bool tcp = !transport_is_datagram(end->conn->transport);
	const struct protocol *protocol = end->conn->protocol[layer];
	struct place place;
	uint64_t any;

	if (!p->remap || !has_port(protocol) || p->moved.count >= MOVED_MAX ||
	    is_shown_otherwise(end->conn, layer))
		return true;
	stand(end, &place);
	if (place.server.port &&
	    port_is_good(p, end->conn, protocol, layer, tcp, place.server.port))
		return true;
	any = server_key(p, layer, tcp, &place.server, NULL);
	if (!map_get(&p->moved, any) && !map_put(&p->moved, any, (void *)(uintptr_t)protocol))
		return false;
	return map_put(&p->moved, server_key(p, layer, tcp, &place.server, protocol),
		       (void *)(uintptr_t)protocol);
}

bool place_assign(struct places *p, struct facts_end *end, enum layer layer, struct place *place)
{
	bool tcp = !transport_is_datagram(end->conn->transport);

	choose(p, end, layer, tcp, place);
	return claim(p, end, layer, tcp, place);
}

void place_share(struct places *p, const struct facts_end *end, struct place *place)
{
	choose(p, end, LAYER_WIRE, false, place);
}

/* ---- what to tell ---- */

static void describe_address(const char *who, const struct address *real,
			     const struct address *shown, struct buffer *out)
{
	char text[ADDRESS_TEXT_MAX];
	bool same_ip;

	if (!is_ip(real)) {
		if (real->family == ADDRESS_NONE)
			buffer_printf(out, "; the %s's address is not known", who);
		return;
	}
	same_ip = real->family == shown->family &&
		  memcmp(real->ip, shown->ip, sizeof(real->ip)) == 0;
	if (facts_unspecified(real) && facts_unspecified(shown))
		buffer_printf(out, "; the %s's address is not known", who);
	if (!same_ip && !facts_unspecified(real)) {
		address_text(real, text);
		buffer_printf(out, "; the %s is really %s", who, text);
	} else if (real->port != shown->port) {
		buffer_printf(out, "; the %s's real port is %u", who, real->port);
	}
}

void place_describe(const struct facts_end *end, const struct place *place, struct buffer *out)
{
	const struct facts_conn *c = end->conn;
	const struct address *local = &c->local, *remote = &end->remote;

	if (c->path)
		buffer_printf(out, "; %s", c->path);
	else if (c->local.family == ADDRESS_UNIX)
		buffer_append_text(out, "; unnamed Unix socket");
	describe_address("server", place->local_is_client ? remote : local, &place->server, out);
	describe_address("client", place->local_is_client ? local : remote, &place->client, out);
}

size_t places_moves(const struct places *p, const struct place_move **moves, uint64_t *rest)
{
	*moves = p->moves;
	*rest = p->moved_rest;
	return p->move_count;
}

void places_free(struct places *p)
{
	if (!p)
		return;
	map_free(&p->claims);
	map_free(&p->moved);
	free(p);
}
