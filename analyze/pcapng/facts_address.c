/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/facts_private.h"
#include "format/hash.h"

#define UNIX_PREFIX "unix:"

struct address facts_plain_address(const struct address *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291, 2.5.5.2 */
	struct address plain = *address;

	plain.scope = 0;
	if (plain.family == ADDRESS_INET6 && memcmp(plain.ip, mapped, sizeof(mapped)) == 0) {
		memmove(plain.ip, plain.ip + 12, 4);
		memset(plain.ip + 4, 0, 12);
		plain.family = ADDRESS_INET4;
	}
	return plain;
}

bool facts_unspecified(const struct address *address)
{
	static const uint8_t zeros[16];

	return memcmp(address->ip, zeros, sizeof(zeros)) == 0;
}

/*
 * A unique local IPv6 address (RFC 4193) for the path of a Unix socket: the same for the same path
 * in every export, so that a display filter on it can be kept.
 */
static struct address path_address(const char *text)
{
	static const uint8_t prefix[8] = {0xfd, 's', 'o', 'c', 'k', 't', 0, 1};
	struct address address = {.family = ADDRESS_UNIX};
	uint64_t hash = hash_bytes(0, text, strlen(text));

	memcpy(address.ip, prefix, sizeof(prefix));
	for (int i = 0; i < 8; i++)
		address.ip[8 + i] = (uint8_t)(hash >> (56 - 8 * i));
	return address;
}

bool facts_path_is_named(const char *text)
{
	return strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 &&
	       text[strlen(UNIX_PREFIX)] != '\0';
}

struct address facts_end_address(const struct address *address, const char *text)
{
	if (address->family != ADDRESS_UNIX)
		return facts_plain_address(address);
	return facts_path_is_named(text) ? path_address(text)
					 : (struct address){.family = ADDRESS_UNIX};
}

struct address facts_datagram_peer(const struct event_data *data, const struct connection *c)
{
	if (data->peer.family == ADDRESS_INET4 || data->peer.family == ADDRESS_INET6)
		return facts_plain_address(&data->peer);
	return facts_end_address(&c->remote, c->remote_text);
}
