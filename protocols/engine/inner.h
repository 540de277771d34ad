/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_INNER_H
#define SOCKTAPE_PROTOCOLS_ENGINE_INNER_H

#include "protocols/protocol.h"

/*
 * A stream that a protocol found inside its own frames: what it decompressed (MySQL, CQL v5) or
 * joined (one stream of HTTP/2, for gRPC). Its frames go to STATE, which may be the protocol's own,
 * so that pairing and tables stay what they are. What it keeps is charged to the session's budget.
 *
 * The bytes of an inner stream that is another connection layer, with a protocol of its own, go to
 * session_unwrapped() instead.
 */
struct inner;

/* FRAMING outlives it. NULL when there is no memory. */
struct inner *inner_new(struct session *s, const struct framing *framing, void *state);

/*
 * The next bytes of SIDE, which the frame OUTER brought. Borrowed for the call. Positions of the
 * inner frames count these bytes. An inner stream must not be freed by what it calls.
 */
void inner_bytes(struct inner *x, enum side side, struct span bytes, const struct frame *outer);

/* LEN bytes of SIDE are missing; SNAPPED: because the user wanted no more of them. */
void inner_hole(struct inner *x, enum side side, uint64_t len, bool snapped,
		const struct frame *outer);

/* Whether nothing of a frame is kept, on either side. */
bool inner_is_idle(const struct inner *x);

/* No more will come: a frame whose end is missing is given out as lost. */
void inner_finish(struct inner *x);

void inner_free(struct inner *x); /* NULL is fine */

#endif
