/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/transfer.h"

#include "protocols/dns/name.h"

#define TYPE_SOA  6
#define TYPE_IXFR 251
#define TYPE_AXFR 252

/* Text of a transfer's records that is kept. */
#define TRANSFER_TEXT_MAX (4u << 20)

bool dns_transfer_asked(const struct dns_message *request)
{
	return request->asks && (request->qtype == TYPE_AXFR || request->qtype == TYPE_IXFR);
}

static uint32_t soa_serial(struct cursor rdata)
{
	dns_name_read(&rdata, NULL);
	dns_name_read(&rdata, NULL);
	return cursor_be32(&rdata);
}

static void count_records(struct dns_transfer *t, const struct dns_message *m, struct span data)
{
	struct cursor c = cursor_of(data.data, data.len);

	cursor_skip(&c, m->answers_at);
	for (size_t i = 0; i < m->answers_found; i++) {
		struct dns_rr rr;

		dns_rr_read(&c, &rr);
		t->records++;
		if (rr.type != TYPE_SOA)
			continue;
		if (t->records == 1)
			t->serial = soa_serial(rr.rdata);
		if (soa_serial(rr.rdata) == t->serial)
			t->newest++;
		else if (t->records == 2)
			t->incremental = true;
	}
}

void dns_transfer_start(struct dns_transfer *t, const struct dns_message *question,
			struct dns_message *response, struct span data)
{
	*t = (struct dns_transfer){.response = response, .single = question->qtype == TYPE_IXFR};
	count_records(t, response, data);
}

void dns_transfer_add(struct dns_transfer *t, const struct dns_message *more, struct span data)
{
	struct dns_message *m = t->response;
	struct buffer *text = &m->base.text;

	count_records(t, more, data);
	m->bytes += more->bytes;
	m->notes |= more->notes;
	m->rcode = more->rcode;
	if (more->malformed && !m->malformed) {
		m->malformed = true;
		m->malformed_type = more->malformed_type;
	}
	if (more->answers.len < 2)
		return;
	if (m->answers.len + more->answers.len > TRANSFER_TEXT_MAX) {
		dns_message_note(m, DNS_NOTE_LONG);
		return;
	}
	if (m->answers.len > 1)
		buffer_append_char(text, ',');
	buffer_append(text, more->base.text.data + more->answers.start + 1, more->answers.len - 1);
	m->answers.len = text->len - m->answers.start;
}

bool dns_transfer_complete(const struct dns_transfer *t)
{
	return t->newest >= (t->incremental ? 3 : 2);
}

struct dns_message *dns_transfer_end(struct dns_transfer *t)
{
	struct dns_message *response = t->response;

	if (!dns_transfer_complete(t) && !(t->single && t->records == 1))
		dns_message_note(response, DNS_NOTE_UNFINISHED);
	return response;
}
