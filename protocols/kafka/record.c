/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/engine/knowledge.h"
#include "protocols/kafka/error.h"
#include "protocols/kafka/facts.h"
#include "protocols/kafka/json.h"
#include "protocols/kafka/message_rows.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

/* One exchange that is being emitted. */
struct exchange {
	struct kafka_state *st;
	const struct kafka_message *asked, *answered;
	struct kafka_request_header header;
	struct kafka_facts facts;
	bool json_cut;
	char api[sizeof("api_-32768")]; /* without a name */
};

/* ---- reading ---- */

/* A body is read once, for its facts and for its JSON. */
struct body {
	struct kafka_facts *facts;
	struct kafka_json json;
	bool facts_alone;
};

static void take_value(void *context, const struct kafka_value *value)
{
	struct body *b = context;

	if (value->field->role)
		kafka_facts_value(b->facts, value);
	if (!b->facts_alone)
		kafka_json_value(&b->json, value);
}

static void take_array(void *context, const struct kafka_field *field, uint32_t count)
{
	struct body *b = context;

	(void)count;
	if (!b->facts_alone)
		kafka_json_open(&b->json, field, true);
}

static void take_enter(void *context, const struct kafka_field *field)
{
	struct body *b = context;

	kafka_facts_enter(b->facts, field);
	if (!b->facts_alone)
		kafka_json_open(&b->json, field, false);
}

static void take_leave(void *context, const struct kafka_field *field)
{
	struct body *b = context;

	kafka_facts_leave(b->facts, field);
	if (!b->facts_alone)
		kafka_json_close(&b->json);
}

static void take_tag(void *context, uint32_t tag, struct span bytes)
{
	struct body *b = context;

	if (!b->facts_alone)
		kafka_json_tag(&b->json, tag, bytes);
}

static bool read_body(struct exchange *x, const struct kafka_schema *schema, int version,
		      struct cursor *in, struct buffer *json)
{
	bool asked = json == &x->st->request_json;
	struct body body = {
		.facts = &x->facts,
		.facts_alone = !session_wants(x->st->session, &kafka_table,
					      asked ? KAFKA_COLUMN_REQUEST : KAFKA_COLUMN_RESPONSE),
	};
	const struct kafka_visitor visitor = {
		.context = &body,
		.value = take_value,
		.array = take_array,
		.enter = take_enter,
		.leave = take_leave,
		.unknown_tag = take_tag,
	};
	bool good;

	if (!body.facts_alone)
		kafka_json_begin(&body.json, json, session_keep(x->st->session));
	good = kafka_read(schema, version, in, &visitor);
	if (!body.facts_alone) {
		kafka_json_end(&body.json);
		x->json_cut |= body.json.cut;
	}
	return good && (asked ? kafka_request_ends(in, &x->header) : !cursor_left(in));
}

static void read_request(struct exchange *x)
{
	struct span text = buffer_span(&x->asked->base.text);
	struct cursor c = cursor_of(text.data, text.len);

	if (!kafka_any_header_read(&c, &x->header))
		return;
	x->facts.api = x->header.api;
	if (!x->header.schema)
		note_append(&x->st->note, kafka_api_name(x->header.api)
						  ? "this version of the api is not known"
						  : "this api is not known");
	else if (!read_body(x, x->header.schema, x->header.version, &c, &x->st->request_json))
		note_append(&x->st->note, x->asked->cut ? "not all of the request is there"
							: "the request is not as its version says");
}

/* A broker that doesn't know the version answers in that which all know (KIP-511). */
static bool read_old_versions(struct exchange *x, struct cursor c)
{
	const struct kafka_schema *schema = kafka_schema_find(KAFKA_KIND_RESPONSE,
							      KAFKA_API_API_VERSIONS, 0);

	if (x->header.api != KAFKA_API_API_VERSIONS || !schema)
		return false;
	buffer_clear(&x->st->response_json);
	x->facts.error_code = 0;
	return read_body(x, schema, 0, &c, &x->st->response_json);
}

static void read_response(struct exchange *x)
{
	struct span text = buffer_span(&x->answered->base.text);
	struct cursor c = cursor_of(text.data, text.len), begin;
	const struct kafka_schema *schema;

	schema = kafka_schema_find(KAFKA_KIND_RESPONSE, x->header.api, x->header.version);
	if (!x->asked || !x->header.schema || !schema)
		return;
	cursor_skip(&c, 4);
	begin = c;
	kafka_response_header_skip(&c, &x->header);
	x->facts.is_response = true;
	if (read_body(x, schema, x->header.version, &c, &x->st->response_json) ||
	    read_old_versions(x, begin))
		return;
	note_append(&x->st->note, x->answered->cut ? "not all of the response is there"
						   : "the response is not as its version says");
}

