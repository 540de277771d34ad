/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_wire.h"

#include <string.h>

/* RFC 8446 section 5.2: no record's body is longer, and RFC 5246, 6.2.3 allows some more. */
#define BODY_MAX (16384 + 2048)

#define TYPE_FIRST     20 /* change_cipher_spec */
#define TYPE_HANDSHAKE 22
#define TYPE_LAST      24 /* heartbeat: RFC 6520 */
#define CLIENT_HELLO   1

static bool header_makes_sense(const uint8_t header[TLS_HEADER_LEN])
{
	return header[0] >= TYPE_FIRST && header[0] <= TYPE_LAST && header[1] == 3 &&
	       header[2] <= 4 && (size_t)(header[3] << 8 | header[4]) <= BODY_MAX;
}

bool tls_is_hello(const char *bytes, size_t len)
{
	const uint8_t *b = (const uint8_t *)bytes;
	/* Record type and version, handshake type, its length below 64 KiB, the hello's version. */
	static const struct {
		uint8_t at;
		uint8_t least;
		uint8_t most;
	} rules[] = {{0, TYPE_HANDSHAKE, TYPE_HANDSHAKE}, {1, 3, 3}, {2, 0, 4}, {3, 0, 0x48},
		     {5, CLIENT_HELLO, CLIENT_HELLO},	  {6, 0, 0}, {9, 3, 3}, {10, 0, 4}};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].at < len &&
		    (b[rules[i].at] < rules[i].least || b[rules[i].at] > rules[i].most))
			return false;
	return len > 0;
}

bool tls_added_known(uint64_t bytes)
{
	return bytes == 17 || bytes == 24 || bytes == 16 || bytes == 9;
}

void tls_stream_begin(struct tls_stream *s, uint64_t position)
{
	*s = (struct tls_stream){.at = position, .synced = true};
}

/* A body begins, or ends where it is empty. */
static void header_end(struct tls_stream *s)
{
	s->header_len = 0;
	s->synced = header_makes_sense(s->header);
	if (!s->synced)
		return;
	s->type = s->header[0];
	s->body = (uint64_t)s->header[3] << 8 | s->header[4];
	if (s->type != TLS_RECORD_DATA)
		return;
	s->data_len = (uint32_t)s->body;
	s->tag_len = 0;
}

/* N bytes of a body, before they are taken. */
static void tag_take(struct tls_stream *s, const char *bytes, uint64_t n)
{
	uint64_t before = s->body > TLS_TAG_LEN ? s->body - TLS_TAG_LEN : 0;
	uint64_t at = s->body > TLS_TAG_LEN ? 0 : TLS_TAG_LEN - s->body;

	if (n <= before)
		return;
	memcpy(s->tag + at, bytes + before, (size_t)(n - before));
	s->tag_len += (uint8_t)(n - before);
}

static void body_take(struct tls_stream *s, uint64_t n)
{
	s->body -= n;
	s->at += n;
	if (s->body || s->type != TLS_RECORD_DATA)
		return;
	s->data_bytes += s->data_len;
	s->data_records++;
}

static size_t header_take(struct tls_stream *s, const char *payload, size_t len)
{
	size_t n = TLS_HEADER_LEN - s->header_len;

	if (n > len)
		n = len;
	memcpy(s->header + s->header_len, payload, n);
	s->header_len += (uint8_t)n;
	s->at += n;
	if (s->header_len == TLS_HEADER_LEN)
		header_end(s);
	return n;
}

size_t tls_stream_next(struct tls_stream *s, const char *payload, size_t len, bool *body)
{
	size_t taken = 0;

	*body = false;
	while (taken < len && s->synced) {
		size_t left = len - taken;
		uint64_t n = s->body < left ? s->body : left;

		if (s->body && s->type == TLS_RECORD_DATA) {
			if (taken)
				return taken;
			*body = true;
			tag_take(s, payload, n);
			body_take(s, n);
			return (size_t)n;
		}
		if (s->body) {
			body_take(s, n);
			taken += (size_t)n;
		} else {
			taken += header_take(s, payload + taken, left);
		}
	}
	s->at += len - taken;
	return len;
}

void tls_stream_skip(struct tls_stream *s, uint64_t n)
{
	if (s->synced && n <= s->body) {
		body_take(s, n);
		return;
	}
	s->at += n;
	if (n)
		s->synced = false;
}
