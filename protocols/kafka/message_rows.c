/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/message_rows.h"

#include "protocols/kafka/facts.h"
#include "protocols/value/json.h"

/* A record may be decompressed to this in all, beside what the budget allows to keep of it. */
#define SCRATCH_MAX (64u << 20)

#define HEADERS_MAX 256

/* Where the broker put what was produced into a partition. */
struct placed {
	struct span topic;
	int64_t partition;
	int64_t base_offset;
};

struct rows {
	struct kafka_facts facts; /* first: who is told of a set finds the rows by it */
	struct kafka_state *st;
	const struct record *exchange;
	bool produced;
	const struct buffer *placed; /* of struct placed */
	size_t next_placed;
	int64_t base_offset; /* of the set that is read, or -1 */
	struct buffer headers;
};

/* ---- offsets of what was produced ---- */

struct answer {
	struct kafka_visitor facts; /* keeps track of topic and partition */
	struct kafka_facts *at;
	struct buffer *placed;
};

static void take_answer(void *context, const struct kafka_value *v)
{
	struct answer *a = context;
	struct placed p;

	a->facts.value(a->at, v);
	if (v->field->role != KAFKA_ROLE_OFFSET || strcmp(v->field->name, "baseOffset") != 0)
		return;
	p = (struct placed){a->at->topic, a->at->partition, v->integer};
	buffer_append(a->placed, &p, sizeof(p));
}

static void enter_answer(void *context, const struct kafka_field *field)
{
	struct answer *a = context;

	a->facts.enter(a->at, field);
}

static void read_places(struct kafka_state *st, const struct kafka_message *answered,
			const struct kafka_request_header *header, struct buffer *placed)
{
	const struct kafka_schema *schema = kafka_schema_find(KAFKA_KIND_RESPONSE, header->api,
							      header->version);
	struct kafka_facts facts = {.st = st};
	struct answer answer = {kafka_facts_visitor(&facts), &facts, placed};
	struct kafka_visitor visitor = answer.facts;
	struct cursor c = cursor_of(answered->base.text.data, answered->base.text.len);

	if (!schema)
		return;
	visitor.context = &answer;
	visitor.value = take_answer;
	visitor.enter = enter_answer;
	cursor_skip(&c, 4);
	kafka_response_header_skip(&c, header);
	kafka_read(schema, header->version, &c, &visitor);
}

/* Answers come in the order of what was asked, or nearly. */
static int64_t place_of(struct rows *r)
{
	const struct placed *list = (const struct placed *)r->placed->data;
	size_t count = r->placed->len / sizeof(*list);

	for (size_t i = 0; i < count; i++) {
		size_t at = (r->next_placed + i) % count;

		if (list[at].partition != r->facts.partition ||
		    !span_equal(list[at].topic, r->facts.topic))
			continue;
		r->next_placed = at + 1;
		return list[at].base_offset;
	}
	return -1;
}

/* ---- one record ---- */

static bool next_header(struct cursor *c, unsigned *left, struct span *key, struct span *value,
			bool *is_null)
{
	return (*left)-- > 0 && kafka_header_next(c, key, value, is_null);
}

static void append_header_value(struct buffer *out, struct span value, bool is_null)
{
	if (is_null)
		buffer_append_text(out, "null");
	else
		json_append_string(out, value);
}

/* Whether a header before number N has the same key. */
static bool came_before(const struct kafka_record *record, unsigned n, struct span key)
{
	struct cursor c = cursor_of(record->headers.data, record->headers.len);
	struct span other, value;
	bool is_null;

	while (n && next_header(&c, &n, &other, &value, &is_null))
		if (span_equal(other, key))
			return true;
	return false;
}

/* The values of a key from C on, FIRST before them. */
static void append_same(struct buffer *out, struct cursor c, unsigned left, struct span key,
			struct span first, bool first_null)
{
	size_t begin = out->len;
	struct span other, value;
	bool is_null, many = false;

