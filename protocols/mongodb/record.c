/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/state.h"
#include "protocols/value/json.h"
#include "protocols/value/note.h"

/* A message decompresses to no more than what is allowed to be sent. */
#define PLAIN_MAX MONGODB_MESSAGE_MAX

/* ---- reading ---- */

static struct mongodb_body body_of(struct mongodb_state *st, enum side side,
				   const struct mongodb_message *m)
{
	struct span message = buffer_span(&m->base.text), payload = {0};
	uint32_t opcode = m->header.opcode;
	struct mongodb_compressed compressed;

	if (message.len > MONGODB_HEADER_LEN)
		payload = span_of(message.data + MONGODB_HEADER_LEN,
				  message.len - MONGODB_HEADER_LEN);
	if (opcode == MONGODB_COMPRESSED && mongodb_compressed_read(payload, &compressed)) {
		buffer_clear(&st->plain[side]);
		if (!mongodb_decompress(&st->codecs, &compressed, &st->plain[side], PLAIN_MAX))
			note_append(&st->note, "compressed data could not be read to its end");
		payload = buffer_span(&st->plain[side]);
		opcode = compressed.opcode;
		message = (struct span){0};
	}
	return mongodb_body_read(opcode, payload, message);
}

/* Each section of several documents: its name, which is that of a field of the command. */
static bool next_sequence(struct cursor *c, struct span *name, struct cursor *documents)
{
	uint32_t len;
	uint8_t kind = cursor_u8(c);

	/* The command itself; servers send it behind its sequences, and others may between them. */
	while (!c->failed && kind == 0) {
		c->failed |= !bson_next_document(c).len;
		kind = cursor_u8(c);
	}
	if (c->failed || kind != 1)
		return false;
	len = cursor_le32(c);
	if (c->failed || len < 5)
		return false;
	*documents = cursor_part(c, len - 4);
	*name = cursor_until(documents, 0);
	return !c->failed && !documents->failed;
}

static size_t count_documents(struct cursor c)
{
	size_t count = 0;

	while (bson_next_document(&c).len)
		count++;
	return count;
}

static size_t count_elements(struct span array)
{
	struct cursor c = bson_begin(array);
	struct bson_element e;
	size_t count = 0;

	while (bson_next(&c, &e))
		count++;
	return count;
}

/* ---- JSON ---- */

typedef void write_fn(struct bson_writer *w, struct span document);

static void append_documents(struct bson_writer *w, struct cursor c, write_fn *write)
{
	struct span document = bson_next_document(&c);

	size_t last_at = 0, last_len = 0;
	bool first = true;

	buffer_append_char(w->out, '[');
	for (; document.len && w->out->len < w->limit; document = bson_next_document(&c)) {
		size_t before = w->out->len, at;

		if (!first)
			buffer_append_char(w->out, ',');
		at = w->out->len;
		write(w, document);
		/* Of shapes that are the same one stands for all. */
		if (write == bson_shape && !first && !w->out->failed &&
		    w->out->len - at == last_len &&
		    !memcmp(w->out->data + at, w->out->data + last_at, last_len)) {
			w->out->len = before;
			continue;
		}
		first = false;
		last_at = at;
		last_len = w->out->len - at;
	}
	w->cut |= document.len > 0;
	buffer_append_char(w->out, ']');
}

/* The command with its sequences as the fields that they stand for. */
static void append_command(struct bson_writer *w, const struct mongodb_body *body, write_fn *write)
{
	struct cursor c = cursor_of(body->sequences.data, body->sequences.len), documents;
	size_t before = w->out->len;
	struct span name;

	write(w, body->document);
	while (next_sequence(&c, &name, &documents) && !w->out->failed &&
	       w->out->len > before + 1) {
		w->out->len--; /* the closing brace */
		if (w->out->len > before + 1)
			buffer_append_char(w->out, ',');
		json_append_string(w->out, name);
		buffer_append_char(w->out, ':');
		append_documents(w, documents, write);
		buffer_append_char(w->out, '}');
	}
}

