/* SPDX-License-Identifier: BSD-2-Clause */
#include <strings.h>

#include "protocols/http/state.h"
#include "protocols/value/ascii.h"

/* A line with a chunk's size and extensions that is longer than this is none. */
#define CHUNK_LINE_MAX (16u << 10)

/* A header name that is longer than this is none. */
#define HEADER_NAME_MAX 256

/* So much of an unfinished start line is looked at. */
#define START_LINE_FRONT 64

size_t http_find_empty_line(struct span bytes, size_t from, size_t scanned, size_t *line)
{
	while (from < bytes.len) {
		size_t search = from > scanned ? from : scanned, blank_end = from;
		const char *end;

		while (blank_end < bytes.len && blank_end < from + 2 &&
		       bytes.data[blank_end] == '\r')
			blank_end++;
		if (blank_end == bytes.len)
			break;
		if (bytes.data[blank_end] == '\n')
			return blank_end + 1;
		end = memchr(bytes.data + search, '\n', bytes.len - search);
		if (!end)
			break;
		from = (size_t)(end + 1 - bytes.data);
	}
	*line = from;
	return 0;
}

/* ---- heads ---- */

static size_t leading_line_ends(struct span bytes)
{
	size_t n = 0;

	while (n < bytes.len && (bytes.data[n] == '\r' || bytes.data[n] == '\n'))
		n++;
	return n;
}

/* Whether FRONT, as far as it goes, is TEXT; case doesn't matter. */
static bool begins_like(struct span front, const char *text)
{
	size_t len = strlen(text);

	/* Of nothing there may be no address, either. */
	return !front.len || strncasecmp(front.data, text, front.len < len ? front.len : len) == 0;
}

static bool front_is_start(enum side side, struct span front)
{
	if (side == SIDE_SERVER)
		return begins_like(front, "HTTP/") || begins_like(front, "ICY ");
	if (front.len > START_LINE_FRONT)
		front.len = START_LINE_FRONT;
	for (size_t i = 0; i < front.len; i++)
		if (!http_is_token((uint8_t)front.data[i]))
			return i > 0 && i <= HTTP_METHOD_MAX &&
			       (front.data[i] == '\r' || ascii_is_blank(front.data[i]));
	return front.len <= HTTP_METHOD_MAX;
}

/*
 * A response without a head, as servers of HTTP/0.9 send it: to such a request anything is, to
 * another one only the very first answer, and only when it is a document.
 */
static bool is_headless(const struct http_state *st, struct span bytes)
{
	const struct http_message *request = (struct http_message *)matcher_oldest(st->matcher);

	if (!request || !bytes.len)
		return false;
	if (!request->is_simple && (st->sides[SIDE_SERVER].begun || bytes.data[0] != '<'))
		return false;
	return !begins_like(bytes, "HTTP/");
}

/* The start line at the beginning of BYTES, *LEN long with its line end. */
static enum frame_status check_start_line(enum side side, struct span bytes, struct frame *frame,
					  struct http_start_line *line, size_t *len)
{
	const char *end = memchr(bytes.data + frame->scanned, '\n', bytes.len - frame->scanned);
	struct span text;

	if (!end) {
		frame->scanned = bytes.len;
		return front_is_start(side, bytes) ? FRAME_MORE : FRAME_BAD;
	}
	*len = (size_t)(end + 1 - bytes.data);
	text = http_strip_line_end(span_of(bytes.data, *len));
	if (side == SIDE_CLIENT)
		return http_request_line(text, line) ? FRAME_DONE : FRAME_BAD;
	return http_status_line(text, line) ? FRAME_DONE : FRAME_BAD;
}

/* Header lines have no business behind a request of HTTP/0.9; FRAME_BAD: it is none. */
static enum frame_status cut_stray_header(struct span bytes, struct frame *frame)
{
	size_t name = 0;
	const char *end;

	while (name < bytes.len && name < HEADER_NAME_MAX &&
	       http_is_token((uint8_t)bytes.data[name]))
		name++;
	if (name == 0 || name == bytes.len || bytes.data[name] != ':')
		return FRAME_BAD;
	end = memchr(bytes.data, '\n', bytes.len);
	frame->len = end ? (uint64_t)(end + 1 - bytes.data) : 0;
	return end ? FRAME_DONE : FRAME_MORE;
}

/* What may come first: the start line. FRAME_DONE with a length: it is all there is to cut. */
static enum frame_status cut_start(const struct http_state *st, enum side which, struct span bytes,
				   struct frame *frame, size_t *from)
{
	struct http_memo *memo = frame->memo;
	enum frame_status status;

