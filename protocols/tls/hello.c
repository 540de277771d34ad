/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/hello.h"

#include "protocols/cursor.h"

/* Extensions (IANA's registry "TLS ExtensionType Values"). */
enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_ENCRYPT_THEN_MAC = 22,
	EXTENSION_TICKET = 35,
	EXTENSION_PSK = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_VERSIONS = 43,
	EXTENSION_KEY_SHARE = 51,
	EXTENSION_ECH = 0xfe0d
};

/* Bytes with a length of 8 or 16 bits before them. */
static struct span sized8(struct cursor *c)
{
	return cursor_span(c, cursor_u8(c));
}

static struct span sized16(struct cursor *c)
{
	return cursor_span(c, cursor_be16(c));
}

static struct cursor over(struct span bytes)
{
	return cursor_of(bytes.data, bytes.len);
}

/* False: there is no more that is whole. */
static bool next_extension(struct cursor *extensions, uint16_t *type, struct span *body)
{
	if (!cursor_left(extensions))
		return false;
	*type = cursor_be16(extensions);
	*body = sized16(extensions);
	return !extensions->failed;
}

/* A list of names, of which only the first type is in use (RFC 6066, section 3). */
static struct span read_sni(struct span body)
{
	struct cursor c = over(body);
	struct cursor list = over(sized16(&c));

	return cursor_u8(&list) == 0 ? sized16(&list) : (struct span){0};
}

static struct span list16(struct span body)
{
	struct cursor c = over(body);

	return sized16(&c);
}

/* The highest of the list that means something. */
static uint16_t highest_version(struct span body)
{
	struct cursor c = over(body), list = over(sized8(&c));
	uint16_t highest = 0;

	while (cursor_left(&list) >= 2) {
		uint16_t version = cursor_be16(&list);

		if (!tls_is_grease(version) && version > highest)
			highest = version;
	}
	return highest;
}

static void take_client_extension(struct tls_client_hello *hello, uint16_t type, struct span body)
{
	struct cursor c = over(body);
	uint16_t version;

	switch (type) {
	case EXTENSION_SERVER_NAME:
		hello->sni = read_sni(body);
		break;
	case EXTENSION_ALPN:
		hello->alpn = list16(body);
		break;
	case EXTENSION_GROUPS:
		hello->groups = list16(body);
		break;
	case EXTENSION_POINT_FORMATS:
		hello->point_formats = sized8(&c);
		break;
	case EXTENSION_SIGNATURES:
		hello->signatures = list16(body);
		break;
	case EXTENSION_VERSIONS:
		version = highest_version(body);
		hello->version = version ? version : hello->version;
		break;
	case EXTENSION_TICKET:
		hello->has_ticket = body.len > 0;
		hello->ticket = body;
		break;
	case EXTENSION_PSK:
		hello->has_psk = true;
		break;
	case EXTENSION_EARLY_DATA:
		hello->has_early_data = true;
		break;
	case EXTENSION_ECH:
		hello->has_ech = true;
		break;
	default:
		break;
	}
}

bool tls_client_hello_read(struct span message, struct tls_client_hello *hello)
{
	struct cursor c = over(message), extensions;
	struct span body;
	uint16_t type;

	*hello = (struct tls_client_hello){0};
	hello->version = hello->legacy_version = cursor_be16(&c);
	hello->random = cursor_span(&c, TLS_RANDOM_LEN);
	hello->session_id = sized8(&c);
	hello->suites = sized16(&c);
	sized8(&c); /* compression methods */
	if (c.failed)
		return false;
	if (!cursor_left(&c))
		return true;
	hello->extensions = sized16(&c);
	extensions = over(hello->extensions);
	while (next_extension(&extensions, &type, &body))
		take_client_extension(hello, type, body);
	return !c.failed;
}

static void take_server_extension(struct tls_server_hello *hello, uint16_t type, struct span body)
{
	struct cursor c = over(body);

	switch (type) {
	case EXTENSION_ALPN:
		hello->alpn = list16(body);
		break;
	case EXTENSION_VERSIONS:
		hello->version = cursor_be16(&c);
		break;
	case EXTENSION_KEY_SHARE:
		hello->group = cursor_be16(&c);
		break;
	case EXTENSION_ENCRYPT_THEN_MAC:
		hello->encrypt_then_mac = true;
		break;
	case EXTENSION_PSK:
		hello->has_psk = true;
		break;
	default:
		break;
	}
}

/* The random that says so (RFC 8446, section 4.1.3): SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[TLS_RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/*
 * TLS 1.3 before its draft 22 left out what older versions had there. Until draft 16 or so it gave
 * the number that version 1.3 would have, which since then nobody says in this place.
 */
static bool is_early_draft(uint16_t version)
{
	return version == 0x0304 || (version >> 8 == 0x7f && (version & 0xff) < 22);
}

bool tls_server_hello_read(struct span message, struct tls_server_hello *hello)
{
	struct cursor c = over(message), extensions;
	struct span body;
	uint16_t type;

	*hello = (struct tls_server_hello){0};
	hello->version = hello->legacy_version = cursor_be16(&c);
	hello->random = cursor_span(&c, TLS_RANDOM_LEN);
	if (!is_early_draft(hello->version))
		hello->session_id = sized8(&c);
	hello->suite = cursor_be16(&c);
	if (!is_early_draft(hello->version))
		hello->compresses = cursor_u8(&c) != 0;
	if (c.failed)
		return false;
	hello->is_retry = !memcmp(hello->random.data, retry_random, TLS_RANDOM_LEN);
	if (!cursor_left(&c))
		return true;
	hello->extensions = sized16(&c);
	extensions = over(hello->extensions);
	while (next_extension(&extensions, &type, &body))
		take_server_extension(hello, type, body);
	return !c.failed;
}

bool tls_encrypted_extensions_read(struct span message, struct tls_encrypted_extensions *e)
{
	struct cursor c = over(message), extensions = over(sized16(&c));
	struct span body;
	uint16_t type;

	*e = (struct tls_encrypted_extensions){0};
	while (next_extension(&extensions, &type, &body)) {
		if (type == EXTENSION_ALPN)
			e->alpn = list16(body);
		else if (type == EXTENSION_EARLY_DATA)
			e->has_early_data = true;
	}
	return !c.failed && !extensions.failed;
}

struct span tls_alpn_first(struct span alpn)
{
	struct cursor c = over(alpn);

	return sized8(&c);
}