/* What of older ones stands beside, or instead of, a single document. */
static void append_any(struct bson_writer *w, const struct mongodb_body *body, write_fn *write)
{
	struct cursor c = cursor_of(body->documents.data, body->documents.len), one = c;

	if (body->document.len)
		append_command(w, body, write);
	else if (count_documents(c) == 1)
		write(w, bson_next_document(&one));
	else if (body->documents.len)
		append_documents(w, c, write);
}

static void write_body(struct mongodb_state *st, const struct mongodb_body *body,
		       struct buffer *out, write_fn *write, bool *cut)
{
	struct bson_writer w = {
		.out = out,
		.limit = session_keep(st->session),
		/* A hello may begin to log in (MongoDB's specification "Authentication"). */
		.hidden = "speculativeAuthenticate",
	};

	buffer_clear(out);
	append_any(&w, body, write);
	*cut |= w.cut;
	if (w.damaged && body->good)
		note_append(&st->note, "a document is damaged");
}

/* ---- what it is ---- */

struct target {
	struct span command, database, collection;
};

/* "database.collection" */
static void split_namespace(struct span name, struct target *t)
{
	const char *dot = name.len ? memchr(name.data, '.', name.len) : NULL;

	t->database = name;
	if (!dot)
		return;
	t->database.len = (size_t)(dot - name.data);
	t->collection = span_of(dot + 1, name.len - t->database.len - 1);
}

/* What is looked for in a command. */
enum asked {
	ASKED_COLLECTION, /* of getMore, which has the cursor's number in its first field */
	ASKED_DATABASE,
	ASKED_CLIENT,
	ASKED_DOCUMENTS,
	ASKED_UPDATES,
	ASKED_DELETES,
	ASKED_COUNT
};

static void look_into_command(struct span document, struct bson_element found[ASKED_COUNT])
{
	static const struct span names[ASKED_COUNT] = {
		[ASKED_COLLECTION] = {"collection", 10}, [ASKED_DATABASE] = {"$db", 3},
		[ASKED_CLIENT] = {"client", 6},		 [ASKED_DOCUMENTS] = {"documents", 9},
		[ASKED_UPDATES] = {"updates", 7},	 [ASKED_DELETES] = {"deletes", 7},
	};

	bson_pick(document, names, ASKED_COUNT, found);
}

static void take_command_name(struct span document, const struct bson_element *found,
			      struct target *t)
{
	struct cursor c = bson_begin(document);
	struct bson_element e;

	if (!bson_next(&c, &e))
		return;
	/* Older drivers put the command inside. */
	if (span_is(e.name, "$query") || span_is(e.name, "query")) {
		c = bson_begin(bson_document(&e));
		if (!bson_next(&c, &e))
			return;
	}
	t->command = e.name;
	if (bson_string(&e).len)
		t->collection = bson_string(&e);
	if (bson_string(&found[ASKED_COLLECTION]).len)
		t->collection = bson_string(&found[ASKED_COLLECTION]);
	if (found[ASKED_DATABASE].type)
		t->database = bson_string(&found[ASKED_DATABASE]);
}

static struct target target_of(const struct mongodb_body *body, const struct bson_element *found)
{
	struct target t = {0};

	if (body->namespace_.len)
		split_namespace(body->namespace_, &t);
	if (body->opcode == MONGODB_MSG || body->opcode == MONGODB_COMMAND ||
	    span_is(t.collection, "$cmd")) {
		if (span_is(t.collection, "$cmd"))
			t.collection = (struct span){0};
		take_command_name(body->document, found, &t);
	} else {
		t.command = span_text(mongodb_opcode_name(body->opcode));
	}
	return t;
}

/* hello: {..., client: {application: {name: "shop"}}} */
static void take_application(struct mongodb_state *st, const struct bson_element *found)
{
	struct bson_element e;

	if (!found[ASKED_CLIENT].type ||
	    !bson_find(bson_document(&found[ASKED_CLIENT]), "application", &e) ||
	    !bson_find(bson_document(&e), "name", &e))
		return;
	buffer_clear(&st->application);
	buffer_append_span(&st->application, bson_string(&e));
}

