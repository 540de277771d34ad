/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/scan.h"
#include "protocols/value/ascii.h"

#define RDB_MARK_HEAD	  "$EOF:"
#define RDB_MARK_HEAD_LEN (sizeof(RDB_MARK_HEAD) - 1)

/* More than a string takes that is passed over at once. */
#define SHORT_MAX 128

/* Before the first word of a line. */
#define BLANKS_MAX 64

static enum frame_status done(struct frame *frame, uint64_t len, unsigned kind)
{
	frame->len = len;
	frame->kind = kind;
	return FRAME_DONE;
}

/* ---- snapshots on a replication link ---- */

/* "$EOF:<mark>\r\n": the frame is this line alone, the snapshot follows. */
static enum frame_status frame_rdb_mark(const uint8_t *data, size_t available, struct frame *frame)
{
	const size_t len = RDB_MARK_HEAD_LEN + RDB_MARK_LEN + 2;
	size_t seen = available < RDB_MARK_HEAD_LEN ? available : RDB_MARK_HEAD_LEN;

	if (memcmp(data, RDB_MARK_HEAD, seen) != 0)
		return FRAME_BAD;
	if (available < len)
		return FRAME_MORE;
	if (memcmp(data + len - 2, "\r\n", 2) != 0)
		return FRAME_BAD;
	return done(frame, len, REDIS_RDB_MARK | REDIS_GOES_ON);
}

/* A piece of the snapshot, or the mark itself. */
static enum frame_status frame_until_mark(const struct redis_scan *scan, const uint8_t *data,
					  size_t available, struct frame *frame)
{
	size_t from = frame->scanned;
	const uint8_t *mark;

	mark = memmem(data + from, available - from, scan->mark, RDB_MARK_LEN);
	if (mark == data)
		return done(frame, RDB_MARK_LEN, REDIS_RDB_MARK);
	if (mark && mark - data <= REDIS_PIECE)
		return done(frame, (uint64_t)(mark - data), REDIS_RDB_PART | REDIS_GOES_ON);
	if (mark || available >= REDIS_PIECE + RDB_MARK_LEN)
		return done(frame, REDIS_PIECE, REDIS_RDB_PART | REDIS_GOES_ON);
	if (available >= RDB_MARK_LEN)
		frame->scanned = available - RDB_MARK_LEN + 1;
	return FRAME_MORE;
}

static enum frame_status frame_rdb(const uint8_t *data, size_t available, struct frame *frame)
{
	struct resp_token token;
	enum frame_status status;

	if (available < 2)
		return FRAME_MORE;
	if (data[1] == RDB_MARK_HEAD[1])
		return frame_rdb_mark(data, available, frame);
	status = resp_token(data, available, &token);
	if (status != FRAME_DONE)
		return status;
	if (token.null || token.streamed)
		return FRAME_BAD;
	return done(frame, token.size - 2, REDIS_RDB);
}

/* ---- values ---- */

/* A request is an array of bulk strings, nothing else. */
static bool fits_request(const struct resp_walk *walk, const struct resp_token *token)
{
	if (!walk->depth)
		return token->type == RESP_ARRAY && !token->streamed;
	return token->type == RESP_BULK && !token->null && !token->streamed;
}

static unsigned kind_of(const struct redis_scan *scan, const struct resp_token *last, bool whole)
{
	if (scan->side == SIDE_SERVER)
		return REDIS_REPLY;
	/* An empty array is no request: the server passes over it. */
	return whole && last->type == RESP_ARRAY ? REDIS_EMPTY : REDIS_REQUEST;
}

/* Where a token should end, a CRLF stands; what isn't there yet may still be one. */
static bool ends_well(const uint8_t *data, size_t available, uint64_t end)
{
	return end > available || memcmp(data + end - 2, "\r\n", 2) == 0;
}

/* The name of a push is behind its head, in the same piece. */
static bool opens(const struct resp_token *token)
{
	return resp_is_aggregate(token->type) && token->number > 0;
}

static enum frame_status take_push(struct resp_walk *walk, const struct resp_token *token,
				   const uint8_t *at, size_t available)
{
	if (!opens(token))
		return FRAME_DONE;
	return resp_walk_push(walk, token, span_of(at + token->size, available - token->size));
}

/*
 * Passes over a short string: of an array, or a reply of its own. Its size, or 0 where there is
 * something else, or more to do. *WHOLE: it ended the message.
 */
static size_t pass_string(struct resp_walk *walk, bool reply, const uint8_t *at, size_t available,
			  bool *whole)
{
	struct resp_level *top = walk->depth ? &walk->level[walk->depth - 1] : NULL;
	bool last = !top || top->left == 1;
	struct span text;
	size_t size;

	if (top ? top->left == RESP_STREAMED ||
			    (last && (walk->depth > 1 || top->type != RESP_ARRAY))
		: !reply)
		return 0;
	size = resp_short_bulk(at, available, &text);
	if (!size)
		return 0;
	*whole = last;
	if (last)
		walk->depth = 0;
	else
		top->left--;
	return size;
}

/*
 * Tokens until the message is whole or the piece long enough. frame->scanned may lie beyond what is
 * there: behind a payload that is still to come.
 */
