/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/facts.h"

#include "protocols/engine/knowledge.h"
#include "protocols/value/json.h"

/* Longer lists end here; all of it stands in request and response. */
#define LIST_MAX (64u << 10)

enum {
	FACT_TOPIC = 1
};

/* ---- topics ---- */

static void learn(struct kafka_facts *f, struct span id, struct span name)
{
	session_learn(f->st->session, &(struct fact){
					      .kind = FACT_TOPIC,
					      .scope = FACT_ANYWHERE,
					      .key = id,
					      .value = name,
				      });
}

/* The name that belongs to an id, or the id as text. */
static struct span name_of(struct kafka_facts *f, struct span id)
{
	struct fact fact = {.kind = FACT_TOPIC, .scope = FACT_ANYWHERE, .key = id};

	switch (session_recall(f->st->session, &fact)) {
	case RECALL_NONE:
		break;
	case RECALL_INFERRED:
		f->inferred = true;
		return fact.value;
	case RECALL_OWN:
		return fact.value;
	}
	f->unresolved = true;
	kafka_uuid_text(id, f->uuid);
	return span_text(f->uuid);
}

static bool is_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i])
			return false;
	return true;
}

/* Whether a list has an element already, as it stands in JSON. */
static bool has_element(const struct buffer *list, size_t at)
{
	size_t len = list->len - at;

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
	if (!list->failed && list->len > at && has_element(list, at))
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
	if (v->is_null || !v->bytes.len)
		return;
	if (f->topic_id.len && !is_zero(f->topic_id))
		learn(f, f->topic_id, v->bytes);
	f->topic_id = (struct span){0};
	take_topic(f, v->bytes);
}

static void take_topic_id(struct kafka_facts *f, const struct kafka_value *v)
{
	if (is_zero(v->bytes))
		return;
	f->topic_id = v->bytes;
	if (f->topic.len)
		learn(f, v->bytes, f->topic);
	else
		take_topic(f, name_of(f, v->bytes));
}

/* ---- partitions ---- */

static void append_partition(struct kafka_facts *f, struct buffer *out)
{
	struct buffer text = {0};

	buffer_append_span(&text, f->topic);
	buffer_append_char(&text, '-');
	buffer_append_i64(&text, f->partition);
	json_append_string(out, buffer_span(&text));
	buffer_free(&text);
}

static void take_partition(struct kafka_facts *f, int64_t partition)
{
	struct buffer *list = &f->st->partitions;
	size_t at = list->len;

	f->partition = partition;
	if (!f->topic.len || at > LIST_MAX)
		return;
	append_partition(f, list);
	dedupe(list, at);
}

static void take_offset(struct kafka_facts *f, int64_t offset)
{
	struct buffer *out = &f->st->offsets;

	if (!f->topic.len || offset < 0 || out->len > LIST_MAX)
		return;
	append_partition(f, out);
	buffer_append_char(out, ':');
	buffer_append_i64(out, offset);
	buffer_append_char(out, ',');
}

/* ---- the rest ---- */

static void take_records(struct kafka_facts *f, struct span set, bool cut)
{
	struct kafka_records records = {.incomplete = cut};

	kafka_records_read(&records, set);
	f->has_records = true;
	if (!f->records)
		f->compression = records.compression;
	f->records += records.count;
	f->record_bytes += set.len;
	f->cut |= records.cut && !records.batches && !cut;
	f->damaged |= records.damaged;
	if (f->set)
		f->set(f, set, cut);
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

static void take_value(void *context, const struct kafka_value *v)
{
	struct kafka_facts *f = context;

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

static void take_array(void *context, const struct kafka_field *field, uint32_t count)
{
	(void)context;
	(void)field;
	(void)count;
}

/* Whether a structure says which topic what is inside it belongs to. */
static bool names_topic(const struct kafka_field *field)
{
	const struct kafka_struct *s = &kafka_structs[field->child];

	for (unsigned i = 0; i < s->count; i++) {
		uint8_t role = kafka_fields[s->first + i].role;

		if (role == KAFKA_ROLE_TOPIC || role == KAFKA_ROLE_TOPIC_ID)
			return true;
	}
	return false;
}

static void take_enter(void *context, const struct kafka_field *field)
{
	struct kafka_facts *f = context;

	if (!names_topic(field))
		return;
	f->topic = f->topic_id = (struct span){0};
}

static void take_leave(void *context, const struct kafka_field *field)
{
	(void)context;
	(void)field;
}

static void take_tag(void *context, uint32_t tag, struct span bytes)
{
	(void)context;
	(void)tag;
	(void)bytes;
}

struct kafka_visitor kafka_facts_visitor(struct kafka_facts *facts)
{
	return (struct kafka_visitor){
		.context = facts,
		.value = take_value,
		.array = take_array,
		.enter = take_enter,
		.leave = take_leave,
		.unknown_tag = take_tag,
	};
}
