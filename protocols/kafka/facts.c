/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/facts.h"

#include "protocols/value/json.h"

/* Longer lists end here; all of it stands in request and response. */
#define LIST_MAX (64u << 10)

/* Partitions with records in one exchange, and what is told of them. */
#define SETS_MAX (64u << 10)
#define RUNS_MAX (256u << 10)

/* ---- topics ---- */

/* The name that belongs to an id, or the id as text. */
static struct span name_of(struct kafka_facts *f, struct span id)
{
	struct span name;
	enum kafka_naming naming = kafka_topic_name(f->st->session, id, f->uuid, &name);

	f->inferred |= naming == KAFKA_NAME_INFERRED;
	f->unresolved |= naming == KAFKA_NAME_UNKNOWN;
	return name;
}

/* Whether a list has an element already, as it stands in JSON. */
static bool has_element(const struct buffer *list, size_t at)
{
	size_t len = list->len - at;

	/* Mostly it is the only one, or was the last one. */
	if (at > len && memcmp(list->data + at - len - 1, list->data + at, len) == 0 &&
	    list->data[at - 1] == ',')
		return true;
	for (const char *from = list->data; from; from++) {
		size_t left = (size_t)(list->data + at - from);

		from = memmem(from, left, list->data + at, len);
		if (!from)
			return false;
		if (from[len] == ',' || from[len] == ']')
			return true;
	}
	return false;
}

/* Takes the last element away again, if the list has it already. */
static void dedupe(struct buffer *list, size_t at)
{
	if (!list->failed && list->len > at && at > 1 && has_element(list, at))
		list->len = at;
	else
		buffer_append_char(list, ',');
}

static void take_topic(struct kafka_facts *f, struct span name)
{
	struct buffer *list = &f->st->topics;
	size_t at = list->len;

	f->topic = name;
	if (at > LIST_MAX)
		return;
	json_append_string(list, name);
	dedupe(list, at);
}

static void take_topic_name(struct kafka_facts *f, const struct kafka_value *v)
{
	struct span id = f->at.id;

	if (!kafka_at_value(&f->at, v) || v->is_null || !v->bytes.len)
		return;
	if (id.len)
		kafka_topic_learn(f->st->session, id, v->bytes);
	f->at.id = (struct span){0};
	f->named = true;
	if (span_equal(v->bytes, f->listed))
		f->topic = v->bytes;
	else
		take_topic(f, v->bytes);
	f->listed = v->bytes;
}

static void take_topic_id(struct kafka_facts *f, const struct kafka_value *v)
{
	f->at.id = (struct span){0};
	if (!kafka_at_value(&f->at, v) || !f->at.id.len)
		return;
	if (f->topic.len) {
		kafka_topic_learn(f->st->session, v->bytes, f->topic);
		return;
	}
	f->named = false;
	take_topic(f, name_of(f, v->bytes));
}

/* ---- partitions ---- */

static void append_partition(struct kafka_facts *f, struct buffer *out)
{
	char *to;

	json_append_string(out, f->topic);
	to = buffer_reserve(out, JSON_VALUE_ROOM + 1);
	if (!to)
		return;
	to[-1] = '-'; /* where the quote was */
	to = json_put_integer(to, f->at.partition);
	*to++ = '"';
	out->len = (size_t)(to - out->data);
}

static bool is_listed(const struct kafka_facts *f, int64_t partition)
{
	return f->named && partition == f->listed_partition && span_equal(f->topic, f->listed_in);
}

static void take_partition(struct kafka_facts *f, int64_t partition)
{
	struct buffer *list = &f->st->partitions;
	size_t at = list->len;

	f->at.partition = partition;
	if (!f->topic.len || at > LIST_MAX || is_listed(f, partition))
		return;
	append_partition(f, list);
	dedupe(list, at);
	f->listed_partition = partition;
	f->listed_in = f->named ? f->topic : (struct span){0};
}

