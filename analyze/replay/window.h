/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_WINDOW_H
#define SOCKTAPE_ANALYZE_REPLAY_WINDOW_H

#include "analyze/replay/replay.h"
#include "format/recording.h"

/*
 * How little of a recording must be read for a selection: of time, from a lead before it to as much
 * behind it; of connections, those selected, or had by processes that are (reach.h), and those at
 * their other ends, for the twins of their records. What else than data there is, is read all the
 * same: processes, connections, losses.
 *
 * A selected result is the same as without: what may differ because something was left out is told.
 */
struct window {
	struct selection *selection; /* NULL: everything is read */
	struct recording *recording;
	const struct id_set *chosen; /* the connections that are selected, while `narrow` */
	int64_t from;		     /* wall clock; INT64_MIN: from the beginning */
	int64_t to;		     /* INT64_MAX: to the end */
	bool narrow;		     /* connections are selected */
	bool twins;		     /* what stands at their other ends is needed, too */
	bool wide;		     /* that may be anywhere */
	bool cut;		     /* the end was left out */
	uint64_t conns[4];	     /* of those that are needed, bit (id mod 256) */
	struct map ports; /* of TCP connections that are selected: both ports as the other end has
			   * them */
};

/*
 * By the options of a replay. RECORDING may be NULL: events are fed, and all of them come. REACHED:
 * the connections of the processes that are selected; NULL: they could be any.
 */
void window_open(struct window *w, const struct replay_options *options,
		 struct recording *recording, const struct id_set *reached);

/* A connection was told of. True when others, told of before, may be needed now. */
bool window_conn(struct window *w, const struct connection *c);

/* Whether the records of C are needed. */
bool window_needs(struct window *w, const struct connection *c);

/* Whether data of this time is needed; data that isn't may still come. */
static inline bool window_holds(const struct window *w, int64_t realtime)
{
	return realtime >= w->from && realtime < w->to;
}

/* Whether anything at all may be left out. */
static inline bool window_is_restricted(const struct window *w)
{
	return w->narrow || w->from != INT64_MIN || w->to != INT64_MAX;
}

/* Whether reading may end before the recording does. */
static inline bool window_ends(const struct window *w)
{
	return w->to != INT64_MAX;
}

/* Whether nothing that comes at this time or later is needed: reading ends here. */
bool window_is_past(struct window *w, int64_t realtime);

/* Whether a record may differ from what it would be, had all been read. */
static inline bool window_doubts(const struct window *w, bool unsettled)
{
	return unsettled || w->cut;
}

/* Makes RECORD say that it may differ. NOTE holds its note, and is the caller's. */
void window_note(bool unsettled, struct record *record, struct buffer *note);

void window_free(struct window *w);

#endif
