/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"

/* ---- text ---- */

static struct http_piece keep(struct http_message *m, struct span text)
{
	struct http_piece piece = {(uint32_t)m->base.text.len, (uint32_t)text.len};

	buffer_append_span(&m->base.text, text);
	return piece;
}

/* PART of the start line, which every text begins with. */
static struct http_piece piece_of(struct span line, struct span part)
{
	if (!part.len)
		return (struct http_piece){0};
	return (struct http_piece){(uint32_t)(part.data - line.data), (uint32_t)part.len};
}

static struct http_piece piece_from(const struct http_message *m, size_t at)
{
	return (struct http_piece){(uint32_t)at, (uint32_t)(m->base.text.len - at)};
}

/* Bytes of the body as they come, of which LEN were transferred and DATA is there. */
static void add_body(struct http_message *m, uint64_t len, struct span data)
{
	if (!m)
		return;
	m->body_bytes += len;
	if (m->body_closed)
		return;
	if (data.len < len)
		m->body_closed = true;
	if (data.len > HTTP_BODY_MAX - m->body.len) {
		data.len = HTTP_BODY_MAX - m->body.len;
		m->body_closed = true;
		m->notes |= HTTP_NOTE_BODY_CAPPED;
	}
	if (!m->body.len)
		m->body.at = (uint32_t)m->base.text.len;
	buffer_append_span(&m->base.text, data);
	m->body.len += (uint32_t)data.len;
}

/* ---- the ends of messages ---- */

static void answer(struct http_state *st, struct http_message *response)
{
	pair_response(st->pair, &response->base);
	if (!pair_pending(st->pair))
		st->unsure = false;
}

static void answer_held(struct http_state *st)
{
	struct http_message *held = st->held;

	st->held = NULL;
	if (held)
		answer(st, held);
}

/* A server may answer before it has read the whole request: the record waits for both. */
static void end_response(struct http_state *st, struct http_message *m)
{
	struct http_message *request = st->sides[SIDE_CLIENT].incoming;

	if (request && &request->base == pair_oldest(st->pair))
		st->held = m;
	else
		answer(st, m);
}

void http_end_message(struct http_state *st, enum side which)
{
	struct http_side *side = &st->sides[which];
	struct http_message *m = side->incoming;

	side->incoming = NULL;
	side->phase = HTTP_PHASE_HEAD;
	side->doubtful = false;
	if (which == SIDE_CLIENT)
		answer_held(st);
	else if (m)
		end_response(st, m);
}

/* ---- heads ---- */

/* "http://user@host:80/path" and "host:443" name the host themselves (RFC 9112, section 3.2). */
static struct span host_of_target(const struct http_start_line *line)
{
	struct span host = line->target;
	const char *scheme, *end, *user;

	if (!host.len || *host.data == '/')
		return (struct span){0};
	end = memchr(host.data, ' ', host.len);
	if (end)
		host.len = (size_t)(end - host.data);
	if (span_is(line->method, "CONNECT"))
		return host;
	scheme = memmem(host.data, host.len, "://", 3);
	if (!scheme)
		return (struct span){0};
	host.len -= (size_t)(scheme + 3 - host.data);
	host.data = scheme + 3;
	end = memchr(host.data, '/', host.len);
	if (!end)
		end = memchr(host.data, '?', host.len);
	if (end)
		host.len = (size_t)(end - host.data);
	user = memchr(host.data, '@', host.len);
	if (user) {
		host.len -= (size_t)(user + 1 - host.data);
		host.data = user + 1;
	}
	return host;
}

static void keep_codings(struct http_message *m, const struct http_head *head)
{
	memcpy(m->codings, head->codings, head->coding_count);
	memcpy(m->codings + head->coding_count, head->transfer_codings,
	       head->transfer_coding_count);
	m->coding_count = (uint8_t)(head->coding_count + head->transfer_coding_count);
}

static void keep_line(struct http_message *m, const struct http_start_line *line)
{
	keep(m, line->text);
	m->method = piece_of(line->text, line->method);
	m->target = piece_of(line->text, line->target);
	m->version = piece_of(line->text, line->version);
	m->reason = piece_of(line->text, line->reason);
	m->code = (uint16_t)line->code;
}

