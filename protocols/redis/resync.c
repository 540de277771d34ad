/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/command.h"
#include "protocols/redis/scan.h"

/*
 * Where a frame may start after a loss. What was lost may have been the beginning of anything, so
 * that text inside a value can look like a frame; a candidate must therefore stand behind a line
 * end (or where the bytes begin), and what follows it must be RESP as far as it is there.
 */

/* So many tokens behind a candidate are looked at. */
#define TOKENS_CHECKED 16

/* The name of a command is shorter than this; modules have long ones. */
#define COMMAND_NAME_MAX 64

/* NO, YES, or not enough bytes to tell. */
static enum frame_status check_name(const struct resp_token *token)
{
	for (size_t i = 0; i < token->text.len; i++) {
		uint8_t c = (uint8_t)token->text.data[i];

		if (c <= ' ' || c >= 0x7f)
			return FRAME_BAD;
	}
	return token->text.len == (uint64_t)token->number ? FRAME_DONE : FRAME_MORE;
}

/* *<n>\r\n$<m>\r\n<name>\r\n */
static enum frame_status check_request(const uint8_t *at, size_t available)
{
	struct resp_token token;
	enum frame_status status = resp_token(at, available, &token);
	size_t head = (size_t)token.size;

	if (status != FRAME_DONE)
		return status;
	if (token.streamed || token.number < 1)
		return FRAME_BAD;
	if (head < available && at[head] != RESP_BULK)
		return FRAME_BAD;
	status = resp_token(at + head, available - head, &token);
	if (status != FRAME_DONE)
		return status;
	if (token.null || token.streamed || token.number < 1 || token.number > COMMAND_NAME_MAX)
		return FRAME_BAD;
	return check_name(&token);
}

/* A line that begins with a command's name, where lines have been seen before. */
static enum frame_status check_inline(const uint8_t *at, size_t available)
{
	const uint8_t *end = memchr(at, '\n',
				    available < RESP_LINE_MAX ? available : RESP_LINE_MAX);

	if (!end)
		return FRAME_MORE;
	return redis_command_known(redis_first_word(span_of(at, (size_t)(end - at)))) ? FRAME_DONE
										      : FRAME_BAD;
}

/* A simple string or an error that Redis may have sent: one line of text, errors in capitals. */
static bool is_plausible_line(const struct resp_token *token)
{
	struct span text = token->text;

	if (token->type != RESP_SIMPLE && token->type != RESP_ERROR)
		return true;
	if (token->type == RESP_ERROR && (!text.len || text.data[0] < 'A' || text.data[0] > 'Z'))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.data[i] < ' ')
			return false;
	return true;
}

/* A few tokens, which may begin inside an aggregate whose beginning was lost. */
static enum frame_status check_reply(const uint8_t *at, size_t available)
{
	struct resp_walk walk;
	size_t pos = 0;

	walk.depth = 0;
	for (int i = 0; i < TOKENS_CHECKED && pos < available; i++) {
		struct resp_token token;
		enum frame_status status = resp_token(at + pos, available - pos, &token);
		bool whole;

		if (status != FRAME_DONE)
			return i && status == FRAME_MORE ? FRAME_DONE : status;
		if (!is_plausible_line(&token) || !resp_walk(&walk, &token, &whole))
			return FRAME_BAD;
		pos += (size_t)token.size;
		if (pos <= available && memcmp(at + pos - 2, "\r\n", 2) != 0)
			return FRAME_BAD;
	}
	return FRAME_DONE;
}

static enum frame_status check(const struct redis_scan *scan, const uint8_t *at, size_t available)
{
	if (scan->side == SIDE_SERVER)
		return check_reply(at, available);
	if (at[0] == RESP_ARRAY)
		return check_request(at, available);
	return scan->inline_seen ? check_inline(at, available) : FRAME_BAD;
}

/* Inside a snapshot only its end is a place to go on from. */
static bool resync_at_mark(struct redis_scan *scan, struct cursor *in)
{
	size_t left = cursor_left(in);
	const uint8_t *mark = memmem(in->pos, left, scan->mark, RDB_MARK_LEN);

	if (mark)
		cursor_skip(in, (size_t)(mark - in->pos));
	else if (left >= RDB_MARK_LEN)
		cursor_skip(in, left - RDB_MARK_LEN + 1);
	return mark != NULL;
}

bool redis_scan_resync(struct redis_scan *scan, struct cursor *in)
{
	if (scan->rdb == RDB_UNTIL_MARK)
		return resync_at_mark(scan, in);
	while (cursor_left(in)) {
		enum frame_status status = check(scan, in->pos, cursor_left(in));
		const uint8_t *end;

		if (status != FRAME_BAD)
			return status == FRAME_DONE;
		end = memchr(in->pos, '\n', cursor_left(in));
		cursor_skip(in, end ? (size_t)(end - in->pos) + 1 : cursor_left(in));
	}
	return false;
}
