/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"

/*
 * After a loss nothing is left to go by but start lines. Bodies may hold such lines too; so only
 * exact ones count.
 */

static struct span rest_from(struct span bytes, size_t at)
{
	return span_of(bytes.data + at, bytes.len - at);
}

/* A request line may begin behind anything that isn't part of a word. */
static size_t next_word(struct span bytes, size_t at)
{
	while (at < bytes.len && http_is_token((uint8_t)bytes.data[at]))
		at++;
	while (at < bytes.len && !http_is_token((uint8_t)bytes.data[at]))
		at++;
	return at;
}

/*
 * Whether a request may begin at AT. Behind a line end any method does, in the midst of a line one
 * that is known. Right behind a hole an unknown one is the end of another: *CUT.
 */
static bool may_begin(const struct http_side *side, struct span bytes, size_t at, bool *cut)
{
	bool lined = at ? bytes.data[at - 1] == '\n' : side->at_line_start;

	*cut = false;
	if (lined || http_method_known(http_method_of(rest_from(bytes, at))))
		return true;
	*cut = at == 0;
	return *cut;
}

/* How much of the word at the front of BYTES is the end of a body: "of-bodyPOST" has 7. */
static size_t glued(struct span bytes)
{
	struct span word = http_method_of(bytes);
	size_t start = word.len;

	while (start && word.data[start - 1] >= 'A' && word.data[start - 1] <= 'Z')
		start--;
	return http_method_known(rest_from(word, start)) ? start : 0;
}

static bool find_request(struct http_side *side, struct cursor *in)
{
	struct span bytes = cursor_rest(in);
	size_t len;

	for (size_t at = 0; at < bytes.len; at = next_word(bytes, at)) {
		enum http_match found = http_request_match(rest_from(bytes, at), &len);

		if (found == HTTP_MATCH_NO)
			continue;
		at += glued(rest_from(bytes, at));
		if (found == HTTP_MATCH_YES && !may_begin(side, bytes, at, &side->is_cut))
			continue;
		if (at)
			side->at_line_start = bytes.data[at - 1] == '\n';
		in->pos += at;
		return found == HTTP_MATCH_YES;
	}
	in->pos = in->end;
	return false;
}

/* A status line begins with an H, whatever is before it. */
static bool find_response(struct cursor *in)
{
	const uint8_t *at = in->pos;
	size_t len;

	while ((at = memchr(at, 'H', (size_t)(in->end - at))) != NULL) {
		enum http_match found = http_status_match(span_of(at, (size_t)(in->end - at)),
							  &len);

		if (found != HTTP_MATCH_NO) {
			in->pos = at;
			return found == HTTP_MATCH_YES;
		}
		at++;
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
		return find_request(&st->sides[side], in);
	return find_response(in);
}
