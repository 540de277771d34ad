/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/message_rows.h"

#include "protocols/kafka/facts.h"
#include "protocols/value/fitting.h"
#include "protocols/value/json.h"

#define HEADERS_MAX 256

/* Of transactions that were aborted, so many are known of a partition; more are taken for
 * committed. */
#define ABORTED_MAX 256

struct rows {
	struct kafka_state *st;
	const struct kafka_facts *facts; /* of the exchange */
	const struct kafka_request_header *header;
	const struct record *exchange;
	bool produced;

	/* of the partition that is read */
	const struct kafka_set *set;
	uint32_t acquired_at;
	struct span topic;
	char uuid[23];
	bool has_number;
	int64_t number; /* produced: of the first record; fetched: which was asked for */
};

/* ---- what is not for the application ---- */

/* Behind two bytes of version: 0 aborts (KIP-98). */
static bool is_abort_marker(const struct kafka_record *k)
{
	struct cursor c = cursor_of(k->key.data, k->key.len);

	cursor_skip(&c, 2);
	return k->control && cursor_be16(&c) == 0 && !c.failed;
}

static bool is_aborted(struct rows *r, const struct kafka_record *k)
{
	struct kafka_aborted *list = (struct kafka_aborted *)r->st->aborted.data;

	for (uint32_t i = r->set->aborted_from;
	     i < r->set->aborted_to && i - r->set->aborted_from < ABORTED_MAX; i++) {
		struct kafka_aborted *a = &list[i];

		if (a->ended || a->producer != k->producer_id || a->first > k->offset)
			continue;
		a->ended = is_abort_marker(k);
		return k->transactional && !k->control;
	}
	return false;
}

/* Share groups give each record to one of their members; runs and records are in order. */
static bool is_acquired(struct rows *r, int64_t offset)
{
	const struct kafka_run *runs = (const struct kafka_run *)r->st->acquired.data;

	while (r->acquired_at < r->set->acquired_to && runs[r->acquired_at].last < offset)
		r->acquired_at++;
	return r->acquired_at < r->set->acquired_to && runs[r->acquired_at].first <= offset;
}

