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
	X(33, TEE, "tee")                                                                          \
	X(34, IO_SUBMIT, "io_submit") /* Linux AIO */                                              \
	X(35, GNUTLS_RECV, "gnutls_record_recv")                                                   \
	X(36, GNUTLS_SEND, "gnutls_record_send")                                                   \
	X(37, GO_TLS_READ, "tls.Conn.Read")                                                        \
	X(38, GO_TLS_WRITE, "tls.Conn.Write")                                                      \
	X(39, RUSTLS_READ, "rustls_read")                                                          \
	X(40, RUSTLS_WRITE, "rustls_write")

/*
 * Why less was kept of a call than it moved. SNAPLEN and TLS_WIRE are no losses: the user asked for
 * the one, and of the other the plaintext is recorded.
 */
#define CUTS(X)                                                                                    \
	X(0, NONE, "none")                                                                         \
	X(1, SNAPLEN, "snaplen")                                                                   \
	X(2, PRESSURE, "buffer nearly full")                                                       \
	X(3, UNREADABLE, "memory not readable")                                                    \
	X(4, NOT_CAPTURED, "call whose payload is not captured")                                   \
	X(5, TOO_MANY_PIECES, "more pieces than the kernel program may walk")                      \
	X(6, TLS_WIRE, "wire bytes of TLS")

/* Why events are missing altogether. */
#define LOSS_CAUSES(X)                                                                             \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, RING_FULL, "buffer full")                                                             \
	X(2, CONN_TABLE_FULL, "connection table full")                                             \
	X(3, NESTED, "kernel scratch buffer busy")                                                 \
	X(4, UNREADABLE, "call arguments not readable")                                            \
	X(5, NOT_CAPTURED, "call that can't be captured")                                          \
	X(6, WRITE_FAILED, "segment file could not be written")                                    \
	X(7, CAPTURE_GAP, "packets missing in the capture")                                        \
	X(8, DAMAGED, "damaged bytes in a segment")                                                \
	X(9, UNSEEN_CALL, "unseen call") /* the socket's own count moved, and no event did */      \
	X(10, MISSED_TURN, "kernel program not run (recursion)")                                   \
	X(11, PLAINTEXT, "plaintext of TLS not seen") /* more went over the wire than was read */

/* Where a connection stands. */
#define CONN_STATES(X)                                                                             \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, OPENING, "opening") /* connect was called, no answer yet */                           \
	X(2, ESTABLISHED, "established")                                                           \
	X(3, FAILED, "failed")	 /* it never was established */                                    \
	X(4, CLOSING, "closing") /* one end has said that it will send no more */                  \
	X(5, RESET, "reset")                                                                       \
	X(6, CLOSED, "closed")

/* The two ends of a connection. */
#define CONN_ENDS(X)                                                                               \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, LOCAL, "local") /* the recorded process's */                                          \
	X(2, REMOTE, "remote")

/*
 * Why a connection failed or broke: errno as Linux numbers it on most machines (asm-generic),
 * whatever the recording host's. A number that isn't here is kept, only its name is unknown.
 */
#define CONN_ERRORS(X)                                                                             \
	X(0, NONE, "")                                                                             \
	X(1, PERM, "EPERM")                                                                        \
	X(4, INTR, "EINTR")                                                                        \
	X(5, IO, "EIO")                                                                            \
	X(11, AGAIN, "EAGAIN")                                                                     \
	X(12, NOMEM, "ENOMEM")                                                                     \
	X(13, ACCES, "EACCES")                                                                     \
	X(22, INVAL, "EINVAL")                                                                     \
	X(32, PIPE, "EPIPE")                                                                       \
	X(71, PROTO, "EPROTO")                                                                     \
	X(74, BADMSG, "EBADMSG")                                                                   \
	X(90, MSGSIZE, "EMSGSIZE")                                                                 \
	X(92, NOPROTOOPT, "ENOPROTOOPT")                                                           \
	X(95, OPNOTSUPP, "EOPNOTSUPP")                                                             \
	X(98, ADDRINUSE, "EADDRINUSE")                                                             \
	X(99, ADDRNOTAVAIL, "EADDRNOTAVAIL")                                                       \
	X(100, NETDOWN, "ENETDOWN")                                                                \
	X(101, NETUNREACH, "ENETUNREACH")                                                          \
	X(102, NETRESET, "ENETRESET")                                                              \
	X(103, CONNABORTED, "ECONNABORTED")                                                        \
	X(104, CONNRESET, "ECONNRESET")                                                            \
	X(105, NOBUFS, "ENOBUFS")                                                                  \
	X(110, TIMEDOUT, "ETIMEDOUT")                                                              \
	X(111, CONNREFUSED, "ECONNREFUSED")                                                        \
	X(112, HOSTDOWN, "EHOSTDOWN")                                                              \
	X(113, HOSTUNREACH, "EHOSTUNREACH")                                                        \
	X(125, CANCELED, "ECANCELED")

