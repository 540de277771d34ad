/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_SESSION_H
#define SOCKTAPE_PROTOCOLS_ENGINE_SESSION_H

#include "protocols/engine/budget.h"
#include "protocols/protocol.h"
#include "protocols/value/wanted.h"

/*
 * One layer of one connection: puts the bytes of both directions in order, infers the protocol,
 * cuts frames, and hands the records of its protocol to a callback. Survives bytes that come late,
 * twice, cut short or never.
 */

struct knowledge;
struct message_pool;

typedef void session_record_fn(void *context, struct session *s, const struct record *record);

/* A frame of a stream ends before the byte at POSITION. */
typedef void session_border_fn(void *context, const struct session *s, enum direction direction,
			       uint64_t position);

/*
 * What came out of TLS with keys, in order: LEN bytes from OFFSET on in DIRECTION. DATA is NULL
 * where they are missing; SNAPPED: because the user wanted no more of them. TS: of the record they
 * are of.
 */
struct decrypted {
	enum direction direction;
	uint64_t offset;
	uint64_t len;
	const uint8_t *data;
	bool snapped;
	int64_t ts;
};
typedef void session_decrypted_fn(void *context, const struct session *s,
				  const struct decrypted *decrypted);

/*
 * What the frames of a stream hold when it isn't what stands there, as a stream that may be read
 * instead: BYTES of DIRECTION, and MISSING more behind them. CHANGED: the frames hold it in another
 * form, compressed or in segments; else it is what they are. It never goes back.
 */
struct contents {
	enum direction direction;
	struct span bytes;
	uint64_t missing;
	bool changed;
	int64_t ts;
};
typedef void session_contents_fn(void *context, const struct session *s,
				 const struct contents *contents);

#define SESSION_START_UNKNOWN UINT64_MAX

/* Values of session_options.keep beside a number of bytes. */
#define SESSION_KEEP_DEFAULT 0 /* 1 MiB */
#define SESSION_KEEP_NONE    1
#define SESSION_KEEP_ALL     SIZE_MAX /* as far as the budget goes */

struct session_options {
	/* What is asked for with each record stands together: see session_fetch(). */
	session_record_fn *record;   /* may be NULL: nobody wants records */
	void *context;		     /* for this one and the other three */
	size_t keep;		     /* bytes of a body, or one of SESSION_KEEP_... */
	const struct wanted *wanted; /* a list that outlives the session; NULL: all columns are */
	bool plaintext;		     /* the bytes came out of TLS */
	bool midstream;

	enum transport transport;
	enum role role; /* of the recorded process, as the recorder knows it */
	uint16_t local_port;
	uint16_t remote_port;
	uint64_t start[2]; /* position of the first byte by direction, or SESSION_START_UNKNOWN */
	bool explain;	   /* the sample and what was made of it stay, for session_candidates() */
	const struct protocol *decode_as; /* NULL: infer */
	struct budget *budget;		  /* outlives the session, as the next */
	struct message_pool *pool;	  /* may be NULL: no memory is used again */
	struct knowledge *knowledge;	  /* may be NULL: nothing is learnt */
	struct keylog *keylog;		  /* may be NULL: nothing is decrypted */
	struct protobuf_schema *protobuf; /* may be NULL: messages are shown by number */
	uint64_t conn;			  /* id of the connection; 0: it has none */
	uint64_t ends[2]; /* what names the local and the remote end's address; 0: unknown */
	session_border_fn *border;	 /* may be NULL */
	session_decrypted_fn *decrypted; /* may be NULL */
	session_contents_fn *contents;	 /* may be NULL */
};

struct session_counts {
	uint64_t frames;
	uint64_t records;
	uint64_t bad;		/* places where no frame started */
	uint64_t lost_bytes;	/* holes in the streams, snap length not counted */
	uint64_t capped;	/* frames longer than what is kept */
	uint64_t skipped_bytes; /* thrown away while looking for a frame or a protocol */
};

/* What one protocol made of the sample on which the decision rests. */
struct candidate {
	const struct protocol *protocol;
	struct verdict verdict;
};

/* NULL when there is no memory. */
struct session *session_new(const struct session_options *options);

/*
 * Data of this session's layer; or of its plaintext, where session_takes_plaintext(). The payload
 * is only read during the call.
 */
