/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_TCP_H
#define SOCKTAPE_ANALYZE_CAPTURE_TCP_H

#include "analyze/capture/emit.h"
#include "analyze/capture/packet.h"
#include "analyze/capture/pieces.h"

/*
 * TCP as somebody sees it who watches the packets of both ends (RFC 9293).
 *
 * Bytes are given out in order, and never before what their sender had received when it sent
 * them: a response doesn't come before its request, even when the capture has them the other way
 * round. What is missing is waited for, in the capture's time: 100 ms when the other end has
 * acknowledged it (only disorder in the capture can still bring it), 30 seconds when not (it will
 * be sent again), and in any case for 16 packets; less when the memory is full. Then it is a hole
 * of exactly the missing length.
 */

/* One direction of a connection. */
struct tcp_half {
	uint64_t next;	   /* position of the next byte to give out */
	uint64_t end;	   /* position of the FIN */
	uint64_t acked;	   /* the other end has acknowledged up to here (a FIN counts as a byte) */
	int64_t last_ts;   /* of what was given out last */
	uint32_t next_seq; /* the sequence number of `next` */
	uint32_t isn;
	uint32_t first_ack; /* the lowest acknowledgement that came for it before it started */
	uint64_t packets;   /* that the capture has of it */
	bool started;	    /* next_seq is known */
	bool isn_known;
	bool has_first_ack;
	bool fin;
	struct pieces pending; /* they wait for a byte before them, or for the other half */
};

/* What a connection waits for: name, nanoseconds at most. */
#define TCP_WAITS(X)                                                                               \
	X(ACKED, INT64_C(100000000))                                                               \
	X(UNACKED, INT64_C(30000000000))                                                           \
	X(RESET, INT64_C(1000000000)) /* packets that were under way when the RST was sent */

enum tcp_wait {
#define TCP_WAIT_ENUM(name, ns) TCP_WAIT_##name,
	TCP_WAITS(TCP_WAIT_ENUM)
#undef TCP_WAIT_ENUM
	TCP_WAIT_COUNT,
	TCP_WAIT_NONE = TCP_WAIT_COUNT,
};

struct tcp_connection {
	uint64_t id;
	struct tcp_half half[2]; /* by enum direction */
	enum conn_state state;	 /* by the handshake, as far as it was seen and told */
	bool closed;		 /* CLOSE was given out */
	bool reset;
	enum direction reset_by;
	int64_t reset_ts;

	enum tcp_wait wait;
	enum direction wait_half; /* that has to move on */
	uint64_t wait_next;	  /* where it stood when the waiting began */
	int64_t wait_since;
	uint64_t wait_since_packet;
	struct tcp_connection *older;
	struct tcp_connection *newer;
};

struct tcp_wait_list {
	struct tcp_connection *oldest;
	struct tcp_connection *newest;
};

/* What all connections share. Zeroed but for the emitter and the maximum: ready. */
struct tcp_engine {
	struct emitter *emitter;
	struct tcp_wait_list waits[TCP_WAIT_COUNT];
	size_t pending_memory;
	size_t pending_memory_max;
	uint64_t packets; /* seen by tcp_expire() */
};

/* P starts another connection between the same addresses than C. */
bool tcp_is_new_connection(const struct tcp_connection *c, enum direction direction,
			   const struct packet *p);

/* Takes in a packet that C's end DIRECTION sent. */
void tcp_packet(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		const struct packet *p);

/* Gives up waiting where the time is over. To be called with each packet's time. */
void tcp_expire(struct tcp_engine *tcp, int64_t now);

/*
 * Gives out all that C still holds, with holes where bytes are missing, and its CLOSE if it ended
 * (or if ENDED, for a connection that is known to be over). C may go away then.
 */
void tcp_finish(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now, bool ended);

#endif
