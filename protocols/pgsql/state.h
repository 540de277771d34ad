/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PGSQL_STATE_H
#define SOCKTAPE_PROTOCOLS_PGSQL_STATE_H

#include "format/buffer.h"
#include "protocols/pgsql/wire.h"
#include "protocols/value/table.h"

enum pgsql_frame_kind {
	PGSQL_FRAME_MESSAGE,
	PGSQL_FRAME_STARTUP, /* without a type */
	PGSQL_FRAME_ANSWER,  /* one byte: to SSLRequest or GSSENCRequest */
	PGSQL_FRAME_SEALED   /* encrypted by GSS: nobody can read it */
};

/* DataRow and CopyData beyond this are taken as they come. */
#define PGSQL_WHOLE_MAX (1u << 20)

/* Bytes that several share: a statement's text is that of every execution. */
struct pgsql_shared {
	unsigned refs;
	size_t len;
	char data[];
};

/* What Bind made. */
struct pgsql_portal {
	struct pgsql_portal *next; /* among the open ones */
	unsigned refs;
	struct pgsql_shared *name;
	struct pgsql_shared *statement; /* its name; NULL: unnamed */
	struct pgsql_shared *parse;	/* the unnamed statement's Parse, or NULL */
	struct pgsql_shared *bind;	/* payload of Bind, behind the two names */
	struct pgsql_shared *types;   /* of the unnamed statement, as Describe told them; or NULL */
	struct pgsql_shared *columns; /* RowDescription, likewise */
};

enum pgsql_op_kind {
	PGSQL_STARTUP,
	PGSQL_QUERY,
	PGSQL_PARSE,
	PGSQL_BIND,
	PGSQL_DESCRIBE,
	PGSQL_EXECUTE,
	PGSQL_CLOSE,
	PGSQL_SYNC,
	PGSQL_FUNCTION,
	PGSQL_GAP /* bytes of the client are missing: it may have asked anything */
};

/* Something that the client asked, and what came of it so far. */
struct pgsql_op {
	struct pgsql_op *next;
	enum pgsql_op_kind kind;
	int64_t first, last; /* of the request */
	int64_t answer_first, answer_last;
	uint64_t position;
	uint64_t req_bytes, resp_bytes;
	bool lost;	 /* bytes of it, or of its answer */
	bool after_hole; /* its answer is the first one behind a hole: it may have begun before */
	bool answered;
	bool proof_due;		     /* of STARTUP: the server wants one, and waits */
	char target;		     /* of DESCRIBE and CLOSE: 'S' or 'P' */
	char status;		     /* of the transaction when it was asked: I, T, E; 0: unknown */
	struct pgsql_shared *text;   /* of QUERY, PARSE (its payload); name of DESCRIBE and CLOSE */
	struct pgsql_portal *portal; /* of BIND, EXECUTE, DESCRIBE of one */
	size_t statement_at;	     /* in a QUERY of several: where the next one begins */
	unsigned statements;	     /* that it answered so far */

	/* the result that comes just now */
	struct pgsql_shared *columns; /* RowDescription */
	uint64_t rows;
	bool rows_cut;
	uint64_t copy_bytes, copy_rows;
	char copy;	/* 'G' in, 'H' out, 'W' both */
	bool copy_over; /* the client said that there is no more */
	bool copy_cut;
	uint64_t lsn_first, lsn_last; /* of replication */

	/* and what goes on to the next one: from here on, see empty_op() */
	struct buffer row_data; /* JSON: arrays in an array that isn't closed */
	struct buffer notices;	/* JSON, likewise */
	struct buffer copy_data;
	uint64_t charged;
};

