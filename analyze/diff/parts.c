/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads and bodies: what came or went, has another type, or other values.
 *
 * What is in every record of one side and in none of the other needs few records where hardly
 * anything else comes and goes: then only what does can be taken for a change by chance. The same
 * in several shapes of a table counts together.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/diff/change.h"
#include "format/hash.h"

/* Less than this part of the records is not told. */
#define SHARE_LEAST 0.01

/* So many records for each value, or they are taken for noise. */
#define RECORDS_A_VALUE 4

/* The chance that what is whole on both sides is only so by chance, of all of it together. */
#define WHOLE_ALPHA 0.01

/* What is all or nothing on either side, of all shapes together. */
struct whole {
	uint64_t records;
};

struct parts {
	struct changes *changes;
	struct suspects found;
	struct map wholes;    /* struct whole, by a hash of what it is */
	uint64_t varying;     /* features that come and go on either side by themselves */
	uint64_t *whole_keys; /* of the suspects, in their order; 0: it is not whole */
	size_t key_capacity;
};

static uint64_t key_of(const struct change *c)
{
	uint64_t hash = hash_u64(c->kind, (uintptr_t)c->shape->table);

	hash = hash_bytes(hash, c->part, strlen(c->part));
	for (int side = 0; side < 2; side++)
		hash = hash_bytes(hash, c->text[side], strlen(c->text[side]));
	return hash ? hash : 1;
}

static void count_whole(struct parts *p, uint64_t key, const struct change *c)
{
	struct whole *w = map_get(&p->wholes, key);

	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w || !map_put(&p->wholes, key, w)) {
			free(w);
			p->changes->no_memory = true;
			return;
		}
	}
	w->records += c->count[0] + c->count[1];
}

static void append(struct parts *p, const struct change *change, bool whole)
{
	uint64_t key = whole ? key_of(change) : 0;

	if (!whole && change->p >= CHANGE_ALPHA)
		return;
	if (p->found.count == p->key_capacity) {
		size_t capacity = p->key_capacity ? 2 * p->key_capacity : 16;
		uint64_t *keys = realloc(p->whole_keys, capacity * sizeof(*keys));

		if (!keys) {
			p->changes->no_memory = true;
			return;
		}
		p->whole_keys = keys;
		p->key_capacity = capacity;
	}
	p->whole_keys[p->found.count] = key;
	if (!suspects_append(&p->found, change))
		p->changes->no_memory = true;
	else if (whole)
		count_whole(p, key, change);
}

/* Fills in the shares; whether they differ by as much as counts. */
static bool fill(struct change *change, const struct rate hits[2], const struct rate count[2],
		 const struct changes *changes)
{
	for (int side = 0; side < 2; side++) {
		change->count[side] = rate_sum(&count[side]);
		if (!change->count[side])
			return false;
		change->value[side] = (double)rate_sum(&hits[side]) / (double)change->count[side];
	}
	change->weight = fabs(change->value[0] - change->value[1]) *
			 (double)(change->count[0] + change->count[1]);
	return fabs(change->value[0] - change->value[1]) >= SHARE_LEAST &&
	       change_of_share_counts(changes, change->value[0], change->value[1]);
}

static bool is_whole(const struct change *c)
{
	return (c->value[0] <= 0 && c->value[1] >= 1) || (c->value[0] >= 1 && c->value[1] <= 0);
}

static bool varies(double share)
{
	return share > 0 && share < 1;
}

/* ---- what is there ---- */

static void judge_presence(struct parts *p, const struct shape *shape, const struct feature *f)
{
	const struct rate *count = shape->features->count;
	struct change change = {
		.kind = CHANGE_FIELD, .shape = shape, .part = f->path, .unit = UNIT_SHARE, .p = 1};
	bool differs = fill(&change, f->in, count, p->changes);

	p->found.tests[0]++;
	p->varying += varies(change.value[0]) || varies(change.value[1]);
	if (!differs)
		return;
	change.p = rate_test(f->in, count);
	for (int side = 0; side < 2; side++) {
		change.example[side] = *f->first[side] ? f->first[side] : shape->cells[side]->first;
		if (change.value[side] > 0)
			snprintf(change.text[side], CHANGE_SIDE_MAX, "%s",
				 feature_type_text(f->type));
	}
	append(p, &change, is_whole(&change));
}

/* ---- values ---- */

/* Whether the values of A say that they are ids, or of one moment. */
static bool is_noise(const struct feature *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < f->value_count; i++)
		count += rate_sum(&f->values[i].in[0]) > 0;
	return f->varies[0] || (count > 1 && count * RECORDS_A_VALUE > rate_sum(&f->in[0]));
}

/* The value that a side has most often; NULL: none. */
static const struct feature_value *main_value(const struct feature *f, int side)
{
	const struct feature_value *best = NULL;
	uint64_t most = 0;

	for (unsigned i = 0; i < f->value_count; i++) {
		uint64_t count = rate_sum(&f->values[i].in[side]);

		if (count > most) {
			best = &f->values[i];
			most = count;
		}
	}
	return best;
}

