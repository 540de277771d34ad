/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_STATE_H
#define SOCKTAPE_PROTOCOLS_HTTP_STATE_H

#include "protocols/content/decode.h"
#include "protocols/http/heads.h"
#include "protocols/content/notes.h"
#include "protocols/engine/matcher.h"
#include "protocols/protocol.h"

/* What comes next on one side. */
enum http_phase {
	HTTP_PHASE_HEAD,
	HTTP_PHASE_BODY,	/* side.length bytes */
	HTTP_PHASE_FIRST_CHUNK, /* chunks, if they are as announced */
	HTTP_PHASE_CHUNK,
	HTTP_PHASE_UNTIL_CLOSE,
};

/* Whether the body of a request comes, of which none came yet (RFC 9110, section 10.1.1). */
enum http_wait {
	HTTP_WAIT_NONE,	    /* it does */
	HTTP_WAIT_CONTINUE, /* the client may wait for the server to ask for it */
	HTTP_WAIT_REFUSED,  /* the server answered and did not: it may come, or the next request */
	HTTP_WAIT_CLOSED,   /* and no other request is answered on this connection */
};

/*
 * Kinds of frames. A head that comes in pieces is taken line by line, so that what came of it is
 * known when the rest never does.
 */
enum http_frame_kind {
	HTTP_FRAME_IGNORED, /* empty lines before a start line (RFC 9112, section 2.2), and such */
	HTTP_FRAME_HEAD_PART,  /* some whole lines of a head, not its end */
	HTTP_FRAME_HEAD,       /* the rest of a head, or all of it */
	HTTP_FRAME_BODY,       /* a whole body of known length */
	HTTP_FRAME_CHUNK,      /* size line and data; the line end after them counts to the next */
	HTTP_FRAME_LAST_CHUNK, /* with trailers and the empty line */
	HTTP_FRAME_HEADLESS,   /* a response of HTTP/0.9 begins: a body without a head */
	HTTP_FRAME_PIECE,      /* some of a body that ends with the connection */
};

#define HTTP_FRAME_KIND	       0xffu
#define HTTP_FRAME_NOT_CHUNKED 0x100u /* where chunks were announced: side.unchunked */
#define HTTP_FRAME_INSTEAD     0x200u /* a head where a body may have come, if there is one */
#define HTTP_FRAME_REPEATED    0x400u /* a head whose lines are those of the one before it */

/* What http_frame() leaves with a frame that begins with a start line. */
struct http_memo {
	struct http_start_line start; /* points into the frame's data */
};

/* A part of a message's text. */
struct http_piece {
	uint32_t at;
	uint32_t len;
};

struct http_message {
	struct message base;
	struct http_piece method, target, version, reason, host;
	struct http_piece headers; /* JSON */
	struct http_piece interim; /* "100 Continue", which came before this response */
	struct http_piece body;	   /* chunks joined, still encoded */
	struct http_piece trailers;
	uint64_t body_bytes; /* transferred, chunks joined, still encoded */
	uint32_t notes;
	uint16_t code; /* 0: the status line has none, or it is a request */
	uint8_t codings[2 * HTTP_CODINGS_MAX];
	uint8_t coding_count;
	bool body_closed; /* bytes are missing: what comes after them is not shown */
	bool needs_body;  /* somebody asks for it, or what it is tells something of the message */
	bool is_head;
	bool is_connect;
	bool is_simple; /* a request of HTTP/0.9 */
	bool closes;	/* nothing follows it on the connection */
};

struct http_side {
	enum http_phase phase;
	enum http_wait wait;
	bool begun;	    /* something was recognised on this side */
	bool simple;	    /* the last request was one of HTTP/0.9 */
	bool at_line_start; /* where resync() looks first is behind a line end */
	bool is_cut;	    /* the next request has lost its beginning */
	bool garbled;	    /* something was not, since the last message */
	bool doubtful;	    /* whether the response has a body depends on a request that was lost */
	/* What a body that isn't chunked as announced is instead. */
	enum http_phase unchunked;
	uint64_t length;
	struct http_message *incoming; /* whose body comes; the matcher's for a request */
	uint64_t given;		       /* bytes of the frame in parts that were there */
	struct buffer head;	       /* the lines of a head so far that comes in pieces */
	struct http_known_head *last;  /* of its heads; NULL: there is none to repeat */
	int64_t head_first;	       /* when the first of its lines came, that is in pieces */
	uint64_t head_position;	       /* and where in the stream */
	uint64_t chunk_size;
	size_t chunk_line; /* length of the line before the data of this chunk */
};

struct http_state {
	/* What every message asks for stands together: see http_fetch(). */
	struct session *session;
	struct matcher *matcher;
	struct http_heads *heads;     /* of all connections; may be NULL */
	struct http_message *held;    /* a response that was complete before its request */
	struct http_message *closing; /* one that ends the connection, until something follows */
	size_t head_requests;	      /* that wait: with the method HEAD */
	struct http_message *connect; /* a CONNECT whose answer decides what the client sends */
	struct buffer interim;	      /* the interim responses before the next final one */
	struct buffer note;
	bool grown; /* perhaps: buffers have changed since they were charged */
	struct http_side sides[2];
	struct http_fields trailers;
	struct http_decoder decoders[2];
	uint64_t charged; /* of the session's budget, for all but what the matcher has */
};

