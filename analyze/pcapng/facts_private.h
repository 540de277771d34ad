/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_FACTS_PRIVATE_H
#define SOCKTAPE_ANALYZE_PCAPNG_FACTS_PRIVATE_H

#include "analyze/pcapng/facts.h"

/* What the files of the facts share. */

/* What an entry of a map costs, slots and spare room included. */
#define FACTS_MAP_ENTRY 64

/* Of the memory, what the ends of borders may take; beyond that there are none. */
#define FACTS_BORDERS_SHARE 4
#define FACTS_BORDERS_SIZE  (sizeof(struct facts_borders) + BUDGET_OVERHEAD)

/* ---- facts.c ---- */

bool facts_selects(const struct facts *f, const struct facts_conn *c);

/* A new connection, whose facts are FROM's, and a new end of one. NULL: no memory, and the facts
 * have the error. */
struct facts_conn *facts_add_conn(struct facts *f, const struct connection *from);
struct facts_end *facts_add_end(struct facts *f, struct facts_conn *c);

/* Whether the limit lets something new in. */
bool facts_has_room(struct facts *f);

void facts_free_borders(struct facts_conn *c);

/* ---- facts_address.c ---- */

/* Whether the text of a Unix socket's address has a path. */
bool facts_path_is_named(const char *text);

/* ADDRESS as packets have it; TEXT is the path of a Unix socket's. */
struct address facts_end_address(const struct address *address, const char *text);

/* ---- facts_end.c ---- */

void facts_free_process(struct facts_process *p);

#endif
