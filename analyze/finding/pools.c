/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/pools.h"

#include <stdlib.h>

#include "format/hash.h"

#define MS INT64_C(1000000)

/* A wait that is worth telling, and how soon a connection that became free is taken. */
#define LONG_NS	 (50 * MS)
#define TAKEN_NS (5 * MS)
/* A connection that was idle for longer may have been closed: it doesn't count any more. */
#define GONE_NS (60 * 1000 * MS)

/* What is remembered: pools, connections of each, processes, requests that each has to answer. */
#define POOLS	 256
#define CONNS	 64
#define SERVERS	 256
#define REQUESTS 64

struct pool_conn {
	uint64_t id;
	int64_t end;   /* of its last exchange */
	int64_t since; /* when it was idle last: it has been busy since then */
};

struct pool {
	uint64_t key; /* of who asks, whom, and what; 0: none */
	bool unfit;   /* several exchanges share a connection, or there are too many */
	size_t count;
	struct pool_conn conns[CONNS];
};

/* What a process has to answer, in the order in which it came. */
struct request {
	int64_t ready; /* it was there whole */
	int64_t end;
	int64_t asked; /* when what it asked of others was answered last */
	uint32_t tid;
	bool doubtful; /* it may have asked more than that */
};

struct server {
	uint64_t key; /* 0: none */
	size_t count;
	struct request requests[REQUESTS];
};

struct pools {
	struct pool pools[POOLS];
	struct server servers[SERVERS];
};

struct pools *pools_new(void)
{
	return calloc(1, sizeof(struct pools));
}

void pools_free(struct pools *pools)
{
	free(pools);
}

static uint64_t process_key(const struct row *row)
{
	return hash_u64(0, row->end->pid) | 1;
}

static int64_t end_of(const struct row *row)
{
	return row->begin + row->response_last;
}

/* ---- what has to be answered ---- */

static void forget_answered(struct server *s, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->requests[i].end >= now)
			s->requests[kept++] = s->requests[i];
	s->count = kept;
}

static void remember(struct pools *p, const struct row *row)
{
	uint64_t key = process_key(row);
	struct server *s = &p->servers[key / 2 % SERVERS];

	if (s->key != key)
		*s = (struct server){.key = key};
	forget_answered(s, row->begin);
	if (s->count == REQUESTS)
		return;
	s->requests[s->count++] = (struct request){
		.ready = row->begin + (row->request_last != TIME_UNKNOWN ? row->request_last : 0),
		.end = end_of(row),
		.tid = row->tid,
	};
}

/* The one request that ROW can have been asked for; NULL: none, or nobody knows which. */
static struct request *parent_of(struct pools *p, const struct row *row)
{
	uint64_t key = process_key(row);
	struct server *s = &p->servers[key / 2 % SERVERS];
	struct request *found = NULL;
	size_t count = 0;

	if (s->key != key)
		return NULL;
	forget_answered(s, row->begin);
	for (size_t i = 0; i < s->count; i++) {
		struct request *r = &s->requests[i];

		if (r->ready > row->begin || r->end < end_of(row) ||
		    (r->tid && row->tid && r->tid != row->tid))
			continue;
		if (count++)
			found->doubtful = r->doubtful = true;
		else
			found = r;
	}
	return count == 1 && !found->doubtful ? found : NULL;
}

/* ---- connections ---- */

static struct pool_conn *conn_of(struct pool *pool, const struct row *row)
{
	size_t kept = 0;

	for (size_t i = 0; i < pool->count; i++)
		if (pool->conns[i].id == row->end->conn ||
		    row->begin - pool->conns[i].end < GONE_NS)
			pool->conns[kept++] = pool->conns[i];
	pool->count = kept;
	for (size_t i = 0; i < pool->count; i++)
		if (pool->conns[i].id == row->end->conn)
			return &pool->conns[i];
	if (pool->count == CONNS)
		return NULL;
	pool->conns[pool->count] = (struct pool_conn){.id = row->end->conn, .end = INT64_MIN};
	return &pool->conns[pool->count++];
}

/* Whether no connection was idle from SINCE until OWN became free. */
static bool all_busy(const struct pool *pool, const struct pool_conn *own, int64_t since)
{
	for (size_t i = 0; i < pool->count; i++) {
		const struct pool_conn *c = &pool->conns[i];

		if (c->since > since || (c != own && c->end < own->end))
			return false;
	}
	return true;
}

/* How long PARENT stood still before it could ask on OWN. */
static int64_t wait_of(const struct request *parent, const struct row *row, const struct pool *pool,
		       const struct pool_conn *own)
{
	int64_t since = parent->asked > parent->ready ? parent->asked : parent->ready;

	if (pool->unfit || own->end == INT64_MIN || row->begin - own->end > TAKEN_NS ||
	    !all_busy(pool, own, since))
		return 0;
	return own->end - since >= LONG_NS ? own->end - since : 0;
}

static struct pool *pool_of(struct pools *p, const struct row *row)
{
	const struct address *server = &row->end->remote;
	uint64_t key = hash_u64(process_key(row), server->port);
	struct pool *pool;

	key = hash_bytes(key, server->ip, sizeof(server->ip));
	key = hash_bytes(key, row->end->remote_text, strlen(row->end->remote_text)) | 1;
	pool = &p->pools[key / 2 % POOLS];
	if (pool->key != key)
		*pool = (struct pool){.key = key};
	return pool;
}

/* The exchange takes its connection. */
static int64_t use(struct pools *p, const struct row *row, const struct request *parent)
{
	struct pool *pool = pool_of(p, row);
	struct pool_conn *own = conn_of(pool, row);
	int64_t wait = 0;

	pool->unfit |= !own || row->begin < own->end;
	if (!own)
		return 0;
	if (own->end == INT64_MIN || row->begin - own->end > TAKEN_NS)
		own->since = row->begin;
	if (parent)
		wait = wait_of(parent, row, pool, own);
	if (end_of(row) > own->end)
		own->end = end_of(row);
	return wait;
}

int64_t pools_look(struct pools *pools, const struct row *row)
{
	struct request *parent;
	int64_t wait = 0;

	if (!row->end->pid || !row->has_request || row->response_last == TIME_UNKNOWN ||
	    strcmp(row->table->name, "tls") == 0)
		return 0;
	if (row->end->role == ROLE_SERVER)
		remember(pools, row);
	if (row->end->role != ROLE_CLIENT)
		return 0;
	parent = parent_of(pools, row);
	if (!transport_is_datagram(row->end->transport))
		wait = use(pools, row, parent);
	if (parent && end_of(row) > parent->asked)
		parent->asked = end_of(row);
	return wait;
}
