/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_FACTS_H
#define SOCKTAPE_ANALYZE_PCAPNG_FACTS_H

#include "analyze/pcapng/borders.h"
#include "analyze/replay/replay.h"
#include "format/map.h"
#include "format/pack.h"

/*
 * What must be known of every connection before the first packet is written: its protocol, who is
 * the client, where its bytes begin, and whether its other end was recorded too. Gathered by a
 * first pass over the recording; a few hundred bytes a connection, whatever it moved, and no more
 * than was allowed: of connections beyond that, the second pass knows what it sees (facts_live()).
 */

/* Peers of datagram sockets that are kept apart; of those beyond, no twin is looked for. */
#define FACTS_PEERS_MAX 262144

/* The first bytes of a stream, to be compared with those of its other end. */
#define FACTS_PREFIX 16

/* How what is inside TLS is shown. */
enum export_tls {
	EXPORT_TLS_PLAINTEXT, /* as a connection in clear, where Wireshark dissects it */
	EXPORT_TLS_KEYS,      /* by Wireshark itself, with the secrets */
	EXPORT_TLS_CARRIER,   /* in TLS that encrypts nothing, on the server's own port */
};

/*
 * Beside the layers of a recording: what frames of one of them hold in another form (contents.h).
 * Arrays by layer have as many elements.
 */
#define LAYER_CONTENTS ((enum layer)(LAYER_TLS + 1))
#define LAYERS_SHOWN   (LAYER_TLS + 2)

struct outlet;

/* Where the packets of a connection are shown; both of one family, IPv4 or IPv6. */
struct place {
	struct address client;
	struct address server;
	bool local_is_client;
};

/* What a process is called in a capture: "nginx[812]", and what is said of it: its command line.
 * Owned by the facts. */
struct facts_process {
	char *name;
	char *description;
};

/*
 * One end of a conversation, as a recorded process saw it: a stream connection, or what a datagram
 * socket exchanged with one peer.
 */
struct facts_end {
	struct facts_conn *conn;
	struct facts_end *next; /* of the same connection */
	struct address remote;
	uint64_t moved[2]; /* by enum direction: of streams the highest position, of datagrams a sum
			    */
	int64_t start_ts;  /* monotonic */
	int64_t end_ts;
	struct facts_end *twin; /* the other end of the same conversation, when it was recorded */
	bool left_out;		/* written with the twin, under its name and in its place */
	bool joined[LAYERS_SHOWN]; /* by layer: the positions of both ends mean the same bytes */
	bool from_twin[2];	   /* datagrams, by direction: the twin saw more of them */
	bool placed;		   /* second pass, datagrams: `place` is set */
	struct place place;
	uint32_t file[LAYERS_SHOWN]; /* second pass, by layer: the newest file that has it; 0: none
				      */
};

/* One direction of one layer. */
struct facts_stream {
	uint64_t lowest; /* first position seen; UINT64_MAX: none */
	uint64_t high;	 /* where it ended */
	uint64_t there;	 /* bytes that were kept, or left out because the user said so */
	uint8_t prefix_len;
	uint8_t prefix[FACTS_PREFIX]; /* from `lowest` on, as far as it came in order */
};

/* Of each layer and direction. */
struct facts_borders {
	struct borders of[LAYERS_SHOWN][2];
};

struct facts_conn {
	uint64_t id;
	enum transport transport;
	enum role role; /* of the recorded process; unknown only until the end of the first pass */
	bool opened;	/* its positions count from its first byte */
	bool whole;	/* recorded from its first byte on */
	bool closed;	/* a CLOSE event said so */
	bool starts_with_line; /* the first bytes kept hold a whole line */
	bool has_data;	       /* of the wire layer */
	bool wanted;	       /* it is selected */
	bool ended;	       /* by the replay: what comes later under this id is ignored */
	bool live;	       /* not gathered by a first pass */
	uint32_t netns;
	struct address local;  /* Unix: family ADDRESS_UNIX, `ip` made from the path, or zeros */
	struct address remote; /* of the socket; datagrams may have peers of their own */
	char *path; /* of the Unix socket that is the server: "unix:/run/x.sock"; or NULL */
	const struct facts_process *process;	       /* that used it last; NULL when unknown */
	const struct protocol *protocol[LAYERS_SHOWN]; /* by layer; NULL when unknown */
	struct facts_stream streams[LAYERS_SHOWN][2];  /* by layer and direction */
	struct facts_borders *borders;		       /* NULL where there are none */
	bool has_plaintext;			       /* that is shown */
	bool decrypted;				       /* of it some was opened with keys */
	bool has_keys;				       /* Wireshark will open it */
	bool by_kernel; /* of the wire there are lengths of plaintext: the kernel made the records
			 */
	/*
	 * What was said in clear before TLS belongs in front of the plaintext, by direction: so
	 * many bytes of the wire (splice.h).
	 */
	uint64_t spliced[2];
	const struct protocol *inside; /* TLS; NULL when unknown */
	bool has_contents;	       /* frames hold something in another form, which is shown */
	enum layer contents_of;	       /* whose frames */
	uint64_t contents_at[2];       /* by direction: so much of them was told, in this pass */
	char *sni;		       /* NULL: none, or not needed */
	uint64_t lost_bytes;
	struct facts_end *ends; /* a stream has one */

