/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CQL_STATE_H
#define SOCKTAPE_PROTOCOLS_CQL_STATE_H

#include "protocols/codec/codec.h"
#include "protocols/cql/message.h"
#include "protocols/cql/value.h"
#include "protocols/engine/matcher.h"

/* Longer envelopes are taken as they come. */
#define CQL_PART_MIN (256u << 10)

enum cql_compression {
	CQL_COMPRESSION_UNKNOWN, /* STARTUP was not seen */
	CQL_COMPRESSION_NONE,
	CQL_COMPRESSION_LZ4,
	CQL_COMPRESSION_SNAPPY
};

enum cql_frame_kind {
	CQL_FRAME_ENVELOPE,
	CQL_FRAME_SEGMENT
};

struct cql_message {
	struct message base; /* text: the envelope, header included, as far as it is kept */
	struct cql_header header;
	uint64_t len;  /* of the envelope, as transferred */
	uint64_t left; /* what of it is still to come, in segments; header first */
	bool cut;      /* not all of it is there */
	bool checksum_bad;
	bool segmented; /* it came in segments, which are compressed, and not it */
};

/* What the connection was told, for all that follows: USE, STARTUP, AUTH_RESPONSE. */
#define CQL_TOLD(X)                                                                                \
	X(keyspace)                                                                                \
	X(user)                                                                                    \
	X(application)                                                                             \
	X(client_id)                                                                               \
	X(driver)

/* What is made for a row: compiled types, a fact, then cells. */
#define CQL_SCRATCH(X)                                                                             \
	X(types)                                                                                   \
	X(fact)                                                                                    \
	X(columns)                                                                                 \
	X(column_types)                                                                            \
	X(rows)                                                                                    \
	X(params)                                                                                  \
	X(batch)                                                                                   \
	X(options)                                                                                 \
	X(change)                                                                                  \
	X(error_details)                                                                           \
	X(warnings)                                                                                \
	X(statement)                                                                               \
	X(id)                                                                                      \
	X(table_keyspace)                                                                          \
	X(table_name)                                                                              \
	X(paging)                                                                                  \
	X(next_paging)                                                                             \
	X(tracing)                                                                                 \
	X(payload)                                                                                 \
	X(note)

struct cql_state {
	struct session *session;
	struct matcher *matcher;
	struct cql_message *incoming[2];
	uint8_t version[2]; /* of the last envelope of that side; 0: none was seen */
	enum cql_compression compression;
	struct codec_contexts codecs;
	struct buffer plain[2]; /* bodies, decompressed */
	struct buffer segment;	/* the last one, decompressed */
#define CQL_BUFFER(name) struct buffer name;
	CQL_TOLD(CQL_BUFFER)
	CQL_SCRATCH(CQL_BUFFER)
#undef CQL_BUFFER
};

/* ---- frame.c ---- */

enum frame_status cql_frame(const void *state, enum side side, const struct cursor *in,
			    struct frame *frame);
bool cql_resync(void *state, enum side side, struct cursor *in);

/* Whether an envelope of VERSION (0: any) begins there, and its body is as it should be. */
bool cql_is_envelope(struct span bytes, enum side side, unsigned version,
		     struct cql_header *header);

/* How well a body that is not compressed fits its header. */
enum cql_fit cql_body_fit(const struct cql_header *header, struct span body);

/* ---- exchange.c ---- */

void cql_message(void *state, const struct frame *frame);
void cql_part(void *state, const struct frame *frame);
void cql_lost(void *state, enum side side, uint64_t missing);
void cql_finish(void *state);

/* ---- body.c ---- */

/*
 * The body of M without compression, up to what is wanted of it; borrowed until the next call for
 * SIDE. *WHOLE: nothing of it is missing.
 */
struct span cql_body(struct cql_state *st, enum side side, const struct cql_message *m,
		     bool *whole);

/*
 * What BODY was before compression, about LIMIT bytes of it at most. *COMPRESSION is found out
 * where it isn't known. False: neither LZ4 nor Snappy made it, or BUDGET (may be NULL) has no room.
 */
bool cql_decompress(struct codec_contexts *codecs, enum cql_compression *compression,
		    struct budget *budget, struct span body, struct buffer *out, size_t limit,
		    bool *whole);

