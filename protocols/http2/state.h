/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_STATE_H
#define SOCKTAPE_PROTOCOLS_HTTP2_STATE_H

#include "protocols/content/decode.h"
#include "protocols/http2/fields.h"
#include "protocols/http2/wire.h"
#include "protocols/protocol.h"

enum http2_kind {
	HTTP2_KIND_PREFACE,
	HTTP2_KIND_FRAME
};

/* Some bytes of a half's text. */
struct http2_piece {
	uint32_t at;
	uint32_t len;
};

/* One direction of a stream: the request or the response. */
struct http2_half {
	bool begun;	/* its header fields came */
	bool ended;	/* END_STREAM */
	bool lost;	/* bytes of it are missing, or may be */
	bool doubtful;	/* bytes were lost before it began: it may have begun in them */
	bool body_open; /* false: bytes are missing, what comes after them is not shown */
	int64_t first;	/* when its first byte was seen, or TIME_UNKNOWN */
	int64_t last;
	uint64_t position; /* of its first byte, in the bytes of the connection */
	struct http2_piece method, scheme, authority, path; /* of the request */
	struct http2_piece protocol;	      /* of the request: what CONNECT wants to speak */
	uint16_t status;		      /* of the response; 0: unknown */
	struct http2_piece headers, trailers; /* JSON */
	struct http2_piece interim;	      /* "100, 103" */
	uint8_t codings[HTTP_CODINGS_MAX];
	uint8_t coding_count;
	uint32_t unknown;     /* fields that the table had before we saw it */
	uint32_t dropped;     /* fields that are not shown */
	uint64_t head_cut;    /* its head has not ended after so many bytes; 0: it has */
	uint64_t body_bytes;  /* padding not counted */
	struct buffer text;   /* what the pieces point into */
	struct buffer body;   /* still encoded; at most session_keep() */
	uint64_t charged;     /* of the budget, for both */
	int64_t window;	      /* that the sender of this half has left */
	int64_t stalled_from; /* when it had none left, or TIME_UNKNOWN */
	int64_t stalled;      /* ns, altogether */
};

struct http2_stream {
	struct http2_stream *next;  /* in its bucket */
	struct http2_stream *older; /* in the order in which they began */
	struct http2_stream *newer;
	uint32_t id;
	uint32_t reset_code;
	bool reset;
	bool reset_by_server;
	bool pushed;
	bool upgraded; /* its request came as HTTP/1.1 */
	bool refused;  /* GOAWAY says that it was not looked at */
	struct http2_half
		halves[2];	/* by enum side: what each end sent; of a pushed one likewise */
	struct grpc_call *grpc; /* NULL: it is none */
	struct session *tunnel; /* of what its DATA are, or may be; NULL: bodies */
	bool tunnelled;		/* CONNECT was asked, and granted as far as is known */
	const struct protocol
		*carried; /* in its DATA, which aren't shown as bodies then; or NULL */
};

#define HTTP2_BUCKETS_MIN 16

/* A field block that comes in pieces. */
struct http2_block {
	struct buffer bytes;
	uint64_t charged;
	uint32_t stream;   /* 0: none is open */
	uint32_t promised; /* of PUSH_PROMISE, else 0 */
	uint8_t flags;	   /* of the frame that began it */
	bool broken;	   /* some of it is missing */
	bool headless;	   /* its beginning is missing */
	bool cut;	   /* its end will not come */
	bool full;	   /* its end isn't kept */
	uint64_t len;	   /* that came, kept or not */
	int64_t first;
	int64_t last;
	uint64_t position;
};

struct http2_side {
	struct hpack hpack; /* of the blocks that it sends */
	uint64_t hpack_charged;
	struct http2_block block;
	int64_t window;	       /* of the connection, that it has left for DATA */
	int64_t stream_window; /* that its streams begin with: the other end's SETTINGS */
	size_t stalled;	       /* streams on which it waits for a window */
	/* Of its GOAWAY: streams of the other end from here on it doesn't look at; 0: there is
	 * none. */
	uint32_t refuses_from;
	uint32_t refuses_with;
	uint8_t head[HTTP2_HEADER_LEN + 1]; /* of the DATA frame that comes in parts */
};

/* Of so many streams that were reset it is remembered, as frames are still under way then. */
#define HTTP2_RESETS 64

