/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/corpus/case.h"

/* Records that are told of in one report. */
#define TOLD_MAX 5
/* Of a value, so much is printed. */
#define VALUE_MAX 100

/* The next line of TEXT from *AT on, without its end. False after the last. */
static bool next_line(struct span text, size_t *at, struct span *line)
{
	const char *start = text.data + *at;
	const char *end;

	if (*at >= text.len)
		return false;
	end = memchr(start, '\n', text.len - *at);
	*line = span_of(start, end ? (size_t)(end - start) : text.len - *at);
	*at += line->len + 1;
	return true;
}

/* One member of a JSON object. */
struct field {
	struct span name;
	struct span value;
};

/* Length of the JSON value at P, as socktape itself writes it. */
static size_t value_len(const char *p, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				in_string = false;
			continue;
		}
		if (depth == 0 && (p[i] == '}' || p[i] == ']' || p[i] == ','))
			return i;
		if (p[i] == '"')
			in_string = true;
		else if (p[i] == '{' || p[i] == '[')
			depth++;
		else if (p[i] == '}' || p[i] == ']')
			depth--;
	}
	return len;
}

/* The next member of the object in LINE; *AT starts at 0. False after the last. */
static bool next_field(struct span line, size_t *at, struct field *field)
{
	size_t i = *at ? *at : 1; /* behind the brace */
	const char *colon;

	if (i >= line.len || line.data[i] != '"')
		return false;
	colon = memchr(line.data + i, ':', line.len - i);
	if (!colon)
		return false;
	field->name = span_of(line.data + i + 1, (size_t)(colon - line.data) - i - 2);
	i = (size_t)(colon - line.data) + 1;
	field->value = span_of(line.data + i, value_len(line.data + i, line.len - i));
	*at = i + field->value.len + 1;
	return true;
}

static void append_value(struct buffer *b, const char *label, struct span value)
{
	buffer_printf(b, "      %-8s ", label);
	buffer_append(b, value.data, value.len < VALUE_MAX ? value.len : VALUE_MAX);
	buffer_append_text(b, value.len > VALUE_MAX ? "...\n" : "\n");
}

static void report_fields(struct span expected, struct span got, struct buffer *report)
{
	struct field want, have;
	size_t at = 0, other = 0;

	for (;;) {
		bool more = next_field(expected, &at, &want);

		if (!next_field(got, &other, &have) || !more)
			break;
		if (!span_equal(want.name, have.name)) {
			buffer_append_text(report, "    columns differ from here on\n");
			append_value(report, "expected", want.name);
			append_value(report, "got", have.name);
			return;
		}
		if (span_equal(want.value, have.value))
			continue;
		buffer_append_text(report, "    ");
		buffer_append_span(report, want.name);
		buffer_append_char(report, '\n');
		append_value(report, "expected", want.value);
		append_value(report, "got", have.value);
	}
}

bool case_compare(struct span expected, struct span got, struct buffer *report)
{
	size_t at = 0, other = 0, number = 0, different = 0;
	size_t missing = 0, extra = 0;

	if (span_equal(expected, got))
		return true;
	for (;;) {
		struct span want = {0}, have = {0};
		bool wanted = next_line(expected, &at, &want);
		bool had = next_line(got, &other, &have);

		if (!wanted && !had)
			break;
		number++;
		missing += wanted && !had;
		extra += had && !wanted;
		if (wanted && had && span_equal(want, have))
			continue;
		if (++different > TOLD_MAX)
			continue;
		buffer_printf(report, "  record %zu %s\n", number,
			      !had	? "is missing"
			      : !wanted ? "was not expected"
					: "differs");
		if (wanted && had)
			report_fields(want, have, report);
		else
			append_value(report, "", wanted ? want : have);
	}
	buffer_printf(report,
		      "  in all: %zu of %zu records differ, %zu missing, %zu not expected\n",
		      different, number, missing, extra);
	return false;
}