/* To a list of offsets by partition. */
static void append_offset(struct kafka_facts *f, struct buffer *out, int64_t offset)
{
	if (!f->topic.len || offset < 0 || out->len > LIST_MAX)
		return;
	append_partition(f, out);
	buffer_append_char(out, ':');
	buffer_append_i64(out, offset);
	buffer_append_char(out, ',');
}

static void take_end(struct kafka_facts *f, int64_t end)
{
	if (f->is_response && f->st->shows_ends)
		append_offset(f, &f->st->end_offsets, end);
}

static void take_offset(struct kafka_facts *f, int64_t offset)
{
	int64_t more;

	append_offset(f, &f->st->offsets, offset);
	if (f->api == (f->is_response ? KAFKA_API_PRODUCE : KAFKA_API_FETCH))
		kafka_places_add(&f->st->offsets_of, kafka_at_topic(&f->at), f->at.partition,
				 offset);
	if (f->is_response && offset >= 0 && f->st->shows_ends &&
	    kafka_places_find(&f->st->ends, kafka_at_topic(&f->at), f->at.partition, &more))
		take_end(f, (int64_t)((uint64_t)offset + (uint64_t)more));
}

/* Of ListOffsets: -1 asks for the offset of the next record. */
static void take_timestamp(struct kafka_facts *f, int64_t timestamp)
{
	if (!f->is_response && f->api == KAFKA_API_LIST_OFFSETS && timestamp == -1 &&
	    !f->committed_only)
		kafka_places_add(&f->st->ends, kafka_at_topic(&f->at), f->at.partition, 0);
}

/* ---- records ---- */

static uint32_t count_of(const struct buffer *list, size_t size)
{
	return (uint32_t)(list->len / size);
}

static void keep_set(struct kafka_facts *f, struct span records, bool cut)
{
	struct kafka_state *st = f->st;
	const struct kafka_set set = {
		.at = f->at,
		.records = records,
		.cut = cut,
		.aborted_from = f->aborted_from,
		.aborted_to = count_of(&st->aborted, sizeof(struct kafka_aborted)),
		.acquired_from = count_of(&st->acquired, sizeof(struct kafka_run)),
		.acquired_to = count_of(&st->acquired, sizeof(struct kafka_run)),
	};

	if (!records.len)
		return;
	f->has_set = st->sets.len < SETS_MAX * sizeof(set);
	if (f->has_set)
		buffer_append(&st->sets, &set, sizeof(set));
	else
		f->too_many = true;
}

static void take_records(struct kafka_facts *f, struct span set, bool cut)
{
	struct kafka_records records = {
		.codecs = &f->st->codecs,
		.scratch = &f->st->scratch,
		.scratch_max = KAFKA_SCRATCH_MAX,
		.incomplete = cut,
	};

	kafka_records_read(&records, set);
	kafka_scratch_done(f->st);
	f->has_records = true;
	if (!f->records)
		f->compression = records.compression;
	f->records += records.count;
	f->record_bytes += set.len;
	f->cut |= records.cut && !records.batches && !cut;
	f->damaged |= records.damaged;
	f->crc_wrong |= records.crc_wrong;
	keep_set(f, set, cut);
	if (f->api == KAFKA_API_PRODUCE && f->st->shows_ends && records.count && !records.damaged &&
	    !records.capped)
		kafka_places_add(&f->st->ends, kafka_at_topic(&f->at), f->at.partition,
				 (int64_t)records.count);
}

/* What is told of a partition stands before its records, or behind them. */
static void take_first(struct kafka_facts *f, int64_t first)
{
	const struct kafka_aborted aborted = {.producer = f->producer, .first = first};

	f->first = first;
	if (f->is_response && f->api == KAFKA_API_FETCH &&
	    f->st->aborted.len < RUNS_MAX * sizeof(aborted))
		buffer_append(&f->st->aborted, &aborted, sizeof(aborted));
}