	/* Behind a CONNECT comes a tunnel or the next request: the answer will tell. */
	if (which == SIDE_CLIENT && st->connect)
		return FRAME_HOLD;
	if (which == SIDE_SERVER && is_headless(st, bytes)) {
		frame->kind = HTTP_FRAME_HEADLESS;
		frame->len = bytes.len;
		return FRAME_DONE;
	}
	frame->kind = HTTP_FRAME_IGNORED;
	frame->len = leading_line_ends(bytes);
	if (frame->len)
		return FRAME_DONE;
	if (st->sides[which].simple) {
		status = cut_stray_header(bytes, frame);
		if (status != FRAME_BAD)
			return status;
	}
	status = check_start_line(which, bytes, frame, &memo->start, from);
	if (status == FRAME_DONE && memo->start.simple) {
		frame->kind = HTTP_FRAME_HEAD;
		frame->len = *from;
	}
	return status;
}

/* *KIND: of a frame that ends there. */
static size_t find_head_end(const struct http_side *side, struct span bytes, size_t from,
			    size_t scanned, size_t *line, unsigned *kind)
{
	struct span lines = span_of(bytes.data + from, bytes.len - from);
	size_t repeated = from ? http_fields_repeated(http_last_fields(side), lines) : 0;

	*kind = HTTP_FRAME_HEAD | (repeated ? HTTP_FRAME_REPEATED : 0);
	return repeated ? from + repeated : http_find_empty_line(bytes, from, scanned, line);
}

static enum frame_status cut_head(const struct http_state *st, enum side which, struct span bytes,
				  struct frame *frame)
{
	const struct http_side *side = &st->sides[which];
	size_t from = 0, line = 0, end;
	unsigned kind;

	if (!side->head.len) {
		enum frame_status status = cut_start(st, which, bytes, frame, &from);

		if (status != FRAME_DONE || frame->len)
			return status;
	}
	end = find_head_end(side, bytes, from, frame->scanned, &line, &kind);
	if (!end && !line) {
		frame->scanned = bytes.len;
		return FRAME_MORE;
	}
	frame->kind = end ? kind : HTTP_FRAME_HEAD_PART;
	frame->len = end ? end : line;
	return side->head.len + frame->len > FRAME_HEAD_MAX ? FRAME_BAD : FRAME_DONE;
}

/* ---- bodies ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum http_match http_chunk_line(struct span bytes, uint64_t *size, size_t *len, bool *odd)
{
	size_t at = 0, digits;
	const char *end;

	if (bytes.len > CHUNK_LINE_MAX)
		bytes.len = CHUNK_LINE_MAX;
	while (at < bytes.len && ascii_is_blank_or_end(bytes.data[at]))
		at++;
	*odd = at > 2;
	*size = 0;
	for (digits = at; digits < bytes.len && hex_digit(bytes.data[digits]) >= 0; digits++) {
		if (*size > INT64_MAX >> 5)
			return HTTP_MATCH_NO;
		*size = *size << 4 | (uint64_t)hex_digit(bytes.data[digits]);
	}
	if (digits == at && at < bytes.len)
		return HTTP_MATCH_NO;
	end = memchr(bytes.data + digits, '\n', bytes.len - digits);
	if (!end)
		return bytes.len < CHUNK_LINE_MAX ? HTTP_MATCH_PREFIX : HTTP_MATCH_NO;
	*odd |= !ascii_is_blank_or_end(bytes.data[digits]) && bytes.data[digits] != ';';
	*len = (size_t)(end + 1 - bytes.data);
	return HTTP_MATCH_YES;
}

static enum frame_status cut_last_chunk(struct span bytes, size_t line_len, struct frame *frame)
{
	size_t line = 0;
	size_t from = frame->scanned > line_len ? frame->scanned : line_len;
	size_t end = http_find_empty_line(bytes, from, 0, &line);

	if (!end) {
		frame->scanned = line;
		return FRAME_MORE;
	}
	frame->kind = HTTP_FRAME_LAST_CHUNK;
	frame->len = end;
	return FRAME_DONE;
}

static enum frame_status cut_chunk(const struct http_state *st, enum side which, struct span bytes,
				   struct frame *frame)
{
	uint64_t size;
	size_t len;
	bool odd;

	(void)st;
	(void)which;
	switch (http_chunk_line(bytes, &size, &len, &odd)) {
	case HTTP_MATCH_PREFIX:
		return FRAME_MORE;
	case HTTP_MATCH_NO:
		return FRAME_BAD;
	case HTTP_MATCH_YES:
		break;
	}
	if (!size)
		return cut_last_chunk(bytes, len, frame);
	frame->kind = HTTP_FRAME_CHUNK;
	frame->len = len + size;
	frame->in_parts = true;
	return FRAME_DONE;
}

static enum frame_status cut_body(const struct http_state *st, enum side which, struct span bytes,
				  struct frame *frame)
{
	(void)bytes;
	frame->kind = HTTP_FRAME_BODY;
	frame->len = st->sides[which].length;
	frame->in_parts = true;
	return FRAME_DONE;
}

static enum frame_status cut_piece(const struct http_state *st, enum side which, struct span bytes,
				   struct frame *frame)
{
	(void)st;
	(void)which;
	frame->kind = HTTP_FRAME_PIECE;
	frame->len = bytes.len;
	return FRAME_DONE;
}

/* Some servers announce chunks and send none: then the other headers tell the length. */
static enum frame_status cut_first_chunk(const struct http_state *st, enum side which,
					 struct span bytes, struct frame *frame)
{
	const struct http_side *side = &st->sides[which];
	enum frame_status status;
	uint64_t size;
	size_t len;
	bool odd;