struct pgsql_state {
	struct session *session;
	struct pgsql_op *oldest, **newest;
	struct pgsql_op *spare; /* to be used again, with their buffers */
	unsigned spare_count;
	struct pgsql_portal *portals;
	/* The last Parse without a name: its payload, and what Describe told of it. */
	struct pgsql_shared *unnamed, *unnamed_types, *unnamed_columns;
	/* The last one with a name: it may be closed before its execution was answered. */
	struct pgsql_shared *named;
	bool shows_rows;	   /* somebody asks for what is in them */
	bool started;		   /* the first message of the client came */
	bool joined;		   /* or may have, before the recording began */
	bool asked_ssl, asked_gss; /* and no answer came yet */
	bool sealed;		   /* by GSS, from here on */
	bool chooses;		   /* the client's next word names the mechanism of SASL */
	const char *auth;	   /* how the server asked who it is; NULL: not yet */
	struct pgsql_shared *mechanism;
	struct buffer negotiated; /* what the server said of the protocol's version */
	bool skipping;		  /* an error: the server ignores all until Sync */
	bool server_lost;	  /* bytes of the server are missing since the last quiet time */
	int64_t lost_ts;
	char status; /* of the last ReadyForQuery: I, T, E; 0: none */
	struct pgsql_shared *database, *user, *application;
	uint32_t pid;		  /* of the server's process; 0: unknown */
	struct pgsql_op *part_op; /* whose CopyData or DataRow comes in parts */
	struct buffer part[2];	  /* the beginning of it */
	struct buffer json, columns_json, note, error_text;
};

/* ---- frame.c ---- */

enum frame_status pgsql_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame);
bool pgsql_resync(void *state, enum side side, struct cursor *in);

/* ---- op.c ---- */

/* A copy of BYTES that can be shared; NULL when there is no memory, or the budget has none. */
struct pgsql_shared *pgsql_share(struct pgsql_state *st, struct span bytes);
struct pgsql_shared *pgsql_ref(struct pgsql_shared *shared); /* NULL is fine */
void pgsql_unref(struct pgsql_state *st, struct pgsql_shared *shared);

static inline struct span pgsql_span(const struct pgsql_shared *shared)
{
	return shared ? span_of(shared->data, shared->len) : (struct span){0};
}

/* Puts a new one at the end of the queue. NULL when there is no memory. */
struct pgsql_op *pgsql_op_new(struct pgsql_state *st, enum pgsql_op_kind kind,
			      const struct frame *frame);

/* Takes those of KIND away that come right behind OP. */
void pgsql_op_drop_next(struct pgsql_state *st, struct pgsql_op *op, enum pgsql_op_kind kind);

/* Takes the oldest away. */
void pgsql_op_done(struct pgsql_state *st);

/* Charges what the op's buffers hold. */
void pgsql_op_settle(struct pgsql_state *st, struct pgsql_op *op);

/* Whether N more bytes of results may be kept, by --keep and by the budget. */
bool pgsql_op_room(struct pgsql_state *st, const struct buffer *b, size_t n);

/* One reference is the caller's. NULL when there is no memory. */
struct pgsql_portal *pgsql_portal_new(struct pgsql_state *st);

struct pgsql_portal *pgsql_portal_find(struct pgsql_state *st, struct span name);
void pgsql_portal_open(struct pgsql_state *st, struct pgsql_portal *portal);
void pgsql_portal_close(struct pgsql_state *st, struct span name);
void pgsql_portals_close(struct pgsql_state *st); /* all */
void pgsql_portal_unref(struct pgsql_state *st, struct pgsql_portal *portal);

void pgsql_free_all(struct pgsql_state *st);

/* ---- client.c, server.c ---- */

void pgsql_take_client(struct pgsql_state *st, const struct frame *frame, uint8_t type,
		       struct span payload);
void pgsql_take_startup(struct pgsql_state *st, const struct frame *frame, struct span payload);
void pgsql_take_server(struct pgsql_state *st, const struct frame *frame, uint8_t type,
		       struct span payload);

/* All that waits is over, its answers are lost. */
void pgsql_give_up(struct pgsql_state *st);

/* ---- pack.c ---- */

bool pgsql_pack(const void *state, struct buffer *out);
bool pgsql_unpack(void *state, struct unpack *in);

/* ---- copy.c ---- */

/* CopyData of SIDE, LEN bytes of which PAYLOAD is there. */
void pgsql_take_copy(struct pgsql_state *st, struct pgsql_op *op, enum side side,
		     struct span payload, uint64_t len);

/* ---- statement.c ---- */

/* The next statement of several, from *AT on, which moves behind it. Empty: there is none. */
struct span pgsql_next_statement(struct span text, size_t *at);

