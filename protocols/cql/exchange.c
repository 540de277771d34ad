/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"

/* ---- what changes the state ---- */

static enum cql_compression compression_named(struct span name)
{
	if (span_is(name, "lz4") || span_is(name, "LZ4"))
		return CQL_COMPRESSION_LZ4;
	if (span_is(name, "snappy") || span_is(name, "SNAPPY"))
		return CQL_COMPRESSION_SNAPPY;
	return name.len ? CQL_COMPRESSION_UNKNOWN : CQL_COMPRESSION_NONE;
}

static void set(struct buffer *kept, struct span value)
{
	buffer_clear(kept);
	buffer_append_span(kept, value);
}

static void take_startup(struct cql_state *st, const struct cql_message *m)
{
	struct cql_request r;
	struct span name, version;
	bool whole;

	cql_request_read(&m->header, cql_body(st, SIDE_CLIENT, m, &whole), &r);
	/* What is missing may be the compression's name. */
	st->compression = CQL_COMPRESSION_UNKNOWN;
	if (whole)
		st->compression = compression_named(
			cql_map_find(r.list, r.list_count, "COMPRESSION"));
	set(&st->application, cql_map_find(r.list, r.list_count, "APPLICATION_NAME"));
	set(&st->client_id, cql_map_find(r.list, r.list_count, "CLIENT_ID"));
	name = cql_map_find(r.list, r.list_count, "DRIVER_NAME");
	version = cql_map_find(r.list, r.list_count, "DRIVER_VERSION");
	set(&st->driver, name);
	if (name.len && version.len)
		buffer_append_char(&st->driver, ' ');
	buffer_append_span(&st->driver, version);
}

/* SASL's PLAIN (RFC 4616): authorization, name, password, with zeroes between them. */
static void take_login(struct cql_state *st, const struct cql_message *m)
{
	struct cql_request r;
	struct cursor c;
	struct span name;
	bool whole;

	cql_request_read(&m->header, cql_body(st, SIDE_CLIENT, m, &whole), &r);
	c = cursor_of(r.token.data, r.token.len);
	cursor_until(&c, 0);
	name = cursor_until(&c, 0);
	if (!c.failed && name.len)
		set(&st->user, name);
}

/* ---- messages ---- */

/*
 * A client uses a stream again once it was answered. Where responses were lost, one that still
 * waits has lost its own.
 */
static void give_up_stream(struct cql_state *st, const struct cql_message *m)
{
	struct message *old = matcher_find(st->matcher, &m->base);

	if (!old || !matcher_may_be_lost(st->matcher, old))
		return;
	old = matcher_withdraw(st->matcher, old);
	cql_emit(st, old, NULL, true);
	matcher_discard(st->matcher, old);
}

static void take_request(struct cql_state *st, struct cql_message *m)
{
	if (m->header.opcode == CQL_STARTUP)
		take_startup(st, m);
	else if (m->header.opcode == CQL_AUTH_RESPONSE)
		take_login(st, m);
	give_up_stream(st, m);
	matcher_request(st->matcher, &m->base);
}

/* Envelopes one after the other, as before version 5. */
static void tell_contents(struct cql_state *st, enum side side, const struct cql_message *m)
{
	struct span text = buffer_span(&m->base.text);

	session_tell_contents(st->session, side, text, m->len > text.len ? m->len - text.len : 0,
			      cql_has_segments(m->header.version), m->base.ts_last);
}

static void take(struct cql_state *st, enum side side, struct cql_message *m)
{
	struct cursor c = cursor_of(m->base.text.data, m->base.text.len);

	st->incoming[side] = NULL;
	if (m->base.text.failed || !cql_header_read(&c, &m->header)) {
		matcher_discard(st->matcher, &m->base);
		matcher_lost(st->matcher, side);
		return;
	}
	tell_contents(st, side, m);
	st->version[side] = m->header.version;
	m->base.key = (uint16_t)m->header.stream;
	if (side == SIDE_CLIENT)
		take_request(st, m);
	else if (m->header.opcode == CQL_EVENT)
		matcher_push(st->matcher, &m->base);
	else
		matcher_response(st->matcher, &m->base);
}

static struct cql_message *begin(struct cql_state *st, const struct frame *frame, uint64_t len)
{
	struct cql_message *m = (struct cql_message *)matcher_message(st->matcher, frame);

	if (m)
		m->len = len;
	return m;
}

static void append(struct cql_state *st, struct cql_message *m, struct span data)
{
	size_t have = m->base.text.len, most;

	if (m->cut || !data.len)
		return;
	/* The flags are the second byte. */
	most = (have > 1       ? m->base.text.data[1]
		: data.len > 1 ? data.data[1]
			       : 0) &
			       CQL_FLAG_COMPRESSED
		       ? cql_wanted_compressed(st)
		       : cql_wanted(st);
	if (data.len > most - have) {
		m->cut = true;
		data.len = most - have;
	}
	if (matcher_reserve(st->matcher, &m->base, data.len))
		buffer_append_span(&m->base.text, data);
	else
		m->cut = true;
}

/* What came of the message is all that will; LOST: not because the user wanted no more. */
static void abandon(struct cql_state *st, enum side side, bool lost)
{
	struct cql_message *m = st->incoming[side];

	if (!m)
		return;
	m->cut = true;
	m->base.partial |= lost;
	take(st, side, m);
}

/* ---- segments ---- */

