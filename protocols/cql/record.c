/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"
#include "protocols/engine/knowledge.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"
#include "protocols/value/note.h"

/* One exchange that is being emitted. */
struct exchange {
	struct cql_state *st;
	const struct cql_message *asked, *answered;
	struct cql_request request;
	struct cql_response response;
	struct value *values;
	bool cut;	 /* not all is shown, because --keep says so */
	bool damaged;	 /* a value isn't as its type says */
	bool incomplete; /* not all of a body is there */
	bool inferred;	 /* another connection told something */
	bool unresolved; /* a statement that isn't known */
	bool untyped;	 /* values whose types aren't known */
};

static struct cql_writer writer(struct exchange *x, struct buffer *out)
{
	return (struct cql_writer){.out = out, .limit = session_keep(x->st->session)};
}

/* What W could not do is told once. */
static void finish(struct exchange *x, const struct cql_writer *w)
{
	x->cut |= w->cut;
	x->damaged |= w->damaged;
}

static bool wants(const struct exchange *x, enum cql_column column)
{
	return session_wants(x->st->session, &cql_table, column);
}

static void set_text(struct exchange *x, enum cql_column column, struct span text)
{
	if (text.len)
		x->values[column] = value_text(text);
}

static void set_word(struct exchange *x, enum cql_column column, const char *word)
{
	if (word)
		x->values[column] = value_word(span_text(word));
}

static void set_json(struct exchange *x, enum cql_column column, const struct buffer *json)
{
	if (json->len && !json->failed)
		x->values[column] = value_json(buffer_span(json));
}

static void set_hex(struct exchange *x, enum cql_column column, struct span bytes,
		    struct buffer *out)
{
	buffer_clear(out);
	hex_append(out, bytes);
	if (out->len)
		x->values[column] = value_word(buffer_span(out));
}

/* ---- statements ---- */

/* The text of a prepared statement into st->statement; false: it isn't known. */
static bool recall_statement(struct exchange *x, struct span id)
{
	struct cql_known known = cql_recall(x->st, CQL_FACT_STATEMENT, id);

	buffer_clear(&x->st->statement);
	if (!known.found) {
		x->unresolved = true;
		return false;
	}
	x->inferred |= known.inferred;
	buffer_append_span(&x->st->statement, known.value);
	return true;
}

/* Facts don't outlive the next question. */
static void keep_table(struct cql_state *st, const struct cql_metadata *m)
{
	if (!m->table.len)
		return;
	buffer_clear(&st->table_keyspace);
	buffer_append_span(&st->table_keyspace, m->keyspace);
	buffer_clear(&st->table_name);
	buffer_append_span(&st->table_name, m->table);
}

/* ID: of the prepared statement; empty: it has none. */
static void append_params(struct exchange *x, struct span id, const struct cql_values *values,
			  struct cql_writer *w)
{
	struct cql_metadata binds;
	bool known = id.len && values->count &&
		     cql_recall_metadata(x->st, CQL_FACT_BINDS, id, &binds, &x->inferred);

	x->untyped |= values->count && !known;
	if (known)
		keep_table(x->st, &binds);
	cql_params_json(x->st, values, known ? &binds : NULL, w);
}

static void fill_params(struct exchange *x)
{
	const struct cql_values *values = &x->request.query.values;
	struct cql_writer w = writer(x, &x->st->params);

	if (!(x->request.query.flags & CQL_QUERY_VALUES))
		return;
	append_params(x, x->request.id, values, &w);
	finish(x, &w);
	set_json(x, CQL_COLUMN_PARAMS, &x->st->params);
}

static void append_batched(struct exchange *x, const struct cql_batched *b, struct cql_writer *w)
{
	struct buffer *out = w->out;

	buffer_append_char(out, '{');
	if (b->id.len) {
		buffer_append_text(out, "\"statement_id\":\"");
		hex_append(out, b->id);
		buffer_append_text(out, "\",");
	}
	buffer_append_text(out, "\"statement\":");
	if (!b->id.len)
		cql_text_json(w, b->text);
	else if (recall_statement(x, b->id))
		cql_text_json(w, buffer_span(&x->st->statement));
	else
		buffer_append_text(out, "null");
	buffer_append_text(out, ",\"params\":");
	append_params(x, b->id, &b->values, w);
	buffer_append_char(out, '}');
}

