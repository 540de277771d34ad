/* SPDX-License-Identifier: BSD-2-Clause */
#include <strings.h>

#include "analyze/finding/rules.h"
#include "protocols/value/json_read.h"
#include "protocols/value/utf8.h"

#define STALL_NS INT64_C(10000000)

static bool header_is(struct span name, const char *wanted)
{
	return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

/* The first value of a header, as text; false when there is none. */
static bool header_find(const struct value *headers, const char *name, struct buffer *text)
{
	struct span member, value;
	size_t at = 0;

	buffer_clear(text);
	if (headers->type != VALUE_JSON)
		return false;
	while (json_next_member(headers->text, &at, &member, &value))
		if (header_is(member, name))
			return json_string_append(text, value);
	return false;
}

static bool has_word(struct buffer *text, const char *word)
{
	buffer_append_char(text, '\0');
	if (text->failed)
		return false;
	text->len--;
	return strcasestr(text->data, word);
}

/* RFC 9110, section 15.6; a 503 that says when to come again wants fewer requests. */
static void look_status(const struct look *look)
{
	const struct value *code = look->values[0];
	struct buffer text = {0};

	if (code->type == VALUE_INT && code->integer >= 500)
		look->found(look,
			    code->integer == 503 &&
					    header_find(look->values[1], "retry-after", &text)
				    ? FINDING_RATE_LIMITED
				    : FINDING_SERVER_ERROR,
			    look->line);
	buffer_free(&text);
}

/* Whether BODY, which may be cut inside its last character, is UTF-8 (RFC 3629). */
static bool is_utf8(struct span body)
{
	size_t valid = utf8_valid_len(body);

	return valid == body.len ||
	       (body.len - valid < 4 && (uint8_t)body.data[valid] >= 0xc2 && valid > 0);
}

/* JSON is UTF-8 (RFC 8259, section 8.1), other text when it says so. */
static bool claims_utf8(struct buffer *type)
{
	return has_word(type, "utf-8") || has_word(type, "utf8") ||
	       (has_word(type, "application/json") && !has_word(type, "charset"));
}

static void look_charset(const struct look *look)
{
	struct buffer type = {0};

	for (int i = 0; i < RULE_COLUMNS; i += 2) {
		const struct value *body = look->values[i + 1];

		if (body->type != VALUE_TEXT || !body->text.len || is_utf8(body->text) ||
		    !header_find(look->values[i], "content-type", &type) || !claims_utf8(&type))
			continue;
		look->found(look, FINDING_CHARSET, look->line);
		break;
	}
	buffer_free(&type);
}

/* As HTTP/2 notes it of streams that a GOAWAY leaves out (RFC 9113, section 6.8). */
static bool is_left_out(const struct look *look)
{
	static const char words[] = "was going away and did not look at it";

	return memmem(look->row->note.data, look->row->note.len, words, sizeof(words) - 1);
}

/*
 * CANCEL is how a client says that it doesn't want the answer any more (RFC 9113, section 7). Who
 * only closes in order, with NO_ERROR, is worth a word when requests were left out.
 */
static void look_reset(const struct look *look)
{
	const struct value *code = look->values[0], *by = look->values[1];

	if (!value_has_text(code))
		return;
	if (span_is(code->text, "NO_ERROR")) {
		if (is_left_out(look))
			look->found(look, FINDING_GOAWAY, look->line);
		return;
	}
	if (look->values[2]->type == VALUE_INT && look->values[2]->integer == 0)
		return; /* of the connection: goaway */
	look->found(look,
		    span_is(code->text, "CANCEL") && value_has_text(by) &&
				    span_is(by->text, "client")
			    ? FINDING_GAVE_UP
			    : FINDING_STREAM_RESET,
		    look->line);
}

/* Clients round their deadline up to what grpc-timeout can say. */
static bool is_over(const struct value *deadline, const struct value *end)
{
	return deadline->type == VALUE_INT && end->type == VALUE_INT &&
	       end->integer >= deadline->integer - deadline->integer / 10;
}

/* A call of gRPC that has no status: whoever resets the stream says that it isn't worth while. */
static void look_cancelled(const struct look *look)
{
	const struct value *by = look->values[1];
	enum finding_kind kind = FINDING_STREAM_RESET;

	if (look->values[0]->type != VALUE_BOOL || !look->values[0]->boolean)
		return;
	if (is_left_out(look))
		kind = FINDING_GOAWAY;
	else if (is_over(look->values[2], look->values[3]))
		kind = FINDING_DEADLINE;
	else if (value_has_text(by) && span_is(by->text, "client"))
		kind = FINDING_GAVE_UP;
	look->found(look, kind, look->line);
}

static void look_stalled(const struct look *look)
{
	if (look->values[0]->type == VALUE_INT && look->values[0]->integer >= STALL_NS)
		look->found(look, FINDING_STALLED, look->line);
}

const struct rule http_rules[] = {
	{"http", {"code", "resp_headers"}, look_status},
	{"http2", {"status", "resp_headers"}, look_status},
	{"http", {"req_headers", "req_body", "resp_headers", "resp_body"}, look_charset},
	{"http2", {"req_headers", "req_body", "resp_headers", "resp_body"}, look_charset},
	{"http2", {"reset_code", "reset_by", "stream_id"}, look_reset},
	{"http2", {"stalled_ns"}, look_stalled},
	{"grpc", {"cancelled", "reset_by", "deadline_ns", "end_ns"}, look_cancelled},
	{0},
};
