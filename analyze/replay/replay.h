/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_REPLAY_H
#define SOCKTAPE_ANALYZE_REPLAY_REPLAY_H

#include "analyze/replay/libraries.h"
#include "format/recording.h"
#include "analyze/replay/selection.h"
#include "protocols/engine/session.h"

/*
 * Runs a recording through the protocols: keeps the processes and connections that it tells of,
 * gives each connection's bytes to its sessions, and tells the handlers what happens. All that
 * input can make grow is charged to one budget of memory: connections and processes that are not in
 * use are put aside in a file when it is short.
 */
struct replay;

/* A process as the recording last told of it. Owned by the replay, valid until the next event. */
struct process {
	uint64_t number; /* of what was told, from 1 on: another for the same process told anew */
	uint32_t pid;
	uint32_t ppid;
	uint32_t uid;
	uint32_t gid;
	int64_t start_ts;
	const char *name; /* all terminated, "" when unknown */
	const char *exe;
	const char *cmdline; /* arguments parted by spaces */
	const char *user;
	const char *cgroup;
	const char *container;
};

/* A connection. Owned by the replay; valid during the call of a handler. */
struct connection {
	uint64_t id;
	uint64_t revision;	       /* grows when something below is told anew */
	const struct process *process; /* NULL when unknown */
	struct session *sessions[2];   /* by enum layer; NULL when nothing was seen there */
	int64_t end_ts;		       /* closed, or the last event */
	uint32_t pid;		       /* that used it last; 0 when unknown */
	uint32_t netns;
	/*
	 * Of the wire layer, by enum direction: moved in all, which is the last position known;
	 * kept; left out because the user said so; and already moved when it was first told of.
	 */
	uint64_t moved[2];
	uint64_t kept[2];
	uint64_t snapped[2];
	uint64_t begin[2];
	uint64_t inode;
	enum transport transport;
	enum role role; /* of the recorded process, as the recorder told; see connection_role() */
	enum conn_origin origin;
	struct address local;
	struct address remote;
	const char *local_text; /* "127.0.0.1:80", "unix:/run/x.sock", "" */
	const char *remote_text;
	int64_t start_ts; /* opened, or first seen */
	bool closed;
	enum conn_state state;	  /* CONN_UNKNOWN where the recording doesn't tell */
	enum conn_end state_by;	  /* which end brought it there */
	uint16_t error;		  /* enum conn_error, of a state that is one */
	int64_t established_ts;	  /* end of the handshake that began at start_ts; 0 when unknown */
	int64_t reset_ts;	  /* 0: it was not */
	uint64_t unseen_bytes[2]; /* of lost_bytes: by calls that no hook saw, by enum direction */
	enum tls_tie tie;	  /* how recorded plaintext of TLS was found to belong here */
	uint32_t library;	  /* of it, by number; 0 when unknown */
	uint64_t plain_missing;	  /* bytes of it that the recorder says it didn't see */
	bool by_kernel;		  /* of it, some is what the kernel made TLS of, or opened */
	/* Known when conn_end() is called. */
	uint64_t earlier_bytes; /* moved before what there is of the recording; of lost_bytes */
	uint64_t lost_bytes;	/* moved but neither kept nor left out, of both directions */
};

/* How long the handshake took, in ns; -1 when unknown. */
int64_t connection_connect_ns(const struct connection *c);

/* The role the bytes told, where the recorder couldn't. */
enum role connection_role(const struct connection *c);

/* The session with the application's protocol: the TLS plaintext if there is any. May be NULL. */
const struct session *connection_session(const struct connection *c);

/* Whether a connection's TLS was read, and of what. */
struct connection_tls {
	bool is; /* it speaks TLS, or plaintext of TLS was recorded; else all is empty */
	struct encryption encryption;  /* unread: why it was not, or not all; may be empty */
	const struct library *library; /* of the process; NULL when unknown */
};

/* Borrowed until more events come. */
struct connection_tls connection_tls(const struct connection *c);

/* What a selection asks about. */
struct selection_subject connection_subject(const struct connection *c);

/* The protocol that was spoken first, by name; "" while unknown. */
const char *connection_protocol_name(const struct connection *c);

/*
 * What was spoken on the connection, in all its layers, the plaintext's first: at most MAX of them
 * go to LIST; returns how many there are.
 */
size_t connection_spoken(const struct connection *c, struct spoken *list, size_t max);

/* Each may be NULL. CONN may be NULL for events that belong to none. */
struct replay_handlers {
	void (*event)(void *context, const struct event *event, const struct connection *conn);
	void (*record)(void *context, const struct connection *conn, const struct session *s,
		       const struct record *record);
	void (*conn_end)(void *context, const struct connection *conn);
	/* Data of one of many connections comes soon: for what the others need then (prefetch.h).
	 */
	void (*coming)(void *context, uint64_t conn);
	/* Plaintext that keys opened, as EVENT_DATA of LAYER_TLS; each stream in order. */
	void (*plaintext)(void *context, const struct event *event, const struct connection *conn);
	/* What frames hold in another form, of a stream of LAYER; see struct contents. */
	void (*contents)(void *context, const struct connection *conn, enum layer layer,
			 const struct contents *contents);
	/* A frame of the stream ends before POSITION; told once it is known, in order. */
	void (*border)(void *context, const struct connection *conn, enum layer layer,
		       enum direction direction, uint64_t position);
	void *context;
};

