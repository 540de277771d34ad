/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_FORMAT_NUMBERS_H
#define SOCKTAPE_FORMAT_NUMBERS_H

/*
 * The numbers that stand for kinds of things in a recording. This header includes nothing, so that
 * the kernel programs, which can't include the C library's headers, use the same numbers.
 */

/*
 * X-macros: the number on disk, the C name, the word in JSON. Numbers never change. A number that
 * this version doesn't know is read as 0; data of an unknown direction or layer is not delivered.
 */

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
	X(1, OPENED, "opened")	     /* its first byte can't have been missed */                   \
	X(2, MIDSTREAM, "midstream") /* it existed before: bytes may precede position 0 */

#define DIRECTIONS(X)                                                                              \
	X(0, SENT, "sent") /* by the recorded process */                                           \
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

enum transport {
	TRANSPORTS(EVENT_ENUM_TRANSPORT)
};
enum role {
	ROLES(EVENT_ENUM_ROLE)
};
enum conn_origin {
	CONN_ORIGINS(EVENT_ENUM_ORIGIN)
};
enum direction {
	DIRECTIONS(EVENT_ENUM_DIRECTION)
};
enum layer {
	LAYERS(EVENT_ENUM_LAYER)
};
enum call {
	CALLS(EVENT_ENUM_CALL)
};
enum cut {
	CUTS(EVENT_ENUM_CUT)
};
enum loss_cause {
	LOSS_CAUSES(EVENT_ENUM_LOSS)
};

enum address_family {
	ADDRESS_NONE = 0,
	ADDRESS_UNIX = 1,
	ADDRESS_INET4 = 4,
	ADDRESS_INET6 = 6
};

#endif