/* How many bytes of an envelope are worth keeping. */
size_t cql_wanted(const struct cql_state *st);
size_t cql_wanted_compressed(const struct cql_state *st);

/* ---- known.c ---- */

/* What is known of a prepared statement; spans are borrowed until the next call. */
enum cql_fact {
	CQL_FACT_STATEMENT = 1, /* its text, by id */
	CQL_FACT_BINDS,		/* version, then metadata of bound values */
	CQL_FACT_COLUMNS,	/* version, then metadata of its result */
	CQL_FACT_PAGE		/* of this connection: the page that begins at a paging state */
};

struct cql_known {
	bool found;
	bool inferred; /* another connection told it */
	struct span value;
};

void cql_learn(struct cql_state *st, enum cql_fact what, struct span id, struct span value);
void cql_learn_metadata(struct cql_state *st, enum cql_fact what, struct span id, unsigned version,
			const struct cql_metadata *m);
struct cql_known cql_recall(struct cql_state *st, enum cql_fact what, struct span id);

/* The page that begins at STATE, which is asked for once; 0: nobody said on this connection. */
uint64_t cql_recall_page(struct cql_state *st, struct span state);
void cql_learn_page(struct cql_state *st, struct span state, uint64_t page);

/* Metadata out of a fact; false: it is not known. */
bool cql_recall_metadata(struct cql_state *st, enum cql_fact what, struct span id,
			 struct cql_metadata *m, bool *inferred);

/* ---- pack.c ---- */

bool cql_pack(const void *state, struct buffer *out);
bool cql_unpack(void *state, struct unpack *in);

/* ---- json.c: what isn't a value, as JSON ---- */

/* COUNT strings as an array; pairs of them, or of strings and lists of them, as an object. */
void cql_strings_json(struct buffer *out, struct span list, uint16_t count);
void cql_map_json(struct buffer *out, struct span map, uint16_t count);
void cql_multimap_json(struct buffer *out, struct span map, uint16_t count);
void cql_bytes_map_json(struct cql_writer *w, struct span map, uint16_t count);

/* The value of a [string map]; empty: none. */
struct span cql_map_find(struct span map, uint16_t count, const char *key);

/* An object of what follows an error's message; nothing where that has nothing to follow. */
void cql_error_json(struct buffer *out, const struct cql_header *header,
		    const struct cql_response *r);

/* An object of what an event, or a result that changes the schema, tells. */
void cql_change_json(struct buffer *out, const struct cql_response *r);

/* ---- rows.c ---- */

/*
 * Bound values as an array, or an object where they have names. BINDS: what they are; NULL: that
 * isn't known, and they are shown as their bytes.
 */
void cql_params_json(struct cql_state *st, const struct cql_values *values,
		     const struct cql_metadata *binds, struct cql_writer *w);

/* Names and types of columns into st->columns and st->column_types; st->types is then theirs. */
void cql_columns_json(struct cql_state *st, const struct cql_metadata *m);

/* ROWS rows of COUNT columns, whose types st->types has, as arrays. */
void cql_rows_json(struct cql_state *st, uint32_t count, uint32_t rows, struct span data,
		   struct cql_writer *w);

/* Where nobody asks for them: whether each value ends in DATA. What it says isn't looked at. */
void cql_rows_check(uint32_t count, uint32_t rows, struct span data, struct cql_writer *w);

/* ---- columns.c ---- */

