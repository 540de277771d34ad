/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/net_map.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyze/map/resolve.h"
#include "analyze/replay/program.h"
#include "format/array.h"
#include "format/hash.h"

/* Of the memory, ends that wait for the other one may take this part, and parties another. */
#define SHARE 4

/* What was seen of a connection at one end. */
struct seen {
	size_t party;	 /* of the process at this end */
	size_t opposite; /* of the address at the other */
	bool client;
	bool tls;
	uint32_t what;
	int64_t start;
	int64_t connect;   /* ns; below 0: not known */
	uint64_t bytes[2]; /* to the server, to the client */
	uint64_t conn;
	char failure[24];  /* "": it did not fail */
	struct seen *next; /* that waits under the same key */
};

struct udp_socket {
	size_t party;
	bool fixed; /* it is counted as a connection */
};

/* The datagrams between one socket, which has no fixed other end, and one address. */
struct talk_key {
	uint64_t conn;
	int64_t since; /* the interval; 0: all is one */
	struct address peer;
};

struct talk {
	int64_t time;	   /* of the first */
	uint64_t count[2]; /* by enum direction */
	uint64_t bytes[2];
	size_t before; /* the one of the same socket that came before; INTERN_NONE: none */
	/* Once the socket is at its end, and it is known what it was. */
	bool settled;
	bool serves;
	size_t own;
	uint32_t netns;
	uint32_t what;
};

struct net_map {
	int64_t over;
	size_t memory;
	struct parties parties;
	struct intern names; /* protocols; number 0 is none */
	struct groups *groups;
	struct map waiting;	   /* ends whose other end may come, by what both have in common */
	struct intern sockets;	   /* of datagrams: local addresses of recorded ends */
	struct udp_socket *owners; /* of them, by number */
	struct intern talk_keys;
	struct talk *talks;   /* by number of their keys */
	struct map last_talk; /* by connection: number + 1 */
	uint64_t seed;
	int64_t first;
	int64_t last;
	bool no_memory;
};

struct net_map *net_map_new(size_t memory, int64_t over)
{
	struct net_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->over = over;
	m->memory = memory / SHARE;
	m->parties.by = MAP_BY_ADDRESS;
	m->parties.memory = memory / SHARE;
	m->seed = hash_seed();
	m->groups = groups_new(memory / SHARE);
	if (!m->groups || intern_put(&m->names, span_of("", 0)) == INTERN_NONE) {
		net_map_free(m);
		return NULL;
	}
	return m;
}

void net_map_free(struct net_map *m)
{
	size_t at = 0;
	struct seen *s;

	if (!m)
		return;
	while ((s = map_next(&m->waiting, &at)) != NULL)
		while (s) {
			struct seen *next = s->next;

			free(s);
			s = next;
		}
	map_free(&m->waiting);
	parties_free(&m->parties);
	intern_free(&m->names);
	intern_free(&m->sockets);
	intern_free(&m->talk_keys);
	free(m->talks);
	map_free(&m->last_talk);
	free(m->owners);
	groups_free(m->groups);
	free(m);
}

/* ---- counting ---- */

static struct group *group_of(struct net_map *m, size_t from, size_t to, uint32_t what, bool tls,
			      int64_t time)
{
	const struct raw_edge edge = {.from = from, .to = to, .tls = tls, .type = what};
	int64_t since = m->over ? time - time % m->over : 0;
	struct group *group;

	if (from == INTERN_NONE || to == INTERN_NONE)
		group = groups_get_rest(m->groups);
	else
		group = groups_get(m->groups, NULL, since, span_of(&edge, sizeof(edge)));
	m->no_memory |= !group;
	if (!m->first || time < m->first)
		m->first = time;
	if (time > m->last)
		m->last = time;
	return group;
}

static void count(struct net_map *m, const struct seen *s)
{
	size_t from = s->client ? s->party : s->opposite, to = s->client ? s->opposite : s->party;
	struct group *group = group_of(m, from, to, s->what, s->tls, s->start);

	if (!group)
		return;
	if (!group->count++ || s->connect > group->most_ns)
		snprintf(group->worst, sizeof(group->worst), "%llu", (unsigned long long)s->conn);
	if (s->connect > group->most_ns)
		group->most_ns = s->connect;
	group->bytes += s->bytes[0] + s->bytes[1];
	group->answer_bytes += s->bytes[1];
	if (s->connect >= 0)
		m->no_memory |= !group_took(group, s->connect);
	if (*s->failure)
		m->no_memory |= !group_failed(group, span_text(s->failure), 1);
}

/* ---- both ends ---- */

