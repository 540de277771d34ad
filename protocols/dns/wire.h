/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_WIRE_H
#define SOCKTAPE_PROTOCOLS_DNS_WIRE_H

#include "protocols/cursor.h"

/* The fixed parts of a message, RFC 1035, section 4.1. */

#define DNS_HEADER_LEN 12
/* Shortest question and resource record: the root's name. */
#define DNS_QUESTION_MIN 5
#define DNS_RR_MIN	 11

/* The header's second word: RFC 1035, section 4.1.1; AD and CD: RFC 4035, section 3. */
#define DNS_QR	  0x8000
#define DNS_AA	  0x0400
#define DNS_TC	  0x0200
#define DNS_RD	  0x0100
#define DNS_RA	  0x0080
#define DNS_Z	  0x0040
#define DNS_AD	  0x0020
#define DNS_CD	  0x0010
#define DNS_RCODE 0x000f

/* In multicast DNS the top bit of a class is something else: RFC 6762, sections 5.4 and 10.2. */
#define DNS_CLASS_TOP 0x8000

enum dns_section {
	DNS_QUESTION = 0, /* of an UPDATE: zone */
	DNS_ANSWER,	  /* prerequisites */
	DNS_AUTHORITY,	  /* updates */
	DNS_ADDITIONAL,
	DNS_SECTIONS
};

struct dns_header {
	uint16_t id;
	uint16_t flags;
	uint16_t counts[DNS_SECTIONS];
};

static inline unsigned dns_opcode(const struct dns_header *h)
{
	return h->flags >> 11 & 15;
}

/* A resource record, or a question (no ttl, no rdata). */
struct dns_rr {
	size_t name; /* where its name begins in the message */
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
	struct cursor rdata; /* what is there of it; counts from the message, as names need it */
	bool present;	     /* all but the end of the rdata is there */
	bool sound;	     /* its name is well-formed */
};

void dns_header_read(struct cursor *c, struct dns_header *header);

/* C was started at the first byte of the message; it fails when not all of the record is there. */
void dns_question_read(struct cursor *c, struct dns_rr *question);
void dns_rr_read(struct cursor *c, struct dns_rr *rr);

/* Reads a record or a question, whatever the section holds. */
static inline void dns_entry_read(struct cursor *c, enum dns_section section, struct dns_rr *rr)
{
	if (section == DNS_QUESTION)
		dns_question_read(c, rr);
	else
		dns_rr_read(c, rr);
}

/* Whether a message of LEN bytes has room for as many records as its header says. */
bool dns_header_fits(const struct dns_header *header, size_t len);

#endif
