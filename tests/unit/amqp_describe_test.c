/* SPDX-License-Identifier: BSD-2-Clause */
/* One line for a person out of a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp/state.h"

struct cell {
	enum amqp_column column;
	struct value value;
};

#define TEXT(id, text)                                                                             \
	{                                                                                          \
		AMQP_COLUMN_##id, value_text(span_text(text))                                      \
	}
#define NUMBER(id, number)                                                                         \
	{                                                                                          \
		AMQP_COLUMN_##id, value_int(number)                                                \
	}

static void expect(const struct cell *cells, size_t count, const char *line)
{
	struct value values[AMQP_COLUMN_COUNT] = {0};
	struct buffer out = {0};

	for (size_t i = 0; i < count; i++)
		values[cells[i].column] = cells[i].value;
	amqp_table.describe(values, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, line);
	buffer_free(&out);
}

#define EXPECT(line, ...)                                                                          \
	do {                                                                                       \
		const struct cell cells[] = {__VA_ARGS__};                                         \
		expect(cells, sizeof(cells) / sizeof(cells[0]), line);                             \
	} while (0)

static void methods(void **state)
{
	(void)state;
	EXPECT("queue.declare mail -> queue.declare-ok 3 messages", TEXT(CLASS, "queue"),
	       TEXT(METHOD, "declare"), TEXT(QUEUE, "mail"), TEXT(REPLY, "queue.declare-ok"),
	       NUMBER(MESSAGES, 3));
	EXPECT("queue.purge mail -> queue.purge-ok 1 message", TEXT(CLASS, "queue"),
	       TEXT(METHOD, "purge"), TEXT(QUEUE, "mail"), TEXT(REPLY, "queue.purge-ok"),
	       NUMBER(MESSAGES, 1));
	EXPECT("heartbeat", TEXT(METHOD, "heartbeat"));
}

static void messages(void **state)
{
	(void)state;
	EXPECT("basic.publish events order.1 #7 12B -> basic.ack", TEXT(CLASS, "basic"),
	       TEXT(METHOD, "publish"), TEXT(EXCHANGE, "events"), TEXT(ROUTING_KEY, "order.1"),
	       NUMBER(DELIVERY_TAG, 7), NUMBER(BODY_BYTES, 12), TEXT(REPLY, "basic.ack"));
	/* The default exchange has no name to show. */
	EXPECT("basic.publish order.1 0B", TEXT(CLASS, "basic"), TEXT(METHOD, "publish"),
	       TEXT(EXCHANGE, ""), TEXT(ROUTING_KEY, "order.1"), NUMBER(BODY_BYTES, 0));
	EXPECT("basic.ack #7", TEXT(CLASS, "basic"), TEXT(METHOD, "ack"), NUMBER(DELIVERY_TAG, 7));
}

static void refusals(void **state)
{
	(void)state;
	EXPECT("queue.declare no.such -> channel.close 404 NOT_FOUND - no queue",
	       TEXT(CLASS, "queue"), TEXT(METHOD, "declare"), TEXT(QUEUE, "no.such"),
	       TEXT(REPLY, "channel.close"), NUMBER(REPLY_CODE, 404),
	       TEXT(REPLY_TEXT, "NOT_FOUND - no queue"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods),
		cmocka_unit_test(messages),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests_name("amqp_describe", tests, NULL, NULL);
}
