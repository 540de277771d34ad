/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_MESSAGE_H
#define SOCKTAPE_PROTOCOLS_DNS_MESSAGE_H

#include "protocols/dns/wire.h"
#include "protocols/engine/matcher.h"

/* What a person should know about a message. */
#define DNS_NOTES(X)                                                                               \
	X(SHORT, "shorter than a DNS header")                                                      \
	X(NAME, "malformed name")                                                                  \
	X(LOOP, "malformed name: its pointers lead in a circle")                                   \
	X(COUNTS, "fewer records than its header says")                                            \
	X(TRAILING, "bytes after the last record")                                                 \
	X(TRUNCATED, "truncated by the sender (TC)")                                               \
	X(CUT, "its end was not captured")                                                         \
	X(ANOTHER, "another response to a query that was answered already")                        \
	X(UNFINISHED, "zone transfer without its end")                                             \
	X(LONG, "too long: the last records were left out")

enum dns_note {
#define DNS_NOTE_ENUM(name, text) DNS_NOTE_##name,
	DNS_NOTES(DNS_NOTE_ENUM)
#undef DNS_NOTE_ENUM
};

/* A piece of a message's text. */
struct dns_part {
	size_t start;
	size_t len;
};

struct dns_message {
	struct message base;
	struct dns_header header;
	uint16_t rcode; /* with the upper bits that EDNS gives it */
	bool multicast; /* of multicast DNS: answers nobody, or everybody */
	bool tells;	/* a query that nobody has to answer: to everybody, or of a conflict */
	bool asks;	/* has a well-formed question: the first is QNAME and QTYPE */
	uint16_t qtype;

	struct dns_part opcode;
	struct dns_part flags;
	struct dns_part qname;
	struct dns_part qtype_name;
	struct dns_part questions; /* empty when QNAME and QTYPE say it all */
	struct dns_part authority;
	struct dns_part additional;
	struct dns_part edns;
	struct dns_part answers; /* the last one, so that it can grow; without its "]" */

	size_t answers_at; /* in the message's bytes */
	size_t answers_found;
	unsigned notes; /* bits by enum dns_note */
	bool malformed; /* the data of a record is; the first such is of type: */
	uint16_t malformed_type;

	uint64_t bytes;
	unsigned times; /* sent */
	struct address group;
	bool to_group; /* sent to a multicast group, GROUP */
};

struct dns_reading {
	bool complete;	/* DATA is all of the message */
	bool multicast; /* multicast DNS */
	bool llmnr;	/* the flags are those of RFC 4795 */
	struct buffer *scratch;
};

/*
 * Reads a message and writes the texts of its parts into its buffer. Whatever is wrong with it,
 * what can be read is there, and a note says what isn't.
 */
void dns_message_read(struct dns_message *m, struct span data, const struct dns_reading *reading);

static inline void dns_message_note(struct dns_message *m, enum dns_note note)
{
	m->notes |= 1u << note;
}

static inline struct span dns_message_part(const struct dns_message *m, struct dns_part part)
{
	return span_of(m->base.text.data + part.start, part.len);
}

/* The notes of both (either may be NULL) as one line; nothing when there are none. */
void dns_message_append_notes(const struct dns_message *request, const struct dns_message *response,
			      struct buffer *out);

#endif
