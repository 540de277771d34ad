/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_WEBSOCKET_STATE_H
#define SOCKTAPE_PROTOCOLS_WEBSOCKET_STATE_H

#include "protocols/websocket/websocket.h"
#include "protocols/websocket/wire.h"

/* A message, whose frames may have other ones (pings) between them. */
struct websocket_message {
	bool open;
	bool compressed;
	bool lost; /* bytes of it are missing */
	bool cut;  /* not all of it is kept */
	bool odd;  /* a frame of it breaks a rule */
	uint8_t opcode;
	unsigned fragments;
	uint64_t len; /* on the wire, without heads */
	int64_t first;
	int64_t last;
	uint64_t position;
	struct buffer payload; /* unmasked, still compressed */
	uint64_t charged;
};

struct websocket_side {
	struct websocket_message data;
	struct websocket_message control; /* which may come between data's frames */
	struct websocket_head head;	  /* of the frame that comes in parts */
	uint8_t head_bytes[WEBSOCKET_HEAD_MAX];
	void *inflate;	     /* z_stream: compression goes on from message to message (RFC 7692) */
	bool inflate_broken; /* what it goes on from was not seen */
};

struct websocket_state {
	struct session *session;
	struct buffer upgrade; /* as websocket_pack_upgrade() wrote it; empty: it wasn't seen */
	uint64_t upgrade_charged;
	struct websocket_side sides[2];
	struct buffer plain;
	struct buffer note;
};

/* ---- message.c ---- */

void websocket_message(void *state, const struct frame *frame);
void websocket_part(void *state, const struct frame *frame);
void websocket_lost(void *state, enum side side, uint64_t missing);
void websocket_finish(void *state);

/* ---- inflate.c ---- */

/*
 * The payload of a compressed message: as much of it as is kept in st->plain, and how long all of
 * it is. False: it could not be taken off, from somewhere on.
 */
bool websocket_inflate(struct websocket_state *st, struct websocket_side *side,
		       const struct websocket_message *m, uint64_t *len);

/* Bytes are missing, of the message or of one before it. */
void websocket_inflate_lost(struct websocket_side *side);

void websocket_inflate_free(struct websocket_state *st, struct websocket_side *side);

/* What decompression goes on from, between two messages. False: no memory. */
bool websocket_inflate_pack(const struct websocket_side *side, struct buffer *out);
bool websocket_inflate_unpack(struct websocket_state *st, struct websocket_side *side,
			      struct unpack *in);

/* ---- pack.c ---- */

/* Keeps what the HTTP before it left. */
void websocket_take_upgrade(struct websocket_state *st, struct span packed);

/* What is kept of it; nothing: it wasn't seen. Borrowed. */
struct websocket_upgrade websocket_upgrade_of(const struct websocket_state *st);

bool websocket_pack(const void *state, struct buffer *out);
bool websocket_unpack(void *state, struct unpack *in);

/* ---- record.c ---- */

#define WEBSOCKET_COLUMNS(X)                                                                       \
	X(OPCODE, "opcode", "TEXT", "", "text, binary, close, ping, pong")                         \
	X(SENDER, "sender", "TEXT", "", "client or server")                                        \
	X(LENGTH, "length", "BIGINT", "bytes",                                                     \
	  "of the payload, decompressed; null: not all of it could be")                            \
	X(WIRE_LENGTH, "wire_length", "BIGINT", "bytes", "of the payload as transferred")          \
	X(PAYLOAD, "payload", "TEXT", "", "unmasked, joined and decompressed, up to --keep")       \
	X(CLOSE_CODE, "close_code", "BIGINT", "", "of close: 1000 and so on; null: it has none")   \
	X(CLOSE_REASON, "close_reason", "TEXT", "", "of close")                                    \
	X(FRAGMENTS, "fragments", "BIGINT", "", "frames that the message came in")                 \
	X(COMPRESSED, "compressed", "BOOLEAN", "", "permessage-deflate was used")                  \
	X(AUTHORITY, "authority", "TEXT", "", "the host and port that HTTP asked")                 \
	X(PATH, "path", "TEXT", "", "path and query that HTTP asked for")                          \
	X(STREAM_ID, "stream_id", "BIGINT", "",                                                    \
	  "of HTTP/2; null: WebSocket has the connection for itself")

enum websocket_column {
#define WEBSOCKET_COLUMN_ENUM(id, name, sql, unit, help) WEBSOCKET_COLUMN_##id,
	WEBSOCKET_COLUMNS(WEBSOCKET_COLUMN_ENUM)
#undef WEBSOCKET_COLUMN_ENUM
	WEBSOCKET_COLUMN_COUNT
};

extern const struct table websocket_table;

void websocket_emit(struct websocket_state *st, enum side side, const struct websocket_message *m);

/* ---- infer.c ---- */

void websocket_infer(const struct sample *sample, struct verdict *verdict);

#endif
