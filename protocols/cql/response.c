/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/message.h"
#include "protocols/cql/value.h"

/* ---- metadata: section 4.2.5.2 ---- */

/* A column takes the lengths of its name and its type at least. */
#define COLUMN_LEN_MIN 4

bool cql_column_next(struct cursor *c, const struct cql_metadata *m, struct cql_column_spec *column)
{
	const uint8_t *begin;

	if (c->failed || !cursor_left(c))
		return false;
	if (!(m->flags & CQL_METADATA_GLOBAL)) {
		cql_string(c);
		cql_string(c);
	}
	column->name = cql_string(c);
	begin = c->pos;
	cql_type_skip(c);
	column->type = span_of(begin, (size_t)(c->pos - begin));
	return !c->failed;
}

/* The table of all, or of the first. */
static void read_table(struct cursor *c, struct cql_metadata *m)
{
	struct cursor look = *c;

	m->keyspace = cql_string(&look);
	m->table = cql_string(&look);
	if (m->flags & CQL_METADATA_GLOBAL)
		*c = look;
}

static bool read_columns(struct cursor *c, struct cql_metadata *m)
{
	struct cql_column_spec ignored;
	const uint8_t *begin;

	if (m->flags & CQL_METADATA_NONE || (!m->count && !(m->flags & CQL_METADATA_GLOBAL)))
		return true;
	read_table(c, m);
	begin = c->pos;
	if (!c->failed && m->count > cursor_left(c) / COLUMN_LEN_MIN) {
		c->failed = true;
		return true;
	}
	for (uint32_t i = 0; i < m->count; i++)
		if (!cql_column_next(c, m, &ignored))
			return c->failed;
	m->columns = span_of(begin, (size_t)(c->pos - begin));
	return true;
}

bool cql_metadata_read(struct cursor *c, unsigned version, bool prepared, struct cql_metadata *m)
{
	const uint8_t *begin = c->pos;
	int32_t null_;
	bool good;

	memset(m, 0, sizeof(*m));
	m->flags = cursor_be32(c);
	m->count = cursor_be32(c);
	if (prepared)
		m->flags &= ~CQL_METADATA_LWT;
	if (!c->failed && (m->flags & ~(uint32_t)CQL_METADATA_FLAGS || m->count > UINT16_MAX))
		return false;
	if (prepared && version >= CQL_V4)
		cursor_skip(c, (size_t)cursor_be32(c) * 2);
	if (m->flags & CQL_METADATA_MORE)
		m->paging_state = cql_bytes(c, &null_);
	if (m->flags & CQL_METADATA_CHANGED && cql_has_keyspace(version))
		m->new_id = cql_short_bytes(c);
	good = read_columns(c, m);
	m->all = span_of(begin, (size_t)(c->pos - begin));
	m->whole = good && !c->failed;
	return good;
}

/* ---- results ---- */

static bool read_rows(struct cursor *c, unsigned version, struct cql_response *r)
{
	if (!cql_metadata_read(c, version, false, &r->metadata))
		return false;
	r->rows = cursor_be32(c);
	if (c->failed)
		return true;
	if (r->rows > INT32_MAX)
		return false;
	r->has_rows = true;
	/* Whether all of them are there, is seen when they are read. */
	r->row_data = cursor_rest(c);
	cursor_skip(c, r->row_data.len);
	return !r->rows || r->metadata.count;
}

static bool read_prepared(struct cursor *c, unsigned version, struct cql_response *r)
{
	r->id = cql_short_bytes(c);
	if (cql_has_keyspace(version))
		r->metadata_id = cql_short_bytes(c);
	return cql_metadata_read(c, version, true, &r->binds) &&
	       cql_metadata_read(c, version, false, &r->metadata);
}

static void read_rest(struct cursor *c, struct span *rest)
{
	*rest = cursor_rest(c);
	cursor_skip(c, rest->len);
}

static bool read_result(struct cursor *c, unsigned version, struct cql_response *r)
{
	r->result = cursor_be32(c);
	switch (r->result) {
	case CQL_RESULT_VOID:
		return true;
	case CQL_RESULT_ROWS:
		return read_rows(c, version, r);
	case CQL_RESULT_SET_KEYSPACE:
		r->text = cql_string(c);
		return true;
	case CQL_RESULT_PREPARED:
		return read_prepared(c, version, r);
	case CQL_RESULT_SCHEMA_CHANGE:
		read_rest(c, &r->details);
		return true;
	default:
		return c->failed;
	}
}

/* ---- others ---- */

