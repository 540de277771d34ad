/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_SEQUEL_H
#define SOCKTAPE_PROTOCOLS_HTTP_SEQUEL_H

#include "format/span.h"

/*
 * Whether a start line in the midst of something is spoken there, or quoted: behind one that is
 * spoken come header lines, the body that they tell of, and the next start line.
 */
enum http_sequel {
	HTTP_SEQUEL_UNKNOWN, /* the bytes end before that can be told */
	HTTP_SEQUEL_RIGHT,   /* it does, and nothing else up to the end of the bytes */
	HTTP_SEQUEL_ENDLESS, /* anything may come: nothing tells where the body would end */
	HTTP_SEQUEL_WRONG,   /* something else comes */
};

/* BYTES begin with a start line that http_request_match() or http_status_match() has found. */
enum http_sequel http_sequel_of(struct span bytes, bool request);

#endif
