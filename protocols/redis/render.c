/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/render.h"

#include "protocols/value/json.h"

enum render_place {
	PLACE_OUT,
	PLACE_ATTRIBUTES,
	PLACE_NOWHERE
};

/* "txt:" before a verbatim string. */
#define VERBATIM_PREFIX 4

static struct buffer *place(struct redis_render *r, uint8_t where, struct buffer *out)
{
	if (where == PLACE_OUT)
		return out;
	return where == PLACE_ATTRIBUTES ? &r->attributes : &r->nowhere;
}

static bool is_string(const struct resp_token *token)
{
	return token->type == RESP_SIMPLE || token->type == RESP_VERBATIM ||
	       token->type == RESP_CHUNK || (token->type == RESP_BULK && !token->null);
}

/* ---- containers ---- */

/*
 * A key that is no string turned up: what stands there as {"a":1,"b":2 becomes [["a",1],["b",2.
 * Happens at most once for each map.
 */
static void map_to_pairs(struct redis_render *r, struct render_level *level, struct buffer *b)
{
	unsigned depth = 0;
	bool quoted = false;

	if (b->failed)
		return;
	level->pairs = true;
	buffer_clear(&r->scratch);
	buffer_append(&r->scratch, b->data + level->start, b->len - level->start);
	b->len = level->start;
	buffer_append_text(b, level->any ? "[[" : "[");
	for (size_t i = 1; i < r->scratch.len; i++) {
		char c = r->scratch.data[i];

		if (quoted && c == '\\') {
			buffer_append(b, r->scratch.data + i++, 2);
			continue;
		}
		quoted ^= c == '"';
		depth += !quoted && (c == '[' || c == '{');
		depth -= !quoted && (c == ']' || c == '}');
		if (!quoted && !depth && c == ',')
			buffer_append(b, "],[", 3);
		else
			buffer_append_char(b, !quoted && !depth && c == ':' ? ',' : c);
	}
}

static void begin_key(struct redis_render *r, struct render_level *level, bool string,
		      struct buffer *b)
{
	if (!string && !level->pairs)
		map_to_pairs(r, level, b);
	if (level->pairs)
		buffer_append_text(b, level->any ? "],[" : "[");
	else if (level->any)
		buffer_append_char(b, ',');
}

/* What separates the next value from the one before it; returns where it is to be written. */
static struct buffer *begin_value(struct redis_render *r, bool string, struct buffer *out)
{
	struct render_level *level;
	struct buffer *b;

	if (!r->walk.depth)
		return out;
	level = &r->level[r->walk.depth - 1];
	b = place(r, level->inner, out);
	if (!level->value && b->len > r->limit && level->inner != PLACE_NOWHERE) {
		r->cut = true;
		level->inner = PLACE_NOWHERE;
		b = &r->nowhere;
	}
	if (level->map && level->value)
		buffer_append_char(b, level->pairs ? ',' : ':');
	else if (level->map)
		begin_key(r, level, string, b);
	else if (level->any)
		buffer_append_char(b, ',');
	level->any = level->inner != PLACE_NOWHERE || level->any;
	level->value = level->map && !level->value;
	return b;
}

static void close_level(struct redis_render *r, struct render_level *level, struct buffer *out)
{
	struct buffer *b = place(r, level->where, out);

	if (level->map && level->value && level->inner == level->where)
		buffer_append_text(b, level->pairs ? ",null" : ":null");
	if (level->pairs && level->any)
		buffer_append_char(b, ']');
	buffer_append_char(b, level->map && !level->pairs ? '}' : ']');
}

/* A container opens, and closes at once when there is nothing in it. */
static void open_container(struct redis_render *r, const struct resp_token *token,
			   struct buffer *out)
{
	bool attribute = token->type == RESP_ATTRIBUTE;
	uint8_t around = r->walk.depth ? r->level[r->walk.depth - 1].inner : PLACE_OUT;
	struct render_level level = {.map = attribute || token->type == RESP_MAP};
	struct buffer *b;

	if (attribute) {
		/* An attribute of something in an attribute isn't shown. */
		level.where = around == PLACE_OUT ? PLACE_ATTRIBUTES : PLACE_NOWHERE;
		if (r->attributes.len > r->limit) {
			r->cut = true;
			level.where = PLACE_NOWHERE;
		}
		b = place(r, level.where, out);
		if (b->len)
			buffer_append_char(b, ' ');
	} else {
		b = begin_value(r, false, out);
		level.where = r->walk.depth ? r->level[r->walk.depth - 1].inner : PLACE_OUT;
	}
	level.inner = level.where;
	level.start = b->len;
	buffer_append_char(b, level.map ? '{' : '[');
	if (token->number || token->streamed) {
		if (r->walk.depth < RESP_DEPTH_MAX)
			r->level[r->walk.depth] = level;
	} else {
		buffer_append_char(b, level.map ? '}' : ']');
	}
}

/* ---- values ---- */

