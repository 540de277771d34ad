/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/carrier.h"

#include "format/hash.h"

/* TLS_RSA_WITH_NULL_SHA, which every TLS 1.2 has (RFC 5246, appendix A.5). */
#define SUITE_NULL 0x0002

#define VERSION	     0x0303
#define RANDOM_LEN   32
#define NAME_MAX_LEN 255

enum {
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	EXTENSION_SNI = 0,
	EXTENSION_ALPN = 16,
};

static void put_u8(struct buffer *b, size_t value)
{
	buffer_append_char(b, (char)value);
}

static void put_u16(struct buffer *b, size_t value)
{
	put_u8(b, value >> 8);
	put_u8(b, value);
}

static void put_record(struct buffer *out, uint8_t type, size_t len)
{
	put_u8(out, type);
	put_u16(out, VERSION);
	put_u16(out, len);
}

static void put_random(struct buffer *b, uint64_t seed, uint64_t end)
{
	for (uint64_t i = 0; i < RANDOM_LEN / 8; i++) {
		uint64_t word = hash_u64(hash_u64(seed, end), i);

		buffer_append(b, &word, sizeof(word));
	}
}

static struct span name_of(const char *text)
{
	struct span name = span_text(text);

	return name.len <= NAME_MAX_LEN ? name : (struct span){0};
}

/* RFC 6066, section 3. */
static void put_sni(struct buffer *b, struct span name)
{
	put_u16(b, EXTENSION_SNI);
	put_u16(b, name.len + 5);
	put_u16(b, name.len + 3);
	put_u8(b, 0);
	put_u16(b, name.len);
	buffer_append_span(b, name);
}

/* RFC 7301, section 3.1. */
static void put_alpn(struct buffer *b, struct span name)
{
	put_u16(b, EXTENSION_ALPN);
	put_u16(b, name.len + 3);
	put_u16(b, name.len + 1);
	put_u8(b, name.len);
	buffer_append_span(b, name);
}

/* The record of a hello, whose BODY ends before its extensions. */
static void put_hello(struct buffer *out, uint8_t type, const struct buffer *body,
		      const struct buffer *extensions)
{
	size_t len = body->len + 2 + extensions->len;

	put_record(out, RECORD_HANDSHAKE, len + 4);
	put_u8(out, type);
	put_u8(out, 0);
	put_u16(out, len);
	buffer_append_span(out, buffer_span(body));
	put_u16(out, extensions->len);
	buffer_append_span(out, buffer_span(extensions));
}

void carrier_client_hello(const struct carrier *c, struct buffer *out)
{
	struct buffer body = {0}, extensions = {0};
	struct span sni = name_of(c->sni), alpn = name_of(c->alpn);

	put_u16(&body, VERSION);
	put_random(&body, c->seed, CLIENT_HELLO);
	put_u8(&body, 0); /* session id */
	put_u16(&body, 2);
	put_u16(&body, SUITE_NULL);
	put_u16(&body, 1 << 8); /* one compression method: none */
	if (sni.len)
		put_sni(&extensions, sni);
	if (alpn.len)
		put_alpn(&extensions, alpn);
	put_hello(out, CLIENT_HELLO, &body, &extensions);
	buffer_free(&body);
	buffer_free(&extensions);
}

static void put_change_cipher_spec(struct buffer *out)
{
	put_record(out, RECORD_CHANGE_CIPHER_SPEC, 1);
	put_u8(out, 1);
}

void carrier_server_hello(const struct carrier *c, struct buffer *out)
{
	struct buffer body = {0}, extensions = {0};
	struct span alpn = name_of(c->alpn);

	put_u16(&body, VERSION);
	put_random(&body, c->seed, SERVER_HELLO);
	put_u8(&body, 0);
	put_u16(&body, SUITE_NULL);
	put_u8(&body, 0);
	if (alpn.len)
		put_alpn(&extensions, alpn);
	put_hello(out, SERVER_HELLO, &body, &extensions);
	put_change_cipher_spec(out);
	buffer_free(&body);
	buffer_free(&extensions);
}

void carrier_client_end(struct buffer *out)
{
	put_change_cipher_spec(out);
}

void carrier_record(struct span payload, size_t len, struct buffer *out)
{
	static const char mac[CARRIER_MAC_LEN];

	put_record(out, RECORD_DATA, len + CARRIER_MAC_LEN);
	buffer_append_span(out, payload);
	if (payload.len == len)
		buffer_append(out, mac, sizeof(mac));
}