/* Of all the values the one whose share changed most surely. */
static void judge_values(struct parts *p, const struct shape *shape, const struct feature *f)
{
	const struct feature_value *main[2] = {main_value(f, 0), main_value(f, 1)};
	struct change best = {.p = 2};
	bool varying = false;

	if (!main[0] || !main[1] || is_noise(f))
		return;
	for (unsigned i = 0; i < f->value_count; i++) {
		const struct feature_value *v = &f->values[i];
		struct change change = {.kind = CHANGE_VALUE,
					.shape = shape,
					.part = f->path,
					.unit = UNIT_SHARE,
					.example = {main[0]->first[0], main[1]->first[1]},
					.p = 1};
		bool differs = fill(&change, v->in, f->in, p->changes);

		p->found.tests[0]++;
		varying |= varies(change.value[0]) || varies(change.value[1]);
		if (!differs)
			continue;
		change.p = rate_test(v->in, f->in);
		snprintf(change.text[0], CHANGE_SIDE_MAX, "%s", main[0]->text);
		snprintf(change.text[1], CHANGE_SIDE_MAX, "%s", main[1]->text);
		if (main[0] == main[1]) {
			/* The same one is most frequent: it is told which became more, or less. */
			snprintf(change.text[0], CHANGE_SIDE_MAX, "%s", v->text);
			snprintf(change.text[1], CHANGE_SIDE_MAX, "%s", v->text);
		}
		if (change.p < best.p)
			best = change;
	}
	p->varying += varying;
	if (best.p <= 1)
		append(p, &best, is_whole(&best) && !varying && !f->varies[1]);
}

/* ---- what is taken ---- */

static void judge_wholes(struct parts *p)
{
	for (size_t i = 0; i < p->found.count; i++) {
		const struct whole *w = p->whole_keys[i] ? map_get(&p->wholes, p->whole_keys[i])
							 : NULL;
		double chance;

		if (!w || p->found.all[i].taken)
			continue;
		/* Of what comes and goes half the time the chance is the largest. */
		chance = 2 * exp2(-(double)w->records) * (double)(p->varying + 1);
		p->found.all[i].taken = chance < WHOLE_ALPHA;
		if (p->found.all[i].taken)
			p->found.all[i].change.p = chance;
	}
}

/* Whether INNER is a part of OUTER. */
static bool is_inside(const char *inner, const char *outer)
{
	size_t len = strlen(outer);

	return strncmp(inner, outer, len) == 0 && (inner[len] == '.' || inner[len] == '[');
}

/* What a thing has in it comes and goes with it; one of another type went and came. */
static void join(struct suspect *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct change *c = &all[i].change;

		for (size_t k = 0; k < count && all[i].taken && c->kind == CHANGE_FIELD; k++) {
			struct change *other = &all[k].change;
			bool same_way = (c->value[1] > c->value[0]) ==
					(other->value[1] > other->value[0]);

			if (k == i || !all[k].taken || other->kind != CHANGE_FIELD)
				continue;
			if (same_way && is_inside(c->part, other->part)) {
				all[i].taken = false;
			} else if (!same_way && strcmp(c->part, other->part) == 0 &&
				   c->value[1] < c->value[0]) {
				snprintf(c->text[1], CHANGE_SIDE_MAX, "%s", other->text[1]);
				c->example[1] = other->example[1];
				c->value[1] = other->value[1];
				all[k].taken = false;
			}
		}
	}
}

/* The same change in several shapes of a table is told once, with their number. */
static void take(struct parts *p)
{
	struct map first = {0}; /* index in changes->all + 1, by what changed */

	for (size_t i = 0; i < p->found.count; i++) {
		const struct change *c = &p->found.all[i].change;
		uint64_t key = key_of(c);
		uintptr_t at = (uintptr_t)map_get(&first, key);

		if (!p->found.all[i].taken)
			continue;
		if (at) {
			struct change *same = &p->changes->all[at - 1];

			same->shapes++;
			same->weight += c->weight;
			same->count[0] += c->count[0];
			same->count[1] += c->count[1];
			same->p = fmin(same->p, c->p);
			continue;
		}
		changes_append(p->changes, c);
		/* Without memory it is told again. */
		if (!map_put(&first, key, (void *)p->changes->count))
			p->changes->no_memory = true;
	}
	map_free(&first);
}

static void judge_shape(struct parts *p, const struct shape *shape)
{
	const struct feature *f;
	size_t at = 0;

	if (!shape->features || !shape->cells[0] || !shape->cells[1] || shape->cells[0]->starved ||
	    shape->cells[1]->starved)
		return;
	while ((f = map_next(&shape->features->by_path, &at)) != NULL) {
		judge_presence(p, shape, f);
		judge_values(p, shape, f);
	}
}

static void parts_free(struct parts *p)
{
	struct whole *w;
	size_t at = 0;

	while ((w = map_next(&p->wholes, &at)) != NULL)
		free(w);
	map_free(&p->wholes);
	free(p->whole_keys);
	suspects_free(&p->found);
}

void changes_find_parts(struct changes *changes, const struct comparison *c)
{
	struct parts p = {.changes = changes};

	for (size_t i = 0; i < c->count; i++)
		judge_shape(&p, c->all[i]);
	changes->no_memory |= !suspects_judge(&p.found);
	judge_wholes(&p);
	for (size_t from = 0, to; from < p.found.count; from = to) {
		for (to = from + 1; to < p.found.count; to++)
			if (p.found.all[to].change.shape != p.found.all[from].change.shape)
				break;
		join(p.found.all + from, to - from);
	}
	take(&p);
	parts_free(&p);
}