/* What both ends of a connection have in common: its addresses; of a Unix socket its bytes. */
static uint64_t key_of(const struct net_map *m, const struct connection *c, const struct seen *s)
{
	const struct address local = address_plain(&c->local), remote = address_plain(&c->remote);
	const struct address *client = s->client ? &local : &remote;
	const struct address *server = s->client ? &remote : &local;
	const char *path = s->client ? c->remote_text : c->local_text;
	uint64_t h = hash_u64(m->seed, c->transport);

	if (local.family == ADDRESS_UNIX || remote.family == ADDRESS_UNIX) {
		h = hash_bytes(h, path, strlen(path));
		h = hash_u64(hash_u64(h, s->bytes[0]), s->bytes[1]);
	} else {
		h = hash_u64(hash_bytes(h, client->ip, sizeof(client->ip)), client->port);
		h = hash_u64(hash_bytes(h, server->ip, sizeof(server->ip)), server->port);
		h = hash_u64(h, address_is_loopback(server) ? c->netns : 0);
	}
	return h ? h : 1;
}

/* Takes out one that waits under KEY and saw the other side; NULL: none does. */
static struct seen *take_other(struct net_map *m, uint64_t key, bool client)
{
	struct seen *first = map_get(&m->waiting, key), **at = &first;
	struct seen *found;

	while (*at && (*at)->client == client)
		at = &(*at)->next;
	found = *at;
	if (!found)
		return NULL;
	*at = found->next;
	if (first)
		m->no_memory |= !map_put(&m->waiting, key, first);
	else
		map_remove(&m->waiting, key);
	return found;
}

static void wait_for_other(struct net_map *m, uint64_t key, const struct seen *s)
{
	struct seen *copy = m->waiting.used * (sizeof(*s) + 64) > m->memory ? NULL
									    : malloc(sizeof(*copy));

	/* Without room for it, it counts for itself; so may its other end. */
	if (!copy) {
		count(m, s);
		return;
	}
	*copy = *s;
	copy->next = map_get(&m->waiting, key);
	if (!map_put(&m->waiting, key, copy)) {
		free(copy);
		m->no_memory = true;
	}
}

/* The client's view, with who the server is; lost ends of streams may differ. */
static void join_ends(struct net_map *m, const struct seen *a, const struct seen *b)
{
	const struct seen *client = a->client ? a : b, *server = a->client ? b : a;
	struct seen both = *client;

	both.opposite = server->party;
	if (!both.what)
		both.what = server->what;
	for (int i = 0; i < 2; i++)
		if (server->bytes[i] > both.bytes[i])
			both.bytes[i] = server->bytes[i];
	if (!*both.failure)
		memcpy(both.failure, server->failure, sizeof(both.failure));
	count(m, &both);
}

/* ---- connections ---- */

static void set_failure(struct seen *s, const struct connection *c)
{
	const char *how = "";

	if (c->state == CONN_FAILED)
		how = c->error ? conn_error_text(c->error) : "failed";
	else if (c->state == CONN_RESET)
		how = c->error && c->error != CONN_ERROR_CONNRESET ? conn_error_text(c->error)
								   : "reset";
	else if (c->state == CONN_OPENING)
		how = "no reply";
	snprintf(s->failure, sizeof(s->failure), "%s", how);
}

/* The number of what was spoken first, of what is inside where that was read. */
static uint32_t what_of(struct net_map *m, const struct connection *c)
{
	struct spoken first;
	size_t number;
	char text[32];

	if (connection_spoken(c, &first, 1))
		snprintf(text, sizeof(text), "%s", first.protocol->name);
	else
		snprintf(text, sizeof(text), "unknown-%s", transport_text(c->transport));
	number = intern_put(&m->names, span_text(text));
	m->no_memory |= number == INTERN_NONE;
	return number == INTERN_NONE ? 0 : (uint32_t)number;
}

/* LOCAL: its address; a socket that only asks may have none of its own. */
static size_t party_at(struct net_map *m, const struct connection *c, const struct address *local,
		       bool serves)
{
	char script[PROGRAM_SCRIPT_MAX];
	const struct process *p = c->process;
	const struct row_end end = {
		.pid = c->pid,
		.ppid = p ? p->ppid : 0,
		.netns = c->netns,
		.transport = c->transport,
		.local = *local,
		.comm = p ? p->name : "",
		.container = p ? p->container : "",
		.script = script,
		.local_text = c->local_text,
	};

	program_script(p, script);
	return parties_end(&m->parties, &end, serves);
}

static size_t own_party(struct net_map *m, const struct connection *c, bool serves)
{
	return party_at(m, c, &c->local, serves);
}

static size_t other_party(struct net_map *m, const struct connection *c,
			  const struct address *address, const char *text, bool serves)
{
	struct row_end end = {.netns = c->netns,
			      .transport = c->transport,
			      .local = *address,
			      .local_text = text};

	return parties_end(&m->parties, &end, serves);
}

