/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MUX_WIRE_H
#define SOCKTAPE_PROTOCOLS_MUX_WIRE_H

#include "protocols/protocol.h"

/* Mux's messages (finagle-mux, package.scala and transport/Message.scala). */
enum mux_type {
	MUX_TREQ = 1,
	MUX_TDISPATCH = 2,
	MUX_TDRAIN = 64,
	MUX_TPING = 65,
	MUX_TDISCARDED = 66,
	MUX_TLEASE = 67,
	MUX_TINIT = 68,
	MUX_OLD_RERR = 127, /* both should be negative, and are understood */
	MUX_OLD_TDISCARDED = -62,
	MUX_RERR = -128,
	MUX_RREQ = -1,
	MUX_RDISPATCH = -2,
	MUX_RDRAIN = -64,
	MUX_RPING = -65,
	MUX_RDISCARDED = -66,
	MUX_RINIT = -68,
};

enum mux_status {
	MUX_OK,
	MUX_ERROR,
	MUX_NACK,
};

#define MUX_HEADER_LEN 8 /* size, type, tag */
/* Finagle takes no frame beyond 2 GiB; more than this is taken for no frame. */
#define MUX_FRAME_MAX (256u << 20)
#define MUX_TAG_MAX   0x7fffff
#define MUX_FRAGMENT  0x800000 /* of the tag: more of the message will come */

struct mux_header {
	uint32_t len; /* of all, the size's four bytes included */
	int8_t type;
	bool goes_on;
	uint32_t tag;
};

/* False: there is none, or not all of it. */
bool mux_header_read(struct cursor *c, struct mux_header *header);

/* Of messages that ask: "dispatch", "ping"; of those that answer the same. NULL: no such type. */
const char *mux_type_name(int8_t type);

/* Whether the type asks: T messages, and what is meant as one. */
bool mux_type_asks(int8_t type);

/* What is behind the header. Spans of it; empty where the type has none. */
struct mux_body {
	struct span contexts; /* pairs behind their number, which they are counted by */
	unsigned context_count;
	struct span destination;
	struct span dtab; /* pairs */
	unsigned dtab_count;
	bool has_status;
	enum mux_status status;
	struct span payload; /* or the text of an error, the reason of a discard */
	uint32_t discarded;  /* tag */
	uint64_t lease_ms;
	uint16_t version;
	struct span headers; /* of Tinit and Rinit: pairs */
	bool keyed;	     /* contexts are those of Treq: a byte and a short value */
	bool good;	     /* it is as it should be, to the end */
};

struct mux_body mux_body_read(int8_t type, struct span body);

/* The next pair of contexts or of a dtab; false: there is none. */
bool mux_next_pair(struct cursor *c, struct span *key, struct span *value);
/* Of Tinit's headers, whose lengths are longer. */
bool mux_next_header(struct cursor *c, struct span *key, struct span *value);

#endif
