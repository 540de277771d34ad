/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/quic/quic.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/hash.h"
#include "format/pack.h"
#include "protocols/engine/matcher.h"
#include "protocols/quic/google.h"
#include "protocols/quic/packet.h"
#include "protocols/value/hex.h"

/*
 * QUIC (RFC 9000), by its name: that a connection begins, in which version, and whether the server
 * answers. All else is encrypted, and not read. One socket may carry many connections.
 */

#define COLUMNS(X)                                                                                 \
	X(VERSION, "version", "TEXT", "", "1, 2, draft-29, Q043; as the client begins")            \
	X(CLIENT_ID, "client_id", "TEXT", "", "the client's connection id, hexadecimal")           \
	X(SERVER_ID, "server_id", "TEXT", "", "the server's, once it has answered")                \
	X(ANSWER, "answer", "TEXT", "",                                                            \
	  "initial, handshake, retry, negotiation or reset: the server's first packet")

enum column_id {
#define COLUMN_ENUM(id, name, sql, unit, help) COLUMN_##id,
	COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
	COLUMN_COUNT
};

static const struct column columns[] = {
#define COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	COLUMNS(COLUMN_ROW)
#undef COLUMN_ROW
};

/* "1 -> initial". */
static void describe(const struct value *values, struct buffer *out)
{
	if (values[COLUMN_VERSION].type != VALUE_NULL) {
		buffer_append_text(out, "version ");
		buffer_append_span(out, values[COLUMN_VERSION].text);
	}
	if (values[COLUMN_ANSWER].type != VALUE_NULL) {
		buffer_append_text(out, " -> ");
		buffer_append_span(out, values[COLUMN_ANSWER].text);
	}
}

static const struct table quic_table = {
	.name = "quic",
	.summary = "beginnings of QUIC connections; what they carry is not read",
	.columns = columns,
	.column_count = COLUMN_COUNT,
	.describe = describe,
};

static const struct table *const tables[] = {&quic_table, NULL};
static const uint16_t ports[] = {443, 0};

/* ---- inference ---- */

/* The packet that begins a DATAGRAM of SIDE; false: nothing of a connection's beginning. */
static bool read_packet(struct span datagram, enum side side, struct quic_packet *packet)
{
	return quic_google_read(datagram, side, packet) || quic_packet_read(datagram, packet);
}

static bool is_ours(struct span datagram, struct quic_packet *packet)
{
	struct buffer name = {0};
	bool is = (read_packet(datagram, SIDE_CLIENT, packet) ||
		   (quic_google_read(datagram, SIDE_SERVER, packet) && packet->version)) &&
		  packet->whole && packet->type != QUIC_NEGOTIATION &&
		  quic_version_append(packet->version, &name);

	buffer_free(&name);
	/* Such a version is less rare than others: the rest must be as of the first of all. */
	if (is && quic_version_is_reserved(packet->version))
		is = packet->type == QUIC_INITIAL && datagram.len >= QUIC_INITIAL_MIN;
	return is;
}

static void infer(const struct sample *sample, struct verdict *verdict)
{
	struct quic_packet packet;

	for (int d = 0; d < 2; d++) {
		struct span bytes = sample->bytes[d];

		if (!is_ours(bytes, &packet))
			continue;
		verdict->score = packet.type == QUIC_INITIAL && bytes.len >= QUIC_INITIAL_MIN ? 98
											      : 85;
		/* The client begins; where both have spoken, nothing tells who that was. */
		if (sample->began && (int)sample->first != d)
			verdict->role = d == DIRECTION_SENT ? ROLE_SERVER : ROLE_CLIENT;
		else if (sample->began || !sample->bytes[!d].len)
			verdict->role = d == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "long header of QUIC, its version, and lengths that fit");
		return;
	}
}

/* ---- the connections ---- */

/* Clients that have begun, by the hash of their id: a later packet is no new beginning. */
#define KNOWN 64

struct quic_message {
	struct message message; /* first */
	uint32_t version;
	enum quic_type type;
	uint8_t id_len;
	char id[QUIC_ID_MAX]; /* of who sent it */
};

struct quic_state {
	struct session *session;
	struct matcher *matcher;
	uint64_t known[KNOWN];
	uint32_t next; /* the oldest of them */
	/* The key of who spoke Google's version last, whose answer may have no id; 0: nobody. */
	uint64_t google;
};

static const char *answer_text(enum quic_type type)
{
	static const char *const texts[] = {
		[QUIC_INITIAL] = "initial",	    [QUIC_EARLY] = "0-rtt",
		[QUIC_HANDSHAKE] = "handshake",	    [QUIC_RETRY] = "retry",
		[QUIC_NEGOTIATION] = "negotiation", [QUIC_RESET] = "reset",
	};

	return texts[type];
}

static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct quic_state *st = context;
	const struct quic_message *asked = (const struct quic_message *)request;
	const struct quic_message *answered = (const struct quic_message *)response;
	struct value values[COLUMN_COUNT] = {0};
	struct record record = {.table = &quic_table, .values = values};
	struct buffer version = {0}, client = {0}, server = {0};

	if (asked && quic_version_append(asked->version, &version))
		values[COLUMN_VERSION] = value_word(buffer_span(&version));
	if (asked) {
		hex_append(&client, span_of(asked->id, asked->id_len));
		values[COLUMN_CLIENT_ID] = value_text(buffer_span(&client));
	}
	if (answered) {
		hex_append(&server, span_of(answered->id, answered->id_len));
		values[COLUMN_SERVER_ID] = value_text(buffer_span(&server));
		values[COLUMN_ANSWER] = value_word(span_text(answer_text(answered->type)));
	}
	matcher_record(request, response, lost, false, &record);
	session_emit(st->session, &record);
	buffer_free(&version);
	buffer_free(&client);
	buffer_free(&server);
}