/* A message whose head was just read; LINE may be NULL: it has none. */
static struct http_message *new_message(struct http_state *st, const struct frame *frame,
					const struct http_start_line *line)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_message *m = (struct http_message *)pair_message(st->pair, frame);
	const struct http_head *head = &side->fields.head;
	struct span host;

	if (!m)
		return NULL;
	if (side->garbled)
		m->notes |= HTTP_NOTE_GARBAGE_BEFORE;
	side->garbled = false;
	if (side->is_cut) {
		m->base.partial = true;
		m->notes |= HTTP_NOTE_START_CUT;
	}
	side->is_cut = false;
	if (!line) {
		m->notes |= HTTP_NOTE_NO_HEAD;
		return m;
	}
	m->notes |= head->notes;
	if (frame->lost)
		m->notes |= HTTP_NOTE_HEAD_CUT;
	if (line->malformed)
		m->notes |= HTTP_NOTE_LINE_ODD;
	keep_line(m, line);
	host = host_of_target(line);
	m->host = host.len ? piece_of(line->text, host) : keep(m, head->host);
	m->headers = keep(m, buffer_span(&side->fields.json));
	keep_codings(m, head);
	return m;
}

/* What a body is whose head doesn't say "chunked", or says so wrongly (RFC 9112, section 6.3). */
static enum http_phase body_phase(const struct http_head *head, enum side which)
{
	if (head->length_kind == HTTP_LENGTH_KNOWN)
		return head->length ? HTTP_PHASE_BODY : HTTP_PHASE_HEAD;
	if (head->length_kind == HTTP_LENGTH_HUGE || which == SIDE_SERVER)
		return HTTP_PHASE_UNTIL_CLOSE;
	return HTTP_PHASE_HEAD;
}

/* A Content-Length beside a Transfer-Encoding doesn't count, unless that is a lie. */
static void expect_body(struct http_side *side, const struct http_head *head, enum side which)
{
	side->length = head->length;
	side->unchunked = body_phase(head, which);
	if (head->chunked)
		side->phase = HTTP_PHASE_FIRST_CHUNK;
	else if (head->transfer_encoded && which == SIDE_SERVER)
		side->phase = HTTP_PHASE_UNTIL_CLOSE;
	else
		side->phase = side->unchunked;
}

static void begin_request(struct http_state *st, const struct frame *frame,
			  const struct http_start_line *line)
{
	struct http_side *side = &st->sides[SIDE_CLIENT];
	struct http_message *m = new_message(st, frame, line);

	expect_body(side, &side->fields.head, SIDE_CLIENT);
	if (m) {
		m->is_head = span_is(line->method, "HEAD");
		m->is_connect = span_is(line->method, "CONNECT");
		m->is_simple = line->simple;
		pair_request(st->pair, &m->base);
		if (m->is_connect)
			st->connect = m;
	}
	side->incoming = m;
	if (side->phase == HTTP_PHASE_HEAD)
		http_end_message(st, SIDE_CLIENT);
}

/* Interim responses don't end the exchange (RFC 9110, section 15.2). */
static void note_interim(struct http_state *st, const struct http_start_line *line)
{
	if (st->interim.len > 256)
		return;
	if (st->interim.len)
		buffer_append_text(&st->interim, ", ");
	buffer_append_u64(&st->interim, line->code);
	if (line->reason.len)
		buffer_append_char(&st->interim, ' ');
	buffer_append_span(&st->interim, line->reason);
}

static void take_interim(struct http_state *st, struct http_message *m)
{
	if (!m || !st->interim.len)
		return;
	m->interim = keep(m, buffer_span(&st->interim));
	buffer_clear(&st->interim);
}

/* What follows is another protocol: the tunnel of a CONNECT, or that of an upgrade. */
static bool switches(const struct http_message *request, unsigned code)
{
	return code == 101 || (request && request->is_connect && code / 100 == 2);
}

