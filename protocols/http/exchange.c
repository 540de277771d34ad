/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"
#include "protocols/http2/http2.h"
#include "protocols/websocket/websocket.h"

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

/* ---- the ends of messages ---- */

void http_answer_held(struct http_state *st)
{
	struct http_message *held = st->held;

	st->held = NULL;
	if (held)
		matcher_response(st->matcher, &held->base);
}

void http_answer_closing(struct http_state *st, uint32_t why)
{
	struct http_message *closing = st->closing;

	st->closing = NULL;
	if (!closing)
		return;
	closing->notes |= why;
	matcher_response(st->matcher, &closing->base);
}

/* A server may answer before it has read the whole request: the record waits for both. */
static void end_response(struct http_state *st, struct http_message *m)
{
	struct http_message *request = st->sides[SIDE_CLIENT].incoming;

	if (request && &request->base == matcher_oldest(st->matcher))
		st->held = m;
	else if (m->closes)
		st->closing = m;
	else
		matcher_response(st->matcher, &m->base);
}

void http_end_message(struct http_state *st, enum side which)
{
	struct http_side *side = &st->sides[which];
	struct http_message *m = side->incoming;

	side->incoming = NULL;
	side->phase = HTTP_PHASE_HEAD;
	side->doubtful = false;
	if (which == SIDE_CLIENT && st->held)
		http_answer_held(st);
	else if (which == SIDE_CLIENT && m)
		matcher_complete(st->matcher, &m->base);
	else if (m)
		end_response(st, m);
}

/* ---- heads ---- */

/* As far as the first of these characters, or all of it. */
static struct span up_to(struct span text, const char *stops)
{
	size_t n = 0;

	while (n < text.len && !strchr(stops, text.data[n]))
		n++;
	return span_of(text.data, n);
}

/* "http://user@host:80/path" and "host:443" name the host themselves (RFC 9112, section 3.2). */
static struct span host_of_target(const struct http_start_line *line)
{
	struct span host = line->target;
	const char *user;
	size_t scheme;

	if (!host.len || *host.data == '/')
		return (struct span){0};
	host = up_to(host, " ");
	if (span_is(line->method, "CONNECT"))
		return host;
	/* What comes behind a path or a query that begins earlier is no authority. */
	scheme = up_to(host, ":/?#").len;
	if (host.len - scheme < 3 || memcmp(host.data + scheme, "://", 3) != 0)
		return (struct span){0};
	host = up_to(span_of(host.data + scheme + 3, host.len - scheme - 3), "/?#");
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
struct http_message *http_new_message(struct http_state *st, const struct frame *frame,
				      const struct http_start_line *line)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_message *m = (struct http_message *)matcher_message(st->matcher, frame);
	const struct http_head *head = &http_last_fields(side)->head;
	struct span host;

	if (!m)
		return NULL;
	m->needs_body = http_wants_body(st, frame->side);
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
	m->closes = head->closes;
	if (frame->lost)
		m->notes |= HTTP_NOTE_HEAD_CUT;
	if (line->malformed)
		m->notes |= frame->side == SIDE_CLIENT ? HTTP_NOTE_LINE_ODD : HTTP_NOTE_STATUS_ODD;
	keep_line(m, line);
	host = host_of_target(line);
	m->host = host.len ? piece_of(line->text, host) : keep(m, head->host);
	m->headers = keep(m, buffer_span(&http_last_fields(side)->json));
	keep_codings(m, head);
	/* What it is encoded in may be damaged; HTTP/2 may be asked for the request of an upgrade.
	 */
	m->needs_body |= m->coding_count || head->upgrade.len;
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
	struct http_message *m = http_new_message(st, frame, line);

	http_answer_closing(st, 0);
	/* The client has gone on: what may be the response to a HEAD, and had no body yet, is. */
	if (st->sides[SIDE_SERVER].doubtful && st->head_requests)
		http_end_message(st, SIDE_SERVER);
	expect_body(side, &http_last_fields(side)->head, SIDE_CLIENT);
	side->wait = http_last_fields(side)->head.expects ? HTTP_WAIT_CONTINUE : HTTP_WAIT_NONE;
	side->incoming = m;
	if (m) {
		m->is_head = span_is(line->method, "HEAD");
		st->head_requests += m->is_head;
		m->is_simple = line->simple;
		if (span_is(line->method, "CONNECT")) {
			m->is_connect = true;
			st->connect = m;
		}
		m->base.open = side->phase != HTTP_PHASE_HEAD;
		matcher_request(st->matcher, &m->base);
	}
	if (side->phase == HTTP_PHASE_HEAD)
		http_end_message(st, SIDE_CLIENT);
}

/* Interim responses don't end the exchange (RFC 9110, section 15.2). */
static void note_interim(struct http_state *st, const struct http_start_line *line)
{
	if (st->interim.len > 256)
		return;
	st->grown = true;
	if (st->interim.len)
		buffer_append_text(&st->interim, ", ");
	buffer_append_u64(&st->interim, line->code);
	if (line->reason.len)
		buffer_append_char(&st->interim, ' ');
	buffer_append_span(&st->interim, line->reason);
}

void http_take_interim(struct http_state *st, struct http_message *m)
{
	if (!m || !st->interim.len)
		return;
	m->interim = keep(m, buffer_span(&st->interim));
	buffer_clear(&st->interim);
}

/*
 * A response comes while its request isn't whole. When the server has already gone on from one, the
 * rest of that was lost; a head that it answers in the midst will hardly be continued.
 */