static void fill_batch(struct exchange *x)
{
	static const char *const types[] = {"logged", "unlogged", "counter"};
	const struct cql_request *r = &x->request;
	struct cursor c = cursor_of(r->batch.data, r->batch.len);
	struct cql_writer w = writer(x, &x->st->batch);
	struct cql_batched batched;

	if (r->batch_type <= CQL_BATCH_COUNTER)
		set_word(x, CQL_COLUMN_BATCH_TYPE, types[r->batch_type]);
	x->values[CQL_COLUMN_STATEMENTS] = value_int(r->batch_count);
	buffer_append_char(w.out, '[');
	while (!w.cut && w.out->len < w.limit && cql_batch_next(&c, r->batch_named, &batched)) {
		if (w.out->len > 1)
			buffer_append_char(w.out, ',');
		append_batched(x, &batched, &w);
	}
	/* What ends the last one may reach beyond the limit: then all are there. */
	w.cut |= w.out->len >= w.limit && cursor_left(&c);
	buffer_append_char(w.out, ']');
	finish(x, &w);
	set_json(x, CQL_COLUMN_BATCH, &x->st->batch);
}

static void fill_statement(struct exchange *x)
{
	const struct cql_request *r = &x->request;

	switch (x->asked->header.opcode) {
	case CQL_EXECUTE:
		set_hex(x, CQL_COLUMN_STATEMENT_ID, r->id, &x->st->id);
		fill_params(x);
		if (recall_statement(x, r->id))
			set_text(x, CQL_COLUMN_STATEMENT, buffer_span(&x->st->statement));
		break;
	case CQL_BATCH:
		fill_batch(x);
		break;
	case CQL_QUERY:
		fill_params(x);
		set_text(x, CQL_COLUMN_STATEMENT, r->statement);
		break;
	default:
		set_text(x, CQL_COLUMN_STATEMENT, r->statement);
		break;
	}
}

/* ---- requests ---- */

#define NS_PER_US 1000

static void fill_query(struct exchange *x)
{
	const struct cql_query *q = &x->request.query;

	if (q->has_consistency)
		set_word(x, CQL_COLUMN_CONSISTENCY, cql_consistency_name(q->consistency));
	if (q->flags & CQL_QUERY_SERIAL)
		set_word(x, CQL_COLUMN_SERIAL_CONSISTENCY,
			 cql_consistency_name(q->serial_consistency));
	if (q->flags & CQL_QUERY_PAGE_SIZE)
		x->values[CQL_COLUMN_PAGE_SIZE] = value_int(q->page_size);
	if (q->flags & CQL_QUERY_TIMESTAMP && q->timestamp_us < INT64_MAX / NS_PER_US &&
	    q->timestamp_us > INT64_MIN / NS_PER_US)
		x->values[CQL_COLUMN_TIMESTAMP_NS] = value_int(q->timestamp_us * NS_PER_US);
	set_hex(x, CQL_COLUMN_PAGING_STATE, q->paging_state, &x->st->paging);
}

static void fill_options(struct exchange *x, const struct cql_request *r)
{
	if (x->asked->header.opcode == CQL_STARTUP)
		cql_map_json(&x->st->options, r->list, r->list_count);
	else if (x->asked->header.opcode == CQL_REGISTER)
		cql_strings_json(&x->st->options, r->list, r->list_count);
}

static void fill_payload(struct exchange *x, struct span map, uint16_t count)
{
	struct cql_writer w = writer(x, &x->st->payload);

	if (!count || x->st->payload.len)
		return;
	cql_bytes_map_json(&w, map, count);
	finish(x, &w);
	set_json(x, CQL_COLUMN_CUSTOM_PAYLOAD, &x->st->payload);
}

