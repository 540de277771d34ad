/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_COUNTERPART_H
#define SOCKTAPE_ANALYZE_REPLAY_COUNTERPART_H

#include "analyze/replay/row.h"

/*
 * Finds the two rows of one exchange: what the client's process saw and what the server's process
 * saw, where both were recorded. They have mirrored addresses, one is the client and the other the
 * server, and they stand at the same position of their streams (datagrams: say the same).
 */
struct counterpart;

struct counterpart *counterpart_new(void); /* NULL when there is no memory */

/* Sets ROW's twin, and the twin's, when that one waits; else ROW waits, if it can have one. */
void counterpart_meet(struct counterpart *c, struct row *row);

/* ROW waits no longer. */
void counterpart_give_up(struct counterpart *c, struct row *row);

void counterpart_free(struct counterpart *c); /* NULL is fine */

#endif
