/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MYSQL_STATE_H
#define SOCKTAPE_PROTOCOLS_MYSQL_STATE_H

#include "protocols/codec/codec.h"
#include "protocols/engine/inner.h"
#include "protocols/mysql/wire.h"
#include "protocols/value/real.h"
#include "protocols/value/table.h"

/* What the server's next packet is. */
enum mysql_stage {
	MYSQL_STAGE_BEGIN,
	MYSQL_STAGE_AUTH,
	MYSQL_STAGE_DEFINITIONS,     /* op->definitions of them, then what behind says */
	MYSQL_STAGE_DEFINITIONS_END, /* EOF, unless it is no longer used */
	MYSQL_STAGE_ROWS,
	MYSQL_STAGE_FIELDS, /* definitions of FIELD_LIST, up to EOF */
	MYSQL_STAGE_INFILE, /* the client's turn */
	MYSQL_STAGE_BINLOG,
	MYSQL_STAGE_SKIP /* bytes are missing: up to the end of the result */
};

struct mysql_type_of {
	uint8_t type;
	bool is_unsigned;
};

/* The columns of a result. */
struct mysql_columns {
	struct buffer names; /* JSON, with commas between them */
	struct buffer types; /* of struct mysql_type_of */
	size_t count;
};

struct mysql_statement {
	struct mysql_statement *next; /* in its bucket */
	uint32_t id;
	uint16_t param_count;
	struct buffer text;
	struct buffer types;	      /* of parameters, two bytes each, as bound last */
	struct buffer long_data;      /* pieces: index (16 bits), length (32 bits), bytes */
	struct mysql_columns columns; /* of its result, as told at Prepare or later */
	uint64_t charged;
};

#define MYSQL_BUCKETS 64

struct mysql_op {
	struct mysql_op *next;
	unsigned command; /* enum mysql_command */
	enum mysql_stage stage;
	int64_t first, last;
	int64_t answer_first, answer_last;
	uint64_t position;
	uint64_t req_bytes, resp_bytes;
	uint8_t next_seq; /* of the server's first packet */
	bool lost;
	bool cut;	    /* not all of the request is kept */
	struct buffer text; /* payload behind the command */
	uint32_t statement; /* id; 0: none */
	size_t part_at;	    /* in a QUERY of several statements: where the next one begins */
	unsigned results;   /* that came */

	/* the result that comes just now */
	size_t definitions;	/* still to come */
	size_t columns_to_come; /* of Prepare, behind the parameters */
	struct mysql_columns columns;
	uint64_t rows;
	bool rows_cut, has_result;
	struct buffer row_data; /* JSON: rows in an array that isn't closed */
	struct buffer infile;	/* name of the file */
	uint64_t infile_bytes;
	uint32_t binlog_events[64]; /* by type; the last: all others */
	uint64_t charged;
};

struct mysql_state {
	struct session *session;
	struct mysql_op *oldest, **newest;
	struct mysql_statement *statements[MYSQL_BUCKETS];
	bool shows_rows; /* somebody asks for what is in them */
	bool greeted, logged_in;
	uint32_t capabilities;
	bool capabilities_known;
	bool eof_known, eof_deprecated;
	bool compressed;    /* all that follows is */
	bool undecided;	    /* whether it is: nothing of the client was seen yet */
	bool inner_lost[2]; /* compressed packets are missing: nobody knows how many bytes in them
			     */
	struct inner *inner;
	struct codec_contexts codecs;
	struct buffer plain;
	bool goes_on[2]; /* the last packet was as long as can be */
	bool server_lost;
	uint32_t last_prepared; /* id; 0: none, or it failed */
	struct buffer version, user, database, plugin;
	uint32_t connection_id;
	struct buffer json, bound, names, note, events;
};

/* ---- frame.c ---- */

extern const struct framing mysql_packets; /* also those inside compressed ones */

enum frame_status mysql_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame);
bool mysql_resync(void *state, enum side side, struct cursor *in);

