/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/contents.h"

#include "protocols/cql/cql.h"
#include "protocols/cql/message.h"
#include "protocols/mysql/mysql.h"

bool contents_shown(const struct protocol *p)
{
	return p == &protocol_mysql || p == &protocol_cql;
}

const char *contents_described(const struct protocol *p)
{
	return p == &protocol_mysql
		       ? "decompressed; the login doesn't ask for compression any more"
		       : "without segments, and as version 4, the last that Wireshark knows";
}

/* ---- MySQL: Protocol::SSLRequest, Protocol::HandshakeResponse41 ---- */

#define MYSQL_SSL_REQUEST_LEN 36
#define MYSQL_NUMBER_AT	      3

static const struct {
	size_t at;
	uint8_t clear;
} mysql_capabilities[] = {
	{4, 0x20}, /* CLIENT_COMPRESS */
	{5, 0x08}, /* CLIENT_SSL */
	{7, 0x04}, /* CLIENT_ZSTD_COMPRESSION_ALGORITHM */
};

/* The server's greeting has number 0; who has a 0 itself was joined midway, and asks something. */
static struct span mend_login(struct span login, struct buffer *copy)
{
	if (login.len <= MYSQL_NUMBER_AT || !login.data[MYSQL_NUMBER_AT])
		return login;
	if (login.len <= MYSQL_SSL_REQUEST_LEN)
		return (struct span){0};
	buffer_append_span(copy, login);
	if (copy->failed)
		return login;
	copy->data[MYSQL_NUMBER_AT] = 1;
	for (size_t i = 0; i < sizeof(mysql_capabilities) / sizeof(*mysql_capabilities); i++)
		copy->data[mysql_capabilities[i].at] &= (char)~mysql_capabilities[i].clear;
	return buffer_span(copy);
}

/* ---- CQL: native_protocol_v5.spec and v4, sections 2 and 4 ---- */

#define CQL_RESPONSE 0x80

static void put16(struct buffer *b, uint32_t value)
{
	buffer_append_char(b, (char)(value >> 8));
	buffer_append_char(b, (char)value);
}

static void put32(struct buffer *b, uint32_t value)
{
	put16(b, value >> 16);
	put16(b, value);
}

/* Bytes of BODY up to where PART begins, as far as it is one of its parts. */
static size_t before(struct span body, struct span part)
{
	return part.data ? (size_t)(part.data - body.data) : 0;
}

static void put_until(struct buffer *b, struct span body, size_t from, size_t to)
{
	buffer_append_span(b, span_of(body.data + from, to - from));
}

/* <query_parameters> from their flags on, which have four bytes before and one after. */
static void put_parameters(struct buffer *b, struct span body, size_t flags_at,
			   const struct cql_query *q)
{
	/* What version 4 doesn't know stands at the end. */
	size_t end = body.len - (q->flags & CQL_QUERY_NOW ? 4 : 0) -
		     (q->flags & CQL_QUERY_KEYSPACE ? 2 + q->keyspace.len : 0);

	buffer_append_char(b, (char)(q->flags & 0x7f));
	put_until(b, body, flags_at + 4, end);
}

static size_t end_of(struct span body, struct span part)
{
	return before(body, part) + part.len;
}

/* False: it stays as it is. */
static bool put_request(const struct cql_header *h, struct span body, struct buffer *b)
{
	struct cql_request r;
	size_t at;

	cql_request_read(h, body, &r);
	if (r.fit != CQL_WHOLE || r.beyond)
		return false;
	switch (h->opcode) {
	case CQL_QUERY:
		at = end_of(body, r.statement) + 2;
		break;
	case CQL_PREPARE:
		put_until(b, body, 0, end_of(body, r.statement));
		return true;
	case CQL_EXECUTE:
		put_until(b, body, 0, end_of(body, r.id));
		at = end_of(body, r.metadata_id);
		put_until(b, body, at, at + 2);
		put_parameters(b, body, at + 2, &r.query);
		return true;
	case CQL_BATCH:
		at = end_of(body, r.batch) + 2;
		break;
	default:
		return false;
	}
	put_until(b, body, 0, at);
	put_parameters(b, body, at, &r.query);
	return true;
}

/* <metadata>, whose M says, without the id that changed. */
static void put_metadata(struct buffer *b, const struct cql_metadata *m)
{
	size_t id = m->flags & CQL_METADATA_CHANGED ? before(m->all, m->new_id) - 2 : 0;

	if (!id) {
		buffer_append_span(b, m->all);
		return;
	}
	put32(b, m->flags & ~(uint32_t)CQL_METADATA_CHANGED);
	put_until(b, m->all, 4, id);
	put_until(b, m->all, end_of(m->all, m->new_id), m->all.len);
}

static bool put_response(const struct cql_header *h, struct span body, struct buffer *b)
{
	struct cql_response r;

	if (h->opcode != CQL_RESULT)
		return false;
	cql_response_read(h, body, &r);
	if (r.fit != CQL_WHOLE || r.beyond)
		return false;
	if (r.result == CQL_RESULT_PREPARED) {
		put_until(b, body, 0, end_of(body, r.id));
		put_until(b, body, end_of(body, r.metadata_id), body.len);
		return true;
	}
	if (r.result != CQL_RESULT_ROWS || !(r.metadata.flags & CQL_METADATA_CHANGED))
		return false;
	put_until(b, body, 0, before(body, r.metadata.all));
	put_metadata(b, &r.metadata);
	put_until(b, body, end_of(body, r.metadata.all), body.len);
	return true;
}

/* An envelope; what can't be read stays as it is, but for its version. */
static struct span mend_envelope(const struct contents *c, struct buffer *copy)
{
	struct cursor in = cursor_of(c->bytes.data, c->bytes.len);
	struct buffer body = {0};
	struct cql_header header;
	struct span rest;
	bool put = false;

	if (!cql_header_read(&in, &header) || header.version <= CQL_V4)
		return c->bytes;
	rest = cursor_rest(&in);
	if (!c->missing && header.response)
		put = put_response(&header, rest, &body);
	else if (!c->missing)
		put = put_request(&header, rest, &body);
	buffer_append_char(copy, (char)(CQL_V4 | (header.response ? CQL_RESPONSE : 0)));
	buffer_append_span(copy, span_of(c->bytes.data + 1, CQL_HEADER_LEN - 5));
	put32(copy, put ? (uint32_t)body.len : header.len);
	buffer_append_span(copy, put ? buffer_span(&body) : rest);
	put = copy->failed || body.failed;
	buffer_free(&body);
	return put ? c->bytes : buffer_span(copy);
}

struct span contents_mend(const struct protocol *p, const struct contents *c, bool from_client,
			  bool first, struct buffer *copy)
{
	if (p == &protocol_cql)
		return mend_envelope(c, copy);
	return p == &protocol_mysql && from_client && first ? mend_login(c->bytes, copy) : c->bytes;
}
