/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/starts.h"

#include "format/hash.h"

/* Slow: at least so long, and so many times as long as each of so many after it. */
#define SLOW_NS	 INT64_C(100000000)
#define TIMES	 10
#define FOLLOWED 5

static uint64_t key_of(const struct row *row)
{
	const struct row_end *end = row->end;
	const struct address *server = end->role == ROLE_SERVER ? &end->local : &end->remote;
	uint64_t key = hash_bytes(0, row->table->name, strlen(row->table->name));

	key = hash_bytes(key, server->ip, sizeof(server->ip));
	key = hash_u64(key, server->port);
	if (server->family == ADDRESS_UNIX) {
		const char *path = end->role == ROLE_SERVER ? end->local_text : end->remote_text;

		key = hash_bytes(key, path, strlen(path));
	}
	return key | 1;
}

static enum start_news begin(struct server_start *start, const struct row *row, uint64_t key,
			     bool opened)
{
	struct buffer finding = start->finding;

	*start = (struct server_start){
		.key = key,
		.ts = row->begin,
		.took = row_latency(row),
		.over = row->begin + row->response_last,
		.finding = finding,
	};
	/* Where the recording came later, it isn't the server's first. */
	start->waits = opened && start->took >= SLOW_NS;
	return start->waits ? START_MAYBE : START_NOTHING;
}

enum start_news starts_look(struct starts *starts, const struct row *row, bool opened,
			    struct server_start **start)
{
	int64_t took = row_latency(row);
	uint64_t key;

	/* Handshakes are of the network, and are told of by themselves. */
	if (took == TIME_UNKNOWN || row->response_last == TIME_UNKNOWN ||
	    row->outcome != OUTCOME_OK || row->side != SIDE_CLIENT ||
	    strcmp(row->table->name, "tls") == 0)
		return START_NOTHING;
	key = key_of(row);
	*start = &starts->slots[key / 2 % START_SLOTS];
	if ((*start)->key != key)
		return begin(*start, row, key, opened);
	if (!(*start)->waits || row->begin < (*start)->over)
		return START_NOTHING;
	if (took > (*start)->longest)
		(*start)->longest = took;
	(*start)->waits = (*start)->longest <= (*start)->took / TIMES;
	if (!(*start)->waits || ++(*start)->later < FOLLOWED)
		return START_NOTHING;
	(*start)->waits = false;
	return START_SLOW;
}

void starts_free(struct starts *starts)
{
	for (size_t i = 0; i < START_SLOTS; i++)
		buffer_free(&starts->slots[i].finding);
}