static size_t request_documents(const struct mongodb_body *body, const struct bson_element *found)
{
	struct cursor c = cursor_of(body->sequences.data, body->sequences.len), documents;
	struct span name;
	size_t count = 0;

	if (body->opcode == MONGODB_INSERT)
		return count_documents(cursor_of(body->documents.data, body->documents.len));
	while (next_sequence(&c, &name, &documents))
		/* bulkWrite lists its collections, too. */
		if (!span_is(name, "nsInfo"))
			count += count_documents(documents);
	for (size_t i = ASKED_DOCUMENTS; i <= ASKED_DELETES; i++)
		if (found[i].type == BSON_ARRAY)
			count += count_elements(found[i].value);
	return count;
}

/* ---- answers ---- */

struct answer {
	struct span document; /* that says how it went */
	size_t documents;
	bool has_cursor, has_affected, failed;
	int64_t cursor_id, affected, code;
	struct span name, message;
};

static void read_cursor(struct span cursor, struct answer *a)
{
	static const struct span names[] = {{"id", 2}, {"firstBatch", 10}, {"nextBatch", 9}};
	struct bson_element found[3], *batch = &found[1];

	bson_pick(cursor, names, 3, found);
	if (found[0].type)
		a->has_cursor = bson_integer(&found[0], &a->cursor_id);
	batch += !batch->type;
	if (batch->type)
		a->documents = count_elements(bson_document(batch));
}

static void read_failure(struct span document, struct answer *a)
{
	struct bson_element e;

	a->failed = true;
	if (bson_find(document, "code", &e))
		bson_integer(&e, &a->code);
	if (bson_find(document, "codeName", &e))
		a->name = bson_string(&e);
	if (bson_find(document, "errmsg", &e) || bson_find(document, "$err", &e) ||
	    bson_find(document, "err", &e))
		a->message = bson_string(&e);
}

/* The first write that failed. */
static void read_write_error(struct span errors, struct answer *a)
{
	struct cursor c = bson_begin(errors);
	struct bson_element e;

	if (bson_next(&c, &e))
		read_failure(bson_document(&e), a);
}

/* Of bulkWrite, whose cursor has an element for each write that it tells of. */
static void read_bulk(struct span document, struct answer *a)
{
	static const char *const counts[] = {"nInserted", "nMatched", "nUpserted", "nDeleted"};
	struct bson_element e, one, ok;
	int64_t count = 0, good = 0;
	struct cursor c;

	a->has_affected = true;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (bson_find(document, counts[i], &e) && bson_integer(&e, &count))
			a->affected += count;
	if (!bson_find(document, "nErrors", &e) || !bson_integer(&e, &count) || !count)
		return;
	a->failed = true;
	if (!bson_find(document, "cursor", &e) || !bson_find(bson_document(&e), "firstBatch", &e))
		return;
	c = bson_begin(bson_document(&e));
	while (bson_next(&c, &one)) {
		if (!bson_find(bson_document(&one), "ok", &ok) || !bson_integer(&ok, &good) || good)
			continue;
		read_failure(bson_document(&one), a);
		return;
	}
}

#define REPLY_CURSOR_NOT_FOUND 1
#define REPLY_QUERY_FAILURE    2

/* What is looked for in an answer. */
enum answered {
	ANSWERED_CURSOR,
	ANSWERED_N,
	ANSWERED_ERRORS,
	ANSWERED_OK,
	ANSWERED_WRITE_ERRORS,
	ANSWERED_CONCERN_ERROR,
	ANSWERED_COUNT
};

