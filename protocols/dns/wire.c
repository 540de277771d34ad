/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/wire.h"

#include "protocols/dns/name.h"

void dns_header_read(struct cursor *c, struct dns_header *header)
{
	header->id = cursor_be16(c);
	header->flags = cursor_be16(c);
	for (int i = 0; i < DNS_SECTIONS; i++)
		header->counts[i] = cursor_be16(c);
}

void dns_question_read(struct cursor *c, struct dns_rr *question)
{
	*question = (struct dns_rr){.name = cursor_position(c)};
	question->sound = dns_name_read(c, NULL);
	question->type = cursor_be16(c);
	question->class = cursor_be16(c);
	question->present = !c->failed;
}

void dns_rr_read(struct cursor *c, struct dns_rr *rr)
{
	size_t len;

	dns_question_read(c, rr);
	rr->ttl = cursor_be32(c);
	len = cursor_be16(c);
	rr->present = !c->failed;
	rr->rdata = *c;
	rr->rdata.failed = false;
	cursor_skip(c, len);
	rr->rdata.end = c->pos;
}

bool dns_header_fits(const struct dns_header *header, size_t len)
{
	size_t records = 0;

	for (int i = DNS_ANSWER; i < DNS_SECTIONS; i++)
		records += header->counts[i];
	return DNS_HEADER_LEN + (size_t)header->counts[DNS_QUESTION] * DNS_QUESTION_MIN +
		       records * DNS_RR_MIN <=
	       len;
}
