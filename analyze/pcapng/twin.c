/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/twin.h"

#include <stdlib.h>

#include "format/hash.h"

/*
 * The clocks of the two ends are the same, but one may only look when the other is long done: a
 * datagram is received after it was sent, a connection accepted after its client closed it.
 */
#define SLACK_NS 1000000000ll

/* Ends that are compared with one end at most. */
#define TRIES_MAX 1024

/* What both ends of a conversation have in common, as far as a number can hold it. */
struct candidate_end {
	uint64_t key;
	struct facts_end *end;
};

struct search {
	struct candidate_end *all;
	size_t count;
	struct map local_ips; /* of this host, as far as the recording tells */
};

/* ---- addresses ---- */

static bool is_loopback(const struct address *a)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	if (a->family == ADDRESS_INET4)
		return a->ip[0] == 127;
	return a->family == ADDRESS_INET6 && memcmp(a->ip, loopback6, sizeof(loopback6)) == 0;
}

static uint64_t ip_key(const struct address *a)
{
	return hash_bytes(a->family, a->ip, sizeof(a->ip));
}

/* MINE, the local address of one end, can be what the other end calls its REMOTE. */
static bool ip_fits(const struct search *s, const struct address *mine,
		    const struct address *remote)
{
	if (mine->port != remote->port)
		return false;
	if (mine->family == remote->family && memcmp(mine->ip, remote->ip, sizeof(mine->ip)) == 0)
		return true;
	if (mine->family == ADDRESS_UNIX)
		return facts_unspecified(mine) || facts_unspecified(remote);
	if (!facts_unspecified(mine))
		return false;
	return is_loopback(remote) || map_get(&s->local_ips, ip_key(remote));
}

/* ---- one pair ---- */

/* The beginning of END's life, with the slack; times in a file may be anything. */
static int64_t slack_start(const struct facts_end *end)
{
	return end->start_ts < INT64_MIN + SLACK_NS ? INT64_MIN : end->start_ts - SLACK_NS;
}

static bool lives_overlap(const struct facts_end *a, const struct facts_end *b)
{
	return slack_start(a) <= b->end_ts && slack_start(b) <= a->end_ts;
}

static bool counts_equal(const struct facts_end *a, const struct facts_end *b)
{
	return a->moved[DIRECTION_SENT] == b->moved[DIRECTION_RECEIVED] &&
	       a->moved[DIRECTION_RECEIVED] == b->moved[DIRECTION_SENT];
}

/* Nobody receives more than was sent, but less: when it closed early, or the recording ended. */
static bool counts_possible(const struct facts_end *a, const struct facts_end *b)
{
	if (!a->conn->whole || !b->conn->whole)
		return true;
	return a->moved[DIRECTION_SENT] >= b->moved[DIRECTION_RECEIVED] &&
	       a->moved[DIRECTION_RECEIVED] <= b->moved[DIRECTION_SENT];
}

enum beginning {
	BEGINNING_UNKNOWN, /* not kept at both ends */
	BEGINNING_SAME,
	BEGINNING_OTHER,
};

/* Whether what A sent (of LAYER) begins as what B received. */
static enum beginning compare_beginning(const struct facts_conn *a, const struct facts_conn *b,
					enum layer layer)
{
	const struct facts_stream *sent = &a->streams[layer][DIRECTION_SENT];
	const struct facts_stream *received = &b->streams[layer][DIRECTION_RECEIVED];
	size_t len = sent->prefix_len < received->prefix_len ? sent->prefix_len
							     : received->prefix_len;

	if (!len || sent->lowest != received->lowest)
		return BEGINNING_UNKNOWN;
	return memcmp(sent->prefix, received->prefix, len) == 0 ? BEGINNING_SAME : BEGINNING_OTHER;
}

static bool beginnings_differ(const struct facts_conn *a, const struct facts_conn *b)
{
	return compare_beginning(a, b, LAYER_WIRE) == BEGINNING_OTHER ||
	       compare_beginning(b, a, LAYER_WIRE) == BEGINNING_OTHER;
}

