/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/map/resolve_private.h"
#include "analyze/map/service_name.h"
#include "format/array.h"

static struct raw_edge raw_of(const struct group *group)
{
	struct raw_edge raw;

	memcpy(&raw, group->key.data, sizeof(raw));
	return raw;
}

static const struct party *party_at(const struct resolving *r, size_t number)
{
	return &r->parties->all[number];
}

static size_t base_of(struct resolving *r, size_t party)
{
	return parties_group(r->parties, parties_behind(r->parties, party));
}

/* Whether two numbers are a pair for the first time. */
static bool is_new_pair(struct resolving *r, char kind, size_t a, size_t b)
{
	const size_t key[3] = {(size_t)kind, a, b};
	size_t count = r->pairs.count;
	size_t number = intern_put(&r->pairs, span_of(key, sizeof(key)));

	r->no_memory |= number == INTERN_NONE;
	return number == count;
}

static bool is_pair(const struct resolving *r, char kind, size_t a, size_t b)
{
	const size_t key[3] = {(size_t)kind, a, b};

	return intern_find(&r->pairs, span_of(key, sizeof(key))) != INTERN_NONE;
}

/* ---- what each is called ---- */

static bool is_host_name(const struct group *group)
{
	return group->table && service_name_of(group->table).host;
}

static void learn_name(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	size_t base = base_of(r, raw.to);
	size_t host = parties_host(r->parties, base);

	if (!raw.name)
		return;
	if (is_new_pair(r, 'n', base, raw.name)) {
		r->bases[base].names++;
		r->bases[base].only = raw.name;
		r->bases[base].only_is_host = is_host_name(group);
	}
	if (host != INTERN_NONE)
		is_new_pair(r, 'h', host, raw.name);
}

/* A proxy asks others by the name by which it was asked: then it isn't one of them. */
static void learn_split(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);

	if (raw.name && party_at(r, raw.from)->kind == PARTY_HOST &&
	    is_pair(r, 'h', raw.from, raw.name) &&
	    parties_host(r->parties, base_of(r, raw.to)) != raw.from)
		r->split[raw.name] = true;
}

static bool is_seen_by_server(const struct resolving *r, const struct raw_edge *raw)
{
	const struct party *from = party_at(r, raw->from);

	return from->kind == PARTY_HOST && from->transport != TRANSPORT_TCP &&
	       from->transport != TRANSPORT_UDP;
}

static bool is_seen_by_client(const struct resolving *r, const struct raw_edge *raw)
{
	return party_at(r, raw->to)->address.family == ADDRESS_UNIX &&
	       party_at(r, raw->from)->kind == PARTY_PROCESS;
}

static void learn_path(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	struct path *path = &r->paths[base_of(r, raw.to)];

	if (is_seen_by_server(r, &raw))
		path->by_server += group->count;
	else if (is_seen_by_client(r, &raw))
		path->by_clients += group->count;
}

static bool is_twin(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	const struct path *path = &r->paths[base_of(r, raw.to)];

	return r->paths_known && is_seen_by_server(r, &raw) && path->by_clients &&
	       path->by_clients + path->by_clients / 10 >= path->by_server;
}

static void for_all(struct resolving *r, void (*take)(struct resolving *, const struct group *))
{
	size_t count;
	struct group *const *all = groups_all(r->groups, &count);

	for (size_t i = 0; i < count && !r->no_memory; i++)
		if (!all[i]->rest && !is_twin(r, all[i]))
			take(r, all[i]);
}

/* ---- nodes ---- */

static struct node_key key_of(const struct resolving *r, size_t base, uint32_t name, bool host)
{
	const struct base *b = &r->bases[base];
	bool process = party_at(r, base)->kind == PARTY_PROCESS;
	struct node_key key;

	memset(&key, 0, sizeof(key)); /* what is between its members counts, too */
	key.kind = 'b';
	key.base = base;
	if (!name && b->names == 1 && !process) {
		name = b->only;
		host = b->only_is_host;
	}
	if (name && host && !process && !r->split[name]) {
		key.kind = 'h';
		key.base = 0;
		key.name = name;
	} else if (name && b->names > 1) {
		key.kind = 'n';
		key.name = name;
	}
	return key;
}

static size_t server_node(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	const struct node_key key = key_of(r, base_of(r, raw.to), raw.name, is_host_name(group));

	return resolve_node(r, &key);
}

/* Who asks SERVER: what is asked of its own host isn't asked by itself. */
static size_t client_node(struct resolving *r, size_t party, size_t server)
{
	const struct host *host = &r->hosts[party];
	struct node_key key;

	if (party_at(r, party)->kind == PARTY_HOST && host->services == 1 && host->first != server)
		return host->first;
	key = key_of(r, parties_group(r->parties, party), 0, false);
	return resolve_node(r, &key);
}

/* ---- where they are ---- */

/* Makes the node of who was asked, and learns where it is. */
static void place(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	const struct party *to = party_at(r, raw.to);
	size_t host = parties_host(r->parties, base_of(r, raw.to));
	size_t node = server_node(r, group);

	if (r->no_memory || r->g->no_memory)
		return;
	resolve_see_at(r, node, to->kind == PARTY_PROCESS ? to->listens : to->text);
	if (host != INTERN_NONE && is_new_pair(r, 's', host, node) && !r->hosts[host].services++)
		r->hosts[host].first = node;
}

/* ---- edges ---- */

bool table_has_sizes(const struct table *table)
{
	return table_column(table, "req_bytes") >= 0 || table_column(table, "resp_bytes") >= 0;
}

/* The edge, with its group of all times; NULL without memory. */
static struct graph_edge *edge_of(struct resolving *r, const struct edge_key *key)
{
	const struct table *table = (const struct table *)key->table;
	struct graph *g = r->g;
	size_t count = r->edges.count;
	size_t number = intern_put(&r->edges, span_of(key, sizeof(*key)));
	struct graph_edge *edge;

