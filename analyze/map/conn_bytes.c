/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/conn_bytes.h"

#include <stdlib.h>

#include "format/array.h"

struct conn_bytes_asked {
	struct raw_edge edge;
	bool server; /* the record is the server's */
};

struct conn_bytes_told {
	uint64_t bytes[2]; /* by enum direction */
};

struct key {
	uint64_t conn;
	uintptr_t table;
};

/* The number of a new key, with room for it in *ARRAY of SIZE each; INTERN_NONE: it isn't new. */
static size_t add_key(struct intern *keys, void **array, size_t size, const struct key *key,
		      size_t memory, bool *full)
{
	struct span text = span_of(key, sizeof(*key));
	size_t count = keys->count;
	void *more;

	if (intern_find(keys, text) != INTERN_NONE)
		return INTERN_NONE;
	if (keys->used + count * size > memory) {
		*full = true;
		return INTERN_NONE;
	}
	more = array_room(*array, count, size);
	if (!more) {
		*full = true;
		return INTERN_NONE;
	}
	*array = more;
	count = intern_put(keys, text);
	*full |= count == INTERN_NONE;
	return count;
}

void conn_bytes_ask(struct conn_bytes *b, const struct row *row, const struct raw_edge *edge)
{
	const struct key key = {row->end->conn, (uintptr_t)row->table};
	void *array = b->asked;
	size_t number = add_key(&b->asked_keys, &array, sizeof(*b->asked), &key, b->memory,
				&b->full);

	b->asked = array;
	if (number != INTERN_NONE)
		b->asked[number] = (struct conn_bytes_asked){
			.edge = *edge, .server = row->end->role == ROLE_SERVER};
}

/* More protocols than one connection speaks. */
#define SPOKEN_MAX 8

void conn_bytes_tell(struct conn_bytes *b, const struct connection *c)
{
	struct spoken list[SPOKEN_MAX];
	size_t count = connection_spoken(c, list, SPOKEN_MAX);

	for (size_t i = 0; i < count && i < SPOKEN_MAX; i++) {
		const struct table *table = list[i].protocol->tables[0];
		const struct key key = {c->id, (uintptr_t)table};
		void *array = b->told;
		size_t number;

		if (table_has_sizes(table))
			continue;
		number = add_key(&b->told_keys, &array, sizeof(*b->told), &key, b->memory,
				 &b->told_full);
		b->told = array;
		if (number != INTERN_NONE)
			memcpy(b->told[number].bytes, list[i].bytes, sizeof(b->told[number].bytes));
	}
}

void conn_bytes_add(const struct conn_bytes *b, struct groups *groups)
{
	if (b->full || b->told_full)
		return;
	for (size_t i = 0; i < b->asked_keys.count; i++) {
		const struct conn_bytes_asked *asked = &b->asked[i];
		size_t told = intern_find(&b->told_keys, intern_text(&b->asked_keys, i));
		struct group *group;
		struct key key;

		if (told == INTERN_NONE)
			continue;
		memcpy(&key, intern_text(&b->asked_keys, i).data, sizeof(key));
		group = groups_get(groups, (const struct table *)key.table, 0,
				   span_of(&asked->edge, sizeof(asked->edge)));
		if (!group)
			continue;
		group->bytes += b->told[told].bytes[0] + b->told[told].bytes[1];
		group->answer_bytes +=
			b->told[told].bytes[asked->server ? DIRECTION_SENT : DIRECTION_RECEIVED];
	}
}

void conn_bytes_free(struct conn_bytes *b)
{
	intern_free(&b->asked_keys);
	intern_free(&b->told_keys);
	free(b->asked);
	free(b->told);
}
