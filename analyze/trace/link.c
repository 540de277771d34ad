/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/trace/trace.h"
#include "format/map.h"

const char *trace_link_text(enum trace_link link, enum trace_id_kind kind)
{
	switch (link) {
	case TRACE_BY_ID:
		return trace_id_text(kind);
	case TRACE_BY_THREAD:
		return "thread";
	case TRACE_BY_TIME:
		return "time";
	case TRACE_ROOT:
		break;
	}
	return "";
}

const char *trace_sure_text(enum trace_link link)
{
	static const char *const texts[] = {
		[TRACE_ROOT] = "",
		[TRACE_BY_ID] = "certain",
		[TRACE_BY_THREAD] = "likely",
		[TRACE_BY_TIME] = "possible",
	};

	return texts[link];
}

static int compare(const void *a, const void *b)
{
	const struct trace_node *one = *(struct trace_node *const *)a;
	const struct trace_node *other = *(struct trace_node *const *)b;

	if (one->begin != other->begin)
		return one->begin < other->begin ? -1 : 1;
	/* What takes in the other comes first. */
	if (one->end != other->end)
		return one->end > other->end ? -1 : 1;
	return strcmp(one->record_id, other->record_id);
}

/* What a process has to answer, in a list that begins with what came last. */
struct serving {
	struct trace_node *node;
	struct serving *before;
};

static bool takes_in(const struct trace_node *parent, const struct trace_node *child)
{
	return parent != child && parent->served_begin <= child->begin &&
	       parent->served_end >= child->end;
}

static bool share_id(const struct trace_node *a, const struct trace_node *b,
		     enum trace_id_kind *kind)
{
	for (size_t i = 0; i < a->id_count; i++)
		for (size_t j = 0; j < b->id_count; j++)
			if (a->ids[i].kind == b->ids[j].kind && a->ids[i].hash == b->ids[j].hash) {
				*kind = a->ids[i].kind;
				return true;
			}
	return false;
}

/* Both carry an id of one kind, and not the same. */
static bool differ(const struct trace_node *a, const struct trace_node *b)
{
	for (size_t i = 0; i < a->id_count; i++)
		for (size_t j = 0; j < b->id_count; j++)
			if (a->ids[i].kind == b->ids[j].kind)
				return true;
	return false;
}

/* Candidates of one way to decide. */
struct tally {
	struct trace_node *one;
	size_t count;
	enum trace_id_kind kind;
};

static void count(struct tally *tally, struct trace_node *node, enum trace_id_kind kind)
{
	if (!tally->count++) {
		tally->one = node;
		tally->kind = kind;
	}
}

static bool take(struct trace_node *node, const struct tally *tally, enum trace_link link)
{
	if (tally->count != 1)
		return false;
	node->parent = tally->one;
	node->link = link;
	node->kind = tally->kind;
	return true;
}

static void choose(struct trace_node *node, const struct serving *list)
{
	struct tally by_id = {0}, by_both = {0}, by_thread = {0}, by_time = {0};
	enum trace_id_kind kind = 0;

	for (; list; list = list->before) {
		struct trace_node *one = list->node;
		bool same_thread = node->client_tid && node->client_tid == one->server_tid;
		bool same_id = false;

		if (!takes_in(one, node))
			continue;
		same_id = share_id(one, node, &kind);
		/* With another id it belongs to something else. */
		if (!same_id && differ(one, node))
			continue;
		if (same_id)
			count(&by_id, one, kind);
		if (same_id && same_thread)
			count(&by_both, one, kind);
		if (same_thread)
			count(&by_thread, one, 0);
		/* A host that asks itself may be anybody. */
		if ((!node->client_tid || !one->server_tid) && node->client != node->server &&
		    one->client != one->server)
			count(&by_time, one, 0);
	}
	if (by_id.count) {
		if (!take(node, &by_id, TRACE_BY_ID))
			take(node, &by_both, TRACE_BY_ID);
		return;
	}
	if (by_thread.count)
		take(node, &by_thread, TRACE_BY_THREAD);
	else
		take(node, &by_time, TRACE_BY_TIME);
}

/* What ended before NOW answers nothing any more. */
static struct serving *forget(struct serving *list, int64_t now)
{
	struct serving **at = &list;

	while (*at) {
		if ((*at)->node->served_end < now)
			*at = (*at)->before;
		else
			at = &(*at)->before;
	}
	return list;
}

/* Who answers: a process or host, and what it has to answer. */
struct server {
	struct serving *list;
};

struct linking {
	struct map servers; /* struct server, by process or host */
	struct server *heads;
	struct serving *all; /* of the nodes, by index */
	size_t head_count;
};

static bool serve(struct linking *l, struct trace_node *node, size_t index)
{
	struct server *server = map_get(&l->servers, node->server);
	struct serving *own = &l->all[index];

	if (!server) {
		server = &l->heads[l->head_count++];
		if (!map_put(&l->servers, node->server, server))
			return false;
	}
	own->node = node;
	own->before = server->list;
	server->list = own;
	return true;
}

static bool link_in_order(struct linking *l, struct trace_node **nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct trace_node *node = nodes[i];
		struct server *asks = map_get(&l->servers, node->client);

		node->parent = node->first_child = node->next_sibling = NULL;
		node->link = TRACE_ROOT;
		if (asks) {
			asks->list = forget(asks->list, node->begin);
			choose(node, asks->list);
		}
		if (!serve(l, node, i))
			return false;
	}
	/* From the last on, so that children stand in the order in which they began. */
	for (size_t i = count; i-- > 0;) {
		struct trace_node *parent = nodes[i]->parent;

		if (!parent)
			continue;
		nodes[i]->next_sibling = parent->first_child;
		parent->first_child = nodes[i];
	}
	return true;
}

bool trace_link_all(struct trace_node **nodes, size_t count)
{
	struct linking l = {0};
	bool good;

	l.all = calloc(count + 1, sizeof(*l.all));
	l.heads = calloc(count + 1, sizeof(*l.heads));
	if (count)
		qsort(nodes, count, sizeof(void *), compare);
	good = l.all && l.heads && link_in_order(&l, nodes, count);
	map_free(&l.servers);
	free(l.heads);
	free(l.all);
	return good;
}
