/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/retelling.h"

#include <errno.h>
#include <stdlib.h>

#include "format/hash.h"
#include "protocols/value/json_read.h"
#include "protocols/value/utf8.h"

enum {
	OLD,
	NEW
};

/* A record that waits for the other side's. */
struct answer_line {
	struct answer_line *next; /* another of the same hash */
	size_t len;
	char json[];
};

/* What names a record; without the quotes. */
struct name {
	struct span table;
	struct span id;
};

/* ---- names ---- */

static bool find_text(struct span json, const char *member, struct span *text)
{
	if (!json_find(json, member, text) || text->len < 3 || *text->data != '"')
		return false;
	*text = span_of(text->data + 1, text->len - 2);
	return true;
}

static bool find_name(struct span json, struct name *name)
{
	return json_is_whole(json) && find_text(json, "proto", &name->table) &&
	       find_text(json, "record_id", &name->id) && name->id.len < ROW_ID_MAX;
}

static uint64_t hash_of(const struct name *name)
{
	return hash_bytes(hash_bytes(0, name->table.data, name->table.len), name->id.data,
			  name->id.len);
}

/* ---- changes ---- */

static struct answer_change *add_change(struct retelling *a, uint64_t hash, enum answer_kind kind,
					struct span table, struct span column)
{
	struct answer_change *c = calloc(1, sizeof(*c));

	if (c) {
		c->kind = kind;
		c->table = strndup(table.data, table.len);
		c->column = strndup(column.len ? column.data : "", column.len);
	}
	if (c && c->table && c->column && map_put(&a->changes, hash, c))
		return c;
	if (c) {
		free(c->table);
		free(c->column);
	}
	free(c);
	a->no_memory = true;
	return NULL;
}

static void keep_value(char to[static ANSWER_VALUE], struct span value)
{
	struct span some = value;

	if (value.len >= ANSWER_VALUE)
		some = utf8_fitting(value, ANSWER_VALUE - sizeof("..."));
	to = span_put(to, some);
	strcpy(to, some.len < value.len ? "..." : "");
}

/* Columns that one side has are no more than the files' lines are long. */
static void count(struct retelling *a, enum answer_kind kind, const struct name *name,
		  struct span column, const struct span values[2])
{
	uint64_t hash = hash_u64(hash_bytes(0, name->table.data, name->table.len), kind);
	struct answer_change *c;

	hash = hash_bytes(hash, column.data, column.len);
	c = map_get(&a->changes, hash);
	if (!c)
		c = add_change(a, hash, kind, name->table, column);
	if (!c)
		return;
	if (c->count < ANSWER_EXAMPLES) {
		memcpy(c->examples[c->count], name->id.data, name->id.len);
		c->examples[c->count][name->id.len] = '\0';
	}
	for (int side = 0; values && !c->count && side < 2; side++)
		keep_value(c->value[side], values[side]);
	c->count++;
}

/* Moments stand twice in what is printed: in nanoseconds, and as people write them. */
static bool is_repeated(struct span json, struct span column)
{
	static const char end[] = "_time";
	size_t len = sizeof(end) - 1;
	char base[64];
	struct span value;

	if (span_is(column, "time"))
		return true;
	if (column.len <= len || column.len >= sizeof(base) ||
	    memcmp(column.data + column.len - len, end, len) != 0)
		return false;
	memcpy(base, column.data, column.len - len);
	base[column.len - len] = '\0';
	return json_find(json, base, &value);
}

static bool find_member(struct span json, struct span name, struct span *value)
{
	struct span found;
	size_t at = 0;

	while (json_next_member(json, &at, &found, value))
		if (span_equal(found, name))
			return true;
	return false;
}

static void compare(struct retelling *a, const struct name *name, struct span old, struct span new)
{
	struct span column, values[2];
	size_t at = 0;

	while (json_next_member(new, &at, &column, &values[NEW])) {
		if (!find_member(old, column, &values[OLD])) {
			values[OLD] = span_of(NULL, 0);
			count(a, ANSWER_CAME, name, column, values);
		} else if (!span_equal(values[OLD], values[NEW])) {
			count(a, ANSWER_CHANGED, name, column, values);
		}
	}
	at = 0;
	while (json_next_member(old, &at, &column, &values[OLD])) {
		if (is_repeated(new, column) || find_member(new, column, &values[NEW]))
			continue;
		values[NEW] = span_of(NULL, 0);
		count(a, ANSWER_WENT, name, column, values);
	}
}

/* ---- waiting ---- */

static bool is_named(const struct answer_line *line, const struct name *name)
{
	struct name other;

	return find_name(span_of(line->json, line->len), &other) &&
	       span_equal(other.table, name->table) && span_equal(other.id, name->id);
}

