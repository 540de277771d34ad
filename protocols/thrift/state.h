/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_STATE_H
#define SOCKTAPE_PROTOCOLS_THRIFT_STATE_H

#include "protocols/engine/matcher.h"
#include "protocols/thrift/body.h"
#include "protocols/thrift/theader.h"

/* Longer messages are taken as they come: framed ones in parts, others as several frames. */
#define THRIFT_PIECE (64u << 10)

/* Of frame->kind: */
enum {
	THRIFT_FRAMED = 1,   /* four bytes of length stand before it */
	THRIFT_GOES_ON = 2,  /* the message isn't whole with this frame */
	THRIFT_TOO_DEEP = 4, /* nor will it be: it goes deeper than is followed */
};

struct thrift_message {
	struct message base; /* text: all of it, or what THeader had in it; then its headers */
	uint64_t len;	     /* on the wire */
	uint32_t skip;	     /* of the text: a length and headers before the message */
	uint32_t infos_len;  /* at the end of the text: THeader's headers as JSON; 0: it has none */
	int32_t sequence_id; /* THeader's, or else the message's own */
	bool unreadable;     /* what THeader says that was done to it couldn't be undone */
	enum side side;
	bool framed;
	bool cut; /* not all of it is there */
	bool oneway;
};

struct thrift_state {
	struct session *session;
	struct matcher *matcher;
	struct thrift_message *current[2]; /* a message whose end has not come yet */
	struct thrift_walk walk[2];	   /* of one without a length */
	bool framed[2];			   /* all of this side's messages are, since one was */
	bool lossy;			   /* messages may be missing since the last answer */
	bool overlapping;		   /* calls are made before the older ones are answered */
	bool unordered;			   /* answers come in another order than their calls */
	uint64_t answered; /* calls up to this number, counted from 1, may have been */
	struct buffer args, result, exception, header, error, note, plain;
	uint64_t charged; /* for these */
	struct codec_contexts codecs;
};

/* ---- frame.c ---- */

enum frame_status thrift_frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame);
bool thrift_resync(void *state, enum side side, struct cursor *in);

/* ---- exchange.c ---- */

void thrift_message(void *state, const struct frame *frame);
void thrift_part(void *state, const struct frame *frame);
void thrift_lost(void *state, enum side side, uint64_t missing);
void thrift_finish(void *state);

/* The message, as much as is there. */
struct span thrift_text_of(const struct thrift_message *m);

/* What THeader told with it; empty: nothing. */
struct span thrift_infos_of(const struct thrift_message *m);

/* ---- record.c ---- */

#define THRIFT_COLUMNS(X)                                                                          \
	X(METHOD, "method", "TEXT", "", "that is called")                                          \
	X(SERVICE, "service", "TEXT", "", "that it is of, where several share a connection")       \
	X(TYPE, "type", "TEXT", "", "call, or oneway, which has no answer")                        \
	X(REPLY, "reply", "TEXT", "", "reply, or exception where the call itself failed")          \
	X(SEQUENCE_ID, "sequence_id", "BIGINT", "", "of the call; many clients leave it at 0")     \
	X(ARGS, "args", "JSON", "", "the arguments by field number, up to --keep")                 \
	X(RESULT, "result", "JSON", "", "what the method returned, up to --keep")                  \
	X(EXCEPTION, "exception", "JSON", "",                                                      \
	  "that the method threw, by the number of its field, or of the call itself")              \
	X(ERROR_CODE, "error_code", "BIGINT", "", "type of an exception of the call itself")       \
	X(ERROR, "error", "TEXT", "", "message of the exception, or its first text")               \
	X(ENCODING, "encoding", "TEXT", "", "binary or compact")                                   \
	X(FRAMED, "framed", "BOOLEAN", "", "each message has its length before it")                \
	X(CLIENT_ID, "client_id", "TEXT", "", "name that Finagle's header tells")                  \
	X(TRACE_ID, "trace_id", "TEXT", "", "that Finagle's header tells, hexadecimal")            \
	X(SPAN_ID, "span_id", "TEXT", "", "the same of the span")                                  \
	X(PARENT_ID, "parent_id", "TEXT", "", "the same of the span's parent")                     \
	X(HEADER, "header", "JSON", "",                                                            \
	  "headers of the call: THeader's by name, or Finagle's by field number")                  \
	X(RESP_HEADER, "resp_header", "JSON", "", "headers of the answer: THeader's by name")      \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the call, as transferred")                \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the answer, as transferred")

enum thrift_column {
#define THRIFT_COLUMN_ENUM(id, name, sql, unit, help) THRIFT_COLUMN_##id,
	THRIFT_COLUMNS(THRIFT_COLUMN_ENUM)
#undef THRIFT_COLUMN_ENUM
	THRIFT_COLUMN_COUNT
};

extern const struct table thrift_table;

/* A matcher_emit_fn; the context is the state. */
void thrift_emit(void *context, struct message *request, struct message *response, bool lost);

/* ---- infer.c, pack.c ---- */

void thrift_infer(const struct sample *sample, struct verdict *verdict);
bool thrift_pack(const void *state, struct buffer *out);
bool thrift_unpack(void *state, struct unpack *in);
void thrift_recharge(struct thrift_state *st);

#endif
