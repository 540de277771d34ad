/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_FIELD_H
#define SOCKTAPE_PROTOCOLS_DNS_FIELD_H

#include "format/buffer.h"
#include "protocols/cursor.h"

/*
 * The pieces that rdata, EDNS options and service parameters are made of. Each reads its piece
 * from C and appends it to OUT in presentation format. False: the piece is malformed, and the
 * caller takes back what was appended.
 */
typedef bool dns_field(struct cursor *c, struct buffer *out);

/*
 * All that is left, as elements with SEPARATOR between them. Stops before an element that is
 * malformed: the bytes that it leaves tell. Always true.
 */
bool dns_list(struct cursor *c, struct buffer *out, dns_field *element, char separator);

/* Numbers, in decimal. */
dns_field dns_u8, dns_u16, dns_u32, dns_u64;
/* All that is left, as a list of them. */
dns_field dns_u8_list, dns_u16_list;

dns_field dns_name;
/* Names up to the end. */
dns_field dns_names;
/* The number of a type, by name; as many as there are. */
dns_field dns_type, dns_type_list;

/* A character-string (RFC 1035, section 3.3), quoted. */
dns_field dns_string;
/* As many as there are. */
dns_field dns_strings;
/* A character-string that is written without quotes: a word. */
dns_field dns_word;
/* What is left as one quoted string. */
dns_field dns_text;

/* What is left, in one of these; "-" when nothing is. */
dns_field dns_hex, dns_base64;
/* Bytes with a length of one octet before them. */
dns_field dns_short_hex, dns_short_base32hex;
/* Bytes with a length of two octets before them, which is written, too: RFC 8945, section 4.2. */
dns_field dns_counted_base64;

dns_field dns_ipv4, dns_ipv6;
/* Seconds since the epoch, four octets, and six as in TSIG. */
dns_field dns_time, dns_u48;
/* A number of RFC 6895, section 2.3, by name. */
dns_field dns_error;

/* Types in a bit map: RFC 4034, section 4.1.2, and as it was before: RFC 2535, section 5.2. */
dns_field dns_type_windows, dns_type_bits;

/* What only one type has. */
dns_field dns_wks_ports;	/* RFC 1035, section 3.4.2 */
dns_field dns_nsap;		/* RFC 1706, section 5 */
dns_field dns_atm;		/* ATM Name System 2.0, section 4 */
dns_field dns_a6;		/* RFC 2874, section 3.1 */
dns_field dns_location;		/* RFC 1876, section 2 */
dns_field dns_prefixes;		/* APL: RFC 3123, section 4 */
dns_field dns_ipsec_gateway;	/* RFC 4025, section 2.1 */
dns_field dns_amt_relay;	/* RFC 8777, section 4.2 */
dns_field dns_host_identity;	/* RFC 8005, section 5 */
dns_field dns_locator64;	/* RFC 6742, section 2.1 */
dns_field dns_eui48, dns_eui64; /* RFC 7043 */
dns_field dns_service_params;	/* RFC 9460, section 2.2 */

/* What only one service parameter has; lists take all that is left. */
dns_field dns_key_list, dns_alpn, dns_ipv4_list, dns_ipv6_list;

/* What only one EDNS option has. */
dns_field dns_cookie;	      /* RFC 7873, section 4 */
dns_field dns_client_subnet;  /* RFC 7871, section 6 */
dns_field dns_keepalive;      /* RFC 7828, section 3.1 */
dns_field dns_padding;	      /* RFC 7830, section 3 */
dns_field dns_optional_u32;   /* RFC 7314, section 2 */
dns_field dns_extended_error; /* RFC 8914, section 2 */
dns_field dns_zone_version;   /* RFC 9660, section 2 */

#endif
