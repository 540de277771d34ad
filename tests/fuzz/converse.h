/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_FUZZ_CONVERSE_H
#define SOCKTAPE_TESTS_FUZZ_CONVERSE_H

#include "protocols/engine/session.h"

/*
 * Takes any bytes for a conversation in PROTOCOL: the first byte of each piece says who sent it,
 * how long it is, and whether it was lost. Aborts when a record's JSON isn't JSON, when it can't be
 * described, or when memory is missing in the end. Then once more, leaving the protocol to
 * inference.
 */
void converse(const struct protocol *protocol, enum transport transport, const uint8_t *data,
	      size_t size);

/* The same once, with secrets (may be NULL). */
void converse_with(const struct protocol *protocol, enum transport transport, struct keylog *keylog,
		   const uint8_t *data, size_t size);

#endif
