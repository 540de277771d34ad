/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_SELECTION_H
#define SOCKTAPE_ANALYZE_REPLAY_SELECTION_H

#include "analyze/replay/id_set.h"
#include "protocols/protocol.h"

/*
 * What a user wants to see of a recording: one selection for every command. Each kind can be given
 * several times: any of the same kind will do, and all kinds must agree.
 *
 * It remembers what it was asked about, so that a selection that matched nothing can say why.
 */
enum selection_kind {
	SELECT_CONN,
	SELECT_PID,
	SELECT_NAME, /* of the process */
	SELECT_CONTAINER,
	SELECT_PROTOCOL,
	SELECT_ROLE,
	SELECT_OUTCOME,
	SELECT_RECORD,
	SELECT_ADDR, /* of an end, or of a client that a proxy introduced */
	SELECT_KINDS,
};

#define SELECT_BIT(kind) (1u << (kind))
/* Kinds that only an exchange can answer, not a connection; and those that need its protocol. */
#define SELECT_OF_RECORDS (SELECT_BIT(SELECT_OUTCOME) | SELECT_BIT(SELECT_RECORD))
#define SELECT_OF_PROCESSES                                                                        \
	(SELECT_BIT(SELECT_PID) | SELECT_BIT(SELECT_NAME) | SELECT_BIT(SELECT_CONTAINER))
#define SELECT_OF_SESSIONS                                                                         \
	(SELECT_OF_RECORDS | SELECT_BIT(SELECT_PROTOCOL) | SELECT_BIT(SELECT_ROLE) |               \
	 SELECT_BIT(SELECT_ADDR))

/* Names a record, as its id does: see row_id(). */
struct record_name {
	uint64_t conn;
	uint64_t position;
	enum side side;
	bool tls;
	unsigned repeat;
};

/* False when TEXT is no id of a record. */
bool record_name_parse(const char *text, struct record_name *name);

/* Values that were there to be matched, for a message. */
#define SELECTION_SEEN 8

struct selection_tally {
	uint64_t hits; /* that this kind alone let pass */
	char *seen[SELECTION_SEEN];
	bool more; /* than SEEN holds */
};

struct selection {
	unsigned kinds; /* SELECT_BIT() of those that were given */
	int64_t since;	/* ns since the epoch; 0: none */
	int64_t until;
	struct id_set conns;
	struct buffer pids;	 /* uint64_t each */
	struct buffer texts[2];	 /* const char * each: names, containers */
	struct buffer tables;	 /* of the tables */
	unsigned roles;		 /* bit by enum role */
	unsigned outcomes;	 /* bit by enum outcome */
	struct buffer records;	 /* struct record_name each */
	struct buffer addresses; /* struct address each; without port or family: any */

	bool resolved;	      /* the connections were found by what was asked first */
	uint64_t lowest_conn; /* that the recording has; 0: none was seen */
	uint64_t highest_conn;
	uint64_t asked;
	uint64_t matched;
	int64_t first; /* earliest and latest time that the recording has, as far as seen */
	int64_t last;
	uint64_t in_time;
	struct selection_tally tallies[SELECT_KINDS];
};

#define SELECTION_PROTOCOLS 8

/* Local, remote, the peer of a datagram, the client behind a proxy. */
#define SELECTION_ADDRESSES 4

/* What a row, an event or a connection has to say. What isn't known matches nothing. */
struct selection_subject {
	uint64_t conn;
	uint32_t pid;
	const char *name;
	const char *container;
	const struct table *table;			       /* of a record; or NULL, then: */
	const struct protocol *protocols[SELECTION_PROTOCOLS]; /* that a connection spoke */
	const struct address *addresses[SELECTION_ADDRESSES];  /* each may be NULL */
	enum role role;
	int outcome; /* enum outcome, or -1 */
	uint64_t position;
	enum side side;
	bool tls;
	unsigned repeat;
	int64_t from; /* when; of what lasts, from when to when */
	int64_t to;
};

/* Whether nothing was selected: everything matches. */
static inline bool selection_is_all(const struct selection *s)
{
	return !s->kinds && !s->since && !s->until;
}

/* Whether a moment, or something that lasts, lies in the time selected. */
bool selection_has_time(const struct selection *s, int64_t from, int64_t to);

/* Whether KIND was not given, or has what the subject says. */
bool selection_has(const struct selection *s, enum selection_kind kind,
		   const struct selection_subject *subject);

/* Whether time and all kinds of KINDS agree. Counted for selection_explain(). */
bool selection_matches(struct selection *s, unsigned kinds,
		       const struct selection_subject *subject);

/* The recording has this connection; whether it is selected or not. */
static inline void selection_saw_conn(struct selection *s, uint64_t id)
{
	if (!s->lowest_conn || id < s->lowest_conn)
		s->lowest_conn = id;
	if (id > s->highest_conn)
		s->highest_conn = id;
}

/* The recording has something from FROM to TO. */
static inline void selection_saw_time(struct selection *s, int64_t from, int64_t to)
{
	if (!s->last || from < s->first)
		s->first = from;
	if (to > s->last)
		s->last = to;
}

/* Takes VALUE for KIND; false when it is none. */
bool selection_add(struct selection *s, enum selection_kind kind, const char *value);

/* From now on these connections, in place of what KINDS said. Takes the set. */
void selection_resolve(struct selection *s, unsigned kinds, struct id_set *conns);

/*
 * Why it can't match anything, whatever the recording: appended to WHY, true. Names options as in
 * selection_option_name().
 */
bool selection_contradicts(const struct selection *s, struct buffer *why);

/* Why nothing matched, and what would have: appended to WHY. False when something matched. */
bool selection_explain(const struct selection *s, struct buffer *why);

/* At the end: the same on stderr, in the name of COMMAND. Whether there was something to tell. */
bool selection_tell(const struct selection *s, const char *command);

/* "--pid" */
const char *selection_option_name(enum selection_kind kind);

void selection_free(struct selection *s);

#endif