static bool is_skipped(struct rows *r, const struct kafka_record *k)
{
	bool aborted = is_aborted(r, k);

	if (r->header->api == KAFKA_API_SHARE_FETCH)
		return !is_acquired(r, k->offset);
	return aborted || (r->has_number && k->offset < r->number);
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
	if (!count) {
		buffer_append_text(out, "{}");
		return;
	}
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

static struct value kept(const struct kafka_state *st, size_t column, bool there, struct span bytes)
{
	size_t keep = session_keep_of(st->session, &kafka_messages_table, column);
	struct value v = value_text(span_of(bytes.data, bytes.len < keep ? bytes.len : keep));

	if (!there)
		v.type = VALUE_NULL;
	return v;
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

static void fill_place(const struct rows *r, struct value *values)
{
	values[KAFKA_MESSAGES_COLUMN_TOPIC] = value_text(r->topic);
	values[KAFKA_MESSAGES_COLUMN_PARTITION] = value_int(r->set->at.partition);
}

static void fill_offset(const struct rows *r, const struct kafka_record *k, struct value *values)
{
	if (!r->produced)
		values[KAFKA_MESSAGES_COLUMN_OFFSET] = value_int(k->offset);
	else if (r->has_number && r->number >= 0)
		values[KAFKA_MESSAGES_COLUMN_OFFSET] = value_int(
			(int64_t)((uint64_t)r->number + (uint64_t)k->offset));
}

static void fill_who(struct rows *r, struct value *values)
{
	bool replicated = !r->produced && r->facts->replica >= 0;

	values[KAFKA_MESSAGES_COLUMN_DIRECTION] = value_word(span_text(r->produced  ? "produced"
								       : replicated ? "replicated"
										    : "fetched"));
	if (r->header->has_client_id)
		values[KAFKA_MESSAGES_COLUMN_CLIENT_ID] = value_text(r->header->client_id);
	values[KAFKA_MESSAGES_COLUMN_GROUP_ID] = value_text_if(r->facts->group);
}

static bool emit_record(void *context, const struct kafka_record *k)
{
	struct rows *r = context;
	struct value values[KAFKA_MESSAGES_COLUMN_COUNT] = {0};
	struct record record = *r->exchange;
	const char *compression = kafka_compression_name(k->compression);

	fill_who(r, values);
	fill_place(r, values);
	fill_offset(r, k, values);
	if (!r->produced)
		values[KAFKA_MESSAGES_COLUMN_SKIPPED] = value_bool(is_skipped(r, k));
	if (k->timestamp != KAFKA_TIME_UNKNOWN)
		values[KAFKA_MESSAGES_COLUMN_TIMESTAMP] = value_int(k->timestamp);
	values[KAFKA_MESSAGES_COLUMN_KEY] = kept(r->st, KAFKA_MESSAGES_COLUMN_KEY, k->has_key,
						 k->key);
	values[KAFKA_MESSAGES_COLUMN_VALUE] = kept(r->st, KAFKA_MESSAGES_COLUMN_VALUE, k->has_value,
						   k->value);
	values[KAFKA_MESSAGES_COLUMN_VALUE_BYTES] = value_int((int64_t)k->value.len);
	if (k->magic == 2) {
		write_headers(k, &r->st->headers);
		values[KAFKA_MESSAGES_COLUMN_HEADERS] = value_json(buffer_span(&r->st->headers));
	}
	if (compression)
		values[KAFKA_MESSAGES_COLUMN_COMPRESSION] = value_word(span_text(compression));
	fill_producer(k, values);
	values[KAFKA_MESSAGES_COLUMN_TRANSACTIONAL] = value_bool(k->transactional);
	values[KAFKA_MESSAGES_COLUMN_CONTROL] = value_bool(k->control);
	values[KAFKA_MESSAGES_COLUMN_MAGIC] = value_int(k->magic);
	/* The exchange's error is that of another partition. */
	if (record.outcome == OUTCOME_ERROR &&
	    values[KAFKA_MESSAGES_COLUMN_OFFSET].type == VALUE_INT)
		record.outcome = OUTCOME_OK;
	record.table = &kafka_messages_table;
	record.values = values;
	session_emit(r->st->session, &record);
	return true;
}

/* Instead of those that could not be read: what their rows would not tell. */
static void emit_unread(struct rows *r, const struct kafka_records *records)
{
	struct value values[KAFKA_MESSAGES_COLUMN_COUNT] = {0};
	struct record record = *r->exchange;
	const char *compression = kafka_compression_name(records->compression);

	fill_who(r, values);
	fill_place(r, values);
	if (compression)
		values[KAFKA_MESSAGES_COLUMN_COMPRESSION] = value_word(span_text(compression));
	record.table = &kafka_messages_table;
	record.values = values;
	record.outcome = OUTCOME_PARTIAL;
	record.note = span_text(records->damaged
					? "records that can't be read: their batch is damaged"
					: "records that are not shown: their batch is too large");
	session_emit(r->st->session, &record);
}

/* ---- one partition ---- */

static void give_set(struct rows *r, const struct kafka_set *set)
{
	struct kafka_records records = {
		.codecs = &r->st->codecs,
		.scratch = &r->st->scratch,
		.scratch_max = KAFKA_SCRATCH_MAX,
		.incomplete = set->cut,
		.record = emit_record,
		.context = r,
	};

	r->set = set;
	r->acquired_at = set->acquired_from;
	r->topic = set->at.name;
	if (!r->topic.len && set->at.id.len)
		kafka_topic_name(r->st->session, set->at.id, r->uuid, &r->topic);
	r->has_number = kafka_places_find(&r->st->offsets_of, kafka_at_topic(&set->at),
					  set->at.partition, &r->number);
	kafka_records_read(&records, set->records);
	if (records.damaged || records.capped)
		emit_unread(r, &records);
}

void kafka_message_rows(struct kafka_state *st, const struct kafka_request_header *header,
			const struct kafka_facts *facts, const struct record *exchange)
{
	const struct kafka_set *sets = (const struct kafka_set *)st->sets.data;
	struct rows r = {
		.st = st,
		.facts = facts,
		.header = header,
		.exchange = exchange,
		.produced = header->api == KAFKA_API_PRODUCE,
	};

	for (size_t i = 0; i < st->sets.len / sizeof(*sets); i++)
		give_set(&r, &sets[i]);
	kafka_scratch_done(st);
	if (st->headers.capacity > 64u << 10)
		buffer_free(&st->headers);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define KAFKA_MESSAGES_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	KAFKA_MESSAGES_COLUMNS(KAFKA_MESSAGES_COLUMN_ROW)
#undef KAFKA_MESSAGES_COLUMN_ROW
};

/* Characters of a key or a value in a line. */
#define DESCRIBE_MAX 60

static void append_text(struct buffer *out, const struct value *value, const char *null)
{
	if (value->type == VALUE_TEXT)
		append_fitting(out, value->text, out->len + DESCRIBE_MAX);
	else
		buffer_append_text(out, null);
}

/* "produced orders-0@17 key=value". */
static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_span(out, values[KAFKA_MESSAGES_COLUMN_DIRECTION].text);
	buffer_append_char(out, ' ');
	buffer_append_span(out, values[KAFKA_MESSAGES_COLUMN_TOPIC].text);
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
	if (values[KAFKA_MESSAGES_COLUMN_VALUE_BYTES].type == VALUE_INT)
		append_text(out, &values[KAFKA_MESSAGES_COLUMN_VALUE], "(null)");
}

const struct table kafka_messages_table = {
	.name = "kafka_messages",
	.summary = "Kafka records, one row a record produced or fetched",
	.columns = columns,
	.column_count = KAFKA_MESSAGES_COLUMN_COUNT,
	.describe = describe,
};