/* Something was kept at both ends, and is the same. */
static bool bytes_prove(const struct facts_conn *a, const struct facts_conn *b)
{
	return !beginnings_differ(a, b) && (compare_beginning(a, b, LAYER_WIRE) == BEGINNING_SAME ||
					    compare_beginning(b, a, LAYER_WIRE) == BEGINNING_SAME);
}

static bool is_nameless(const struct facts_end *end)
{
	const struct facts_conn *c = end->conn;

	return c->local.family == ADDRESS_UNIX && facts_unspecified(&c->local) &&
	       facts_unspecified(&end->remote);
}

/*
 * The addresses alone prove it: in one network namespace a TCP 4-tuple is unique at a time. Unix
 * sockets have but one address for many connections.
 */
static bool addresses_prove(const struct facts_end *a, const struct facts_end *b)
{
	if (a->conn->netns != b->conn->netns)
		return false;
	if (a->conn->local.family == ADDRESS_UNIX)
		return bytes_prove(a->conn, b->conn);
	return !facts_unspecified(&a->conn->local) && !facts_unspecified(&b->conn->local);
}

static bool same_network(const struct facts_end *a, const struct facts_end *b)
{
	return a->conn->netns == b->conn->netns ||
	       (!is_loopback(&a->conn->local) && a->conn->local.family != ADDRESS_UNIX);
}

enum likeness {
	DIFFERENT,
	POSSIBLE,
	CERTAIN
};

static enum likeness compare(const struct search *s, const struct facts_end *a,
			     const struct facts_end *b)
{
	if (a->conn == b->conn || a->conn->transport != b->conn->transport ||
	    !ip_fits(s, &a->conn->local, &b->remote) || !ip_fits(s, &b->conn->local, &a->remote) ||
	    !same_network(a, b) || !lives_overlap(a, b))
		return DIFFERENT;
	if (a->conn->local.family == ADDRESS_UNIX && beginnings_differ(a->conn, b->conn))
		return DIFFERENT;
	if (is_nameless(a) && !bytes_prove(a->conn, b->conn))
		return DIFFERENT;
	if (counts_equal(a, b))
		return CERTAIN;
	/* Where the kernel makes the records at one end, the other's bytes are more. */
	return addresses_prove(a, b) &&
			       (a->conn->by_kernel || b->conn->by_kernel || counts_possible(a, b))
		       ? POSSIBLE
		       : DIFFERENT;
}

/* ---- which of two is written ---- */

static bool is_better(const struct facts_conn *a, const struct facts_conn *b)
{
	if (a->has_plaintext != b->has_plaintext)
		return a->has_plaintext;
	/* Unix sockets have no ports: of some alike, only the role keeps the pairs apart. */
	if (a->local.family != ADDRESS_UNIX && a->lost_bytes != b->lost_bytes)
		return a->lost_bytes < b->lost_bytes;
	return a->role == ROLE_CLIENT;
}

/* Positions mean the same in what A sent and B received: there is nothing at one end, or it fits.
 */
static bool positions_agree(const struct facts_conn *a, const struct facts_conn *b,
			    enum layer layer)
{
	if (a->streams[layer][DIRECTION_SENT].lowest == UINT64_MAX ||
	    b->streams[layer][DIRECTION_RECEIVED].lowest == UINT64_MAX)
		return true;
	return compare_beginning(a, b, layer) == BEGINNING_SAME;
}

/* Those of connections that were seen from their first byte on count from there at both ends. */
static bool can_join(const struct facts_end *a, const struct facts_end *b, enum layer layer)
{
	if (layer == LAYER_WIRE && a->conn->by_kernel != b->conn->by_kernel)
		return false;
	if (a->conn->opened && b->conn->opened)
		return true;
	return bytes_prove(a->conn, b->conn) && positions_agree(a->conn, b->conn, layer) &&
	       positions_agree(b->conn, a->conn, layer);
}

static void marry(struct facts_end *a, struct facts_end *b)
{
	struct facts_end *written = is_better(a->conn, b->conn) ? a : b;
	struct facts_end *other = written == a ? b : a;

	a->twin = b;
	b->twin = a;
	other->left_out = true;
	for (int layer = 0; layer < 2; layer++)
		a->joined[layer] = b->joined[layer] = can_join(a, b, (enum layer)layer);
	for (int direction = 0; direction < 2; direction++)
		written->from_twin[direction] = other->moved[!direction] >
						written->moved[direction];
}

