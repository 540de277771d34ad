/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_SHAPE_H
#define SOCKTAPE_PROTOCOLS_DNS_SHAPE_H

#include "protocols/dns/wire.h"

/* How much bytes look like a message, each grade with all that the ones before it ask for. */
enum dns_grade {
	DNS_GRADE_NONE,	    /* no header */
	DNS_GRADE_HEADER,   /* known numbers, no reserved bits, no more records than have room */
	DNS_GRADE_QUERY,    /* the header of an ordinary query or of a response to one */
	DNS_GRADE_QUESTION, /* and a well-formed first question, or record when there is none */
	DNS_GRADE_WHOLE,    /* every record is well-formed, and nothing is left over */
	DNS_GRADE_STRICT    /* and of a known class, and type unless the header is a query's */
};

struct dns_shape {
	enum dns_grade grade;
	bool odd; /* the first question is all there, and is malformed or of no known class */
	struct dns_header header; /* all zero when there is none */
};

/*
 * DATA: the first bytes, after the length on a stream, of a message of LEN bytes. When not all are
 * there the grade is QUESTION at most.
 */
struct dns_shape dns_shape_of(struct span data, size_t len);

/*
 * Whether DATA begins with a question of the NetBIOS name service (RFC 1002, section 4.2.1), which
 * has the format of DNS but isn't.
 */
bool dns_shape_is_netbios(struct span data);

#endif