#define CQL_COLUMNS(X)                                                                             \
	X(OPCODE, "opcode", "TEXT", "",                                                            \
	  "of the request: QUERY, EXECUTE and so on; EVENT of what the server tells by itself")    \
	X(STATEMENT, "statement", "TEXT", "", "its text; of a prepared one where it was learnt")   \
	X(STATEMENT_ID, "statement_id", "TEXT", "", "of a prepared statement, in hexadecimal")     \
	X(PARAMS, "params", "JSON", "",                                                            \
	  "bound values, in order, up to --keep; by name where the request names them")            \
	X(BATCH_TYPE, "batch_type", "TEXT", "", "logged, unlogged or counter")                     \
	X(STATEMENTS, "statements", "BIGINT", "", "of a batch: how many")                          \
	X(BATCH, "batch", "JSON", "",                                                              \
	  "its statements, up to --keep: statement, statement_id, params of each")                 \
	X(KEYSPACE, "keyspace", "TEXT", "",                                                        \
	  "of the request, or of its table, or else that of the connection (USE)")                 \
	X(TABLE_NAME, "table_name", "TEXT", "", "of the result, or of the bound values")           \
	X(CONSISTENCY, "consistency", "TEXT", "", "ONE, LOCAL_QUORUM and so on")                   \
	X(SERIAL_CONSISTENCY, "serial_consistency", "TEXT", "", "of conditional statements")       \
	X(PAGE_SIZE, "page_size", "BIGINT", "", "rows that the client wants at a time")            \
	X(PAGE, "page", "BIGINT", "",                                                              \
	  "of the result, from 1; null where the page before was not seen on this connection")     \
	X(PAGING_STATE, "paging_state", "TEXT", "",                                                \
	  "where this page begins, in hexadecimal; null: the first")                               \
	X(NEXT_PAGING_STATE, "next_paging_state", "TEXT", "",                                      \
	  "where the next page begins, in hexadecimal; null: there is none")                       \
	X(RESULT, "result", "TEXT", "",                                                            \
	  "rows, void, prepared, set_keyspace, schema_change; else the answer's opcode")           \
	X(ROWS, "rows", "BIGINT", "", "that came back")                                            \
	X(COLUMNS, "columns", "JSON", "", "names of the result's columns")                         \
	X(COLUMN_TYPES, "column_types", "JSON", "", "their types, as CQL writes them")             \
	X(ROW_DATA, "row_data", "JSON", "", "rows as arrays, up to --keep")                        \
	X(CHANGE, "change", "JSON", "",                                                            \
	  "of schema, status or topology: what an event or result tells")                          \
	X(ERROR_CODE, "error_code", "BIGINT", "", "of the server")                                 \
	X(ERROR_NAME, "error_name", "TEXT", "", "Unavailable, ReadTimeout and so on")              \
	X(ERROR, "error", "TEXT", "", "its message")                                               \
	X(ERROR_DETAILS, "error_details", "JSON", "", "replicas, table and so on, by name")        \
	X(WARNINGS, "warnings", "JSON", "", "the server's, as texts")                              \
	X(TRACING_ID, "tracing_id", "TEXT", "", "UUID of the trace that the client wanted")        \
	X(CUSTOM_PAYLOAD, "custom_payload", "JSON", "", "of the request, or else of the answer")   \
	X(TIMESTAMP_NS, "timestamp_ns", "BIGINT", "ns",                                            \
	  "that the client wants to be written; since 1970")                                       \
	X(OPTIONS, "options", "JSON", "",                                                          \
	  "of STARTUP; types of events of REGISTER; what the server supports of OPTIONS")          \
	X(AUTHENTICATOR, "authenticator", "TEXT", "", "class that the server wants")               \
	X(USER, "user", "TEXT", "", "of the connection, where its login was seen")                 \
	X(APPLICATION, "application", "TEXT", "", "as the client called it in STARTUP")            \
	X(CLIENT_ID, "client_id", "TEXT", "", "as the client called itself in STARTUP")            \
	X(DRIVER, "driver", "TEXT", "", "name and version of STARTUP")                             \
	X(VERSION, "version", "BIGINT", "", "of the protocol")                                     \
	X(COMPRESSION, "compression", "TEXT", "", "of the connection: lz4, snappy; null: none")    \
	X(STREAM_ID, "stream_id", "BIGINT", "", "pairs a request with its answer; -1: an event")   \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the request, with its header")            \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the answer, with its header")

enum cql_column {
#define CQL_COLUMN_ENUM(id, name, sql, unit, help) CQL_COLUMN_##id,
	CQL_COLUMNS(CQL_COLUMN_ENUM)
#undef CQL_COLUMN_ENUM
	CQL_COLUMN_COUNT
};

extern const struct table cql_table;

/* ---- record.c ---- */

/* A matcher_emit_fn; the context is the state. */
void cql_emit(void *context, struct message *request, struct message *response, bool lost);

/* ---- infer.c ---- */

void cql_infer(const struct sample *sample, struct verdict *verdict);

#endif