/* ---- all pairs ---- */

static uint64_t candidate_key(const struct facts_end *end)
{
	const struct address *a = &end->conn->local, *b = &end->remote;
	uint16_t low = a->port < b->port ? a->port : b->port;
	uint16_t high = a->port < b->port ? b->port : a->port;
	uint64_t path = 0;

	/*
	 * One end of a Unix conversation knows the path as its own, the other as its peer's. Those
	 * of a socketpair have none.
	 */
	if (a->family == ADDRESS_UNIX)
		path = ip_key(a) ^ ip_key(b) ^ end->conn->netns;
	return hash_u64(path, (uint64_t)end->conn->transport << 32 | (uint64_t)low << 16 | high);
}

/* Without ports and names there is nothing to find the other end by. */
static bool can_have_twin(const struct facts_end *end)
{
	const struct facts_conn *c = end->conn;

	if (!c->wanted || end->start_ts > end->end_ts)
		return false;
	if (c->local.family == ADDRESS_UNIX)
		return facts_unspecified(&c->local) || facts_unspecified(&end->remote);
	return c->local.family != ADDRESS_NONE && end->remote.family != ADDRESS_NONE;
}

static bool add_candidates(struct search *s, const struct facts_conn *c, size_t *capacity)
{
	for (struct facts_end *end = c->ends; end; end = end->next) {
		if (!can_have_twin(end))
			continue;
		if (s->count == *capacity) {
			size_t more = *capacity ? *capacity * 2 : 64;
			struct candidate_end *all = reallocarray(s->all, more, sizeof(*all));

			if (!all)
				return false;
			s->all = all;
			*capacity = more;
		}
		s->all[s->count++] = (struct candidate_end){candidate_key(end), end};
	}
	return true;
}

static bool collect(struct search *s, const struct facts *f)
{
	struct facts_conn *c;
	size_t at = 0, capacity = 0;

	while ((c = map_next(&f->conns, &at)) != NULL) {
		if (!add_candidates(s, c, &capacity))
			return false;
		if (!facts_unspecified(&c->local) && !map_put(&s->local_ips, ip_key(&c->local), c))
			return false;
	}
	return true;
}

static int by_key_and_start(const void *x, const void *y)
{
	const struct candidate_end *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->end->start_ts != b->end->start_ts)
		return a->end->start_ts < b->end->start_ts ? -1 : 1;
	return a->end->conn->id < b->end->conn->id ? -1 : a->end->conn->id > b->end->conn->id;
}

static struct facts_end *find_twin(const struct search *s, size_t i, enum likeness wanted)
{
	const struct candidate_end *me = &s->all[i];

	for (size_t j = i + 1; j < s->count && j - i <= TRIES_MAX; j++) {
		const struct candidate_end *other = &s->all[j];

		if (other->key != me->key || slack_start(other->end) > me->end->end_ts)
			break;
		if (other->end->twin)
			continue;
		if (compare(s, me->end, other->end) >= wanted)
			return other->end;
	}
	return NULL;
}

/* Pairs that are CERTAIN first, lest one of them be taken for what is only POSSIBLE. */
static uint64_t find_pairs(const struct search *s, enum likeness wanted)
{
	uint64_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct facts_end *twin = s->all[i].end->twin ? NULL : find_twin(s, i, wanted);

		if (!twin)
			continue;
		marry(s->all[i].end, twin);
		count++;
	}
	return count;
}

enum tape_error twin_find(struct facts *f, uint64_t *count)
{
	struct search s = {0};
	enum tape_error error = TAPE_ERROR_MEMORY;

	*count = 0;
	if (collect(&s, f)) {
		if (s.count)
			qsort(s.all, s.count, sizeof(*s.all), by_key_and_start);
		*count = find_pairs(&s, CERTAIN);
		*count += find_pairs(&s, POSSIBLE);
		error = TAPE_OK;
	}
	free(s.all);
	map_free(&s.local_ips);
	return error;
}
