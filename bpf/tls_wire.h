/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_WIRE_H
#define SOCKTAPE_BPF_TLS_WIRE_H

/*
 * What plaintext stands for isn't copied at the socket: user space, which ties the two, would throw
 * it away (record/tls_tie.h). It follows the records by their headers, which are copied; so nothing
 * is left out but the bodies of application data in calls that begin where a record, or the rest of
 * a body, is known to begin, and that don't go beyond its end. All else is copied as it is.
 */

#include "bpf/copy.h"

/* RFC 8446, 5.1: type, version, length; and no body is longer than RFC 5246, 6.2.3 allows. */
#define TLS_WIRE_HEAD_LEN 5
#define TLS_WIRE_DATA	  23
#define TLS_WIRE_BODY_MAX (16384 + 2048)

/* Whether user space has the plaintext of what CONN moves in this direction. */
static __always_inline bool tls_wire_is_told(const struct kernel_conn_state *conn, __u8 direction)
{
	__u64 id = conn->id;
	__u64 place = id & (KERNEL_TIES - 1);
	__u64 tie;

	if (!(settings.flags & KERNEL_CONFIG_TLS))
		return false;
	tie = *(volatile __u64 *)&control.ties[place];
	return tie >> 2 == id && (tie & (direction == DIRECTION_SENT ? 1 << DIRECTION_SENT
								     : 1 << DIRECTION_RECEIVED));
}

/* The length of the record of application data whose header is at FROM; 0: there is none. */
static __always_inline __u64 tls_wire_record(__u64 from)
{
	__u8 head[TLS_WIRE_HEAD_LEN] = {};
	__u64 body;

	if (user_read(head, sizeof(head), from) || head[0] != TLS_WIRE_DATA || head[1] != 3 ||
	    head[2] != 3)
		return 0;
	body = (__u64)head[3] << 8 | head[4];
	return body <= TLS_WIRE_BODY_MAX ? TLS_WIRE_HEAD_LEN + body : 0;
}

/* Decides what is kept of MOVED bytes of CONN whose plaintext user space has. */
static __noinline int tls_wire_trim(struct lane *lane, struct kernel_conn_state *conn, __u64 moved)
{
	struct walk *walk = &lane->walk;
	__u64 *end = &conn->tls_end[walk->direction & 1];
	__u64 record;

	if (!walk->keep || walk->rest || settings.snaplen <= TLS_WIRE_HEAD_LEN)
		return 0;
	if (walk->offset + moved <= *end) {
		walk->keep = 0;
		walk->cut = CUT_TLS_WIRE;
		return 0;
	}
	if (walk->source.kind != SOURCE_BUFFER || moved < TLS_WIRE_HEAD_LEN)
		return 0;
	record = tls_wire_record(walk->piece);
	/* Bytes of a body that look like a header don't end where a call does, too. */
	if (!record || moved > record ||
	    (walk->offset != *end && moved != TLS_WIRE_HEAD_LEN && moved != record))
		return 0;
	*end = walk->offset + record;
	if (moved == TLS_WIRE_HEAD_LEN)
		return 0;
	walk->keep = TLS_WIRE_HEAD_LEN;
	walk->cut = CUT_TLS_WIRE;
	return 0;
}

/* As message_begin(), of MOVED bytes of CONN. */
static __always_inline void tls_wire_begin(struct lane *lane, struct kernel_conn_state *conn,
					   __u64 moved)
{
	struct walk *walk = &lane->walk;

	message_begin(walk, moved);
	if (walk->layer == LAYER_WIRE && tls_wire_is_told(conn, walk->direction))
		tls_wire_trim(lane, conn, moved);
}

#endif