	if (number == INTERN_NONE)
		return NULL;
	if (number < count)
		return &g->edges[number];
	edge = graph_add_edge(g, key->from, key->to,
			      key->type ? graph_text(g, span_text(resolve_name_text(r, key->type)))
			      : table	? table->name
					: "");
	if (!edge)
		return NULL;
	edge->tls = key->tls;
	edge->via = key->via;
	edge->sized = !table || table_has_sizes(table);
	if (table || key->type)
		edge->counts = groups_get(g->groups, table, 0, span_of(key, sizeof(*key)));
	return edge;
}

static bool add_course(struct graph_edge *edge, struct group *course)
{
	struct group **courses = array_room(edge->courses, edge->course_count,
					    sizeof(struct group *));

	if (!courses)
		return false;
	edge->courses = courses;
	courses[edge->course_count++] = course;
	return true;
}

/* GROUP is counted on the edge of KEY, too; NULL without memory. */
static struct graph_edge *add_to(struct resolving *r, const struct edge_key *key,
				 const struct group *group)
{
	struct graph_edge *edge = edge_of(r, key);
	struct group *course;

	r->no_memory |= !edge || !edge->counts || !group_merge(edge->counts, group);
	if (edge && group->bytes)
		edge->sized = true;
	if (r->no_memory || !group->since)
		return edge;
	course = groups_get(r->g->interval_groups, group->table, group->since,
			    span_of(key, sizeof(*key)));
	r->no_memory |= !course || (!course->count && !add_course(edge, course)) ||
			!group_merge(course, group);
	return edge;
}

/* Who asks leads to the name, and that to who answered. */
static void connect_question(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	size_t server = server_node(r, group);
	struct edge_key asked = {.from = client_node(r, raw.from, server),
				 .table = (uintptr_t)group->table,
				 .type = raw.type,
				 .via = server};
	struct edge_key answered = {
		.to = server, .table = (uintptr_t)group->table, .via = GRAPH_NONE};
	struct graph_edge *edge;
	struct node_key key;

	memset(&key, 0, sizeof(key));
	key.kind = 'q';
	key.name = raw.question;
	asked.to = answered.from = resolve_node(r, &key);
	edge = add_to(r, &asked, group);
	if (edge && !*edge->extra) {
		buffer_clear(&r->text);
		answers_append(r->answers, raw.question, raw.type, &r->text);
		edge->extra = resolve_take_text(r);
	}
	add_to(r, &answered, group);
}

static void connect(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	size_t server = server_node(r, group);
	const struct edge_key key = {.from = client_node(r, raw.from, server),
				     .to = server,
				     .table = (uintptr_t)group->table,
				     .tls = raw.tls,
				     .type = raw.type,
				     .via = GRAPH_NONE};

	if (raw.question)
		connect_question(r, group);
	else
		add_to(r, &key, group);
}

/* Shows that a name is one of several of that process, address or host. */
static void link_to(struct resolving *r, size_t name, const struct node_key *of)
{
	size_t node = intern_find(&r->nodes, span_of(of, sizeof(*of)));
	const struct edge_key key = {.from = name, .to = node, .via = GRAPH_NONE};

	if (node != INTERN_NONE && node != name && !edge_of(r, &key))
		r->no_memory = true;
}

static void link_group(struct resolving *r, const struct group *group)
{
	const struct raw_edge raw = raw_of(group);
	size_t base = base_of(r, raw.to);
	size_t host = parties_host(r->parties, base);
	size_t node = server_node(r, group);
	struct node_key of;

	memset(&of, 0, sizeof(of));
	of.kind = 'b';
	of.base = base;
	if (raw.name && r->bases[base].names > 1)
		link_to(r, node, &of);
	of.base = host;
	if (host != INTERN_NONE && r->hosts[host].services > 1)
		link_to(r, node, &of);
}

static void count_rest(struct resolving *r)
{
	size_t count;
	struct group *const *all = groups_all(r->groups, &count);

	for (size_t i = 0; i < count; i++)
		if (all[i]->rest)
			r->g->overflow = all[i]->count;
}

static bool make(struct resolving *r)
{
	for_all(r, learn_path);
	r->paths_known = true;
	for_all(r, learn_name);
	for_all(r, learn_split);
	for_all(r, place);
	for_all(r, connect);
	for_all(r, link_group);
	resolve_tell_places(r);
	count_rest(r);
	return !r->no_memory && !r->g->no_memory;
}

bool resolve(struct parties *parties, const struct intern *names, const struct answers *answers,
	     struct groups *groups, struct graph *g)
{
	struct resolving r = {
		.parties = parties, .names = names, .answers = answers, .groups = groups, .g = g};
	size_t count = parties->keys.count, nodes = 1;
	bool good;

	groups_all(groups, &nodes);
	g->groups = groups_new(SIZE_MAX);
	g->interval_groups = groups_new(SIZE_MAX);
	r.bases = calloc(count + 1, sizeof(*r.bases));
	r.hosts = calloc(count + 1, sizeof(*r.hosts));
	r.paths = calloc(count + 1, sizeof(*r.paths));
	r.split = calloc(names->count + 1, sizeof(*r.split));
	r.seen = calloc(3 * nodes + 1, sizeof(*r.seen));
	good = g->groups && g->interval_groups && r.bases && r.hosts && r.paths && r.split &&
	       r.seen && make(&r);
	free(r.bases);
	free(r.hosts);
	free(r.paths);
	free(r.split);
	free(r.seen);
	intern_free(&r.pairs);
	intern_free(&r.nodes);
	intern_free(&r.edges);
	buffer_free(&r.text);
	return good;
}
