/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/resp.h"

/* Longest number: a sign and the digits of 2^63, then CRLF. */
#define NUMBER_DIGITS_MAX 19
/* A bulk is 512 MB by default (proto-max-bulk-len), which can be raised. */
#define BULK_MAX ((int64_t)1 << 40)
/* "txt:" before a verbatim string. */
#define VERBATIM_PREFIX 4

/* The line behind the type byte, without its CRLF. */
static enum frame_status take_line(const uint8_t *at, size_t available, struct resp_token *token)
{
	size_t seen = available < RESP_LINE_MAX ? available : RESP_LINE_MAX;
	const uint8_t *end = memchr(at, '\n', seen);

	if (!end)
		return seen == RESP_LINE_MAX ? FRAME_BAD : FRAME_MORE;
	if (end - at < 2 || end[-1] != '\r')
		return FRAME_BAD;
	token->text = span_of(at + 1, (size_t)(end - at) - 2);
	token->size = (uint64_t)(end - at) + 1;
	return FRAME_DONE;
}

/* Nearly all numbers have one digit or two; they are read without a loop. */
static inline bool take_short_number(const uint8_t *at, size_t available, struct resp_token *token)
{
	uint8_t first, second;

	if (available < 5)
		return false;
	first = (uint8_t)(at[1] - '0');
	second = (uint8_t)(at[2] - '0');
	if (first <= 9 && at[2] == '\r' && at[3] == '\n') {
		token->number = first;
		token->size = 4;
		return true;
	}
	if (first <= 9 && second <= 9 && at[3] == '\r' && at[4] == '\n') {
		token->number = first * 10 + second;
		token->size = 5;
		return true;
	}
	return false;
}

/* The number behind the type byte and its CRLF. */
static enum frame_status take_number(const uint8_t *at, size_t available, struct resp_token *token)
{
	const uint8_t *end = at + available, *p = at + 1, *first;
	bool negative = false;
	uint64_t value = 0;

	if (take_short_number(at, available, token))
		return FRAME_DONE;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (first = p; p < end && (uint8_t)(*p - '0') <= 9; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p - first > NUMBER_DIGITS_MAX || value > (uint64_t)INT64_MAX + negative)
		return FRAME_BAD;
	if (p < end && (*p != '\r' || p == first))
		return FRAME_BAD;
	if (end - p < 2)
		return FRAME_MORE;
	token->number = negative ? (int64_t)-value : (int64_t)value;
	token->size = (uint64_t)(p - at) + 2;
	return p[1] == '\n' ? FRAME_DONE : FRAME_BAD;
}

/* The question mark of a streamed type. */
static enum frame_status take_question(const uint8_t *at, size_t available,
				       struct resp_token *token)
{
	static const uint8_t streamed[] = {'?', '\r', '\n'};
	size_t seen = available - 1 < sizeof(streamed) ? available - 1 : sizeof(streamed);

	if (memcmp(at + 1, streamed, seen) != 0)
		return FRAME_BAD;
	token->streamed = true;
	token->size = 1 + sizeof(streamed);
	return seen == sizeof(streamed) ? FRAME_DONE : FRAME_MORE;
}

/* A number, or the mark of a streamed type. */
static enum frame_status take_count(const uint8_t *at, size_t available, struct resp_token *token)
{
	if (available > 1 && at[1] == '?')
		return take_question(at, available, token);
	return take_number(at, available, token);
}

static enum frame_status take_aggregate(const uint8_t *at, size_t available,
					struct resp_token *token)
{
	enum frame_status status = take_count(at, available, token);

	if (status != FRAME_DONE || token->streamed)
		return status;
	token->null = token->type == RESP_ARRAY && token->number == -1;
	if (token->number > RESP_COUNT_MAX || (token->number < 0 && !token->null))
		return FRAME_BAD;
	return FRAME_DONE;
}

/* $, !, = and ; : a length, then as many bytes, then CRLF; a last chunk (;0) has only its header.
 */
static enum frame_status take_bulk(const uint8_t *at, size_t available, struct resp_token *token)
{
	enum frame_status status = token->type == RESP_BULK ? take_count(at, available, token)
							    : take_number(at, available, token);
	size_t head = (size_t)token->size;

	if (status != FRAME_DONE || token->streamed)
		return status;
	token->null = token->type == RESP_BULK && token->number == -1;
	if (token->null || (token->type == RESP_CHUNK && token->number == 0))
		return FRAME_DONE;
	if (token->number < (token->type == RESP_VERBATIM ? VERBATIM_PREFIX : 0) ||
	    token->number > BULK_MAX)
		return FRAME_BAD;
	token->text = span_of(at + head, available - head);
	if (token->text.len > (uint64_t)token->number)
		token->text.len = (size_t)token->number;
	token->size += (uint64_t)token->number + 2;
	return FRAME_DONE;
}

static bool is_big_number(struct span text)
{
	size_t i = text.len && (text.data[0] == '-' || text.data[0] == '+');

	if (i == text.len)
		return false;
	for (; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

static bool is_double(struct span text)
{
	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i] || !strchr("0123456789+-.eEinfaNAIF", text.data[i]))
			return false;
	return true;
}

/* The short types: one line whose contents have a form. */
static enum frame_status take_formed_line(const uint8_t *at, size_t available,
					  struct resp_token *token)
{
	enum frame_status status = take_line(at, available, token);
	bool fine = true;

