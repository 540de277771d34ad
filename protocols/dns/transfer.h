/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_TRANSFER_H
#define SOCKTAPE_PROTOCOLS_DNS_TRANSFER_H

#include "protocols/dns/message.h"

/*
 * A zone transfer is one response of many messages. It begins and ends with the zone's newest SOA
 * record (RFC 5936, section 2.2); when it is incremental, that record also stands before the last
 * additions (RFC 1995, section 4).
 */
struct dns_transfer {
	struct dns_message *response; /* whose text grows */
	uint64_t records;
	uint32_t serial;  /* of the newest SOA */
	unsigned newest;  /* how often it came */
	bool incremental; /* the second record was another SOA */
	bool single; /* one SOA may be all: the client has the newest zone (RFC 1995, section 2) */
};

bool dns_transfer_asked(const struct dns_message *request);

/*
 * Begins with RESPONSE, whose bytes are DATA, to what QUESTION (the request or, when that wasn't
 * seen, the response itself) asks for. It stays the caller's, who answers the request with it.
 */
void dns_transfer_start(struct dns_transfer *t, const struct dns_message *question,
			struct dns_message *response, struct span data);

/* Adds the records of another message, whose bytes are DATA, to the response. */
void dns_transfer_add(struct dns_transfer *t, const struct dns_message *more, struct span data);

bool dns_transfer_complete(const struct dns_transfer *t);

/* The response is done with, complete or not. */
struct dns_message *dns_transfer_end(struct dns_transfer *t);

#endif
