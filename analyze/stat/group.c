/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/stat/group.h"

#include <stdlib.h>

#include "format/hash.h"

/* About what a group with a few values takes, beside its key. */
#define GROUP_COST (sizeof(struct group) + 512)

struct groups {
	struct group **all;
	size_t count;
	size_t *slots; /* hash table: index in all + 1; a power of two */
	size_t slot_count;
	uint64_t seed;
	size_t memory;
	size_t used;
	struct group *rest; /* one of all */
};

struct groups *groups_new(size_t memory)
{
	struct groups *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->memory = memory;
	g->seed = hash_seed();
	return g;
}

static size_t *slot_of(const struct groups *g, const struct table *table, int64_t since,
		       struct span key)
{
	uint64_t hash = hash_u64(hash_u64(g->seed, (uintptr_t)table), (uint64_t)since);
	size_t mask = g->slot_count - 1;
	size_t at = (size_t)hash_bytes(hash, key.data, key.len) & mask;

	for (; g->slots[at]; at = (at + 1) & mask) {
		const struct group *group = g->all[g->slots[at] - 1];

		if (group->table == table && group->since == since && !group->rest &&
		    span_equal(group->key, key))
			break;
	}
	return &g->slots[at];
}

static bool grow(struct groups *g)
{
	size_t slot_count = g->slot_count ? g->slot_count * 2 : 256;
	size_t *slots = calloc(slot_count, sizeof(*slots));
	struct group **all = realloc(g->all, slot_count / 2 * sizeof(struct group *));

	if (all)
		g->all = all;
	if (!slots || !all) {
		free(slots);
		return false;
	}
	free(g->slots);
	g->slots = slots;
	g->slot_count = slot_count;
	for (size_t i = 0; i < g->count; i++)
		*slot_of(g, all[i]->table, all[i]->since, all[i]->key) = i + 1;
	return true;
}

static struct group *add(struct groups *g, const struct table *table, int64_t since,
			 struct span key)
{
	struct group *group;

	if (g->count >= g->slot_count / 2 && !grow(g))
		return NULL;
	group = calloc(1, sizeof(*group) + key.len + 1);
	if (!group)
		return NULL;
	if (key.len)
		memcpy(group + 1, key.data, key.len);
	group->key = span_of(group + 1, key.len);
	group->table = table;
	group->since = since;
	group->number = g->count;
	*slot_of(g, table, since, key) = g->count + 1;
	g->all[g->count++] = group;
	g->used += GROUP_COST + key.len;
	return group;
}

bool groups_are_many(const struct groups *g)
{
	return g->used >= g->memory;
}

bool groups_overflowed(const struct groups *g)
{
	return g->rest != NULL;
}

struct group *groups_get(struct groups *g, const struct table *table, int64_t since,
			 struct span key)
{
	size_t found = g->slot_count ? *slot_of(g, table, since, key) : 0;

	if (found)
		return g->all[found - 1];
	return groups_are_many(g) ? groups_get_rest(g) : add(g, table, since, key);
}

struct group *groups_get_rest(struct groups *g)
{
	if (!g->rest)
		g->rest = add(g, NULL, 0, span_of("", 0));
	if (g->rest)
		g->rest->rest = true;
	return g->rest;
}

struct group *const *groups_all(const struct groups *g, size_t *count)
{
	*count = g->count;
	return g->all;
}

static int compare(const void *left, const void *right)
{
	const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;

	if (a->since != b->since)
		return a->since < b->since ? -1 : 1;
	if (a->rest != b->rest)
		return a->rest ? 1 : -1;
	if (a->total_ns != b->total_ns)
		return a->total_ns > b->total_ns ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

struct group **groups_in_order(const struct groups *g, size_t *count)
{
	struct group **order = calloc(g->count + 1, sizeof(struct group *));

	*count = g->count;
	if (!order)
		return NULL;
	for (size_t i = 0; i < g->count; i++)
		order[i] = g->all[i];
	qsort(order, g->count, sizeof(struct group *), compare);
	return order;
}

bool group_failed(struct group *g, struct span name, uint64_t count)
{
	size_t i = 0;

	if (!g->failures)
		g->failures = calloc(GROUP_FAILURES, sizeof(*g->failures));
	if (!g->failures)
		return false;
	g->failed += count;
	if (name.len >= sizeof(g->failures->name))
		name.len = sizeof(g->failures->name) - 1;
	for (; i < GROUP_FAILURES; i++) {
		struct group_failure *f = &g->failures[i];

		if (i + 1 == GROUP_FAILURES && (!f->count || !span_is(name, f->name)))
			name = span_text("others");
		if (!f->count)
			memcpy(f->name, name.data, name.len);
		if (span_is(name, f->name) || i + 1 == GROUP_FAILURES) {
			f->count += count;
			break;
		}
	}
	return true;
}

bool group_took(struct group *g, int64_t ns)
{
	if (!g->latencies)
		g->latencies = quantiles_new();
	if (!g->latencies || !quantiles_add(g->latencies, (double)ns))
		return false;
	g->total_ns += ns;
	return true;
}

static bool count_failure(struct group *g, const struct row *row, const struct facts *facts)
{
	struct buffer name = {0};
	bool good;

	if (row->outcome == OUTCOME_OK)
		return true;
	facts_failure(facts, row->outcome, row->values, &name);
	good = group_failed(g, buffer_span(&name), 1);
	buffer_free(&name);
	return good;
}

bool group_count_row(struct group *g, const struct row *row, const struct facts *facts)
{
	uint64_t answer = facts_bytes(facts, row->values, true);
	int64_t ns = row_latency(row);
	bool first = !g->count++;

	if (first || (ns != TIME_UNKNOWN && ns > g->most_ns))
		row_id(row, g->worst);
	if (ns != TIME_UNKNOWN && ns > g->most_ns)
		g->most_ns = ns;
	g->bytes += facts_bytes(facts, row->values, false) + answer;
	g->answer_bytes += answer;
	if (ns != TIME_UNKNOWN && !group_took(g, ns))
		return false;
	return count_failure(g, row, facts);
}

bool group_merge(struct group *g, const struct group *from)
{
	bool good = true;

	if (!*g->worst || from->most_ns > g->most_ns)
		memcpy(g->worst, from->worst, sizeof(g->worst));
	if (from->most_ns > g->most_ns)
		g->most_ns = from->most_ns;
	if (from->repeats > g->repeats) {
		g->repeats = from->repeats;
		memcpy(g->repeats_in, from->repeats_in, sizeof(g->repeats_in));
	}
	g->runs += from->runs;
	g->count += from->count;
	g->total_ns += from->total_ns;
	g->bytes += from->bytes;
	g->answer_bytes += from->answer_bytes;
	for (size_t i = 0; from->failures && i < GROUP_FAILURES; i++)
		if (from->failures[i].count)
			good = group_failed(g, span_text(from->failures[i].name),
					    from->failures[i].count) &&
			       good;
	if (from->latencies && !g->latencies)
		g->latencies = quantiles_new();
	if (from->latencies)
		good = g->latencies && quantiles_merge(g->latencies, from->latencies) && good;
	return good;
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->count; i++) {
		free(g->all[i]->failures);
		quantiles_free(g->all[i]->latencies);
		free(g->all[i]);
	}
	free(g->all);
	free(g->slots);
	free(g);
}
