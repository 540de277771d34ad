/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP_STATE_H
#define SOCKTAPE_PROTOCOLS_AMQP_STATE_H

#include "format/map.h"
#include "protocols/amqp/field.h"
#include "protocols/amqp/frame.h"
#include "protocols/engine/matcher.h"
#include "protocols/content/decode.h"

struct amqp_state;

/* What became of a message. */
enum amqp_fate {
	AMQP_FATE_NONE,
	AMQP_FATE_ACK,
	AMQP_FATE_NACK,
	AMQP_FATE_REJECT,
	AMQP_FATE_COMMIT,
	AMQP_FATE_ROLLBACK,
	AMQP_FATE_RECOVER
};

/* What a message still waits for, before its row can be given out. */
enum amqp_awaited {
	AMQP_AWAITS_NOTHING,
	AMQP_AWAITS_CONFIRM, /* published: the broker's ack or nack */
	AMQP_AWAITS_COMMIT,  /* published in a transaction */
	AMQP_AWAITS_RETURN,  /* published as mandatory: the broker may send it back */
	AMQP_AWAITS_ACK,     /* delivered: the consumer's ack, nack or reject */
	AMQP_AWAITS_PERHAPS  /* one of these, or nothing: what would tell is from before */
};

struct amqp_settlement {
	enum amqp_fate fate;
	bool multiple;
	bool requeue;
	bool inferred; /* that it is this message's */
	bool partial;
	int64_t first; /* when its frame was seen */
	int64_t last;
	uint64_t wire;
};

/*
 * A method with the message that it carries, if any. Its base.text holds what came one behind the
 * other: the method, the content header, the body, then the name of the queue and the text of a
 * return.
 */
struct amqp_message {
	struct message base;
	const struct amqp_method *method; /* NULL: unknown, or none (enum amqp_alone) */
	enum side side;			  /* who sent it */
	uint8_t alone;			  /* enum amqp_alone */
	uint16_t channel;
	uint32_t method_len, header_len, queue_len, return_len;
	size_t body_len;    /* that is kept */
	uint64_t wire;	    /* bytes of its frames */
	uint64_t body_size; /* as its header says */
	uint64_t body_seen;
	uint32_t frames; /* of the body */
	bool has_header;
	bool placed;  /* of what was got: it waits to be settled in a copy */
	bool cut;     /* not all that should be kept of it is */
	bool damaged; /* its frames aren't as they should be */
	/* Of one that is published or delivered: */
	uint64_t tag;
	uint16_t return_code; /* 0: it wasn't returned */
	uint8_t awaited;      /* enum amqp_awaited */
	bool given_up;	      /* memory is short: it wasn't waited for */
	uint64_t settled;     /* of a commit's or rollback's reply: how many it settled */
	struct amqp_settlement settlement;
};

/* Frames that are no methods. */
enum amqp_alone {
	AMQP_ALONE_NO,
	AMQP_ALONE_PROTOCOL, /* the header of the protocol */
	AMQP_ALONE_HEARTBEAT
};

struct amqp_unsettled_entry {
	uint64_t tag;
	struct amqp_message *message; /* NULL: it is settled */
};

/* A settlement that was seen before what it settles: the call that sent that isn't back yet. */
#define AMQP_EARLY_MAX 16

struct amqp_early {
	uint64_t tag;
	struct amqp_settlement how;
};

/* Messages that wait to be settled, by tag, ascending. */
struct amqp_unsettled {
	struct amqp_unsettled_entry *entries;
	size_t capacity, from, to; /* entries[from..to) are in use */
	size_t count;		   /* messages among them */
	uint64_t last;		   /* tag that came last; 0: none */
	uint64_t uncertain_from;   /* tags from here on are inferred; UINT64_MAX: none */
	uint64_t lost_to;	   /* settlements of tags up to this may be lost */
	struct amqp_early early[AMQP_EARLY_MAX];
	unsigned early_count;
};

enum amqp_mode {
	AMQP_MODE_UNKNOWN, /* the channel was opened before the recording began */
	AMQP_MODE_PLAIN,
	AMQP_MODE_CONFIRM,
	AMQP_MODE_TX
};

