/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/lines.h"

#include <stdlib.h>

#include "protocols/engine/matcher.h"

enum line_kind {
	KIND_LINE,
	KIND_BODY,
};

struct lines {
	struct session *session;
	const struct table *table;
	struct matcher *matcher;
	struct buffer body; /* what parts said of the last one */
	uint64_t body_len;  /* that comes next on the client's side */
	bool undecided;	    /* the answer tells what the client says */
};

static const struct column columns[] = {
	{"ask", "TEXT", "", "the request"},
	{"answer", "TEXT", "", "the response"},
};

static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_span(out, values[0].text);
}

static const struct table lines_table = {"lines", "lines", columns, 2, describe};
static const struct table words_table = {"words", "lines", columns, 2, describe};

static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct lines *st = context;
	struct value values[2] = {{0}, {0}};
	struct record record = {.table = st->table, .values = values};

	if (request)
		values[0] = value_text(buffer_span(&request->text));
	if (response)
		values[1] = value_text(buffer_span(&response->text));
	matcher_record(request, response, lost, false, &record);
	session_emit(st->session, &record);
}

static struct lines *open_table(struct session *s, const struct table *table)
{
	struct lines *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->table = table;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .message_len = sizeof(struct message),
					     .emit = emit,
					     .context = st,
				     });
	return st;
}

void *lines_open(struct session *s)
{
	return open_table(s, &lines_table);
}

static void *words_open(struct session *s)
{
	return open_table(s, &words_table);
}

void lines_close(void *state)
{
	struct lines *st = state;

	matcher_free(st->matcher);
	buffer_free(&st->body);
	free(st);
}

void lines_finish(void *state)
{
	matcher_finish(((struct lines *)state)->matcher);
}

static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	const struct lines *st = state;
	const uint8_t *end;

	if (side == SIDE_CLIENT && st->body_len) {
		frame->kind = KIND_BODY;
		frame->len = st->body_len;
		frame->in_parts = true;
		return FRAME_DONE;
	}
	if (side == SIDE_CLIENT && st->undecided)
		return FRAME_HOLD;
	if (!cursor_left(in))
		return FRAME_MORE;
	if (*in->pos < '\n')
		return FRAME_BAD;
	end = memchr(in->pos + frame->scanned, '\n', cursor_left(in) - frame->scanned);
	frame->kind = KIND_LINE;
	frame->scanned = cursor_left(in);
	frame->len = end ? (uint64_t)(end + 1 - in->pos) : 0;
	return end ? FRAME_DONE : FRAME_MORE;
}

static bool resync(void *state, enum side side, struct cursor *in)
{
	const uint8_t *end = cursor_left(in) ? memchr(in->pos, '\n', cursor_left(in)) : NULL;

	(void)state;
	(void)side;
	in->pos = end ? end + 1 : in->end;
	return end != NULL;
}

static void part(void *state, const struct frame *frame)
{
	struct lines *st = state;

	if (!frame->at)
		buffer_clear(&st->body);
	for (size_t i = 0; i < frame->available; i++)
		buffer_append_char(&st->body, frame->data ? (char)frame->data[i] : '?');
}

static void take_body(struct lines *st, const struct frame *frame)
{
	struct message *m = matcher_newest(st->matcher);

	st->body_len = 0;
	if (!m)
		return;
	message_extend(m, frame);
	buffer_append_char(&m->text, ':');
	buffer_append_span(&m->text, buffer_span(&st->body));
}

static void take_request(struct lines *st, struct message *m)
{
	struct span text = buffer_span(&m->text);

	st->undecided = span_is(text, "SWAP") || span_is(text, "WRAP");
	if (text.len > 5 && memcmp(text.data, "LONG ", 5) == 0)
		for (size_t i = 5; i < text.len; i++)
			st->body_len = st->body_len * 10 + (uint64_t)(text.data[i] - '0');
	matcher_request(st->matcher, m);
}