static void read_answer(struct answer *a)
{
	static const struct span names[ANSWERED_COUNT] = {
		[ANSWERED_CURSOR] = {"cursor", 6},
		[ANSWERED_N] = {"n", 1},
		[ANSWERED_ERRORS] = {"nErrors", 7},
		[ANSWERED_OK] = {"ok", 2},
		[ANSWERED_WRITE_ERRORS] = {"writeErrors", 11},
		[ANSWERED_CONCERN_ERROR] = {"writeConcernError", 17},
	};
	struct bson_element found[ANSWERED_COUNT];
	int64_t ok = 1;

	bson_pick(a->document, names, ANSWERED_COUNT, found);
	if (found[ANSWERED_CURSOR].type == BSON_DOCUMENT)
		read_cursor(found[ANSWERED_CURSOR].value, a);
	if (found[ANSWERED_N].type)
		a->has_affected = bson_integer(&found[ANSWERED_N], &a->affected);
	if (found[ANSWERED_ERRORS].type)
		read_bulk(a->document, a);
	if (bson_integer(&found[ANSWERED_OK], &ok) && !ok)
		read_failure(a->document, a);
	if (found[ANSWERED_WRITE_ERRORS].type)
		read_write_error(bson_document(&found[ANSWERED_WRITE_ERRORS]), a);
	if (!a->failed && found[ANSWERED_CONCERN_ERROR].type)
		read_failure(bson_document(&found[ANSWERED_CONCERN_ERROR]), a);
}

static struct answer answer_of(const struct mongodb_body *body)
{
	struct cursor c = cursor_of(body->documents.data, body->documents.len);
	struct answer a = {.document = body->document};

	if (body->opcode == MONGODB_REPLY || body->opcode == MONGODB_COMMAND_REPLY) {
		a.documents = count_documents(c);
		a.document = bson_next_document(&c);
		a.has_cursor = body->has_cursor_id;
		a.cursor_id = body->cursor_id;
		if (body->reply_flags & REPLY_QUERY_FAILURE)
			read_failure(a.document, &a);
		a.failed |= body->reply_flags & REPLY_CURSOR_NOT_FOUND;
	}
	if (a.document.len)
		read_answer(&a);
	return a;
}

/* ---- records ---- */

/* Commands that carry proofs or passwords: what they say isn't shown. */
static bool is_secret(struct span command)
{
	static const char *const names[] = {"saslStart",      "saslContinue", "authenticate",
					    "getnonce",	      "createUser",   "updateUser",
					    "copydbsaslstart"};

	/* Most are told from all of them by how they begin. */
	if (!command.len || !strchr("sagcu", *command.data))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(command, names[i]))
			return true;
	return false;
}

static bool wants(const struct mongodb_state *st, enum mongodb_column column)
{
	return session_wants(st->session, &mongodb_table, column);
}

static void fill_body(struct mongodb_state *st, const struct mongodb_body *body,
		      struct buffer *json, enum mongodb_column column, bool *cut,
		      struct value *values)
{
	bool wanted = wants(st, column);

	write_body(st, body, json, wanted ? bson_json : bson_check, cut);
	if (wanted)
		values[column] = value_json_if(json);
}

static void fill_request(struct mongodb_state *st, const struct mongodb_message *m,
			 const struct mongodb_body *body, const struct target *t,
			 struct value *values)
{
	struct mongodb_compressed compressed;
	const char *name;
	bool cut = false, ignored = false;

	values[MONGODB_COLUMN_COMMAND] = value_text_if(t->command);
	values[MONGODB_COLUMN_DATABASE] = value_text_if(t->database);
	values[MONGODB_COLUMN_COLLECTION] = value_text_if(t->collection);
	values[MONGODB_COLUMN_REQUEST_ID] = value_int((int32_t)m->header.request_id);
	values[MONGODB_COLUMN_REQ_BYTES] = value_int((int64_t)m->len);
	values[MONGODB_COLUMN_EXHAUST] = value_bool(body->flags & MONGODB_FLAG_EXHAUST);
	name = mongodb_opcode_name(body->opcode);
	if (name)
		values[MONGODB_COLUMN_OPCODE] = value_word(span_text(name));
	if (body->has_cursor_id)
		values[MONGODB_COLUMN_CURSOR_ID] = value_int(body->cursor_id);
	if (m->header.opcode == MONGODB_COMPRESSED && m->base.text.len > MONGODB_HEADER_LEN &&
	    mongodb_compressed_read(span_of(m->base.text.data + MONGODB_HEADER_LEN,
					    m->base.text.len - MONGODB_HEADER_LEN),
				    &compressed) &&
	    mongodb_compressor_name(compressed.compressor))
		values[MONGODB_COLUMN_COMPRESSION] = value_word(
			span_text(mongodb_compressor_name(compressed.compressor)));
	if (wants(st, MONGODB_COLUMN_SHAPE)) {
		write_body(st, body, &st->shape, bson_shape, &ignored);
		values[MONGODB_COLUMN_SHAPE] = value_text_if(buffer_span(&st->shape));
	}
	if (is_secret(t->command)) {
		note_append(&st->note, "credentials are not shown");
	} else {
		fill_body(st, body, &st->request_json, MONGODB_COLUMN_REQUEST, &cut, values);
	}
	if (cut)
		note_append(&st->note, "not all of the request is shown");
	if (!body->good)
		note_append(&st->note, "the request is not whole");
	if (body->checksum_bad)
		note_append(&st->note, "the request's checksum is wrong");
}