/* RFC 9001: whatever the version, the handshake is that of TLS 1.3. Only Google's had its own. */
static void tell_encryption(struct session *s, bool google)
{
	const struct encryption e = {
		.version = span_text(google ? "QUIC crypto" : "TLS 1.3"),
		.reading = TLS_NOT_READ,
		.unread = span_text("QUIC is not read"),
	};

	session_encrypted(s, &e);
}

static void *open_state(struct session *s)
{
	struct quic_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct quic_message),
					     .emit = emit,
					     .context = st,
				     });
	if (!st->matcher) {
		free(st);
		return NULL;
	}
	tell_encryption(s, false);
	return st;
}

static void close_state(void *state)
{
	struct quic_state *st = state;

	matcher_free(st->matcher);
	free(st);
}

/* Never 0, which no id has. */
static uint64_t key_of(struct span id)
{
	return hash_bytes(1, id.data, id.len) | 1;
}

static uint64_t known_of(uint64_t key, const struct frame *frame)
{
	return frame->peer ? hash_bytes(key, frame->peer, sizeof(*frame->peer)) | 1 : key;
}

/* Whether a client begins anew: it is remembered, then. */
static bool begins(struct quic_state *st, uint64_t known)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (st->known[i] == known)
			return false;
	st->known[st->next++ % KNOWN] = known;
	return true;
}

static struct quic_message *message_of(struct quic_state *st, const struct frame *frame,
				       const struct quic_packet *packet, struct span key)
{
	struct quic_message *m = (struct quic_message *)matcher_message(st->matcher, frame);

	if (!m)
		return NULL;
	m->message.key = key_of(key);
	m->version = packet->version;
	m->type = packet->type;
	m->id_len = (uint8_t)packet->from.len;
	if (packet->from.len)
		memcpy(m->id, packet->from.data, packet->from.len);
	return m;
}

static void take_client(struct quic_state *st, const struct frame *frame,
			const struct quic_packet *packet)
{
	struct quic_message *m;

	if (packet->type != QUIC_INITIAL || !begins(st, known_of(key_of(packet->from), frame)))
		return;
	if (quic_google_crypto(packet->version)) {
		tell_encryption(st->session, true);
		st->google = key_of(packet->from);
	}
	m = message_of(st, frame, packet, packet->from);
	if (m)
		matcher_request(st->matcher, &m->message);
}

static void take_server(struct quic_state *st, const struct frame *frame,
			const struct quic_packet *packet, bool bare)
{
	struct quic_message *m = message_of(st, frame, packet, packet->to);

	if (m && bare)
		m->message.key = st->google;
	if (m && matcher_find(st->matcher, &m->message))
		matcher_response(st->matcher, &m->message);
	else if (m)
		matcher_discard(st->matcher, &m->message);
}

static void message(void *state, const struct frame *frame)
{
	struct quic_state *st = state;
	struct span datagram = span_of(frame->data, frame->available);
	struct quic_packet packet;
	bool whole = read_packet(datagram, frame->side, &packet);

	if (frame->side == SIDE_CLIENT) {
		if (whole)
			take_client(st, frame, &packet);
	} else if (whole) {
		take_server(st, frame, &packet, false);
	} else if (st->google && quic_google_is_bare(datagram)) {
		packet = (struct quic_packet){.type = QUIC_HANDSHAKE};
		take_server(st, frame, &packet, true);
	}
}

/* Never asked of datagrams. */
static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	(void)state;
	(void)side;
	(void)in;
	(void)frame;
	return FRAME_BAD;
}

static bool resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	cursor_skip(in, cursor_left(in));
	return false;
}

static void lost(void *state, enum side side, uint64_t missing)
{
	struct quic_state *st = state;

	(void)missing;
	matcher_lost(st->matcher, side);
}

static void finish(void *state)
{
	struct quic_state *st = state;

	matcher_finish(st->matcher);
}

static bool pack(const void *state, struct buffer *out)
{
	const struct quic_state *st = state;

	buffer_append(out, st->known, sizeof(st->known));
	pack_u64(out, st->next);
	pack_u64(out, st->google);
	return matcher_pack(st->matcher, out);
}

static bool unpack(void *state, struct unpack *in)
{
	struct quic_state *st = state;

	unpack_bytes(in, st->known, sizeof(st->known));
	st->next = (uint32_t)unpack_u64(in);
	st->google = unpack_u64(in);
	return matcher_unpack(st->matcher, in);
}

const struct protocol protocol_quic = {
	.name = "quic",
	.summary = "QUIC, recognised and not read",
	.tables = tables,
	.ports = ports,
	.datagram = true,
	.infer = infer,
	.open = open_state,
	.close = close_state,
	.framing =
		{
			.frame = frame,
			.resync = resync,
			.message = message,
			.lost = lost,
		},
	.finish = finish,
	.pack = pack,
	.unpack = unpack,
};