/* ---- values ---- */

/* A list that ends with a comma, as JSON between these brackets. */
static struct value list_value(struct buffer *list, char close)
{
	if (list->len < 2)
		list->len = 0;
	else
		list->data[list->len - 1] = close;
	return value_json_if(list);
}

static void fill_request(struct exchange *x, struct value *values)
{
	const char *api = kafka_api_name(x->header.api);

	if (x->header.has_client_id)
		values[KAFKA_COLUMN_CLIENT_ID] = value_text(x->header.client_id);
	if (!api) {
		snprintf(x->api, sizeof(x->api), "api_%d", x->header.api);
		api = x->api;
	}
	values[KAFKA_COLUMN_API] = value_word(span_text(api));
	values[KAFKA_COLUMN_VERSION] = value_int(x->header.version);
	values[KAFKA_COLUMN_REQ_BYTES] = value_int((int64_t)x->asked->len);
	values[KAFKA_COLUMN_REQUEST] = value_json_if(&x->st->request_json);
}

static void fill_records(const struct kafka_facts *f, struct value *values)
{
	const char *compression = kafka_compression_name(f->compression);

	if (!f->has_records)
		return;
	values[KAFKA_COLUMN_RECORDS] = value_int((int64_t)f->records);
	values[KAFKA_COLUMN_RECORD_BYTES] = value_int((int64_t)f->record_bytes);
	if (f->records && compression)
		values[KAFKA_COLUMN_COMPRESSION] = value_word(span_text(compression));
}

static void fill_error(struct exchange *x, struct buffer *text, struct value *values)
{
	const struct kafka_facts *f = &x->facts;
	const char *name = kafka_error_name(f->error_code);

	if (x->answered)
		values[KAFKA_COLUMN_ERROR_CODE] = value_int(f->error_code);
	if (!f->error_code)
		return;
	if (name)
		buffer_append_text(text, name);
	if (f->error_text.len) {
		buffer_append_text(text, name ? ": " : "");
		buffer_append_span(text, f->error_text);
	}
	values[KAFKA_COLUMN_ERROR] = value_text_if(buffer_span(text));
}

static void fill_facts(struct exchange *x, struct value *values)
{
	const struct kafka_facts *f = &x->facts;

	values[KAFKA_COLUMN_GROUP_ID] = value_text_if(f->group);
	values[KAFKA_COLUMN_MEMBER_ID] = value_text_if(f->member);
	values[KAFKA_COLUMN_TRANSACTIONAL_ID] = value_text_if(f->transaction);
	if (f->has_generation)
		values[KAFKA_COLUMN_GENERATION] = value_int(f->generation);
	if (f->has_acks)
		values[KAFKA_COLUMN_ACKS] = value_int(f->acks);
	if (f->has_throttle)
		values[KAFKA_COLUMN_THROTTLE_NS] = value_int(f->throttle_ms * 1000000);
	values[KAFKA_COLUMN_TOPICS] = list_value(&x->st->topics, ']');
	values[KAFKA_COLUMN_PARTITIONS] = list_value(&x->st->partitions, ']');
	values[KAFKA_COLUMN_OFFSETS] = list_value(&x->st->offsets, '}');
	values[KAFKA_COLUMN_END_OFFSETS] = list_value(&x->st->end_offsets, '}');
	if (f->replica >= 0)
		values[KAFKA_COLUMN_REPLICA] = value_int(f->replica);
	fill_records(f, values);
}

static void fill_notes(struct exchange *x)
{
	if (x->json_cut)
		note_append(&x->st->note, "not all of its fields are shown");
	if (x->facts.cut)
		note_append(&x->st->note, "a batch of records is not whole");
	if (x->facts.too_many)
		note_append(&x->st->note, "not all of its records are shown");
	if (x->facts.damaged)
		note_append(&x->st->note, "a batch of records is damaged");
	if (x->facts.crc_wrong)
		note_append(&x->st->note, "a batch's checksum is wrong");
	if (x->facts.inferred)
		note_append(&x->st->note, "a topic's name is inferred from another connection");
	if (x->facts.unresolved)
		note_append(&x->st->note, session_unresolved(x->st->session));
}