static void read_error(struct cursor *c, struct cql_response *r)
{
	r->error_code = (int32_t)cursor_be32(c);
	r->error = cql_string(c);
	read_rest(c, &r->details);
}

static void skip_strings(struct cursor *c, uint32_t count)
{
	while (count-- && !c->failed)
		cursor_skip(c, cursor_be16(c));
}

static void read_supported(struct cursor *c, struct cql_response *r)
{
	const uint8_t *begin;

	r->list_count = cursor_be16(c);
	begin = c->pos;
	for (uint16_t i = 0; i < r->list_count && !c->failed; i++) {
		skip_strings(c, 1);
		skip_strings(c, cursor_be16(c));
	}
	r->list = span_of(begin, (size_t)(c->pos - begin));
}

static bool read_body(struct cursor *c, const struct cql_header *h, struct cql_response *r)
{
	int32_t null_;

	switch (h->opcode) {
	case CQL_ERROR:
		read_error(c, r);
		return true;
	case CQL_AUTHENTICATE:
		r->text = cql_string(c);
		return true;
	case CQL_SUPPORTED:
		read_supported(c, r);
		return true;
	case CQL_RESULT:
		return read_result(c, h->version, r);
	case CQL_EVENT:
		r->text = cql_string(c);
		read_rest(c, &r->details);
		return true;
	case CQL_AUTH_CHALLENGE:
	case CQL_AUTH_SUCCESS:
		cql_bytes(c, &null_);
		return true;
	default: /* READY */
		return true;
	}
}

/* What comes before the message: section 4. */
static void read_front(struct cursor *c, unsigned flags, struct cql_response *r)
{
	if (flags & CQL_FLAG_TRACING)
		r->tracing_id = cursor_span(c, 16);
	if (flags & CQL_FLAG_WARNING) {
		r->warning_count = cursor_be16(c);
		r->warnings = cursor_rest(c);
		skip_strings(c, r->warning_count);
		r->warnings.len -= cursor_left(c);
	}
	if (flags & CQL_FLAG_PAYLOAD) {
		struct cql_values pairs = {.named = true};

		r->payload_count = pairs.count = cursor_be16(c);
		r->payload = cursor_rest(c);
		cql_values_skip(c, &pairs);
		r->payload.len -= cursor_left(c);
	}
}

void cql_response_read(const struct cql_header *header, struct span body, struct cql_response *r)
{
	struct cursor c = cursor_of(body.data, body.len);
	bool good;

	memset(r, 0, sizeof(*r));
	read_front(&c, header->flags, r);
	good = read_body(&c, header, r);
	r->beyond = cursor_left(&c);
	r->fit = !good ? CQL_BAD : c.failed ? CQL_CUT : CQL_WHOLE;
}

const char *cql_error_name(int32_t code)
{
	switch (code) {
	case CQL_ERROR_SERVER:
		return "ServerError";
	case CQL_ERROR_PROTOCOL:
		return "ProtocolError";
	case CQL_ERROR_AUTHENTICATION:
		return "AuthenticationError";
	case CQL_ERROR_UNAVAILABLE:
		return "Unavailable";
	case CQL_ERROR_OVERLOADED:
		return "Overloaded";
	case CQL_ERROR_BOOTSTRAPPING:
		return "IsBootstrapping";
	case CQL_ERROR_TRUNCATE:
		return "TruncateError";
	case CQL_ERROR_WRITE_TIMEOUT:
		return "WriteTimeout";
	case CQL_ERROR_READ_TIMEOUT:
		return "ReadTimeout";
	case CQL_ERROR_READ_FAILURE:
		return "ReadFailure";
	case CQL_ERROR_FUNCTION_FAILURE:
		return "FunctionFailure";
	case CQL_ERROR_WRITE_FAILURE:
		return "WriteFailure";
	case CQL_ERROR_CDC_WRITE_FAILURE:
		return "CdcWriteFailure";
	case CQL_ERROR_CAS_WRITE_UNKNOWN:
		return "CasWriteUnknown";
	case CQL_ERROR_SYNTAX:
		return "SyntaxError";
	case CQL_ERROR_UNAUTHORIZED:
		return "Unauthorized";
	case CQL_ERROR_INVALID:
		return "Invalid";
	case CQL_ERROR_CONFIG:
		return "ConfigError";
	case CQL_ERROR_ALREADY_EXISTS:
		return "AlreadyExists";
	case CQL_ERROR_UNPREPARED:
		return "Unprepared";
	default:
		return NULL;
	}
}
