/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_TEXT_H
#define SOCKTAPE_PROTOCOLS_DNS_TEXT_H

#include "format/buffer.h"

/* Bytes in the forms that zone files use for them. What they append is visible ASCII and space. */

/* One label of a name: RFC 1035, section 5.1. */
void dns_append_label(struct buffer *out, const uint8_t *label, size_t len);

/* A character-string in quotes: RFC 1035, section 5.1. */
void dns_append_quoted(struct buffer *out, struct span text);

/* The inside of a quoted string. */
void dns_append_escaped(struct buffer *out, struct span text);

/* RFC 4648: section 8 (upper case, as other tools write it), 4 (padded), 7 (not padded). */
void dns_append_hex(struct buffer *out, struct span bytes);
void dns_append_base64(struct buffer *out, struct span bytes);
void dns_append_base32hex(struct buffer *out, struct span bytes);

/* RFC 3597, section 5: "\# length hex". */
void dns_append_opaque(struct buffer *out, struct span bytes);

/* Four or 16 bytes of address; RFC 5952. */
void dns_append_ipv4(struct buffer *out, const uint8_t address[static 4]);
void dns_append_ipv6(struct buffer *out, const uint8_t address[static 16]);

/* Seconds since the epoch as YYYYMMDDHHmmSS (RFC 4034, section 3.2). */
void dns_append_time(struct buffer *out, uint32_t seconds);

#endif
