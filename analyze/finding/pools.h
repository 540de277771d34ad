/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_POOLS_H
#define SOCKTAPE_ANALYZE_FINDING_POOLS_H

#include "analyze/replay/row.h"

/*
 * Requests that had to wait for a connection of a pool: a process that had a request to answer
 * asked another one only when a connection to that became free, and had none before: all were busy
 * with other exchanges since it was ready to ask. Captures don't tell: there, it may have been the
 * process that was busy.
 */
struct pools;

struct pools *pools_new(void); /* NULL when there is no memory */

/*
 * ROW is the next one in the order of their beginning. How long it waited for its connection, in
 * ns; 0: not for long, or nobody can say.
 */
int64_t pools_look(struct pools *pools, const struct row *row);

void pools_free(struct pools *pools); /* NULL is fine */

#endif