struct http2_state {
	struct session *session;
	struct http2_side sides[2];
	struct http2_stream **buckets; /* by id; a power of two of them */
	size_t bucket_count;
	size_t stream_count;
	struct http2_stream *oldest, *newest;
	uint32_t resets[HTTP2_RESETS]; /* ids, a ring */
	size_t next_reset;
	/* Requests with odd ids from KNOWN_FROM to BEGUN all came: which of them isn't open is
	 * over. */
	uint32_t known_from, begun;
	bool known;		    /* no request was lost since then */
	struct http2_fields fields; /* of the block that was read last */
	struct http_decoder decoders[2];
	struct buffer note;
	bool windows_known; /* both ends were seen from their beginning */
};

/* ---- frame.c ---- */

enum frame_status http2_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame);
bool http2_resync(void *state, enum side side, struct cursor *in);

/* ---- message.c ---- */

void http2_message(void *state, const struct frame *frame);
void http2_part(void *state, const struct frame *frame);
void http2_lost(void *state, enum side side, uint64_t missing);
void http2_finish(void *state);

/* ---- upgrade.c ---- */

/* In open(): what HTTP/1 left. */
void http2_take_bequest(struct http2_state *st);

/* ---- pack.c ---- */

bool http2_pack(const void *state, struct buffer *out);
bool http2_unpack(void *state, struct unpack *in);

/* ---- block.c: header fields ---- */

/* HEADERS, PUSH_PROMISE or CONTINUATION; PAYLOAD is what of it is there. */
void http2_take_block(struct http2_state *st, const struct frame *frame,
		      const struct http2_header *h, struct span payload);

/* The block that SIDE has begun will not be continued: what came of it is told. */
void http2_cut_block(struct http2_state *st, enum side side);

/* ---- tunnel.c: CONNECT (RFC 9113, section 8.5; RFC 8441) ---- */

/* The fields of a response were read. */
void http2_tunnel_answered(struct http2_state *st, struct http2_stream *s,
			   const struct frame *frame);

/* DATA of SIDE are going to be given: they may be what shows that it is a tunnel. */
void http2_tunnel_ask(struct http2_state *st, struct http2_stream *s, enum side side,
		      const struct frame *frame);

/* Of a stream with a tunnel: DATA that SIDE sent, at POSITION, or that are missing there. */
void http2_tunnel_data(struct http2_state *st, struct http2_stream *s, enum side side,
		       struct span data, uint64_t position, const struct frame *frame);
void http2_tunnel_hole(struct http2_state *st, struct http2_stream *s, enum side side, uint64_t len,
		       uint64_t position, const struct frame *frame);

/* Some may be missing that SIDE sent. */
void http2_tunnel_lost(struct http2_stream *s, enum side side);

void http2_tunnel_end(struct http2_stream *s); /* there may be none */

/* ---- stream.c ---- */

/* NULL: there is none. */
struct http2_stream *http2_stream_find(const struct http2_state *st, uint32_t id);

/*
 * The stream with this id, a new one if there is none. NULL when it is over, or there is no memory.
 */
struct http2_stream *http2_stream_get(struct http2_state *st, uint32_t id);

/* The request of the stream with this id came. */
void http2_stream_begun(struct http2_state *st, uint32_t id);

/* A new one, which there isn't yet, whatever the budget has. NULL: there is no memory. */
struct http2_stream *http2_stream_add(struct http2_state *st, uint32_t id);

/* Emits it when nothing more can come of it. */
void http2_stream_check(struct http2_state *st, struct http2_stream *s);

/* Whether the end that didn't begin the stream was going away, and doesn't look at it. */
bool http2_stream_refuse(const struct http2_state *st, struct http2_stream *s);

/* Emits it as it is, and forgets it. */
void http2_stream_end(struct http2_state *st, struct http2_stream *s);

void http2_streams_free(struct http2_state *st);

/* Charges what the half holds now. */
void http2_half_settle(struct http2_state *st, struct http2_half *half);

/* The half's times, as of FRAME. */
void http2_half_touch(struct http2_half *half, const struct frame *frame);

/* Appends to the half's text; an empty piece when there is no memory. */
struct http2_piece http2_half_keep(struct http2_state *st, struct http2_half *half,
				   struct span text);

/* Appends to the half's body, as far as bodies are kept. */
void http2_half_body(struct http2_state *st, struct http2_half *half, struct span data);

