/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp1/amqp1.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocols/engine/matcher.h"

/*
 * AMQP 1.0 (OASIS, part 2, sections 2.2 and 2.3): another protocol than 0-9-1 in all but its name.
 * Its headers are shown, with which both ends agree on a version and a layer; its frames are only
 * passed over.
 */

#define COLUMNS(X)                                                                                 \
	X(LAYER, "layer", "TEXT", "", "amqp, tls or sasl, as the client asks")                     \
	X(VERSION, "version", "TEXT", "", "as the client asks: 1.0.0")                             \
	X(ANSWER, "answer", "TEXT", "", "layer and version of the server's header")

enum column_id {
#define COLUMN_ENUM(id, name, sql, unit, help) COLUMN_##id,
	COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
	COLUMN_COUNT
};

static const struct column columns[] = {
#define COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	COLUMNS(COLUMN_ROW)
#undef COLUMN_ROW
};

static void append(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type == VALUE_NULL)
		return;
	buffer_append_text(out, before);
	buffer_append_span(out, value->text);
}

/* "sasl 1.0.0 -> sasl 1.0.0". */
static void describe(const struct value *values, struct buffer *out)
{
	append(out, "", &values[COLUMN_LAYER]);
	append(out, " ", &values[COLUMN_VERSION]);
	append(out, " -> ", &values[COLUMN_ANSWER]);
}

static const struct table amqp1_table = {
	.name = "amqp1",
	.summary = "AMQP 1.0 headers of both ends; its frames are not parsed",
	.columns = columns,
	.column_count = COLUMN_COUNT,
	.describe = describe,
};

static const struct table *const tables[] = {&amqp1_table, NULL};
static const uint16_t ports[] = {5672, 0};

/* ---- headers ---- */

#define HEADER_LEN 8
#define FRAME_HEAD 8
#define FRAME_MAX  (1u << 30)
#define DOFF_MIN   2 /* of a frame's head, in words of four bytes */
#define TYPE_AMQP  0
#define TYPE_SASL  1

enum kind {
	KIND_HEADER,
	KIND_FRAME
};

/* NULL: there is no such layer. */
static const char *layer_name(uint8_t id)
{
	switch (id) {
	case 0:
		return "amqp";
	case 2:
		return "tls";
	case 3:
		return "sasl";
	default:
		return NULL;
	}
}

static bool is_header(struct span bytes)
{
	return bytes.len >= HEADER_LEN && !memcmp(bytes.data, "AMQP", 4);
}

/* One of version 1.0. */
static bool is_ours(struct span bytes)
{
	return is_header(bytes) && layer_name((uint8_t)bytes.data[4]) &&
	       !memcmp(bytes.data + 5, "\1\0\0", 3);
}

static struct span version_text(struct span header, char to[static 16])
{
	int len = snprintf(to, 16, "%u.%u.%u", (uint8_t)header.data[5], (uint8_t)header.data[6],
			   (uint8_t)header.data[7]);

	return span_of(to, (size_t)len);
}

static void infer(const struct sample *sample, struct verdict *verdict)
{
	for (int d = 0; d < 2; d++) {
		if (!is_ours(sample->bytes[d]))
			continue;
		verdict->score = 98;
		/* Clients begin; where it isn't known who did, nothing is. */
		verdict->role = ROLE_UNKNOWN;
		if (sample->began)
			verdict->role = (int)sample->first == DIRECTION_SENT ? ROLE_CLIENT
									     : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "begins with the header of AMQP 1.0, layer %s",
			 layer_name((uint8_t)sample->bytes[d].data[4]));
		return;
	}
}

/* ---- the connection ---- */

struct amqp1_state {
	struct session *session;
	struct matcher *matcher;
	struct buffer answer;
};

