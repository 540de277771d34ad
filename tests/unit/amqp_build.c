/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/amqp_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void say(struct talk *t, enum direction direction)
{
	assert_true(t->count < TALK_MAX);
	t->messages[t->count++].direction = direction;
}

void talk_client(struct talk *t)
{
	say(t, DIRECTION_SENT);
}

void talk_server(struct talk *t)
{
	say(t, DIRECTION_RECEIVED);
}

void talk_bytes(struct talk *t, struct span bytes)
{
	assert_true(t->count > 0);
	buffer_append_span(&t->bytes[t->count - 1], bytes);
}

static void be(struct talk *t, uint64_t value, int bytes)
{
	while (bytes--)
		talk_bytes(t, span_of(&(char){(char)(value >> 8 * bytes)}, 1));
}

void talk_frame(struct talk *t, uint8_t type, uint16_t channel, struct span payload)
{
	be(t, type, 1);
	be(t, channel, 2);
	be(t, payload.len, 4);
	talk_bytes(t, payload);
	be(t, 0xce, 1);
}

void talk_method(struct talk *t, uint16_t channel, uint16_t class_id, uint16_t method_id,
		 struct span arguments)
{
	be(t, 1, 1);
	be(t, channel, 2);
	be(t, 4 + arguments.len, 4);
	be(t, class_id, 2);
	be(t, method_id, 2);
	talk_bytes(t, arguments);
	be(t, 0xce, 1);
}

void talk_header(struct talk *t, uint16_t channel, uint64_t body_size)
{
	be(t, 2, 1);
	be(t, channel, 2);
	be(t, 14, 4);
	be(t, 60, 2);
	be(t, 0, 2);
	be(t, body_size, 8);
	be(t, 0, 2);
	be(t, 0xce, 1);
}

void talk_content(struct talk *t, uint16_t channel, struct span body, size_t step)
{
	talk_header(t, channel, body.len);
	while (body.len) {
		size_t n = body.len < step ? body.len : step;

		talk_frame(t, 3, channel, span_of(body.data, n));
		body = span_of(body.data + n, body.len - n);
	}
}

void talk_publish(struct talk *t, uint16_t channel, const char *body)
{
	talk_method(t, channel, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_content(t, channel, span_text(body), 1 << 20);
}

void talk_deliver(struct talk *t, uint16_t channel, uint8_t tag, const char *body)
{
	char arguments[] = "\1c\0\0\0\0\0\0\0\0\0\1x\1k";

	arguments[9] = (char)tag;
	talk_method(t, channel, 60, 60, span_of(arguments, sizeof(arguments) - 1));
	talk_content(t, channel, span_text(body), 1 << 20);
}

void talk_settle(struct talk *t, uint16_t channel, uint16_t method_id, uint8_t tag, uint8_t bits)
{
	char arguments[9] = {0};

	arguments[7] = (char)tag;
	arguments[8] = (char)bits;
	talk_method(t, channel, 60, method_id, span_of(arguments, sizeof(arguments)));
}

void talk_open(struct talk *t, uint16_t channel)
{
	talk_client(t);
	talk_method(t, channel, 20, 10, ARGS("\0"));
	talk_server(t);
	talk_method(t, channel, 20, 11, ARGS("\0\0\0\0"));
}

struct feed talk_feed(struct talk *t)
{
	for (size_t i = 0; i < t->count; i++) {
		assert_false(t->bytes[i].failed);
		t->messages[i].data = t->bytes[i].data;
		t->messages[i].len = t->bytes[i].len;
	}
	return (struct feed){
		.messages = t->messages,
		.count = t->count,
		.role = ROLE_CLIENT,
	};
}

void talk_check(struct talk *t, const char *const *records)
{
	const struct feed feed = talk_feed(t);

	http_expect(&feed, records);
	feed_check(&feed, NULL);
	talk_free(t);
}

void talk_free(struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		buffer_free(&t->bytes[i]);
	*t = (struct talk){0};
}