/* ---- op.c ---- */

struct mysql_op *mysql_op_new(struct mysql_state *st, unsigned command, const struct frame *frame);
void mysql_op_done(struct mysql_state *st); /* takes the oldest away */
void mysql_op_settle(struct mysql_state *st, struct mysql_op *op);
bool mysql_room(struct mysql_state *st, const struct buffer *b, size_t n, size_t most);

struct mysql_statement *mysql_statement_find(struct mysql_state *st, uint32_t id);
struct mysql_statement *mysql_statement_get(struct mysql_state *st, uint32_t id);
void mysql_statement_close(struct mysql_state *st, uint32_t id);
void mysql_statements_close(struct mysql_state *st); /* all */
void mysql_statement_settle(struct mysql_state *st, struct mysql_statement *s);

void mysql_columns_add(struct mysql_columns *columns, const struct mysql_column *column);
void mysql_columns_clear(struct mysql_columns *columns);
void mysql_columns_free(struct mysql_columns *columns);

void mysql_free_all(struct mysql_state *st);

/* ---- client.c, server.c: packets without their headers ---- */

void mysql_take_client(struct mysql_state *st, const struct frame *frame, uint8_t seq,
		       struct span payload, uint64_t len);
void mysql_take_server(struct mysql_state *st, const struct frame *frame, uint8_t seq,
		       struct span payload, uint64_t len);

/* All that waits is over. */
void mysql_give_up(struct mysql_state *st);

/* ---- compressed.c ---- */

/*
 * Whether BYTES begin with a compressed packet, as far as they tell; PLAIN_LEN: 0 where its PAYLOAD
 * is packets as they are.
 */
bool mysql_is_compressed(struct span bytes, struct span *payload, uint32_t *plain_len);

/* The payload without its compression, as far as it can be had, in PLAIN. */
struct span mysql_decompress(struct codec_contexts *codecs, struct span bytes, uint32_t plain_len,
			     struct buffer *plain);

/* From here on. False: no memory. */
bool mysql_begin_compression(struct mysql_state *st);

void mysql_take_compressed(struct mysql_state *st, const struct frame *frame);

/* ---- pack.c ---- */

bool mysql_pack(const void *state, struct buffer *out);
bool mysql_unpack(void *state, struct unpack *in);

/* ---- row.c ---- */

void mysql_take_row(struct mysql_state *st, struct mysql_op *op, struct span payload, bool whole);

/* ---- value.c ---- */

struct mysql_value {
	enum {
		MYSQL_VALUE_NULL,
		MYSQL_VALUE_NUMBER,
		MYSQL_VALUE_TEXT
	} kind;
	struct span text; /* the packet's, or SMALL */
	char small[REAL_TEXT_MAX];
};

/* A value of a binary row or a parameter; the cursor is then behind it. */
void mysql_binary_value(struct mysql_type_of type, struct cursor *c, struct mysql_value *value);

/* A value of a text row. */
void mysql_text_value(struct mysql_type_of type, struct span text, struct mysql_value *value);

void mysql_value_json(const struct mysql_value *value, struct buffer *out);

/* As it would stand in SQL: 'it''s', 12, NULL, x'00FF' where it is no text. */
void mysql_value_sql(const struct mysql_value *value, struct buffer *out);

/* ---- params.c ---- */

/*
 * The parameters of an EXECUTE as a JSON array in st->json, and its statement with them put back in
 * st->bound. False: they can't be read without what was not seen.
 */
bool mysql_params(struct mysql_state *st, struct mysql_op *op, struct mysql_statement *s);

/*
 * The same of a BULK_EXECUTE, which has rows of them: an array of arrays in st->json, as many as
 * LIMIT bytes hold; *CUT: there are more.
 */
bool mysql_bulk_params(struct mysql_state *st, struct mysql_op *op, struct mysql_statement *s,
		       size_t limit, bool *cut);

