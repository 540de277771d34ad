/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/state.h"
#include "protocols/value/json_read.h"
#include "protocols/value/note.h"

/* Headers are shown up to here. */
#define HEADERS_LEN_MAX (64u << 10)

static struct value word_value(const char *word)
{
	return value_word(span_text(word));
}

bool nats_view_of(const struct nats_message *m, struct nats_view *view)
{
	struct span text = buffer_span(&m->base.text);
	struct cursor c;
	size_t scanned = 0;

	text.len -= m->subscription_len + m->queue_len;
	*view = (struct nats_view){0};
	if (!text.len || nats_line_read(text, m->side, &scanned, &view->line) != FRAME_DONE)
		return false;
	c = cursor_of(text.data + view->line.len, text.len - view->line.len);
	if (view->line.header_len <= cursor_left(&c))
		view->headers = cursor_span(&c, view->line.header_len);
	else
		view->headers = cursor_span(&c, cursor_left(&c));
	view->payload = cursor_rest(&c);
	if (view->payload.len > view->line.total - view->line.header_len)
		view->payload.len = view->line.total - view->line.header_len;
	return true;
}

/* ---- parts of a row ---- */

static struct value payload_value(const struct nats_state *st, enum nats_column column,
				  const struct nats_view *view)
{
	size_t keep = session_keep_of(st->session, &nats_table, column);

	return value_text(
		span_of(view->payload.data, view->payload.len < keep ? view->payload.len : keep));
}

static struct value headers_value(struct span headers, struct buffer *json)
{
	if (!headers.len)
		return (struct value){0};
	if (headers.len > HEADERS_LEN_MAX)
		headers.len = HEADERS_LEN_MAX;
	nats_headers_json(headers, json);
	return json->failed ? value_json(span_text("null")) : value_json(buffer_span(json));
}