struct amqp_channel {
	struct amqp_state *st;
	uint16_t number;
	enum amqp_mode mode;
	uint64_t losses[2];		  /* of the connection's, that it knows of */
	struct matcher *calls[2];	  /* by enum side: of who waits for a reply */
	struct amqp_message *incoming[2]; /* of which more frames will come */
	struct amqp_unsettled published;  /* confirms, commits, returns */
	struct amqp_unsettled delivered;
};

struct amqp_state {
	struct session *session;
	struct matcher *messages; /* only to make them, and to throw them away */
	struct map channels;
	struct amqp_channel *recent; /* that was asked for last */
	uint64_t frame_max;	     /* agreed on; 0: unknown */
	bool closing;		     /* connection.close was sent */
	uint64_t losses[2];	     /* by enum side: how often frames may have been missed */
	struct buffer user, vhost, application;
	uint64_t charged; /* of those three */
	/* For records: */
	struct buffer request_json, response_json, properties_json, note;
	struct http_decoder decoder; /* of bodies */
};

/* ---- amqp.c ---- */

/* Makes TO, which is one of user, vhost and application, TEXT. */
void amqp_set_text(struct amqp_state *st, struct buffer *to, struct span text);

/* ---- assemble.c ---- */

void amqp_message(void *state, const struct frame *frame);
void amqp_part(void *state, const struct frame *frame);
void amqp_lost(void *state, enum side side, uint64_t missing);
void amqp_finish(void *state);

/* A method, a content header or a frame that stands alone, of FRAME. NULL: no memory. */
struct amqp_message *amqp_message_new(struct amqp_state *st, const struct frame *frame);

/* Appends to its text; false: there was no room, and it is `cut`. */
bool amqp_message_append(struct amqp_state *st, struct amqp_message *m, struct span bytes);

static inline struct span amqp_message_method(const struct amqp_message *m)
{
	return span_of(m->base.text.data, m->method_len);
}

/* Its method, read; of one that has none nothing is. */
static inline void amqp_message_call(const struct amqp_message *m, struct amqp_call *call)
{
	amqp_call_read_as(m->method, amqp_message_method(m), call);
}

static inline struct span amqp_message_header(const struct amqp_message *m)
{
	return span_of(m->base.text.data + m->method_len, m->header_len);
}

static inline struct span amqp_message_body(const struct amqp_message *m)
{
	return span_of(m->base.text.data + m->method_len + m->header_len, m->body_len);
}

/* The queue that it was delivered from; empty: unknown. */
static inline struct span amqp_message_queue(const struct amqp_message *m)
{
	return span_of(m->base.text.data + m->method_len + m->header_len + m->body_len,
		       m->queue_len);
}

static inline struct span amqp_message_return(const struct amqp_message *m)
{
	return span_of(m->base.text.data + m->method_len + m->header_len + m->body_len +
			       m->queue_len,
		       m->return_len);
}

/* ---- channel.c ---- */

/* Makes it when it isn't there; NULL: no memory. */
struct amqp_channel *amqp_channel_get(struct amqp_state *st, uint16_t number);

/* Those who ask on SIDE; NULL: no memory. */
struct matcher *amqp_channel_calls(struct amqp_channel *ch, enum side side);

/* It is opened, or goes into MODE; what waited for something else is given out. */
void amqp_channel_begin(struct amqp_channel *ch, enum amqp_mode mode);

/* What the server says shows that it is in MODE. */
void amqp_channel_shows(struct amqp_channel *ch, enum amqp_mode mode);

/* Learns of losses since it was last asked for: what was going on then is given out. */
void amqp_channel_catch_up(struct amqp_channel *ch);

/* Frames of SIDE may be missing. */
void amqp_channel_lost(struct amqp_channel *ch, enum side side);

/* Gives out all that waits, and frees it. */
void amqp_channel_close(struct amqp_channel *ch);

/* The same of all of them. */
void amqp_channels_close(struct amqp_state *st);

/* Frees it without giving out anything. */
void amqp_channel_free(struct amqp_channel *ch);

/* ---- method.c ---- */

/* A method that has come whole, with its message if it has one. It is taken. */
void amqp_take(struct amqp_channel *ch, struct amqp_message *m);

/* A matcher_emit_fn; the context is the channel. */
void amqp_emit_call(void *context, struct message *request, struct message *response, bool lost);

