/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/shape.h"

#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"

#define TYPE_OPT 41

/* An OPT record's class is a size. Types that nobody knows are fine below a USUAL header. */
static bool is_known(const struct dns_rr *rr, bool usual)
{
	uint16_t class = rr->class & (uint16_t)~DNS_CLASS_TOP;

	if (rr->type == TYPE_OPT)
		return true;
	return dns_number_name(&dns_classes, class) &&
	       (usual || dns_schema_find(&dns_types, rr->type));
}

static bool header_is_plausible(const struct dns_header *h, size_t len)
{
	unsigned rcode = h->flags & DNS_RCODE;

	if (!dns_number_name(&dns_opcodes, (uint16_t)dns_opcode(h)) || h->flags & DNS_Z)
		return false;
	if (h->flags & DNS_QR ? !dns_number_name(&dns_rcodes, (uint16_t)rcode) : rcode != 0)
		return false;
	return dns_header_fits(h, len);
}

/* One question, and in a query no answer; multicast DNS (id 0) has several and answers it knows. */
static bool header_is_usual(const struct dns_header *h)
{
	const uint16_t *counts = h->counts;

	if (dns_opcode(h) != 0)
		return false;
	if (h->id == 0 && !(h->flags & (DNS_RD | DNS_RA)))
		return counts[DNS_QUESTION] > 0 || (h->flags & DNS_QR && counts[DNS_ANSWER] > 0);
	if (h->flags & DNS_QR)
		return counts[DNS_QUESTION] == 1;
	return counts[DNS_QUESTION] == 1 && counts[DNS_ANSWER] == 0 && counts[DNS_AUTHORITY] == 0 &&
	       counts[DNS_ADDITIONAL] <= 2 && !(h->flags & (DNS_AA | DNS_TC | DNS_RA));
}

/* The grade that the records give to a message with a good header. */
static enum dns_grade grade_records(const struct dns_header *h, struct cursor *c, bool complete,
				    enum dns_grade grade)
{
	bool usual = grade == DNS_GRADE_QUERY;
	bool known = true, any = false;

	for (int section = 0; section < DNS_SECTIONS; section++) {
		for (size_t i = 0; i < h->counts[section]; i++) {
			struct dns_rr rr;

			dns_entry_read(c, (enum dns_section)section, &rr);
			if (!rr.sound || !rr.present)
				return grade;
			known &= is_known(&rr, usual);
			if (!any && known)
				grade = DNS_GRADE_QUESTION;
			any = true;
			if (c->failed)
				return grade;
		}
	}
	if (!complete || cursor_left(c) > 0)
		return grade;
	return known && any ? DNS_GRADE_STRICT : DNS_GRADE_WHOLE;
}

static bool question_is_odd(const struct dns_header *h, struct cursor c)
{
	struct dns_rr rr;

	if (!h->counts[DNS_QUESTION])
		return false;
	dns_entry_read(&c, DNS_QUESTION, &rr);
	return !c.failed && rr.present && (!rr.sound || !is_known(&rr, true));
}

struct dns_shape dns_shape_of(struct span data, size_t len)
{
	struct dns_shape shape = {.grade = DNS_GRADE_NONE};
	struct cursor c = cursor_of(data.data, data.len);

	if (data.len < DNS_HEADER_LEN)
		return shape;
	dns_header_read(&c, &shape.header);
	if (!header_is_plausible(&shape.header, len))
		return shape;
	shape.odd = question_is_odd(&shape.header, c);
	shape.grade = header_is_usual(&shape.header) ? DNS_GRADE_QUERY : DNS_GRADE_HEADER;
	shape.grade = grade_records(&shape.header, &c, data.len == len, shape.grade);
	return shape;
}

bool dns_shape_is_netbios(struct span data)
{
	const size_t encoded = 32; /* half an octet per letter: RFC 1001, section 14.1 */

	if (data.len < DNS_HEADER_LEN + 1 + encoded || data.data[DNS_HEADER_LEN] != (char)encoded)
		return false;
	for (size_t i = 0; i < encoded; i++) {
		char c = data.data[DNS_HEADER_LEN + 1 + i];

		if (c < 'A' || c > 'P')
			return false;
	}
	return true;
}
