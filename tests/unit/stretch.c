/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/stretch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static struct buffer *now(struct speech *s)
{
	assert_in_range(s->count, 1, SPEECH_MAX);
	return &s->bytes[s->count - 1];
}

static void begin(struct speech *s, enum direction direction)
{
	assert_in_range(s->count, 0, SPEECH_MAX - 1);
	s->messages[s->count++].direction = direction;
}

void speech_client(struct speech *s)
{
	begin(s, DIRECTION_SENT);
}

void speech_server(struct speech *s)
{
	begin(s, DIRECTION_RECEIVED);
}

void speech_put(struct speech *s, const char *format, ...)
{
	char text[512];
	va_list values;
	int len;

	va_start(values, format);
	len = vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	assert_in_range(len, 0, sizeof(text) - 1);
	speech_bytes(s, span_of(text, (size_t)len));
}

void speech_bytes(struct speech *s, struct span bytes)
{
	buffer_append_span(now(s), bytes);
}

void speech_repeat(struct speech *s, const char *text, size_t times)
{
	while (times--)
		buffer_append_text(now(s), text);
}

void speech_be(struct speech *s, uint64_t value, int bytes)
{
	while (bytes--)
		buffer_append_char(now(s), (char)(value >> 8 * bytes));
}

void speech_le(struct speech *s, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_append_char(now(s), (char)(value >> 8 * i));
}

size_t speech_mark(const struct speech *s)
{
	return s->bytes[s->count - 1].len;
}

/* Room of so many bytes at MARK. */
static char *make_room(struct speech *s, size_t mark, int bytes)
{
	struct buffer *b = now(s);
	size_t len = b->len - mark;

	for (int i = 0; i < bytes; i++)
		buffer_append_char(b, 0);
	assert_false(b->failed);
	memmove(b->data + mark + bytes, b->data + mark, len);
	return b->data + mark;
}

void speech_be_before(struct speech *s, size_t mark, int bytes, size_t more)
{
	size_t len = now(s)->len - mark + more;
	char *at = make_room(s, mark, bytes);

	while (bytes--)
		*at++ = (char)((uint64_t)len >> 8 * bytes);
}

void speech_le_before(struct speech *s, size_t mark, int bytes, size_t more)
{
	size_t len = now(s)->len - mark + more;
	char *at = make_room(s, mark, bytes);

	for (int i = 0; i < bytes; i++)
		*at++ = (char)((uint64_t)len >> 8 * i);
}

struct feed speech_feed(struct speech *s, const struct protocol *protocol)
{
	for (size_t i = 0; i < s->count; i++) {
		assert_false(s->bytes[i].failed);
		s->messages[i].data = s->bytes[i].len ? s->bytes[i].data : "";
		s->messages[i].len = s->bytes[i].len;
	}
	return (struct feed){.messages = s->messages,
			     .count = s->count,
			     .decode_as = protocol,
			     .role = ROLE_CLIENT};
}

void speech_free(struct speech *s)
{
	for (size_t i = 0; i < s->count; i++)
		buffer_free(&s->bytes[i]);
	*s = (struct speech){0};
}
