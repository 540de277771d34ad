/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_NATS_STATE_H
#define SOCKTAPE_PROTOCOLS_NATS_STATE_H

#include "protocols/engine/matcher.h"
#include "protocols/nats/jetstream.h"
#include "protocols/nats/wire.h"

/* Longer frames are taken as they come. */
#define NATS_PART_MIN (64u << 10)

/* How a message was answered, beside by a message. */
enum nats_end {
	NATS_END_NONE,
	NATS_END_RECEIPT, /* +OK, or for CONNECT and PING what shows that they were taken */
	NATS_END_ERROR,	  /* -ERR */
	NATS_END_BATCH,	  /* as many as a pull wanted, or what there was */
};

struct nats_message {
	struct message base; /* text: the frame, as much as is kept */
	enum nats_verb verb;
	enum side side;	 /* that sent it */
	bool cut;	 /* not all of it is there */
	bool ends_badly; /* no line end behind the payload */
	bool queued;	 /* a delivery that waits for an answer */
	/* Of what was delivered: behind the frame, the subscription's subject and its queue. */
	uint32_t subscription_len, queue_len;
	bool elsewhere; /* nothing here is subscribed to its reply */
	bool pull;	/* asks JetStream for messages */
	enum nats_end end;
	/* Of a pull: */
	int64_t batch;
	int64_t messages; /* delivered so far */
	int64_t bytes;
	int64_t first, last; /* when they came */
};

/* What the connection learns (engine/knowledge.h), its own alone. */
enum nats_fact {
	NATS_FACT_SUBSCRIPTION, /* by sid: struct nats_subscription, subject, queue */
	NATS_FACT_INBOX,	/* a subject that is subscribed to */
	NATS_FACT_PULL,		/* by the inbox of a pull: its key */
};

struct nats_subscription {
	uint32_t subject_len;
	bool limited;
	uint32_t left; /* messages, where limited */
};

struct nats_state {
	struct session *session;
	struct matcher *matcher;
	struct nats_message *incoming[2]; /* a frame that comes in parts */
	bool client_spoke;		  /* anything: it is too late for TLS */
	bool connecting;		  /* CONNECT waits for a sign that it was taken */
	bool lossy[2];			  /* some of this side's were lost since its last PONG */
	size_t waiting;			  /* deliveries that may still be answered */
	bool from_start;		  /* all of the client's subscriptions were seen */
	/* Receipts: the client's lines and what the server said to them, by number. */
	bool receipts; /* wanted: CONNECT {"verbose":true} */
	bool counted;  /* from one point on all lines and receipts were seen */
	bool quiet;    /* the client sent no line since its PING */
	bool receipt_seen;
	uint64_t lines;
	uint64_t told;
	struct buffer application, user; /* of CONNECT */
	struct buffer headers, resp_headers, options, error, scratch, note;
	uint64_t charged; /* for these */
};

/* ---- exchange.c ---- */

void nats_message(void *state, const struct frame *frame);
void nats_part(void *state, const struct frame *frame);
void nats_lost(void *state, enum side side, uint64_t missing);
void nats_finish(void *state);

/* ---- pairing.c ---- */

/* Takes M, a whole message. LINE, which points into its text, is used up. */
void nats_take(struct nats_state *st, struct nats_message *m, struct nats_line *line);

/* Receipts can't be counted any more, until the next PONG; SIDE has lost some bytes. */
void nats_doubt_receipts(struct nats_state *st, enum side side);

/* ---- subscriptions.c: what the connection learnt of itself ---- */

void nats_subscribe(struct nats_state *st, const struct nats_line *line);
void nats_unsubscribe(struct nats_state *st, const struct nats_line *line);

/* A message came for SID: one less may come. */
void nats_delivered(struct nats_state *st, struct span sid);

/* The subscription with SID; false: it isn't known. Borrowed until the next of these. */
bool nats_subscription(struct nats_state *st, struct span sid, struct span *subject,
		       struct span *queue);

/* Whether something is subscribed to what comes to REPLY. */
bool nats_is_inbox(struct nats_state *st, struct span reply);

/* ---- record.c ---- */