	append_header_value(out, first, first_null);
	while (next_header(&c, &left, &other, &value, &is_null)) {
		if (!span_equal(other, key))
			continue;
		if (!many) {
			struct buffer one = {0};

			buffer_append(&one, out->data + begin, out->len - begin);
			out->len = begin;
			buffer_append_char(out, '[');
			buffer_append_span(out, buffer_span(&one));
			buffer_free(&one);
		}
		many = true;
		buffer_append_char(out, ',');
		append_header_value(out, value, is_null);
	}
	if (many)
		buffer_append_char(out, ']');
}

static void write_headers(const struct kafka_record *record, struct buffer *out)
{
	struct cursor c = cursor_of(record->headers.data, record->headers.len);
	unsigned count = record->header_count < HEADERS_MAX ? record->header_count : HEADERS_MAX;
	unsigned left = count;
	struct span key, value;
	bool is_null, first = true;

	buffer_clear(out);
	buffer_append_char(out, '{');
	while (next_header(&c, &left, &key, &value, &is_null)) {
		if (came_before(record, count - left - 1, key))
			continue;
		if (!first)
			buffer_append_char(out, ',');
		first = false;
		json_append_string(out, key);
		buffer_append_char(out, ':');
		append_same(out, c, left, key, value, is_null);
	}
	buffer_append_char(out, '}');
}

static struct value kept(struct kafka_state *st, bool there, struct span bytes)
{
	size_t keep = session_keep(st->session);

	if (!there)
		return (struct value){0};
	return value_text(span_of(bytes.data, bytes.len < keep ? bytes.len : keep));
}

static void fill_producer(const struct kafka_record *k, struct value *values)
{
	if (k->producer_id >= 0) {
		values[KAFKA_MESSAGES_COLUMN_PRODUCER_ID] = value_int(k->producer_id);
		values[KAFKA_MESSAGES_COLUMN_PRODUCER_EPOCH] = value_int(k->producer_epoch);
	}
	if (k->sequence >= 0)
		values[KAFKA_MESSAGES_COLUMN_SEQUENCE] = value_int(k->sequence);
}

static void fill_place(const struct rows *r, const struct kafka_record *k, struct value *values)
{
	values[KAFKA_MESSAGES_COLUMN_TOPIC] = value_text(r->facts.topic);
	values[KAFKA_MESSAGES_COLUMN_PARTITION] = value_int(r->facts.partition);
	if (!r->produced)
		values[KAFKA_MESSAGES_COLUMN_OFFSET] = value_int(k->offset);
	else if (r->base_offset >= 0)
		values[KAFKA_MESSAGES_COLUMN_OFFSET] = value_int(
			(int64_t)((uint64_t)r->base_offset + (uint64_t)k->offset));
}

static bool emit_record(void *context, const struct kafka_record *k)
{
	struct rows *r = context;
	struct value values[KAFKA_MESSAGES_COLUMN_COUNT] = {0};
	struct record record = *r->exchange;
	const char *compression = kafka_compression_name(k->compression);

	values[KAFKA_MESSAGES_COLUMN_DIRECTION] = value_word(
		span_text(r->produced ? "produced" : "fetched"));
	fill_place(r, k, values);
	if (k->timestamp != KAFKA_TIME_UNKNOWN)
		values[KAFKA_MESSAGES_COLUMN_TIMESTAMP] = value_int(k->timestamp);
	values[KAFKA_MESSAGES_COLUMN_KEY] = kept(r->st, k->has_key, k->key);
	values[KAFKA_MESSAGES_COLUMN_VALUE] = kept(r->st, k->has_value, k->value);
	values[KAFKA_MESSAGES_COLUMN_VALUE_BYTES] = value_int((int64_t)k->value.len);
	if (k->magic == 2) {
		write_headers(k, &r->headers);
		values[KAFKA_MESSAGES_COLUMN_HEADERS] = value_json(buffer_span(&r->headers));
	}
	if (compression)
		values[KAFKA_MESSAGES_COLUMN_COMPRESSION] = value_word(span_text(compression));
	fill_producer(k, values);
	values[KAFKA_MESSAGES_COLUMN_TRANSACTIONAL] = value_bool(k->transactional);
	values[KAFKA_MESSAGES_COLUMN_CONTROL] = value_bool(k->control);
	values[KAFKA_MESSAGES_COLUMN_MAGIC] = value_int(k->magic);
	record.table = &kafka_messages_table;
	record.values = values;
	session_emit(r->st->session, &record);
	return true;
}

