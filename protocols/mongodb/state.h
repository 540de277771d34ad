/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MONGODB_STATE_H
#define SOCKTAPE_PROTOCOLS_MONGODB_STATE_H

#include "protocols/engine/matcher.h"
#include "protocols/mongodb/wire.h"

/* Longer messages are taken as they come. */
#define MONGODB_PART_MIN (256u << 10)

struct mongodb_message {
	struct message base; /* text: all of it, header included */
	struct mongodb_header header;
	uint64_t len;
	bool cut;     /* not all of it is there */
	bool request; /* from the client */
};

struct mongodb_state {
	struct session *session;
	struct matcher *matcher;
	struct mongodb_message *incoming[2];
	struct codec_contexts codecs;
	struct buffer plain[2];
	struct buffer application;
	/* The last answer that says that more come without being asked for. */
	uint32_t exhaust_id;
	bool exhausting;
	struct buffer exhaust_command, exhaust_database, exhaust_collection;
	struct buffer request_json, response_json, shape, note, error_text;
};

/* ---- exchange.c ---- */

void mongodb_message(void *state, const struct frame *frame);
void mongodb_part(void *state, const struct frame *frame);
void mongodb_lost(void *state, enum side side, uint64_t missing);
void mongodb_finish(void *state);

/* The opcode behind compression; 0: it can't be told. */
uint32_t mongodb_opcode_of(const struct mongodb_message *m);

/* ---- pack.c ---- */

bool mongodb_pack(const void *state, struct buffer *out);
bool mongodb_unpack(void *state, struct unpack *in);

/* ---- record.c ---- */

#define MONGODB_COLUMNS(X)                                                                         \
	X(COMMAND, "command", "TEXT", "",                                                          \
	  "find, insert, aggregate and so on; of older opcodes their name")                        \
	X(DATABASE, "database", "TEXT", "", "that it is for")                                      \
	X(COLLECTION, "collection", "TEXT", "", "that it is for")                                  \
	X(SHAPE, "shape", "TEXT", "", "the command with its values taken out")                     \
	X(REQUEST, "request", "JSON", "",                                                          \
	  "the command with its documents, extended JSON, up to --keep")                           \
	X(RESPONSE, "response", "JSON", "",                                                        \
	  "the answer, extended JSON, up to --keep; several: an array")                            \
	X(REQ_DOCUMENTS, "req_documents", "BIGINT", "",                                            \
	  "documents that the client sends to be put in, and so on")                               \
	X(RESP_DOCUMENTS, "resp_documents", "BIGINT", "", "documents of the result")               \
	X(AFFECTED, "affected", "BIGINT", "", "n of the answer: put in, matched, deleted")         \
	X(CURSOR_ID, "cursor_id", "BIGINT", "",                                                    \
	  "of the answer, or else of the request; 0: all was sent")                                \
	X(ERROR_CODE, "error_code", "BIGINT", "",                                                  \
	  "of the server, or of the first write that failed")                                      \
	X(ERROR, "error", "TEXT", "", "its name and message")                                      \
	X(APPLICATION, "application", "TEXT", "", "name that the client gave in its hello")        \
	X(OPCODE, "opcode", "TEXT", "", "msg; query and others of older clients")                  \
	X(COMPRESSION, "compression", "TEXT", "", "of the request: snappy, zlib, zstd")            \
	X(REQUEST_ID, "request_id", "BIGINT", "",                                                  \
	  "of the request, or of an answer that wasn't asked for")                                 \
	X(EXHAUST, "exhaust", "BOOLEAN", "", "the answers go on without being asked for")          \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the request, as transferred")             \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the answer, as transferred")

enum mongodb_column {
#define MONGODB_COLUMN_ENUM(id, name, sql, unit, help) MONGODB_COLUMN_##id,
	MONGODB_COLUMNS(MONGODB_COLUMN_ENUM)
#undef MONGODB_COLUMN_ENUM
	MONGODB_COLUMN_COUNT
};

extern const struct table mongodb_table;

/* A matcher_emit_fn; the context is the state. */
void mongodb_emit(void *context, struct message *request, struct message *response, bool lost);

/* ---- infer.c ---- */

enum mongodb_proof {
	MONGODB_PROOF_NONE,
	MONGODB_PROOF_FRONT, /* what can be seen of it fits */
	MONGODB_PROOF_WHOLE  /* it is as it should be, to its end */
};

struct mongodb_finding {
	enum mongodb_proof proof;
	uint32_t len;
	uint32_t opcode;
	bool request;
};

/* What speaks for a message at the front of BYTES. */
struct mongodb_finding mongodb_look(struct span bytes);

void mongodb_infer(const struct sample *sample, struct verdict *verdict);

#endif
