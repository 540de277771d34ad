/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/topic.h"

#include "protocols/engine/knowledge.h"

enum {
	FACT_TOPIC = 1
};

void kafka_topic_learn(struct session *s, struct span id, struct span name)
{
	session_learn(s, &(struct fact){
				 .kind = FACT_TOPIC,
				 .scope = FACT_ANYWHERE,
				 .key = id,
				 .value = name,
			 });
}

enum kafka_naming kafka_topic_name(struct session *s, struct span id, char uuid[static 23],
				   struct span *name)
{
	struct fact fact = {.kind = FACT_TOPIC, .scope = FACT_ANYWHERE, .key = id};
	enum recall recall = session_recall(s, &fact);

	*name = fact.value;
	if (recall != RECALL_NONE)
		return recall == RECALL_OWN ? KAFKA_NAME_OWN : KAFKA_NAME_INFERRED;
	kafka_uuid_text(id, uuid);
	*name = span_text(uuid);
	return KAFKA_NAME_UNKNOWN;
}

static bool is_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i])
			return false;
	return true;
}

bool kafka_at_enter(struct kafka_at *at, const struct kafka_field *field)
{
	if (!kafka_structs[field->child].names_topic)
		return false;
	at->name = at->id = (struct span){0};
	return true;
}

bool kafka_at_value(struct kafka_at *at, const struct kafka_value *value)
{
	switch ((enum kafka_role)value->field->role) {
	case KAFKA_ROLE_TOPIC:
		if (!value->is_null && value->bytes.len)
			at->name = value->bytes;
		return true;
	case KAFKA_ROLE_TOPIC_ID:
		if (!is_zero(value->bytes))
			at->id = value->bytes;
		return true;
	case KAFKA_ROLE_PARTITION:
		at->partition = value->integer;
		return true;
	default:
		return false;
	}
}

struct span kafka_at_topic(const struct kafka_at *at)
{
	return at->id.len ? at->id : at->name;
}
