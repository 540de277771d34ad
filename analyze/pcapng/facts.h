/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_FACTS_H
#define SOCKTAPE_ANALYZE_PCAPNG_FACTS_H

#include "analyze/replay/replay.h"
#include "format/map.h"

/*
 * What must be known of every connection before the first packet is written: its protocol, who is
 * the client, where its bytes begin, and whether its other end was recorded too. Gathered by a
 * first pass over the recording; a few hundred bytes a connection, whatever it moved.
 */

/* Peers of datagram sockets that are kept apart; of those beyond, no twin is looked for. */
#define FACTS_PEERS_MAX 262144

struct stream;

/* Where the packets of a connection are shown; both of one family, IPv4 or IPv6. */
struct place {
	struct address client;
	struct address server;
	bool local_is_client;
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
	bool left_out;		/* the twin is written instead */
	bool placed;		/* second pass, datagrams: `place` is set */
	struct place place;
};

struct facts_conn {
	uint64_t id;
	enum transport transport;
	enum role role; /* of the recorded process; unknown only until the end of the first pass */
	bool whole;	/* recorded from its first byte on */
	bool closed;	/* a CLOSE event said so */
	bool starts_with_line; /* the first bytes kept hold a whole line */
	bool has_data;	       /* of the wire layer */
	bool wanted;	       /* the process filter lets it pass */
	bool ended;	       /* by the replay: what comes later under this id is ignored */
	uint32_t netns;
	struct address local;  /* Unix: family ADDRESS_UNIX, `ip` made from the path, or zeros */
	struct address remote; /* of the socket; datagrams may have peers of their own */
	char *path; /* of the Unix socket that is the server: "unix:/run/x.sock"; or NULL */
	const struct protocol *protocol[2]; /* by enum layer; NULL when unknown */
	uint64_t lowest[2][2];		    /* by enum layer and direction: first position seen */
	bool has_plaintext;
	uint64_t lost_bytes;
	struct facts_end *ends; /* a stream has one */

	struct stream *streams[2]; /* second pass, by enum layer */
	bool written;		   /* second pass: its end has come */
};

struct facts {
	struct map conns; /* by id */
	struct map peers; /* struct facts_end of datagrams, by facts_peer_key() */
	uint32_t pid;	  /* only connections that this process used; 0: all */
	uint64_t seed;
	uint64_t peer_count;
	uint64_t refused_peers; /* datagrams of peers beyond FACTS_PEERS_MAX */
	uint64_t lost_events;
	uint64_t lost_bytes;
	uint64_t secrets;
	enum tape_error error;
};

void facts_init(struct facts *f, uint32_t pid);

/* For the first pass: the handlers of a replay with sessions. */
void facts_event(void *context, const struct event *event, const struct connection *c);
void facts_conn_end(void *context, const struct connection *c);

/* After the replay: makes up its mind about roles. */
void facts_finish(struct facts *f);

/* NULL when the first pass did not see it. */
struct facts_conn *facts_conn(const struct facts *f, uint64_t id);

/* The end of a datagram socket's exchange with PEER; NULL beyond FACTS_PEERS_MAX. */
struct facts_end *facts_peer(const struct facts *f, const struct facts_conn *c,
			     const struct address *peer);

/* The peer of a datagram, in the form of facts_end.remote. */
struct address facts_datagram_peer(const struct event_data *data, const struct connection *c);

/* IPv4-mapped IPv6 addresses become the IPv4 addresses they are; scopes go. */
struct address facts_plain_address(const struct address *address);

/* Nothing but zeros: a wildcard, or an unnamed Unix socket. */
bool facts_unspecified(const struct address *address);

void facts_free(struct facts *f);

#endif
