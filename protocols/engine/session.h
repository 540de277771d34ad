/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_SESSION_H
#define SOCKTAPE_PROTOCOLS_ENGINE_SESSION_H

#include "protocols/protocol.h"

/*
 * One layer of one connection: puts the bytes of both directions in order, infers the protocol,
 * cuts frames, and hands the records of its protocol to a callback. Survives bytes that come late,
 * twice, cut short or never.
 */

/* Memory that all sessions of a replay share. `limit` bytes may be buffered; the rest is refused.
 */
struct session_budget {
	uint64_t limit;
	uint64_t used;
	uint64_t refused; /* bytes that were not buffered because of it */
};

typedef void session_record_fn(void *context, struct session *s, const struct record *record);

#define SESSION_START_UNKNOWN UINT64_MAX

struct session_options {
	enum transport transport;
	enum role role; /* of the recorded process, as the recorder knows it */
	uint16_t local_port;
	uint16_t remote_port;
	bool midstream;
	uint64_t start[2]; /* position of the first byte by direction, or SESSION_START_UNKNOWN */
	const struct protocol *decode_as; /* NULL: infer */
	struct session_budget *budget;	  /* outlives the session */
	session_record_fn *record;	  /* may be NULL: nobody wants records */
	void *context;			  /* for record() */
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

/* Data of this session's layer. The payload is only read during the call. */
void session_data(struct session *s, const struct event_data *data, int64_t ts);

/*
 * The connection was closed when this many bytes had been moved by direction: what is missing at
 * the end is a hole. Streams of the wire layer only.
 */
void session_final(struct session *s, const uint64_t final[2], int64_t ts);

/* The connection ended, or the recording did. */
void session_finish(struct session *s);

/* NULL while unknown. */
const struct protocol *session_protocol(const struct session *s);

/* The budget it was made with. */
struct session_budget *session_budget(const struct session *s);

/* Every protocol that the connection has spoken, in order; returns how many (at most MAX). */
size_t session_history(const struct session *s, const struct protocol **list, size_t max);

/* The role of the recorded process, as the recorder or the bytes told. */
enum role session_role(const struct session *s);

/* How many records in a row before the last one had its position. */
unsigned session_repeat(const struct session *s);

const struct session_counts *session_counts(const struct session *s);

/* The candidates of the last decision, best first; returns how many. Borrowed. */
size_t session_candidates(const struct session *s, const struct candidate **list);

/* The bytes on which that decision rests. Borrowed. */
struct span session_sample(const struct session *s, enum direction direction);

void session_free(struct session *s); /* NULL is fine */

#endif