static void begin_lists(struct kafka_state *st)
{
	buffer_clear(&st->request_json);
	buffer_clear(&st->response_json);
	buffer_clear(&st->topics);
	buffer_clear(&st->partitions);
	buffer_clear(&st->offsets);
	buffer_clear(&st->end_offsets);
	kafka_places_clear(&st->ends);
	kafka_places_clear(&st->offsets_of);
	buffer_clear(&st->sets);
	buffer_clear(&st->aborted);
	buffer_clear(&st->acquired);
	buffer_clear(&st->note);
	buffer_append_char(&st->topics, '[');
	buffer_append_char(&st->partitions, '[');
	buffer_append_char(&st->offsets, '{');
	buffer_append_char(&st->end_offsets, '{');
}

void kafka_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct kafka_state *st = context;
	struct exchange x = {.st = st, .facts = kafka_facts_of(st)};
	struct value values[KAFKA_COLUMN_COUNT] = {0};
	struct record record = {.table = &kafka_table, .values = values};
	const struct message *any;
	struct buffer error = {0};

	/* A request that gets no answer comes as a message that stands alone. */
	if (response && !request && ((struct kafka_message *)response)->api >= 0) {
		request = response;
		response = NULL;
	}
	any = request ? request : response;
	x.asked = (const struct kafka_message *)request;
	x.answered = (const struct kafka_message *)response;
	begin_lists(st);
	if (x.asked)
		read_request(&x);
	if (x.answered)
		read_response(&x);
	if (x.asked)
		fill_request(&x, values);
	fill_facts(&x, values);
	fill_error(&x, &error, values);
	fill_notes(&x);
	values[KAFKA_COLUMN_CORRELATION_ID] = value_int(any ? (int32_t)any->key : 0);
	if (x.answered) {
		values[KAFKA_COLUMN_RESP_BYTES] = value_int((int64_t)x.answered->len);
		values[KAFKA_COLUMN_RESPONSE] = value_json_if(&st->response_json);
	}
	matcher_record(request, response, lost, x.facts.error_code != 0, &record);
	if (x.asked && !x.answered && x.facts.has_acks && x.facts.acks == 0 &&
	    record.outcome == OUTCOME_UNANSWERED)
		record.outcome = OUTCOME_OK;
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	if (session_wants_rows(st->session, &kafka_messages_table))
		kafka_message_rows(st, &x.header, &x.facts, &record);
	buffer_free(&error);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define KAFKA_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	KAFKA_COLUMNS(KAFKA_COLUMN_ROW)
#undef KAFKA_COLUMN_ROW
};

/* The first of a list, and how many there are. */
static void append_list(struct buffer *out, const struct value *list)
{
	const char *at, *end;
	size_t more = 0;

	if (list->type != VALUE_JSON || list->text.len < 4)
		return;
	at = list->text.data + 2;
	end = memchr(at, '"', list->text.len - 2);
	if (!end)
		return;
	buffer_append_char(out, ' ');
	buffer_append(out, at, (size_t)(end - at));
	for (const char *from = end; from < list->text.data + list->text.len; from++)
		more += *from == ',' && from[1] == '"';
	if (more)
		buffer_printf(out, " +%zu", more);
}

/* "Produce v9 orders-0 3 records 1.2KB", "Fetch v13 orders-1 ...", "JoinGroup v9 group shop". */
static void describe(const struct value *values, struct buffer *out)
{
	const struct value *partitions = &values[KAFKA_COLUMN_PARTITIONS];

	if (values[KAFKA_COLUMN_API].type == VALUE_WORD)
		buffer_append_span(out, values[KAFKA_COLUMN_API].text);
	else
		buffer_append_text(out, "(no request)");
	if (values[KAFKA_COLUMN_VERSION].type == VALUE_INT)
		buffer_printf(out, " v%lld", (long long)values[KAFKA_COLUMN_VERSION].integer);
	append_list(out,
		    partitions->type == VALUE_JSON ? partitions : &values[KAFKA_COLUMN_TOPICS]);
	if (values[KAFKA_COLUMN_GROUP_ID].type == VALUE_TEXT) {
		buffer_append_text(out, " group ");
		buffer_append_span(out, values[KAFKA_COLUMN_GROUP_ID].text);
	}
	if (values[KAFKA_COLUMN_RECORDS].type == VALUE_INT) {
		buffer_printf(out, " %lld records ",
			      (long long)values[KAFKA_COLUMN_RECORDS].integer);
		size_append(out, values[KAFKA_COLUMN_RECORD_BYTES].integer);
	}
	if (values[KAFKA_COLUMN_ERROR].type == VALUE_TEXT) {
		buffer_append_char(out, ' ');
		buffer_append_span(out, values[KAFKA_COLUMN_ERROR].text);
	}
}

const struct table kafka_table = {
	.name = "kafka",
	.summary = "Kafka requests with their responses",
	.columns = columns,
	.column_count = KAFKA_COLUMN_COUNT,
	.describe = describe,
};
