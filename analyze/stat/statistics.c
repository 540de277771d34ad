/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/stat/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/replay/record.h"
#include "analyze/spill/values.h"
#include "format/hash.h"

/*
 * Groups that were counted in lately, where they are known by table, interval and shape alone:
 * their keys needn't be made again.
 */
struct statistics_recent {
	const struct table *table;
	int64_t since;
	struct group *group;
	struct span shape; /* in the group's key; of no bytes: null */
};

static bool is_of_shapes(const struct statistics *s)
{
	const int proto = fields_find(s->fields, span_text(record_columns[RECORD_PROTO].name));

	for (size_t i = 0; i < s->by_count; i++)
		if ((int)i != s->shape && (int)s->by[i] != proto)
			return false;
	return s->shape >= 0;
}

static struct statistics_recent *recent_of(struct statistics *s, const struct table *table,
					   int64_t since)
{
	uint64_t hash = hash_u64((uintptr_t)table, (uint64_t)since);

	if (!s->recent)
		return NULL;
	return &s->recent[hash_bytes(hash, s->text.data, s->text.len) % STATISTICS_RECENT];
}

static void remember(struct statistics *s, struct statistics_recent *r, const struct table *table,
		     int64_t since, struct group *group)
{
	struct value values[STATISTICS_BY_MAX];

	r->group = NULL;
	if (!group || group->rest)
		return;
	values_unpack(group->key, values, s->by_count);
	*r = (struct statistics_recent){
		.table = table,
		.since = since,
		.group = group,
		.shape = value_has_text(&values[s->shape]) ? values[s->shape].text
							   : span_of(NULL, 0),
	};
}

/* The name of the table is had without filling in what all records share. */
static bool wants_common(const struct statistics *s)
{
	const struct fields_part *part = fields_part(s->fields, record_columns);

	for (size_t i = 0; i < s->by_count; i++) {
		int column = part->columns_by_name[s->by[i]];

		if (column >= 0 && column != RECORD_PROTO)
			return true;
	}
	return false;
}

bool statistics_begin(struct statistics *s)
{
	if (is_of_shapes(s)) {
		s->recent = calloc(STATISTICS_RECENT, sizeof(*s->recent));
		if (!s->recent)
			return false;
	}
	s->fills = wants_common(s);
	s->groups = groups_new(s->memory);
	s->shapes = shapes_new(s->memory / 2);
	s->repeats = repeats_new();
	return s->groups && s->shapes && s->repeats;
}

void statistics_free(struct statistics *s)
{
	groups_free(s->groups);
	shapes_free(s->shapes);
	repeats_free(s->repeats);
	free(s->recent);
	buffer_free(&s->key);
	buffer_free(&s->text);
}

/* ---- once it is known which segments are ids ---- */

bool statistics_learn(struct statistics *s)
{
	if (s->learn && !s->learnt && !s->learn(s->learn_context, s->shapes))
		return false;
	s->learnt = s->learn != NULL;
	return shapes_settle(s->shapes);
}

/* The key of a group with the shape that it has now. */
static void make_key_again(struct statistics *s, const struct group *group, struct value *values)
{
	struct value *shape = &values[s->shape];

	values_unpack(group->key, values, s->by_count);
	buffer_clear(&s->text);
	if (value_has_text(shape)) {
		shapes_again(s->shapes, group->table, shape->text, &s->text);
		shape->text = buffer_span(&s->text);
	}
	buffer_clear(&s->key);
	values_pack(&s->key, values, s->by_count);
}

/* Groups whose shapes have become one are. */
static bool join_groups(struct statistics *s)
{
	struct value values[STATISTICS_BY_MAX];
	struct groups *joined = groups_new(s->memory);
	struct group *const *all;
	size_t count;

	if (!joined || !statistics_learn(s)) {
		groups_free(joined);
		return false;
	}
	all = groups_all(s->groups, &count);
	for (size_t i = 0; i < count && !s->no_memory; i++) {
		struct group *to;

		if (all[i]->rest) {
			to = groups_get_rest(joined);
		} else {
			make_key_again(s, all[i], values);
			to = groups_get(joined, all[i]->table, all[i]->since, buffer_span(&s->key));
		}
		if (!to || !group_merge(to, all[i]))
			s->no_memory = true;
	}
	groups_free(s->groups);
	s->groups = joined;
	if (s->recent)
		memset(s->recent, 0, STATISTICS_RECENT * sizeof(*s->recent));
	return true;
}

/* ---- records ---- */