static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct amqp1_state *st = context;
	struct value values[COLUMN_COUNT] = {0};
	struct record record = {.table = &amqp1_table, .values = values};
	struct span asked = request ? buffer_span(&request->text) : (struct span){0};
	struct span answered = response ? buffer_span(&response->text) : (struct span){0};
	char version[16], answer[16];
	const char *layer = asked.len ? layer_name((uint8_t)asked.data[4]) : NULL;
	bool refused = asked.len && answered.len && !span_equal(asked, answered);

	buffer_clear(&st->answer);
	if (asked.len)
		values[COLUMN_VERSION] = value_word(version_text(asked, version));
	if (layer)
		values[COLUMN_LAYER] = value_word(span_text(layer));
	if (answered.len) {
		layer = layer_name((uint8_t)answered.data[4]);
		buffer_append_text(&st->answer, layer ? layer : "?");
		buffer_append_char(&st->answer, ' ');
		buffer_append_span(&st->answer, version_text(answered, answer));
		values[COLUMN_ANSWER] = value_word(buffer_span(&st->answer));
	}
	matcher_record(request, response, lost, refused, &record);
	if (refused)
		record.note = span_text("the server refuses it, and names what it speaks");
	session_emit(st->session, &record);
}

static void close_state(void *state)
{
	struct amqp1_state *st = state;

	matcher_free(st->matcher);
	buffer_free(&st->answer);
	free(st);
}

static void *open_state(struct session *s)
{
	struct amqp1_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .message_len = sizeof(struct message),
					     .emit = emit,
					     .context = st,
				     });
	if (!st->matcher) {
		free(st);
		return NULL;
	}
	return st;
}

static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	struct cursor c = *in;
	uint32_t size = cursor_be32(&c);
	uint8_t doff = cursor_u8(&c), type = cursor_u8(&c);

	(void)state;
	(void)side;
	if (cursor_left(in) < FRAME_HEAD)
		return FRAME_MORE;
	frame->kind = KIND_HEADER;
	frame->len = HEADER_LEN;
	if (is_header(cursor_rest(in)))
		return FRAME_DONE;
	frame->kind = KIND_FRAME;
	frame->len = size;
	frame->in_parts = true;
	return size >= FRAME_HEAD && size <= FRAME_MAX && doff >= DOFF_MIN && doff * 4u <= size &&
			       type <= TYPE_SASL
		       ? FRAME_DONE
		       : FRAME_BAD;
}

/* What is in frames isn't known, so only a header can be found again. */
static bool resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	for (; cursor_left(in) >= HEADER_LEN; cursor_skip(in, 1))
		if (is_ours(cursor_rest(in)))
			return true;
	return false;
}

static void pass_over(void *state, const struct frame *frame)
{
	(void)state;
	(void)frame;
}

static void message(void *state, const struct frame *frame)
{
	struct amqp1_state *st = state;
	struct message *m;

	if (frame->kind != KIND_HEADER || frame->available < HEADER_LEN)
		return;
	m = matcher_message(st->matcher, frame);
	if (!m)
		return;
	buffer_append(&m->text, frame->data, frame->available);
	if (m->text.failed)
		matcher_discard(st->matcher, m);
	else if (frame->side == SIDE_CLIENT)
		matcher_request(st->matcher, m);
	else
		matcher_response(st->matcher, m);
}

static void lost(void *state, enum side side, uint64_t missing)
{
	struct amqp1_state *st = state;

	(void)missing;
	matcher_lost(st->matcher, side);
}

static void finish(void *state)
{
	struct amqp1_state *st = state;

	matcher_finish(st->matcher);
}

static bool pack(const void *state, struct buffer *out)
{
	const struct amqp1_state *st = state;

	return matcher_pack(st->matcher, out);
}

static bool unpack(void *state, struct unpack *in)
{
	struct amqp1_state *st = state;

	return matcher_unpack(st->matcher, in);
}

const struct protocol protocol_amqp1 = {
	.name = "amqp1",
	.summary = "AMQP 1.0, recognised and not parsed",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = infer,
	.open = open_state,
	.close = close_state,
	.framing =
		{
			.frame = frame,
			.resync = resync,
			.message = message,
			.part = pass_over,
			.lost = lost,
		},
	.finish = finish,
	.pack = pack,
	.unpack = unpack,
};
