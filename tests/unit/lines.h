/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_LINES_H
#define SOCKTAPE_TESTS_UNIT_LINES_H

#include "protocols/protocol.h"

/*
 * Protocols for tests of the engine. In `lines` a request is a line, answered by a line, in order.
 *
 * Behind the request SWAP or WRAP the client's bytes depend on the answer, "go" or anything else:
 * after SWAP other lines follow (`words`), or whatever inference finds when the answer is "guess";
 * after WRAP the rest of the connection is `masked`, with lines inside it. A request LONG has a
 * body behind it, of as many bytes as its second word says; it comes in parts and is shown as its
 * length and holes.
 */
extern const struct protocol lines_protocol;

/* The same lines, as records of another table. */
extern const struct protocol words_protocol;

/* A digit, and so many bytes with the lowest bit turned: plaintext of whatever is inside. */
extern const struct protocol masked_protocol;

/* The framing of lines, with a state of lines_open(). */
extern const struct framing lines_framing;
void *lines_open(struct session *s);
void lines_finish(void *state);
void lines_close(void *state);

#endif
