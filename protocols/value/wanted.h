/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_WANTED_H
#define SOCKTAPE_PROTOCOLS_VALUE_WANTED_H

#include "protocols/value/table.h"

/* The columns of a table that somebody asks for, by bit; the last bit is that of all from there on.
 */
struct wanted {
	const struct table *table; /* NULL: ends a list of them */
	uint64_t columns;
};

#define WANTED_LAST_BIT 63

static inline uint64_t wanted_bit(size_t column)
{
	return (uint64_t)1 << (column < WANTED_LAST_BIT ? column : WANTED_LAST_BIT);
}

/* What LIST says of a table; NULL: nothing of it is asked for. */
static inline const struct wanted *wanted_find(const struct wanted *list, const struct table *table)
{
	for (; list->table; list++)
		if (list->table == table)
			return list;
	return NULL;
}

#endif