static void settle_request(struct http_state *st)
{
	struct http_side *client = &st->sides[SIDE_CLIENT];

	if (st->held && client->incoming) {
		client->incoming->base.partial = true;
		client->incoming->notes |= HTTP_NOTE_BODY_LOST;
	}
	http_answer_held(st);
	if (!matcher_pending(st->matcher) && client->head.len)
		http_give_up(st, SIDE_CLIENT, HTTP_NOTE_BODY_LOST);
}

/* The client reads the answer to the request whose body it may hold back. */
static void settle_wait(struct http_state *st, const struct http_message *request, unsigned code)
{
	struct http_side *client = &st->sides[SIDE_CLIENT];

	if (!request || request != client->incoming || client->wait != HTTP_WAIT_CONTINUE)
		return;
	if (code == 100)
		client->wait = HTTP_WAIT_NONE;
	else if (code / 100 != 1)
		client->wait = http_last_fields(&st->sides[SIDE_SERVER])->head.closes
				       ? HTTP_WAIT_CLOSED
				       : HTTP_WAIT_REFUSED;
}

/* What follows is another protocol: the tunnel of a CONNECT, or that of an upgrade. */
static bool switches(const struct http_message *request, unsigned code)
{
	return code == 101 || (request && request->is_connect && code / 100 == 2);
}

/* What goes on behind the head, where it has a name that we know; else inference finds out. */
static const struct protocol *upgraded_to(const struct http_head *head, unsigned code)
{
	if (code != 101)
		return NULL;
	if (http_same_word(head->upgrade, "websocket"))
		return &protocol_websocket;
	return http_same_word(head->upgrade, "h2c") ? &protocol_http2 : NULL;
}

/* What WebSocket's rows say of this request. */
static void leave_target(struct http_state *st, const struct http_message *request)
{
	const struct websocket_upgrade upgrade = {
		.authority = http_piece_span(request, request->host),
		.path = http_piece_span(request, request->target),
	};
	struct buffer packed = {0};

	websocket_pack_upgrade(&packed, &upgrade);
	if (!packed.failed)
		session_bequeath(st->session, buffer_span(&packed));
	buffer_free(&packed);
}

/* HTTP/2 answers this request on its stream 1. */
static void leave_request(struct http_state *st, const struct http_message *request)
{
	struct http2_upgrade upgrade = {
		.first = request->base.ts_first,
		.last = request->base.ts_last,
		.body_bytes = request->body_bytes,
		.method = http_piece_span(request, request->method),
		.path = http_piece_span(request, request->target),
		.authority = http_piece_span(request, request->host),
		.headers = http_piece_span(request, request->headers),
	};

	/* Nobody would decode it there. */
	if (!request->coding_count)
		upgrade.body = http_piece_span(request, request->body);
	http2_bequeath(st->session, &upgrade);
}

static void begin_response(struct http_state *st, const struct frame *frame,
			   const struct http_start_line *line)
{
	struct http_side *side = &st->sides[SIDE_SERVER];
	const struct http_message *request;
	const struct protocol *next;
	unsigned code = line->code;
	bool has_body, sure;

	http_answer_closing(st, 0);
	settle_request(st);
	request = (struct http_message *)matcher_oldest(st->matcher);
	sure = request && matcher_is_sure(st->matcher);
	settle_wait(st, request, code);
	if (code / 100 == 1 && code != 101) {
		note_interim(st, line);
		return;
	}
	side->incoming = http_new_message(st, frame, line);
	http_take_interim(st, side->incoming);
	has_body = code != 101 && code != 204 && code != 304 && !switches(request, code) &&
		   !(sure && request->is_head);
	if (has_body)
		expect_body(side, &http_last_fields(side)->head, SIDE_SERVER);
	side->doubtful = has_body && !sure;
	if (switches(request, code) && !frame->lost) {
		next = upgraded_to(&http_last_fields(side)->head, code);
		if (next == &protocol_http2 && sure)
			leave_request(st, request);
		else if (next == &protocol_websocket && sure)
			leave_target(st, request);
		session_switch(st->session, next);
		if (side->incoming)
			side->incoming->notes |= HTTP_NOTE_SWITCHED;
	}
	if (side->phase == HTTP_PHASE_HEAD)
		http_end_message(st, SIDE_SERVER);
}

static bool read_start(enum side which, struct span lines, struct http_start_line *start)
{
	const char *end = memchr(lines.data, '\n', lines.len);

	if (end)
		lines.len = (size_t)(end + 1 - lines.data);
	lines = http_strip_line_end(lines);
	/* The front of a line is no malformed one. */
	if (which == SIDE_SERVER)
		return http_status_line(lines, start) && (end || !start->malformed);
	return end ? http_request_line(lines, start) : http_request_front(lines, start);
}

/* What is behind the start line. */
static struct span header_lines(const struct http_start_line *start, struct span lines)
{
	size_t at = start->text.len;

	while (at < lines.len && lines.data[at++] != '\n')
		;
	return span_of(lines.data + at, lines.len - at);
}

void http_take_lines(struct http_state *st, const struct frame *frame, struct span lines,
		     const struct http_start_line *start)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_start_line line;

	if (!start && !read_start(frame->side, lines, &line))
		return;
	if (!start)
		start = &line;
	side->begun = true;
	side->simple = start->simple;
	if (!(frame->kind & HTTP_FRAME_REPEATED))
		st->grown |= http_heads_read(st->heads, &side->last, header_lines(start, lines));
	if (frame->side == SIDE_CLIENT)
		begin_request(st, frame, start);
	else
		begin_response(st, frame, start);
}
