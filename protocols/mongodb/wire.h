/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MONGODB_WIRE_H
#define SOCKTAPE_PROTOCOLS_MONGODB_WIRE_H

#include "protocols/codec/codec.h"
#include "protocols/mongodb/bson.h"

/* MongoDB's manual, "Wire Protocol"; the older opcodes as of its version 5.0. */
#define MONGODB_HEADER_LEN  16
#define MONGODB_MESSAGE_MAX (48000000u + 16384u) /* maxMessageSizeBytes, and a head */

enum mongodb_opcode {
	MONGODB_REPLY = 1,
	MONGODB_UPDATE = 2001,
	MONGODB_INSERT = 2002,
	MONGODB_QUERY = 2004,
	MONGODB_GET_MORE = 2005,
	MONGODB_DELETE = 2006,
	MONGODB_KILL_CURSORS = 2007,
	MONGODB_COMMAND = 2010,
	MONGODB_COMMAND_REPLY = 2011,
	MONGODB_COMPRESSED = 2012,
	MONGODB_MSG = 2013
};

#define MONGODB_FLAG_CHECKSUM	  1u
#define MONGODB_FLAG_MORE_TO_COME 2u
#define MONGODB_FLAG_EXHAUST	  (1u << 16)

struct mongodb_header {
	uint32_t len;
	uint32_t request_id;
	uint32_t response_to;
	uint32_t opcode;
};

/* False: it is none. */
bool mongodb_header_read(struct cursor *c, struct mongodb_header *header);

/* "msg"; NULL: nobody has defined it. */
const char *mongodb_opcode_name(uint32_t opcode);

/* What a message says, whatever its opcode. Spans point into it. */
struct mongodb_body {
	uint32_t opcode;	/* behind compression */
	uint32_t flags;		/* of MSG; a query's that it shares with it */
	struct span document;	/* command or answer; the query of older ones */
	struct span documents;	/* others, one behind the other: of sections, or of older replies */
	struct span sequences;	/* sections of MSG, with their heads, from the first of kind 1 on */
	struct span namespace_; /* "database.collection" of older opcodes */
	int64_t cursor_id;	/* of older ones */
	bool has_cursor_id;
	uint32_t reply_flags; /* of REPLY */
	bool good;	      /* it is whole, and as it should be */
	bool checksum_bad;
};

/* MESSAGE: all of it, with its header, for its checksum; empty: PAYLOAD was compressed. */
struct mongodb_body mongodb_body_read(uint32_t opcode, struct span payload, struct span message);

#define MONGODB_COMPRESSED_HEADER_LEN 9

/* What COMPRESSED says of itself; *CODEC is not set for "noop". False: it can't be taken off. */
struct mongodb_compressed {
	uint32_t opcode;
	uint32_t len; /* of the payload */
	uint8_t compressor;
	struct span data;
};

bool mongodb_compressed_read(struct span payload, struct mongodb_compressed *compressed);

/* "snappy"; NULL: nobody has defined it. */
const char *mongodb_compressor_name(uint8_t compressor);

/* Appends the payload; false: not all of it could be had. */
bool mongodb_decompress(struct codec_contexts *codecs, const struct mongodb_compressed *compressed,
			struct buffer *out, size_t limit);

#endif
