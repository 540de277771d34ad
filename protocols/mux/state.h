/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MUX_STATE_H
#define SOCKTAPE_PROTOCOLS_MUX_STATE_H

#include "protocols/engine/matcher.h"
#include "protocols/mux/wire.h"

/* Longer frames are taken as they come. */
#define MUX_PART_MIN (64u << 10)

struct mux_message {
	struct message base;	       /* text: what is behind the header, fragments joined */
	struct mux_message *next_open; /* of those whose last fragment hasn't come */
	uint64_t len;		       /* on the wire, headers included */
	uint32_t tag;
	uint32_t fragments;
	uint32_t reason_len; /* at the end of the text: why it was discarded */
	int8_t type;
	enum side side; /* that sent it */
	bool asks;
	bool cut; /* not all of it is there */
	bool discarded;
};

struct mux_state {
	struct session *session;
	struct matcher *matcher;
	struct mux_message *incoming[2]; /* a frame that comes in parts */
	struct mux_message *open[2];	 /* messages of which more fragments come */
	size_t open_count[2];
	struct buffer contexts, resp_contexts, dtab, args, result, exception, error, ids, note;
	uint64_t charged; /* for these */
};

/* ---- exchange.c ---- */

void mux_message(void *state, const struct frame *frame);
void mux_part(void *state, const struct frame *frame);
void mux_lost(void *state, enum side side, uint64_t missing);
void mux_finish(void *state);

/* ---- contexts.c ---- */

/* Finagle's trace context: ids as they are sent. */
struct mux_trace {
	bool known;
	uint64_t span, parent, trace, flags;
};

struct mux_contexts {
	struct mux_trace trace;
	int64_t deadline_ns; /* that the client allowed; -1: it didn't say */
};

/* Appends the contexts as a JSON object, what Finagle's own mean shown. */
void mux_contexts_json(const struct mux_body *body, struct buffer *out, struct mux_contexts *known);

/* ---- record.c ---- */

#define MUX_COLUMNS(X)                                                                             \
	X(TYPE, "type", "TEXT", "", "dispatch, req, ping, init, drain, discarded, lease, err")     \
	X(SENDER, "sender", "TEXT", "", "client or server, that asked")                            \
	X(TAG, "tag", "BIGINT", "", "number of the exchange; 0: no answer is wanted")              \
	X(DESTINATION, "destination", "TEXT", "", "path that the request is for")                  \
	X(METHOD, "method", "TEXT", "", "of Thrift inside")                                        \
	X(SERVICE, "service", "TEXT", "", "of Thrift inside, where several share a connection")    \
	X(STATUS, "status", "TEXT", "", "ok, error, or nack: it wasn't tried")                     \
	X(ERROR_CODE, "error_code", "BIGINT", "", "type of an exception of Thrift's call itself")  \
	X(ERROR, "error", "TEXT", "", "message of the error or of Thrift's exception")             \
	X(DISCARDED, "discarded", "BOOLEAN", "", "the client doesn't want the answer any more")    \
	X(REASON, "reason", "TEXT", "", "why it was discarded")                                    \
	X(TRACE_ID, "trace_id", "TEXT", "", "of Finagle's trace, hexadecimal")                     \
	X(SPAN_ID, "span_id", "TEXT", "", "of Finagle's trace, hexadecimal")                       \
	X(PARENT_ID, "parent_id", "TEXT", "", "of Finagle's trace, hexadecimal")                   \
	X(DEADLINE_NS, "deadline_ns", "BIGINT", "ns", "time that the client allowed")              \
	X(CONTEXTS, "contexts", "JSON", "", "of the request, by name; of init its headers")        \
	X(RESP_CONTEXTS, "resp_contexts", "JSON", "",                                              \
	  "of the answer, by name; of init its headers")                                           \
	X(DTAB, "dtab", "JSON", "", "delegations: an array of [prefix, destination]")              \
	X(ARGS, "args", "JSON", "", "of Thrift's call by field number, up to --keep")              \
	X(RESULT, "result", "JSON", "", "that Thrift's call returned, up to --keep")               \
	X(EXCEPTION, "exception", "JSON", "", "that Thrift's call threw")                          \
	X(PAYLOAD, "payload", "TEXT", "", "of the request where it isn't Thrift, up to --keep")    \
	X(RESP_PAYLOAD, "resp_payload", "TEXT", "",                                                \
	  "of the answer where it isn't Thrift, up to --keep")                                     \
	X(LEASE_NS, "lease_ns", "BIGINT", "ns", "time that the server will go on to serve")        \
	X(FRAGMENTS, "fragments", "BIGINT", "", "frames that the request came in")                 \
	X(RESP_FRAGMENTS, "resp_fragments", "BIGINT", "", "frames that the answer came in")        \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the request, as transferred")             \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the answer, as transferred")

enum mux_column {
#define MUX_COLUMN_ENUM(id, name, sql, unit, help) MUX_COLUMN_##id,
	MUX_COLUMNS(MUX_COLUMN_ENUM)
#undef MUX_COLUMN_ENUM
	MUX_COLUMN_COUNT
};

extern const struct table mux_table;

/* A matcher_emit_fn; the context is the state. */
void mux_emit(void *context, struct message *request, struct message *response, bool lost);

/* ---- describe.c, infer.c, pack.c ---- */

void mux_describe(const struct value *values, struct buffer *out);
void mux_infer(const struct sample *sample, struct verdict *verdict);
bool mux_pack(const void *state, struct buffer *out);
bool mux_unpack(void *state, struct unpack *in);
void mux_recharge(struct mux_state *st);

#endif