/* ---- known.c: what Parse and Describe told ---- */

struct pgsql_known {
	struct span text;
	struct span types; /* of parameters: OIDs, big-endian; may be empty */
	bool found;
	bool inferred;
};

void pgsql_learn_statement(struct pgsql_state *st, struct span name, struct span parse);
void pgsql_forget_statement(struct pgsql_state *st, struct span name);
void pgsql_learn_types(struct pgsql_state *st, struct span name, struct span types);
void pgsql_learn_columns(struct pgsql_state *st, struct span name, struct span columns);

/* The statement that a portal is of. Its spans are borrowed until the next of these calls. */
struct pgsql_known pgsql_statement_of(struct pgsql_state *st, const struct pgsql_portal *portal);

/* The types of its parameters as the server told them, or those of Parse; borrowed likewise. */
struct span pgsql_types_of(struct pgsql_state *st, const struct pgsql_portal *portal,
			   struct span parse_types);

/* Whom the server's process PID with this KEY serves, for who would cancel it. */
void pgsql_learn_backend(struct pgsql_state *st, struct span pid_and_key);
void pgsql_recall_backend(struct pgsql_state *st, struct span pid_and_key);

/* The RowDescription of its result; borrowed likewise. */
struct span pgsql_columns_of(struct pgsql_state *st, const struct pgsql_portal *portal);

/* Text and types in the payload of Parse. */
struct pgsql_known pgsql_parse_read(struct span parse);

/* ---- result.c ---- */

/* A DataRow. */
void pgsql_take_row(struct pgsql_state *st, struct pgsql_op *op, struct span payload, bool whole);

/* Names of the columns of a RowDescription, as a JSON array. */
void pgsql_column_names(struct span description, struct buffer *out);

/* The parameters of a Bind, as a JSON array. TYPES: OIDs, big-endian. */
void pgsql_params(struct span bind, struct span types, size_t limit, struct buffer *out);

/* The format codes of the results that a Bind wants: COUNT of them at *CODES. */
struct span pgsql_result_formats(struct span bind);

/* ---- function.c ---- */

/* Of a FunctionCall: the name of the function, or its number; its parameters as a JSON array. */
void pgsql_function_name(struct span call, struct buffer *out);
void pgsql_function_params(struct span call, size_t limit, struct buffer *out);

/* A FunctionCallResponse. */
void pgsql_take_result(struct pgsql_state *st, struct pgsql_op *op, struct span payload);

/* ---- value.c ---- */

/* A value of type OID in FORMAT (0 text, 1 binary), as JSON. */
void pgsql_value(uint32_t oid, unsigned format, struct span bytes, struct buffer *out);

/* Microseconds since midnight: 12:30:00.500000. */
void pgsql_append_time(struct buffer *out, uint64_t us);

/* ---- value_rare.c ---- */

/* False: OID is none of these, or BYTES are none of it; OUT may have got longer then. */
bool pgsql_rare_value(uint32_t oid, struct span bytes, struct buffer *out);

/* ---- error.c ---- */

struct pgsql_error {
	struct span severity, sqlstate, message, detail, hint;
};

struct pgsql_error pgsql_error_read(struct span payload);

/* ---- record.c ---- */

