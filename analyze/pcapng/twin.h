/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_TWIN_H
#define SOCKTAPE_ANALYZE_PCAPNG_TWIN_H

#include "analyze/pcapng/facts.h"

/*
 * A conversation between two recorded processes is in the recording twice, once from each end.
 * Finds such pairs: addresses that mirror each other, lives that overlap, and byte counts that
 * agree. Of each, one end is marked as left out: the one without the plaintext of TLS, else the
 * one that lost more, else the server's. Returns how many, in *COUNT.
 */
MUST_CHECK enum tape_error twin_find(struct facts *f, uint64_t *count);

#endif
