/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/service_map.h"

#include <stdlib.h>

#include "analyze/map/conn_bytes.h"
#include "analyze/map/party.h"
#include "analyze/map/resolve.h"
#include "analyze/map/service_name.h"
#include "analyze/stat/facts.h"

/* Of the memory, parties and names may take this part each. */
#define PARTIES_SHARE 4
#define NAMES_SHARE   8

struct service_map {
	struct service_map_options with;
	struct parties parties;
	struct intern names; /* number 0 is no name */
	struct answers answers;
	struct conn_bytes bytes;
	struct groups *groups;
	struct facts_cache facts;
	struct service_name naming; /* of the table seen last */
	struct buffer text;
	struct buffer type;
	int64_t first;
	int64_t last;
	bool compacted;
};

struct service_map *service_map_new(const struct service_map_options *options)
{
	struct service_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->with = *options;
	m->parties.by = options->by;
	m->parties.memory = options->memory / PARTIES_SHARE;
	m->bytes.memory = options->memory / NAMES_SHARE;
	m->groups = groups_new(options->memory / 2);
	if (!m->groups || intern_put(&m->names, span_of("", 0)) == INTERN_NONE) {
		service_map_free(m);
		return NULL;
	}
	return m;
}

void service_map_free(struct service_map *m)
{
	if (!m)
		return;
	parties_free(&m->parties);
	intern_free(&m->names);
	answers_free(&m->answers);
	conn_bytes_free(&m->bytes);
	groups_free(m->groups);
	buffer_free(&m->text);
	buffer_free(&m->type);
	free(m);
}

/* ---- what doesn't count ---- */

/* Their messages are in the rows of the protocol's first table, too. */
static bool counts_elsewhere(const struct table *table)
{
	return strcmp(table->name, "kafka_messages") == 0 ||
	       strcmp(table->name, "amqp_messages") == 0;
}

/* A handshake whose inside was read: what was said there counts. */
static bool is_envelope(const struct row *row)
{
	int column = strcmp(row->table->name, "tls") == 0 ? table_column(row->table, "plaintext")
							  : -1;

	return column >= 0 && row->outcome == OUTCOME_OK && value_has_text(&row->values[column]) &&
	       !span_is(row->values[column].text, "no");
}

/* ---- records ---- */

/* 0 where it is empty, or there is no more room. */
static uint32_t number_of(struct service_map *m, const struct buffer *text)
{
	bool full = m->names.used > m->with.memory / NAMES_SHARE;
	size_t number = full ? intern_find(&m->names, buffer_span(text))
			     : intern_put(&m->names, buffer_span(text));

	return number == INTERN_NONE ? 0 : (uint32_t)number;
}

/* The number of the name that ROW gives to who is asked; 0: none. */
static uint32_t name_of(struct service_map *m, const struct row *row)
{
	if (m->naming.table != row->table)
		m->naming = service_name_of(row->table);
	buffer_clear(&m->text);
	service_name_append(&m->naming, row->values, &m->text);
	return number_of(m, &m->text);
}

static void ask(struct service_map *m, const struct row *row, struct raw_edge *edge)
{
	buffer_clear(&m->text);
	buffer_clear(&m->type);
	answers_question(&m->answers, row->table, row->values, &m->text, &m->type);
	edge->question = number_of(m, &m->text);
	edge->type = number_of(m, &m->type);
}

static struct raw_edge edge_of(struct service_map *m, const struct row *row)
{
	bool is_server = row->end->role == ROLE_SERVER;
	const struct row *client = is_server ? row->twin : row;
	const struct row *server = is_server ? row : row->twin;
	struct parties *p = &m->parties;
	struct raw_edge edge = {.tls = row->end->tls};

	if (m->with.dns)
		ask(m, row, &edge);
	else
		edge.name = name_of(m, row);
	edge.from = client ? parties_end(p, client->end, false)
			   : parties_stranger(p, server, false);
	edge.to = server ? parties_end(p, server->end, true) : parties_stranger(p, client, true);
	return edge;
}

/* Processes that serve nothing, so far, become one of their program. */
static bool compact(struct service_map *m)
{
	struct groups *fewer = groups_new(m->with.memory / 2);
	struct group *const *all;
	size_t count;
	bool good = fewer != NULL;

	m->compacted = m->parties.many = true;
	if (!good || !parties_settle(&m->parties)) {
		groups_free(fewer);
		return false;
	}
	all = groups_all(m->groups, &count);
	for (size_t i = 0; good && i < count; i++) {
		struct raw_edge edge = {0};
		struct group *to;

		if (all[i]->rest) {
			to = groups_get_rest(fewer);
		} else {
			memcpy(&edge, all[i]->key.data, sizeof(edge));
			edge.from = parties_group(&m->parties, edge.from);
			edge.to = parties_group(&m->parties, edge.to);
			to = groups_get(fewer, all[i]->table, all[i]->since,
					span_of(&edge, sizeof(edge)));
		}
		good = to && group_merge(to, all[i]);
	}
	groups_free(m->groups);
	m->groups = fewer;
	return good;
}

static bool count(struct service_map *m, struct group *group, const struct row *row,
		  const struct facts *facts)
{
	if (!m->first || row->begin < m->first)
		m->first = row->begin;
	if (row->begin > m->last)
		m->last = row->begin;
	return group_count_row(group, row, facts);
}

bool service_map_add(struct service_map *m, const struct row *row)
{
	int64_t since = m->with.over ? row->begin - row->begin % m->with.over : 0;
	const struct facts *facts;
	struct raw_edge edge;
	struct group *group;

	if (m->with.dns ? strcmp(row->table->name, "dns") != 0
			: counts_elsewhere(row->table) || is_envelope(row))
		return true;
	if (!m->compacted && (groups_are_many(m->groups) || parties_are_many(&m->parties)) &&
	    !compact(m))
		return false;
	edge = edge_of(m, row);
	/* A question that found no room has no name, and isn't told from others. */
	if (m->with.dns && edge.question && edge.type &&
	    !answers_learn(&m->answers, row->values, edge.question, edge.type))
		return false;
	if (edge.from == INTERN_NONE || edge.to == INTERN_NONE)
		group = groups_get_rest(m->groups);
	else
		group = groups_get(m->groups, row->table, since, span_of(&edge, sizeof(edge)));
	facts = facts_of(&m->facts, row->table);
	if (group && !group->rest && m->with.connections && !facts_have_bytes(facts))
		conn_bytes_ask(&m->bytes, row, &edge);
	return group && count(m, group, row, facts);
}

void service_map_conn(struct service_map *m, const struct connection *c)
{
	conn_bytes_tell(&m->bytes, c);
}

bool service_map_finish(struct service_map *m, struct graph *g)
{
	*g = (struct graph){.first = m->first,
			    .last = m->last,
			    .over = m->with.over,
			    .dns = m->with.dns,
			    .unit = m->with.dns ? "questions" : "exchanges"};
	/* Of intervals, and of what became one of a program, it isn't known which of them it was.
	 */
	if (m->with.connections && !m->with.over && !m->compacted)
		conn_bytes_add(&m->bytes, m->groups);
	return parties_settle(&m->parties) &&
	       resolve(&m->parties, &m->names, &m->answers, m->groups, g) && graph_settle(g);
}