/* ---- content.c ---- */

/* A message was published, delivered or returned. It is taken. */
void amqp_publish(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call);
void amqp_deliver(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call);
void amqp_return(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call);

/* What GET (NULL: unknown) brought; its row among the methods was given out. M is emptied. */
void amqp_got(struct amqp_channel *ch, const struct amqp_message *get, struct amqp_message *m);

/* Ack, nack or reject by M->side; returns how many messages it settled. */
uint64_t amqp_settle(struct amqp_channel *ch, const struct amqp_message *m,
		     const struct amqp_call *call);

/* A transaction ended. */
uint64_t amqp_end_transaction(struct amqp_channel *ch, const struct amqp_message *reply,
			      enum amqp_fate fate);

/* The broker takes back what isn't acknowledged. */
uint64_t amqp_recover(struct amqp_channel *ch, const struct amqp_message *reply);

/* The broker answered what was asked at POSITION: messages before it won't be returned any more. */
void amqp_not_returned(struct amqp_channel *ch, uint64_t position);

/* A consumer began: from CONSUME, with the tag that the server gave if TAG isn't empty. */
void amqp_consumer_began(struct amqp_channel *ch, const struct amqp_call *consume, struct span tag);
void amqp_consumer_ended(struct amqp_channel *ch, struct span tag);

/* Gives out the rows of M as it is, settled or not, and throws it away. */
void amqp_emit_content(struct amqp_channel *ch, struct amqp_message *m);

/* ---- unsettled.c ---- */

/* The tags of what comes from now on are not certain: counting began before, or some were lost. */
void amqp_unsettled_doubt(struct amqp_unsettled *u);

/* Takes M. TAG is above all that are there; otherwise those end. */
void amqp_unsettled_add(struct amqp_channel *ch, struct amqp_unsettled *u, uint64_t tag,
			struct amqp_message *m);

/* Only appends M, whose tag is above all others; false: no room. */
bool amqp_unsettled_append(struct amqp_state *st, struct amqp_unsettled *u, struct amqp_message *m);

/* Returns how many it settled. Multiple: all up to TAG, and of 0 all. */
uint64_t amqp_unsettled_settle(struct amqp_channel *ch, struct amqp_unsettled *u, uint64_t tag,
			       const struct amqp_settlement *how);

/* NULL: there is none. Borrowed. */
struct amqp_message *amqp_unsettled_oldest(const struct amqp_unsettled *u);

/* Takes the oldest out; NULL: there is none. */
struct amqp_message *amqp_unsettled_pop(struct amqp_unsettled *u);

/* Gives out all as they are. */
void amqp_unsettled_end(struct amqp_channel *ch, struct amqp_unsettled *u);

void amqp_unsettled_free(struct amqp_state *st, struct amqp_unsettled *u);

/* ---- record.c ---- */

#define AMQP_COLUMNS(X)                                                                            \
	X(CLASS, "class", "TEXT", "", "connection, channel, exchange, queue, basic, confirm, tx")  \
	X(METHOD, "method", "TEXT", "",                                                            \
	  "declare, publish and so on; heartbeat and protocol-header have no class")               \
	X(CHANNEL, "channel", "BIGINT", "", "number; 0 is the connection itself")                  \
	X(SENDER, "sender", "TEXT", "", "client or server")                                        \
	X(EXCHANGE, "exchange", "TEXT", "", "name; empty is the default exchange")                 \
	X(ROUTING_KEY, "routing_key", "TEXT", "", "of a message or a binding")                     \
	X(QUEUE, "queue", "TEXT", "", "name; as the server made it, if it did")                    \
	X(CONSUMER_TAG, "consumer_tag", "TEXT", "", "as the server made it, if it did")            \
	X(DELIVERY_TAG, "delivery_tag", "BIGINT", "",                                              \
	  "number of a message in its channel; of one that is published in confirm mode: as the "  \
	  "confirm names it")                                                                      \
	X(REPLY, "reply", "TEXT", "",                                                              \
	  "class and method that answered: queue.declare-ok; of a message, basic.ack and so on; "  \
	  "channel.close where that was the answer")                                               \
	X(REQUEST, "request", "JSON", "", "all fields of the method, without secrets")             \
	X(RESPONSE, "response", "JSON", "", "all fields of the reply, without secrets")            \
	X(PROPERTIES, "properties", "JSON", "", "of the message that the method or reply carries") \
	X(BODY, "body", "TEXT", "", "of that message, without its encoding, up to --keep")         \
	X(BODY_BYTES, "body_bytes", "BIGINT", "bytes", "of that message")                          \
	X(SETTLED, "settled", "BIGINT", "",                                                        \
	  "messages, seen here, that this ack, nack, reject, commit or rollback settled")          \
	X(MESSAGES, "messages", "BIGINT", "", "in the queue, as the reply says")                   \
	X(CONSUMERS, "consumers", "BIGINT", "", "of the queue, as the reply says")                 \
	X(REPLY_CODE, "reply_code", "BIGINT", "", "of a close or a return")                        \
	X(REPLY_TEXT, "reply_text", "TEXT", "", "of a close or a return; why it is blocked")       \
	X(CAUSE, "cause", "TEXT", "", "method that a close names as its cause")                    \
	X(VHOST, "vhost", "TEXT", "", "virtual host of the connection")                            \
	X(USER, "user", "TEXT", "", "of the connection")                                           \
	X(APPLICATION, "application", "TEXT", "", "name that the client gave its connection")      \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the method's frames, with its message")   \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the reply's frames, with its message")

