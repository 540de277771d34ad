/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_START_LINE_H
#define SOCKTAPE_PROTOCOLS_HTTP_START_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/span.h"

/*
 * Request lines and status lines (RFC 9112, sections 3 and 4). Spans point into what was parsed.
 */
struct http_start_line {
	struct span text;    /* all of it, without the line end */
	struct span method;  /* requests; empty otherwise */
	struct span target;  /* as sent; may be empty */
	struct span version; /* "1.1"; empty when there is none */
	struct span reason;  /* responses; may be empty */
	unsigned code;	     /* responses; 0 when the line has none */
	bool simple;	     /* a request of HTTP/0.9: nothing follows the line */
	bool malformed;	     /* the version isn't where it belongs, or none; or the code is none */
};

enum http_match {
	HTTP_MATCH_NO,
	HTTP_MATCH_PREFIX, /* as far as the bytes go: the end of the line is not there */
	HTTP_MATCH_YES,
};

/* The longest method taken for one; those registered have at most 17 letters. */
#define HTTP_METHOD_MAX 32

/* The longest target by which a request is recognised where one may or may not begin. */
#define HTTP_TARGET_MAX 8192

/*
 * A whole line, its line end already removed. Real traffic bends the grammar: what is bent but
 * clear is taken.
 */
bool http_request_line(struct span line, struct http_start_line *out);

/* The same of the front of a request line: the target is what there is of it, up to a blank. */
bool http_request_front(struct span front, struct http_start_line *out);
bool http_status_line(struct span line, struct http_start_line *out);

/*
 * BYTES begin where a start line may begin: whether one does that is exactly as the grammar says,
 * of version 1.x. *LEN: for YES with the line end; else how far it went.
 */
enum http_match http_request_match(struct span bytes, size_t *len);
enum http_match http_status_match(struct span bytes, size_t *len);

/* The word that BYTES begin with; may be empty. */
struct span http_method_of(struct span bytes);

/* A method registered with IANA, or long in common use. */
bool http_method_known(struct span method);

/* Whether FRONT is such a method, or may become one. */
bool http_method_begins(struct span front);

/* A letter of a token (RFC 9110, section 5.6.2). */
bool http_is_token(uint8_t c);

/* Without the line end: one LF, and the CR before it if there is one. */
struct span http_strip_line_end(struct span line);

/* Without blanks at both ends. */
struct span http_trim(struct span text);

#endif