/* LEN bytes of a body that nobody needs. */
void http2_half_pass_body(struct http2_state *st, struct http2_half *half, uint64_t len);

/* What is kept of the body is no body: forgets it. */
void http2_half_drop_body(struct http2_state *st, struct http2_half *half);

static inline struct span http2_piece_span(const struct http2_half *half, struct http2_piece piece)
{
	return piece.len ? span_of(half->text.data + piece.at, piece.len) : (struct span){0};
}

/* ---- window.c: flow control (RFC 9113, section 5.2) ---- */

/* SIDE sent so many bytes that count. */
void http2_window_use(struct http2_state *st, enum side side, struct http2_half *half, uint32_t len,
		      int64_t ts);

/* What SIDE sends lets the other end send more; STREAM 0: on all streams. */
void http2_window_update(struct http2_state *st, enum side side, uint32_t stream,
			 uint32_t increment, int64_t ts);

/* SIDE tells how large the windows of the streams are that the other end sends on. */
void http2_window_initial(struct http2_state *st, enum side side, uint32_t size, int64_t ts);

/* ---- record.c ---- */

#define HTTP2_COLUMNS(X)                                                                           \
	X(METHOD, "method", "TEXT", "", "GET, POST and so on, as sent")                            \
	X(SCHEME, "scheme", "TEXT", "", "http or https, as the request says")                      \
	X(AUTHORITY, "authority", "TEXT", "",                                                      \
	  "the host and port that are asked, else the Host field")                                 \
	X(PATH, "path", "TEXT", "", "path and query, as sent")                                     \
	X(STATUS, "status", "BIGINT", "", "status code of the final response")                     \
	X(REQ_HEADERS, "req_headers", "JSON", "",                                                  \
	  "in wire order; a name that repeats: an array; "                                         \
	  "? where the recording began too late to know")                                          \
	X(RESP_HEADERS, "resp_headers", "JSON", "", "in wire order, as req_headers")               \
	X(REQ_BODY, "req_body", "TEXT", "", "joined and decompressed, up to --keep")               \
	X(RESP_BODY, "resp_body", "TEXT", "", "joined and decompressed, up to --keep")             \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes",                                               \
	  "of the request's body as transferred, before decompression, without padding")           \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes",                                             \
	  "of the response's body as transferred, before decompression, without padding")          \
	X(REQ_TRAILERS, "req_trailers", "JSON", "", "fields behind the request's body")            \
	X(RESP_TRAILERS, "resp_trailers", "JSON", "", "fields behind the response's body")         \
	X(STREAM_ID, "stream_id", "BIGINT", "", "0: a message about the whole connection")         \
	X(PUSHED, "pushed", "BOOLEAN", "", "the server began it (PUSH_PROMISE)")                   \
	X(RESET_CODE, "reset_code", "TEXT", "",                                                    \
	  "CANCEL and so on, when RST_STREAM or GOAWAY came")                                      \
	X(RESET_BY, "reset_by", "TEXT", "", "client or server")                                    \
	X(STALLED_NS, "stalled_ns", "BIGINT", "ns",                                                \
	  "the sender of a body had to wait so long for flow control; null: not known")

enum http2_column {
#define HTTP2_COLUMN_ENUM(id, name, sql, unit, help) HTTP2_COLUMN_##id,
	HTTP2_COLUMNS(HTTP2_COLUMN_ENUM)
#undef HTTP2_COLUMN_ENUM
	HTTP2_COLUMN_COUNT
};

extern const struct table http2_table;

/* Whether anybody asks for the bodies of SIDE. */
bool http2_wants_body(struct http2_state *st, enum side side);

void http2_emit(struct http2_state *st, const struct http2_stream *s);

/* Appends to a record's note: "response: bytes of it were lost". */
void http2_note(struct buffer *out, const char *who, const char *what);

/* What is to say about a half; about its body if BODY. */
void http2_note_half(struct buffer *out, const char *who, const struct http2_half *half, bool body);

/* Who reset the stream, and why. */
void http2_fill_reset(const struct http2_stream *s, struct value *code, struct value *by);

/* GOAWAY with an error: a row of its own. */
void http2_emit_goaway(struct http2_state *st, const struct frame *frame, uint32_t last,
		       uint32_t code, struct span debug);

/* ---- infer.c ---- */

void http2_infer(const struct sample *sample, struct verdict *verdict);

#endif
