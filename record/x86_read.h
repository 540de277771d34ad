/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_X86_READ_H
#define SOCKTAPE_RECORD_X86_READ_H

#include "record/x86.h"

/*
 * OpenSSL's ssl3_read(object, buffer, len, count): it has all bytes read by another function, that
 * an indirect call leads to, and returns what that does. Behind the call its own arguments are in
 * registers still, that calls leave as they are, so that a single probe has them and the result.
 */

/* What is known of the registers on the way. */
struct x86_values {
	uint8_t values[X86_REGISTERS];
	uint8_t pushed; /* by the last push */
};

/* Where the call returns to: at most twice, as it is made again where a handshake came between. */
#define X86_READ_PLACES 2

struct x86_read_places {
	int64_t at[X86_READ_PLACES];
	size_t count;
	/* Numbers of registers. */
	uint8_t object;
	uint8_t buffer;
	uint8_t count_at; /* address of the number of bytes */
	uint8_t peeks;	  /* not 0: nothing was taken out of the stream; X86_AX: it always is */
};

/* At the begin of a function with four arguments. */
void x86_values_begin(struct x86_values *values);

/*
 * Follows the straight way through CODE until it jumps elsewhere: true, with *TARGET relative to
 * CODE, for the caller to go on there with the same VALUES; or until the call was found: true, with
 * PLACES->count set and relative to CODE, too. False: it is no such function.
 */
bool x86_read_places(const uint8_t *code, size_t len, struct x86_values *values, int64_t *target,
		     struct x86_read_places *places);

/* Of a function that only returns an address: that, relative to CODE unless *ABSOLUTE. */
bool x86_returns_address(const uint8_t *code, size_t len, int64_t *address, bool *absolute);

#endif