#define PGSQL_COLUMNS(X)                                                                           \
	X(OPERATION, "operation", "TEXT", "",                                                      \
	  "query, execute, prepare, bind, describe, close, sync, function, startup, gss, "         \
	  "cancel, notification, notice")                                                          \
	X(STATEMENT, "statement", "TEXT", "",                                                      \
	  "its text; of several in one message each has a row")                                    \
	X(PARAMS, "params", "JSON", "", "bound values by their type, in order")                    \
	X(PREPARED, "prepared", "TEXT", "",                                                        \
	  "name of the prepared statement; empty: the unnamed one")                                \
	X(PORTAL, "portal", "TEXT", "", "name of the portal; empty: the unnamed one")              \
	X(COMMAND, "command", "TEXT", "", "the server's tag: SELECT 3, INSERT 0 1, COPY 300")      \
	X(ROWS, "rows", "BIGINT", "", "that came back")                                            \
	X(AFFECTED, "affected", "BIGINT", "", "rows, as the tag says")                             \
	X(COLUMNS, "columns", "JSON", "", "names of the result's columns")                         \
	X(ROW_DATA, "row_data", "JSON", "", "rows as arrays, up to --keep")                        \
	X(SEVERITY, "severity", "TEXT", "",                                                        \
	  "ERROR, FATAL, PANIC; of a notice NOTICE, WARNING and so on")                            \
	X(SQLSTATE, "sqlstate", "TEXT", "", "of the error")                                        \
	X(ERROR, "error", "TEXT", "", "its message")                                               \
	X(DETAIL, "detail", "TEXT", "", "of the error")                                            \
	X(HINT, "hint", "TEXT", "", "of the error")                                                \
	X(NOTICES, "notices", "JSON", "", "messages of notices that came with it")                 \
	X(COPY_ROWS, "copy_rows", "BIGINT", "",                                                    \
	  "CopyData messages, which are rows in text format")                                      \
	X(COPY_BYTES, "copy_bytes", "BIGINT", "bytes", "of COPY's data, either way")               \
	X(COPY_DATA, "copy_data", "TEXT", "", "of COPY, up to --keep")                             \
	X(DATABASE, "database", "TEXT", "", "of the connection, where its start was seen")         \
	X(USER, "user", "TEXT", "", "of the connection, where its start was seen")                 \
	X(APPLICATION, "application", "TEXT", "", "application_name of the connection")            \
	X(TRANSACTION, "transaction", "TEXT", "",                                                  \
	  "it began in: idle (none), open, failed; null: not told")                                \
	X(CHANNEL, "channel", "TEXT", "", "of a notification")                                     \
	X(PAYLOAD, "payload", "TEXT", "", "of a notification")                                     \
	X(BACKEND_PID, "backend_pid", "BIGINT", "",                                                \
	  "of the server's process; of a cancel: of whose statement it is to end")                 \
	X(LSN_FIRST, "lsn_first", "TEXT", "", "of replication: where it began")                    \
	X(LSN_LAST, "lsn_last", "TEXT", "", "of replication: how far it came")                     \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the client's messages")                   \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the server's messages")                 \
	X(AUTH_METHOD, "auth_method", "TEXT", "",                                                  \
	  "of startup: none (trust, peer, ident, certificate), password, md5, gss, sspi, or the "  \
	  "mechanism of SASL")                                                                     \
	X(FUNCTION, "function", "TEXT", "", "that FunctionCall calls: its OID, or its name")

enum pgsql_column {
#define PGSQL_COLUMN_ENUM(id, name, sql, unit, help) PGSQL_COLUMN_##id,
	PGSQL_COLUMNS(PGSQL_COLUMN_ENUM)
#undef PGSQL_COLUMN_ENUM
	PGSQL_COLUMN_COUNT
};

extern const struct table pgsql_table;

struct pgsql_end {
	struct span tag;		 /* CommandComplete's; empty: none */
	const struct pgsql_error *error; /* NULL: none */
	bool lost;			 /* the answer is missing, or some of it */
	bool missed;			 /* for bytes were lost */
	bool skipped;			 /* an error before it made the server ignore it */
	bool suspended;			 /* there are more rows */
};

/* Emits what came of OP, and makes it ready for the next result. */
void pgsql_emit(struct pgsql_state *st, struct pgsql_op *op, const struct pgsql_end *end);

/* A message of the server that answers nothing. */
void pgsql_emit_notification(struct pgsql_state *st, const struct frame *frame, uint32_t pid,
			     struct span channel, struct span payload);
void pgsql_emit_notice(struct pgsql_state *st, const struct frame *frame,
		       const struct pgsql_error *notice);

/* A request to cancel what another connection does. */
void pgsql_emit_cancel(struct pgsql_state *st, const struct frame *frame, struct span pid_and_key);

/* From here on GSS encrypts all. */
void pgsql_emit_gss(struct pgsql_state *st, const struct frame *frame);

/* An answer whose question was lost. */
void pgsql_emit_orphan(struct pgsql_state *st, const struct frame *frame,
		       const struct pgsql_end *end);

/* ---- infer.c ---- */

void pgsql_infer(const struct sample *sample, struct verdict *verdict);

#endif
