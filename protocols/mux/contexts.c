/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "protocols/mux/state.h"
#include "protocols/value/base64.h"
#include "protocols/value/json.h"
#include "protocols/value/utf8.h"

#define TRACE_LEN     24 /* span, parent, trace; then flags, then the upper half of a long trace */
#define TREQ_TRACE    1
#define TREQ_FLAGS    2
#define DEADLINE_NONE INT64_MAX

static void append_id(struct buffer *out, const char *name, uint64_t id)
{
	buffer_printf(out, "\"%s\":\"%016" PRIx64 "\"", name, id);
}

/* com.twitter.finagle.tracing.Trace: what TraceId writes. */
static bool append_trace(struct buffer *out, struct span value, struct mux_trace *trace)
{
	struct cursor c = cursor_of(value.data, value.len);

	if (value.len < TRACE_LEN)
		return false;
	trace->known = true;
	trace->span = cursor_be64(&c);
	trace->parent = cursor_be64(&c);
	trace->trace = cursor_be64(&c);
	buffer_append_char(out, '{');
	append_id(out, "trace_id", trace->trace);
	buffer_append_char(out, ',');
	append_id(out, "span_id", trace->span);
	buffer_append_char(out, ',');
	append_id(out, "parent_id", trace->parent);
	if (cursor_left(&c) >= 8) {
		trace->flags = cursor_be64(&c);
		buffer_printf(out, ",\"flags\":%" PRIu64, trace->flags);
	}
	if (cursor_left(&c) >= 8) {
		buffer_append_char(out, ',');
		append_id(out, "trace_id_high", cursor_be64(&c));
	}
	buffer_append_char(out, '}');
	return true;
}

/* com.twitter.finagle.Deadline: when it was written, and until when; nanoseconds since 1970. */
static bool append_deadline(struct buffer *out, struct span value, struct mux_contexts *known)
{
	struct cursor c = cursor_of(value.data, value.len);
	int64_t now, until;

	if (value.len != 16)
		return false;
	now = (int64_t)cursor_be64(&c);
	until = (int64_t)cursor_be64(&c);
	buffer_printf(out, "{\"timestamp\":%" PRId64 ",\"deadline\":%" PRId64 "}", now, until);
	if (until != DEADLINE_NONE && now >= 0 && until >= now)
		known->deadline_ns = until - now;
	return true;
}

static void append_other(struct buffer *out, struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);

	if (utf8_is_text(value)) {
		json_append_string(out, value);
	} else if (value.len == 4) {
		buffer_append_i64(out, (int32_t)cursor_be32(&c));
	} else {
		buffer_append_text(out, "{\"bytes\":\"");
		base64_append(out, value);
		buffer_append_text(out, "\"}");
	}
}

static bool ends_with(struct span text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static void append_context(struct buffer *out, struct span key, struct span value,
			   struct mux_contexts *known)
{
	json_append_string(out, key);
	buffer_append_char(out, ':');
	if (ends_with(key, ".tracing.TraceContext") && append_trace(out, value, &known->trace))
		return;
	if (ends_with(key, ".finagle.Deadline") && append_deadline(out, value, known))
		return;
	append_other(out, value);
}

/* Treq's, whose names are numbers. */
static void append_keyed(const struct mux_body *body, struct buffer *out,
			 struct mux_contexts *known)
{
	struct cursor c = cursor_of(body->contexts.data, body->contexts.len);

	for (unsigned i = 0; i < body->context_count && cursor_left(&c); i++) {
		uint8_t key = cursor_u8(&c);
		struct span value = cursor_span(&c, cursor_u8(&c));

		if (i)
			buffer_append_char(out, ',');
		buffer_printf(out, "\"%u\":", key);
		if (key == TREQ_TRACE && append_trace(out, value, &known->trace))
			continue;
		if (key == TREQ_FLAGS && value.len == 1)
			buffer_append_u64(out, (uint8_t)value.data[0]);
		else
			append_other(out, value);
	}
}

void mux_contexts_json(const struct mux_body *body, struct buffer *out, struct mux_contexts *known)
{
	struct span pairs = body->headers.len ? body->headers : body->contexts;
	struct cursor c = cursor_of(pairs.data, pairs.len);
	struct span key, value;
	bool first = true;

	*known = (struct mux_contexts){.deadline_ns = -1};
	buffer_append_char(out, '{');
	if (body->keyed) {
		append_keyed(body, out, known);
	} else {
		while (body->headers.len ? mux_next_header(&c, &key, &value)
					 : mux_next_pair(&c, &key, &value)) {
			if (!first)
				buffer_append_char(out, ',');
			first = false;
			append_context(out, key, value, known);
		}
	}
	buffer_append_char(out, '}');
}