/* Where not all of it is there, a limit or a loss is why. */
static void note_unread(struct exchange *x, const struct cql_message *m, enum cql_fit fit,
			bool whole)
{
	bool request = m == x->asked;

	x->incomplete |= !whole || fit != CQL_WHOLE;
	if (fit == CQL_BAD)
		note_append(&x->st->note, request ? "the request is not as its version says"
						  : "the answer is not as its version says");
	else if (!whole || fit == CQL_CUT)
		note_append(&x->st->note, request ? "not all of the request is there"
						  : "not all of the answer is there");
	if (m->checksum_bad)
		note_append(&x->st->note, request ? "the request's checksum is wrong"
						  : "the answer's checksum is wrong");
}

static void fill_request(struct exchange *x)
{
	struct cql_request *r = &x->request;
	struct span body;
	bool whole;

	body = cql_body(x->st, SIDE_CLIENT, x->asked, &whole);
	cql_request_read(&x->asked->header, body, r);
	note_unread(x, x->asked, r->fit, whole);
	set_word(x, CQL_COLUMN_OPCODE, cql_opcode_name(x->asked->header.opcode));
	x->values[CQL_COLUMN_REQ_BYTES] = value_int((int64_t)x->asked->len);
	fill_statement(x);
	fill_query(x);
	fill_options(x, r);
	fill_payload(x, r->payload, r->payload_count);
}

/* ---- answers ---- */

static const char *result_name(uint32_t result)
{
	static const char *const names[] = {
		[CQL_RESULT_VOID] = "void",
		[CQL_RESULT_ROWS] = "rows",
		[CQL_RESULT_SET_KEYSPACE] = "set_keyspace",
		[CQL_RESULT_PREPARED] = "prepared",
		[CQL_RESULT_SCHEMA_CHANGE] = "schema_change",
	};

	return result < sizeof(names) / sizeof(names[0]) ? names[result] : NULL;
}

/* The columns that the client knows, and so doesn't want to be told again. */
static bool recall_columns(struct exchange *x, struct cql_metadata *m)
{
	bool known = x->asked && x->request.id.len &&
		     cql_recall_metadata(x->st, CQL_FACT_COLUMNS, x->request.id, m, &x->inferred);

	x->untyped |= !known;
	return known && m->count == x->response.metadata.count;
}

/* The first page is asked for without a state; the others where those before it ended. */
static void fill_page(struct exchange *x)
{
	const struct cql_query *q = &x->request.query;
	struct span next = x->response.metadata.paging_state;
	uint64_t page = 1;

	if (!x->asked || !(q->flags & CQL_QUERY_PAGE_SIZE))
		return;
	if (q->paging_state.len)
		page = cql_recall_page(x->st, q->paging_state);
	if (!page)
		return;
	x->values[CQL_COLUMN_PAGE] = value_int((int64_t)page);
	if (next.len)
		cql_learn_page(x->st, next, page + 1);
}

static void fill_rows(struct exchange *x)
{
	const struct cql_response *r = &x->response;
	struct cql_metadata recalled;
	const struct cql_metadata *m = &r->metadata;
	struct cql_writer w = writer(x, &x->st->rows);

	if (r->has_rows)
		x->values[CQL_COLUMN_ROWS] = value_int(r->rows);
	fill_page(x);
	set_hex(x, CQL_COLUMN_NEXT_PAGING_STATE, m->paging_state, &x->st->next_paging);
	buffer_clear(&x->st->types);
	if (m->flags & CQL_METADATA_NONE && m->count)
		m = recall_columns(x, &recalled) ? &recalled : NULL;
	if (m) {
		keep_table(x->st, m);
		cql_columns_json(x->st, m);
		set_json(x, CQL_COLUMN_COLUMNS, &x->st->columns);
		set_json(x, CQL_COLUMN_COLUMN_TYPES, &x->st->column_types);
	}
	if (r->metadata.new_id.len && x->asked && m)
		cql_learn_metadata(x->st, CQL_FACT_COLUMNS, x->request.id,
				   x->answered->header.version, &r->metadata);
	if (!r->has_rows)
		return;
	if (wants(x, CQL_COLUMN_ROW_DATA))
		cql_rows_json(x->st, r->metadata.count, r->rows, r->row_data, &w);
	else
		cql_rows_check(r->metadata.count, r->rows, r->row_data, &w);
	finish(x, &w);
	set_json(x, CQL_COLUMN_ROW_DATA, &x->st->rows);
}

