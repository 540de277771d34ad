/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/redis.h"

#include <stdlib.h>

#include "format/prefetch.h"
#include "protocols/engine/budget.h"
#include "protocols/redis/state.h"

/* Once this share of the budget is used, only the beginnings of values are kept. */
#define SHORT_SHARE 4

/* ---- records ---- */

static void append_note(struct buffer *note, const char *text)
{
	if (note->len)
		buffer_append(note, "; ", 2);
	buffer_append_text(note, text);
}

static void note_request(struct buffer *note, const struct redis_message *request)
{
	if (request->unanswered)
		append_note(note, request->unanswered);
	if (request->unbalanced)
		append_note(note, "unbalanced quotes in an inline command");
	if (request->hidden)
		append_note(note, "credentials are not shown");
	if (request->cut)
		append_note(note, "not all of the request is shown");
}

static void note_reply(struct buffer *note, const struct redis_message *reply)
{
	if (reply->base.text.len > reply->split) {
		append_note(note, "attributes ");
		buffer_append(note, reply->base.text.data + reply->split,
			      reply->base.text.len - reply->split);
	}
	if (reply->cut)
		append_note(note, "not all of the reply is shown");
}

/* The JSON of a reply, without the secrets that ASKED, which may be NULL, has asked for. */
static struct span shown_reply(struct redis *r, const struct redis_message *asked,
			       const struct redis_message *said)
{
	struct span json = span_of(said->base.text.data, said->split);

	buffer_clear(&r->scratch);
	if (!asked || !redis_secret_reply(asked->secret.rule, json, &r->scratch))
		return json;
	append_note(&r->note, "credentials are not shown");
	return r->scratch.failed ? span_text("null") : buffer_span(&r->scratch);
}

/* struct matcher's emit: a message without a request is a push, or a request that gets no reply. */
static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct redis *r = context;
	const struct redis_message *asked, *said;
	struct value values[COLUMN_COUNT];
	struct record record;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		values[i].type = VALUE_NULL;
	if (response && ((struct redis_message *)response)->request) {
		request = response;
		response = NULL;
	}
	asked = (const struct redis_message *)request;
	said = (const struct redis_message *)response;
	buffer_clear(&r->note);
	matcher_record(request, response, lost, said && said->error, &record);
	if (asked) {
		/* The names of commands need no escapes in any format. */
		values[COLUMN_COMMAND] = asked->command ? value_word(request_command(asked))
							: value_text(request_command(asked));
		values[COLUMN_ARGS] = value_json(request_args(asked));
		note_request(&r->note, asked);
		if (asked->unanswered && record.outcome == OUTCOME_UNANSWERED)
			record.outcome = OUTCOME_OK;
	}
	if (said) {
		values[COLUMN_REPLY] = value_json(shown_reply(r, asked, said));
		if (said->push.len)
			values[COLUMN_PUSH] = value_text(said->push);
		note_reply(&r->note, said);
	}
	record.table = &redis_table;
	record.note = buffer_span(&r->note);
	record.values = values;
	session_emit(r->session, &record);
}

/* ---- messages ---- */

/* Of a message's text. */
static size_t text_limit(const struct redis *r)
{
	const struct budget *b = r->budget;
	uint64_t free;

	if (r->keep < REDIS_JSON_SHORT || b->used > b->limit / SHORT_SHARE)
		return REDIS_JSON_SHORT;
	free = b->limit - b->used;
	return r->keep < free / 4 ? r->keep : (size_t)(free / 4);
}

/* The message that the frame begins or continues; NULL when there is no memory. */
static struct redis_message *message_of(struct redis *r, const struct frame *frame)
{
	struct redis_message *m = r->current[frame->side];

	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = (struct redis_message *)matcher_message(r->matcher, frame);
		if (!m)
			return NULL;
		m->request = frame->side == SIDE_CLIENT;
		m->limit = text_limit(r);
		if (!m->request)
			render_start(&r->render, m->limit, redis_uncounted(r));
	}
	m->cut |= frame->cut;
	r->current[frame->side] = m;
	return m;
}

static void end_snapshot(struct redis_message *m)
{
	buffer_clear(&m->base.text);
	buffer_append_text(&m->base.text, "{\"rdb_bytes\":");
	buffer_append_u64(&m->base.text, m->size);
	buffer_append_char(&m->base.text, '}');
	m->split = m->base.text.len;
	m->cut = false; /* nothing but its size is shown */
}

static void end_reply(struct redis *r, struct redis_message *m)
{
	struct buffer *b = &m->base.text;

	render_abandon(&r->render, b);
	if (!b->len)
		buffer_append_text(b, "null");
	m->error = r->render.type == RESP_ERROR || r->render.type == RESP_BULK_ERROR;
	m->cut |= r->render.cut;
	m->split = b->len;
	buffer_append_span(b, buffer_span(&r->render.attributes));
}

/* No more frames of the side's current message will come. */
static void end_message(struct redis *r, enum side side)
{
	struct redis_message *m = r->current[side];

	if (!m)
		return;
	r->current[side] = NULL;
	if (m->base.text.failed) {
		matcher_discard(r->matcher, &m->base);
	} else if (m->request) {
		request_end(m);
		r->command = m->command;
		redis_take_request(r, m);
	} else {
		if (m->snapshot)
			end_snapshot(m);
		else
			end_reply(r, m);
		redis_take_reply(r, m);
	}
}

/* The bytes of a snapshot, without the line that says how many they are. */
static uint64_t snapshot_size(const struct frame *frame)
{
	const uint8_t *end = memchr(frame->data, '\n', frame->available);

	return end ? frame->len - (uint64_t)(end - frame->data) - 1 : 0;
}

