/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/text.h"
#include "analyze/pcapng/exporter_private.h"
#include "protocols/value/note.h"

/* What a comment may say of all the records that end in one packet. */
#define COMMENT_MAX 1024

static void append_record(const struct record *record, struct buffer *out)
{
	buffer_printf(out, "[%s] ", outcome_text(record->outcome));
	if (record->request_first != TIME_UNKNOWN && record->response_last != TIME_UNKNOWN) {
		int64_t latency = record->response_last - record->request_first;

		text_append_duration(out, latency > 0 ? latency : 0);
		buffer_append_char(out, ' ');
	}
	record->table->describe(record->values, out);
	if (record->note.len) {
		buffer_append_text(out, " (");
		buffer_append_span(out, record->note);
		buffer_append_char(out, ')');
	}
}

/* A record of which nothing came any more belongs to the next packet of its stream, if there is
 * one. */
static bool put_aside(struct exporter *e, struct facts_conn *c, enum layer layer, struct span text)
{
	struct outlet *o = transport_is_datagram(c->transport) ? NULL : aside_outlet(e, c, layer);

	if (!o)
		return false;
	if (o->comment.len > COMMENT_MAX)
		return true;
	note_append_span(&o->comment, text);
	return true;
}

static const struct facts_end *end_of(const struct exporter *e, const struct facts_conn *c,
				      const struct record *record)
{
	struct address peer;

	if (!transport_is_datagram(c->transport))
		return c->ends;
	peer = record->peer ? facts_plain_address(record->peer) : c->remote;
	return facts_peer(&e->facts, c, &peer);
}

void exporter_record(struct exporter *e, const struct connection *from, const struct session *s,
		     const struct record *record)
{
	struct facts_conn *c = facts_conn(&e->facts, from->id);
	const struct facts_end *end = c && c->wanted && !c->live ? end_of(e, c, record) : NULL;
	bool plaintext = session_is_plaintext(s) && c && c->has_plaintext && !c->has_keys;
	enum layer layer = plaintext ? LAYER_TLS : LAYER_WIRE;
	struct buffer text = {0};

	if (c && c->has_contents && c->contents_of == layer)
		layer = LAYER_CONTENTS;
	/* An exchange that both ends saw is written, and told of, once. */
	if (!end || end->left_out)
		return;
	append_record(record, &text);
	if (text.len > COMMENT_MAX)
		text.len = COMMENT_MAX;
	if (!queue_amend(e->queue, end, layer, buffer_span(&text), COMMENT_MAX) &&
	    !put_aside(e, c, layer, buffer_span(&text)))
		e->totals.untold_records++;
	buffer_free(&text);
}