	/* Second pass. */
	struct outlet *outlets[LAYERS_SHOWN]; /* by layer; at the end that is written */
	bool aside[LAYERS_SHOWN];	      /* by layer: it was put aside */
	bool written;			      /* its end has come */
};

struct facts {
	struct map conns;		   /* by id */
	struct map peers;		   /* struct facts_end of datagrams, by facts_peer_key() */
	struct map processes;		   /* struct facts_process, by hash */
	const struct selection *selection; /* of connections; NULL: all */
	uint64_t seed;
	uint64_t limit; /* bytes of memory that the facts may take */
	uint64_t used;
	bool full; /* no more connections are taken */
	uint64_t refused_conns;
	int64_t newest; /* time of any event so far */
	int64_t late;	/* how much older than that an event was, at most; ns */
	uint64_t peer_count;
	uint64_t refused_peers; /* datagrams of peers beyond FACTS_PEERS_MAX */
	uint64_t lost_events;
	uint64_t lost_bytes;
	uint64_t secrets;
	bool no_contents; /* none are shown */
	enum export_tls tls;
	const struct keylog *keylog; /* the user's; may be NULL */
	struct buffer lines;	     /* of it, those of connections that are selected */
	struct map randoms;	     /* the hashes of their client randoms, in hexadecimal */
	enum tape_error error;
};

/* LIMIT: bytes of memory. */
void facts_init(struct facts *f, const struct selection *selection, uint64_t limit);

/* For the first pass: the handlers of a replay with sessions. */
void facts_event(void *context, const struct event *event, const struct connection *c);
void facts_plaintext(void *context, const struct event *event, const struct connection *c);
void facts_conn_end(void *context, const struct connection *c);
void facts_contents(void *context, const struct connection *c, enum layer layer,
		    const struct contents *contents);
void facts_border(void *context, const struct connection *c, enum layer layer,
		  enum direction direction, uint64_t position);

/*
 * Either pass: CONTENTS as data of LAYER_CONTENTS of C, in *COPY where its bytes are others. False:
 * there are none to be shown.
 */
bool facts_contents_data(struct facts_conn *c, const struct protocol *protocol,
			 const struct contents *contents, struct event_data *data,
			 struct buffer *copy);

/* After the replay: makes up its mind about roles. */
void facts_finish(struct facts *f);

/* Whether a secret of this client random (in hexadecimal) opens something that is selected. */
bool facts_wants_random(const struct facts *f, struct span random);

/* NULL when the first pass did not see it. */
struct facts_conn *facts_conn(const struct facts *f, uint64_t id);

/*
 * Second pass: the facts of a connection for which the first had no room, as far as FROM tells
 * them. To be forgotten when it ends. NULL when there is no memory.
 */
struct facts_conn *facts_live(struct facts *f, const struct connection *from);
void facts_forget(struct facts *f, struct facts_conn *c);

/* The same of a stream, to be forgotten now and taken up again. NULL when there is no memory. */
void facts_pack(const struct facts_conn *c, struct buffer *out);
struct facts_conn *facts_unpack(struct facts *f, struct unpack *in);

/* Bytes of memory of a connection, as far as they are the same for all. */
size_t facts_conn_size(void);

/* Nothing of the stream is missing in the recording, other than by the snap length. */
bool facts_complete(const struct facts_stream *s);

/* The end of a datagram socket's exchange with PEER; NULL beyond FACTS_PEERS_MAX. */
struct facts_end *facts_peer(const struct facts *f, const struct facts_conn *c,
			     const struct address *peer);

/* The peer of a datagram, in the form of facts_end.remote. */
struct address facts_datagram_peer(const struct event_data *data, const struct connection *c);

/* IPv4-mapped IPv6 addresses become the IPv4 addresses they are; scopes go. */
struct address facts_plain_address(const struct address *address);

/* None of its layers has, or had, a place in the files. */
bool facts_unwritten(const struct facts_conn *c);

/* Nothing but zeros: a wildcard, or an unnamed Unix socket. */
bool facts_unspecified(const struct address *address);

void facts_free(struct facts *f);

#endif
