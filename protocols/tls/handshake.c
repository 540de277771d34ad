/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/codec/codec.h"
#include "protocols/engine/budget.h"
#include "protocols/tls/names.h"
#include "protocols/tls/ssl2.h"
#include "protocols/tls/state.h"
#include "protocols/value/json.h"

#define MESSAGE_HEADER_LEN 4

static void set(struct buffer *kept, struct span value)
{
	buffer_clear(kept);
	buffer_append_span(kept, value);
}

static void append_alpn(struct buffer *out, struct span alpn)
{
	struct cursor c = cursor_of(alpn.data, alpn.len);
	bool first = true;

	buffer_clear(out);
	buffer_append_char(out, '[');
	while (cursor_left(&c)) {
		struct span name = cursor_span(&c, cursor_u8(&c));

		if (c.failed)
			break;
		if (!first)
			buffer_append_char(out, ',');
		first = false;
		json_append_string(out, name);
	}
	buffer_append_char(out, ']');
}

static void take_client_hello(struct tls_state *st, struct span message)
{
	struct tls_client_hello hello;

	if (!tls_client_hello_read(message, &hello))
		return;
	st->has_client_hello = true;
	st->offered = hello.version;
	st->offered_psk = hello.has_psk;
	st->offered_ticket = hello.has_ticket;
	st->early_data |= hello.has_early_data;
	st->ech |= hello.has_ech;
	set(&st->sni, hello.sni);
	set(&st->session_id, hello.session_id);
	if (!st->done) /* a renegotiation isn't how the connection began */
		set(&st->random, hello.random);
	if (hello.alpn.len)
		append_alpn(&st->alpn_offered, hello.alpn);
	buffer_clear(&st->ja3);
	buffer_clear(&st->ja4);
	tls_ja3(&hello, &st->ja3);
	tls_ja4(&hello, &st->ja4);
	if (tls_can_open(st))
		tls_decrypt_client_hello(st->decrypt, &hello);
}

/* In TLS 1.2 the server repeats the session's id, or skips what a new one would need. */
static bool is_resumed(const struct tls_state *st, const struct tls_server_hello *hello)
{
	if (hello->version >= 0x0304)
		return hello->has_psk;
	return st->session_id.len && span_equal(buffer_span(&st->session_id), hello->session_id);
}

static void take_server_hello(struct tls_state *st, struct span message)
{
	struct tls_server_hello hello;

	if (!tls_server_hello_read(message, &hello))
		return;
	if (hello.is_retry) {
		st->retried = true;
		st->version = hello.version;
		/*
		 * What stood behind the first hello was early data, and is thrown away (RFC 8446,
		 * section 4.2.10); another hello follows.
		 */
		st->sides[SIDE_CLIENT].encrypted = false;
		tls_decide_early(st, false);
		return;
	}
	st->has_server_hello = true;
	st->version = hello.version;
	st->suite = hello.suite;
	st->group = hello.group;
	st->resumed = is_resumed(st, &hello);
	if (hello.alpn.len)
		set(&st->alpn, tls_alpn_first(hello.alpn));
	buffer_clear(&st->ja3s);
	tls_ja3s(&hello, &st->ja3s);
	if (tls_can_open(st))
		tls_decrypt_server_hello(st->decrypt, &hello);
	tls_tell(st);
	/* From here on TLS 1.3 hides the handshake, too. */
	if (hello.version >= 0x0304)
		st->sides[SIDE_SERVER].encrypted = true;
}

/* What TLS 1.3 hides of the server's answer. */
static void take_encrypted_extensions(struct tls_state *st, struct span message)
{
	struct tls_encrypted_extensions e;

	if (!tls_encrypted_extensions_read(message, &e))
		return;
	if (e.alpn.len)
		set(&st->alpn, tls_alpn_first(e.alpn));
	tls_tell(st);
	tls_decide_early(st, e.has_early_data);
}

/* RFC 5077, section 3.3; in TLS 1.3 the ticket alone is of no use. */
static void take_ticket(struct tls_state *st, struct span message)
{
	struct cursor c = cursor_of(message.data, message.len);
	struct span ticket;

	cursor_skip(&c, 4); /* lifetime */
	ticket = cursor_span(&c, cursor_be16(&c));
	if (!c.failed && tls_can_open(st))
		tls_decrypt_ticket(st->decrypt, ticket);
}

/*
 * A list with a length before it, of certificates with lengths before them; in TLS 1.3 a context
 * stands before the list, and extensions behind each (RFC 8446, section 4.4.2).
 */
static void take_certificates(struct tls_state *st, enum side side, struct span message)
{
	struct cursor c = cursor_of(message.data, message.len), list;
	bool extended = st->version >= 0x0304;
	unsigned count = 0;

	if (extended)
		cursor_skip(&c, cursor_u8(&c));
	list = cursor_part(&c, cursor_be24(&c));

	while (cursor_left(&list) >= 3 && !list.failed) {
		struct span der = cursor_span(&list, cursor_be24(&list));

		if (list.failed)
			break;
		if (!count++ && side == SIDE_SERVER)
			tls_certificate_read(der, &st->certificate);
		if (extended)
			cursor_skip(&list, cursor_be16(&list));
	}
	if (side == SIDE_SERVER)
		st->certificates = count;
	else
		st->client_certificate = count > 0;
}

