/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_PASS_H
#define SOCKTAPE_ANALYZE_REPLAY_PASS_H

#include "protocols/engine/knowledge.h"

/*
 * How often a recording is read. Once is enough, unless something in it can only be told by another
 * connection, perhaps a later one: then all that would be given out from there on is withheld, the
 * recording is read to its end and once more, and goes on where it stopped.
 */
enum pass_phase {
	PASS_FIRST,
	PASS_LEARNING, /* through all connections, where the first left some out; gives nothing */
	PASS_LAST,     /* all is known that ever will be */
};

/* What is given out, each in an order that is the same in every pass. */
enum pass_kind {
	PASS_EVENT,
	PASS_RECORD,
	PASS_CONN,
	PASS_KINDS
};

struct pass {
	enum pass_phase phase;
	struct knowledge knowledge;
	uint64_t given[PASS_KINDS];
	uint64_t skip[PASS_KINDS]; /* that were given in the pass before */
};

/* Whether the next of this KIND is to be given out; then it counts as given. */
static inline bool pass_gives(struct pass *p, enum pass_kind kind)
{
	if (p->phase != PASS_LAST && p->knowledge.wanted)
		return false;
	if (p->skip[kind]) {
		p->skip[kind]--;
		return false;
	}
	p->given[kind]++;
	return true;
}

/* At the end of a pass: whether there must be another one. */
bool pass_wants_another(const struct pass *p);

/* Begins it. ALL: the first one left no connection out. */
void pass_begin(struct pass *p, bool all);

#endif