static void take_response(struct lines *st, struct message *m)
{
	struct message *request = matcher_answering(st->matcher, m);
	struct span answer = buffer_span(&m->text);
	bool wraps = request && span_is(buffer_span(&request->text), "WRAP");
	bool swaps = request && span_is(buffer_span(&request->text), "SWAP");
	bool goes = span_is(answer, "go"), guesses = span_is(answer, "guess");

	if (wraps || swaps)
		st->undecided = false;
	matcher_response(st->matcher, m);
	if (swaps && (goes || guesses))
		session_switch(st->session, goes ? &words_protocol : NULL);
	if (wraps && goes)
		session_wrap(st->session, &masked_protocol);
}

static void message(void *state, const struct frame *frame)
{
	struct lines *st = state;
	struct message *m;

	if (frame->kind == KIND_BODY) {
		take_body(st, frame);
		return;
	}
	m = matcher_message(st->matcher, frame);
	buffer_append(&m->text, frame->data, frame->available - !frame->lost);
	if (frame->side == SIDE_CLIENT)
		take_request(st, m);
	else
		take_response(st, m);
}

static void lost(void *state, enum side side, uint64_t missing)
{
	struct lines *st = state;

	(void)missing;
	st->undecided = false;
	matcher_lost(st->matcher, side);
}

const struct framing lines_framing = {
	.frame = frame,
	.resync = resync,
	.message = message,
	.part = part,
	.lost = lost,
};

static void infer(const struct sample *sample, struct verdict *verdict)
{
	bool seen = sample->bytes[0].len || sample->bytes[1].len;

	verdict->score = seen ? INFER_CERTAIN : 0;
}

static const uint16_t ports[] = {0};
static const struct table *const lines_tables[] = {&lines_table, NULL};
static const struct table *const words_tables[] = {&words_table, NULL};

const struct protocol lines_protocol = {
	.name = "lines",
	.summary = "lines",
	.tables = lines_tables,
	.ports = ports,
	.stream = true,
	.infer = infer,
	.open = lines_open,
	.close = lines_close,
	.framing = {frame, 0, resync, message, part, lost},
	.finish = lines_finish,
};

const struct protocol words_protocol = {
	.name = "words",
	.summary = "lines",
	.tables = words_tables,
	.ports = ports,
	.stream = true,
	.infer = infer,
	.open = words_open,
	.close = lines_close,
	.framing = {frame, 0, resync, message, part, lost},
	.finish = lines_finish,
};

/* ---- masked ---- */

struct masked {
	struct session *session;
};

static void *masked_open(struct session *s)
{
	struct masked *st = calloc(1, sizeof(*st));

	if (st)
		st->session = s;
	return st;
}

static enum frame_status masked_frame(const void *state, enum side side, const struct cursor *in,
				      struct frame *frame)
{
	struct cursor c = *in;
	uint8_t digit = cursor_u8(&c);

	(void)state;
	(void)side;
	if (c.failed)
		return FRAME_MORE;
	frame->len = 1 + (uint64_t)(digit - '0');
	return digit >= '1' && digit <= '9' ? FRAME_DONE : FRAME_BAD;
}

static bool masked_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	while (cursor_left(in) && (*in->pos < '1' || *in->pos > '9'))
		cursor_skip(in, 1);
	return cursor_left(in) > 0;
}

static void masked_message(void *state, const struct frame *frame)
{
	struct masked *st = state;
	char plain[9];

	for (size_t i = 1; i < frame->available; i++)
		plain[i - 1] = (char)(frame->data[i] ^ 1);
	session_unwrapped(st->session, frame->side,
			  span_of(plain, frame->available ? frame->available - 1 : 0), frame);
}

static void masked_nothing(void *state)
{
	(void)state;
}

static void masked_lost(void *state, enum side side, uint64_t missing)
{
	(void)state;
	(void)side;
	(void)missing;
}

const struct protocol masked_protocol = {
	.name = "masked",
	.summary = "frames with something inside",
	.encrypts = true,
	.tables = lines_tables,
	.ports = ports,
	.stream = true,
	.infer = infer,
	.open = masked_open,
	.close = free,
	.framing = {masked_frame, 0, masked_resync, masked_message, NULL, masked_lost, NULL},
	.finish = masked_nothing,
};
