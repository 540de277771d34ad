/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/message.h"

#define VALUE_UNSET -2

/* ---- values ---- */

bool cql_values_skip(struct cursor *c, const struct cql_values *values)
{
	for (uint16_t i = 0; i < values->count && !c->failed; i++) {
		int32_t len;

		if (values->named)
			cursor_skip(c, cursor_be16(c));
		len = (int32_t)cursor_be32(c);
		if (len < VALUE_UNSET)
			return false;
		if (len > 0)
			cursor_skip(c, (size_t)len);
	}
	return !c->failed;
}

/* What is there of them, up to where the message is cut. */
static bool read_values(struct cursor *c, bool named, struct cql_values *values)
{
	const uint8_t *begin;
	bool good;

	values->named = named;
	values->count = cursor_be16(c);
	begin = c->pos;
	good = cql_values_skip(c, values) || c->failed;
	values->bytes = span_of(begin, (size_t)(c->pos - begin));
	return good;
}

/* ---- parameters ---- */

static uint32_t read_flags(struct cursor *c, unsigned version)
{
	return cql_has_wide_flags(version) ? cursor_be32(c) : cursor_u8(c);
}

static bool is_consistency(const struct cursor *c, uint16_t consistency)
{
	return c->failed || cql_consistency_name(consistency);
}

/* What stands behind values and pages in QUERY, EXECUTE and BATCH. */
static bool read_rest(struct cursor *c, struct cql_query *q)
{
	if (q->flags & CQL_QUERY_SERIAL)
		q->serial_consistency = cursor_be16(c);
	if (q->flags & CQL_QUERY_TIMESTAMP)
		q->timestamp_us = (int64_t)cursor_be64(c);
	if (q->flags & CQL_QUERY_KEYSPACE)
		q->keyspace = cql_string(c);
	if (q->flags & CQL_QUERY_NOW)
		q->now_s = (int32_t)cursor_be32(c);
	/* What has failed was not read. */
	if (c->failed)
		q->flags &= ~(uint32_t)(CQL_QUERY_SERIAL | CQL_QUERY_TIMESTAMP | CQL_QUERY_NOW);
	return !(q->flags & CQL_QUERY_SERIAL) || cql_consistency_name(q->serial_consistency);
}

static bool read_parameters(struct cursor *c, unsigned version, struct cql_query *q)
{
	int32_t null_;

	q->consistency = cursor_be16(c);
	q->has_consistency = !c->failed;
	if (!is_consistency(c, q->consistency))
		return false;
	q->flags = read_flags(c, version);
	if (q->flags & CQL_QUERY_VALUES && !read_values(c, q->flags & CQL_QUERY_NAMES, &q->values))
		return false;
	if (q->flags & CQL_QUERY_PAGE_SIZE) {
		q->page_size = (int32_t)cursor_be32(c);
		if (c->failed)
			q->flags &= ~(uint32_t)CQL_QUERY_PAGE_SIZE;
	}
	if (q->flags & CQL_QUERY_PAGING_STATE)
		q->paging_state = cql_bytes(c, &null_);
	return read_rest(c, q);
}

/* ---- BATCH: section 4.1.7 ---- */

bool cql_batch_next(struct cursor *c, bool named, struct cql_batched *statement)
{
	uint8_t kind;

	*statement = (struct cql_batched){0};
	if (c->failed || !cursor_left(c))
		return false;
	kind = cursor_u8(c);
	if (kind == 0)
		statement->text = cql_long_string(c);
	else if (kind == 1)
		statement->id = cql_short_bytes(c);
	else
		return false;
	return read_values(c, named, &statement->values);
}

static bool read_statements(struct cursor *c, bool named, struct cql_request *r)
{
	const uint8_t *begin = c->pos;
	struct cql_batched ignored;

	r->batch_named = named;
	for (uint16_t i = 0; i < r->batch_count && !c->failed; i++)
		if (cursor_left(c) && !cql_batch_next(c, named, &ignored))
			return false;
	r->batch = span_of(begin, (size_t)(c->pos - begin));
	return true;
}

