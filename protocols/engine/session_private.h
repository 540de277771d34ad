/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_SESSION_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_ENGINE_SESSION_PRIVATE_H

#include "protocols/engine/backlog.h"
#include "protocols/engine/framer.h"
#include "protocols/engine/inference.h"
#include "protocols/engine/session.h"

/*
 * What the files of a session share: session.c is what callers see, sampling.c finds out which
 * protocol it is, speaking.c serves it, handover.c goes from one to the next, session_pack.c puts
 * it aside.
 */

/*
 *   SAMPLING --decided--> SPEAKING --switch, hopeless--> SAMPLING
 *       \--unknown--> IGNORING --the other side speaks--> SAMPLING
 */
enum phase {
	PHASE_SAMPLING, /* bytes wait in the backlog until the protocol is known */
	PHASE_SPEAKING, /* the framer cuts frames for the protocol */
	PHASE_IGNORING, /* unknown: bytes are thrown away */
};

/* What the protocol asked for: done once its message() has returned. */
enum handover {
	HANDOVER_NONE,
	HANDOVER_SWITCH,
	HANDOVER_WRAP,
};

/* Entries that go through the session before any new one: what waited, or was left over. */
struct waiting {
	struct waiting *below; /* comes after this one */
	struct backlog entries;
	size_t at;
};

/* While it is found out which protocol it is; and later for whoever asks why. */
struct sampling {
	struct inference inference;
	struct backlog backlog;
	enum direction turn; /* who speaks, and where in the backlog that begins */
	size_t turn_at;
};

struct entry;

/* What session_encrypted() told, with the memory of its texts. */
struct told_encryption {
	struct encryption encryption;
	struct buffer texts;
	uint64_t charged;
};

struct session {
	/* What every event asks for stands together: with many connections it is in no cache. */
	enum phase phase;
	bool finished;
	bool by_calls;	/* of the root */
	bool datagram;	/* the transport's */
	bool spoken_to; /* something came: FIRST spoke first */
	enum direction last_direction;
	enum role role;
	enum side sides[2]; /* by enum direction */
	struct waiting *waiting;
	const struct protocol *protocol; /* that is spoken; NULL while unknown */
	void *state;
	struct framer *framer; /* of streams */
	size_t speaking;       /* of root->spoken: what this one speaks, or spoke last */

	/*
	 * Once this one is wrapped, the bytes of the wire go to OUTER and this one waits for
	 * plaintext: data of LAYER_TLS, put in order by PLAIN, or what OUTER unwraps. A session
	 * that unwraps without having been put around another makes a session INSIDE.
	 */
	struct session *root;  /* the one of the connection, for all */
	struct session *trunk; /* whose branch this is (engine/branch.h); NULL: it is none */
	struct session *stem;  /* the branch that this one is of, or is inside of; else the root */
	struct session *outer;
	struct session *inside;
	struct spoken *spoken; /* of the root, for all */
	size_t spoken_count;
	struct framer_counts counts;
	uint64_t records;
	uint64_t emitted_position; /* of the last record */
	enum side emitted_side;
	unsigned emitted_repeat;
	struct address client;	      /* of the root: that a proxy introduced */
	bool made_inside;	      /* it isn't the one that waits, and is owned */
	struct reassembly reassembly; /* of streams */

	/* What is behind their first ones is rarely asked for: see session_fetch(). */
	struct session_options options;
	/* What options.wanted says of the tables that were asked about last. */
	struct asked_table {
		const struct table *table;
		const struct wanted *found;
	} asked[4];
	uint8_t asked_next; /* where the next one goes */
	bool midstream;	    /* the beginning wasn't seen; a handover makes a new one */
	bool restarted;	    /* the sample begins behind what nothing recognised */
	bool resumed;	    /* of the root: by session_restart() */
	unsigned attempts;
	const struct protocol *only; /* inference may find nothing else; NULL: anything */
	enum direction first;
	uint64_t datagram_lost_bytes;
	struct sampling *sampling;
	enum handover handover;
	const struct protocol *next;
	struct buffer bequest; /* for its open() */
	uint64_t bequest_charged;
	unsigned depth; /* how many made each other between the root and this one */
	struct reassembly *plain;
	uint64_t unwrapped[2]; /* bytes, by direction: unless none, events of LAYER_TLS aren't used
				*/