static struct value shape_value(struct statistics *s)
{
	struct value v = {0};

	if (s->text.len)
		v = value_text(buffer_span(&s->text));
	return v;
}

struct value statistics_shape(struct statistics *s, const struct row *row)
{
	buffer_clear(&s->text);
	shapes_append(s->shapes, row->table, row->values, &s->text);
	return shape_value(s);
}

/* The same, which is learnt meanwhile where nobody does otherwise. */
static struct value take_shape(struct statistics *s, const struct row *row, bool once)
{
	if (!once || s->learn || s->shape < 0)
		return statistics_shape(s, row);
	buffer_clear(&s->text);
	if (!shapes_take(s->shapes, row->table, row->values, &s->text))
		s->no_memory = true;
	return shape_value(s);
}

/* ---- the group of a record ---- */

static void make_key(struct statistics *s, const struct row_part *parts, size_t count)
{
	struct value values[STATISTICS_BY_MAX];

	for (size_t i = 0; i < s->by_count; i++) {
		const struct value *v = fields_value(s->fields, parts, count, s->by[i]);

		values[i] = v ? *v : (struct value){0};
	}
	buffer_clear(&s->key);
	values_pack(&s->key, values, s->by_count);
}

/* SHAPE is the first of the parts. */
static struct group *find_group(struct statistics *s, const struct row *row, int64_t since,
				const struct row_part *parts, size_t count, struct value *shape)
{
	struct group *group;

	make_key(s, parts, count);
	if (groups_are_many(s->groups) && s->shape >= 0 && !groups_overflowed(s->groups)) {
		/* Some may be one by now. */
		if (!join_groups(s))
			return NULL;
		*shape = statistics_shape(s, row);
		make_key(s, parts, count);
	}
	group = groups_get(s->groups, s->shape >= 0 ? row->table : NULL, since,
			   buffer_span(&s->key));
	return s->key.failed ? NULL : group;
}

static struct group *group_of(struct statistics *s, const struct row *row,
			      const struct row_part *parts, size_t count, struct value *shape)
{
	int64_t since = s->over ? row->begin - row->begin % s->over : 0;
	struct statistics_recent *r = recent_of(s, row->table, since);
	struct group *group;

	if (r && r->group && r->table == row->table && r->since == since &&
	    span_equal(r->shape, buffer_span(&s->text)))
		return r->group;
	group = find_group(s, row, since, parts, count, shape);
	/* What was asked for may have another place by now: the shape may be another. */
	r = recent_of(s, row->table, since);
	if (r)
		remember(s, r, row->table, since, group);
	return group;
}

/* ---- counting ---- */

static void count_run(struct group *group, const struct run *run)
{
	if (run->length == REPEATS_MIN)
		group->runs++;
	if (run->length < REPEATS_MIN || run->length <= group->repeats)
		return;
	group->repeats = run->length;
	memcpy(group->repeats_in, run->id, sizeof(group->repeats_in));
}

static bool count_row(struct statistics *s, struct group *group, const struct row *row)
{
	if (row_latency(row) != TIME_UNKNOWN)
		s->total_ns += row_latency(row);
	return group_count_row(group, row, facts_of(&s->facts, row->table));
}

void statistics_add(struct statistics *s, const struct row *row, bool once, bool counted)
{
	struct value shape = take_shape(s, row, once);
	struct record_values common;
	/* The shape stands before a column of a table that has its name. */
	const struct row_part parts[] = {
		{.columns = &shape_column, .count = 1, .values = &shape},
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = row->table->columns,
		 .count = row->table->column_count,
		 .values = row->values},
	};
	struct group *group;
	struct run run;
	const struct facts *facts;
	bool again;

	facts = facts_of(&s->facts, row->table);
	again = repeats_add(s->repeats, row, facts, buffer_span(&s->text), &run);
	if (!counted)
		return;
	if (s->fills)
		record_fill(&common, row);
	else
		common.values[RECORD_PROTO] = value_word(span_text(row->table->name));
	group = group_of(s, row, parts, sizeof(parts) / sizeof(parts[0]), &shape);
	if (!group || !count_row(s, group, row)) {
		s->no_memory = true;
		return;
	}
	if (again)
		count_run(group, &run);
	if (!s->first || row->begin < s->first)
		s->first = row->begin;
	if (row->begin > s->last)
		s->last = row->begin;
	s->count++;
}

bool statistics_end(struct statistics *s)
{
	if (s->shape >= 0 && !join_groups(s))
		return false;
	return !s->no_memory;
}
