/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/body.h"

bool thrift_body_read(struct span text, struct thrift_body *body)
{
	size_t len;

	*body = (struct thrift_body){0};
	if (thrift_head_read(text, &body->head) == FRAME_DONE) {
		body->fields = span_of(text.data + body->head.len, text.len - body->head.len);
		return true;
	}
	/* Finagle's structures (finagle-thrift, tracing.thrift) before the message. */
	len = thrift_struct_len(THRIFT_BINARY, text);
	if (!len || len == text.len ||
	    thrift_head_read(span_of(text.data + len, text.len - len), &body->head) != FRAME_DONE)
		return false;
	body->header = span_of(text.data, len);
	len += body->head.len;
	body->fields = span_of(text.data + len, text.len - len);
	return true;
}

/* The first text among the fields of a structure. */
static bool first_text(struct thrift_fields f, struct span *text)
{
	uint8_t type;

	f.id = 0;
	while (thrift_next_field(&f, &type))
		if (thrift_string(&f, type, text))
			return true;
	return false;
}

/* TApplicationException: 1 message, 2 type. */
static void read_exception(const struct thrift_body *body, size_t limit,
			   struct thrift_answer *answer)
{
	struct thrift_writer w = {.out = answer->exception, .limit = limit};
	struct thrift_fields f = {.encoding = body->head.encoding,
				  .c = cursor_of(body->fields.data, body->fields.len)};
	struct span message;
	int64_t code;
	uint8_t type;

	answer->failed = true;
	while (thrift_next_field(&f, &type)) {
		if (f.id == 1) {
			if (thrift_string(&f, type, &message))
				buffer_append_span(answer->error, message);
		} else if (f.id == 2) {
			if (thrift_integer(&f, type, &code))
				answer->code = code;
		} else {
			thrift_skip(&f, type);
		}
	}
	thrift_struct_json(&w, body->head.encoding, body->fields);
	answer->cut |= w.cut;
	answer->damaged |= w.damaged;
}

/* The result is field 0, exceptions are the others. */
static void read_reply(const struct thrift_body *body, size_t limit, struct thrift_answer *answer)
{
	struct thrift_fields f = {.encoding = body->head.encoding,
				  .c = cursor_of(body->fields.data, body->fields.len)};
	struct buffer *out = answer->exception;
	struct span text;
	uint8_t type;

	while (thrift_next_field(&f, &type)) {
		struct thrift_writer w = {.out = f.id ? out : answer->result, .limit = limit};
		int16_t id = f.id;

		if (!id && answer->result->len) {
			/* There is one, in anything that Thrift wrote. */
			thrift_skip(&f, type);
			answer->damaged = true;
			continue;
		}
		if (id) {
			answer->failed = true;
			if (type == THRIFT_STRUCT && !answer->error->len && first_text(f, &text))
				buffer_append_span(answer->error, text);
			buffer_append_text(out, out->len ? "," : "{");
			buffer_printf(out, "\"%d\":", id);
		}
		thrift_value_json(&w, &f, type);
		answer->cut |= w.cut;
		answer->damaged |= w.damaged;
		if (w.cut)
			break;
	}
	answer->damaged |= f.c.failed;
	if (out->len)
		buffer_append_char(out, '}');
}

void thrift_answer_read(const struct thrift_body *body, size_t limit, struct thrift_answer *answer)
{
	answer->code = -1;
	if (body->head.kind == THRIFT_EXCEPTION)
		read_exception(body, limit, answer);
	else
		read_reply(body, limit, answer);
}

void thrift_name_split(struct span name, struct span *service, struct span *method)
{
	const char *colon = memchr(name.data, ':', name.len);

	*service = (struct span){0};
	*method = name;
	if (!colon)
		return;
	*service = span_of(name.data, (size_t)(colon - name.data));
	*method = span_of(colon + 1, name.len - service->len - 1);
}
