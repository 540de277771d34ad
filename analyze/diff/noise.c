/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/noise.h"

#include <strings.h>

static bool is_one_of(struct span name, const char *const *list)
{
	for (; *list; list++)
		if (span_is(name, *list))
			return true;
	return false;
}

bool noise_is_header(struct span name)
{
	static const char *const names[] = {"age",
					    "authorization",
					    "content-length",
					    "content-range",
					    "cookie",
					    "date",
					    "etag",
					    "expires",
					    "if-modified-since",
					    "if-none-match",
					    "last-modified",
					    "range",
					    "retry-after",
					    "set-cookie",
					    "traceparent",
					    "tracestate",
					    NULL};

	return is_one_of(name, names) || noise_is_name(name);
}

static bool ends_with(struct span name, const char *end)
{
	size_t len = strlen(end);

	return name.len >= len && strncasecmp(name.data + name.len - len, end, len) == 0;
}

bool noise_is_name(struct span name)
{
	static const char *const ends[] = {"_id",   "-id", "_tag",  "_pid",  "_seq",	  "_at",
					   "_time", "_ts", "nonce", "token", "timestamp", NULL};
	static const char *const names[] = {"id", "pid", "ts", "time", "date", "uuid", NULL};

	for (size_t i = 0; ends[i]; i++)
		if (ends_with(name, ends[i]))
			return true;
	/* userId, createdAt */
	return is_one_of(name, names) ||
	       (name.len > 2 && (memcmp(name.data + name.len - 2, "Id", 2) == 0 ||
				 memcmp(name.data + name.len - 2, "At", 2) == 0));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_in_time(char c)
{
	return c == ':' || c == '-' || c == '.' || c == 'T' || c == 'Z' || c == '+' || c == ' ';
}

/* "2026-11-22T10:00", "10:00:05" */
static size_t time_len(struct span v, size_t at)
{
	size_t end = at;
	unsigned colons = 0, dashes = 0, digits = 0;

	while (end < v.len && (is_digit(v.data[end]) || is_in_time(v.data[end]))) {
		colons += v.data[end] == ':';
		dashes += v.data[end] == '-';
		digits += is_digit(v.data[end]);
		end++;
	}
	if ((colons == 2 && digits >= 5) || (dashes >= 2 && digits >= 8 && digits <= 26))
		return end - at;
	return 0;
}

static bool is_date(struct span v)
{
	static const char days[] = "Mon,Tue,Wed,Thu,Fri,Sat,Sun,";

	if (v.len < 20 || v.data[3] != ',')
		return false;
	for (const char *day = days; *day; day += 4)
		if (memcmp(v.data, day, 4) == 0)
			return true;
	return false;
}

/* RFC 9562, section 4. */
#define UUID_LEN 36

static bool is_uuid(struct span v, size_t at)
{
	if (v.len - at < UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? v.data[at + i] != '-' : !is_hex(v.data[at + i]))
			return false;
	}
	return true;
}

/* Where the word that begins AT ends, and whether it looks as if a machine had made it up. */
static size_t word_end(struct span v, size_t at, bool *made)
{
	size_t end = at, digits = 0, hex = 0, letters = 0;

	for (; end < v.len && is_word(v.data[end]); end++) {
		digits += is_digit(v.data[end]);
		hex += is_hex(v.data[end]);
		letters += !is_digit(v.data[end]);
	}
	*made = (digits == end - at && digits >= 4) || (hex == end - at && hex >= 8 && digits) ||
		(end - at >= 16 && digits >= 2 && letters >= 2);
	return end;
}

/* A port of five digits at the end of an address: one that was free. */
static bool is_port(struct span v, size_t at, size_t end)
{
	return at && v.data[at - 1] == ':' && end == v.len && end - at == 5;
}

void noise_append(struct span value, struct buffer *out)
{
	if (is_date(value)) {
		buffer_append_text(out, "{time}");
		return;
	}
	for (size_t at = 0; at < value.len;) {
		bool uuid = is_uuid(value, at);
		size_t time = is_digit(value.data[at]) && !uuid ? time_len(value, at) : 0;
		bool made = uuid;
		size_t end = at + UUID_LEN;

		if (time) {
			buffer_append_text(out, "{time}");
			at += time;
			continue;
		}
		if (!uuid)
			end = word_end(value, at, &made);
		if (made && is_port(value, at, end))
			buffer_append_text(out, "{port}");
		else if (made)
			buffer_append_text(out, "{id}");
		else
			buffer_append(out, value.data + at, end > at ? end - at : 1);
		at = end > at ? end : at + 1;
	}
}