static void begin_response(struct http_state *st, const struct frame *frame,
			   const struct http_start_line *line)
{
	struct http_side *side = &st->sides[SIDE_SERVER];
	const struct http_message *request;
	unsigned code = line->code;
	bool has_body;

	answer_held(st);
	request = (struct http_message *)pair_oldest(st->pair);
	if (code / 100 == 1 && code != 101) {
		note_interim(st, line);
		return;
	}
	side->incoming = new_message(st, frame, line);
	take_interim(st, side->incoming);
	has_body = code != 101 && code != 204 && code != 304 && !switches(request, code) &&
		   !(request && request->is_head && !st->unsure);
	if (has_body)
		expect_body(side, &side->fields.head, SIDE_SERVER);
	side->doubtful = has_body && (st->unsure || !request);
	if (switches(request, code) && !frame->lost) {
		session_switch(st->session);
		if (side->incoming)
			side->incoming->notes |= HTTP_NOTE_SWITCHED;
	}
	if (side->phase == HTTP_PHASE_HEAD)
		http_end_message(st, SIDE_SERVER);
}

/* The start line and the lines behind it. */
static void take_lines(struct http_state *st, const struct frame *frame, struct span lines)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_start_line line;
	const char *end = memchr(lines.data, '\n', lines.len);
	size_t len = end ? (size_t)(end + 1 - lines.data) : lines.len;
	struct span first = http_strip_line_end(span_of(lines.data, len));
	bool client = frame->side == SIDE_CLIENT;

	if (!(client ? http_request_line(first, &line) : http_status_line(first, &line)))
		return;
	http_fields_read(&side->fields, span_of(lines.data + len, lines.len - len));
	if (client)
		begin_request(st, frame, &line);
	else
		begin_response(st, frame, &line);
}

static void take_nothing(struct http_state *st, const struct frame *frame)
{
	(void)st;
	(void)frame;
}

static void take_head_part(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (!side->head.len)
		side->head_first = frame->ts_first;
	buffer_append(&side->head, frame->data, frame->available);
}

static void take_head(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct frame whole = *frame;

	if (!side->head.len) {
		take_lines(st, frame, span_of(frame->data, frame->available));
		return;
	}
	take_head_part(st, frame);
	whole.ts_first = side->head_first;
	take_lines(st, &whole, buffer_span(&side->head));
	buffer_free(&side->head);
}

/* ---- bodies ---- */

/* Whether the whole body was there, and if not why. */
static void note_missing(struct http_message *m, const struct frame *frame, uint64_t expected,
			 uint64_t passed)
{
	if (!m)
		return;
	if (passed < expected)
		m->notes |= HTTP_NOTE_BODY_CUT;
	else if (frame->lost)
		m->notes |= HTTP_NOTE_BODY_LOST;
	else if (frame->cut && frame->available < FRAME_KEEP_MAX)
		m->notes |= HTTP_NOTE_BODY_SNAPPED;
	else if (frame->cut)
		m->notes |= HTTP_NOTE_BODY_CAPPED;
}

static void take_body(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_message *m = side->incoming;

	note_missing(m, frame, side->length, frame->len);
	add_body(m, frame->len, span_of(frame->data, frame->available));
	http_end_message(st, frame->side);
}

static void take_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct span data = span_of(frame->data, frame->available);
	uint64_t size, passed;
	size_t line;
	bool odd;

	side->phase = HTTP_PHASE_CHUNK;
	if (http_chunk_line(data, &size, &line, &odd) != HTTP_MATCH_YES)
		return;
	passed = frame->len - line;
	note_missing(side->incoming, frame, size, passed);
	add_body(side->incoming, passed, span_of(data.data + line, data.len - line));
}

static void take_last_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_message *m = st->sides[frame->side].incoming;
	struct span lines = span_of(frame->data, frame->available);
	uint64_t size;
	size_t line, at;
	bool odd;

	if (m && http_chunk_line(lines, &size, &line, &odd) == HTTP_MATCH_YES) {
		http_fields_read(&st->trailers, span_of(lines.data + line, lines.len - line));
		at = m->base.text.len;
		http_fields_text(&st->trailers, &m->base.text);
		m->trailers = piece_from(m, at);
	}
	http_end_message(st, frame->side);
}