#define NATS_COLUMNS(X)                                                                            \
	X(VERB, "verb", "TEXT", "",                                                                \
	  "PUB, HPUB, MSG, HMSG, SUB, UNSUB, CONNECT, INFO, PING and so on")                       \
	X(KIND, "kind", "TEXT", "",                                                                \
	  "what it is for: publish, request, delivery, status, js_publish, js_api, js_pull, "      \
	  "js_delivery, ack, subscribe, unsubscribe, connect, info, ping, error")                  \
	X(SUBJECT, "subject", "TEXT", "", "of the message or subscription")                        \
	X(REPLY_TO, "reply_to", "TEXT", "", "subject to which an answer is to be sent")            \
	X(QUEUE, "queue", "TEXT", "", "group that the subscription is in")                         \
	X(SID, "sid", "TEXT", "", "the client's name of the subscription")                         \
	X(SUBSCRIPTION, "subscription", "TEXT", "", "subject of the subscription that got it")     \
	X(MAX_MESSAGES, "max_messages", "BIGINT", "", "of UNSUB: ends after so many messages")     \
	X(HEADERS, "headers", "JSON", "", "of the message; a name that comes again: an array")     \
	X(PAYLOAD, "payload", "TEXT", "", "of the message, up to --keep")                          \
	X(STATUS, "status", "BIGINT", "",                                                          \
	  "that headers tell, of the answer or else of the message: 503, 404, 408, 100")           \
	X(RESP_HEADERS, "resp_headers", "JSON", "", "of the answer")                               \
	X(RESP_PAYLOAD, "resp_payload", "TEXT", "", "of the answer, up to --keep")                 \
	X(ACK, "ack", "TEXT", "",                                                                  \
	  "how a delivery was acknowledged: ack, nak, term, next, progress")                       \
	X(STREAM, "stream", "TEXT", "", "of JetStream")                                            \
	X(CONSUMER, "consumer", "TEXT", "", "of JetStream")                                        \
	X(STREAM_SEQ, "stream_seq", "BIGINT", "", "number of the message in the stream")           \
	X(CONSUMER_SEQ, "consumer_seq", "BIGINT", "", "number of the delivery to the consumer")    \
	X(DELIVERIES, "deliveries", "BIGINT", "",                                                  \
	  "of this message to the consumer, this included")                                        \
	X(PENDING, "pending", "BIGINT", "", "messages that wait for the consumer")                 \
	X(DUPLICATE, "duplicate", "BOOLEAN", "", "the stream had the message already")             \
	X(BATCH, "batch", "BIGINT", "", "messages that a pull asks for")                           \
	X(MESSAGES, "messages", "BIGINT", "", "that a pull was given")                             \
	X(ERROR_CODE, "error_code", "BIGINT", "", "of JetStream, of a service, or a status")       \
	X(ERROR, "error", "TEXT", "", "its text, or that of -ERR")                                 \
	X(APPLICATION, "application", "TEXT", "", "name that the client gave in CONNECT")          \
	X(USER, "user", "TEXT", "", "that the client gave in CONNECT")                             \
	X(OPTIONS, "options", "JSON", "", "of INFO and CONNECT, without secrets")                  \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "payload of the message, without headers")    \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes",                                             \
	  "payload of the answer, or of all deliveries")

enum nats_column {
#define NATS_COLUMN_ENUM(id, name, sql, unit, help) NATS_COLUMN_##id,
	NATS_COLUMNS(NATS_COLUMN_ENUM)
#undef NATS_COLUMN_ENUM
	NATS_COLUMN_COUNT
};

extern const struct table nats_table;

/* A matcher_emit_fn; the context is the state. */
void nats_emit(void *context, struct message *request, struct message *response, bool lost);

/* What M's frame holds. Spans of its text, as much as is there. */
struct nats_view {
	struct nats_line line;
	struct span headers;
	struct span payload;
};

bool nats_view_of(const struct nats_message *m, struct nats_view *view);

/* ---- describe.c, infer.c, pack.c ---- */

void nats_describe(const struct value *values, struct buffer *out); /* describe.c */
void nats_infer(const struct sample *sample, struct verdict *verdict);
bool nats_pack(const void *state, struct buffer *out);
bool nats_unpack(void *state, struct unpack *in);
void nats_recharge(struct nats_state *st);

#endif
