/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_EVENT_H
#define SOCKTAPE_FORMAT_EVENT_H

/*
 * What the recorder saw, as every part of socktape handles it in memory. format/codec.c is the
 * only translator between this and the bytes in a file (format/tape.h).
 *
 * Times are nanoseconds of the recording host's monotonic clock; CLOCK events relate them to the
 * wall clock. Spans are borrowed: from the caller when an event is written, from the reader until
 * its next event when it is read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/span.h"

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
};

/* X-macros: the number on disk, the C name, the word in JSON. Numbers never change. */

#define TRANSPORTS(X)                                                                              \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, TCP, "tcp")                                                                           \
	X(2, UDP, "udp")                                                                           \
	X(3, UNIX_STREAM, "unix")                                                                  \
	X(4, UNIX_DATAGRAM, "unix-dgram")                                                          \
	X(5, UNIX_SEQPACKET, "unix-seqpacket")

/* The role of the recorded process on a connection. */
#define ROLES(X)                                                                                   \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, CLIENT, "client")                                                                     \
	X(2, SERVER, "server")

/* How the recorder came to know a connection. */
#define CONN_ORIGINS(X)                                                                            \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, OPENED, "opened")	   /* its first byte can't have been missed */                     \
	X(2, MIDSTREAM, "midstream") /* it existed before: bytes may precede position 0 */

#define DIRECTIONS(X)                                                                              \
	X(0, SENT, "sent")	   /* by the recorded process */                                   \
	X(1, RECEIVED, "received")

#define LAYERS(X)                                                                                  \
	X(0, WIRE, "wire") /* what crossed the socket */                                           \
	X(1, TLS, "tls")   /* the plaintext inside it */

#define CALLS(X)                                                                                   \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, READ, "read")                                                                         \
	X(2, WRITE, "write")                                                                       \
	X(3, READV, "readv")                                                                       \
	X(4, WRITEV, "writev")                                                                     \
	X(5, RECVFROM, "recvfrom")                                                                 \
	X(6, SENDTO, "sendto")                                                                     \
	X(7, RECVMSG, "recvmsg")                                                                   \
	X(8, SENDMSG, "sendmsg")                                                                   \
	X(9, RECVMMSG, "recvmmsg")                                                                 \
	X(10, SENDMMSG, "sendmmsg")                                                                \
	X(11, SENDFILE, "sendfile")                                                                \
	X(12, SPLICE, "splice")                                                                    \
	X(13, IO_URING_READ, "io_uring_read")                                                      \
	X(14, IO_URING_WRITE, "io_uring_write")                                                    \
	X(15, IO_URING_READV, "io_uring_readv")                                                    \
	X(16, IO_URING_WRITEV, "io_uring_writev")                                                  \
	X(17, IO_URING_RECV, "io_uring_recv")                                                      \
	X(18, IO_URING_SEND, "io_uring_send")                                                      \
	X(19, IO_URING_RECVMSG, "io_uring_recvmsg")                                                \
	X(20, IO_URING_SENDMSG, "io_uring_sendmsg")                                                \
	X(21, IO_URING_SEND_ZC, "io_uring_send_zc")                                                \
	X(22, IO_URING_SENDMSG_ZC, "io_uring_sendmsg_zc")                                          \
	X(23, IO_URING_RECV_MULTISHOT, "io_uring_recv_multishot")                                  \
	X(24, SSL_READ, "SSL_read")                                                                \
	X(25, SSL_WRITE, "SSL_write")                                                              \
	X(26, CAPTURE, "capture") /* imported from a packet capture */                             \
	X(27, IO_URING_SPLICE, "io_uring_splice")                                                  \
	X(28, IO_URING_RECVMSG_MULTISHOT, "io_uring_recvmsg_multishot")                            \
	X(29, IO_URING_READ_MULTISHOT, "io_uring_read_multishot")                                  \
	X(30, PREADV, "preadv2")                                                                   \
	X(31, PWRITEV, "pwritev2")                                                                 \
	X(32, VMSPLICE, "vmsplice")                                                                \
	X(33, TEE, "tee")

/* Why less was kept of a call than it moved. Only SNAPLEN is not a loss: the user asked for it. */
#define CUTS(X)                                                                                    \
	X(0, NONE, "none")                                                                         \
	X(1, SNAPLEN, "snaplen")                                                                   \
	X(2, PRESSURE, "ring nearly full")                                                         \
	X(3, UNREADABLE, "memory not readable")                                                    \
	X(4, NOT_CAPTURED, "call whose payload is not captured")                                   \
	X(5, TOO_MANY_PIECES, "more pieces than the kernel program may walk")

