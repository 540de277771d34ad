/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/tls/ssl2.h"
#include "protocols/tls/state.h"

enum {
	SCORE_HELLO = 98,
	SCORE_RECORDS = 84, /* records in a row, in both directions or many */
	SCORE_FEW = 60
};

#define RECORDS_MANY 3

struct finding {
	bool client_hello, server_hello, alert;
	unsigned records;
	bool bad;
};

static bool is_record(struct cursor *c, uint8_t *type, uint16_t *len)
{
	uint16_t version;

	*type = cursor_u8(c);
	version = cursor_be16(c);
	*len = cursor_be16(c);
	return !c->failed && *type >= TLS_CHANGE_CIPHER_SPEC && *type <= TLS_HEARTBEAT &&
	       version >= 0x0300 && version <= 0x0304 && *len && *len <= TLS_RECORD_MAX;
}

/* What a handshake record begins with. */
static void look_at_hello(struct span body, uint16_t len, struct finding *found)
{
	struct cursor c = cursor_of(body.data, body.len);
	uint8_t type = cursor_u8(&c);
	uint32_t message = cursor_be24(&c);
	uint16_t version = cursor_be16(&c);

	if (c.failed || version < 0x0300 || version > 0x0304 || message < 38 || len < 40)
		return;
	found->client_hello = type == TLS_CLIENT_HELLO;
	found->server_hello = type == TLS_SERVER_HELLO;
}

static struct finding look(struct span bytes)
{
	struct finding found = {0};

	while (bytes.len >= TLS_RECORD_HEADER_LEN) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		uint8_t type;
		uint16_t len;

		if (!is_record(&c, &type, &len)) {
			found.bad = true;
			return found;
		}
		if (!found.records++ && type == TLS_HANDSHAKE)
			look_at_hello(cursor_rest(&c), len, &found);
		found.alert |= type == TLS_ALERT;
		if (len > cursor_left(&c))
			break;
		bytes = span_of(c.pos + len, cursor_left(&c) - len);
	}
	return found;
}

/* What a ClientHello has behind its random (RFC 8446, section 4.1.2), to its very end. */
static bool is_rest_of_client_hello(struct cursor *c)
{
	uint8_t session_id = cursor_u8(c);
	uint16_t suites;
	struct span methods;

	cursor_skip(c, session_id);
	suites = cursor_be16(c);
	cursor_skip(c, suites);
	methods = cursor_span(c, cursor_u8(c));
	if (c->failed || session_id > 32 || suites < 2 || suites % 2 || !methods.len ||
	    !memchr(methods.data, 0, methods.len))
		return false;
	return !cursor_left(c) || (cursor_be16(c) == cursor_left(c) && !c->failed);
}

/* The bytes that are the same in all, as far as there are some: 22 3 0 to 4. */
static bool may_be_handshake(struct span bytes)
{
	return bytes.len && bytes.data[0] == TLS_HANDSHAKE &&
	       (bytes.len < 2 || bytes.data[1] == 3) &&
	       (bytes.len < 3 || (uint8_t)bytes.data[2] <= 4);
}

/* A record that is a whole ClientHello. */
enum start tls_starts(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len), hello;
	uint16_t len, version;
	uint32_t message;
	uint8_t type;

	if (bytes.len < TLS_RECORD_HEADER_LEN)
		return may_be_handshake(bytes) ? START_PERHAPS : START_NOT;
	if (!is_record(&c, &type, &len) || type != TLS_HANDSHAKE)
		return START_NOT;
	if (cursor_left(&c) < len)
		return START_PERHAPS;
	type = cursor_u8(&c);
	message = cursor_be24(&c);
	if (c.failed || type != TLS_CLIENT_HELLO || message + 4 != len)
		return START_NOT;
	hello = cursor_part(&c, message);
	version = cursor_be16(&hello);
	cursor_skip(&hello, 32);
	return version >= 0x0300 && version <= 0x0303 && is_rest_of_client_hello(&hello)
		       ? START_SURELY
		       : START_NOT;
}

static bool is_ssl2_hello(struct span bytes)
{
	return tls_ssl2_begins(bytes, false) == START_SURELY;
}

void tls_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding found[2] = {look(sample->bytes[0]), look(sample->bytes[1])};

	for (int d = 0; d < 2; d++) {
		bool client = found[d].client_hello || is_ssl2_hello(sample->bytes[d]);

		if (!client && !found[d].server_hello)
			continue;
		verdict->score = SCORE_HELLO;
		verdict->role = (d == DIRECTION_SENT) == client ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "a %s at the beginning of what was %s",
			 client ? "ClientHello" : "ServerHello",
			 d == DIRECTION_SENT ? "sent" : "received");
		return;
	}
	if (found[0].bad || found[1].bad || !(found[0].records + found[1].records))
		return;
	verdict->score = (found[0].records && found[1].records) ||
					 found[0].records + found[1].records >= RECORDS_MANY
				 ? SCORE_RECORDS
				 : SCORE_FEW;
	snprintf(verdict->reason, sizeof(verdict->reason), "records in a row: %u sent, %u received",
		 found[DIRECTION_SENT].records, found[DIRECTION_RECEIVED].records);
}
