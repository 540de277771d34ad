/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_GRPC_H
#define SOCKTAPE_PROTOCOLS_HTTP2_GRPC_H

#include "protocols/http2/state.h"

/*
 * gRPC on HTTP/2 (grpc/grpc, doc/PROTOCOL-HTTP2.md): a stream whose content-type says so is a call.
 * Its messages are cut out of the DATA frames, and it is a row of the table "grpc" instead of one
 * of "http2".
 */

#define GRPC_COLUMNS(X)                                                                            \
	X(SERVICE, "service", "TEXT", "", "with its package: shop.v1.Orders")                      \
	X(METHOD, "method", "TEXT", "", "of the service")                                          \
	X(CODE, "code", "BIGINT", "", "grpc-status: 0 to 16")                                      \
	X(STATUS, "status", "TEXT", "", "its name: OK, NOT_FOUND and so on")                       \
	X(MESSAGE, "message", "TEXT", "", "grpc-message, percent-decoded")                         \
	X(DETAILS, "details", "JSON", "",                                                          \
	  "grpc-status-details-bin: google.rpc.Status, by field number, or as --proto declares "   \
	  "it")                                                                                    \
	X(REQ_MESSAGES, "req_messages", "BIGINT", "", "messages that the client sent")             \
	X(RESP_MESSAGES, "resp_messages", "BIGINT", "", "messages that the server sent")           \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the client's messages, as transferred")   \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the server's messages, as transferred") \
	X(REQUESTS, "requests", "JSON", "",                                                        \
	  "the client's messages, up to --keep: fields by name with --proto, else by number")      \
	X(RESPONSES, "responses", "JSON", "", "the server's messages, as those")                   \
	X(REQ_METADATA, "req_metadata", "JSON", "",                                                \
	  "header fields of the request; -bin ones in base64")                                     \
	X(RESP_METADATA, "resp_metadata", "JSON", "", "header fields of the response")             \
	X(TRAILERS, "trailers", "JSON", "", "fields behind the messages")                          \
	X(AUTHORITY, "authority", "TEXT", "", "the host and port that are asked")                  \
	X(REQ_ENCODING, "req_encoding", "TEXT", "", "compression of the client's messages")        \
	X(RESP_ENCODING, "resp_encoding", "TEXT", "", "compression of the server's messages")      \
	X(DEADLINE_NS, "deadline_ns", "BIGINT", "ns",                                              \
	  "grpc-timeout: how long the client will wait")                                           \
	X(HEADERS_NS, "headers_ns", "BIGINT", "ns",                                                \
	  "from the request's first byte to the response's header fields")                         \
	X(FIRST_MESSAGE_NS, "first_message_ns", "BIGINT", "ns",                                    \
	  "from the request's first byte to the end of the response's first message")              \
	X(END_NS, "end_ns", "BIGINT", "ns",                                                        \
	  "from the request's first byte to the end of the stream")                                \
	X(CANCELLED, "cancelled", "BOOLEAN", "",                                                   \
	  "an end reset the stream before its answer was whole")                                   \
	X(HTTP_STATUS, "http_status", "BIGINT", "",                                                \
	  "200, unless something before the server answered")                                      \
	X(STREAM_ID, "stream_id", "BIGINT", "", "of HTTP/2")                                       \
	X(RESET_CODE, "reset_code", "TEXT", "",                                                    \
	  "CANCEL and so on, when RST_STREAM or GOAWAY came")                                      \
	X(RESET_BY, "reset_by", "TEXT", "", "client or server")

enum grpc_column {
#define GRPC_COLUMN_ENUM(id, name, sql, unit, help) GRPC_COLUMN_##id,
	GRPC_COLUMNS(GRPC_COLUMN_ENUM)
#undef GRPC_COLUMN_ENUM
	GRPC_COLUMN_COUNT
};

extern const struct table grpc_table;

/* The fields of a block of SIDE were read: does a call begin, what do they say of it? */
void grpc_headers(struct http2_state *st, struct http2_stream *s, enum side side,
		  const struct frame *frame);

/* A DATA frame of SIDE has this payload: after a loss messages may be found again with it. */
void grpc_frame(struct http2_stream *s, enum side side, struct span data);

/* DATA that SIDE sent, or that is missing. */
void grpc_data(struct http2_state *st, struct http2_stream *s, enum side side, struct span data,
	       const struct frame *frame);
void grpc_hole(struct http2_state *st, struct http2_stream *s, enum side side, uint64_t len,
	       const struct frame *frame);

/* An unknown amount of it may be missing. */
void grpc_lost(struct http2_stream *s, enum side side);

/* SIDE's part of the stream ended. */
void grpc_end(struct http2_state *st, struct http2_stream *s, enum side side,
	      const struct frame *frame);

/* Whether the stream is a call: its content type says so, or all that is known of it. */
bool grpc_is_call(const struct http2_stream *s);

/* Emits the stream as a call; RECORD has its times and outcome as HTTP/2 sees them. */
void grpc_emit(struct http2_state *st, const struct http2_stream *s, struct record *record);

void grpc_free(struct http2_state *st, struct http2_stream *s);

#endif
