/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_TOPIC_H
#define SOCKTAPE_PROTOCOLS_KAFKA_TOPIC_H

#include "protocols/kafka/reader.h"
#include "protocols/protocol.h"

/* Which topic and partition a message is at, while it is read. Spans are borrowed from it. */
struct kafka_at {
	struct span name, id; /* empty: not told */
	int64_t partition;
};

/* A structure begins. True: it is of another topic, and the old one is forgotten. */
bool kafka_at_enter(struct kafka_at *at, const struct kafka_field *field);

/* True: VALUE is part of the place. */
bool kafka_at_value(struct kafka_at *at, const struct kafka_value *value);

/* What both halves of an exchange call the topic: its id, or its name. */
struct span kafka_at_topic(const struct kafka_at *at);

/* NAME is what topic ID is called. */
void kafka_topic_learn(struct session *s, struct span id, struct span name);

/* As a topic's name was found. */
enum kafka_naming {
	KAFKA_NAME_OWN,
	KAFKA_NAME_INFERRED, /* another connection told */
	KAFKA_NAME_UNKNOWN   /* it is the id as text */
};

/* The name that belongs to ID, or ID as text, in UUID. Borrowed until the next call. */
enum kafka_naming kafka_topic_name(struct session *s, struct span id, char uuid[static 23],
				   struct span *name);

#endif