static enum frame_status frame_value(const struct redis_scan *scan, const uint8_t *data,
				     size_t available, struct frame *frame)
{
	struct resp_walk *walk = frame->memo;
	bool reply = scan->side == SIDE_SERVER;
	size_t pos = frame->scanned;

	if (!pos)
		resp_walk_copy(walk, &scan->start);
	for (;;) {
		struct resp_token token;
		enum frame_status status;
		bool whole;
		size_t size;

		frame->scanned = pos;
		if (pos > available)
			return FRAME_MORE;
		if (pos && !ends_well(data, available, pos))
			return FRAME_BAD;
		while (pos < REDIS_PIECE - SHORT_MAX &&
		       (size = pass_string(walk, reply, data + pos, available - pos, &whole)) > 0) {
			pos += size;
			if (whole)
				return done(frame, pos, reply ? REDIS_REPLY : REDIS_REQUEST);
		}
		frame->scanned = pos;
		status = resp_token(data + pos, available - pos, &token);
		if (status != FRAME_DONE)
			return status;
		if (!reply && !fits_request(walk, &token))
			return FRAME_BAD;
		status = take_push(walk, &token, data + pos, available - pos);
		if (status != FRAME_DONE)
			return status;
		if (!resp_walk(walk, &token, &whole))
			return FRAME_BAD;
		if (whole || (pos + token.size >= REDIS_PIECE && !opens(&token))) {
			if (!ends_well(data, available, pos + token.size))
				return FRAME_BAD;
			return done(frame, pos + token.size,
				    kind_of(scan, &token, whole) | (whole ? 0 : REDIS_GOES_ON));
		}
		pos += (size_t)token.size;
	}
}

/* ---- lines ---- */

struct span redis_first_word(struct span line)
{
	size_t from = 0, to;

	while (from < line.len && ascii_is_blank(line.data[from]))
		from++;
	for (to = from; to < line.len; to++)
		if (strchr(" \t\r\n", line.data[to]))
			break;
	return span_of(line.data + from, to - from);
}

/* Text in any encoding that a person may have typed: no control characters. */
static bool is_typed(const uint8_t *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return false;
	return true;
}

static bool starts_command(struct span line)
{
	size_t blanks = 0;
	char c;

	while (blanks < line.len && blanks < BLANKS_MAX && ascii_is_blank(line.data[blanks]))
		blanks++;
	if (blanks == line.len)
		return true;
	c = line.data[blanks];
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '"' || c == '\'' || c == '_';
}

static enum frame_status frame_inline(const uint8_t *data, size_t available, struct frame *frame)
{
	size_t seen = available < RESP_LINE_MAX ? available : RESP_LINE_MAX;
	size_t from = frame->scanned;
	const uint8_t *end = memchr(data + from, '\n', seen - from);
	size_t len = end ? (size_t)(end - data) : seen;
	struct span line;

	if (len && data[len - 1] == '\r')
		len--;
	line = span_of(data, len);
	if (!is_typed(data + from, len > from ? len - from : 0) || !starts_command(line))
		return FRAME_BAD;
	if (!end) {
		frame->scanned = len;
		return seen == RESP_LINE_MAX ? FRAME_BAD : FRAME_MORE;
	}
	if (!redis_first_word(line).len)
		return done(frame, (uint64_t)(end - data) + 1, REDIS_EMPTY);
	return done(frame, (uint64_t)(end - data) + 1, REDIS_INLINE);
}

/* A master that has nothing to say keeps its link to a replica alive with empty lines. */
static enum frame_status frame_empty_line(const uint8_t *data, size_t available,
					  struct frame *frame)
{
	if (data[0] == '\n')
		return done(frame, 1, REDIS_EMPTY);
	if (available < 2)
		return FRAME_MORE;
	return data[1] == '\n' ? done(frame, 2, REDIS_EMPTY) : FRAME_BAD;
}

enum frame_status redis_scan_frame(const struct redis_scan *scan, const uint8_t *data,
				   size_t available, struct frame *frame)
{
	if (!available)
		return FRAME_MORE;
	if (scan->rdb == RDB_UNTIL_MARK)
		return frame_until_mark(scan, data, available, frame);
	if (scan->start.depth)
		return frame_value(scan, data, available, frame);
	if (data[0] == '\r' || data[0] == '\n')
		return frame_empty_line(data, available, frame);
	if (scan->rdb == RDB_EXPECTED && data[0] == RESP_BULK)
		return frame_rdb(data, available, frame);
	if (scan->side == SIDE_CLIENT && data[0] != RESP_ARRAY)
		return frame_inline(data, available, frame);
	return frame_value(scan, data, available, frame);
}

void redis_scan_take(struct redis_scan *scan, const struct frame *frame)
{
	bool goes_on = frame->kind & REDIS_GOES_ON;

	switch (redis_kind_of(frame)) {
	case REDIS_REQUEST:
	case REDIS_REPLY:
		if (goes_on)
			resp_walk_copy(&scan->start, frame->memo);
		else
			scan->start.depth = scan->start.uncounted = 0;
		break;
	case REDIS_INLINE:
		scan->inline_seen = true;
		break;
	case REDIS_RDB:
		scan->rdb = RDB_NONE;
		break;
	case REDIS_RDB_MARK:
		scan->rdb = RDB_NONE;
		if (goes_on && frame->available == frame->len) {
			memcpy(scan->mark, frame->data + RDB_MARK_HEAD_LEN, RDB_MARK_LEN);
			scan->rdb = RDB_UNTIL_MARK;
		}
		break;
	case REDIS_EMPTY:
		scan->start.depth = 0;
		break;
	case REDIS_RDB_PART:
		break;
	}
}

void redis_scan_lost(struct redis_scan *scan)
{
	scan->start.depth = 0;
	if (scan->rdb == RDB_EXPECTED)
		scan->rdb = RDB_NONE;
}
