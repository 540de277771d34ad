/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_NUMBER_H
#define SOCKTAPE_PROTOCOLS_DNS_NUMBER_H

#include "format/buffer.h"

/* Registries of IANA's "Domain Name System (DNS) Parameters" that only give names, as of 2025. */

struct dns_number {
	uint16_t number;
	const char *name;
};

struct dns_numbers {
	const struct dns_number *names;
	size_t count;
	const char *prefix; /* an unknown number is PREFIXnnn */
};

extern const struct dns_numbers dns_classes;
extern const struct dns_numbers dns_opcodes;
extern const struct dns_numbers dns_rcodes; /* 16 is what it is in TSIG: BADSIG */
extern const struct dns_numbers dns_extended_errors;

/* Of OPT: the upper bits of the rcode, in which 16 is BADVERS (RFC 6891, section 9). */
#define DNS_RCODE_BADVERS 16

enum dns_opcode {
	DNS_OPCODE_QUERY = 0,
	DNS_OPCODE_DSO = 6 /* RFC 8490 */
};

/* NULL when it isn't in the registry. */
const char *dns_number_name(const struct dns_numbers *numbers, uint16_t number);

void dns_number_append(struct buffer *out, const struct dns_numbers *numbers, uint16_t number);

#endif
