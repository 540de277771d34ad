/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"
#include "protocols/engine/budget.h"
#include "protocols/content/notes.h"

/*
 * The codings that LIST names, in the order in which they were applied. Clients also write charsets
 * there (utf-8) and put both together ("gzip:UTF-8"): what is no coding says nothing of the bytes.
 */
static unsigned codings_of(struct span list, uint8_t codings[static HTTP_CODINGS_MAX])
{
	static const char between[] = {',', ':', ';', ' '};
	unsigned count = 0;
	size_t from = 0;

	for (size_t at = 0; at <= list.len && count < HTTP_CODINGS_MAX; at++) {
		enum http_coding coding;

		if (at < list.len && !memchr(between, list.data[at], sizeof(between)))
			continue;
		coding = http_coding_find(span_of(list.data + from, at - from));
		if (coding != HTTP_CODING_UNKNOWN && coding != HTTP_CODING_IDENTITY)
			codings[count++] = (uint8_t)coding;
		from = at + 1;
	}
	return count;
}

static const char *note_of(uint32_t notes)
{
	if (notes & HTTP_NOTE_CODING_NOT_APPLIED)
		return "the body isn't encoded as announced";
	if (notes & (HTTP_NOTE_CODING_DAMAGED | HTTP_NOTE_CODING_CUT))
		return "the encoded body is damaged or ends early";
	if (notes & HTTP_NOTE_BODY_CAPPED)
		return "the body is longer than what is kept (--keep, --memory)";
	return NULL;
}

void amqp_body_read(struct amqp_state *st, const struct amqp_message *m,
		    struct amqp_reading *reading)
{
	uint8_t codings[HTTP_CODINGS_MAX];
	uint32_t notes = 0;
	unsigned count;

	reading->body = amqp_message_body(m);
	reading->body_note = NULL;
	if (!reading->described || !(reading->properties.there & 1u << AMQP_CONTENT_ENCODING) ||
	    !reading->body.len)
		return;
	count = codings_of(reading->properties.values[AMQP_CONTENT_ENCODING].text, codings);
	if (!count)
		return;
	st->decoder.limit = session_keep(st->session);
	reading->body = http_decode(&st->decoder, codings, count, reading->body, &notes);
	/* Of one that isn't all there, the beginning is what can be had. */
	if (m->cut || m->body_len < m->body_size)
		notes &= ~(uint32_t)(HTTP_NOTE_CODING_CUT | HTTP_NOTE_CODING_DAMAGED);
	reading->body_note = note_of(notes);
}
