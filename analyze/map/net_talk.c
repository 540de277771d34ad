/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/map/net_map_private.h"
#include "format/array.h"

/* Datagrams of sockets that have no fixed other end. */

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
	group = net_map_group(m, talk->serves ? opposite : talk->own,
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
	talk->own = net_map_party(m, c, &local, talk->serves);
	talk->netns = c->netns;
	talk->what = net_map_what(m, c);
	talk->settled = true;
}

void net_map_event(struct net_map *m, const struct replay *r, const struct event *event,
		   const struct connection *c)
{
	const struct event_data *data = &event->data;
	struct talk_key key;
	struct talk *talk, alone = {0};
	struct address peer;

	if (event->type != EVENT_DATA || !c || c->transport != TRANSPORT_UDP ||
	    net_map_is_fixed(c) || data->layer != LAYER_WIRE || data->peer.family == ADDRESS_NONE)
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

void net_map_end_socket(struct net_map *m, const struct connection *c)
{
	struct udp_socket own = {INTERN_NONE, net_map_is_fixed(c)};
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
		own.party = net_map_own_party(m, c, connection_role(c) == ROLE_SERVER);
	socket_of(m, &c->local, c->netns, &own);
}

void net_map_count_talks(struct net_map *m)
{
	for (size_t i = 0; i < m->talk_keys.count && !m->no_memory; i++) {
		struct talk_key key;

		memcpy(&key, intern_text(&m->talk_keys, i).data, sizeof(key));
		if (m->talks[i].settled)
			count_talk(m, &key.peer, &m->talks[i]);
	}
}
