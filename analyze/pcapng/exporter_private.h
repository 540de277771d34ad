/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_EXPORTER_PRIVATE_H
#define SOCKTAPE_ANALYZE_PCAPNG_EXPORTER_PRIVATE_H

#include "analyze/pcapng/exporter.h"
#include "analyze/pcapng/interface.h"
#include "analyze/pcapng/joint.h"
#include "analyze/pcapng/queue.h"

/* Between exporter.c, which takes the events of both passes, and those that make packets of them.
 */

/* Streams that hold data back are looked after, up to this many. */
#define EXPORTER_HOLDING_MAX 1024

/* Where a layer of a connection is written. */
struct outlet {
	struct exporter *exporter;
	struct facts_conn *conn;
	enum layer layer;
	struct outlet *older; /* of those in memory, by their last use */
	struct outlet *newer;
	struct interface *interface; /* of the last event */
	struct buffer comment;	     /* for the next packet */
	struct joint *joint;
	bool listed; /* in the exporter's list of those that hold data back */
};

struct cold;

/* Connections that nobody uses, in files, when memory is short. */
struct aside {
	struct outlet *oldest;
	struct outlet *newest;
	struct cold *outlets; /* by connection and layer; made when needed */
	struct cold *conns;   /* by id: of which the first pass learnt nothing */
	struct buffer packed;
};

struct exporter {
	struct exporter_options options;
	struct facts facts;
	struct places *places;
	struct dump *out;
	bool split;	   /* into files */
	bool looks_inside; /* in the second pass, at least into some connections */
	struct queue *queue;
	struct interfaces *interfaces;
	struct replay *replay;
	struct map names; /* addresses whose name was written, into this file */
	struct outlet *holding[EXPORTER_HOLDING_MAX];
	size_t holding_count;
	int64_t held_since; /* when `holding` was last looked through; monotonic */
	struct aside aside;
	struct budget budget;	    /* of open streams, and what they hold back */
	uint64_t cut_segments;	    /* what streams may still spend on what was cut */
	uint64_t joint_waiting;	    /* bytes */
	uint64_t attributed_events; /* lost ones whose process is known */
	struct exporter_totals totals;
	enum tape_error error;
};

void exporter_fail(struct exporter *e, enum tape_error error);

/* ---- exporter_packet.c ---- */

struct exporter_source {
	struct interface *interface;
	struct facts_end *end; /* NULL where nobody keeps it */
	enum layer layer;
};

/* COMMENT is used up; its memory stays. */
void exporter_packet(struct exporter *e, const struct exporter_source *source,
		     const struct packet *packet, enum direction direction, int64_t ts,
		     struct buffer *comment);

/* Names the made-up address of a Unix socket's path, once in a file. */
void exporter_name_path(struct exporter *e, const struct facts_conn *c);

/* What is said on the first packet of a connection, into OUT; names Unix sockets' addresses. */
void exporter_describe(struct exporter *e, const struct facts_end *end, enum layer layer,
		       const struct place *place, struct buffer *out);

/* The interface of what PID did on C: that of both processes where both ends are one. */
struct interface *exporter_interface(struct exporter *e, const struct facts_end *end,
				     enum layer layer, uint32_t pid, const struct process *process);

/* ---- exporter_aside.c ---- */

/* O is new, or used: it is put aside after all others. */
void aside_add(struct exporter *e, struct outlet *o);
void aside_use(struct exporter *e, struct outlet *o);

/* The outlet of C, also when it was put aside; NULL: there is none. */
struct outlet *aside_outlet(struct exporter *e, struct facts_conn *c, enum layer layer);

/* The facts of a connection that was put aside; NULL: it wasn't. */
struct facts_conn *aside_conn(struct exporter *e, uint64_t id);

/* Puts outlets aside as long as memory is short, but not the one used last. */
void aside_make_room(struct exporter *e);

/* O goes away. */
void aside_remove(struct exporter *e, struct outlet *o);

void aside_free(struct aside *a);

/* ---- exporter_file.c ---- */

/* A queue_give_fn: the item goes into the file, or the next one of several. */
void exporter_write(void *e, const struct queue_item *item);

/* ---- exporter_record.c ---- */

/* Says what became of an exchange, on the packet that ended it. */
void exporter_record(struct exporter *e, const struct connection *from, const struct session *s,
		     const struct record *record);

/* ---- exporter_stream.c ---- */

/* What stands in front of a layer of C, which is JOINED midway or not. */
struct opening exporter_opening(const struct exporter *e, const struct facts_conn *c,
				enum layer layer, bool joined);

/* A connection on which nothing is said is shown, too. */
void exporter_stream_open(struct exporter *e, struct facts_conn *c, const struct connection *from,
			  int64_t ts);
void exporter_stream_data(struct exporter *e, struct facts_conn *c, const struct event *event,
			  const struct connection *from);
void exporter_stream_contents(struct exporter *e, struct facts_conn *c,
			      const struct contents *contents, const struct connection *from);
void exporter_stream_end(struct exporter *e, struct facts_conn *c, const struct connection *from);

/* It is NOW: what streams have held back too long goes out. */
void exporter_stream_expire(struct exporter *e, int64_t now);

/* After a second pass that was not finished. */
void exporter_stream_free(struct exporter *e);

/* ---- exporter_datagram.c ---- */

void exporter_datagram(struct exporter *e, struct facts_conn *c, const struct event *event,
		       const struct connection *from);

#endif
