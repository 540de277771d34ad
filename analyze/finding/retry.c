/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/retry.h"

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

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return (hash ^ len) * UINT64_C(0x100000001b3);
}

static uint64_t mix_column(uint64_t hash, const struct row *row, const char *name)
{
	for (size_t i = 0; i < row->table->column_count; i++) {
		const struct value *v = &row->values[i];

		if (strcmp(row->table->columns[i].name, name) == 0 && value_has_text(v))
			return mix(hash, v->text.data, v->text.len);
	}
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
		*hash = mix(UINT64_C(0xcbf29ce484222325), &i, sizeof(i));
		*hash = mix(*hash, client.ip, sizeof(client.ip));
		*hash = mix(*hash, server.ip, sizeof(server.ip));
		*hash = mix(*hash, &server.port, sizeof(server.port));
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