/* Query attributes before the text of QUERY, as a JSON object in OUT; they are taken off. */
void mysql_attributes(struct mysql_state *st, struct span *text, struct buffer *out);

/* ---- statement.c ---- */

/* The next statement of several, from *AT on, which moves behind it. Empty: there is none. */
struct span mysql_next_statement(struct span text, size_t *at);

/* Where the next parameter's mark stands, from AT on; text.len: there is none. */
size_t mysql_next_mark(struct span text, size_t at);

/* ---- record.c ---- */

#define MYSQL_COLUMNS(X)                                                                           \
	X(COMMAND, "command", "TEXT", "", "login, query, prepare, execute, fetch, ping and so on") \
	X(STATEMENT, "statement", "TEXT", "",                                                      \
	  "its text; of several in one message each has a row")                                    \
	X(BOUND, "bound_statement", "TEXT", "",                                                    \
	  "of execute: the text with its parameters put back")                                     \
	X(PARAMS, "params", "JSON", "", "bound values, in order; of bulk_execute an array a row")  \
	X(ATTRIBUTES, "attributes", "JSON", "", "query attributes by name")                        \
	X(STATEMENT_ID, "statement_id", "BIGINT", "", "of the prepared statement")                 \
	X(RESULT, "result", "BIGINT", "", "which of several results of one message, from 1")       \
	X(ROWS, "rows", "BIGINT", "", "that came back")                                            \
	X(AFFECTED, "affected", "BIGINT", "", "rows, as the server says")                          \
	X(INSERT_ID, "insert_id", "BIGINT", "", "last AUTO_INCREMENT value; null: none")           \
	X(COLUMNS, "columns", "JSON", "", "names of the result's columns")                         \
	X(ROW_DATA, "row_data", "JSON", "", "rows as arrays, up to --keep")                        \
	X(WARNINGS, "warnings", "BIGINT", "", "that the server has for whoever asks")              \
	X(INFO, "info", "TEXT", "", "the server's words: Rows matched: 1 ...")                     \
	X(ERROR_CODE, "error_code", "BIGINT", "", "of the server")                                 \
	X(SQLSTATE, "sqlstate", "TEXT", "", "of the error")                                        \
	X(ERROR, "error", "TEXT", "", "its message")                                               \
	X(DATABASE, "database", "TEXT", "", "of the connection at that time, where it was seen")   \
	X(USER, "user", "TEXT", "", "of the connection, where its start was seen")                 \
	X(SERVER_VERSION, "server_version", "TEXT", "", "of the server, where its start was seen") \
	X(CONNECTION_ID, "connection_id", "BIGINT", "", "of the server, where its start was seen") \
	X(AUTH_PLUGIN, "auth_plugin", "TEXT", "", "of login and change_user")                      \
	X(INFILE, "infile", "TEXT", "", "file that LOCAL INFILE asked the client for")             \
	X(INFILE_BYTES, "infile_bytes", "BIGINT", "bytes", "that the client sent of it")           \
	X(BINLOG_EVENTS, "binlog_events", "JSON", "", "of a replication dump: how many by type")   \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the client's packets, uncompressed")      \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the server's packets, uncompressed")

enum mysql_column_id {
#define MYSQL_COLUMN_ENUM(id, name, sql, unit, help) MYSQL_COLUMN_##id,
	MYSQL_COLUMNS(MYSQL_COLUMN_ENUM)
#undef MYSQL_COLUMN_ENUM
	MYSQL_COLUMN_COUNT
};

extern const struct table mysql_table;

struct mysql_end {
	const struct mysql_ok *ok;	 /* NULL: none */
	const struct mysql_error *error; /* NULL: none */
	bool missed;			 /* the answer, or some of it, was lost */
	bool unanswered;
	const char *note; /* may be NULL */
};

void mysql_emit(struct mysql_state *st, struct mysql_op *op, const struct mysql_end *end);

/* ---- infer.c ---- */

void mysql_infer(const struct sample *sample, struct verdict *verdict);

#endif