/* Why events are missing altogether. */
#define LOSS_CAUSES(X)                                                                             \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, RING_FULL, "ring buffer full")                                                        \
	X(2, CONN_TABLE_FULL, "connection table full")                                             \
	X(3, NESTED, "kernel scratch buffer busy")                                                 \
	X(4, UNREADABLE, "call arguments not readable")                                            \
	X(5, NOT_CAPTURED, "call that can't be captured")                                          \
	X(6, WRITE_FAILED, "segment file could not be written")                                    \
	X(7, CAPTURE_GAP, "packets missing in the capture")                                        \
	X(8, DAMAGED, "damaged bytes in a segment")

#define EVENT_ENUM_TRANSPORT(number, name, text) TRANSPORT_##name = number,
#define EVENT_ENUM_ROLE(number, name, text)	 ROLE_##name = number,
#define EVENT_ENUM_ORIGIN(number, name, text)	 ORIGIN_##name = number,
#define EVENT_ENUM_DIRECTION(number, name, text) DIRECTION_##name = number,
#define EVENT_ENUM_LAYER(number, name, text)	 LAYER_##name = number,
#define EVENT_ENUM_CALL(number, name, text)	 CALL_##name = number,
#define EVENT_ENUM_CUT(number, name, text)	 CUT_##name = number,
#define EVENT_ENUM_LOSS(number, name, text)	 LOSS_##name = number,

enum transport { TRANSPORTS(EVENT_ENUM_TRANSPORT) };
enum role { ROLES(EVENT_ENUM_ROLE) };
enum conn_origin { CONN_ORIGINS(EVENT_ENUM_ORIGIN) };
enum direction { DIRECTIONS(EVENT_ENUM_DIRECTION) };
enum layer { LAYERS(EVENT_ENUM_LAYER) };
enum call { CALLS(EVENT_ENUM_CALL) };
enum cut { CUTS(EVENT_ENUM_CUT) };
enum loss_cause { LOSS_CAUSES(EVENT_ENUM_LOSS) };

/* The word for a number; "unknown" for a number that isn't in the table. Static strings. */
const char *transport_text(enum transport transport);
const char *role_text(enum role role);
const char *conn_origin_text(enum conn_origin origin);
const char *direction_text(enum direction direction);
const char *layer_text(enum layer layer);
const char *call_text(enum call call);
const char *cut_text(enum cut cut);
const char *loss_cause_text(enum loss_cause cause);

static inline enum direction direction_opposite(enum direction direction)
{
	return direction == DIRECTION_SENT ? DIRECTION_RECEIVED : DIRECTION_SENT;
}

/* A transport whose calls move whole messages rather than a stream of bytes. */
static inline bool transport_is_datagram(enum transport transport)
{
	return transport == TRANSPORT_UDP || transport == TRANSPORT_UNIX_DATAGRAM ||
	       transport == TRANSPORT_UNIX_SEQPACKET;
}

enum address_family { ADDRESS_NONE = 0, ADDRESS_UNIX = 1, ADDRESS_INET4 = 4, ADDRESS_INET6 = 6 };

struct address {
	enum address_family family;
	uint16_t port; /* host order */
	uint32_t scope;
	uint8_t ip[16]; /* IPv4 in the first four; network order */
};

bool address_equal(const struct address *a, const struct address *b);

/* Longest text of an address: "[v6%scope]:port" and its end. */
#define ADDRESS_TEXT_MAX 72

/*
 * "127.0.0.1:80", "[::1]:80", "" for ADDRESS_NONE; an IPv4-mapped IPv6 address is written as the
 * IPv4 address it is. ADDRESS_UNIX gives "unix" (the path is in the connection). Always terminated.
 */
void address_text(const struct address *address, char text[static ADDRESS_TEXT_MAX]);

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
};

struct event_close {
	uint64_t conn;
	uint64_t sent; /* final positions of the wire layer */
	uint64_t received;
};

struct event_data {
	uint64_t conn;
	uint64_t offset; /* position of the first byte in its stream */
	uint64_t len;	 /* bytes that the application moved */
	struct span payload; /* what was kept: a prefix of them, payload.len <= len */
	uint32_t pid;
	uint32_t tid;
	int32_t fd; /* -1 when unknown */
	enum call call;
	enum direction direction;
	enum layer layer;
	enum cut cut;	     /* why payload.len < len */
	struct address peer; /* the other end of a datagram, where the call told it */
};

struct event_loss {
	uint64_t conn; /* 0 when unknown */
	uint64_t events;
	uint64_t bytes;
	int64_t since; /* it happened between this and the event's time */
	enum loss_cause cause;
	enum direction direction; /* meaningful when conn is known */
	enum layer layer;
};

struct event_secret {
	uint64_t conn; /* 0 when unknown */
	struct span line; /* one line of the NSS key log format, no newline */
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
	};
};

#endif