static void fill_error(struct mongodb_state *st, const struct answer *a, struct value *values)
{
	values[MONGODB_COLUMN_ERROR_CODE] = value_int(a->code);
	if (!a->failed)
		return;
	buffer_clear(&st->error_text);
	buffer_append_span(&st->error_text, a->name);
	if (a->name.len && a->message.len)
		buffer_append_text(&st->error_text, ": ");
	buffer_append_span(&st->error_text, a->message);
	values[MONGODB_COLUMN_ERROR] = value_text_if(buffer_span(&st->error_text));
}

static void fill_response(struct mongodb_state *st, const struct mongodb_message *m,
			  const struct mongodb_body *body, const struct answer *a, bool secret,
			  struct value *values)
{
	bool cut = false;

	values[MONGODB_COLUMN_RESP_BYTES] = value_int((int64_t)m->len);
	values[MONGODB_COLUMN_RESP_DOCUMENTS] = value_int((int64_t)a->documents);
	if (a->has_affected)
		values[MONGODB_COLUMN_AFFECTED] = value_int(a->affected);
	if (a->has_cursor)
		values[MONGODB_COLUMN_CURSOR_ID] = value_int(a->cursor_id);
	fill_error(st, a, values);
	if (!secret)
		fill_body(st, body, &st->response_json, MONGODB_COLUMN_RESPONSE, &cut, values);
	if (cut)
		note_append(&st->note, "not all of the response is shown");
	if (!body->good)
		note_append(&st->note, "the response is not whole");
	if (body->checksum_bad)
		note_append(&st->note, "the response's checksum is wrong");
}

static void set(struct buffer *kept, struct span value)
{
	buffer_clear(kept);
	buffer_append_span(kept, value);
}

/* An answer may be the first of several that nobody asks for; they name each the one before it. */
static void follow_exhaust(struct mongodb_state *st, const struct mongodb_message *m,
			   const struct mongodb_body *body, const struct target *t, bool wanted)
{
	/* Of one that goes on though its request was lost. */
	static const struct target unknown;
	bool more = body->flags & MONGODB_FLAG_MORE_TO_COME;

	/* Older ones go on as long as there is a cursor. */
	if (body->opcode == MONGODB_REPLY)
		more = wanted && body->cursor_id;
	st->exhausting = more;
	st->exhaust_id = m->header.request_id;
	if (!st->exhausting || (!t && wanted))
		return;
	if (!t)
		t = &unknown;
	set(&st->exhaust_command, t->command);
	set(&st->exhaust_database, t->database);
	set(&st->exhaust_collection, t->collection);
}

static bool goes_on(const struct mongodb_state *st, const struct mongodb_message *m)
{
	return st->exhausting && m->header.response_to == st->exhaust_id;
}

static void fill_exhaust(struct mongodb_state *st, const struct mongodb_message *m,
			 struct value *values)
{
	values[MONGODB_COLUMN_COMMAND] = value_text_if(buffer_span(&st->exhaust_command));
	values[MONGODB_COLUMN_DATABASE] = value_text_if(buffer_span(&st->exhaust_database));
	values[MONGODB_COLUMN_COLLECTION] = value_text_if(buffer_span(&st->exhaust_collection));
	values[MONGODB_COLUMN_REQUEST_ID] = value_int((int32_t)m->header.request_id);
	values[MONGODB_COLUMN_EXHAUST] = value_bool(true);
	note_append(&st->note, "goes on without being asked for");
}