/* RFC 8259, section 6. */
static bool is_json_number(struct span text)
{
	const char *p = text.data, *end = text.data + text.len;
	const char *digits;

	p += p < end && *p == '-';
	for (digits = p; p < end && *p >= '0' && *p <= '9';)
		p++;
	if (p == digits || (*digits == '0' && p - digits > 1))
		return false;
	if (p < end && *p == '.') {
		for (digits = ++p; p < end && *p >= '0' && *p <= '9';)
			p++;
		if (p == digits)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '-' || *p == '+');
		for (digits = p; p < end && *p >= '0' && *p <= '9';)
			p++;
		if (p == digits)
			return false;
	}
	return p == end;
}

static void append_error(struct buffer *b, struct span text)
{
	buffer_append_text(b, "{\"error\":");
	json_append_string(b, text);
	buffer_append_char(b, '}');
}

static void append_scalar(struct redis_render *r, struct buffer *b, const struct resp_token *token)
{
	struct span text = token->text;

	if (token->null) {
		buffer_append_text(b, "null");
		return;
	}
	if (text.len > r->limit) {
		text.len = r->limit;
		r->cut = true;
	}
	switch (token->type) {
	case RESP_INTEGER:
		buffer_append_i64(b, token->number);
		return;
	case RESP_BOOLEAN:
		buffer_append_text(b, span_is(text, "t") ? "true" : "false");
		return;
	case RESP_ERROR:
	case RESP_BULK_ERROR:
		append_error(b, text);
		return;
	case RESP_DOUBLE:
		if (is_json_number(text)) {
			buffer_append_span(b, text);
			return;
		}
		break;
	case RESP_VERBATIM:
		if (text.len >= VERBATIM_PREFIX)
			text = span_of(text.data + VERBATIM_PREFIX, text.len - VERBATIM_PREFIX);
		break;
	}
	json_append_string(b, text);
}

/* Chunks are put together first: a character may be spread over two of them. */
static void take_chunk(struct redis_render *r, const struct resp_token *token)
{
	if (r->scratch.len + token->text.len <= r->limit)
		buffer_append_span(&r->scratch, token->text);
	else
		r->cut = true;
}

static void end_chunks(struct redis_render *r, struct buffer *out)
{
	struct resp_token whole = {.type = RESP_CHUNK, .text = buffer_span(&r->scratch)};

	r->walk.depth--;
	append_scalar(r, begin_value(r, true, out), &whole);
	r->walk.depth++;
}

static void append_token(struct redis_render *r, const struct resp_token *token, struct buffer *out)
{
	if (!r->walk.depth && token->type != RESP_ATTRIBUTE) {
		r->type = token->type;
		r->count = token->number;
	}
	if (token->type == RESP_CHUNK) {
		if (token->number)
			take_chunk(r, token);
		else
			end_chunks(r, out);
	} else if (token->type == RESP_BULK && token->streamed) {
		buffer_clear(&r->scratch);
	} else if (resp_is_aggregate(token->type) && !token->null) {
		open_container(r, token, out);
	} else if (token->type != RESP_END) {
		append_scalar(r, begin_value(r, is_string(token), out), token);
	}
}

/* The levels from NOW up to BEFORE were closed. */
static void close_levels(struct redis_render *r, unsigned before, unsigned now, struct buffer *out)
{
	for (unsigned d = before; d > now; d--)
		if (r->walk.level[d - 1].type != RESP_CHUNK)
			close_level(r, &r->level[d - 1], out);
}

void render_start(struct redis_render *r, size_t limit, uint64_t uncounted)
{
	buffer_clear(&r->attributes);
	if (r->scratch.capacity > RESP_LINE_MAX)
		buffer_free(&r->scratch);
	r->nowhere.failed = true;
	r->walk.depth = 0;
	r->walk.uncounted = uncounted;
	r->limit = limit;
	r->cut = false;
	r->type = 0;
	r->count = 0;
}

/* What most replies are: one short string, which is all of DATA. False: something else. */
static bool render_string(struct redis_render *r, struct span data, struct buffer *out)
{
	struct span text;

	if (r->walk.depth ||
	    resp_short_bulk((const uint8_t *)data.data, data.len, &text) != data.len ||
	    text.len > r->limit)
		return false;
	r->type = RESP_BULK;
	r->count = (int64_t)text.len;
	json_append_string(out, text);
	return true;
}

void render_tokens(struct redis_render *r, struct span data, struct buffer *out)
{
	const uint8_t *at = (const uint8_t *)data.data;
	size_t pos = 0;

	if (data.len && render_string(r, data, out))
		return;
	while (pos < data.len) {
		struct resp_token token;
		unsigned before = r->walk.depth;
		bool whole;

		if (resp_token(at + pos, data.len - pos, &token) != FRAME_DONE)
			return;
		append_token(r, &token, out);
		if (token.size <= data.len - pos)
			resp_walk_push(&r->walk, &token,
				       span_of(at + pos + token.size, data.len - pos - token.size));
		if (!resp_walk(&r->walk, &token, &whole))
			return;
		close_levels(r, before, r->walk.depth, out);
		pos += (size_t)token.size;
	}
}

void render_abandon(struct redis_render *r, struct buffer *out)
{
	unsigned depth = r->walk.depth;

	if (depth && r->walk.level[depth - 1].type == RESP_CHUNK)
		end_chunks(r, out);
	close_levels(r, depth, 0, out);
	r->walk.depth = 0;
}

void render_free(struct redis_render *r)
{
	buffer_free(&r->attributes);
	buffer_free(&r->scratch);
}
