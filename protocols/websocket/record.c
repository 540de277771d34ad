/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/size.h"
#include "protocols/websocket/state.h"

static const char *opcode_name(uint8_t opcode)
{
	static const char *const names[] = {
		[WEBSOCKET_CONTINUATION] = "unknown",
		[WEBSOCKET_TEXT] = "text",
		[WEBSOCKET_BINARY] = "binary",
		[WEBSOCKET_CLOSE] = "close",
		[WEBSOCKET_PING] = "ping",
		[WEBSOCKET_PONG] = "pong",
	};

	return names[opcode];
}

static void note(struct buffer *out, const char *text)
{
	if (out->len)
		buffer_append_text(out, "; ");
	buffer_append_text(out, text);
}

/* A code, and why (RFC 6455, section 5.5.1). */
static void fill_close(struct span payload, struct value *values)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint16_t code = cursor_be16(&c);

	if (c.failed)
		return;
	values[WEBSOCKET_COLUMN_CLOSE_CODE] = value_int(code);
	values[WEBSOCKET_COLUMN_CLOSE_REASON] = value_text(cursor_rest(&c));
}

static void fill_upgrade(const struct websocket_state *st, struct value *values)
{
	struct websocket_upgrade upgrade = websocket_upgrade_of(st);

	values[WEBSOCKET_COLUMN_AUTHORITY] = value_text_if(upgrade.authority);
	values[WEBSOCKET_COLUMN_PATH] = value_text_if(upgrade.path);
	if (upgrade.stream_id)
		values[WEBSOCKET_COLUMN_STREAM_ID] = value_int(upgrade.stream_id);
}

/* *GOOD: whether it could be decompressed, where it had to be. */
static struct span payload_of(struct websocket_state *st, enum side side,
			      const struct websocket_message *m, struct value *length, bool *good)
{
	uint64_t len;

	*length = value_int((int64_t)m->len);
	*good = true;
	if (!m->compressed)
		return buffer_span(&m->payload);
	*good = websocket_inflate(st, &st->sides[side], m, &len);
	if (!*good)
		note(&st->note, st->sides[side].inflate_broken
					? "can't be decompressed: it goes on from what was not seen"
					: "compressed data is damaged");
	if (m->cut || len > st->plain.len)
		note(&st->note, "not all of it is kept");
	*length = *good && !m->cut && !m->lost ? value_int((int64_t)len) : (struct value){0};
	return buffer_span(&st->plain);
}

void websocket_emit(struct websocket_state *st, enum side side, const struct websocket_message *m)
{
	struct value values[WEBSOCKET_COLUMN_COUNT] = {0};
	struct record record = {
		.table = &websocket_table,
		.request_first = TIME_UNKNOWN,
		.request_last = TIME_UNKNOWN,
		.response_first = TIME_UNKNOWN,
		.response_last = TIME_UNKNOWN,
		.side = side,
		.position = m->position,
		.values = values,
	};
	struct span payload;
	bool good;

	buffer_clear(&st->note);
	if (m->odd)
		note(&st->note,
		     "a frame of it breaks the protocol's rules: too long or in parts for a "
		     "control frame, masked the wrong way, or its length not in the "
		     "shortest form");
	if (m->lost)
		note(&st->note, "bytes of it were lost");
	if (m->cut && !m->compressed)
		note(&st->note, "not all of it is kept");
	payload = payload_of(st, side, m, &values[WEBSOCKET_COLUMN_LENGTH], &good);
	record.outcome = m->lost || !good ? OUTCOME_PARTIAL : OUTCOME_OK;
	*(side == SIDE_CLIENT ? &record.request_first : &record.response_first) = m->first;
	*(side == SIDE_CLIENT ? &record.request_last : &record.response_last) = m->last;
	values[WEBSOCKET_COLUMN_OPCODE] = value_word(span_text(opcode_name(m->opcode)));
	values[WEBSOCKET_COLUMN_SENDER] = value_word(
		span_text(side == SIDE_CLIENT ? "client" : "server"));
	values[WEBSOCKET_COLUMN_WIRE_LENGTH] = value_int((int64_t)m->len);
	values[WEBSOCKET_COLUMN_FRAGMENTS] = value_int(m->fragments);
	values[WEBSOCKET_COLUMN_COMPRESSED] = value_bool(m->compressed);
	fill_upgrade(st, values);
	if (m->opcode == WEBSOCKET_CLOSE)
		fill_close(payload, values);
	else
		values[WEBSOCKET_COLUMN_PAYLOAD] = value_text(payload);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define WEBSOCKET_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	WEBSOCKET_COLUMNS(WEBSOCKET_COLUMN_ROW)
#undef WEBSOCKET_COLUMN_ROW
};

/* More of a text stands in its column. */
#define SHOWN_MAX 80

/* "-> text {...}", "<- close 1000 bye". */
static void describe(const struct value *values, struct buffer *out)
{
	const struct value *payload = &values[WEBSOCKET_COLUMN_PAYLOAD];

	buffer_append_text(out,
			   span_is(values[WEBSOCKET_COLUMN_SENDER].text, "client") ? "-> " : "<- ");
	buffer_append_span(out, values[WEBSOCKET_COLUMN_OPCODE].text);
	if (values[WEBSOCKET_COLUMN_CLOSE_CODE].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		buffer_append_i64(out, values[WEBSOCKET_COLUMN_CLOSE_CODE].integer);
		buffer_append_char(out, ' ');
		buffer_append_span(out, values[WEBSOCKET_COLUMN_CLOSE_REASON].text);
	} else if (span_is(values[WEBSOCKET_COLUMN_OPCODE].text, "text")) {
		buffer_append_char(out, ' ');
		buffer_append_span(out, span_of(payload->text.data, payload->text.len < SHOWN_MAX
									    ? payload->text.len
									    : SHOWN_MAX));
	} else if (values[WEBSOCKET_COLUMN_LENGTH].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		size_append(out, values[WEBSOCKET_COLUMN_LENGTH].integer);
	}
}

const struct table websocket_table = {
	.name = "websocket",
	.summary = "WebSocket messages, one row a message",
	.columns = columns,
	.column_count = WEBSOCKET_COLUMN_COUNT,
	.describe = describe,
};
