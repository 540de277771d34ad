/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/start_line.h"
#include "protocols/value/ascii.h"

#include <strings.h>

/* "HTTP/1.1" */
#define VERSION_LEN 8

/* One bit for each byte: letters, digits and !#$%&'*+-.^_`|~ */
bool http_is_token(uint8_t c)
{
	static const uint64_t tokens[4] = {0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0};

	return tokens[c >> 6] >> (c & 63) & 1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A carriage return alone stands for a blank (RFC 9112, section 2.2); clients pass over zeroes. */
static bool ends_word(char c)
{
	return ascii_is_blank(c) || c == '\r' || !c;
}

struct span http_strip_line_end(struct span line)
{
	if (line.len && line.data[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct span http_trim(struct span text)
{
	while (text.len && ascii_is_blank(text.data[text.len - 1]))
		text.len--;
	while (text.len && ascii_is_blank(*text.data)) {
		text.data++;
		text.len--;
	}
	return text;
}

static const char *const methods[] = {
	"GET",
	"POST",
	"HEAD",
	"PUT",
	"DELETE",
	"OPTIONS",
	"PATCH",
	"CONNECT",
	"TRACE",
	"PROPFIND",
	"PROPPATCH",
	"MKCOL",
	"COPY",
	"MOVE",
	"LOCK",
	"UNLOCK",
	"SEARCH",
	"REPORT",
	"MKACTIVITY",
	"CHECKOUT",
	"CHECKIN",
	"UNCHECKOUT",
	"MERGE",
	"MKCALENDAR",
	"ACL",
	"BIND",
	"UNBIND",
	"REBIND",
	"LINK",
	"UNLINK",
	"LABEL",
	"UPDATE",
	"QUERY",
	"PURGE",
	"SUBSCRIBE",
	"UNSUBSCRIBE",
	"NOTIFY",
	"M-SEARCH",
	"ORDERPATCH",
	"BASELINE-CONTROL",
	"VERSION-CONTROL",
	"MKREDIRECTREF",
	"MKWORKSPACE",
	"UPDATEREDIRECTREF",
};

bool http_method_known(struct span method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_is(method, methods[i]))
			return true;
	return false;
}

bool http_method_begins(struct span front)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (front.len <= strlen(methods[i]) &&
		    memcmp(methods[i], front.data, front.len) == 0)
			return true;
	return false;
}

/* The token at the front; no more than one byte beyond what a method may have. */
static size_t token_run(struct span text)
{
	size_t n = 0;

	while (n < text.len && n <= HTTP_METHOD_MAX && http_is_token((uint8_t)text.data[n]))
		n++;
	return n;
}

struct span http_method_of(struct span bytes)
{
	return span_of(bytes.data, token_run(bytes));
}

/* "HTTP/" and two digits with a dot, at the beginning of TEXT; the digits become *VERSION. */
static bool version_at(struct span text, struct span *version)
{
	if (text.len < VERSION_LEN)
		return false;
	if (memcmp(text.data, "HTTP/", 5) != 0 && strncasecmp(text.data, "HTTP/", 5) != 0)
		return false;
	if (!is_digit(text.data[5]) || text.data[6] != '.' || !is_digit(text.data[7]))
		return false;
	*version = span_of(text.data + 5, 3);
	return true;
}

/* No blanks or control characters; bytes above ASCII are no URI, but clients send them. */
static bool is_plain_target(struct span target)
{
	for (size_t i = 0; i < target.len; i++)
		if ((uint8_t)target.data[i] <= ' ' || target.data[i] == 0x7f)
			return false;
	return target.len > 0;
}

/* "/path HTTP/1." means "/path". */
static struct span without_broken_version(struct span target)
{
	const char *blank = memrchr(target.data, ' ', target.len);
	size_t before = blank ? (size_t)(blank - target.data) : 0;

	if (!blank || target.len - before < 6 || strncasecmp(blank + 1, "HTTP/", 5) != 0)
		return target;
	return http_trim(span_of(target.data, before));
}

/*
 * Without a version: the only request of HTTP/0.9, "GET /path", or an attempt at something newer,
 * which a server will refuse.
 */
static bool unversioned(struct http_start_line *line)
{
	line->simple = span_is(line->method, "GET") && is_plain_target(line->target) &&
		       line->target.data[0] == '/';
	if (line->simple)
		return true;
	line->malformed = true;
	if (!http_method_known(line->method) &&
	    !memmem(line->target.data, line->target.len, "HTTP/", 5))
		return false;
	line->target = without_broken_version(line->target);
	return true;
}

bool http_request_line(struct span line, struct http_start_line *out)
{
	size_t method = token_run(line);
	struct span rest;

	*out = (struct http_start_line){.text = line};
	if (method == 0 || method > HTTP_METHOD_MAX)
		return false;
	if (method < line.len && !ascii_is_blank(line.data[method]))
		return false;
	out->method = span_of(line.data, method);
	rest = http_trim(span_of(line.data + method, line.len - method));
	out->target = rest;
	if (rest.len < VERSION_LEN)
		return unversioned(out);
	if (!version_at(span_of(rest.data + rest.len - VERSION_LEN, VERSION_LEN), &out->version))
		return unversioned(out);
	rest.len -= VERSION_LEN;
	if (rest.len && !ascii_is_blank(rest.data[rest.len - 1])) {
		out->version = (struct span){0};
		return unversioned(out);
	}
	/* "PRI * HTTP/2.0" opens HTTP/2, which is another protocol (RFC 9113, section 3.4). */
	if (out->version.data[0] > '1' && span_is(out->method, "PRI"))
		return false;
	out->target = http_trim(rest);
	return true;
}

bool http_request_front(struct span front, struct http_start_line *out)
{
	const char *blank;

	if (!http_request_line(front, out))
		return false;
	if (out->version.len)
		return true;
	out->simple = out->malformed = false;
	out->target = front;
	out->target.data += out->method.len;
	out->target.len -= out->method.len;
	out->target = http_trim(out->target);
	blank = memchr(out->target.data, ' ', out->target.len);
	if (blank)
		out->target.len = (size_t)(blank - out->target.data);
	return true;
}

/*
 * The number and the reason, of which sloppy servers leave out one or both. What is no number of up
 * to three digits is no code, and stays in front of the reason.
 */
static void status_rest(struct span rest, struct http_start_line *out)
{
	size_t digits = 0;

	rest = http_trim(rest);
	while (digits < rest.len && digits < 3 && is_digit(rest.data[digits]))
		out->code = out->code * 10 + (unsigned)(rest.data[digits++] - '0');
	if (digits < rest.len && !ends_word(rest.data[digits])) {
		out->malformed = true;
		out->code = 0;
		digits = 0;
	}
	if (digits && digits < rest.len && !ascii_is_blank(rest.data[digits])) {
		out->malformed = true;
		digits++;
	}
	out->reason = http_trim(span_of(rest.data + digits, rest.len - digits));
}

/*
 * "HTTP/" and what begins with a digit: whatever follows, an answer that begins so is a response.
 * Of a version that is none digits and dots are told ("1.10"). How much of LINE it takes; 0: none.
 */
static size_t status_version(struct span line, struct http_start_line *out)
{
	size_t len = VERSION_LEN - 3, numeric;

	if (version_at(line, &out->version) &&
	    (line.len == VERSION_LEN || ascii_is_blank(line.data[VERSION_LEN])))
		return VERSION_LEN;
	out->version = (struct span){0};
	if (line.len <= len || strncasecmp(line.data, "HTTP/", len) != 0 ||
	    !is_digit(line.data[len]))
		return 0;
	out->malformed = true;
	while (len < line.len && (is_digit(line.data[len]) || line.data[len] == '.'))
		len++;
	numeric = len;
	while (len < line.len && !ascii_is_blank(line.data[len]))
		len++;
	if (numeric == len)
		out->version = span_of(line.data + VERSION_LEN - 3, len - (VERSION_LEN - 3));
	return len;
}

bool http_status_line(struct span line, struct http_start_line *out)
{
	size_t version;

	*out = (struct http_start_line){.text = line};
	/* What Shoutcast servers say instead of HTTP/1.0. */
	if (line.len > 4 && memcmp(line.data, "ICY ", 4) == 0) {
		status_rest(span_of(line.data + 3, line.len - 3), out);
		return out->code;
	}
	version = status_version(line, out);
	if (!version)
		return false;
	status_rest(span_of(line.data + version, line.len - version), out);
	return true;
}

/* ---- exact lines, read from the front so that what is none ends early ---- */

/* Moves *AT over TEXT. PREFIX: the bytes end within it. */
static enum http_match take_text(struct span bytes, size_t *at, const char *text)
{
	for (; *text; text++, (*at)++) {
		if (*at == bytes.len)
			return HTTP_MATCH_PREFIX;
		if (bytes.data[*at] != *text)
			return HTTP_MATCH_NO;
	}
	return HTTP_MATCH_YES;
}

static enum http_match take_digits(struct span bytes, size_t *at, size_t count)
{
	for (; count; count--, (*at)++) {
		if (*at == bytes.len)
			return HTTP_MATCH_PREFIX;
		if (!is_digit(bytes.data[*at]))
			return HTTP_MATCH_NO;
	}
	return HTTP_MATCH_YES;
}

/* "HTTP/1." and a digit. */
static enum http_match take_version(struct span bytes, size_t *at)
{
	enum http_match match = take_text(bytes, at, "HTTP/1.");

	return match == HTTP_MATCH_YES ? take_digits(bytes, at, 1) : match;
}

static enum http_match take_line_end(struct span bytes, size_t *at)
{
	if (*at < bytes.len && bytes.data[*at] == '\r')
		++*at;
	return take_text(bytes, at, "\n");
}

static enum http_match take_target(struct span bytes, size_t *at)
{
	size_t start = *at;

	while (*at < bytes.len && *at - start < HTTP_TARGET_MAX && (uint8_t)bytes.data[*at] > ' ' &&
	       bytes.data[*at] != 0x7f)
		++*at;
	if (*at == bytes.len)
		return HTTP_MATCH_PREFIX;
	return *at > start ? take_text(bytes, at, " ") : HTTP_MATCH_NO;
}

enum http_match http_request_match(struct span bytes, size_t *len)
{
	size_t at = token_run(bytes);
	enum http_match match;

	if (at == 0 || at > HTTP_METHOD_MAX)
		return HTTP_MATCH_NO;
	match = take_text(bytes, &at, " ");
	if (match == HTTP_MATCH_YES)
		match = take_target(bytes, &at);
	if (match == HTTP_MATCH_YES)
		match = take_version(bytes, &at);
	if (match == HTTP_MATCH_YES)
		match = take_line_end(bytes, &at);
	*len = at;
	return match;
}

enum http_match http_status_match(struct span bytes, size_t *len)
{
	size_t at = 0;
	const char *end;
	enum http_match match = take_version(bytes, &at);

	if (match == HTTP_MATCH_YES)
		match = take_text(bytes, &at, " ");
	if (match == HTTP_MATCH_YES)
		match = take_digits(bytes, &at, 3);
	*len = at;
	if (match != HTTP_MATCH_YES)
		return match;
	if (at == bytes.len)
		return HTTP_MATCH_PREFIX;
	if (!ascii_is_blank_or_end(bytes.data[at]))
		return HTTP_MATCH_NO;
	end = memchr(bytes.data + at, '\n', bytes.len - at);
	*len = end ? (size_t)(end + 1 - bytes.data) : bytes.len;
	return end ? HTTP_MATCH_YES : HTTP_MATCH_PREFIX;
}