/* What the recorder can't see on the kernel that it ran on: bits of a number in HOST. */
#define BLIND_SPOTS(X)                                                                             \
	X(0, IO_URING, "calls through io_uring")                                                   \
	X(1, IO_URING_SILENT, "calls through io_uring that post no completion")                    \
	X(2, IO_URING_PROVIDED, "payload in buffers provided to io_uring")                         \
	X(3, AIO, "calls through io_submit (Linux AIO)")                                           \
	X(4, SENDFILE, "payload of sendfile")                                                      \
	X(5, SENDFILE_STACKED, "payload of sendfile from stacked file systems (overlayfs)")        \
	X(6, COMPAT32, "payload of 32-bit programs")                                               \
	X(7, SPLICE_UNIX, "splice from Unix sockets")                                              \
	X(8, TCP_POSITIONS, "losses by calls on TCP that no hook sees")                            \
	X(9, TCP_STATES, "connections that fail, and handshake times")                             \
	X(10, CLOSE, "the end of UDP and Unix sockets")                                            \
	X(11, BEGIN, "when calls that blocked began")

/* How the calls of a TLS library were tied to the connection whose plaintext they are. */
#define TLS_TIES(X)                                                                                \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, RANDOM, "client random") /* the library's, in the connection's ClientHello */         \
	X(2, CALL, "nested call")     /* the library's call used the socket */                     \
	X(3, FD, "descriptor")	      /* the library's object names it */                          \
	X(4, THREAD, "thread order")  /* inferred: what the thread did before or after */          \
	X(5, TRIAL, "trial decryption")                                                            \
	X(6, NONE, "not tied")	    /* a connection of its own */                                  \
	X(7, RECORD, "its records") /* the tag of one, at the library and at the socket */

#define TLS_LIBRARIES(X)                                                                           \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, OPENSSL, "OpenSSL")                                                                   \
	X(2, GNUTLS, "GnuTLS")                                                                     \
	X(3, GO, "Go crypto/tls")                                                                  \
	X(4, RUSTLS, "rustls")                                                                     \
	X(5, BORINGSSL, "BoringSSL")                                                               \
	X(6, NSS, "NSS")                                                                           \
	X(7, JSSE, "Java")                                                                         \
	X(8, MBEDTLS, "Mbed TLS")                                                                  \
	X(9, WOLFSSL, "wolfSSL")                                                                   \
	X(10, LIBRESSL, "LibreSSL")

/* What the recorder reads of a TLS library, or why it reads nothing. */
#define TLS_HOOKS(X)                                                                               \
	X(0, UNKNOWN, "unknown")                                                                   \
	X(1, PLAINTEXT, "plaintext")                                                               \
	X(2, KEYS, "keys")                                                                         \
	X(3, NO_SYMBOLS, "its functions can't be found")                                           \
	X(4, VERSION, "unknown version")                                                           \
	X(5, NO_PLACE, "no place for a cheap probe")                                               \
	X(6, REFUSED, "the kernel refused the probes")                                             \
	X(7, OFF, "switched off")                                                                  \
	X(8, LIMIT, "too many libraries")                                                          \
	X(9, UNSUPPORTED, "this library is not read")                                              \
	X(10, NOT_FOUND, "no TLS library found in the process")                                    \
	X(11, UNREADABLE, "the file can't be read")                                                \
	X(12, ARCHITECTURE, "not read on this processor")                                          \
	X(13, NO_SECRETS, "of this library no secrets are recorded, only plaintext")

#define EVENT_ENUM_TRANSPORT(number, name, text) TRANSPORT_##name = number,
#define EVENT_ENUM_ROLE(number, name, text)	 ROLE_##name = number,
#define EVENT_ENUM_ORIGIN(number, name, text)	 ORIGIN_##name = number,
#define EVENT_ENUM_DIRECTION(number, name, text) DIRECTION_##name = number,
#define EVENT_ENUM_LAYER(number, name, text)	 LAYER_##name = number,
#define EVENT_ENUM_CALL(number, name, text)	 CALL_##name = number,
#define EVENT_ENUM_CUT(number, name, text)	 CUT_##name = number,
#define EVENT_ENUM_LOSS(number, name, text)	 LOSS_##name = number,
#define EVENT_ENUM_STATE(number, name, text)	 CONN_##name = number,
#define EVENT_ENUM_END(number, name, text)	 END_##name = number,
#define EVENT_ENUM_ERROR(number, name, text)	 CONN_ERROR_##name = number,
#define EVENT_ENUM_BLIND(number, name, text)	 BLIND_##name = number,
#define EVENT_ENUM_TIE(number, name, text)	 TLS_TIE_##name = number,
#define EVENT_ENUM_LIBRARY(number, name, text)	 TLS_LIBRARY_##name = number,
#define EVENT_ENUM_HOOK(number, name, text)	 TLS_HOOK_##name = number,

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

enum conn_state {
	CONN_STATES(EVENT_ENUM_STATE)
};
enum conn_end {
	CONN_ENDS(EVENT_ENUM_END)
};
enum conn_error {
	CONN_ERRORS(EVENT_ENUM_ERROR)
};
enum blind_spot {
	BLIND_SPOTS(EVENT_ENUM_BLIND)
};

enum tls_tie {
	TLS_TIES(EVENT_ENUM_TIE)
};
enum tls_library {
	TLS_LIBRARIES(EVENT_ENUM_LIBRARY)
};
enum tls_hook {
	TLS_HOOKS(EVENT_ENUM_HOOK)
};

enum address_family {
	ADDRESS_NONE = 0,
	ADDRESS_UNIX = 1,
	ADDRESS_INET4 = 4,
	ADDRESS_INET6 = 6
};

#endif