void session_data(struct session *s, const struct event_data *data, int64_t ts);

/*
 * Data comes soon: asks for what it will need (format/prefetch.h), STEP by step from 0 on, each
 * when what the one before asked for may be there.
 */
#define SESSION_FETCH_STEPS 3
void session_fetch(const struct session *s, unsigned step);

/* Whether data of LAYER_TLS belongs to this session: its protocol waits for it. */
bool session_takes_plaintext(const struct session *s);

/*
 * Has what is inside of S take plaintext as if S had unwrapped some. False: S isn't encrypted as
 * far as is known, or there is no memory.
 */
bool session_let_in(struct session *s);

/*
 * The connection was closed when this many bytes had been moved by direction: what is missing at
 * the end is a hole. Streams of the wire layer only.
 */
void session_final(struct session *s, const uint64_t final[2], int64_t ts);

/* The connection ended, or the recording did. */
void session_finish(struct session *s);

/* NULL while unknown. What is spoken inside, when it was wrapped. */
const struct protocol *session_protocol(const struct session *s);

/* Whether the records that come now are made of plaintext that came out of TLS. */
bool session_is_plaintext(const struct session *s);

/*
 * Whether the stream's bytes were told by the calls that moved them. Then what was sent may be
 * answered before the call that sent it has returned, and is told after its answer.
 */
bool session_is_by_calls(const struct session *s);

/* A protocol that the connection has spoken, and what came of it. */
struct spoken {
	const struct protocol *protocol;
	int64_t since;	   /* its first byte; monotonic ns */
	uint64_t bytes[2]; /* that it was given, by enum direction, holes included */
	uint64_t records;
};

/* All of them, in the order in which they began; returns how many. Borrowed until more data. */
size_t session_spoken(const struct session *s, const struct spoken **list);

/*
 * Where TLS began on a connection that was in clear before: positions of its streams, by direction.
 * False: it didn't begin so.
 */
bool session_seam(const struct session *s, uint64_t seam[2]);

/* What was made for the bytes that S unwraps, and is no session of its own; NULL: nothing. */
const struct session *session_inside(const struct session *s);

/* What its protocol told of the encryption; NULL: nothing. Borrowed until more data. */
const struct encryption *session_encryption(const struct session *s);

/* What TLS agreed on for S, which is told elsewhere (data of LAYER_TLS). Before its first data. */
void session_set_alpn(struct session *s, struct span alpn);

/* The plaintext of S is told elsewhere: what keys would open is nobody's. */
void session_leave_plaintext(struct session *s);

/* The role of the recorded process, as the recorder or the bytes told. */
enum role session_role(const struct session *s);

/* The client that a proxy introduced; ADDRESS_NONE: none did. */
const struct address *session_client(const struct session *s);

/* For messages of its protocols; may be NULL. */
struct message_pool *session_pool(const struct session *s);

/* How many records in a row before the last one had its position. */
unsigned session_repeat(const struct session *s);

/* Of all layers of the session. */
struct session_counts session_counts(const struct session *s);

/* The candidates of the last decision, best first; returns how many. Borrowed. */
size_t session_candidates(const struct session *s, const struct candidate **list);

/* The bytes on which that decision rests. Borrowed. */
struct span session_sample(const struct session *s, enum direction direction);

/*
 * Appends to OUT what session_unpack() needs to go on as this session, which is not changed; with
 * all that is around it and inside it. False when it can't be put aside just now: much was learnt
 * on it, or one of its protocols says so.
 */
bool session_pack(struct session *s, struct buffer *out);

/* A session with OPTIONS, which are those of the one that was packed. NULL: no memory. */
struct session *session_unpack(const struct session_options *options, struct unpack *in);

/* Stops waiting for what is early, and gives out what is held back because of it. */
void session_hurry(struct session *s);

/* As session_free(), but nothing more is emitted: it was packed. */
void session_drop(struct session *s);

/*
 * Ends S, which has no memory to go on, and frees it. Returns one that goes on in the middle, with
 * OPTIONS: what was spoken until now, in which role, for whom and in what TLS, it still tells.
 * NULL: no memory.
 */
struct session *session_restart(struct session *s, const struct session_options *options);

void session_free(struct session *s); /* NULL is fine */

#endif