/* Statements with what follows them. */
static bool read_batched(struct cursor *c, unsigned version, bool named, struct cql_request *r)
{
	if (!read_statements(c, named, r))
		return false;
	r->query.consistency = cursor_be16(c);
	r->query.has_consistency = !c->failed;
	if (!is_consistency(c, r->query.consistency))
		return false;
	r->query.flags = read_flags(c, version) & ~(uint32_t)0xf;
	return read_rest(c, &r->query);
}

/*
 * Whether values have names is told behind them (CASSANDRA-10246), so that servers refuse it; a
 * client may send it all the same.
 */
static bool read_batch(struct cursor *c, unsigned version, struct cql_request *r)
{
	struct cql_request named;
	struct cursor again;
	bool good;

	r->batch_type = cursor_u8(c);
	r->batch_count = cursor_be16(c);
	if (r->batch_type > CQL_BATCH_COUNTER)
		return false;
	named = *r;
	again = *c;
	good = read_batched(c, version, false, r);
	if (good && !c->failed && !cursor_left(c))
		return true;
	if (!read_batched(&again, version, true, &named) || again.failed || cursor_left(&again) ||
	    !(named.query.flags & CQL_QUERY_NAMES))
		return good;
	*r = named;
	*c = again;
	return true;
}

/* ---- the others ---- */

static void skip_strings(struct cursor *c, uint32_t count)
{
	while (count-- && !c->failed)
		cursor_skip(c, cursor_be16(c));
}

/* PER: strings in an element. */
static void read_list(struct cursor *c, uint32_t per, struct cql_request *r)
{
	const uint8_t *begin;

	r->list_count = cursor_be16(c);
	begin = c->pos;
	skip_strings(c, r->list_count * per);
	r->list = span_of(begin, (size_t)(c->pos - begin));
}

static void read_prepare(struct cursor *c, unsigned version, struct cql_request *r)
{
	r->statement = cql_long_string(c);
	if (!cql_has_keyspace(version) || !cursor_left(c))
		return;
	if (cursor_be32(c) & 1)
		r->query.keyspace = cql_string(c);
}

static void read_payload(struct cursor *c, struct cql_request *r)
{
	struct cql_values pairs = {.named = true};

	r->payload_count = pairs.count = cursor_be16(c);
	r->payload = cursor_rest(c);
	cql_values_skip(c, &pairs);
	r->payload.len -= cursor_left(c);
}

static bool read_body(struct cursor *c, const struct cql_header *h, struct cql_request *r)
{
	int32_t null_;

	switch (h->opcode) {
	case CQL_QUERY:
		r->statement = cql_long_string(c);
		return read_parameters(c, h->version, &r->query);
	case CQL_PREPARE:
		read_prepare(c, h->version, r);
		return true;
	case CQL_EXECUTE:
		r->id = cql_short_bytes(c);
		if (cql_has_keyspace(h->version))
			r->metadata_id = cql_short_bytes(c);
		return read_parameters(c, h->version, &r->query);
	case CQL_BATCH:
		return read_batch(c, h->version, r);
	case CQL_STARTUP:
		read_list(c, 2, r);
		return true;
	case CQL_REGISTER:
		read_list(c, 1, r);
		return true;
	case CQL_AUTH_RESPONSE:
		r->token = cql_bytes(c, &null_);
		return true;
	default: /* OPTIONS */
		return true;
	}
}

void cql_request_read(const struct cql_header *header, struct span body, struct cql_request *r)
{
	struct cursor c = cursor_of(body.data, body.len);
	bool good;

	memset(r, 0, sizeof(*r));
	if (header->flags & CQL_FLAG_PAYLOAD)
		read_payload(&c, r);
	good = read_body(&c, header, r);
	r->beyond = cursor_left(&c);
	r->fit = !good ? CQL_BAD : c.failed ? CQL_CUT : CQL_WHOLE;
}
