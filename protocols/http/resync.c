/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"

typedef enum http_match match_fn(struct span bytes, size_t *len);

/* A request line may begin behind anything that isn't part of a word. */
static size_t next_word(struct span bytes, size_t at)
{
	while (at < bytes.len && http_is_token((uint8_t)bytes.data[at]))
		at++;
	while (at < bytes.len && !http_is_token((uint8_t)bytes.data[at]))
		at++;
	return at;
}

/* A status line begins with an H, whatever is before it. */
static size_t next_status(struct span bytes, size_t at)
{
	const char *h = at < bytes.len ? memchr(bytes.data + at, 'H', bytes.len - at) : NULL;

	return h ? (size_t)(h - bytes.data) : bytes.len;
}

/*
 * The next exact start line, or its front at the end of what is there. Bodies may hold such lines
 * too; but after a loss nothing else is left to go by.
 */
static bool find_start_line(struct cursor *in, match_fn *match, bool requests)
{
	struct span bytes = cursor_rest(in);
	size_t at = 0, len;

	while (at < bytes.len) {
		enum http_match found = match(span_of(bytes.data + at, bytes.len - at), &len);

		if (found != HTTP_MATCH_NO) {
			in->pos += at;
			return found == HTTP_MATCH_YES;
		}
		at = requests ? next_word(bytes, at) : next_status(bytes, at + 1);
	}
	in->pos = in->end;
	return false;
}

bool http_resync(void *state, enum side side, struct cursor *in)
{
	struct http_state *st = state;

	/* What comes after the hole is still the same body. */
	if (st->sides[side].phase == HTTP_PHASE_UNTIL_CLOSE)
		return true;
	if (side == SIDE_CLIENT)
		return find_start_line(in, http_request_match, true);
	return find_start_line(in, http_status_match, false);
}
