/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CONTENT_NOTES_H
#define SOCKTAPE_PROTOCOLS_CONTENT_NOTES_H

/*
 * What a person should know about a message beyond its values. Each is one bit of a set, so that
 * a message without any (nearly all) costs nothing.
 */
#define HTTP_NOTES(X)                                                                              \
	X(START_CUT, "begins inside the method")                                                   \
	X(HEAD_CUT, "ended inside the head")                                                       \
	X(BODY_CUT, "ended inside the body")                                                       \
	X(BODY_LOST, "bytes of the body were lost")                                                \
	X(BODY_UNSENT, "no body came: the server answered and did not ask for it")                 \
	X(BODY_SNAPPED, "the body was not recorded in full")                                       \
	X(LENGTH_BAD, "Content-Length is no number")                                               \
	X(LENGTH_LIST, "Content-Length with empty elements, which are ignored")                    \
	X(LENGTH_HUGE, "Content-Length beyond 2^63")                                               \
	X(LENGTH_REPEATED, "Content-Length repeated")                                              \
	X(LENGTH_CONFLICT, "conflicting Content-Length, the first counts")                         \
	X(LENGTH_IGNORED, "Content-Length ignored because of Transfer-Encoding")                   \
	X(TRANSFER_UNKNOWN, "unknown transfer coding")                                             \
	X(NOT_CHUNKED, "body isn't chunked as announced")                                          \
	X(CHUNK_BAD, "no valid chunk size")                                                        \
	X(CHUNK_ODD, "chunk size with stray characters")                                           \
	X(GARBAGE_BEFORE, "what came before it is no HTTP")                                        \
	X(GARBAGE_AFTER, "what came after it, on a connection that it closes, is no HTTP")         \
	X(NO_HEAD, "response without a head, as in HTTP/0.9")                                      \
	X(SWITCHED, "another protocol follows on the connection")                                  \
	X(LINE_ODD, "malformed request line")                                                      \
	X(STATUS_ODD, "malformed status line")                                                     \
	X(HEADER_ODD, "header line without a name or a colon")                                     \
	X(HEADERS_MANY, "more header lines than are shown")                                        \
	X(BODY_CAPPED, "only the first MiB of the body is shown")                                  \
	X(BODY_BEYOND_KEEP, "the body is longer than what is kept (--keep, --memory)")             \
	X(BODY_REFUSED, "no memory to keep all of the body")                                       \
	X(CODING_UNKNOWN, "unknown content coding")                                                \
	X(CODING_NOT_APPLIED, "body isn't encoded as announced")                                   \
	X(CODING_DAMAGED, "encoded body is damaged")                                               \
	X(CODING_CUT, "encoded body ends early")

enum http_note_bit {
#define HTTP_NOTE_BIT(name, text) HTTP_NOTE_BIT_##name,
	HTTP_NOTES(HTTP_NOTE_BIT)
#undef HTTP_NOTE_BIT
};

enum http_note {
#define HTTP_NOTE_ENUM(name, text) HTTP_NOTE_##name = 1 << HTTP_NOTE_BIT_##name,
	HTTP_NOTES(HTTP_NOTE_ENUM)
#undef HTTP_NOTE_ENUM
};

#endif