static bool is_fixed(const struct connection *c)
{
	return !transport_is_datagram(c->transport) || c->remote.port;
}

static void count_connection(struct net_map *m, const struct replay *r, const struct connection *c)
{
	bool client = connection_role(c) != ROLE_SERVER;
	struct seen s = {.client = client,
			 .tls = connection_tls(c).is,
			 .conn = c->id,
			 .start = replay_realtime(r, c->start_ts),
			 .connect = connection_connect_ns(c)};
	struct seen *other;
	uint64_t key;

	/* A listening socket moves nothing. */
	if (!*c->remote_text && c->remote.family != ADDRESS_UNIX && c->local.family != ADDRESS_UNIX)
		return;
	s.bytes[0] = c->moved[client ? DIRECTION_SENT : DIRECTION_RECEIVED];
	s.bytes[1] = c->moved[client ? DIRECTION_RECEIVED : DIRECTION_SENT];
	s.what = what_of(m, c);
	if (span_is(intern_text(&m->names, s.what), "tls"))
		s.tls = false;
	s.party = own_party(m, c, !client);
	s.opposite = other_party(m, c, &c->remote, c->remote_text, client);
	set_failure(&s, c);
	key = key_of(m, c, &s);
	other = take_other(m, key, client);
	if (other)
		join_ends(m, &s, other);
	else if (!c->remote.port || replay_is_local(r, c->remote.port))
		wait_for_other(m, key, &s);
	else
		count(m, &s);
	free(other);
}

/* ---- datagrams ---- */

/* The number of an address among the sockets; OWNER, if it isn't NULL, has it. */
static size_t socket_of(struct net_map *m, const struct address *address, uint32_t netns,
			const struct udp_socket *owner)
{
	const struct address plain = address_plain(address);
	struct {
		uint8_t ip[16];
		uint32_t netns;
		uint32_t port;
	} key = {.netns = address_is_loopback(&plain) ? netns : 0, .port = plain.port};
	struct udp_socket *owners;
	size_t number;

	memcpy(key.ip, plain.ip, sizeof(key.ip));
	if (!owner || m->sockets.used > m->memory)
		return intern_find(&m->sockets, span_of(&key, sizeof(key)));
	number = intern_find(&m->sockets, span_of(&key, sizeof(key)));
	if (number != INTERN_NONE)
		return number;
	owners = array_room(m->owners, m->sockets.count, sizeof(*owners));
	if (!owners) {
		m->no_memory = true;
		return INTERN_NONE;
	}
	m->owners = owners;
	number = intern_put(&m->sockets, span_of(&key, sizeof(key)));
	if (number != INTERN_NONE)
		owners[number] = *owner;
	return number;
}

/* The recorded end that has this address; NULL: it is not known. */
static const struct udp_socket *owner_of(struct net_map *m, const struct address *address,
					 uint32_t netns)
{
	struct address any = address_plain(address);
	size_t number = socket_of(m, &any, netns, NULL);

	if (number == INTERN_NONE && parties_is_host(&m->parties, &any, netns)) {
		memset(any.ip, 0, sizeof(any.ip));
		number = socket_of(m, &any, netns, NULL);
	}
	return number == INTERN_NONE ? NULL : &m->owners[number];
}

/* What passes between two recorded sockets is its sender's, or the connected one's. */
static void count_talk(struct net_map *m, const struct address *peer, const struct talk *talk)
{
	const struct udp_socket *other = owner_of(m, peer, talk->netns);
	enum direction asks = talk->serves ? DIRECTION_RECEIVED : DIRECTION_SENT;
	enum direction answers = direction_opposite(asks);
	size_t opposite = other ? other->party : INTERN_NONE;
	bool only_sent = other != NULL;
	struct group *group;

	if (other && other->fixed)
		return;
	if (!other) {
		char text[ADDRESS_TEXT_MAX];
		const struct row_end end = {.netns = talk->netns,
					    .transport = TRANSPORT_UDP,
					    .local = *peer,
					    .local_text = text};

		address_text(peer, text);
		opposite = parties_end(&m->parties, &end, !talk->serves);
	}
	group = group_of(m, talk->serves ? opposite : talk->own,
			 talk->serves ? talk->own : opposite, talk->what, false, talk->time);
	if (!group)
		return;
	if (!only_sent || asks == DIRECTION_SENT) {
		group->count += talk->count[asks];
		group->bytes += talk->bytes[asks];
	}
	if (!only_sent || answers == DIRECTION_SENT) {
		group->bytes += talk->bytes[answers];
		group->answer_bytes += talk->bytes[answers];
	}
}

static struct talk *talk_of(struct net_map *m, const struct talk_key *key)
{
	size_t count = m->talk_keys.count;
	size_t number = intern_find(&m->talk_keys, span_of(key, sizeof(*key)));
	uintptr_t before = (uintptr_t)map_get(&m->last_talk, key->conn);
	struct talk *talks;