	if (status != FRAME_DONE)
		return status;
	switch (token->type) {
	case RESP_NULL:
	case RESP_END:
		fine = token->text.len == 0;
		token->null = token->type == RESP_NULL;
		break;
	case RESP_BOOLEAN:
		fine = span_is(token->text, "t") || span_is(token->text, "f");
		break;
	case RESP_DOUBLE:
		fine = is_double(token->text);
		break;
	case RESP_BIG_NUMBER:
		fine = is_big_number(token->text);
		break;
	}
	return fine ? FRAME_DONE : FRAME_BAD;
}

enum frame_status resp_token(const uint8_t *at, size_t available, struct resp_token *token)
{
	struct span text;
	size_t size = resp_short_bulk(at, available, &text);

	if (size) {
		*token = (struct resp_token){
			.type = RESP_BULK, .number = (int64_t)text.len, .text = text, .size = size};
		return FRAME_DONE;
	}
	if (!available)
		return FRAME_MORE;
	*token = (struct resp_token){.type = at[0]};
	switch (token->type) {
	case RESP_BULK:
	case RESP_BULK_ERROR:
	case RESP_VERBATIM:
	case RESP_CHUNK:
		return take_bulk(at, available, token);
	case RESP_ARRAY:
	case RESP_MAP:
	case RESP_SET:
	case RESP_PUSH:
	case RESP_ATTRIBUTE:
		return take_aggregate(at, available, token);
	case RESP_INTEGER:
		return take_number(at, available, token);
	case RESP_SIMPLE:
	case RESP_ERROR:
		return take_line(at, available, token);
	case RESP_NULL:
	case RESP_BOOLEAN:
	case RESP_DOUBLE:
	case RESP_BIG_NUMBER:
	case RESP_END:
		return take_formed_line(at, available, token);
	default:
		return FRAME_BAD;
	}
}

static bool open_level(struct resp_walk *walk, uint8_t type, uint64_t left)
{
	if (walk->depth == RESP_DEPTH_MAX)
		return false;
	walk->level[walk->depth++] = (struct resp_level){left, type};
	return true;
}

/* A value is complete: so may be those that it was the last of. */
static void close_value(struct resp_walk *walk, bool *whole)
{
	while (walk->depth) {
		struct resp_level *top = &walk->level[walk->depth - 1];

		if (top->left == RESP_STREAMED || --top->left)
			return;
		walk->depth--;
		if (top->type == RESP_ATTRIBUTE)
			return;
	}
	*whole = true;
}

static bool walk_aggregate(struct resp_walk *walk, const struct resp_token *token, bool *whole)
{
	bool pairs = token->type == RESP_MAP || token->type == RESP_ATTRIBUTE;
	uint64_t left = (uint64_t)token->number << pairs;

	if (token->streamed)
		left = RESP_STREAMED;
	if (!token->null && left)
		return open_level(walk, token->type, left);
	if (token->type != RESP_ATTRIBUTE)
		close_value(walk, whole);
	return true;
}

static bool walk_end(struct resp_walk *walk, uint8_t inside, bool *whole)
{
	if (!walk->depth || inside == RESP_CHUNK ||
	    walk->level[walk->depth - 1].left != RESP_STREAMED)
		return false;
	walk->depth--;
	if (inside != RESP_ATTRIBUTE)
		close_value(walk, whole);
	return true;
}

bool resp_walk(struct resp_walk *walk, const struct resp_token *token, bool *whole)
{
	struct resp_level *top = walk->depth ? &walk->level[walk->depth - 1] : NULL;
	uint8_t inside = top ? top->type : 0;

	*whole = false;
	/* What nearly all tokens are: one more string, not the last; or one alone. */
	if (token->type == RESP_BULK && !token->streamed) {
		if (!top) {
			*whole = true;
			return true;
		}
		if (top->left > 1 && top->left != RESP_STREAMED) {
			top->left--;
			return true;
		}
	}
	if ((inside == RESP_CHUNK) != (token->type == RESP_CHUNK))
		return false;
	if (resp_is_aggregate(token->type))
		return walk_aggregate(walk, token, whole);
	if (token->type == RESP_END)
		return walk_end(walk, inside, whole);
	if (token->streamed)
		return open_level(walk, RESP_CHUNK, RESP_STREAMED);
	if (token->type == RESP_CHUNK && token->number)
		return true;
	if (token->type == RESP_CHUNK)
		walk->depth--;
	close_value(walk, whole);
	return true;
}

/* The first element of a push, when it confirms a subscription. */
static bool is_confirmation(struct span name)
{
	static const char *const names[] = {"subscribe",   "psubscribe",   "ssubscribe",
					    "unsubscribe", "punsubscribe", "sunsubscribe"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

enum frame_status resp_walk_push(struct resp_walk *walk, const struct resp_token *token,
				 struct span behind)
{
	bool push = token->type == RESP_PUSH;
	struct resp_token name;
	enum frame_status status;

	if (walk->depth != 1 || walk->level[0].type != RESP_ARRAY || !token->number ||
	    !(push || (token->type == RESP_ARRAY && walk->uncounted)))
		return FRAME_DONE;
	status = resp_token((const uint8_t *)behind.data, behind.len, &name);
	if (status != FRAME_DONE)
		return status;
	if (name.type == RESP_BULK && name.size > behind.len)
		return FRAME_MORE;
	if (is_confirmation(name.text)) {
		push = walk->uncounted > 0;
		walk->uncounted -= push;
	}
	walk->level[0].left += push;
	return FRAME_DONE;
}