enum amqp_column {
#define AMQP_COLUMN_ENUM(id, name, sql, unit, help) AMQP_COLUMN_##id,
	AMQP_COLUMNS(AMQP_COLUMN_ENUM)
#undef AMQP_COLUMN_ENUM
	AMQP_COLUMN_COUNT
};

extern const struct table amqp_table;

/* What a message says, read once for all of its rows. */
struct amqp_reading {
	struct amqp_call call;		   /* its method is NULL where there is none */
	struct amqp_properties properties; /* valid with `described` */
	bool described;			   /* there is a content header, as far as it goes */
	struct span body;      /* decoded as its properties say; valid until the next one */
	const char *body_note; /* what there is to say about that; NULL: nothing */
};

void amqp_read(struct amqp_state *st, const struct amqp_message *m, struct amqp_reading *reading);

/*
 * A row of methods: ASKED with ANSWERED (either may be NULL) or with what settled it. OUTCOME has
 * times and outcome, SETTLED how many messages it settled; UINT64_MAX: it isn't of that kind.
 * READING: of ASKED where that was read already; NULL: it is read then.
 */
struct amqp_row {
	const struct amqp_message *asked, *answered;
	uint64_t settled;
	const struct amqp_reading *reading;
};

#define AMQP_SETTLES_NOTHING UINT64_MAX

void amqp_emit_row(struct amqp_state *st, const struct amqp_row *row, struct record *record);

/* Times and outcome of a message that was settled, or won't be. */
void amqp_message_record(const struct amqp_message *m, struct record *record);

/* "basic.ack": the method that this is told with. */
const char *amqp_fate_reply(enum amqp_fate fate);

/* Of its body on the wire, as far as known. */
uint64_t amqp_body_bytes(const struct amqp_message *m);

/* Fills the columns that COLUMNS names by role, counted from 1; 0: none. */
void amqp_fill_arguments(const struct amqp_call *call, const uint8_t *columns,
			 struct value *values);

/* Null where it is empty: unknown. */

/* What a person should know about M. */
void amqp_note_message(struct amqp_state *st, const struct amqp_message *m);

/* ---- body.c ---- */

/* Fills in the body, without the codings that the properties name, as HTTP's are (RFC 9110). */
void amqp_body_read(struct amqp_state *st, const struct amqp_message *m,
		    struct amqp_reading *reading);

/* ---- message_record.c ---- */

extern const struct table amqp_messages_table;

/* A row of messages: M, which READING was read from; RECORD as amqp_message_record() gives it. */
void amqp_emit_message(struct amqp_state *st, const struct amqp_message *m,
		       const struct amqp_reading *reading, struct record *record);

/* ---- infer.c ---- */

void amqp_infer(const struct sample *sample, struct verdict *verdict);

/* ---- pack.c ---- */

bool amqp_pack(const void *state, struct buffer *out);
bool amqp_unpack(void *state, struct unpack *in);

#endif
