/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_REPLAY_PRIVATE_H
#define SOCKTAPE_ANALYZE_REPLAY_REPLAY_PRIVATE_H

#include "analyze/replay/pass.h"
#include "analyze/replay/process_table.h"
#include "analyze/replay/replay.h"
#include "analyze/replay/window.h"
#include "format/map.h"
#include "protocols/cipher/keylog.h"
#include "protocols/engine/message_pool.h"

/* What the files of the replay share. */

#define ENDPOINT_TEXT_MAX 160

/* A connection with what only the replay needs. */
struct tracked {
	struct connection conn; /* first: sessions' records lead back to it */
	struct replay *replay;
	struct tracked *older; /* of those in memory, by their last use */
	struct tracked *newer;
	bool from_snapshot; /* opened in a segment that isn't there */
	bool begun[2];	    /* conn.begin is known, by enum direction */
	bool unsettled;	    /* its beginning was left out: its records may differ */
	bool given_up;	    /* for want of memory, and nothing came since */
	char local_text[ENDPOINT_TEXT_MAX];
	char remote_text[ENDPOINT_TEXT_MAX];
};

struct cold;

/* The connections that are open. Those that are idle are put aside in a file when memory is short.
 */
struct connection_table {
	struct map hot; /* by id: in memory */
	struct tracked
		*oldest; /* by their last use, once memory is short; by their beginning before */
	struct tracked *newest;
	struct tracked *used_last; /* NULL: it is gone */
	struct cold *aside;	   /* by id; made when needed */
	struct buffer packed;
	uint64_t given_up; /* whose sessions were ended, because they could not be put aside */
	int error;	   /* errno of the file; 0: nothing went wrong */
};

/* So many events ahead connections are known, and before that their ids; powers of two. */
#define COMING_EVENTS 8
#define COMING_IDS    4

struct coming {
	uint64_t ids[COMING_IDS];
	struct tracked *tracked[COMING_EVENTS]; /* NULL: unknown, or the same as before */
	unsigned at; /* of the one farthest ahead, modulo COMING_EVENTS */
};

struct replay {
	struct replay_options options;
	char *path;
	struct recording *recording; /* NULL: events are fed */
	struct pass pass;
	int64_t clock_offset; /* realtime minus monotonic of the last CLOCK event, when fed */
	struct process_table processes;
	struct libraries libraries;
	struct connection_table connections;
	struct coming coming;
	struct window window;
	struct id_set reached; /* connections of the processes that are selected, while NARROWED */
	bool narrowed;
	struct budget budget;
	struct message_pool messages;
	struct keylog *keylog; /* the recording's secrets; NULL: connections aren't looked into */
	uint64_t refused_secrets;
	uint32_t tid;			  /* of the data that was told last */
	int64_t now;			  /* latest time of an event that isn't from a snapshot */
	uint64_t local_ports[65536 / 64]; /* bit by port: a connection has it on its own side */
	unsigned steps;			  /* events read, modulo 2^32 */
	bool stop;
	enum tape_error error;
};

/* ---- connection_table.c ---- */

/* The connection of ID, which is the one used last now; NULL: there is none. */
struct tracked *connection_get(struct replay *r, uint64_t id);

/* A new one, where there is none. NULL: no memory, and the replay has the error. */
struct tracked *connection_add(struct replay *r, uint64_t id);

/* T goes away, its sessions too. */
void connection_remove(struct replay *r, struct tracked *t);

/* Calls END, which removes it, for each, in the order of their ids. False: no memory. */
bool connections_end(struct replay *r, void (*end)(struct replay *r, struct tracked *t));

/* Sets the process of T, which may be NULL. */
void connection_set_process(struct replay *r, struct tracked *t, const struct process *p);

/* Puts connections and processes aside as long as memory is short. Not the one used last. */
void connections_make_room(struct replay *r);

/* All are gone. */
void connections_free(struct replay *r);

/* ---- coming.c ---- */

/* An event was read: fetches into the caches what one that comes some events later will need. */
void coming_next(struct replay *r);

/* A connection goes away. */
void coming_forget(struct replay *r);

/* ---- opening.c ---- */

/* Begins the recording again where the pass before left something unresolved; false: it is done. */
bool replay_read_again(struct replay *r);

/* A secret is told: what it opens can be read from here on. */
void replay_take_secret(struct replay *r, const struct event_secret *secret);

/* ---- replay.c ---- */

/* The connection that EVENT tells of; 0: of none. */
uint64_t replay_event_conn(const struct event *event);

/* Whether the selection has EVENT, which is of T; T may be NULL. */
bool replay_wants_event(struct replay *r, const struct event *event, const struct tracked *t);

/* ---- connection_sessions.c ---- */

/* Whether DATA is plaintext that a socket's call moved, as the kernel makes, or opens, the records.
 */
static inline bool connection_by_kernel(const struct event_data *data)
{
	return data->layer == LAYER_TLS && !call_is_library(data->call) &&
	       data->call != CALL_CAPTURE;
}

/* For the session of a layer of T. */
struct session_options replay_session_options(struct tracked *t, enum layer layer);

/* The session that DATA belongs to, made where there is none. NULL: no memory, and the replay has
 * the error. */
struct session *replay_session(struct tracked *t, const struct event_data *data);

/* ---- connection_events.c ---- */

/* What EVENT is of; made where it opens a connection, or has data of one that nothing told of.
 * NULL: of none, or of none that is known, or no memory, and the replay has the error. */
struct tracked *connection_of_event(struct replay *r, const struct event *event);

/* What EVENT tells of T, which may be gone then. */
void connection_take(struct replay *r, struct tracked *t, const struct event *event);

/* Tells the end of T, which is gone then. */
void connection_end(struct replay *r, struct tracked *t);

#endif
