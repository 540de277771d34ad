/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/http2_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/http2/http2.h"
#include "tests/unit/http_case.h"

void h2_frame(struct h2_build *b, enum http2_type type, unsigned flags, uint32_t stream,
	      struct span payload)
{
	const uint8_t head[HTTP2_HEADER_LEN] = {
		(uint8_t)(payload.len >> 16),
		(uint8_t)(payload.len >> 8),
		(uint8_t)payload.len,
		(uint8_t)type,
		(uint8_t)flags,
		(uint8_t)(stream >> 24),
		(uint8_t)(stream >> 16),
		(uint8_t)(stream >> 8),
		(uint8_t)stream,
	};

	buffer_append(&b->now, head, sizeof(head));
	buffer_append_span(&b->now, payload);
}

static void append_string(struct buffer *out, const char *text, size_t len)
{
	assert_true(len < 127);
	buffer_append_char(out, (char)len);
	buffer_append(out, text, len);
}

void h2_fields(struct buffer *out, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		const char *colon;

		if (*lines == '#') {
			buffer_append_char(out, (char)(0x80 | atoi(lines + 1)));
		} else {
			buffer_append_char(out, *lines == '+' ? 0x40 : 0);
			lines += *lines == '+';
			len = strcspn(lines, "\n");
			colon = strstr(lines + 1, ": ");
			assert_non_null(colon);
			append_string(out, lines, (size_t)(colon - lines));
			append_string(out, colon + 2, len - (size_t)(colon + 2 - lines));
		}
		lines += len + (lines[len] == '\n');
	}
}

void h2_headers(struct h2_build *b, unsigned flags, uint32_t stream, const char *lines)
{
	struct buffer block = {0};

	h2_fields(&block, lines);
	h2_frame(b, HTTP2_HEADERS, flags | HTTP2_FLAG_END_HEADERS, stream, buffer_span(&block));
	buffer_free(&block);
}

void h2_data(struct h2_build *b, unsigned flags, uint32_t stream, const char *text)
{
	h2_frame(b, HTTP2_DATA, flags, stream, span_text(text));
}

void h2_number(struct h2_build *b, enum http2_type type, uint32_t stream, uint32_t number)
{
	const uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
				  (uint8_t)(number >> 8), (uint8_t)number};

	h2_frame(b, type, 0, stream, span_of(bytes, sizeof(bytes)));
}

void h2_send(struct h2_build *b, enum direction direction)
{
	assert_true(b->count < H2_MESSAGES_MAX);
	b->done[b->count] = b->now;
	b->messages[b->count] = (struct feed_message){direction, b->now.data, b->now.len};
	b->count++;
	b->now = (struct buffer){0};
}

void h2_greet(struct h2_build *b)
{
	buffer_append_text(&b->now, HTTP2_PREFACE);
	h2_frame(b, HTTP2_SETTINGS, 0, 0, (struct span){0});
	h2_send(b, DIRECTION_SENT);
	h2_frame(b, HTTP2_SETTINGS, 0, 0, (struct span){0});
	h2_frame(b, HTTP2_SETTINGS, HTTP2_FLAG_ACK, 0, (struct span){0});
	h2_send(b, DIRECTION_RECEIVED);
}

void h2_forget(struct h2_build *b)
{
	for (size_t i = 0; i < b->count; i++)
		buffer_free(&b->done[i]);
	buffer_free(&b->now);
	*b = (struct h2_build){0};
}

void h2_check(struct h2_build *b, const char *const *records)
{
	const struct feed feed = {
		.messages = b->messages,
		.count = b->count,
		.decode_as = b->inferred ? NULL : &protocol_http2,
		.role = ROLE_CLIENT,
		.packs = b->packs,
	};

	feed_check(&feed, NULL);
	http_expect(&feed, records);
	h2_forget(b);
}

void h2_check_loss(struct h2_build *b, size_t lose, size_t from, const char *const *records)
{
	const struct feed feed = {
		.messages = b->messages,
		.count = b->count,
		.decode_as = b->inferred ? NULL : &protocol_http2,
		.role = ROLE_CLIENT,
		.lose = lose,
		.lose_from = from,
	};

	http_expect(&feed, records);
	h2_forget(b);
}
