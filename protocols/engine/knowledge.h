/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_KNOWLEDGE_H
#define SOCKTAPE_PROTOCOLS_ENGINE_KNOWLEDGE_H

#include "format/map.h"
#include "protocols/engine/budget.h"
#include "protocols/protocol.h"

/*
 * What connections teach: the text behind a statement's id, the name behind a topic's. A fact that
 * was told on the same connection is the connection's own. One that another connection of the same
 * server told, perhaps later in the recording, can only be inferred; where they told different
 * things nobody knows, and nothing is guessed.
 *
 * A replay that needs what others tell reads twice: in the first pass questions that only others
 * could answer are counted (`wanted`) and stay open, in the second all is known.
 */

enum fact_scope {
	FACT_CONNECTION, /* means nothing to anybody else */
	FACT_SERVER,	 /* means the same on every connection to the same address */
	FACT_ANYWHERE,	 /* unique in the world: a UUID, a hash of what it stands for */
};

struct fact {
	unsigned kind; /* the protocol's own: statements, topics, ... */
	enum fact_scope scope;
	struct span key;
	struct span value;
};

/* Facts are kept by protocol, kind, key and scope; the last value counts. Spans are borrowed. */
void session_learn(struct session *s, const struct fact *fact);

/* The connection's own fact isn't true any more: a statement was closed. */
void session_forget(struct session *s, const struct fact *fact);

enum recall {
	RECALL_NONE,	 /* not known, or not yet: session_unresolved() says which */
	RECALL_OWN,	 /* told on this connection */
	RECALL_INFERRED, /* told on others, and always the same */
};

/* Fills fact->value by kind, scope and key. Borrowed until the next of these calls. */
enum recall session_recall(struct session *s, struct fact *fact);

/* What a row with something that isn't known says about it. */
const char *session_unresolved(const struct session *s);

/* ---- for the replay ---- */

struct knowledge {
	struct budget *budget;
	bool complete;	  /* all of the recording was read once */
	bool once;	  /* it won't be read again: what is known so far must do */
	uint64_t wanted;  /* questions that have to wait for the second pass */
	uint64_t refused; /* facts that the budget had no room for */
	uint64_t used;	  /* of the budget */
	struct map facts; /* lists, by hash */
};

void knowledge_free(struct knowledge *k);

#endif
