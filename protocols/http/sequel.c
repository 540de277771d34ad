/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/sequel.h"

#include "protocols/http/head.h"
#include "protocols/http/state.h"
#include "protocols/value/ascii.h"

/* What a step over something finds. */
enum step {
	STEP_DONE,
	STEP_ENDED, /* the bytes end in it */
	STEP_ENDLESS,
	STEP_WRONG
};

static void skip(struct span *bytes, size_t len)
{
	bytes->data += len;
	bytes->len -= len;
}

/* "Name: value", or as much of it as there is (PART); a line that begins with a blank goes on. */
static bool is_field(struct span line, bool part)
{
	size_t name = 0;

	if (line.len && ascii_is_blank(*line.data))
		return true;
	while (name < line.len && http_is_token((uint8_t)line.data[name]))
		name++;
	if (name == line.len)
		return part;
	return name > 0 && line.data[name] == ':';
}

/* Over header lines and the empty one behind them; *LINES: all of them. */
static enum step step_head(struct span *bytes, struct span *lines)
{
	*lines = *bytes;
	for (;;) {
		const char *end = bytes->len ? memchr(bytes->data, '\n', bytes->len) : NULL;
		struct span line = *bytes;

		if (!end) {
			return is_field(http_strip_line_end(line), true) ? STEP_ENDED : STEP_WRONG;
		}
		line.len = (size_t)(end + 1 - bytes->data);
		skip(bytes, line.len);
		line = http_strip_line_end(line);
		if (!line.len)
			break;
		if (!is_field(line, false))
			return STEP_WRONG;
	}
	lines->len = (size_t)(bytes->data - lines->data);
	return STEP_DONE;
}

static enum step step_chunks(struct span *bytes)
{
	for (;;) {
		struct span trailers;
		uint64_t size;
		size_t len;
		bool odd;

		switch (http_chunk_line(*bytes, &size, &len, &odd)) {
		case HTTP_MATCH_NO:
			return STEP_WRONG;
		case HTTP_MATCH_PREFIX:
			return STEP_ENDED;
		case HTTP_MATCH_YES:
			break;
		}
		skip(bytes, len);
		if (!size)
			return step_head(bytes, &trailers);
		if (size > bytes->len)
			return STEP_ENDED;
		skip(bytes, (size_t)size);
	}
}

static bool has_no_body(const struct http_start_line *start)
{
	return start->code / 100 == 1 || start->code == 204 || start->code == 304;
}

static enum http_match match_start(struct span bytes, bool request)
{
	size_t len;

	return request ? http_request_match(bytes, &len) : http_status_match(bytes, &len);
}

/* Behind such a head other protocols follow, or nothing that has an end. */
static bool is_last(const struct http_start_line *start, const struct http_head *head, bool request)
{
	if (head->upgrade.len || start->code == 101)
		return true;
	if (request)
		return span_is(start->method, "CONNECT");
	return head->closes || span_is(start->version, "1.0");
}

/* Over the body of which HEAD tells. */
static enum step step_body(const struct http_start_line *start, const struct http_head *head,
			   bool request, struct span *bytes)
{
	/* A response to HEAD has none, whatever it says; nor has a request that was refused one. */
	if (has_no_body(start) || match_start(*bytes, request) == HTTP_MATCH_YES)
		return STEP_DONE;
	if (head->chunked)
		return step_chunks(bytes);
	if (head->length_kind == HTTP_LENGTH_NONE && request)
		return STEP_DONE;
	if (head->length_kind != HTTP_LENGTH_KNOWN)
		return bytes->len ? STEP_ENDLESS : STEP_ENDED;
	if (head->length > bytes->len)
		return STEP_ENDED;
	skip(bytes, (size_t)head->length);
	return STEP_DONE;
}

/* Over a message. */
static enum step step_message(struct span *bytes, bool request)
{
	const char *end = memchr(bytes->data, '\n', bytes->len);
	struct http_fields fields = {0};
	struct http_start_line start;
	struct span line, lines;
	enum step step;

	if (!end)
		return STEP_ENDED;
	line = http_strip_line_end(span_of(bytes->data, (size_t)(end + 1 - bytes->data)));
	if (!(request ? http_request_line(line, &start)
		      : http_status_line(line, &start) && !start.malformed))
		return STEP_WRONG;
	skip(bytes, (size_t)(end + 1 - bytes->data));
	step = step_head(bytes, &lines);
	if (step != STEP_DONE)
		return step;
	http_fields_read(&fields, lines);
	step = is_last(&start, &fields.head, request)
		       ? STEP_ENDED
		       : step_body(&start, &fields.head, request, bytes);
	http_fields_free(&fields);
	return step;
}

enum http_sequel http_sequel_of(struct span bytes, bool request)
{
	enum http_sequel sequel = HTTP_SEQUEL_UNKNOWN;

	for (;;) {
		enum step step = step_message(&bytes, request);

		if (step == STEP_WRONG)
			return HTTP_SEQUEL_WRONG;
		if (step == STEP_ENDLESS)
			return HTTP_SEQUEL_ENDLESS;
		/* Empty lines before a start line are tolerated (RFC 9112, section 2.2). */
		while (bytes.len && (*bytes.data == '\r' || *bytes.data == '\n'))
			skip(&bytes, 1);
		if (step == STEP_ENDED || !bytes.len)
			return sequel;
		switch (match_start(bytes, request)) {
		case HTTP_MATCH_NO:
			return HTTP_SEQUEL_WRONG;
		case HTTP_MATCH_PREFIX:
			return sequel;
		case HTTP_MATCH_YES:
			sequel = HTTP_SEQUEL_RIGHT;
			break;
		}
	}
}
