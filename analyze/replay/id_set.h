/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ID_SET_H
#define SOCKTAPE_ANALYZE_REPLAY_ID_SET_H

#include "format/map.h"

/*
 * A set of connections by their ids. Ids lie close together, so each takes little more than a bit;
 * where they don't, as much as in a map. Zero-initialised is empty and valid.
 */
struct id_set {
	struct map words; /* 64 ids each, as bits of a pointer that points to nothing */
	size_t count;
};

bool id_set_has(const struct id_set *s, uint64_t id);

/* False when there is no memory. Fine when it is there already. */
bool id_set_add(struct id_set *s, uint64_t id);

/*
 * The next id at or after *AT, which moves behind it; false after the last. Start with 0. In
 * groups, in the order in which their first was added.
 */
bool id_set_next(const struct id_set *s, size_t *at, uint64_t *id);

/* Bytes that it takes. */
size_t id_set_size(const struct id_set *s);

void id_set_free(struct id_set *s);

#endif
