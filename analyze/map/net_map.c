/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/map/net_map_private.h"
#include "analyze/replay/program.h"
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

struct group *net_map_group(struct net_map *m, size_t from, size_t to, uint32_t what, bool tls,
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
	struct group *group = net_map_group(m, from, to, s->what, s->tls, s->start);

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

uint32_t net_map_what(struct net_map *m, const struct connection *c)
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

size_t net_map_party(struct net_map *m, const struct connection *c, const struct address *local,
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

size_t net_map_own_party(struct net_map *m, const struct connection *c, bool serves)
{
	return net_map_party(m, c, &c->local, serves);
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

bool net_map_is_fixed(const struct connection *c)
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
	s.what = net_map_what(m, c);
	if (span_is(intern_text(&m->names, s.what), "tls"))
		s.tls = false;
	s.party = net_map_own_party(m, c, !client);
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

void net_map_conn(struct net_map *m, const struct replay *r, const struct connection *c)
{
	if (c->transport == TRANSPORT_UDP)
		net_map_end_socket(m, c);
	if (net_map_is_fixed(c))
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
	net_map_count_talks(m);
	*g = (struct graph){.first = m->first,
			    .last = m->last,
			    .over = m->over,
			    .unit = "connections and requests in datagrams"};
	return !m->no_memory && parties_settle(&m->parties) &&
	       resolve(&m->parties, &m->names, &none, m->groups, g) && graph_settle(g);
}
