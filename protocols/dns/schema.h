/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_SCHEMA_H
#define SOCKTAPE_PROTOCOLS_DNS_SCHEMA_H

#include "protocols/dns/field.h"

/* What a number of a registry is called, and which fields its data has, one after the other. */

#define DNS_FIELDS_MAX 9

struct dns_schema {
	uint16_t number;
	const char *name;
	dns_field *fields[DNS_FIELDS_MAX + 1]; /* ended by NULL; none: opaque */
};

struct dns_registry {
	const struct dns_schema *schemas; /* by number */
	size_t count;
	const char *prefix; /* an unknown number is PREFIXnnn: RFC 3597, section 5 */
};

/*
 * All of IANA's, as of 2025: "Resource Record (RR) TYPEs", "DNS EDNS0 Option Codes (OPT)" and
 * "DNS Service Parameter Keys (SvcParamKeys)".
 */
extern const struct dns_registry dns_types;
extern const struct dns_registry dns_options;
extern const struct dns_registry dns_service_keys;

/* NULL when it isn't in the registry. */
const struct dns_schema *dns_schema_find(const struct dns_registry *registry, uint16_t number);

void dns_schema_append_name(struct buffer *out, const struct dns_registry *registry,
			    uint16_t number);

/*
 * Appends DATA in presentation format, fields separated by a space. What the schema (NULL: there is
 * none) doesn't explain, because it is malformed, superfluous or unknown, follows in the form of
 * RFC 3597, so that nothing is lost. False: there is something malformed or superfluous.
 */
bool dns_schema_append(const struct dns_schema *schema, struct cursor data, struct buffer *out);

#endif
