/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_TWIN_H
#define SOCKTAPE_ANALYZE_PCAPNG_TWIN_H

#include "analyze/pcapng/facts.h"

/*
 * A conversation between two recorded processes is in the recording twice, once from each end.
 * Finds such pairs: addresses that mirror each other, lives that overlap, byte counts that agree,
 * and where there is no address (socketpair(2)) or no port, first bytes that do. Of each, one end
 * is marked as left out: the one without the plaintext of TLS, else the one that lost more, else
 * the server's. Where positions mean the same at both ends they are marked as joined: what one end
 * saw and the other didn't belongs to the same stream. Returns how many pairs, in *COUNT.
 */
MUST_CHECK enum tape_error twin_find(struct facts *f, uint64_t *count);

#endif
