/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV, as RFC 4180 says. */
#include "analyze/output/escape.h"
#include "analyze/output/text.h"
#include "analyze/output/writer.h"
#include "protocols/value/json.h"

/* What a spreadsheet takes for the beginning of a formula, in ASCII and in its full-width forms. */
static bool begins_formula(struct span text)
{
	static const char ascii[] = {'=', '+', '-', '@', '\t', '\r', '\n'};
	static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};

	if (text.len && memchr(ascii, text.data[0], sizeof(ascii)))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (text.len >= 3 && memcmp(text.data, wide[i], 3) == 0)
			return true;
	return false;
}

static void csv_field(struct output *o, struct span text)
{
	void (*append)(struct buffer * b, struct span s) = o->terminal ? escape_append
								       : text_append_utf8;
	static const char special[] = {',', '"', '\r', '\n'};
	struct buffer *b = &o->out;
	bool formula = begins_formula(text);
	bool quoted = formula;

	for (size_t i = 0; i < text.len && !quoted; i++)
		quoted = memchr(special, text.data[i], sizeof(special)) != NULL;
	if (!quoted) {
		append(b, text);
		return;
	}
	/* A quote in front makes it plain text to a spreadsheet. */
	buffer_append_text(b, formula ? "\"'" : "\"");
	for (size_t from = 0; from < text.len;) {
		const char *quote = memchr(text.data + from, '"', text.len - from);
		size_t to = quote ? (size_t)(quote - text.data) + 1 : text.len;

		append(b, span_of(text.data + from, to - from));
		if (quote)
			buffer_append_char(b, '"');
		from = to;
	}
	buffer_append_char(b, '"');
}

static void csv_value(struct output *o, const struct value *v)
{
	if (v->type == VALUE_WORD)
		buffer_append_span(&o->out, v->text);
	else if (v->type == VALUE_TEXT || v->type == VALUE_JSON)
		csv_field(o, v->text);
	else if (v->type != VALUE_NULL)
		json_append_value(&o->out, v);
}

void output_header(struct output *o, const struct row_part *parts, size_t count)
{
	bool first = true;

	if (o->format != OUTPUT_CSV || o->header_done)
		return;
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < parts[i].count; c++, first = false) {
			if (!first)
				buffer_append_char(&o->out, ',');
			if (parts[i].prefix)
				buffer_printf(&o->out, "%s.", parts[i].prefix);
			buffer_append_text(&o->out, parts[i].columns[c].name);
		}
	}
	buffer_append_char(&o->out, '\n');
	o->header_done = true;
}

void csv_write_row(struct output *o, const struct row_part *parts, size_t count)
{
	bool first = true;

	output_header(o, parts, count);
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < parts[i].count; c++, first = false) {
			if (!first)
				buffer_append_char(&o->out, ',');
			if (parts[i].values)
				csv_value(o, &parts[i].values[c]);
		}
	}
	output_end_row(o);
}
