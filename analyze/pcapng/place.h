/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_PLACE_H
#define SOCKTAPE_ANALYZE_PCAPNG_PLACE_H

#include "analyze/pcapng/facts.h"

/*
 * Decides at which addresses and ports a connection is shown, so that Wireshark chooses the right
 * dissector and never takes two connections for one:
 *   - a server on a port where Wireshark doesn't expect its protocol is moved to one where it does,
 *     with all of its connections;
 *   - a client on a port that would attract another dissector is moved away from it;
 *   - Unix sockets and unknown addresses get made-up ones;
 *   - whoever comes second to the same two addresses and ports gets another client port.
 */
struct places;

/* A server port that was replaced, for the summary. */
struct place_move {
	const struct protocol *protocol; /* NULL: unknown (plaintext of TLS) */
	uint16_t from;			 /* 0: a Unix socket */
	uint16_t to;
	uint64_t connections;
};

/* Kinds of moves that are told apart; the rest is only counted. */
#define PLACE_MOVES_MAX 32

/* NULL when there is no memory. REMAP false: server ports stay as they are. */
struct places *places_new(uint64_t seed, bool remap);

/*
 * Before the first place is assigned, for each layer of each END that will have one: a server that
 * has to be moved because of one connection is moved with all of them. False when there is no
 * memory.
 */
MUST_CHECK bool places_learn(struct places *p, const struct facts_end *end, enum layer layer);

/*
 * The place of a layer of END. Datagrams: the same for the whole of END, and for the same addresses
 * under another connection. False when there is no memory.
 */
MUST_CHECK bool place_assign(struct places *p, struct facts_end *end, enum layer layer,
			     struct place *place);

/* The same for an end that nobody keeps: it may share its place with others. */
void place_share(struct places *p, const struct facts_end *end, struct place *place);

/*
 * What a person must know about how PLACE differs from the truth, each part behind "; ". BUFFER is
 * appended to.
 */
void place_describe(const struct facts_end *end, const struct place *place, struct buffer *out);

/* Returns how many there are; *REST is how many connections were moved beyond them. */
size_t places_moves(const struct places *p, const struct place_move **moves, uint64_t *rest);

void places_free(struct places *p); /* NULL is fine */

#endif