	if (number != INTERN_NONE)
		return &m->talks[number];
	if (m->talk_keys.used + count * sizeof(struct talk) > m->memory)
		return NULL;
	talks = array_room(m->talks, count, sizeof(*talks));
	if (!talks)
		return NULL;
	m->talks = talks;
	number = intern_put(&m->talk_keys, span_of(key, sizeof(*key)));
	if (number == INTERN_NONE)
		return NULL;
	talks[number] = (struct talk){.before = before ? before - 1 : INTERN_NONE};
	m->no_memory |= !map_put(&m->last_talk, key->conn, (void *)(uintptr_t)(number + 1));
	return &talks[number];
}

/* Who has that socket, and for what: certain at its end. */
static void settle_talk(struct net_map *m, const struct connection *c, const struct address *peer,
			struct talk *talk)
{
	static const uint8_t none[sizeof(peer->ip)];
	struct address local = c->local;

	talk->serves = connection_role(c) == ROLE_SERVER;
	/* Who speaks to loopback does so from there. */
	if (!talk->serves && address_is_loopback(peer) &&
	    memcmp(local.ip, none, sizeof(none)) == 0) {
		local.family = peer->family;
		memcpy(local.ip, peer->ip, sizeof(local.ip));
	}
	talk->own = party_at(m, c, &local, talk->serves);
	talk->netns = c->netns;
	talk->what = what_of(m, c);
	talk->settled = true;
}

void net_map_event(struct net_map *m, const struct replay *r, const struct event *event,
		   const struct connection *c)
{
	const struct event_data *data = &event->data;
	struct talk_key key;
	struct talk *talk, alone = {0};
	struct address peer;

	if (event->type != EVENT_DATA || !c || c->transport != TRANSPORT_UDP || is_fixed(c) ||
	    data->layer != LAYER_WIRE || data->peer.family == ADDRESS_NONE)
		return;
	memset(&key, 0, sizeof(key)); /* what is between its members counts, too */
	key.conn = c->id;
	peer = address_plain(&data->peer);
	key.peer.family = peer.family;
	key.peer.port = peer.port;
	memcpy(key.peer.ip, peer.ip, sizeof(key.peer.ip));
	alone.time = replay_realtime(r, event->ts);
	key.since = m->over ? alone.time - alone.time % m->over : 0;
	talk = talk_of(m, &key);
	if (talk && !talk->time)
		talk->time = alone.time;
	if (!talk)
		talk = &alone;
	talk->count[data->direction]++;
	talk->bytes[data->direction] += data->len;
	if (talk == &alone) {
		/* No room to wait for what is known later. */
		settle_talk(m, c, &key.peer, talk);
		count_talk(m, &key.peer, talk);
	}
}

static void end_socket(struct net_map *m, const struct connection *c)
{
	struct udp_socket own = {INTERN_NONE, is_fixed(c)};
	uintptr_t at = (uintptr_t)map_remove(&m->last_talk, c->id);

	while (at) {
		struct talk *talk = &m->talks[at - 1];
		struct talk_key key;

		memcpy(&key, intern_text(&m->talk_keys, at - 1).data, sizeof(key));
		settle_talk(m, c, &key.peer, talk);
		own.party = talk->own;
		at = talk->before == INTERN_NONE ? 0 : talk->before + 1;
	}
	if (own.party == INTERN_NONE)
		own.party = own_party(m, c, connection_role(c) == ROLE_SERVER);
	socket_of(m, &c->local, c->netns, &own);
}

static void count_talks(struct net_map *m)
{
	for (size_t i = 0; i < m->talk_keys.count && !m->no_memory; i++) {
		struct talk_key key;

		memcpy(&key, intern_text(&m->talk_keys, i).data, sizeof(key));
		if (m->talks[i].settled)
			count_talk(m, &key.peer, &m->talks[i]);
	}
}

void net_map_conn(struct net_map *m, const struct replay *r, const struct connection *c)
{
	if (c->transport == TRANSPORT_UDP)
		end_socket(m, c);
	if (is_fixed(c))
		count_connection(m, r, c);
}

bool net_map_finish(struct net_map *m, struct graph *g)
{
	const struct answers none = {0};
	size_t at = 0;
	struct seen *s;

	while ((s = map_next(&m->waiting, &at)) != NULL)
		for (; s; s = s->next)
			count(m, s);
	count_talks(m);
	*g = (struct graph){.first = m->first,
			    .last = m->last,
			    .over = m->over,
			    .unit = "connections and requests in datagrams"};
	return !m->no_memory && parties_settle(&m->parties) &&
	       resolve(&m->parties, &m->names, &none, m->groups, g) && graph_settle(g);
}
