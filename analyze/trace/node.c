/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/trace/trace.h"

#define NAME_MAX_LEN (ADDRESS_TEXT_MAX + 32)

/* Numbers that stand for a process, or for a host where none is known. */
static uint64_t process_key(const struct row_end *end)
{
	return (uint64_t)1 << 63 | end->pid;
}

static uint64_t host_key(const struct address *address)
{
	uint64_t words[2];

	memcpy(words, address->ip, sizeof(words));
	return (words[0] * UINT64_C(0x9e3779b97f4a7c15) ^ words[1] ^ address->family) >> 1;
}

static void name_process(char name[static NAME_MAX_LEN], const struct row_end *end)
{
	if (end->pid)
		snprintf(name, NAME_MAX_LEN, "%s[%u]", end->comm, end->pid);
	else
		snprintf(name, NAME_MAX_LEN, "%s", end->local_text);
}

/* One end of an exchange: OWN is the row of its process, OTHER that of the opposite one. */
static uint64_t end_of(const struct row *own, const struct row *other,
		       char name[static NAME_MAX_LEN])
{
	char remote[ADDRESS_TEXT_MAX];

	if (own) {
		name_process(name, own->end);
		return own->end->pid ? process_key(own->end) : host_key(&own->end->local);
	}
	snprintf(name, NAME_MAX_LEN, "%s", row_remote(other, remote));
	return host_key(other->peer ? other->peer : &other->end->remote);
}

static int64_t end_time(const struct row *row)
{
	return row->response_last == TIME_UNKNOWN ? row->begin : row->begin + row->response_last;
}

static const char *store(char **to, struct span text)
{
	char *at = *to;

	*to = span_put(at, text);
	*(*to)++ = '\0';
	return at;
}

static void fill(struct trace_node *node, const struct row *client, const struct row *server)
{
	const struct row *seen = client ? client : server;

	node->begin = seen->begin;
	node->end = end_time(seen);
	node->served_begin = server ? server->begin : seen->begin;
	node->served_end = server ? end_time(server) : node->end;
	node->client_tid = client ? client->tid : 0;
	node->server_tid = server ? server->tid : 0;
	node->id_count = trace_ids(seen, node->ids);
	node->table = seen->table;
	node->outcome = seen->outcome;
	node->latency = row_latency(seen);
}

struct trace_node *trace_node_new(const struct row *row)
{
	bool serves = row->end->role == ROLE_SERVER;
	const struct row *client = serves ? row->twin : row, *server = serves ? row : row->twin;
	char names[2][NAME_MAX_LEN], id[ROW_ID_MAX];
	size_t id_len = row_id(client ? client : server, id);
	struct buffer line = {0};
	struct trace_node *node;
	uint64_t keys[2];
	char *to;

	keys[0] = end_of(client, server, names[0]);
	keys[1] = end_of(server, client, names[1]);
	row->table->describe(row->values, &line);
	node = line.failed ? NULL
			   : malloc(sizeof(*node) + id_len + line.len + strlen(names[0]) +
				    strlen(names[1]) + 4);
	if (node) {
		memset(node, 0, sizeof(*node));
		fill(node, client, server);
		node->client = keys[0];
		node->server = keys[1];
		to = (char *)(node + 1);
		node->record_id = store(&to, span_of(id, id_len));
		node->client_name = store(&to, span_text(names[0]));
		node->server_name = store(&to, span_text(names[1]));
		node->line = store(&to, buffer_span(&line));
	}
	buffer_free(&line);
	return node;
}

size_t trace_node_size(const struct trace_node *node)
{
	return sizeof(*node) + strlen(node->record_id) + strlen(node->line) +
	       strlen(node->client_name) + strlen(node->server_name) + 4;
}