static void take_set(struct kafka_facts *facts, struct span set, bool cut)
{
	struct rows *r = (struct rows *)facts;
	struct kafka_records records = {
		.codecs = &r->st->codecs,
		.scratch = &r->st->scratch,
		.scratch_max = SCRATCH_MAX,
		.incomplete = cut,
		.record = emit_record,
		.context = r,
	};

	r->base_offset = r->produced ? place_of(r) : -1;
	kafka_records_read(&records, set);
}

void kafka_message_rows(struct kafka_state *st, const struct kafka_message *asked,
			const struct kafka_message *answered,
			const struct kafka_request_header *header, const struct record *exchange)
{
	bool produced = header->api == KAFKA_API_PRODUCE;
	const struct kafka_message *carrier = produced ? asked : answered;
	const struct kafka_schema *schema = kafka_schema_find(
		produced ? KAFKA_KIND_REQUEST : KAFKA_KIND_RESPONSE, header->api, header->version);
	struct buffer placed = {0};
	struct rows r = {
		.facts = {.st = st, .set = take_set},
		.st = st,
		.exchange = exchange,
		.produced = produced,
		.placed = &placed,
	};
	struct kafka_visitor visitor = kafka_facts_visitor(&r.facts);
	struct kafka_request_header again;
	struct cursor c;

	if (!asked || !carrier || !header->schema || !schema || !r.exchange)
		return;
	if (produced && answered)
		read_places(st, answered, header, &placed);
	c = cursor_of(carrier->base.text.data, carrier->base.text.len);
	if (produced) {
		kafka_request_header_read(&c, &again);
	} else {
		cursor_skip(&c, 4);
		kafka_response_header_skip(&c, header);
	}
	kafka_read(schema, header->version, &c, &visitor);
	buffer_free(&placed);
	buffer_free(&r.headers);
	/* A large batch's memory isn't kept for the next. */
	if (st->scratch.capacity > 1u << 20)
		buffer_free(&st->scratch);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define KAFKA_MESSAGES_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	KAFKA_MESSAGES_COLUMNS(KAFKA_MESSAGES_COLUMN_ROW)
#undef KAFKA_MESSAGES_COLUMN_ROW
};

static void append_text(struct buffer *out, const struct value *value, const char *null)
{
	if (value->type == VALUE_TEXT)
		buffer_append_span(out, value->text);
	else
		buffer_append_text(out, null);
}

/* "produced orders-0@17 key=value". */
static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_span(out, values[KAFKA_MESSAGES_COLUMN_DIRECTION].text);
	buffer_append_char(out, ' ');
	append_text(out, &values[KAFKA_MESSAGES_COLUMN_TOPIC], "?");
	buffer_append_char(out, '-');
	buffer_append_i64(out, values[KAFKA_MESSAGES_COLUMN_PARTITION].integer);
	if (values[KAFKA_MESSAGES_COLUMN_OFFSET].type == VALUE_INT) {
		buffer_append_char(out, '@');
		buffer_append_i64(out, values[KAFKA_MESSAGES_COLUMN_OFFSET].integer);
	}
	buffer_append_char(out, ' ');
	if (values[KAFKA_MESSAGES_COLUMN_CONTROL].boolean) {
		buffer_append_text(out, "(marker of a transaction)");
		return;
	}
	append_text(out, &values[KAFKA_MESSAGES_COLUMN_KEY], "");
	if (values[KAFKA_MESSAGES_COLUMN_KEY].type == VALUE_TEXT)
		buffer_append_char(out, '=');
	append_text(out, &values[KAFKA_MESSAGES_COLUMN_VALUE], "(null)");
}

const struct table kafka_messages_table = {
	.name = "kafka_messages",
	.summary = "Kafka records, one row a record produced or fetched",
	.columns = columns,
	.column_count = KAFKA_MESSAGES_COLUMN_COUNT,
	.describe = describe,
};