/* Takes the record of that name out of those that wait; NULL: none does. */
static struct answer_line *take_waiting(struct retelling *a, int side, const struct name *name)
{
	uint64_t hash = hash_of(name);
	struct answer_line *first = map_get(&a->waiting[side], hash), *found, **at = &first;

	while (*at && !is_named(*at, name))
		at = &(*at)->next;
	found = *at;
	if (!found)
		return NULL;
	*at = found->next;
	if (!first)
		map_remove(&a->waiting[side], hash);
	else if (!map_put(&a->waiting[side], hash, first))
		a->no_memory = true;
	a->used -= sizeof(*found) + found->len;
	return found;
}

static void wait_for_other(struct retelling *a, int side, const struct name *name, struct span json)
{
	uint64_t hash = hash_of(name);
	struct answer_line *line;

	if (a->used + json.len > a->memory) {
		a->overflowed = true;
		return;
	}
	line = malloc(sizeof(*line) + json.len);
	if (line) {
		line->next = map_get(&a->waiting[side], hash);
		line->len = json.len;
		memcpy(line->json, json.data, json.len);
	}
	if (!line || !map_put(&a->waiting[side], hash, line)) {
		free(line);
		a->no_memory = true;
		return;
	}
	a->used += sizeof(*line) + json.len;
}

static void take(struct retelling *a, int side, struct span json)
{
	struct answer_line *other;
	struct name name;

	if (!find_name(json, &name)) {
		if (!a->bad++)
			a->first_bad = a->line;
		return;
	}
	a->records[side]++;
	other = take_waiting(a, !side, &name);
	if (!other)
		wait_for_other(a, side, &name, json);
	else if (side == NEW)
		compare(a, &name, span_of(other->json, other->len), json);
	else
		compare(a, &name, json, span_of(other->json, other->len));
	free(other);
}

/* False: there is none any more. */
static bool read_old(struct retelling *a)
{
	ssize_t len = getline(&a->text, &a->text_size, a->old);

	if (len < 0) {
		a->error = feof(a->old) ? 0 : errno;
		return false;
	}
	a->line++;
	while (len && (a->text[len - 1] == '\n' || a->text[len - 1] == '\r'))
		len--;
	if (len)
		take(a, OLD, span_of(a->text, (size_t)len));
	return true;
}

bool retelling_take(struct retelling *a, struct span json)
{
	take(a, NEW, json);
	read_old(a);
	return !a->overflowed && !a->no_memory;
}

/* Those that still wait have no other side. */
static void count_waiting(struct retelling *a, int side)
{
	const struct answer_line *line;
	size_t at = 0;

	while ((line = map_next(&a->waiting[side], &at)) != NULL) {
		for (; line; line = line->next) {
			struct name name;

			if (find_name(span_of(line->json, line->len), &name))
				count(a, side == OLD ? ANSWER_WENT : ANSWER_CAME, &name,
				      span_of(NULL, 0), NULL);
		}
	}
}

void retelling_end(struct retelling *a)
{
	while (!a->overflowed && !a->no_memory && read_old(a))
		;
	count_waiting(a, OLD);
	count_waiting(a, NEW);
}

/* ---- the end ---- */

static int compare_changes(const void *left, const void *right)
{
	const struct answer_change *a = *(struct answer_change *const *)left;
	const struct answer_change *b = *(struct answer_change *const *)right;
	int by = strcmp(a->table, b->table);

	if (by)
		return by;
	if (!*a->column != !*b->column)
		return *a->column ? 1 : -1;
	by = strcmp(a->column, b->column);
	return by ? by : (int)a->kind - (int)b->kind;
}

struct answer_change **retelling_in_order(const struct retelling *a)
{
	struct answer_change **all = calloc(a->changes.count + 1, sizeof(struct answer_change *));
	struct answer_change *c;
	size_t at = 0, n = 0;

	if (!all)
		return NULL;
	while ((c = map_next(&a->changes, &at)) != NULL)
		all[n++] = c;
	qsort(all, n, sizeof(struct answer_change *), compare_changes);
	return all;
}

static void free_waiting(struct map *waiting)
{
	struct answer_line *line, *next;
	size_t at = 0;

	while ((line = map_next(waiting, &at)) != NULL) {
		for (; line; line = next) {
			next = line->next;
			free(line);
		}
	}
	map_free(waiting);
}

void retelling_free(struct retelling *a)
{
	struct answer_change *c;
	size_t at = 0;

	while ((c = map_next(&a->changes, &at)) != NULL) {
		free(c->table);
		free(c->column);
		free(c);
	}
	map_free(&a->changes);
	free_waiting(&a->waiting[OLD]);
	free_waiting(&a->waiting[NEW]);
	free(a->text);
}