bool tls_certificates_decompress(struct span message, struct buffer *out)
{
	static const enum codec codecs[] = {
		[1] = CODEC_DEFLATE, [2] = CODEC_BROTLI, [3] = CODEC_ZSTD};
	struct codec_contexts contexts = {0};
	struct cursor c = cursor_of(message.data, message.len);
	uint16_t algorithm = cursor_be16(&c);
	uint32_t len = cursor_be24(&c);
	struct span bytes = cursor_span(&c, cursor_be24(&c));
	enum codec_end end;

	if (c.failed || !algorithm || algorithm >= sizeof(codecs) / sizeof(codecs[0]) ||
	    len > TLS_MESSAGE_MAX)
		return false;
	end = codec_decode(&contexts, codecs[algorithm], bytes, out, len);
	codec_free(&contexts);
	return end == CODEC_DONE && out->len == len && !out->failed;
}

static void take_compressed_certificates(struct tls_state *st, enum side side, struct span message)
{
	struct buffer plain = {0};

	if (tls_certificates_decompress(message, &plain))
		take_certificates(st, side, buffer_span(&plain));
	buffer_free(&plain);
}

/* ---- SSL 2.0 ---- */

void tls_take_ssl2_client_hello(struct tls_state *st, struct span record)
{
	uint8_t random[TLS_RANDOM_LEN];
	struct tls_client_hello hello;

	if (!tls_ssl2_client_hello_read(record, random, &hello))
		return;
	st->has_client_hello = true;
	st->offered = hello.version;
	set(&st->session_id, hello.session_id);
	set(&st->random, hello.random);
	if (tls_can_open(st))
		tls_decrypt_client_hello(st->decrypt, &hello);
}

void tls_take_ssl2_server_hello(struct tls_state *st, struct span record)
{
	struct span certificate = tls_ssl2_certificate(record);

	st->ssl2 = st->has_server_hello = true;
	st->version = TLS_SSL2;
	if (!certificate.len)
		return;
	st->certificates = 1;
	tls_certificate_read(certificate, &st->certificate);
}

static void take_message(struct tls_state *st, const struct frame *frame, uint8_t type,
			 struct span message)
{
	enum side side = frame->side;

	if (!st->done)
		st->last[side] = frame->ts_last;
	switch (type) {
	case TLS_CLIENT_HELLO:
		if (side == SIDE_CLIENT)
			take_client_hello(st, message);
		break;
	case TLS_SERVER_HELLO:
		if (side == SIDE_SERVER)
			take_server_hello(st, message);
		break;
	case TLS_ENCRYPTED_EXTENSIONS:
		if (side == SIDE_SERVER)
			take_encrypted_extensions(st, message);
		break;
	case TLS_END_OF_EARLY_DATA:
		if (side == SIDE_CLIENT)
			tls_decide_early(st, true);
		break;
	case TLS_NEW_SESSION_TICKET:
		if (side == SIDE_SERVER)
			take_ticket(st, message);
		break;
	case TLS_CERTIFICATE:
		take_certificates(st, side, message);
		break;
	case TLS_COMPRESSED_CERTIFICATE:
		take_compressed_certificates(st, side, message);
		break;
	default:
		break;
	}
}

static void keep(struct tls_state *st, struct tls_side *side, struct span bytes)
{
	struct budget *budget = session_budget(st->session);

	if (bytes.len > TLS_MESSAGE_MAX - side->message.len || !budget_take(budget, bytes.len)) {
		side->lost = side->encrypted = true;
		return;
	}
	budget_give(budget, bytes.len);
	buffer_append_span(&side->message, bytes);
}

void tls_take_handshake(struct tls_state *st, const struct frame *frame, struct span bytes,
			bool opened)
{
	struct tls_side *side = &st->sides[frame->side];
	size_t done = 0;

	if (side->encrypted && !opened)
		return;
	keep(st, side, bytes);
	while (side->message.len - done >= MESSAGE_HEADER_LEN && (opened || !side->encrypted)) {
		struct cursor c = cursor_of(side->message.data + done, side->message.len - done);
		uint8_t type = cursor_u8(&c);
		uint32_t len = cursor_be24(&c);

		if (len > TLS_MESSAGE_MAX) {
			side->lost = side->encrypted = true;
			break;
		}
		if (len > cursor_left(&c))
			break;
		done += MESSAGE_HEADER_LEN + len;
		take_message(st, frame, type, cursor_span(&c, len));
	}
	buffer_consume(&side->message, done);
	if (!side->message.len || (side->encrypted && !opened))
		buffer_free(&side->message);
	tls_recharge(st);
}

#define ALERTS_MAX	 4096
#define TLS_CLOSE_NOTIFY 0

void tls_take_alert(struct tls_state *st, enum side side, struct span bytes, bool opened)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint8_t level = cursor_u8(&c), code = cursor_u8(&c);
	const char *name = tls_alert_name(code);

	/* One that is longer is encrypted. */
	if (c.failed || cursor_left(&c) || level > 2 || !level ||
	    (st->sides[side].encrypted && !opened) || st->alerts.len > ALERTS_MAX)
		return;
	/* That is how each connection ends. */
	if (opened && code == TLS_CLOSE_NOTIFY)
		return;
	st->failed |= level == 2;
	buffer_append_char(&st->alerts, st->alerts.len ? ',' : '[');
	buffer_printf(&st->alerts, "{\"from\":\"%s\",\"level\":\"%s\",\"alert\":\"",
		      side == SIDE_CLIENT ? "client" : "server", level == 2 ? "fatal" : "warning");
	if (name)
		buffer_append_text(&st->alerts, name);
	else
		buffer_append_u64(&st->alerts, code);
	buffer_append_text(&st->alerts, "\"}");
}