static void fill_prepared(struct exchange *x)
{
	const struct cql_response *r = &x->response;
	unsigned version = x->answered->header.version;

	set_hex(x, CQL_COLUMN_STATEMENT_ID, r->id, &x->st->id);
	keep_table(x->st, &r->metadata);
	keep_table(x->st, &r->binds);
	if (x->asked && x->request.fit == CQL_WHOLE)
		cql_learn(x->st, CQL_FACT_STATEMENT, r->id, x->request.statement);
	cql_learn_metadata(x->st, CQL_FACT_BINDS, r->id, version, &r->binds);
	cql_learn_metadata(x->st, CQL_FACT_COLUMNS, r->id, version, &r->metadata);
	if (!r->metadata.columns.len)
		return;
	cql_columns_json(x->st, &r->metadata);
	set_json(x, CQL_COLUMN_COLUMNS, &x->st->columns);
	set_json(x, CQL_COLUMN_COLUMN_TYPES, &x->st->column_types);
}

static void fill_result(struct exchange *x)
{
	const struct cql_response *r = &x->response;

	set_word(x, CQL_COLUMN_RESULT, result_name(r->result));
	switch (r->result) {
	case CQL_RESULT_ROWS:
		fill_rows(x);
		break;
	case CQL_RESULT_SET_KEYSPACE:
		buffer_clear(&x->st->keyspace);
		buffer_append_span(&x->st->keyspace, r->text);
		break;
	case CQL_RESULT_PREPARED:
		fill_prepared(x);
		break;
	case CQL_RESULT_SCHEMA_CHANGE:
		cql_change_json(&x->st->change, r);
		break;
	default:
		break;
	}
}

static void fill_error(struct exchange *x)
{
	const struct cql_response *r = &x->response;

	x->values[CQL_COLUMN_ERROR_CODE] = value_int(r->error_code);
	set_word(x, CQL_COLUMN_ERROR_NAME, cql_error_name(r->error_code));
	set_text(x, CQL_COLUMN_ERROR, r->error);
	cql_error_json(&x->st->error_details, &x->answered->header, r);
	set_json(x, CQL_COLUMN_ERROR_DETAILS, &x->st->error_details);
}

static void fill_answer(struct exchange *x)
{
	const struct cql_response *r = &x->response;

	switch (x->answered->header.opcode) {
	case CQL_RESULT:
		fill_result(x);
		return;
	case CQL_ERROR:
		fill_error(x);
		break;
	case CQL_SUPPORTED:
		buffer_clear(&x->st->options);
		cql_multimap_json(&x->st->options, r->list, r->list_count);
		break;
	case CQL_AUTHENTICATE:
		set_text(x, CQL_COLUMN_AUTHENTICATOR, r->text);
		break;
	case CQL_EVENT:
		set_word(x, CQL_COLUMN_OPCODE, cql_opcode_name(CQL_EVENT));
		cql_change_json(&x->st->change, r);
		return;
	default:
		break;
	}
	set_word(x, CQL_COLUMN_RESULT, cql_opcode_name(x->answered->header.opcode));
}

