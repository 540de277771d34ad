/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/record.h"

#include "protocols/dns/exchange.h"
#include "protocols/dns/number.h"

/* A text that there was no memory for has nothing that is whole. */
static bool has(const struct dns_message *m, struct dns_part part)
{
	return m && part.len > 0 && !m->base.text.failed;
}

static struct value text_value(const struct dns_message *m, struct dns_part part)
{
	struct value none = {0};

	return has(m, part) ? value_text(dns_message_part(m, part)) : none;
}

/* What has nothing to be escaped. */
static struct value word_value(const struct dns_message *m, struct dns_part part)
{
	struct value none = {0};

	return has(m, part) ? value_word(dns_message_part(m, part)) : none;
}

static struct value json_value(const struct dns_message *m, struct dns_part part)
{
	struct value none = {0};

	return has(m, part) ? value_json(dns_message_part(m, part)) : none;
}

/* The answers have been open so far, for more to come. */
static void close_answers(struct dns_message *m)
{
	if (!m || m->answers.len == 0)
		return;
	buffer_append_char(&m->base.text, ']');
	m->answers.len++;
}

static void append_side(struct buffer *out, const char *name, const struct dns_message *m)
{
	if (!m || !has(m, m->edns))
		return;
	buffer_append_text(out, out->len > 1 ? ",\"" : "\"");
	buffer_append_text(out, name);
	buffer_append_text(out, "\":");
	buffer_append_span(out, dns_message_part(m, m->edns));
}

static struct value edns_value(struct buffer *out, const struct dns_message *request,
			       const struct dns_message *response)
{
	struct value none = {0};

	buffer_clear(out);
	buffer_append_char(out, '{');
	append_side(out, "query", request);
	append_side(out, "response", response);
	buffer_append_char(out, '}');
	return out->len > 2 ? value_json(buffer_span(out)) : none;
}

static struct value rcode_value(struct buffer *out, const struct dns_message *response)
{
	buffer_clear(out);
	if (response->rcode == DNS_RCODE_BADVERS)
		buffer_append_text(out, "BADVERS");
	else
		dns_number_append(out, &dns_rcodes, response->rcode);
	return value_word(buffer_span(out));
}

/*
 * Records are what a response has; but what an UPDATE or NOTIFY is about stands in the request,
 * and the response repeats it or not.
 */
static struct value section_value(const struct dns_message *request,
				  const struct dns_message *response, struct dns_part requested,
				  struct dns_part answered)
{
	bool mentioned = response && (dns_opcode(&response->header) == DNS_OPCODE_QUERY ||
				      answered.len > 2 || !request);

	return mentioned ? json_value(response, answered) : json_value(request, requested);
}

#define SECTION(section)                                                                           \
	section_value(request, response, request ? request->section : none,                        \
		      response ? response->section : none)

static void fill_values(struct dns_writer *w, struct session *session,
			const struct dns_message *request, const struct dns_message *response,
			struct value *values)
{
	static const struct dns_part none;
	const struct dns_message *asking = request && request->qname.len > 0 ? request : response;
	const struct dns_message *newest = response ? response : request;

	if (!asking)
		asking = request;
	if (has(newest, newest->opcode))
		values[DNS_COLUMN_ID] = value_int(newest->header.id);
	values[DNS_COLUMN_TRANSPORT] = value_word(
		span_text(transport_text(session_transport(session))));
	values[DNS_COLUMN_QNAME] = text_value(asking, asking->qname);
	values[DNS_COLUMN_QTYPE] = word_value(asking, asking->qtype_name);
	values[DNS_COLUMN_QUESTIONS] = json_value(asking, asking->questions);
	if (response && has(response, response->opcode))
		values[DNS_COLUMN_RCODE] = rcode_value(&w->rcode, response);
	values[DNS_COLUMN_OPCODE] = word_value(newest, newest->opcode);
	if (has(newest, newest->opcode))
		values[DNS_COLUMN_FLAGS] = value_word(dns_message_part(newest, newest->flags));
	values[DNS_COLUMN_ANSWERS] = SECTION(answers);
	values[DNS_COLUMN_AUTHORITY] = SECTION(authority);
	values[DNS_COLUMN_ADDITIONAL] = SECTION(additional);
	values[DNS_COLUMN_EDNS] = edns_value(&w->edns, request, response);
	if (request)
		values[DNS_COLUMN_REQ_BYTES] = value_int((int64_t)request->bytes);
	if (response)
		values[DNS_COLUMN_RESP_BYTES] = value_int((int64_t)response->bytes);
}

/* The other end, also when a message went to a group. */
static const struct address *peer_of(const struct dns_message *request,
				     const struct dns_message *response)
{
	const struct dns_message *either = request ? request : response;

	if (response && response->base.has_peer)
		return &response->base.peer;
	return either->to_group ? &either->group : NULL;
}

void dns_record_write(struct dns_writer *w, struct session *session, struct dns_message *request,
		      struct dns_message *response, bool lost)
{
	struct value values[DNS_COLUMN_COUNT] = {0};
	struct record record = {.table = &dns_table, .values = values};

	close_answers(request);
	close_answers(response);
	matcher_record(request ? &request->base : NULL, response ? &response->base : NULL, lost,
		       response && response->rcode != 0, &record);
	if (!response && request->tells && record.outcome == OUTCOME_UNANSWERED)
		record.outcome = OUTCOME_OK;
	if (!record.peer)
		record.peer = peer_of(request, response);
	fill_values(w, session, request, response, values);
	buffer_clear(&w->note);
	dns_message_append_notes(request, response, &w->note);
	record.note = buffer_span(&w->note);
	session_emit(session, &record);
}

void dns_writer_free(struct dns_writer *w)
{
	buffer_free(&w->note);
	buffer_free(&w->rcode);
	buffer_free(&w->edns);
}
