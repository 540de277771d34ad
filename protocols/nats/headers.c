/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/wire.h"
#include "protocols/value/json.h"

/* Shown of one message; more are left out. */
#define HEADERS_MAX 256

static const char version[] = "NATS/";

static struct span trim(struct span text)
{
	while (text.len && (uint8_t)text.data[0] <= ' ')
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && (uint8_t)text.data[text.len - 1] <= ' ')
		text.len--;
	return text;
}

/* The line at *AT, which moves behind it. */
static struct span next_line(struct span text, size_t *at)
{
	const char *from = text.data + *at;
	const char *end = memchr(from, '\n', text.len - *at);
	size_t len = end ? (size_t)(end - from) : text.len - *at;

	*at += len + (end != NULL);
	return span_of(from, len);
}

bool nats_status_read(struct span headers, struct nats_status *status)
{
	size_t at = 0;
	struct span line;

	*status = (struct nats_status){0};
	if (headers.len < sizeof(version) ||
	    memcmp(headers.data, version, sizeof(version) - 1) != 0)
		return false;
	line = next_line(headers, &at);
	for (at = 0; at < line.len && line.data[at] != ' '; at++)
		;
	line = trim(span_of(line.data + at, line.len - at));
	for (at = 0; at < line.len && at < 3 && line.data[at] >= '0' && line.data[at] <= '9'; at++)
		status->code = status->code * 10 + (line.data[at] - '0');
	if (at == 3)
		status->text = trim(span_of(line.data + at, line.len - at));
	else
		status->code = 0;
	return true;
}

bool nats_header_next(struct span headers, size_t *at, struct span *name, struct span *value)
{
	if (!*at && headers.len)
		next_line(headers, at);
	while (*at < headers.len) {
		struct span line = next_line(headers, at);
		const char *colon = memchr(line.data, ':', line.len);

		if (!colon)
			continue;
		*name = trim(span_of(line.data, (size_t)(colon - line.data)));
		*value = trim(span_of(colon + 1, line.len - (size_t)(colon - line.data) - 1));
		return true;
	}
	return false;
}

bool nats_header_find(struct span headers, const char *name, struct span *value)
{
	struct span found;
	size_t at = 0;

	while (nats_header_next(headers, &at, &found, value))
		if (span_is(found, name))
			return true;
	return false;
}

/* Whether a header before number N has the same name. */
static bool came_before(struct span headers, unsigned n, struct span name)
{
	struct span other, value;
	size_t at = 0;

	while (n-- && nats_header_next(headers, &at, &other, &value))
		if (span_equal(other, name))
			return true;
	return false;
}

/* FIRST and the values that NAME has from AT on. */
static void append_values(struct buffer *out, struct span headers, size_t at, struct span name,
			  struct span first)
{
	struct span other, value;
	size_t again = at;
	bool many = false;

	while (!many && nats_header_next(headers, &again, &other, &value))
		many = span_equal(other, name);
	if (many)
		buffer_append_char(out, '[');
	json_append_string(out, first);
	if (!many)
		return;
	while (nats_header_next(headers, &at, &other, &value)) {
		if (!span_equal(other, name))
			continue;
		buffer_append_char(out, ',');
		json_append_string(out, value);
	}
	buffer_append_char(out, ']');
}

void nats_headers_json(struct span headers, struct buffer *out)
{
	struct span name, value;
	size_t at = 0, shown = 0;

	buffer_append_char(out, '{');
	for (unsigned n = 0; n < HEADERS_MAX && nats_header_next(headers, &at, &name, &value);
	     n++) {
		if (came_before(headers, n, name))
			continue;
		if (shown++)
			buffer_append_char(out, ',');
		json_append_string(out, name);
		buffer_append_char(out, ':');
		append_values(out, headers, at, name, value);
	}
	buffer_append_char(out, '}');
}
