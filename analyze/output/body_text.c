/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/body_text.h"

#include <inttypes.h>

#include "analyze/output/escape.h"
#include "analyze/output/json_text.h"
#include "protocols/value/json_read.h"
#include "protocols/value/utf8.h"

/* One in so many characters of text may be one that isn't, and one in any text. */
#define ODD_ONE_IN 32

bool body_is_text(struct span bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.data, *end = bytes.len ? p + bytes.len : p;
	size_t odd = 0;

	while (p < end) {
		size_t n = utf8_sequence(p, end);

		if (!*p)
			return false;
		odd += !n || (*p < ' ' && *p != '\n' && *p != '\r' && *p != '\t') || *p == 0x7f;
		p += n ? n : 1;
	}
	return odd <= 1 + bytes.len / ODD_ONE_IN;
}

/* Tabs stay: a terminal knows them. */
static void append_line(struct buffer *b, struct span line)
{
	const char *tab;

	while (line.len && (tab = memchr(line.data, '\t', line.len)) != NULL) {
		size_t len = (size_t)(tab - line.data);

		escape_append(b, span_of(line.data, len));
		buffer_append_char(b, '\t');
		line = span_of(tab + 1, line.len - len - 1);
	}
	escape_append(b, line);
	buffer_append_char(b, '\n');
}

static void append_text(struct buffer *b, struct span text)
{
	/* Lines of the network end in CR LF. */
	while (text.len) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;
		size_t shown = end && len && text.data[len - 1] == '\r' ? len - 1 : len;

		append_line(b, span_of(text.data, shown));
		text = span_of(text.data + len + (end != NULL), text.len - len - (end != NULL));
	}
}

void body_append(struct buffer *b, struct span bytes)
{
	struct buffer json = {0};

	if (!bytes.len)
		return;
	if (!body_is_text(bytes)) {
		body_append_hex(b, 0, bytes);
	} else if ((*bytes.data == '{' || *bytes.data == '[') && json_is_whole(bytes)) {
		json_append_indented(&json, bytes);
		append_text(b, buffer_span(&json));
		b->failed |= json.failed;
		buffer_free(&json);
	} else {
		append_text(b, bytes);
	}
}

void body_append_hex(struct buffer *b, uint64_t offset, struct span bytes)
{
	for (size_t at = 0; at < bytes.len; at += 16) {
		size_t len = bytes.len - at < 16 ? bytes.len - at : 16;

		buffer_printf(b, "  %08" PRIx64 " ", offset + at);
		for (size_t i = 0; i < 16; i++) {
			if (i < len)
				buffer_printf(b, " %02x", (unsigned char)bytes.data[at + i]);
			else
				buffer_append_text(b, "   ");
		}
		buffer_append_text(b, "  ");
		for (size_t i = 0; i < len; i++) {
			char c = bytes.data[at + i];

			buffer_append_char(b, c >= 0x20 && c < 0x7f ? c : '.');
		}
		buffer_append_char(b, '\n');
	}
}