	if (side->unchunked == HTTP_PHASE_HEAD ||
	    http_chunk_line(bytes, &size, &len, &odd) != HTTP_MATCH_NO)
		return cut_chunk(st, which, bytes, frame);
	status = side->unchunked == HTTP_PHASE_BODY ? cut_body(st, which, bytes, frame)
						    : cut_piece(st, which, bytes, frame);
	frame->kind |= HTTP_FRAME_NOT_CHUNKED;
	return status;
}

/* ---- all of them ---- */

typedef enum frame_status cut_fn(const struct http_state *st, enum side which, struct span bytes,
				 struct frame *frame);

/*
 * Without its request a response to HEAD looks as if a body followed, and after a loss too; but
 * another response may begin in its place.
 */
static enum frame_status cut_doubtful(const struct http_state *st, enum side which,
				      struct span bytes, struct frame *frame)
{
	enum frame_status status;

	if (bytes.len < strlen("HTTP/1."))
		return FRAME_MORE;
	status = cut_head(st, which, bytes, frame);
	frame->kind |= HTTP_FRAME_INSTEAD;
	return status;
}

/*
 * Where the body of a request may begin that the server has answered without asking for it, or
 * nothing of it comes, and then the next request. Bodies may hold requests, too, but hardly begin
 * with a whole line of one, which clients don't send in such a place for anything else.
 */
static enum http_match match_instead(struct span bytes)
{
	size_t len;
	enum http_match match = http_request_match(bytes, &len);

	if (match != HTTP_MATCH_NO && !http_method_begins(http_method_of(bytes)))
		return HTTP_MATCH_NO;
	return match;
}

static enum frame_status cut_refused(const struct http_state *st, struct span bytes,
				     struct frame *frame)
{
	enum frame_status status;

	switch (match_instead(bytes)) {
	case HTTP_MATCH_YES:
		status = cut_head(st, SIDE_CLIENT, bytes, frame);
		frame->kind |= HTTP_FRAME_INSTEAD;
		return status;
	case HTTP_MATCH_PREFIX:
		return FRAME_MORE;
	case HTTP_MATCH_NO:
		break;
	}
	return st->sides[SIDE_CLIENT].phase == HTTP_PHASE_BODY
		       ? cut_body(st, SIDE_CLIENT, bytes, frame)
		       : cut_first_chunk(st, SIDE_CLIENT, bytes, frame);
}

/* Whether the body of the client's request, which begins here, may never come. */
static bool is_refused(const struct http_side *side, enum side which)
{
	return which == SIDE_CLIENT && side->wait == HTTP_WAIT_REFUSED &&
	       (side->phase == HTTP_PHASE_BODY || side->phase == HTTP_PHASE_FIRST_CHUNK);
}

enum frame_status http_frame(const void *state, enum side side, const struct cursor *in,
			     struct frame *frame)
{
	static cut_fn *const by_phase[] = {
		[HTTP_PHASE_HEAD] = cut_head,
		[HTTP_PHASE_BODY] = cut_body,
		[HTTP_PHASE_FIRST_CHUNK] = cut_first_chunk,
		[HTTP_PHASE_CHUNK] = cut_chunk,
		[HTTP_PHASE_UNTIL_CLOSE] = cut_piece,
	};
	const struct http_state *st = state;
	struct span bytes = cursor_rest(in);

	if (!bytes.len &&
	    (st->sides[side].phase != HTTP_PHASE_BODY || is_refused(&st->sides[side], side)))
		return FRAME_MORE;
	if (is_refused(&st->sides[side], side))
		return cut_refused(st, bytes, frame);
	if (st->sides[side].doubtful && begins_like(bytes, "HTTP/1."))
		return cut_doubtful(st, side, bytes, frame);
	return by_phase[st->sides[side].phase](st, side, bytes, frame);
}

/* So much of a status line has its code: "HTTP/1.1 200". */
#define STATUS_FRONT 12

bool http_torn(const void *state, enum side which, const struct cursor *in, struct frame *frame)
{
	const struct http_state *st = state;
	const struct http_side *side = &st->sides[which];
	struct span bytes = cursor_rest(in), method = http_method_of(bytes);
	size_t len;

	if (side->phase != HTTP_PHASE_HEAD || side->head.len)
		return false;
	frame->kind = HTTP_FRAME_HEAD_PART;
	if (which == SIDE_SERVER)
		return http_status_match(bytes, &len) == HTTP_MATCH_PREFIX && len >= STATUS_FRONT;
	return http_request_match(bytes, &len) == HTTP_MATCH_PREFIX && len > method.len + 1 &&
	       http_method_known(method);
}