static void redis_message(void *state, const struct frame *frame)
{
	struct redis *r = state;
	struct redis_message *m;
	struct span data = span_of(frame->data, frame->available);

	redis_scan_take(&r->scan[frame->side], frame);
	if (redis_kind_of(frame) == REDIS_EMPTY)
		return;
	m = message_of(r, frame);
	if (!m)
		return;
	switch (redis_kind_of(frame)) {
	case REDIS_REQUEST:
		request_add_bulks(m, data, r->command);
		break;
	case REDIS_INLINE:
		request_add_line(m, data, &r->scratch);
		break;
	case REDIS_REPLY:
		render_tokens(&r->render, data, &m->base.text);
		break;
	case REDIS_RDB:
		m->snapshot = true;
		m->size = snapshot_size(frame);
		break;
	case REDIS_RDB_PART:
		m->size += frame->len;
		break;
	case REDIS_RDB_MARK:
		m->snapshot = true;
		break;
	case REDIS_EMPTY:
		break;
	}
	/* That its end is missing was known only with the next request: its reply came before. */
	if (frame->lost && frame->side == SIDE_CLIENT)
		matcher_lost(r->matcher, SIDE_CLIENT);
	if (!(frame->kind & REDIS_GOES_ON))
		end_message(r, frame->side);
	if (!r->scan[SIDE_SERVER].start.depth)
		r->scan[SIDE_SERVER].start.uncounted = redis_uncounted(r);
	redis_recharge(r);
}

/* ---- the table ---- */

static void redis_close(void *state)
{
	struct redis *r = state;

	for (int side = 0; side < 2; side++)
		if (r->current[side])
			matcher_discard(r->matcher, &r->current[side]->base);
	matcher_free(r->matcher);
	budget_give(session_budget(r->session), r->charged);
	render_free(&r->render);
	buffer_free(&r->scratch);
	buffer_free(&r->note);
	free(r);
}

/* Of the levels of what is nested the first ones will do. */
static void redis_fetch(const void *state, bool behind)
{
	const struct redis *r = state;

	if (behind) {
		matcher_fetch(r->matcher);
		return;
	}
	prefetch(r, offsetof(struct redis, render.walk.level[1]));
	for (int side = 0; side < 2; side++)
		prefetch(&r->scan[side], offsetof(struct redis_scan, start.level[1]));
}

static void *redis_open(struct session *s)
{
	struct redis *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->session = s;
	r->budget = session_budget(s);
	r->keep = session_keep(s);
	r->scan[SIDE_CLIENT].side = SIDE_CLIENT;
	r->scan[SIDE_SERVER].side = SIDE_SERVER;
	r->matcher = matcher_new(s, &(struct matcher_options){
					    .message_len = sizeof(struct redis_message),
					    .emit = emit,
					    .context = r,
				    });
	if (!r->matcher) {
		free(r);
		return NULL;
	}
	redis_recharge(r);
	return r;
}

static enum frame_status redis_frame(const void *state, enum side side, const struct cursor *in,
				     struct frame *frame)
{
	const struct redis *r = state;

	return redis_scan_frame(&r->scan[side], in->pos, cursor_left(in), frame);
}

static bool redis_resync(void *state, enum side side, struct cursor *in)
{
	struct redis *r = state;

	return redis_scan_resync(&r->scan[side], in);
}

/* A broken message is shown as far as it came. */
static void redis_lost(void *state, enum side side, uint64_t missing)
{
	struct redis *r = state;
	bool broken = r->current[side] != NULL;

	(void)missing;
	if (broken && r->scan[side].rdb == RDB_UNTIL_MARK) {
		/* Nothing but the snapshot can be missing before its mark comes. */
		r->current[side]->base.partial = true;
		return;
	}
	redis_scan_lost(&r->scan[side]);
	if (broken) {
		r->current[side]->base.partial = true;
		end_message(r, side);
	}
	if (side == SIDE_CLIENT) {
		r->asked = true;
		r->skip_next = false;
	} else {
		r->confirmations = 0;
		if (broken && !matcher_pending(r->matcher))
			r->doubt = DOUBT_REST;
		else if (!broken && matcher_pending(r->matcher) == 1)
			r->doubt = DOUBT_FIRST;
	}
	matcher_lost(r->matcher, side);
}

static void redis_finish(void *state)
{
	struct redis *r = state;

	for (int side = 0; side < 2; side++) {
		if (r->current[side])
			r->current[side]->base.partial = true;
		end_message(r, (enum side)side);
	}
	matcher_finish(r->matcher);
}

static const struct column columns[] = {
#define REDIS_COLUMN(id, name, sql, unit, help) {name, sql, unit, help},
	REDIS_COLUMNS(REDIS_COLUMN)
#undef REDIS_COLUMN
};

/* The second is the sentinel's. */
static const uint16_t ports[] = {6379, 26379, 0};

const struct table redis_table = {
	.name = "redis",
	.summary = "Redis commands with their replies, and what the server pushes",
	.columns = columns,
	.column_count = COLUMN_COUNT,
	.describe = redis_describe,
};

static const struct table *const tables[] = {&redis_table, NULL};

const struct protocol protocol_redis = {
	.name = "redis",
	.summary = "Redis commands and replies (RESP2 and RESP3), pub/sub, replication",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = redis_infer,
	.open = redis_open,
	.close = redis_close,
	.framing =
		{
			.frame = redis_frame,
			.memo_size = REDIS_MEMO_SIZE,
			.resync = redis_resync,
			.message = redis_message,
			.lost = redis_lost,
		},
	.finish = redis_finish,
	.pack = redis_pack,
	.unpack = redis_unpack,
	.fetch = redis_fetch,
};
