/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mux/state.h"
#include "protocols/value/size.h"
#include "protocols/value/utf8.h"

/* Of payloads, arguments and results. */
#define TEXT_MAX 60

static void append_text(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type == VALUE_NULL)
		return;
	buffer_append_text(out, before);
	if (value->type == VALUE_WORD || (value->text.len <= TEXT_MAX && utf8_is_text(value->text)))
		buffer_append_span(out, value->text);
	else
		size_append(out, (int64_t)value->text.len);
}

/* `dispatch /orders/get order 0 -> order 0`, `dispatch query {"1":"ok"} -> "okok"`, `ping`. */
void mux_describe(const struct value *values, struct buffer *out)
{
	append_text(out, "", &values[MUX_COLUMN_TYPE]);
	append_text(out, " ", &values[MUX_COLUMN_DESTINATION]);
	append_text(out, " ", &values[MUX_COLUMN_METHOD]);
	append_text(out, " ", &values[MUX_COLUMN_ARGS]);
	append_text(out, " ", &values[MUX_COLUMN_PAYLOAD]);
	if (values[MUX_COLUMN_STATUS].type == VALUE_WORD &&
	    !span_is(values[MUX_COLUMN_STATUS].text, "ok"))
		append_text(out, " -> ", &values[MUX_COLUMN_STATUS]);
	if (values[MUX_COLUMN_DISCARDED].type == VALUE_BOOL && values[MUX_COLUMN_DISCARDED].boolean)
		buffer_append_text(out, " -> discarded");
	append_text(out, " (", &values[MUX_COLUMN_REASON]);
	if (values[MUX_COLUMN_REASON].type != VALUE_NULL)
		buffer_append_char(out, ')');
	if (values[MUX_COLUMN_ERROR].type == VALUE_NULL)
		append_text(out, " -> exception ", &values[MUX_COLUMN_EXCEPTION]);
	append_text(out, " -> ", &values[MUX_COLUMN_ERROR]);
	append_text(out, " -> ", &values[MUX_COLUMN_RESULT]);
	append_text(out, " -> ", &values[MUX_COLUMN_RESP_PAYLOAD]);
}