static bool is_secret(struct span name)
{
	static const char *const names[] = {"pass", "auth_token", "jwt", "sig"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

/* The members as they stand, but for the values of what is secret. */
static void fill_options(struct nats_state *st, struct span json, struct value *values)
{
	struct buffer *out = &st->options;
	struct span name, value;
	size_t at = 0;

	buffer_append_char(out, '{');
	while (json_next_member(json, &at, &name, &value)) {
		if (out->len > 1)
			buffer_append_char(out, ',');
		buffer_append_char(out, '"');
		buffer_append_span(out, name);
		buffer_append_text(out, "\":");
		if (is_secret(name))
			buffer_append_text(out, "\"***\"");
		else
			buffer_append_span(out, value);
	}
	buffer_append_char(out, '}');
	if (!json_is_whole(json))
		note_append(&st->note, "its JSON is damaged");
	if (!out->failed)
		values[NATS_COLUMN_OPTIONS] = value_json(buffer_span(out));
}

static void fill_number(struct value *value, int64_t number)
{
	if (number >= 0)
		*value = value_int(number);
}

static void fill_jetstream(const struct jetstream_subject *s, struct value *values)
{
	values[NATS_COLUMN_STREAM] = value_text_if(s->stream);
	values[NATS_COLUMN_CONSUMER] = value_text_if(s->consumer);
	fill_number(&values[NATS_COLUMN_STREAM_SEQ], s->stream_seq);
	fill_number(&values[NATS_COLUMN_CONSUMER_SEQ], s->consumer_seq);
	fill_number(&values[NATS_COLUMN_DELIVERIES], s->delivered);
	fill_number(&values[NATS_COLUMN_PENDING], s->pending);
}

static const char *kind_of_publish(const struct nats_view *view, enum jetstream_use use)
{
	switch (use) {
	case JETSTREAM_API:
		return "js_api";
	case JETSTREAM_PULL:
		return "js_pull";
	case JETSTREAM_ACK:
		return "ack";
	default:
		return view->line.reply.len ? "request" : "publish";
	}
}

static const char *kind_of_delivery(const struct nats_view *view, enum jetstream_use use)
{
	struct nats_status status;

	if (nats_status_read(view->headers, &status) && status.code && !view->payload.len)
		return "status";
	return use == JETSTREAM_ACK ? "js_delivery" : "delivery";
}

static const char *kind_of(const struct nats_view *view, enum jetstream_use use)
{
	switch (view->line.verb) {
	case NATS_PUB:
	case NATS_HPUB:
		return kind_of_publish(view, use);
	case NATS_MSG:
	case NATS_HMSG:
		return kind_of_delivery(view, use);
	case NATS_INFO:
		return "info";
	case NATS_CONNECT:
		return "connect";
	case NATS_SUB:
		return "subscribe";
	case NATS_UNSUB:
		return "unsubscribe";
	case NATS_ERR:
		return "error";
	default:
		return "ping";
	}
}

static void fill_ack(const struct nats_view *view, struct value *values)
{
	const char *ack = jetstream_ack(view->payload);

	if (ack)
		values[NATS_COLUMN_ACK] = word_value(ack);
}

static void fill_subscription(const struct nats_message *m, struct value *values)
{
	struct span text = buffer_span(&m->base.text);
	size_t at = text.len - m->subscription_len - m->queue_len;
	struct span subject = span_of(text.data + at, m->subscription_len);

	if (m->verb == NATS_UNSUB)
		values[NATS_COLUMN_SUBJECT] = value_text_if(subject);
	else
		values[NATS_COLUMN_SUBSCRIPTION] = value_text_if(subject);
	values[NATS_COLUMN_QUEUE] = value_text_if(
		span_of(subject.data + subject.len, m->queue_len));
}

static void fill_line(const struct nats_line *line, struct value *values)
{
	values[NATS_COLUMN_VERB] = word_value(nats_verb_name(line->verb));
	values[NATS_COLUMN_SUBJECT] = value_text_if(line->subject);
	values[NATS_COLUMN_REPLY_TO] = value_text_if(line->reply);
	values[NATS_COLUMN_QUEUE] = value_text_if(line->queue);
	values[NATS_COLUMN_SID] = value_text_if(line->sid);
	if (line->has_max)
		values[NATS_COLUMN_MAX_MESSAGES] = value_int(line->max);
}

static void fill_asked(struct nats_state *st, const struct nats_message *m,
		       const struct nats_view *view, struct value *values)
{
	bool published = m->side == SIDE_CLIENT;
	struct jetstream_subject s = jetstream_subject_read(published ? view->line.subject
								      : view->line.reply);

	fill_line(&view->line, values);
	values[NATS_COLUMN_KIND] = word_value(kind_of(view, s.use));
	if (m->subscription_len)
		fill_subscription(m, values);
	if (view->line.has_payload) {
		values[NATS_COLUMN_HEADERS] = headers_value(view->headers, &st->headers);
		values[NATS_COLUMN_PAYLOAD] = payload_value(st, NATS_COLUMN_PAYLOAD, view);
		values[NATS_COLUMN_REQ_BYTES] = value_int(view->line.total - view->line.header_len);
		fill_jetstream(&s, values);
	}
	if (published && s.use == JETSTREAM_ACK)
		fill_ack(view, values);
	if (m->pull) {
		values[NATS_COLUMN_BATCH] = value_int(m->batch);
		values[NATS_COLUMN_MESSAGES] = value_int(m->messages);
	}
	if (view->line.verb == NATS_INFO || view->line.verb == NATS_CONNECT)
		fill_options(st, view->line.text, values);
	if (m->ends_badly)
		note_append(&st->note, "the payload doesn't end where its length says");
	if (m->elsewhere)
		note_append(&st->note,
			    "its answer goes elsewhere: nothing here is subscribed to reply_to");
}

/* ---- errors ---- */

static bool fill_error_line(struct nats_state *st, struct span text, struct value *values)
{
	if (text.len >= 2 && text.data[0] == '\'' && text.data[text.len - 1] == '\'')
		text = span_of(text.data + 1, text.len - 2);
	buffer_append_span(&st->error, text);
	values[NATS_COLUMN_ERROR] = value_text(buffer_span(&st->error));
	return true;
}

/* A pull ends so when there is no more, or its time is over. */
static bool ends_pull(const struct nats_status *status)
{
	return status->code == 404 || status->code == 408 ||
	       (status->code == 409 && span_is(status->text, "Batch Completed"));
}

static bool fill_status(struct nats_state *st, struct span headers, bool pull, struct value *values)
{
	struct nats_status status;

	if (!nats_status_read(headers, &status) || !status.code)
		return false;
	values[NATS_COLUMN_STATUS] = value_int(status.code);
	if (status.code < 400 || (pull && ends_pull(&status)))
		return false;
	values[NATS_COLUMN_ERROR_CODE] = value_int(status.code);
	if (!status.text.len && status.code == 503)
		status.text = span_text("No Responders");
	buffer_append_span(&st->error, status.text);
	values[NATS_COLUMN_ERROR] = value_text_if(buffer_span(&st->error));
	return true;
}

/* ADR-32: a service says so in headers. */
static bool fill_service_error(struct nats_state *st, struct span headers, struct value *values)
{
	struct span text;
	int64_t code;

	if (!nats_header_find(headers, "Nats-Service-Error-Code", &text))
		return false;
	if (json_integer(text, &code))
		values[NATS_COLUMN_ERROR_CODE] = value_int(code);
	if (nats_header_find(headers, "Nats-Service-Error", &text))
		buffer_append_span(&st->error, text);
	values[NATS_COLUMN_ERROR] = value_text_if(buffer_span(&st->error));
	return true;
}

static bool fill_jetstream_answer(struct nats_state *st, const struct nats_view *view,
				  struct value *values)
{
	struct jetstream_answer answer;

	if (!jetstream_answer_read(view->payload, &answer))
		return false;
	if (answer.published) {
		if (values[NATS_COLUMN_KIND].type == VALUE_WORD &&
		    span_is(values[NATS_COLUMN_KIND].text, "request"))
			values[NATS_COLUMN_KIND] = word_value("js_publish");
		values[NATS_COLUMN_STREAM] = value_text_if(answer.stream);
		values[NATS_COLUMN_DUPLICATE] = value_bool(answer.duplicate);
		if (!answer.failed)
			values[NATS_COLUMN_STREAM_SEQ] = value_int(answer.seq);
	}
	if (!answer.failed)
		return false;
	values[NATS_COLUMN_ERROR_CODE] = value_int(answer.code);
	json_string_append(&st->error, answer.error);
	values[NATS_COLUMN_ERROR] = value_text_if(buffer_span(&st->error));
	return true;
}

/* ---- answers ---- */

/* Whether the answer tells of an error. */
static bool fill_answered(struct nats_state *st, const struct nats_message *asked,
			  const struct nats_message *answered, struct value *values)
{
	struct nats_view view;
	bool failed;

	if (!nats_view_of(answered, &view))
		return false;
	if (view.line.verb == NATS_ERR)
		return fill_error_line(st, view.line.text, values);
	if (!view.line.has_payload)
		return false;
	values[NATS_COLUMN_RESP_HEADERS] = headers_value(view.headers, &st->resp_headers);
	values[NATS_COLUMN_RESP_PAYLOAD] = payload_value(st, NATS_COLUMN_RESP_PAYLOAD, &view);
	values[NATS_COLUMN_RESP_BYTES] = value_int(view.line.total - view.line.header_len);
	if (answered->cut && !answered->base.partial)
		note_append(&st->note, "not all of the answer is shown");
	if (asked->side == SIDE_SERVER) {
		if (jetstream_subject_read(view.line.subject).use == JETSTREAM_ACK)
			fill_ack(&view, values);
		return fill_service_error(st, view.headers, values);
	}
	failed = fill_status(st, view.headers, asked->pull, values) ||
		 fill_service_error(st, view.headers, values);
	return fill_jetstream_answer(st, &view, values) || failed;
}

static void fill_pull(struct nats_state *st, const struct nats_message *m, bool ended,
		      struct value *values)
{
	values[NATS_COLUMN_RESP_BYTES] = value_int(m->bytes);
	if (!ended && m->messages)
		note_append(&st->note, "fewer messages than asked for came until the end");
}

/* ---- rows ---- */

static void clear(struct nats_state *st)
{
	buffer_clear(&st->headers);
	buffer_clear(&st->resp_headers);
	buffer_clear(&st->options);
	buffer_clear(&st->error);
	buffer_clear(&st->note);
}

/* Times and outcome of what no single message answers. */
static void settle_record(const struct nats_message *asked, const struct nats_message *answered,
			  bool alone, bool lost, struct record *record)
{
	bool delivery = asked->side == SIDE_SERVER && asked->verb != NATS_PING;

	record->side = asked->side;
	record->position = asked->base.position;
	if (asked->end || asked->messages) {
		record->response_first = asked->first;
		record->response_last = answered ? answered->base.ts_last : asked->last;
		if (answered && !asked->messages)
			record->response_first = answered->base.ts_first;
		if (record->outcome == OUTCOME_UNANSWERED)
			record->outcome = OUTCOME_OK;
	} else if (!answered && !asked->base.partial && (delivery || (alone && !lost))) {
		/* Nobody has to answer it. */
		record->outcome = OUTCOME_OK;
	}
}

void nats_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct nats_state *st = context;
	struct value values[NATS_COLUMN_COUNT] = {0};
	struct record record = {.table = &nats_table, .values = values};
	struct nats_message *asked, *answered = (struct nats_message *)response;
	struct nats_view view;
	bool alone = !request, failed = false;

	asked = (struct nats_message *)(alone ? response : request);
	if (alone)
		answered = NULL;
	st->waiting -= asked->queued;
	clear(st);
	if (!nats_view_of(asked, &view))
		return;
	fill_asked(st, asked, &view, values);
	if (asked->cut && !asked->base.partial)
		note_append(&st->note, "not all of it is shown");
	if (answered)
		failed = fill_answered(st, asked, answered, values);
	else if (view.line.verb == NATS_ERR)
		failed = fill_error_line(st, view.line.text, values);
	else if (asked->side == SIDE_SERVER)
		failed = fill_status(st, view.headers, true, values);
	if (asked->pull)
		fill_pull(st, asked, asked->end != NATS_END_NONE, values);
	if (st->application.len)
		values[NATS_COLUMN_APPLICATION] = value_text(buffer_span(&st->application));
	if (st->user.len)
		values[NATS_COLUMN_USER] = value_text(buffer_span(&st->user));
	matcher_record(&asked->base, answered ? &answered->base : NULL, lost, failed, &record);
	settle_record(asked, answered, alone, lost, &record);
	if (failed && record.outcome != OUTCOME_PARTIAL)
		record.outcome = OUTCOME_ERROR;
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

static const struct column columns[] = {
#define NATS_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	NATS_COLUMNS(NATS_COLUMN_ROW)
#undef NATS_COLUMN_ROW
};

const struct table nats_table = {
	.name = "nats",
	.summary = "NATS messages, requests with their answers, subscriptions",
	.columns = columns,
	.column_count = NATS_COLUMN_COUNT,
	.describe = nats_describe,
};
