/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_BRANCH_H
#define SOCKTAPE_PROTOCOLS_ENGINE_BRANCH_H

#include "protocols/protocol.h"

/*
 * One of several streams inside a connection that each are a connection layer of their own, with a
 * protocol of its own: tunnels in streams of HTTP/2. Their records are rows of the connection. A
 * single one, which has all of the connection, is served by session_unwrapped() instead; frames of
 * the protocol itself by engine/inner.h.
 *
 * A branch is a session, made by a protocol in its message() or part(), and ended at the latest in
 * its finish(). It must not be ended by what it calls.
 */
struct branch_options {
	const struct protocol *protocol; /* NULL: whatever inference finds */
	const struct protocol *only;	 /* of what inference finds nothing but this; NULL: all */
	bool midstream;			 /* what comes first may be the middle of a message */
	struct span bequest;		 /* for the open() of these two; may be empty */
};

/* NULL when there is no memory, or S itself is too deep inside others. */
struct session *branch_new(struct session *s, const struct branch_options *options);

/*
 * The next bytes of SIDE, which the frame OUTER brought; borrowed for the call. POSITION: of the
 * first in the stream of the connection, where a record that begins with it is said to stand.
 */
void branch_bytes(struct session *branch, enum side side, struct span bytes, uint64_t position,
		  const struct frame *outer);

/* LEN bytes are missing from POSITION on; SNAPPED: because the user wanted no more of them. */
void branch_hole(struct session *branch, enum side side, uint64_t len, bool snapped,
		 uint64_t position, const struct frame *outer);

/* Some may be missing, nobody knows how many. */
void branch_lost(struct session *branch, enum side side);

/* What it speaks, the innermost that is known; NULL: unknown so far. */
const struct protocol *branch_protocol(const struct session *branch);

/* No more will come: emits what is pending, and frees it. NULL is fine. */
void branch_end(struct session *branch);

/* Frees it, and nothing more is emitted: in close(), of what finish() hasn't ended. NULL is fine.
 */
void branch_drop(struct session *branch);

/*
 * For the pack() and unpack() of S's protocol: appends to OUT what branch_unpack() needs to go on
 * as BRANCH. False when it can't be put aside just now; NULL: no memory.
 */
bool branch_pack(struct session *branch, struct buffer *out);
struct session *branch_unpack(struct session *s, struct unpack *in);

#endif