static void fill_response(struct exchange *x)
{
	struct cql_response *r = &x->response;
	struct span body;
	bool whole;

	body = cql_body(x->st, SIDE_SERVER, x->answered, &whole);
	cql_response_read(&x->answered->header, body, r);
	note_unread(x, x->answered, r->fit, whole);
	x->values[CQL_COLUMN_RESP_BYTES] = value_int((int64_t)x->answered->len);
	fill_answer(x);
	if (r->tracing_id.len) {
		hex_append_uuid(&x->st->tracing, r->tracing_id);
		x->values[CQL_COLUMN_TRACING_ID] = value_word(buffer_span(&x->st->tracing));
	}
	if (r->warning_count) {
		cql_strings_json(&x->st->warnings, r->warnings, r->warning_count);
		set_json(x, CQL_COLUMN_WARNINGS, &x->st->warnings);
	}
	fill_payload(x, r->payload, r->payload_count);
}

/* ---- both ---- */

static void fill_keyspace(struct exchange *x)
{
	struct span of_request = x->request.query.keyspace;

	if (of_request.len)
		set_text(x, CQL_COLUMN_KEYSPACE, of_request);
	else if (x->st->table_keyspace.len)
		set_text(x, CQL_COLUMN_KEYSPACE, buffer_span(&x->st->table_keyspace));
	else
		set_text(x, CQL_COLUMN_KEYSPACE, buffer_span(&x->st->keyspace));
	set_text(x, CQL_COLUMN_TABLE_NAME, buffer_span(&x->st->table_name));
}

static void fill_connection(struct exchange *x)
{
	const struct cql_message *any = x->asked ? x->asked : x->answered;
	const struct cql_state *st = x->st;

	if (!any)
		return;
	x->values[CQL_COLUMN_VERSION] = value_int(any->header.version);
	x->values[CQL_COLUMN_STREAM_ID] = value_int(any->header.stream);
	set_text(x, CQL_COLUMN_USER, buffer_span(&st->user));
	set_text(x, CQL_COLUMN_APPLICATION, buffer_span(&st->application));
	set_text(x, CQL_COLUMN_CLIENT_ID, buffer_span(&st->client_id));
	set_text(x, CQL_COLUMN_DRIVER, buffer_span(&st->driver));
	if (st->compression == CQL_COMPRESSION_LZ4)
		set_word(x, CQL_COLUMN_COMPRESSION, "lz4");
	else if (st->compression == CQL_COMPRESSION_SNAPPY)
		set_word(x, CQL_COLUMN_COMPRESSION, "snappy");
	set_json(x, CQL_COLUMN_OPTIONS, &st->options);
	set_json(x, CQL_COLUMN_CHANGE, &st->change);
	fill_keyspace(x);
}

static void fill_notes(struct exchange *x)
{
	if (x->cut)
		note_append(&x->st->note, "not all values are shown");
	if (x->damaged && !x->incomplete)
		note_append(&x->st->note, "a value is not as its type says");
	if (x->inferred)
		note_append(&x->st->note,
			    "the prepared statement is inferred from another connection");
	if (x->unresolved) {
		note_append(&x->st->note, "the prepared statement is ");
		buffer_append_text(&x->st->note, session_unresolved(x->st->session));
	}
	if (x->untyped)
		note_append(&x->st->note, "values whose types are not known are shown as bytes");
}

/* What a large one took is given back. */
#define SCRATCH_MAX (64u << 10)

static void clear(struct buffer *b)
{
	if (b->capacity > SCRATCH_MAX)
		buffer_free(b);
	buffer_clear(b);
}

static void begin(struct cql_state *st)
{
#define CQL_CLEAR(name) clear(&st->name);
	CQL_SCRATCH(CQL_CLEAR)
#undef CQL_CLEAR
}

void cql_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct cql_state *st = context;
	struct value values[CQL_COLUMN_COUNT] = {0};
	struct record record = {.table = &cql_table, .values = values};
	struct exchange x;
	bool error;

	memset(&x, 0, sizeof(x));
	x.st = st;
	x.values = values;
	x.asked = (const struct cql_message *)request;
	x.answered = (const struct cql_message *)response;
	begin(st);
	if (x.asked)
		fill_request(&x);
	if (x.answered)
		fill_response(&x);
	fill_connection(&x);
	fill_notes(&x);
	error = x.answered && x.answered->header.opcode == CQL_ERROR;
	matcher_record(request, response, lost, error, &record);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}
