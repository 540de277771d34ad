/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_EVENT_H
#define SOCKTAPE_FORMAT_EVENT_H

/*
 * What the recorder saw, as every part of socktape handles it in memory. format/codec.h
 * declares the only translator between this and the bytes in a file (format/tape.h).
 *
 * Times are nanoseconds of the recording host's monotonic clock; CLOCK events relate them to the
 * wall clock. They lie within 0 to EVENT_TIME_MAX: what is beyond is written and read as the nearer
 * of the two, so that the difference of two times never overflows.
 *
 * Spans are borrowed: from the caller when an event is written, from the reader until its next
 * event when it is read. Strings (all spans but payload and line) are cut at EVENT_STRING_MAX.
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/numbers.h"
#include "format/span.h"

#define EVENT_TIME_MAX	 ((INT64_C(1) << 62) - 1)
#define EVENT_STRING_MAX 65535

/* The numbers are those on disk. */
enum event_type {
	EVENT_CLOCK = 1,
	EVENT_HOST,
	EVENT_PROCESS,
	EVENT_PROCESS_EXIT,
	EVENT_CONN,
	EVENT_CLOSE,
	EVENT_DATA = 8,
	EVENT_LOSS,
	EVENT_SECRET,
	EVENT_STATE = 12,
	EVENT_TOTALS,
	EVENT_TLS,
	EVENT_LIBRARY,
};

/* The word for a number; "unknown" for a number that isn't in the table. Static strings. */
const char *transport_text(enum transport transport);
const char *role_text(enum role role);
const char *conn_origin_text(enum conn_origin origin);
const char *direction_text(enum direction direction);
const char *layer_text(enum layer layer);
const char *call_text(enum call call);
const char *cut_text(enum cut cut);
const char *loss_cause_text(enum loss_cause cause);
const char *conn_state_text(enum conn_state state);
const char *conn_end_text(enum conn_end end);
const char *conn_error_text(uint16_t error); /* "ECONNREFUSED"; "" for 0 */
const char *blind_spot_text(enum blind_spot spot);
const char *tls_tie_text(enum tls_tie tie);
const char *tls_library_text(enum tls_library library);
const char *tls_hook_text(enum tls_hook hook);

static inline enum direction direction_opposite(enum direction direction)
{
	return direction == DIRECTION_SENT ? DIRECTION_RECEIVED : DIRECTION_SENT;
}

/* Of a TLS library, and of no socket. */
bool call_is_library(enum call call);

/* What is missing of the payload is what the user wants to be left out. */
static inline bool cut_is_wanted(enum cut cut)
{
	return cut == CUT_SNAPLEN || cut == CUT_TLS_WIRE;
}

/* A transport whose calls move whole messages rather than a stream of bytes. */
static inline bool transport_is_datagram(enum transport transport)
{
	return transport == TRANSPORT_UDP || transport == TRANSPORT_UNIX_DATAGRAM ||
	       transport == TRANSPORT_UNIX_SEQPACKET;
}

struct address {
	enum address_family family;
	uint16_t port; /* host order */
	uint32_t scope;
	uint8_t ip[16]; /* IPv4 in the first four; network order */
};

bool address_equal(const struct address *a, const struct address *b);

/* An IPv4-mapped IPv6 address as the IPv4 address it stands for; any other as it is. */
struct address address_plain(const struct address *a);

/* Of ADDRESS_INET4 or ADDRESS_INET6, as address_plain() gives it. */
bool address_is_loopback(const struct address *a);

/* Multicast, or IPv4's broadcast: many hear it. */
bool address_is_group(const struct address *a);

/* Longest text of an address: "[v6%scope]:port" and its end. */
#define ADDRESS_TEXT_MAX 72

/*
 * "127.0.0.1:80", "[::1]:80", "" for ADDRESS_NONE; an IPv4-mapped IPv6 address is written as the
 * IPv4 address it is. ADDRESS_UNIX gives "unix" (the path is in the connection). Always terminated.
 */
void address_text(const struct address *address, char text[static ADDRESS_TEXT_MAX]);

/*
 * What address_text() writes, and less of it: "127.0.0.1", "::1" and "[::1]" with port 0, ":80"
 * with ADDRESS_NONE. False when TEXT is none of these.
 */
bool address_parse(const char *text, struct address *address);

/*
 * Whether ADDRESS is what address_parse() gave: a port or address that wasn't given matches any,
 * and so does a scope. */
bool address_matches(const struct address *wanted, const struct address *address);

struct event_clock {
	int64_t realtime; /* ns since the epoch at the event's time */
	int64_t boottime; /* CLOCK_BOOTTIME; 0 when unknown */
};

struct event_host {
	uint32_t cpus;
	uint32_t page_size;
	struct span hostname;
	struct span kernel;   /* uname -r */
	struct span machine;  /* uname -m */
	struct span boot_id;  /* /proc/sys/kernel/random/boot_id */
	struct span recorder; /* program and version */
	struct span options;  /* its command line */
	uint64_t blind;	      /* what it can't see there: bit n for enum blind_spot n */
};

struct event_process {
	uint32_t pid;
	uint32_t ppid;
	uint32_t uid;
	uint32_t gid;
	int64_t start_ts; /* monotonic ns; with pid it names a process for ever */
	struct span name; /* comm, 15 bytes at most */
	struct span exe;
	struct span cmdline; /* arguments, each ended by a zero byte */
	struct span user;
	struct span cgroup;    /* path below the cgroup mount */
	struct span container; /* 64 hex digits, or empty */
};

