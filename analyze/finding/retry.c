/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/retry.h"

#include "format/hash.h"

#define WITHIN_NS INT64_C(60000000000)

/* Columns that tell a request from another, by table. */
static const struct {
	const char *table;
	const char *columns[4];
} identities[] = {
	{"http", {"method", "host", "path", "req_body"}},
	{"http2", {"method", "authority", "path", "req_body"}},
	{"grpc", {"service", "method", "requests"}},
	{"redis", {"command", "args"}},
	{"dns", {"qname", "qtype", "opcode"}},
	{"mysql", {"command", "statement", "bound_statement", "user"}},
	{"pgsql", {"operation", "statement", "params", "user"}},
	{"cql", {"opcode", "statement", "params"}},
	{"mongodb", {"command", "collection", "request"}},
	{"nats", {"verb", "subject", "payload"}},
	{"thrift", {"method", "args"}},
};

static uint64_t mix_column(uint64_t hash, const struct row *row, const char *name)
{
	int at = table_column(row->table, name);

	if (at >= 0 && value_has_text(&row->values[at]))
		hash = hash_bytes(hash, row->values[at].text.data, row->values[at].text.len);
	return hash;
}

/* False when the table has nothing that can be sent again. */
static bool identify(const struct row *row, uint64_t *hash)
{
	const struct row_end *end = row->end;
	struct address client = end->role == ROLE_SERVER ? end->remote : end->local;
	struct address server = end->role == ROLE_SERVER ? end->local : end->remote;

	for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
		if (strcmp(identities[i].table, row->table->name) != 0)
			continue;
		/* Another try may come from another port. */
		*hash = hash_u64(0, i);
		*hash = hash_bytes(*hash, client.ip, sizeof(client.ip));
		*hash = hash_bytes(*hash, server.ip, sizeof(server.ip));
		*hash = hash_u64(*hash, server.port);
		for (size_t j = 0; j < 4 && identities[i].columns[j]; j++)
			*hash = mix_column(*hash, row, identities[i].columns[j]);
		return true;
	}
	return false;
}

bool retry_look(struct retries *retries, const struct row *row, bool failed)
{
	uint64_t hash;
	bool again;
	size_t slot;

	if (!row->has_request || !identify(row, &hash))
		return false;
	slot = hash % RETRY_SLOTS;
	again = retries->slots[slot].hash == hash && retries->slots[slot].ts &&
		row->begin - retries->slots[slot].ts < WITHIN_NS;
	if (failed) {
		retries->slots[slot].hash = hash;
		retries->slots[slot].ts = row->begin;
	} else if (again) {
		retries->slots[slot].ts = 0;
	}
	return again;
}