	uint64_t seam[2];		    /* of the root: where what is around it begins */
	struct told_encryption *encryption; /* of the stem; NULL: nothing was told */
	bool plaintext_elsewhere;	    /* of the root */
	struct entry *facts;		    /* of the root: what was learnt on this connection */
};

static inline bool session_is_datagram(const struct session *s)
{
	return s->datagram;
}

/* ---- speaking.c ---- */

/* Goes through the session, and all that waits because of it. */
void session_take(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes);

/*
 * The same for what nearly all runs are: of a protocol that is known, and nothing waits before it.
 * False: it is something else.
 */
bool session_take_at_once(struct session *s, enum direction direction, uint64_t offset,
			  const struct run *run);

/* Takes what ENTRIES hold, which is empty then, next; with session_drain(), now. */
void session_wait(struct session *s, struct backlog *entries);

void session_drain(struct session *s);

/* False when there is no memory. */
bool session_start_speaking(struct session *s, const struct protocol *protocol, enum role told);
void session_stop_speaking(struct session *s);

/* Of one frame that doesn't come in parts. */
size_t session_frame_keep_max(const struct session *s);

/* A framer for the protocol that is spoken. False when there is no memory. */
bool session_open_framer(struct session *s);

/* ---- sampling.c ---- */

void session_sample_entry(struct session *s, const struct backlog_entry *entry,
			  const uint8_t *bytes);

/*
 * A new sample begins; or the session ignores what comes, when that was tried too often.
 * HANDED_OVER: it begins with a message.
 */
void session_sample_again(struct session *s, bool handed_over);

/* Whether an entry is worth another try. */
bool session_may_sample_again(const struct session *s);

/* Decides with what there is; ENDED: no more will come. */
void session_decide(struct session *s, bool ended);

/* False when there is no memory. */
bool session_open_sampling(struct session *s);
void session_free_sampling(struct session *s);

/* ---- encryption.c ---- */

/* Whether calls of the TLS library have told plaintext of DIRECTION for S, which waits for it. */
static inline bool session_was_told(const struct session *s, enum direction direction)
{
	return s->plain && s->plain->streams[direction].next;
}

/* What TLS around S agreed on; empty when unknown. */
struct span session_alpn(const struct session *s);

void session_free_encryption(struct session *s);

/* ---- knowledge.c ---- */

void session_forget_all(struct session *root);

/* What was learnt on S, for session_pack(). False: it is too much. */
bool session_pack_facts(const struct session *s, struct buffer *out);

/* False when there is no memory. */
bool session_unpack_facts(struct session *s, struct unpack *in);

/* ---- session.c ---- */

/* ENTRY, however long, in pieces. ON_WIRE: a piece may put another session around S, which the next
 * one is for. */
void session_take_pieces(struct session *s, bool on_wire, struct backlog_entry *entry,
			 const uint8_t *bytes);

/* Puts plaintext that is told for S in order. False: no memory. */
bool session_open_plain(struct session *s);

/* ---- session_pack.c ---- */

/* S, which was just made, goes on as the session that was packed. False: no memory; to be dropped.
 */
bool session_take_up(struct session *s, struct unpack *in);

/* ---- handover.c ---- */

/* One more of the same connection. NULL: no memory, or too deep. */
struct session *session_new_related(struct session *s, bool plaintext);

/* One for what S unwraps, which has none. False: the same. */
bool session_make_inside(struct session *s);

/* Who takes the bytes that S was made for: what was put around it, if anything was. */
static inline struct session *session_outermost(struct session *s)
{
	while (s->outer)
		s = s->outer;
	return s;
}

/* Does what the protocol asked for behind a frame that came in DIRECTION, or gives it up. */
void session_hand_over(struct session *s, enum direction direction);

void session_free_bequest(struct session *s);

#endif