void mongodb_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct mongodb_state *st = context;
	struct value values[MONGODB_COLUMN_COUNT] = {0};
	struct record record = {.table = &mongodb_table, .values = values};
	const struct mongodb_message *asked, *answered;
	struct mongodb_body body;
	struct answer answer = {0};
	struct target target = {0};
	struct bson_element found[ASKED_COUNT];
	bool silent = false, exhaust = false;

	/* A request that gets no answer comes as a message that stands alone. */
	if (response && ((struct mongodb_message *)response)->request) {
		request = response;
		response = NULL;
		silent = true;
	}
	asked = (const struct mongodb_message *)request;
	answered = (const struct mongodb_message *)response;
	buffer_clear(&st->note);
	if (asked) {
		body = body_of(st, SIDE_CLIENT, asked);
		look_into_command(body.document, found);
		target = target_of(&body, found);
		exhaust = body.flags & MONGODB_FLAG_EXHAUST;
		take_application(st, found);
		fill_request(st, asked, &body, &target, values);
		values[MONGODB_COLUMN_REQ_DOCUMENTS] = value_int(
			(int64_t)request_documents(&body, found));
	}
	if (answered) {
		bool more = !asked && goes_on(st, answered);

		if (more) {
			fill_exhaust(st, answered, values);
			lost = false;
		}
		body = body_of(st, SIDE_SERVER, answered);
		answer = answer_of(&body);
		fill_response(st, answered, &body, &answer, is_secret(target.command), values);
		follow_exhaust(st, answered, &body, asked ? &target : NULL, exhaust || more);
	}
	if (st->application.len)
		values[MONGODB_COLUMN_APPLICATION] = value_text(buffer_span(&st->application));
	matcher_record(request, response, lost, answer.failed, &record);
	if (silent && record.outcome == OUTCOME_UNANSWERED)
		record.outcome = OUTCOME_OK;
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define MONGODB_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	MONGODB_COLUMNS(MONGODB_COLUMN_ROW)
#undef MONGODB_COLUMN_ROW
};

static void append_count(struct buffer *out, const char *before, const struct value *value,
			 const char *what)
{
	if (value->type == VALUE_INT && value->integer)
		buffer_printf(out, "%s%lld %s%s", before, (long long)value->integer, what,
			      value->integer == 1 ? "" : "s");
}

/* "find shop.orders -> 50 documents", "insert shop.orders 3 documents -> DuplicateKey: ...". */
static void describe(const struct value *values, struct buffer *out)
{
	if (values[MONGODB_COLUMN_COMMAND].type == VALUE_TEXT)
		buffer_append_span(out, values[MONGODB_COLUMN_COMMAND].text);
	else
		buffer_append_text(out, "(no request)");
	value_append_text(out, " ", &values[MONGODB_COLUMN_DATABASE]);
	value_append_text(out, ".", &values[MONGODB_COLUMN_COLLECTION]);
	append_count(out, " ", &values[MONGODB_COLUMN_REQ_DOCUMENTS], "document");
	if (values[MONGODB_COLUMN_ERROR].type == VALUE_TEXT) {
		value_append_text(out, " -> ", &values[MONGODB_COLUMN_ERROR]);
		return;
	}
	append_count(out, " -> ", &values[MONGODB_COLUMN_RESP_DOCUMENTS], "document");
	if (values[MONGODB_COLUMN_AFFECTED].type == VALUE_INT)
		buffer_printf(out, " -> n=%lld",
			      (long long)values[MONGODB_COLUMN_AFFECTED].integer);
}

const struct table mongodb_table = {
	.name = "mongodb",
	.summary = "MongoDB commands with their answers",
	.columns = columns,
	.column_count = MONGODB_COLUMN_COUNT,
	.describe = describe,
};