/* Whether an envelope that is longer than its segment begins there, as far as can be seen. */
static bool begins_long(enum side side, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct cql_header header;

	if (payload.len < CQL_HEADER_LEN)
		return payload.len && !(payload.data[0] & 0x80) == (side == SIDE_CLIENT) &&
		       cql_has_segments(payload.data[0] & 0x7f);
	return cql_header_read(&c, &header) && header.response == (side == SIDE_SERVER) &&
	       header.len >= cursor_left(&c);
}

/* Its header first: that tells the rest. False: it is none. */
static bool take_header(struct cql_state *st, struct cql_message *m, struct span *payload)
{
	size_t missing = CQL_HEADER_LEN - m->base.text.len;
	size_t n = payload->len < missing ? payload->len : missing;
	struct cql_header header;
	struct cursor c;

	append(st, m, span_of(payload->data, n));
	*payload = span_of(payload->data + n, payload->len - n);
	if (n < missing)
		return true;
	c = cursor_of(m->base.text.data, m->base.text.len);
	if (!cql_header_read(&c, &header))
		return false;
	m->left = header.len;
	m->len = CQL_HEADER_LEN + (uint64_t)header.len;
	return true;
}

/* The bytes of a segment, which are envelopes or a part of one. False: they aren't. */
static bool take_envelopes(struct cql_state *st, const struct frame *frame, struct span payload,
			   bool checksum_bad)
{
	enum side side = frame->side;
	uint64_t index = 0;

	while (payload.len) {
		struct cql_message *m = st->incoming[side];
		size_t n;

		if (!m) {
			m = st->incoming[side] = begin(st, frame, 0);
			if (!m)
				return true;
			/* Rows are named by where they begin: no two in the same place. */
			m->base.position += index++;
		}
		message_extend(&m->base, frame);
		m->segmented = true;
		m->checksum_bad |= checksum_bad;
		if (m->base.text.len < CQL_HEADER_LEN && !take_header(st, m, &payload))
			return false;
		if (m->base.text.len < CQL_HEADER_LEN)
			return !m->cut;
		n = payload.len < m->left ? payload.len : (size_t)m->left;
		append(st, m, span_of(payload.data, n));
		payload = span_of(payload.data + n, payload.len - n);
		m->left -= n;
		if (!m->left)
			take(st, side, m);
	}
	return true;
}

/* What a segment carries, decompressed; *WHOLE: nothing is missing. */
static struct span payload_of(struct cql_state *st, const struct frame *frame,
			      const struct cql_segment *s, bool *whole, bool *checksum_bad)
{
	size_t have = frame->available - s->header_len;
	struct span payload = span_of(frame->data + s->header_len, have);

	*whole = have >= s->len;
	if (*whole)
		payload.len = s->len;
	*checksum_bad = have >= s->len + CQL_SEGMENT_TRAILER_LEN &&
			!cql_segment_checks(payload, (const uint8_t *)payload.data + payload.len);
	if (!s->compressed)
		return payload;
	buffer_clear(&st->segment);
	*whole &= codec_decode_lz4_block(payload, &st->segment, s->plain_len) == CODEC_DONE;
	return buffer_span(&st->segment);
}

static void take_segment(struct cql_state *st, const struct frame *frame)
{
	enum side side = frame->side;
	struct cql_segment segment;
	bool whole, checksum_bad;
	struct span payload;

	if (!cql_segment_read(span_of(frame->data, frame->available), CQL_SEGMENT_ANY, &segment)) {
		cql_lost(st, side, frame->len);
		return;
	}
	if (st->compression == CQL_COMPRESSION_UNKNOWN)
		st->compression = segment.form == CQL_SEGMENT_LZ4 ? CQL_COMPRESSION_LZ4
								  : CQL_COMPRESSION_NONE;
	payload = payload_of(st, frame, &segment, &whole, &checksum_bad);
	if (segment.self_contained)
		abandon(st, side, true);
	else if (!st->incoming[side] && !begins_long(side, payload))
		return; /* the beginning of what it belongs to is missing */
	if (!take_envelopes(st, frame, payload, checksum_bad) || !whole || segment.self_contained)
		abandon(st, side, whole || frame->lost);
}

/* ---- frames ---- */

void cql_part(void *state, const struct frame *frame)
{
	struct cql_state *st = state;
	struct cql_message **m = &st->incoming[frame->side];

	if (!*m)
		*m = begin(st, frame, frame->len);
	if (!*m)
		return;
	if (frame->data)
		append(st, *m, span_of(frame->data, frame->available));
	else
		(*m)->cut = (*m)->base.partial = true;
}

static void take_frame(struct cql_state *st, const struct frame *frame)
{
	struct cql_message *m = st->incoming[frame->side];

	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = begin(st, frame, frame->len);
		if (!m)
			return;
		append(st, m, span_of(frame->data, frame->available));
		m->cut |= frame->cut || frame->lost;
	}
	take(st, frame->side, m);
}

void cql_message(void *state, const struct frame *frame)
{
	if (frame->kind == CQL_FRAME_SEGMENT)
		take_segment(state, frame);
	else
		take_frame(state, frame);
}

/* Streams find their requests whatever is missing. */
void cql_lost(void *state, enum side side, uint64_t missing)
{
	struct cql_state *st = state;

	(void)missing;
	abandon(st, side, true);
	matcher_lost(st->matcher, side);
}

void cql_finish(void *state)
{
	struct cql_state *st = state;

	for (int side = 0; side < 2; side++)
		abandon(st, (enum side)side, true);
	matcher_finish(st->matcher);
}
