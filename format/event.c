/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/event.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_TEXT(number, name, text) [number] = text,

/* Defines FUNCTION, which looks a number up in the texts of TABLE. */
#define TEXT_FUNCTION(function, type, table)                                                       \
	const char *function(type number)                                                          \
	{                                                                                          \
		static const char *const texts[] = {table(EVENT_TEXT)};                            \
                                                                                                   \
		if ((size_t)number >= sizeof(texts) / sizeof(texts[0]) || !texts[number])          \
			return "unknown";                                                          \
		return texts[number];                                                              \
	}

TEXT_FUNCTION(transport_text, enum transport, TRANSPORTS)
TEXT_FUNCTION(role_text, enum role, ROLES)
TEXT_FUNCTION(conn_origin_text, enum conn_origin, CONN_ORIGINS)
TEXT_FUNCTION(direction_text, enum direction, DIRECTIONS)
TEXT_FUNCTION(layer_text, enum layer, LAYERS)
TEXT_FUNCTION(call_text, enum call, CALLS)
TEXT_FUNCTION(cut_text, enum cut, CUTS)
TEXT_FUNCTION(loss_cause_text, enum loss_cause, LOSS_CAUSES)
TEXT_FUNCTION(conn_state_text, enum conn_state, CONN_STATES)
TEXT_FUNCTION(conn_end_text, enum conn_end, CONN_ENDS)
TEXT_FUNCTION(conn_error_text, uint16_t, CONN_ERRORS)
TEXT_FUNCTION(blind_spot_text, enum blind_spot, BLIND_SPOTS)
TEXT_FUNCTION(tls_tie_text, enum tls_tie, TLS_TIES)
TEXT_FUNCTION(tls_library_text, enum tls_library, TLS_LIBRARIES)
TEXT_FUNCTION(tls_hook_text, enum tls_hook, TLS_HOOKS)

bool call_is_library(enum call call)
{
	switch (call) {
	case CALL_SSL_READ:
	case CALL_SSL_WRITE:
	case CALL_GNUTLS_RECV:
	case CALL_GNUTLS_SEND:
	case CALL_GO_TLS_READ:
	case CALL_GO_TLS_WRITE:
	case CALL_RUSTLS_READ:
	case CALL_RUSTLS_WRITE:
		return true;
	default:
		return false;
	}
}

static size_t ip_len(enum address_family family)
{
	switch (family) {
	case ADDRESS_INET4:
		return 4;
	case ADDRESS_INET6:
		return 16;
	default:
		return 0;
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && a->port == b->port && a->scope == b->scope &&
	       memcmp(a->ip, b->ip, ip_len(a->family)) == 0;
}

bool address_is_group(const struct address *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (a->family == ADDRESS_INET6)
		return a->ip[0] == 0xff;
	return a->family == ADDRESS_INET4 &&
	       (a->ip[0] >> 4 == 14 || memcmp(a->ip, broadcast, sizeof(broadcast)) == 0);
}

static bool is_mapped(const struct address *address)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return address->family == ADDRESS_INET6 && memcmp(address->ip, prefix, sizeof(prefix)) == 0;
}

static void inet4_text(const uint8_t ip[4], uint16_t port, char text[static ADDRESS_TEXT_MAX])
{
	snprintf(text, ADDRESS_TEXT_MAX, "%u.%u.%u.%u:%u", ip[0], ip[1], ip[2], ip[3], port);
}

static void inet6_text(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "";
	char scope[16] = "";

	inet_ntop(AF_INET6, address->ip, ip, sizeof(ip));
	if (address->scope)
		snprintf(scope, sizeof(scope), "%%%u", address->scope);
	snprintf(text, ADDRESS_TEXT_MAX, "[%s%s]:%u", ip, scope, address->port);
}

struct address address_plain(const struct address *a)
{
	struct address plain = *a;

	if (a->family != ADDRESS_INET6 || !is_mapped(a))
		return plain;
	plain.family = ADDRESS_INET4;
	memset(plain.ip, 0, sizeof(plain.ip));
	memcpy(plain.ip, a->ip + 12, 4);
	return plain;
}

bool address_is_loopback(const struct address *a)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return a->family == ADDRESS_INET4 ? a->ip[0] == 127
					  : memcmp(a->ip, loopback6, sizeof(loopback6)) == 0;
}

void address_text(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
	if (address->family == ADDRESS_INET4)
		inet4_text(address->ip, address->port, text);
	else if (is_mapped(address))
		inet4_text(address->ip + 12, address->port, text);
	else if (address->family == ADDRESS_INET6)
		inet6_text(address, text);
	else
		snprintf(text, ADDRESS_TEXT_MAX, "%s",
			 address->family == ADDRESS_UNIX ? "unix" : "");
}

/* "80" at TEXT and nothing behind it. */
static bool parse_port(const char *text, uint16_t *port)
{
	unsigned value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)value;
	return value > 0;
}

static bool parse_ip(const char *text, size_t len, struct address *address)
{
	char ip[INET6_ADDRSTRLEN];
	const char *scope = memchr(text, '%', len);

	if (scope) {
		size_t digits = strspn(scope + 1, "0123456789");

		if (!digits || scope + 1 + digits != text + len)
			return false;
		address->scope = (uint32_t)strtoul(scope + 1, NULL, 10);
		len = (size_t)(scope - text);
	}
	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	address->family = memchr(ip, ':', len) ? ADDRESS_INET6 : ADDRESS_INET4;
	return inet_pton(address->family == ADDRESS_INET6 ? AF_INET6 : AF_INET, ip, address->ip) ==
	       1;
}

bool address_parse(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');
	const char *bracket = strchr(text, ']');

	*address = (struct address){0};
	if (*text == '[')
		return bracket && parse_ip(text + 1, (size_t)(bracket - text) - 1, address) &&
		       (!bracket[1] ||
			(bracket[1] == ':' && parse_port(bracket + 2, &address->port)));
	/* More than one colon: all of it is the address. */
	if (!colon || strchr(text, ':') != colon)
		return parse_ip(text, strlen(text), address);
	return (colon == text || parse_ip(text, (size_t)(colon - text), address)) &&
	       parse_port(colon + 1, &address->port);
}

/* Of an IPv4-mapped address the last four bytes. */
static struct address unmapped(const struct address *address)
{
	struct address a = *address;

	if (!is_mapped(address))
		return a;
	a.family = ADDRESS_INET4;
	memmove(a.ip, address->ip + 12, 4);
	return a;
}

bool address_matches(const struct address *wanted, const struct address *address)
{
	struct address a = unmapped(wanted), b = unmapped(address);

	if (wanted->port && wanted->port != address->port)
		return false;
	return a.family == ADDRESS_NONE ||
	       (a.family == b.family && (!a.scope || a.scope == b.scope) &&
		memcmp(a.ip, b.ip, ip_len(a.family)) == 0);
}