/* What the lines of the last head say. */
static inline const struct http_fields *http_last_fields(const struct http_side *side)
{
	static const struct http_fields none;

	return side->last ? &side->last->fields : &none;
}

/* Pieces of a message's text are found by 32 bits. */
#define HTTP_KEEP_MAX (1u << 31)

/* Bytes of a body that are kept, and of what it is decoded to. */
static inline size_t http_keep(const struct http_state *st)
{
	size_t keep = session_keep(st->session);

	return keep < HTTP_KEEP_MAX ? keep : HTTP_KEEP_MAX;
}

/* ---- frame.c, resync.c ---- */

enum frame_status http_frame(const void *state, enum side side, const struct cursor *in,
			     struct frame *frame);
bool http_torn(const void *state, enum side side, const struct cursor *in, struct frame *frame);
bool http_resync(void *state, enum side side, struct cursor *in);

/*
 * The line with a chunk's size at the beginning of BYTES (RFC 9112, section 7.1), and the line end
 * of the chunk before it. For YES, *LEN is its length and *SIZE that of the data behind it.
 */
enum http_match http_chunk_line(struct span bytes, uint64_t *size, size_t *len, bool *odd);

/*
 * Walks over whole lines from FROM, the start of a line. Returns where the empty line ends, or 0;
 * then *LINE is the start of the first line that isn't whole. What lies before SCANNED holds no
 * line end.
 */
size_t http_find_empty_line(struct span bytes, size_t from, size_t scanned, size_t *line);

/* ---- message.c ---- */

void http_message(void *state, const struct frame *frame);
void http_part(void *state, const struct frame *frame);
void http_lost(void *state, enum side side, uint64_t missing);
void http_finish(void *state);

/* What came of SIDE's head, or of a body, is all that will come. WHY: a note if it was a body. */
void http_give_up(struct http_state *st, enum side side, enum http_note why);

/* ---- pack.c ---- */

bool http_pack(const void *state, struct buffer *out);
bool http_unpack(void *state, struct unpack *in);

/* Charges what the state takes now to the session's budget. */
void http_recharge(struct http_state *st);

/* ---- exchange.c ---- */

/*
 * A start line and the lines behind it, the empty one too unless they are cut (frame->lost). START:
 * the first of them, when it was read already; else NULL.
 */
void http_take_lines(struct http_state *st, const struct frame *frame, struct span lines,
		     const struct http_start_line *start);

/*
 * A message whose head was just read; LINE may be NULL: it has none. NULL when there is no memory.
 */
struct http_message *http_new_message(struct http_state *st, const struct frame *frame,
				      const struct http_start_line *line);

/* The message whose body comes on SIDE is complete, as far as it will ever be. */
void http_end_message(struct http_state *st, enum side side);

/* Gives the response that waits for the end of its request to the matcher. */
void http_answer_held(struct http_state *st);

/* Gives the response that ends the connection to the matcher, where one waits. WHY: a note, or 0.
 */
void http_answer_closing(struct http_state *st, uint32_t why);

/* Tells M about the interim responses before it; M may be NULL. */
void http_take_interim(struct http_state *st, struct http_message *m);

static inline struct span http_piece_span(const struct http_message *m, struct http_piece piece)
{
	if (!piece.len || m->base.text.failed)
		return (struct span){0};
	return span_of(m->base.text.data + piece.at, piece.len);
}

/* ---- record.c ---- */

#define HTTP_COLUMNS(X)                                                                            \
	X(VERSION, "version", "TEXT", "", "of the request, else of the response: 1.1, 1.0, 0.9")   \
	X(METHOD, "method", "TEXT", "", "GET, POST and so on, as sent")                            \
	X(PATH, "path", "TEXT", "", "the request target, as sent")                                 \
	X(HOST, "host", "TEXT", "", "from the target when it names one, else the Host header")     \
	X(CODE, "code", "BIGINT", "", "status code of the final response")                         \
	X(REASON, "reason", "TEXT", "", "reason phrase of the final response")                     \
	X(REQ_HEADERS, "req_headers", "JSON", "", "in wire order; a name that repeats: an array")  \
	X(RESP_HEADERS, "resp_headers", "JSON", "",                                                \
	  "in wire order; a name that repeats: an array")                                          \
	X(REQ_BODY, "req_body", "TEXT", "", "chunks joined and decompressed, up to --keep")        \
	X(RESP_BODY, "resp_body", "TEXT", "", "chunks joined and decompressed, up to --keep")      \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes",                                               \
	  "of the request's body as transferred: chunks joined, before decompression")             \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes",                                             \
	  "of the response's body as transferred: chunks joined, before decompression")

enum http_column {
#define HTTP_COLUMN_ENUM(id, name, sql, unit, help) HTTP_COLUMN_##id,
	HTTP_COLUMNS(HTTP_COLUMN_ENUM)
#undef HTTP_COLUMN_ENUM
	HTTP_COLUMN_COUNT
};

extern const struct table http_table;

/* Whether anybody asks for the bodies of SIDE. */
bool http_wants_body(struct http_state *st, enum side side);

/* A matcher_emit_fn; the context is the state. */
void http_emit(void *context, struct message *request, struct message *response, bool lost);

void http_describe(const struct value *values, struct buffer *out);

/* ---- infer.c ---- */

void http_infer(const struct sample *sample, struct verdict *verdict);

#endif
