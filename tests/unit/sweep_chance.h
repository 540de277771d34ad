/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_SWEEP_CHANCE_H
#define SOCKTAPE_TESTS_SWEEP_CHANCE_H

#include <stdint.h>

/*
 * Makes the recording DIR/NAME/rec of what happens by chance, the same for the same SEED: processes
 * that come, change and go; connections of every transport, with addresses of every kind, recorded
 * at one end or both, some from their middle on; exchanges of several protocols that come in
 * pieces, late, cut, lost or twice; states, errors and losses of every kind; plaintext beside the
 * wire.
 */
void sweep_chance_build(const char *dir, const char *name, uint32_t seed);

#endif
