/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_JOINT_H
#define SOCKTAPE_ANALYZE_PCAPNG_JOINT_H

#include "analyze/pcapng/stream.h"

/*
 * One layer of a connection as it is written, out of what one or both of its ends saw.
 *
 * The order is that of the end whose name it has: there a response never comes before its request,
 * while the clocks of two processes on two processors tell of a call's end, not of its bytes. The
 * other end adds what this one never had: bytes that were sent and never read, and what was lost.
 */
struct joint;

/* Bytes that wait, in all joints, for the end that has to come first; beyond, they are left out. */
#define JOINT_WAITING_MAX (8u << 20)

struct joint_options {
	struct stream_options stream;
	/* Of the end that is written, by direction: where it ends, and whether it has all of it. */
	uint64_t high[2];
	bool complete[2];
	uint64_t *waiting; /* bytes, of all joints */
};

/* Begins the stream, at TS. NULL when there is no memory. */
struct joint *joint_new(const struct joint_options *options, int64_t ts);

/*
 * Data as the written end sees it: what the other end sent is received. OWN: it is the written end
 * that saw it. False when something had to be left out for want of memory.
 */
bool joint_data(struct joint *j, bool own, const struct event_data *data, int64_t ts);

/* The written end has ended: nothing has to wait for it any more. */
void joint_own_end(struct joint *j);

/* As of the stream. */
bool joint_waits(const struct joint *j);
void joint_expire(struct joint *j, int64_t now);
void joint_finish(struct joint *j, const struct stream_end *end);

/* As of the stream. False while something waits: nothing is put into OUT then. */
bool joint_pack(const struct joint *j, struct buffer *out);
struct joint *joint_unpack(struct unpack *in, void *context);

/* Bytes of memory of one in which nothing waits. */
size_t joint_size(void);

void joint_free(struct joint *j); /* NULL is fine */

#endif