/* Bytes of streams that are buffered, and rows that wait, unless told otherwise. */
#define REPLAY_MEMORY_LIMIT (256ull << 20)

/*
 * Of a time that is selected so much before is read, so that what happened then is understood as
 * if all had been read; and so much behind, for what began in it to end.
 */
#define REPLAY_LEAD_NS (60 * 1000000000ll)

/* A recording that comes through a pipe, and what has been read of it already. */
struct replay_pipe {
	int fd;
	struct span begin;
};

struct replay_options {
	struct replay_handlers handlers;
	/*
	 * May be NULL: everything. Events, and the ends of connections, that it doesn't select are
	 * not told. Records are all told that the selected ones can't do without: who takes them
	 * selects.
	 */
	struct selection *selection;
	/* Nothing outside of the selected time is wanted: as little as possible of it is read. */
	bool window;
	/*
	 * Goes on as long as the recording is written, or a pipe is; not with `window`. What only a
	 * later connection tells is not known then.
	 */
	bool follow;
	const struct replay_pipe *pipe;	  /* not NULL: in place of the path; FOLLOW is set, too */
	const struct protocol *decode_as; /* NULL: infer */
	struct keylog *keylog;		  /* secrets beside those of the recording; may be NULL */
	struct protobuf_schema *protobuf; /* of --proto; may be NULL */
	bool explain;			  /* keep what session_candidates() tells */
	size_t keep;			  /* of bodies; see struct session_options */
	const struct wanted *wanted;	  /* columns that are asked for; NULL: all. Outlives it */
	/*
	 * Where only another connection tells what something means, read all of the recording and
	 * then from its beginning again (pass.h). Without a recording: see replay_again().
	 */
	bool resolve;
	bool no_sessions; /* only events and connections: no inference */
	/* May be NULL; else only the connections for which it says so are looked into. */
	bool (*parses)(void *context, uint64_t conn);
	unsigned threads;	       /* processors to use; 0 or 1: this thread alone */
	uint64_t memory_limit;	       /* for buffered stream bytes; 0: 256 MiB */
	recording_problem_fn *problem; /* may be NULL */
	void *problem_context;
	/* Called after every event, when not NULL. */
	void (*progress)(void *context, const struct recording_status *status);
	void *progress_context;
};

/* Opens PATH; see recording_open(). */
MUST_CHECK enum tape_error replay_new(const char *path, const struct replay_options *options,
				      struct replay **r);

/*
 * Reads one event and tells the handlers what comes of it. False when there is none any more: then
 * replay_end() gives what is still open. For those who pull; the others have replay_run().
 */
bool replay_step(struct replay *r);

/* After replay_step() was false: of a recording that is followed, more may come. */
bool replay_waits(const struct replay *r);

/* What there is of it by now is all that is wanted. */
void replay_follow_no_more(struct replay *r);

/* Goes through the whole recording. */
MUST_CHECK enum tape_error replay_run(struct replay *r);

/*
 * Without a recording: events are fed one by one, then replay_end() ends what is still open. NULL
 * when there is no memory. replay_run() and replay_status() are not for this one.
 */
struct replay *replay_new_fed(const struct replay_options *options);
void replay_event(struct replay *r, const struct event *event);
MUST_CHECK enum tape_error replay_end(struct replay *r);

/*
 * Before replay_end(): true when all that was fed must be fed once more, because handlers were not
 * told of all (replay_options.resolve). Then ask again.
 */
bool replay_again(struct replay *r);

/* Asks replay_run() to stop after the current event: for --limit. */
void replay_stop(struct replay *r);

/* Whether some of the recording is left out because nobody needs it: see `window` above. */
bool replay_is_restricted(const struct replay *r);

/* The latest time of an event so far; monotonic. */
int64_t replay_now(const struct replay *r);

/* The thread that moved the data which is being replayed; 0 when unknown. */
uint32_t replay_thread(const struct replay *r);

/* Whether a connection so far has this port on the recorded process's side. */
bool replay_is_local(const struct replay *r, uint16_t port);

/* Wall clock of a monotonic time, by the clock pairs read so far. */
int64_t replay_realtime(const struct replay *r, int64_t ts);

const struct recording_status *replay_status(const struct replay *r);

/* Process by pid, as last told; NULL when unknown. */
const struct process *replay_process(struct replay *r, uint32_t pid);

/* Different processes told of so far. */
uint64_t replay_process_count(const struct replay *r);

/* Connections that were ended because memory was short and they could not be put aside. */
uint64_t replay_given_up(const struct replay *r);

/* TLS secrets that the budget had no room for. */
uint64_t replay_refused_secrets(const struct replay *r);

/* errno of the file for what is put aside; 0: nothing went wrong. */
int replay_file_error(const struct replay *r);

/* Stream bytes that were not buffered because of memory_limit. */
uint64_t replay_refused_bytes(const struct replay *r);

void replay_free(struct replay *r); /* NULL is fine */

#endif
