/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOCOL_H
#define SOCKTAPE_PROTOCOLS_PROTOCOL_H

#include "format/buffer.h"
#include "format/event.h"
#include "protocols/cursor.h"
#include "protocols/value/table.h"

/*
 * A protocol is one constant table of functions in a folder of its own, listed in
 * protocols/registry.c. The engine (protocols/engine/session.h) gives it the bytes of a connection
 * as whole frames; it gives back records.
 *
 *     bytes by position -> infer -> frame -> message -> session_emit()
 */

struct budget;
struct keylog;
struct protobuf_schema;
struct protocol;
struct session;
struct unpack;

/* Who sent the bytes: requests come from the client. */
enum side {
	SIDE_CLIENT = 0,
	SIDE_SERVER = 1
};

static inline enum side side_opposite(enum side side)
{
	return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

/* ---- inference ---- */

/* The engine decides at once from CERTAIN on; for PLAUSIBLE it first waits for more bytes. */
#define INFER_CERTAIN	80
#define INFER_PLAUSIBLE 50

/* At most this much of each direction is shown to infer(). */
#define SAMPLE_MAX 4096

/* The first bytes of both directions of a connection (or of its rest, after a switch). */
struct sample {
	enum transport transport;
	enum role role;	     /* of the recorded process, as the recorder knows it */
	uint16_t local_port; /* 0 when there is none */
	uint16_t remote_port;
	bool midstream; /* the bytes may begin anywhere in a message */
	bool resampled; /* and nothing recognised what came before: wants strong evidence */
	bool began;	/* the beginning was seen (of the connection, or behind a handover): */
	enum direction first; /* this direction spoke first there */
	bool ended;	      /* no more will come */
	struct span alpn;     /* the protocol that TLS around it agreed on; may be empty */
	struct span bytes[2]; /* by enum direction; of datagrams the newest one */
};

struct verdict {
	int score;	  /* 0: no; 100: can't be anything else */
	enum role role;	  /* of the recorded process, as the bytes tell; UNKNOWN: they don't */
	char reason[128]; /* which bytes decided, for a person */
};

/* Whether a protocol begins with some bytes. */
enum start {
	START_NOT,
	START_PERHAPS, /* more bytes will tell */
	START_SURELY
};

/* ---- frames ---- */

enum frame_status {
	FRAME_DONE, /* frame->len is known */
	FRAME_MORE, /* not enough bytes to know the length */
	FRAME_HOLD, /* what these bytes are depends on what the other side says next: ask then */
	FRAME_BAD,  /* no frame starts here: resync() is asked next */
};

/*
 * One frame. frame() fills `len`, `kind` and `in_parts`; the engine the rest. message() gets it
 * with `data`: the first `available` bytes of `len`. Fewer are available when bytes were lost
 * (`lost`) or the frame is larger than what is kept (`cut`). When the end comes inside a frame it
 * is `lost` too, and `len` is what came of it.
 */
struct frame {
	uint64_t len;  /* on the wire, header included; never 0 */
	unsigned kind; /* the protocol's own */
	/*
	 * A long frame of which only some is wanted: its bytes go to part() as they come and are
	 * not kept; message() follows with none available. Each may say so or not.
	 */
	bool in_parts;
	/* In: what frame() left here when it was asked before about this place; 0: never. */
	size_t scanned;
	/*
	 * framing->memo_size bytes that belong to `scanned`: what frame() found out, and what it or
	 * message() may use. Their contents are undefined while `scanned` is 0 in frame(). In
	 * message() they are as frame() left them when it answered DONE.
	 */
	void *memo;

	enum side side;
	bool lost;
	bool cut;
	const uint8_t *data;
	size_t available;
	uint64_t at;	  /* part(): where in the frame DATA begins; else 0 */
	uint64_t offset;  /* position in its stream */
	int64_t ts_first; /* when its first and last byte were seen; monotonic ns */
	int64_t ts_last;
	const struct address *peer; /* datagrams: the other end, when known; else NULL */
};

/*
 * Of a frame that isn't in parts so many bytes are kept, or session_keep() where that is more; of a
 * longer one message() sees the beginning, `cut`.
 */
#define FRAME_KEEP_MIN (1u << 20)
/* frame() may answer MORE up to this many bytes; then the engine takes the answer for BAD. */
#define FRAME_HEAD_MAX (1u << 20)

/*
 * How a stream is cut into frames: the connection's own bytes (struct protocol), or one inside the
 * frames of another (engine/inner.h).
 */
struct framing {
	/*
	 * Where does the frame end that starts here? IN holds all bytes that are there, from a
	 * frame boundary on; none when they are lost: a length that is known without them is still
	 * worth telling. Never called for datagrams.
	 *
	 * It is a question: it changes nothing but FRAME, may be asked again about the same or more
	 * bytes, and must not depend on how they arrived. What changes the state is message(),
	 * part() and lost().
	 */
	enum frame_status (*frame)(const void *state, enum side side, const struct cursor *in,
				   struct frame *frame);
	size_t memo_size; /* of frame->memo; 0: NULL */

	/*
	 * After a hole or BAD: moves IN to the next place where a frame may start and returns true,
	 * or moves it past what can be thrown away and returns false. After BAD, IN begins one byte
	 * behind the place that was bad.
	 */
	bool (*resync)(void *state, enum side side, struct cursor *in);

	/* A whole frame. What it makes of the state holds for the next frame(), on both sides. */
	void (*message)(void *state, const struct frame *frame);

	/*
	 * Some of a frame that is `in_parts`: AVAILABLE bytes at DATA, from `at` on; DATA is NULL
	 * when they are missing. In order, without gaps. NULL when frame() never says so.
	 */
	void (*part)(void *state, const struct frame *frame);

	/*
	 * Whole frames may be missing on this side: pairing by order must start over. MISSING:
	 * bytes in the hole; 0: none, but no frame started there.
	 */
	void (*lost)(void *state, enum side side, uint64_t missing);

	/*
	 * frame() said MORE of what IN holds, and no more comes: a hole follows, or the end.
	 * Whether it is told all the same, as a frame of that length that is `lost`, of the kind
	 * that this sets. NULL: never.
	 */
	bool (*torn)(const void *state, enum side side, const struct cursor *in,
		     struct frame *frame);
};

/* ---- records ---- */

#define OUTCOMES(X)                                                                                \
	X(OK, "ok")                                                                                \
	X(ERROR, "error")	    /* the protocol says so */                                     \
	X(UNANSWERED, "unanswered") /* no response until the end */                                \
	X(PARTIAL, "partial")	    /* bytes of it were lost, or its other half was */

enum outcome {
#define OUTCOME_ENUM(name, text) OUTCOME_##name,
	OUTCOMES(OUTCOME_ENUM)
#undef OUTCOME_ENUM
};

const char *outcome_text(enum outcome outcome);

#define TIME_UNKNOWN INT64_MIN

/* A row for a person: a request with its response, or a message that stands alone. */
struct record {
	const struct table *table; /* of the protocol that emits it */
	enum outcome outcome;
	int64_t request_first; /* monotonic ns of the four moments, or TIME_UNKNOWN */
	int64_t request_last;
	int64_t response_first;
	int64_t response_last;
	/* Where its first byte stands: of the request, or else of the response; in that stream. */
	enum side side;
	uint64_t position;
	const struct address *peer; /* datagrams: the other end; NULL: the connection's */
	struct span note;	    /* what a person should know; may be empty */
	const struct value *values; /* table->column_count of them, in the order of columns */
};

/* Gives a record to whoever asked for them. Everything in it is borrowed for the call. */
void session_emit(struct session *s, const struct record *record);

/*
 * For protocols whose frames hold others, compressed or cut into pieces: tells whoever asked what
 * they hold, as a stream in which a frame comes after another: BYTES of SIDE, borrowed, and MISSING
 * more that aren't there, which OUTER brought. CHANGED: as in struct contents. Frames from before
 * the change are told, too. TS is 0 where nobody knows it.
 */
void session_tell_contents(struct session *s, enum side side, struct span bytes, uint64_t missing,
			   bool changed, int64_t ts);

/* ---- handing over: takes effect behind the current frame, on both sides ---- */

/* This protocol is over: finish(), close(). NEXT goes on; NULL: whatever inference finds. */
void session_switch(struct session *s, const struct protocol *next);

/*
 * For who asks for a switch: BYTES that the next protocol's open() finds with session_bequest(), in
 * a form on which the two agree. Copied; nothing where there is no memory.
 */
void session_bequeath(struct session *s, struct span bytes);

/* What the protocol before left; valid in open(). Empty: nothing. */
struct span session_bequest(const struct session *s);

/*
 * What follows on the wire is NEXT (TLS; NULL: whatever inference finds), and this protocol goes on
 * inside it: its state waits. It is served with the plaintext, should that become known (data of
 * LAYER_TLS, or session_unwrapped()); else it gets finish() at the end. For SSLRequest, STARTTLS.
 */
void session_wrap(struct session *s, const struct protocol *next);

/*
 * For the protocol that is around another: BYTES of the one inside, which the frame OUTER brought.
 * Borrowed. They go to the protocol that waits for them, or to inference.
 */
void session_unwrapped(struct session *s, enum side side, struct span bytes,
		       const struct frame *outer);

/*
 * The same for bytes that are missing. LEN: how many there were; where that can't be said, the most
 * that there may have been. SNAPPED: because the user wanted no more of them.
 */
void session_unwrapped_hole(struct session *s, enum side side, uint64_t len, bool snapped,
			    const struct frame *outer);

/* Whether what is inside this connection's encryption could be read. */
enum reading_of_tls {
	TLS_NOT_READ,
	TLS_READ_BY_KEYS,
	TLS_READ_IN_PART, /* by keys, but not all of it */
	TLS_READ_BY_CALLS /* of the library */
};

const char *reading_of_tls_text(enum reading_of_tls reading); /* "no", "keys", ... */

/* What is known of the encryption of a connection. */
struct encryption {
	struct span version; /* "TLS 1.3"; each may be empty */
	struct span suite;
	struct span sni;
	struct span alpn;
	struct span random; /* of the ClientHello, by which secrets are found */
	enum reading_of_tls reading;
	struct span unread; /* why not, or not all */
};

/* Whether the plaintext was told by the calls of the TLS library. */
bool session_is_told_plaintext(const struct session *s);

/* Tells it, or tells it anew. It is copied. */
void session_encrypted(struct session *s, const struct encryption *encryption);

/* ---- the connection ---- */

/* From here on it is known who the client behind a proxy is. */
void session_introduce(struct session *s, const struct address *client);

enum transport session_transport(const struct session *s);
bool session_midstream(const struct session *s);
/* 0 when there is none, or several: a datagram's other end is frame->peer. */
uint16_t session_local_port(const struct session *s);
uint16_t session_remote_port(const struct session *s);

/* What all that is kept is charged to (engine/budget.h). Never NULL. */
struct budget *session_budget(const struct session *s);

/* The secrets of TLS connections (cipher/keylog.h). NULL: none. */
struct keylog *session_keylog(const struct session *s);

/* What messages of Protocol Buffers are called (protobuf/schema.h). NULL: nobody told. */
struct protobuf_schema *session_protobuf(const struct session *s);

/* Its id in the recording; 0 when it has none. */
uint64_t session_conn(const struct session *s);

/*
 * Whether anybody asks for a column of TABLE, or for its rows at all. What nobody asks for need not
 * be made: it may stay null, and rows need not be emitted where no other follows in their place,
 * whose id counts them.
 */
bool session_wants(struct session *s, const struct table *table, size_t column);
bool session_wants_rows(struct session *s, const struct table *table);

/*
 * Of a body (a document, a row, a message's payload) at most so many bytes are kept: --keep, but no
 * more than the budget has room for now. So it may be less the next time.
 */
size_t session_keep(const struct session *s);

/* The same of a column of TABLE: nobody asks for it but, perhaps, for its beginning in a line. */
size_t session_keep_of(struct session *s, const struct table *table, size_t column);

/* ---- the table ---- */

struct protocol {
	const char *name;		   /* "http": on the command line and in `proto` */
	const char *summary;		   /* one line */
	const struct table *const *tables; /* ended by NULL; the first is what it is asked for */
	const uint16_t *ports; /* well-known, ended by 0; the first is where Wireshark expects it */
	bool stream;	       /* TCP and Unix streams */
	bool datagram;	       /* UDP: each datagram is one frame */
	const char *const *alpn; /* as TLS calls it (RFC 7301), ended by NULL; may be NULL */
	bool encrypts;		 /* what it carries (session_unwrapped()) came out of TLS */

	/* How much the sample looks like this protocol. Must answer for any bytes. */
	void (*infer)(const struct sample *sample, struct verdict *verdict);

	/*
	 * A protocol that may follow one that nothing recognises, on the same connection
	 * (STARTTLS): whether BYTES, with which one end begins to speak after the other, are surely
	 * the beginning of this one, by themselves. NULL: that can't be said.
	 */
	enum start (*starts)(struct span bytes);

	/* A connection's state; NULL when there is no memory. */
	void *(*open)(struct session *s);
	void (*close)(void *state);

	struct framing framing; /* of the connection's own bytes */

	/* No more bytes will come: emit what is pending. */
	void (*finish)(void *state);

	/*
	 * When memory is short, connections that are idle are put aside. Appends to OUT (with
	 * format/pack.h) what a new state needs to go on as this one; false when that can't be said
	 * just now. Pointers must not be in it, but to constants: the same program reads it.
	 */
	bool (*pack)(const void *state, struct buffer *out);

	/*
	 * Makes STATE, which open() just gave, go on with what pack() wrote. False: no memory.
	 * Where both are NULL, a connection that has to make room is given up instead. Branches
	 * that STATE has are put aside with it (engine/branch.h).
	 */
	bool (*unpack)(void *state, struct unpack *in);

	/*
	 * A message comes soon: asks for what it will need (format/prefetch.h), of STATE itself
	 * first and some time later, when BEHIND, of what that points to. May be NULL: then all of
	 * the state is asked for, unless it is large.
	 */
	void (*fetch)(const void *state, bool behind);
};

/* All protocols, ended by NULL. */
extern const struct protocol *const protocols[];

/* By name; NULL when there is none. */
const struct protocol *protocol_find(const char *name);

/* A table of any protocol by name; NULL when there is none. *OWNER (may be NULL): whose. */
const struct table *protocol_table_find(const char *name, const struct protocol **owner);

#endif