struct event_process_exit {
	uint32_t pid;
	int32_t status; /* as wait(2) gives it; -1 when unknown */
};

struct event_conn {
	uint64_t conn; /* never 0; unique in the recording */
	uint64_t inode;
	int64_t opened_ts;
	struct address local;
	struct address remote;
	struct span local_path; /* Unix sockets; an abstract name begins with a zero byte */
	struct span remote_path;
	uint64_t sent; /* positions of the wire layer when this was written */
	uint64_t received;
	uint32_t netns;
	uint32_t pid; /* 0 when unknown, as in an imported capture */
	int32_t fd;   /* -1 when unknown */
	enum transport transport;
	enum role role;
	enum conn_origin origin;
	enum conn_state state;
	enum conn_end state_by; /* which end brought it there; unknown where that says nothing */
	uint16_t error;		/* enum conn_error, of a state that is an error; else 0 */
	int64_t state_ts;	/* since when; 0 when unknown */
	int64_t established_ts; /* end of the handshake that opened_ts began; 0 when unknown */
};

struct event_close {
	uint64_t conn; /* never 0 */
	uint64_t sent; /* final positions of the wire layer */
	uint64_t received;
};

/* A connection changes its state at the event's time. */
struct event_state {
	uint64_t conn; /* never 0 */
	enum conn_state state;
	enum conn_end by; /* as in struct event_conn */
	uint16_t error;
};

struct event_data {
	uint64_t conn;	     /* never 0 */
	uint64_t offset;     /* position of the first byte in its stream */
	uint64_t len;	     /* bytes that the application moved; offset + len <= INT64_MAX */
	struct span payload; /* what was kept: a prefix of them, payload.len <= len */
	uint32_t pid;
	uint32_t tid;
	int32_t fd; /* -1 when unknown */
	enum call call;
	enum direction direction;
	enum layer layer;
	enum cut cut;	     /* why payload.len < len */
	struct address peer; /* the other end of a datagram, where the call told it */
	int64_t begin_ts;    /* when the call began to wait, if it was long ago; 0: not told */
};

struct event_loss {
	uint64_t conn; /* 0 when unknown */
	uint64_t events;
	uint64_t bytes;
	int64_t since; /* it happened between this and the event's time */
	enum loss_cause cause;
	enum direction direction; /* meaningful when conn is known */
	enum layer layer;
	bool placed;	   /* conn is known, and the bytes stand at this position of the stream */
	uint64_t position; /* position + bytes <= INT64_MAX */
	bool elsewhere;	   /* may have hit only what was not to be recorded: part of no sum */
};

/* Sums over LOSS events. */
struct loss_sum {
	uint64_t events;
	uint64_t bytes;
};

struct event_secret {
	uint64_t conn;	  /* 0 when unknown */
	struct span line; /* one line of the NSS key log format, no newline */
};

/*
 * The recorder's own account from the beginning of the recording to the event's time: the last one
 * counts. Bytes are of the wire layer; moved = kept + lost + cut + snaplen.
 */
struct event_totals {
	uint64_t moved_bytes; /* that the recorded calls moved */
	uint64_t kept_bytes;  /* payload in DATA events, written or still to be */
	uint64_t lost_events; /* sums over the LOSS events */
	uint64_t lost_bytes;
	uint64_t cut_bytes; /* payload left out of DATA events, but for what the next one counts */
	uint64_t snaplen_bytes; /* left out because the user asked for it */
	uint64_t data_events;
	uint64_t connections;
};

#define EVENT_RANDOM_LEN 32 /* RFC 8446 section 4.1.2 */

/*
 * A connection's plaintext is recorded, beginning with the DATA of LAYER_TLS that follows. Again
 * when another object of the library takes over; the last one counts.
 */
struct event_tls {
	uint64_t conn;	 /* never 0 */
	uint64_t object; /* address of the library's object in the process; used again for others */
	uint64_t sent;	 /* positions of the plaintext layer when this was written */
	uint64_t received;
	uint32_t pid;
	uint32_t library; /* of an EVENT_LIBRARY of the process; 0 when unknown */
	enum tls_tie tie;
	uint8_t random[EVENT_RANDOM_LEN]; /* of the ClientHello; zero when unknown */
};

/* A TLS library in a process that uses TLS, as the recording shows; or that none was found in it.
 */
struct event_library {
	uint32_t library; /* number of the file in this recording; 0: none was found */
	uint32_t pid;
	enum tls_library kind;
	enum tls_hook hook;
	struct span path;     /* as the process has it */
	struct span build_id; /* hexadecimal digits, or empty */
	struct span version;  /* as the library has it, or empty */
	struct span note;     /* more about the hook, in words, or empty */
};

struct event {
	enum event_type type;
	bool snapshot; /* repeats what an earlier segment of the recording said */
	int64_t ts;
	union {
		struct event_clock clock;
		struct event_host host;
		struct event_process process;
		struct event_process_exit process_exit;
		struct event_conn conn;
		struct event_close close;
		struct event_data data;
		struct event_loss loss;
		struct event_secret secret;
		struct event_state state;
		struct event_totals totals;
		struct event_tls tls;
		struct event_library library;
	};
};

#endif
