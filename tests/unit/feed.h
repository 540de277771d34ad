/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_FEED_H
#define SOCKTAPE_TESTS_UNIT_FEED_H

#include "protocols/engine/session.h"

/*
 * Runs a conversation through a session, for the tests of protocols.
 *
 * The recorded process is the client: what it sends is FEED_REQUEST. Every message comes one
 * millisecond after the one before it, the first at 1 ms.
 */
struct feed_message {
	enum direction direction; /* DIRECTION_SENT: from the client */
	const void *data;
	size_t len;
};

#define FEED_REQUEST(text)                                                                         \
	{                                                                                          \
		DIRECTION_SENT, text, sizeof(text) - 1                                             \
	}
#define FEED_RESPONSE(text)                                                                        \
	{                                                                                          \
		DIRECTION_RECEIVED, text, sizeof(text) - 1                                         \
	}

struct feed {
	const struct feed_message *messages;
	size_t count;
	const struct protocol *decode_as; /* NULL: infer */
	enum transport transport;	  /* TRANSPORT_UNKNOWN means TCP */
	enum role role;			  /* of the recorded process; UNKNOWN lets the bytes tell */
	bool midstream;
	uint64_t plaintext; /* bit N: message N, counted from 0, is TLS plaintext, not the wire */
	bool byte_by_byte;  /* deliver every byte as an event of its own */
	size_t keep;	    /* of bodies; see struct session_options */
	size_t lose;	    /* this message, counted from 1, is lost; 0: none */
	size_t lose_from;   /* only its bytes from here on are lost */
	size_t snap;	    /* of each message so much was captured; 0: all */
	/* Columns, as in struct session_options. */
	const struct wanted *wanted;
	bool packs; /* at its end the connection can be put aside */
	/* For feed_answer(): what records are as lines of text, too; put aside after each message.
	 */
	bool described;
	bool aside;
};

/*
 * One line of JSON per record, in the order of emission: outcome, then the protocol's
 * columns, then note. OUT is cleared first and terminated (not counted in len).
 */
void feed_run(const struct feed *feed, struct buffer *out);

/*
 * Runs the conversation whole, byte by byte, in random pieces, put aside and taken up again between
 * any two of these, and cut at every byte of every message (no crash, no hang), and checks that all
 * but the last give the same text: EXPECTED, unless that is NULL. Then feed_variations_check().
 */
void feed_check(const struct feed *feed, const char *expected);

/*
 * Appends what is made of the conversation: its records, where they stand, and how the bytes were
 * understood. Returns the protocol that was spoken first; NULL: none.
 */
const struct protocol *feed_answer(const struct feed *feed, struct buffer *answer);

/*
 * Changes the conversation at one place after the other, and checks that what is made of all that
 * is what it was when tests/unit/feeds/NAME.txt of this program was written: feed_check() does so.
 * CONTRIBUTING.md says what to do when it isn't.
 */
void feed_variations_check(const struct feed *feed);

#endif
