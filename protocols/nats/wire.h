/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_NATS_WIRE_H
#define SOCKTAPE_PROTOCOLS_NATS_WIRE_H

#include "protocols/protocol.h"

/*
 * NATS's client protocol (docs.nats.io, "Client Protocol"; headers: ADR-4): lines of a verb and its
 * arguments, some with a payload behind them whose length the line says.
 */
enum nats_verb {
	NATS_INFO,
	NATS_CONNECT,
	NATS_PUB,
	NATS_HPUB,
	NATS_SUB,
	NATS_UNSUB,
	NATS_MSG,
	NATS_HMSG,
	NATS_PING,
	NATS_PONG,
	NATS_OK,
	NATS_ERR,
	NATS_VERBS
};

/* Lines with subjects; servers allow 4 KiB unless told otherwise. */
#define NATS_LINE_MAX (64u << 10)
/* The number of a line's payload; servers allow 64 MiB at most. */
#define NATS_PAYLOAD_MAX (1u << 30)

/* Arguments of one line. Those that aren't there are empty; all point into it. */
struct nats_line {
	enum nats_verb verb;
	size_t len; /* with its end */
	struct span subject;
	struct span reply;
	struct span queue;
	struct span sid;
	struct span text;    /* of INFO and CONNECT the JSON, of -ERR the message */
	uint32_t header_len; /* of what follows: "NATS/1.0\r\n" and so on, part of total */
	uint32_t total;	     /* of what follows, without the line end behind it */
	bool has_payload;
	bool has_max; /* of UNSUB */
	uint32_t max;
};

const char *nats_verb_name(enum nats_verb verb);

/*
 * The line at DATA, of SIDE. *SCANNED bytes were found to have no line end before (0 at first).
 * DONE, MORE or BAD.
 */
enum frame_status nats_line_read(struct span data, enum side side, size_t *scanned,
				 struct nats_line *line);

/* With the payload. */
static inline uint64_t nats_frame_len(const struct nats_line *line)
{
	return line->len + (line->has_payload ? (uint64_t)line->total + 2 : 0);
}

/* Headers: their first line tells a status where there is one ("NATS/1.0 503 No Responders"). */
struct nats_status {
	int code; /* 0: none */
	struct span text;
};

bool nats_status_read(struct span headers, struct nats_status *status);

/* The headers one by one: *AT begins as 0. */
bool nats_header_next(struct span headers, size_t *at, struct span *name, struct span *value);

/* The value of a header, by its name as it is written; false: there is none. */
bool nats_header_find(struct span headers, const char *name, struct span *value);

/* As a JSON object; a name that comes again makes an array. */
void nats_headers_json(struct span headers, struct buffer *out);

#endif