static void take_last(struct kafka_facts *f, int64_t last)
{
	const struct kafka_run run = {f->first, last};

	if (f->is_response && f->api == KAFKA_API_SHARE_FETCH &&
	    f->st->acquired.len < RUNS_MAX * sizeof(run))
		buffer_append(&f->st->acquired, &run, sizeof(run));
}

static void take_error(struct kafka_facts *f, int64_t code)
{
	if (!f->error_code)
		f->error_code = (int)code;
}

static void keep_first(struct span *kept, const struct kafka_value *v)
{
	if (!kept->len && !v->is_null)
		*kept = v->bytes;
}

void kafka_facts_value(struct kafka_facts *f, const struct kafka_value *v)
{
	switch ((enum kafka_role)v->field->role) {
	case KAFKA_ROLE_TOPIC:
		take_topic_name(f, v);
		break;
	case KAFKA_ROLE_TOPIC_ID:
		take_topic_id(f, v);
		break;
	case KAFKA_ROLE_PARTITION:
		take_partition(f, v->integer);
		break;
	case KAFKA_ROLE_OFFSET:
		take_offset(f, v->integer);
		break;
	case KAFKA_ROLE_END:
		take_end(f, v->integer);
		break;
	case KAFKA_ROLE_TIMESTAMP:
		take_timestamp(f, v->integer);
		break;
	case KAFKA_ROLE_PRODUCER:
		f->producer = v->integer;
		break;
	case KAFKA_ROLE_FIRST:
		take_first(f, v->integer);
		break;
	case KAFKA_ROLE_LAST:
		take_last(f, v->integer);
		break;
	case KAFKA_ROLE_REPLICA:
		f->replica = v->integer;
		break;
	case KAFKA_ROLE_ISOLATION:
		f->committed_only = v->integer != 0;
		break;
	case KAFKA_ROLE_GROUP:
		keep_first(&f->group, v);
		break;
	case KAFKA_ROLE_MEMBER:
		keep_first(&f->member, v);
		break;
	case KAFKA_ROLE_TRANSACTION:
		keep_first(&f->transaction, v);
		break;
	case KAFKA_ROLE_GENERATION:
		if (!f->has_generation)
			f->generation = v->integer;
		f->has_generation = true;
		break;
	case KAFKA_ROLE_ERROR:
		take_error(f, v->integer);
		break;
	case KAFKA_ROLE_ERROR_TEXT:
		if (f->error_code)
			keep_first(&f->error_text, v);
		break;
	case KAFKA_ROLE_ACKS:
		f->has_acks = true;
		f->acks = v->integer;
		break;
	case KAFKA_ROLE_THROTTLE:
		f->has_throttle = true;
		f->throttle_ms = v->integer;
		break;
	case KAFKA_ROLE_RECORDS:
		if (!v->is_null)
			take_records(f, v->bytes, v->cut);
		break;
	default:
		break;
	}
}

void kafka_facts_enter(struct kafka_facts *f, const struct kafka_field *field)
{
	if (kafka_at_enter(&f->at, field))
		f->topic = (struct span){0};
}

/* The lists of the partition end with it. */
void kafka_facts_leave(struct kafka_facts *f, const struct kafka_field *field)
{
	struct kafka_set *last;

	if (field->child < 0 || !kafka_structs[field->child].has_records)
		return;
	if (f->has_set && !f->st->sets.failed) {
		last = (struct kafka_set *)(f->st->sets.data + f->st->sets.len) - 1;
		last->acquired_to = count_of(&f->st->acquired, sizeof(struct kafka_run));
	}
	f->has_set = false;
	f->aborted_from = count_of(&f->st->aborted, sizeof(struct kafka_aborted));
}

struct kafka_facts kafka_facts_of(struct kafka_state *st)
{
	return (struct kafka_facts){.st = st, .api = -1, .replica = -1};
}
