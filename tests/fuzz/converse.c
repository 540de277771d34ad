/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fuzz/converse.h"

#include <stdlib.h>

/* Passes over a string, number or word. */
static const char *pass_scalar(const char *at, const char *end)
{
	if (at == end || !strchr("\"-0123456789tfn", *at))
		abort();
	if (*at != '"') {
		while (at < end && !strchr(",:]}", *at))
			at++;
		return at;
	}
	for (at++; at < end && *at != '"'; at++) {
		if ((unsigned char)*at < ' ')
			abort();
		at += *at == '\\';
	}
	if (at >= end)
		abort();
	return at + 1;
}

/* Brackets match, and a value stands wherever one must. */
static void check_json(struct span json)
{
	const char *at = json.data, *end = json.data + json.len;
	char open[2 * 32 + 8];
	bool key[sizeof(open)];
	size_t depth = 0;

	for (;;) {
		if (at < end && (*at == '[' || *at == '{')) {
			if (depth == sizeof(open))
				abort();
			open[depth] = *at;
			key[depth++] = *at == '{';
			if (++at < end && *at != ']' && *at != '}')
				continue;
		} else {
			at = pass_scalar(at, end);
		}
		while (depth && at < end && *at == (open[depth - 1] == '[' ? ']' : '}')) {
			if (open[depth - 1] == '{' && key[depth - 1] && at[-1] != '{')
				abort();
			at++;
			depth--;
		}
		if (!depth)
			break;
		if (at == end || *at != (key[depth - 1] ? ':' : ','))
			abort();
		key[depth - 1] = open[depth - 1] == '{' && !key[depth - 1];
		at++;
	}
	if (at != end)
		abort();
}

static void check_record(void *context, struct session *s, const struct record *record)
{
	const struct table *table = record->table;
	struct buffer line = {0};

	(void)context;
	(void)s;
	for (size_t i = 0; i < table->column_count; i++)
		if (record->values[i].type == VALUE_JSON)
			check_json(record->values[i].text);
	table->describe(record->values, &line);
	buffer_free(&line);
}

void converse_with(const struct protocol *decode_as, enum transport transport,
		   struct keylog *keylog, const uint8_t *data, size_t size)
{
	struct budget budget = {.limit = 64 << 20};
	struct session_options options = {
		.transport = transport,
		.decode_as = decode_as,
		.budget = &budget,
		.keylog = keylog,
		.record = check_record,
	};
	struct session *s = session_new(&options);
	uint64_t position[2] = {0};

	for (int64_t ts = 1; s && size > 1; ts += 10000000) {
		enum direction direction = *data & 1 ? DIRECTION_SENT : DIRECTION_RECEIVED;
		bool lost = (*data & 0x0e) == 0x0e;
		size_t len = (size_t)1 << (*data >> 4);
		struct event_data piece = {.conn = 1, .direction = direction};

		data++;
		size--;
		len = len < size ? len : size;
		piece.offset = position[direction];
		piece.len = len;
		piece.payload = span_of(data, len);
		if (!lost)
			session_data(s, &piece, ts);
		position[direction] += len;
		data += len;
		size -= len;
	}
	session_free(s);
	if (budget.used)
		abort();
}

void converse(const struct protocol *protocol, enum transport transport, const uint8_t *data,
	      size_t size)
{
	converse_with(protocol, transport, NULL, data, size);
	converse_with(NULL, transport, NULL, data, size);
}
