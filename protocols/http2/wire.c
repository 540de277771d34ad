/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/wire.h"

struct http2_header http2_header_read(const uint8_t *b)
{
	return (struct http2_header){
		.len = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2],
		.type = b[3],
		.flags = b[4],
		.stream = ((uint32_t)b[5] << 24 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 8 |
			   b[8]) &
			  0x7fffffff,
	};
}

enum stream_rule {
	STREAM_ANY,
	STREAM_NONE, /* of the connection as a whole */
	STREAM_SOME
};

/* What each type of frame may look like (RFC 9113, section 6). */
static const struct {
	uint8_t flags; /* that are defined */
	uint8_t stream;
	uint32_t len_min;
	uint32_t len_max;
} rules[] = {
	[HTTP2_DATA] = {HTTP2_FLAG_END_STREAM | HTTP2_FLAG_PADDED, STREAM_SOME, 0, UINT32_MAX},
	[HTTP2_HEADERS] = {HTTP2_FLAG_END_STREAM | HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_PADDED |
				   HTTP2_FLAG_PRIORITY,
			   STREAM_SOME, 0, UINT32_MAX},
	[HTTP2_PRIORITY] = {0, STREAM_SOME, 5, 5},
	[HTTP2_RST_STREAM] = {0, STREAM_SOME, 4, 4},
	[HTTP2_SETTINGS] = {HTTP2_FLAG_ACK, STREAM_NONE, 0, 6 * 64},
	[HTTP2_PUSH_PROMISE] = {HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_PADDED, STREAM_SOME, 4,
				UINT32_MAX},
	[HTTP2_PING] = {HTTP2_FLAG_ACK, STREAM_NONE, 8, 8},
	[HTTP2_GOAWAY] = {0, STREAM_NONE, 8, 1 << 16},
	[HTTP2_WINDOW_UPDATE] = {0, STREAM_ANY, 4, 4},
	[HTTP2_CONTINUATION] = {HTTP2_FLAG_END_HEADERS, STREAM_SOME, 0, UINT32_MAX},
	[HTTP2_ALTSVC] = {0, STREAM_ANY, 2, 1 << 16},
	[HTTP2_ORIGIN] = {0, STREAM_NONE, 0, 1 << 16},
	[HTTP2_PRIORITY_UPDATE] = {0, STREAM_NONE, 4, 1 << 16},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

bool http2_header_valid(const struct http2_header *h, bool any)
{
	/* A type without a rule has no longest frame but that which all take. */
	if (h->type >= RULES || !rules[h->type].len_max)
		return any && h->len <= HTTP2_FRAME_SIZE;
	if (h->flags & ~rules[h->type].flags)
		return false;
	if (h->len < rules[h->type].len_min || h->len > rules[h->type].len_max)
		return false;
	if (h->type == HTTP2_SETTINGS && (h->len % 6 || (h->flags & HTTP2_FLAG_ACK && h->len)))
		return false;
	switch ((enum stream_rule)rules[h->type].stream) {
	case STREAM_NONE:
		return h->stream == 0;
	case STREAM_SOME:
		return h->stream != 0;
	case STREAM_ANY:
		break;
	}
	return true;
}

const char *http2_error_name(uint32_t code)
{
	static const char *const names[] = {
		"NO_ERROR",
		"PROTOCOL_ERROR",
		"INTERNAL_ERROR",
		"FLOW_CONTROL_ERROR",
		"SETTINGS_TIMEOUT",
		"STREAM_CLOSED",
		"FRAME_SIZE_ERROR",
		"REFUSED_STREAM",
		"CANCEL",
		"COMPRESSION_ERROR",
		"CONNECT_ERROR",
		"ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY",
		"HTTP_1_1_REQUIRED",
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}
