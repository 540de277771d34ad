/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/endings.h"

/* In the map's pointers; never all zero. */
#define BIT_KNOWN  1u
#define BIT_CLOSED 2u
#define BIT_WHOLE  4u
#define BIT_OPENED 8u
#define BY_SHIFT   4

void endings_add(struct endings *endings, const struct connection *c)
{
	uintptr_t bits = BIT_KNOWN | (uintptr_t)c->state_by << BY_SHIFT;

	if (endings->map.count >= endings->limit) {
		endings->full = true;
		return;
	}
	if (c->closed)
		bits |= BIT_CLOSED;
	if (c->origin == ORIGIN_OPENED)
		bits |= BIT_OPENED;
	if (c->closed && !c->lost_bytes && c->origin == ORIGIN_OPENED)
		bits |= BIT_WHOLE;
	if (!map_put(&endings->map, c->id, (void *)bits))
		endings->full = true;
}

struct conn_ending endings_of(const struct endings *endings, uint64_t conn)
{
	uintptr_t bits = (uintptr_t)map_get(&endings->map, conn);

	return (struct conn_ending){
		.known = bits & BIT_KNOWN,
		.opened = bits & BIT_OPENED,
		.closed = bits & BIT_CLOSED,
		.whole = bits & BIT_WHOLE,
		.left_by = (enum conn_end)(bits >> BY_SHIFT),
	};
}

void endings_free(struct endings *endings)
{
	map_free(&endings->map);
}