static void take_piece(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (side->phase == HTTP_PHASE_HEADLESS) {
		side->incoming = new_message(st, frame, NULL);
		side->phase = HTTP_PHASE_UNTIL_CLOSE;
		side->begun = true;
	}
	note_missing(side->incoming, frame, frame->len, frame->len);
	add_body(side->incoming, frame->len, span_of(frame->data, frame->available));
}

/* ---- what the engine calls ---- */

/* The server has answered without waiting for the rest: that it never comes is no loss. */
static bool is_refused(const struct http_state *st, enum side which)
{
	return which == SIDE_CLIENT && st->held;
}

static void extend(const struct http_state *st, struct http_message *m, const struct frame *frame)
{
	bool ends_early = frame->lost && (frame->cut || frame->available == frame->len);

	if (ends_early && is_refused(st, frame->side))
		m->base.ts_last = frame->ts_last;
	else
		message_extend(&m->base, frame);
}

typedef void take_fn(struct http_state *st, const struct frame *frame);

void http_message(void *state, const struct frame *frame)
{
	static take_fn *const by_kind[] = {
		[HTTP_FRAME_IGNORED] = take_nothing, [HTTP_FRAME_HEAD_PART] = take_head_part,
		[HTTP_FRAME_HEAD] = take_head,	     [HTTP_FRAME_BODY] = take_body,
		[HTTP_FRAME_CHUNK] = take_chunk,     [HTTP_FRAME_LAST_CHUNK] = take_last_chunk,
		[HTTP_FRAME_PIECE] = take_piece,
	};
	struct http_state *st = state;
	struct http_message *m = st->sides[frame->side].incoming;

	if (m)
		extend(st, m, frame);
	by_kind[frame->kind](st, frame);
}

/* What came of a head, or of a body, is all that will come. WHY: a note if it was a body. */
static void give_up(struct http_state *st, enum side which, enum http_note why)
{
	struct http_side *side = &st->sides[which];

	if (side->head.len) {
		struct frame frame = {
			.side = which,
			.lost = true,
			.ts_first = side->head_first,
			.ts_last = side->head_first,
		};

		take_lines(st, &frame, buffer_span(&side->head));
		buffer_free(&side->head);
		/* Without the empty line at their end they are no model for others. */
		buffer_clear(&side->fields.lines);
	}
	if (side->incoming) {
		side->incoming->base.partial |= why != HTTP_NOTE_BODY_CUT || !is_refused(st, which);
		if (!(side->incoming->notes & (HTTP_NOTE_HEAD_CUT | HTTP_NOTE_CHUNK_BAD)))
			side->incoming->notes |= why;
	}
	if (side->phase != HTTP_PHASE_HEAD)
		http_end_message(st, which);
}

void http_lost(void *state, enum side side)
{
	struct http_state *st = state;
	struct http_side *s = &st->sides[side];

	st->unsure = true;
	s->at_line_start = false;
	if (side == SIDE_SERVER) {
		st->connect = NULL;
		if (s->phase == HTTP_PHASE_UNTIL_CLOSE) {
			if (s->incoming) {
				s->incoming->base.partial = true;
				s->incoming->body_closed = true;
				s->incoming->notes |= HTTP_NOTE_BODY_LOST;
			}
			return;
		}
	}
	give_up(st, side, HTTP_NOTE_BODY_LOST);
	pair_lost(st->pair, side);
}

void http_finish(void *state)
{
	struct http_state *st = state;

	if (st->sides[SIDE_SERVER].phase == HTTP_PHASE_UNTIL_CLOSE)
		http_end_message(st, SIDE_SERVER);
	give_up(st, SIDE_SERVER, HTTP_NOTE_BODY_CUT);
	give_up(st, SIDE_CLIENT, HTTP_NOTE_BODY_CUT);
	answer_held(st);
	take_interim(st, (struct http_message *)pair_oldest(st->pair));
	pair_finish(st->pair);
}
