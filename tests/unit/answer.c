/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/answer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "protocols/value/json.h"
#include "tests/unit/fnv.h"

static void append_address(struct buffer *text, const struct address *address)
{
	char name[ADDRESS_TEXT_MAX];

	address_text(address, name);
	buffer_append_text(text, name);
}

/* So long texts are worth no more than their hash. */
static void append_bytes(struct buffer *text, struct span bytes)
{
	buffer_printf(text, "%zu:%016" PRIx64, bytes.len, fnv_bytes(FNV_BEGIN, bytes));
}

static void append_span(struct buffer *text, const char *name, struct span value)
{
	if (!value.len)
		return;
	buffer_printf(text, " %s=", name);
	json_append_string(text, value);
}

static void take_record(void *context, const struct connection *conn, const struct session *s,
			const struct record *record)
{
	struct answer *answer = context;
	struct buffer *text = &answer->text;
	const struct table *table = record->table;
	bool first = true;

	buffer_printf(text,
		      "%s conn=%" PRIu64 " side=%d at=%" PRIu64 "+%u %s %" PRId64 " %" PRId64
		      " %" PRId64 " %" PRId64 "%s {",
		      table->name, conn->id, record->side, record->position, session_repeat(s),
		      outcome_text(record->outcome), record->request_first, record->request_last,
		      record->response_first, record->response_last,
		      session_is_plaintext(s) ? " plaintext" : "");
	for (size_t i = 0; i < table->column_count; i++) {
		if (record->values[i].type == VALUE_NULL)
			continue;
		json_append_key(text, table->columns[i].name, &first);
		json_append_value(text, &record->values[i]);
	}
	buffer_append_text(text, "}");
	append_span(text, "note", record->note);
	if (record->peer)
		append_address(text, record->peer);
	buffer_append_text(text, "\n  ");
	table->describe(record->values, text);
	buffer_append_char(text, '\n');
}

static void take_border(void *context, const struct connection *conn, enum layer layer,
			enum direction direction, uint64_t position)
{
	struct answer *answer = context;

	buffer_printf(&answer->text, "frame conn=%" PRIu64 " %s %s ends=%" PRIu64 "\n", conn->id,
		      layer_text(layer), direction_text(direction), position);
	if (answer->border)
		answer->border(answer->context, conn->id, layer, direction, position);
}

static void take_contents(void *context, const struct connection *conn, enum layer layer,
			  const struct contents *contents)
{
	struct answer *answer = context;

	buffer_printf(&answer->text, "contents conn=%" PRIu64 " %s %s missing=%" PRIu64 "%s ",
		      conn->id, layer_text(layer), direction_text(contents->direction),
		      contents->missing, contents->changed ? " changed" : "");
	append_bytes(&answer->text, contents->bytes);
	buffer_append_char(&answer->text, '\n');
}

static void take_plaintext(void *context, const struct event *event, const struct connection *conn)
{
	struct answer *answer = context;

	buffer_printf(&answer->text,
		      "plaintext conn=%" PRIu64 " %s at=%" PRIu64 " len=%" PRIu64 " ", conn->id,
		      direction_text(event->data.direction), event->data.offset, event->data.len);
	append_bytes(&answer->text, event->data.payload);
	buffer_append_char(&answer->text, '\n');
}

static void append_session(struct buffer *text, const struct session *s)
{
	const struct session_counts counts = session_counts(s);
	const struct encryption *e = session_encryption(s);
	const struct candidate *candidates;
	const struct spoken *spoken;
	uint64_t seam[2];
	size_t n;

	buffer_printf(text,
		      "  role=%s frames=%" PRIu64 " records=%" PRIu64 " bad=%" PRIu64
		      " lost=%" PRIu64 " capped=%" PRIu64 " skipped=%" PRIu64,
		      role_text(session_role(s)), counts.frames, counts.records, counts.bad,
		      counts.lost_bytes, counts.capped, counts.skipped_bytes);
	if (session_seam(s, seam))
		buffer_printf(text, " seam=%" PRIu64 ",%" PRIu64, seam[0], seam[1]);
	if (session_client(s)->family) {
		buffer_append_text(text, " client=");
		append_address(text, session_client(s));
	}
	if (e) {
		append_span(text, "version", e->version);
		append_span(text, "suite", e->suite);
		append_span(text, "sni", e->sni);
		append_span(text, "alpn", e->alpn);
		append_span(text, "unread", e->unread);
		buffer_printf(text, " read=%s", reading_of_tls_text(e->reading));
	}
	buffer_append_char(text, '\n');
	n = session_spoken(s, &spoken);
	for (size_t i = 0; i < n; i++)
		buffer_printf(text,
			      "  spoken=%s sent=%" PRIu64 " received=%" PRIu64 " records=%" PRIu64
			      "\n",
			      spoken[i].protocol->name, spoken[i].bytes[0], spoken[i].bytes[1],
			      spoken[i].records);
	n = session_candidates(s, &candidates);
	for (size_t i = 0; i < n; i++)
		buffer_printf(text, "  score=%d %s role=%s: %s\n", candidates[i].verdict.score,
			      candidates[i].protocol->name, role_text(candidates[i].verdict.role),
			      candidates[i].verdict.reason);
}

static void take_end(void *context, const struct connection *conn)
{
	struct answer *answer = context;
	struct spoken spoken;

	if (!answer->protocol && connection_spoken(conn, &spoken, 1))
		answer->protocol = spoken.protocol;
	buffer_printf(&answer->text, "connection %" PRIu64 " role=%s lost=%" PRIu64 "\n", conn->id,
		      role_text(connection_role(conn)), conn->lost_bytes);
	for (int layer = 0; layer < 2; layer++)
		if (conn->sessions[layer])
			append_session(&answer->text, conn->sessions[layer]);
}

void answer_ask(const struct tape_copy *tape, const struct case_aids *aids,
		const struct question *question, struct answer *answer)
{
	const struct replay_options options = {
		.handlers = {.record = take_record,
			     .conn_end = take_end,
			     .plaintext = take_plaintext,
			     .contents = take_contents,
			     .border = take_border,
			     .context = answer},
		.resolve = true,
		.explain = true,
		.keylog = aids->keylog,
		.protobuf = aids->protobuf,
		.decode_as = question->decode_as,
		.keep = question->keep,
		.memory_limit = question->memory,
	};
	struct replay *r = replay_new_fed(&options);

	if (!r)
		abort();
	do {
		for (size_t i = 0; i < tape->count; i++)
			replay_event(r, &tape->events[i]);
	} while (replay_again(r));
	if (replay_end(r) != TAPE_OK || answer->text.failed)
		abort();
	buffer_printf(&answer->text,
		      "given up %" PRIu64 ", refused %" PRIu64 " bytes, %" PRIu64 " secrets\n",
		      replay_given_up(r), replay_refused_bytes(r), replay_refused_secrets(r));
	replay_free(r);
}
