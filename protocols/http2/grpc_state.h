/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_GRPC_STATE_H
#define SOCKTAPE_PROTOCOLS_HTTP2_GRPC_STATE_H

#include "protocols/http2/state.h"

/* Before each message: whether it is compressed, and its length. */
#define GRPC_PREFIX_LEN 5

/* What one end sends. */
struct grpc_half {
	uint8_t prefix[GRPC_PREFIX_LEN];
	uint8_t prefix_len; /* of it that came; all of it while a message comes */
	bool other;	    /* its content has another type: an error page, say */
	bool broken;	    /* bytes are missing, and where a message begins is not known */
	bool incomplete;    /* it was so at some time */
	bool cut;	    /* of the message that comes not all is kept */
	bool all_cut;	    /* not all is shown of all of them */
	bool undecoded;	    /* one could not be decompressed */
	uint64_t left;	    /* of the message that comes */
	uint64_t messages;
	uint64_t bytes;
	int64_t first_message; /* when the first one ended, or TIME_UNKNOWN */
	struct http2_piece encoding;
	struct buffer message;
	struct buffer json; /* messages, with commas between them */
	uint64_t charged;
};

struct grpc_call {
	struct grpc_half halves[2];
	bool json;     /* application/grpc+json */
	bool inferred; /* its content type isn't known: it may be a call */
	int64_t headers_ts;
	int64_t deadline;		     /* ns, or TIME_UNKNOWN */
	int code;			     /* -1: unknown */
	struct http2_piece message, details; /* in the response's text */
};

/* ---- grpc.c ---- */

/* One of which nothing is known yet; NULL: there is no memory. It is the stream's: grpc_free(). */
struct grpc_call *grpc_call_new(struct http2_state *st);

/* ---- grpc_message.c ---- */

/* Charges what the half holds now. */
void grpc_half_settle(struct http2_state *st, struct grpc_half *half);

/* The end of a message of SIDE: appends it to the half's JSON. */
void grpc_take_message(struct http2_state *st, struct http2_stream *s, enum side side);

/* ---- grpc_status.c ---- */

/* "OK"; NULL: nobody has defined it. */
const char *grpc_status_name(int code);

/* "100m": ns, or TIME_UNKNOWN when it is no such time. */
int64_t grpc_timeout(struct span text);

/* grpc-message is percent-encoded; what is no such encoding stays as it is. */
void grpc_percent_decode(struct span text, struct buffer *out);

#endif
