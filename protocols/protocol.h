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

struct session;

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
	bool midstream;	      /* the bytes may begin anywhere in a message */
	bool ended;	      /* no more will come */
	struct span bytes[2]; /* by enum direction; of datagrams the newest one */
};

struct verdict {
	int score;	  /* 0: no; 100: can't be anything else */
	enum role role;	  /* of the recorded process, as the bytes tell; UNKNOWN: they don't */
	char reason[128]; /* which bytes decided, for a person */
};

/* ---- frames ---- */

enum frame_status {
	FRAME_DONE, /* frame->len is known */
	FRAME_MORE, /* not enough bytes to know the length */
	FRAME_BAD,  /* no frame starts here: resync() is asked next */
};

/*
 * One frame. frame() fills `len` and `kind`; the engine the rest. message() gets it with `data`:
 * the first `available` bytes of `len`. Fewer are available when bytes were lost (`lost`) or the
 * frame is larger than what is kept (`cut`). When the end comes inside a frame it is `lost` too,
 * and `len` is what came of it.
 */
struct frame {
	uint64_t len;	/* on the wire, header included; never 0 */
	unsigned kind;	/* the protocol's own */
	size_t scanned; /* in: what frame() left here for this position; out after MORE */

	enum side side;
	bool lost;
	bool cut;
	const uint8_t *data;
	size_t available;
	uint64_t offset;  /* position in its stream */
	int64_t ts_first; /* when its first and last byte were seen; monotonic ns */
	int64_t ts_last;
	const struct address *peer; /* datagrams: the other end, when known; else NULL */
};

/* Frames keep at most this many bytes; of a longer one message() sees the beginning, `cut`. */
#define FRAME_KEEP_MAX (1u << 20)
/* frame() may answer MORE up to this many bytes; then the engine takes the answer for BAD. */
#define FRAME_HEAD_MAX (256u << 10)

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
 * What follows the current frame on this connection is something else (an HTTP upgrade, a tunnel):
 * after message() returns, the engine forgets this protocol and infers afresh. finish() is called.
 */
void session_switch(struct session *s);

enum transport session_transport(const struct session *s);
bool session_midstream(const struct session *s);
/* Whether one of the ends has this port. Datagrams may also come from others: frame->peer. */
bool session_has_port(const struct session *s, uint16_t port);

/* ---- the table ---- */

struct protocol {
	const char *name;		   /* "http": on the command line and in `proto` */
	const char *summary;		   /* one line */
	const struct table *const *tables; /* ended by NULL; the first is what it is asked for */
	const uint16_t *ports; /* well-known, ended by 0; the first is where Wireshark expects it */
	bool stream;	       /* TCP and Unix streams */
	bool datagram;	       /* UDP: each datagram is one frame */

	/* How much the sample looks like this protocol. Must answer for any bytes. */
	void (*infer)(const struct sample *sample, struct verdict *verdict);

	/* A connection's state; NULL when there is no memory. */
	void *(*open)(struct session *s);
	void (*close)(void *state);

	/*
	 * Cuts the next frame. IN holds all bytes that are there, from a frame boundary on; none
	 * when they are lost: a length that is known without them is still worth telling. Never
	 * called for datagrams. Must not read beyond, nor depend on how the bytes arrived.
	 */
	enum frame_status (*frame)(void *state, enum side side, struct cursor *in,
				   struct frame *frame);

	/*
	 * After a hole or BAD: moves IN to the next place where a frame may start and returns true,
	 * or moves it past what can be thrown away and returns false. After BAD, IN begins one byte
	 * behind the place that was bad.
	 */
	bool (*resync)(void *state, enum side side, struct cursor *in);

	/* A whole frame. */
	void (*message)(void *state, const struct frame *frame);

	/* Whole frames may be missing on this side: pairing by order must start over. */
	void (*lost)(void *state, enum side side);

	/* No more bytes will come: emit what is pending. */
	void (*finish)(void *state);
};

/* All protocols, ended by NULL. */
extern const struct protocol *const protocols[];

/* By name; NULL when there is none. */
const struct protocol *protocol_find(const char *name);

/* A table of any protocol by name; NULL when there is none. *OWNER (may be NULL): whose. */
const struct table *protocol_table_find(const char *name, const struct protocol **owner);

#endif
