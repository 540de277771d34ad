/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/proxy/header.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "protocols/value/json.h"

/* The longest header of version 1, with its line end. */
#define V1_MAX 107

static const uint8_t signature[12] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
				      0x0a, 'Q',  'U',	'I',  'T',  0x0a};

/* ---- version 1: a line ---- */

/* The next word of the line, up to a space or the end. */
static bool next_word(struct cursor *c, char *word, size_t max)
{
	size_t n = 0;

	while (cursor_left(c) && *c->pos != ' ') {
		if (n + 1 == max)
			return false;
		word[n++] = (char)cursor_u8(c);
	}
	cursor_skip(c, cursor_left(c) ? 1 : 0);
	word[n] = '\0';
	return n > 0;
}

static bool read_port(struct cursor *c, uint16_t *port)
{
	char word[8];
	uint32_t value = 0;

	if (!next_word(c, word, sizeof(word)))
		return false;
	for (const char *p = word; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		value = value * 10 + (uint32_t)(*p - '0');
	}
	*port = (uint16_t)value;
	return value <= UINT16_MAX;
}

static bool read_ip(struct cursor *c, bool v6, struct address *a)
{
	char word[INET6_ADDRSTRLEN];

	a->family = v6 ? ADDRESS_INET6 : ADDRESS_INET4;
	return next_word(c, word, sizeof(word)) &&
	       inet_pton(v6 ? AF_INET6 : AF_INET, word, a->ip) == 1;
}

static bool read_line(struct span line, struct proxy_header *h)
{
	struct cursor c = cursor_of(line.data, line.len);
	char word[8];
	bool v6;

	cursor_skip(&c, 6);
	if (!next_word(&c, word, sizeof(word)))
		return false;
	h->family = "unknown";
	if (strcmp(word, "UNKNOWN") == 0)
		return true;
	v6 = strcmp(word, "TCP6") == 0;
	if (!v6 && strcmp(word, "TCP4") != 0)
		return false;
	h->family = v6 ? "tcp6" : "tcp4";
	h->known = true;
	return read_ip(&c, v6, &h->client) && read_ip(&c, v6, &h->server) &&
	       read_port(&c, &h->client.port) && read_port(&c, &h->server.port) &&
	       cursor_left(&c) == 0;
}

static enum frame_status read_v1(struct span bytes, struct proxy_header *h)
{
	size_t seen = bytes.len < V1_MAX ? bytes.len : V1_MAX;
	const char *end = memchr(bytes.data, '\n', seen);

	if (!end)
		return bytes.len < V1_MAX ? FRAME_MORE : FRAME_BAD;
	h->version = 1;
	h->len = (size_t)(end + 1 - bytes.data);
	if (h->len < 2 || end[-1] != '\r' || !read_line(span_of(bytes.data, h->len - 2), h))
		return FRAME_BAD;
	return FRAME_DONE;
}

/* ---- version 2: bytes ---- */

static void read_addresses(struct cursor *c, size_t ip_len, struct proxy_header *h)
{
	struct address *addresses[] = {&h->client, &h->server};

	for (int i = 0; i < 2; i++) {
		const uint8_t *ip = cursor_take(c, ip_len);

		addresses[i]->family = ip_len == 4 ? ADDRESS_INET4 : ADDRESS_INET6;
		if (ip)
			memcpy(addresses[i]->ip, ip, ip_len);
	}
	for (int i = 0; i < 2; i++)
		addresses[i]->port = cursor_be16(c);
	h->known = !c->failed;
}

static enum frame_status read_v2(struct span bytes, struct proxy_header *h)
{
	static const char *const families[4][3] = {
		{"unknown", "unknown", "unknown"},
		{"unknown", "tcp4", "udp4"},
		{"unknown", "tcp6", "udp6"},
		{"unknown", "unix", "unix_datagram"},
	};
	struct cursor c = cursor_of(bytes.data, bytes.len), rest;
	uint8_t command, family;
	uint16_t len;

	cursor_skip(&c, sizeof(signature));
	command = cursor_u8(&c);
	family = cursor_u8(&c);
	len = cursor_be16(&c);
	rest = cursor_part(&c, len);
	if (bytes.len > sizeof(signature) && command >> 4 != 2)
		return FRAME_BAD;
	if (c.failed)
		return FRAME_MORE;
	if ((command & 0xf) > 1 || family >> 4 > 3 || (family & 0xf) > 2)
		return FRAME_BAD;
	h->version = 2;
	h->local = (command & 0xf) == 0;
	h->family = families[family >> 4][family & 0xf];
	if (family >> 4 == 1)
		read_addresses(&rest, 4, h);
	else if (family >> 4 == 2)
		read_addresses(&rest, 16, h);
	else if (family >> 4 == 3)
		cursor_skip(&rest, 216); /* two paths of 108 bytes */
	/* Of a local connection whatever is there is to be passed over. */
	h->known &= !h->local;
	h->tlvs = !rest.failed ? cursor_rest(&rest) : (struct span){0};
	h->len = cursor_position(&c);
	return rest.failed && !h->local ? FRAME_BAD : FRAME_DONE;
}

enum frame_status proxy_header_read(struct span bytes, struct proxy_header *h)
{
	size_t v1 = bytes.len < 6 ? bytes.len : 6;
	size_t v2 = bytes.len < sizeof(signature) ? bytes.len : sizeof(signature);

	*h = (struct proxy_header){0};
	if (!bytes.len)
		return FRAME_MORE;
	if (memcmp(bytes.data, "PROXY ", v1) == 0)
		return v1 < 6 ? FRAME_MORE : read_v1(bytes, h);
	if (memcmp(bytes.data, signature, v2) == 0)
		return v2 < sizeof(signature) ? FRAME_MORE : read_v2(bytes, h);
	return FRAME_BAD;
}

void proxy_header_append_tlvs(const struct proxy_header *h, struct buffer *out)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{0x01, "alpn"},	     {0x02, "authority"}, {0x03, "crc32c"},
		{0x05, "unique_id"}, {0x20, "ssl"},	  {0x30, "netns"},
	};
	struct cursor c = cursor_of(h->tlvs.data, h->tlvs.len);
	bool first = true;

	while (cursor_left(&c)) {
		uint8_t type = cursor_u8(&c);
		struct span value = cursor_span(&c, cursor_be16(&c));
		char text[16];
		const char *name = NULL;

		if (c.failed)
			break;
		if (type == 0x04) /* padding */
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].type == type)
				name = names[i].name;
		snprintf(text, sizeof(text), "type_0x%02x", type);
		buffer_append_char(out, first ? '{' : ',');
		first = false;
		json_append_string(out, span_text(name ? name : text));
		buffer_append_char(out, ':');
		json_append_string(out, value);
	}
	if (!first)
		buffer_append_char(out, '}');
}
