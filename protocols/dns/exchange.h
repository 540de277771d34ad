/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_EXCHANGE_H
#define SOCKTAPE_PROTOCOLS_DNS_EXCHANGE_H

#include "protocols/protocol.h"

/* What becomes of messages: who answers whom, and the records that come of it. */

/* The columns of dns_table and the values of a record, in this order. */
#define DNS_COLUMNS(X)                                                                             \
	X(ID, "id", "BIGINT", "", "identifier that the response repeats")                          \
	X(TRANSPORT, "transport", "TEXT", "", "udp or tcp; multicast DNS is udp")                  \
	X(QNAME, "qname", "TEXT", "", "name of the first question, without a dot at the end")      \
	X(QTYPE, "qtype", "TEXT", "", "type of the first question: A, AAAA, ... or TYPEnnn")       \
	X(RCODE, "rcode", "TEXT", "", "of the response: NOERROR, NXDOMAIN, ... or RCODEnnn")       \
	X(ANSWERS, "answers", "JSON", "",                                                          \
	  "records as {name, type, class (unless IN), ttl, data in presentation format}; of an "   \
	  "UPDATE: prerequisites")                                                                 \
	X(OPCODE, "opcode", "TEXT", "", "QUERY, NOTIFY, UPDATE, ...")                              \
	X(FLAGS, "flags", "TEXT", "", "of the response, or of a query without: \"qr aa rd ra\"")   \
	X(QUESTIONS, "questions", "JSON", "", "all of them, unless it is one of class IN")         \
	X(AUTHORITY, "authority", "JSON", "", "records as in answers; of an UPDATE: changes")      \
	X(ADDITIONAL, "additional", "JSON", "", "records as in answers, without EDNS")             \
	X(EDNS, "edns", "JSON", "", "{query, response}: udp_size, version, do, options by name")   \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "size of the query")                          \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "size of the response, all its messages")

enum dns_column {
#define DNS_COLUMN_ENUM(id, name, sql, unit, help) DNS_COLUMN_##id,
	DNS_COLUMNS(DNS_COLUMN_ENUM)
#undef DNS_COLUMN_ENUM
	DNS_COLUMN_COUNT
};

extern const struct table dns_table;

void *dns_exchange_open(struct session *s);
void dns_exchange_close(void *state);
void dns_exchange_message(void *state, const struct frame *frame);
/* Whether a frame was found on this side before: then the next one begins behind it. */
bool dns_exchange_synced(const void *state, enum side side);
void dns_exchange_lost(void *state, enum side side, uint64_t missing);
void dns_exchange_finish(void *state);
bool dns_exchange_pack(const void *state, struct buffer *out);
bool dns_exchange_unpack(void *state, struct unpack *in);

#endif
