/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/describe.h"

#include "protocols/dns/exchange.h"

#define ANSWERS_SHOWN 4

/* The string behind KEY in our own JSON, from FROM on; FROM moves behind it. */
static bool next_string(struct span *from, const char *key, struct span *string)
{
	size_t key_len = strlen(key);
	const char *at, *end, *p;

	if (from->len == 0)
		return false;
	at = memmem(from->data, from->len, key, key_len);
	end = from->data + from->len;
	if (!at)
		return false;
	for (p = at += key_len; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	if (p >= end)
		return false;
	*string = span_of(at, (size_t)(p - at));
	*from = span_of(p, (size_t)(end - p));
	return true;
}

/* Presentation format is visible ASCII: only quotes and backslashes are escaped in it. */
static void append_unescaped(struct buffer *out, struct span json)
{
	for (size_t i = 0; i < json.len; i++) {
		if (json.data[i] == '\\' && i + 1 < json.len)
			i++;
		buffer_append_char(out, json.data[i]);
	}
}

/* A word, with a space before it when it isn't the first since START. */
static void append_word(struct buffer *out, size_t start, struct span word)
{
	if (word.len == 0)
		return;
	if (out->len > start)
		buffer_append_char(out, ' ');
	buffer_append_span(out, word);
}

static struct span text_of(const struct value *value)
{
	return value->type == VALUE_NULL ? span_of(NULL, 0) : value->text;
}

static void append_answers(struct buffer *out, struct span answers)
{
	struct span data;
	size_t count = 0;

	while (next_string(&answers, "\"data\":\"", &data)) {
		if (count < ANSWERS_SHOWN) {
			buffer_append_text(out, count > 0 ? ", " : " -> ");
			append_unescaped(out, data);
		}
		count++;
	}
	if (count > ANSWERS_SHOWN)
		buffer_printf(out, ", %zu more", count - ANSWERS_SHOWN);
}

/* What multicast DNS announces has no question: the first answer's name and type say what it is. */
static void append_announced(struct buffer *out, size_t start, struct span answers)
{
	struct span name, type;

	if (!next_string(&answers, "\"name\":\"", &name) ||
	    !next_string(&answers, "\"type\":\"", &type))
		return;
	append_word(out, start, type);
	buffer_append_char(out, ' ');
	append_unescaped(out, name);
}

void dns_describe(const struct value *values, struct buffer *out)
{
	struct span opcode = text_of(&values[DNS_COLUMN_OPCODE]);
	struct span qname = text_of(&values[DNS_COLUMN_QNAME]);
	struct span rcode = text_of(&values[DNS_COLUMN_RCODE]);
	struct span answers = text_of(&values[DNS_COLUMN_ANSWERS]);
	size_t start = out->len;

	if (!span_is(opcode, "QUERY"))
		append_word(out, start, opcode);
	append_word(out, start, text_of(&values[DNS_COLUMN_QTYPE]));
	append_word(out, start, qname);
	if (qname.len == 0 && values[DNS_COLUMN_QTYPE].type == VALUE_NULL)
		append_announced(out, start, answers);
	else if (qname.len == 0)
		append_word(out, start, span_text("(malformed name)"));
	if (!span_is(rcode, "NOERROR"))
		append_word(out, start, rcode);
	append_answers(out, answers);
}
