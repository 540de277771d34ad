/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_FINDING_H
#define SOCKTAPE_ANALYZE_FINDING_FINDING_H

#include "analyze/replay/selection.h"
#include "protocols/cipher/keylog.h"
#include "protocols/value/table.h"

/*
 * What is odd in a recording: each with the record or connection that shows it, a name that stays,
 * and a sentence. An error kept somebody from what he wanted; a warning may have; a note is worth
 * knowing.
 */
enum finding_severity {
	FINDING_NOTE,
	FINDING_WARNING,
	FINDING_ERROR
};

/* enum, severity, name, meaning */
#define FINDINGS(X)                                                                                \
	X(REFUSED, ERROR, "connection-refused", "nobody listened where a client connected to")     \
	X(TIMED_OUT, ERROR, "connection-timed-out",                                                \
	  "the other end didn't answer a connection, or any more")                                 \
	X(UNREACHABLE, ERROR, "connection-unreachable", "there was no way to the other end")       \
	X(FAILED, ERROR, "connection-failed", "a connection could not be opened")                  \
	X(RESET, WARNING, "connection-reset", "an end broke a connection off")                     \
	X(NO_REPLY, WARNING, "connection-not-answered",                                            \
	  "a connection was still being opened after a second: nothing answered")                  \
	X(SLOW_CONNECT, WARNING, "slow-connect",                                                   \
	  "a handshake of TCP took a second or more: a first packet was lost (RFC 6298), or "      \
	  "nobody accepted")                                                                       \
	X(DATA_LOST, WARNING, "data-lost", "bytes of a connection are not in the recording")       \
	X(EVENTS_LOST, WARNING, "events-lost",                                                     \
	  "calls or packets of unknown connections are not in the recording")                      \
	X(UNANSWERED, ERROR, "unanswered", "a request got no answer")                              \
	X(GAVE_UP, WARNING, "client-gave-up", "a client went away before the answer was there")    \
	X(STRAY_ANSWER, WARNING, "answer-without-request",                                         \
	  "an answer came that nobody had asked for, though nothing was lost")                     \
	X(VIOLATION, WARNING, "protocol-violation", "what was sent is not as the protocol says")   \
	X(RETRIED, NOTE, "retried", "a request was sent again after it had failed")                \
	X(SLOW_START, NOTE, "slow-start",                                                          \
	  "a server's first answer took ten times as long as each of the next five, and 100 ms "   \
	  "or more")                                                                               \
	X(POOL_WAIT, WARNING, "pool-wait",                                                         \
	  "a process that had a request to answer waited for 50 ms or more until one of its "      \
	  "connections became free")                                                               \
	X(DELAYED_ACK, NOTE, "delayed-ack",                                                        \
	  "a message sent in two parts stood still for 40 ms: Nagle's algorithm waited for a "     \
	  "delayed acknowledgement (TCP_NODELAY, or one write, would help)")                       \
	X(SERVER_ERROR, ERROR, "server-error", "a server says that it failed")                     \
	X(RATE_LIMITED, WARNING, "rate-limited", "a server wants fewer requests")                  \
	X(DEADLINE, ERROR, "deadline-exceeded",                                                    \
	  "the time that was allowed for a request was over")                                      \
	X(STREAM_RESET, WARNING, "stream-reset", "a stream of HTTP/2 was broken off")              \
	X(STALLED, WARNING, "flow-control-stall",                                                  \
	  "a sender had to wait for 10 ms or more until the receiver had room")                    \
	X(GOAWAY, NOTE, "goaway", "an end wants no more streams on a connection")                  \
	X(CHARSET, NOTE, "wrong-charset", "text is not in the encoding that it claims")            \
	X(CREDENTIALS, WARNING, "credentials-in-clear",                                            \
	  "a password or token crossed a socket without encryption")                               \
	X(LOGIN_FAILED, ERROR, "authentication-failed", "somebody was not let in")                 \
	X(TOO_MANY_CLIENTS, ERROR, "too-many-connections", "a server takes no more clients")       \
	X(OUT_OF_RESOURCES, ERROR, "out-of-resources", "a server lacks memory, disk or the like")  \
	X(NOT_READY, WARNING, "server-not-ready",                                                  \
	  "a server starts, stops, or is not the one that does this")                              \
	X(CONFLICT, WARNING, "transaction-conflict",                                               \
	  "a deadlock, or transactions that can't stand beside each other")                        \
	X(LOCK_TIMEOUT, WARNING, "lock-timeout", "a lock was not to be had in time")               \
	X(CANCELLED, WARNING, "statement-cancelled", "a statement was stopped")                    \
	X(DEAD_TRANSACTION, WARNING, "failed-transaction-used",                                    \
	  "statements go on in a transaction that had failed")                                     \
	X(REDIRECTED, NOTE, "redirected", "the key, partition or leader is elsewhere")             \
	X(REBALANCE, NOTE, "rebalance", "a consumer group had to come together anew")              \
	X(RETURNED, WARNING, "message-returned", "no queue took a message")                        \
	X(REJECTED, WARNING, "message-rejected", "a message was refused by its receiver")          \
	X(NO_RESPONDERS, ERROR, "no-responders", "nobody listened to the subject of a request")    \
	X(SLOW_CONSUMER, ERROR, "slow-consumer",                                                   \
	  "a server dropped a client that reads too slowly")                                       \
	X(DNS_FAILURE, ERROR, "dns-failure", "a name server could not, or would not, answer")      \
	X(DNS_NO_NAME, NOTE, "dns-no-such-name", "a name that was asked for doesn't exist")        \
	X(DNS_TRUNCATED, NOTE, "dns-truncated", "an answer was too long for its datagram")         \
	X(TLS_ALERT, ERROR, "tls-alert", "an end of TLS complained")                               \
	X(TLS_OLD, WARNING, "tls-old-version", "TLS 1.1 or older, which RFC 8996 forbids")         \
	X(CERT_EXPIRED, ERROR, "certificate-not-valid",                                            \
	  "a server's certificate was not valid at that time")                                     \
	X(CERT_NAME, ERROR, "certificate-for-another-name",                                        \
	  "a server's certificate doesn't name who was asked for")                                 \
	X(CLOSED_BADLY, WARNING, "websocket-closed-badly", "a WebSocket was closed for a fault")

enum finding_kind {
#define FINDING_ENUM(id, severity, name, meaning) FINDING_##id,
	FINDINGS(FINDING_ENUM)
#undef FINDING_ENUM
	FINDING_KINDS
};

const char *finding_name(enum finding_kind kind);
const char *finding_meaning(enum finding_kind kind);
const char *finding_severity_text(enum finding_severity severity); /* "error" */
enum finding_severity finding_severity_of(enum finding_kind kind);

/* FINDING_KINDS when there is none of that name. */
enum finding_kind finding_find(struct span name);

/* The table with one row a finding. */
extern const struct table findings_table;

enum finding_column {
	FINDING_COLUMN_TS,
	FINDING_COLUMN_NAME,
	FINDING_COLUMN_SEVERITY,
	FINDING_COLUMN_CONN,
	FINDING_COLUMN_RECORD,
	FINDING_COLUMN_PROTO,
	FINDING_COLUMN_PID,
	FINDING_COLUMN_COMM,
	FINDING_COLUMN_ROLE,
	FINDING_COLUMN_REMOTE,
	FINDING_COLUMN_WHAT,
	FINDING_COLUMNS,
};

struct findings_options {
	const char *command; /* in whose name problems are told */
	const char *path;
	struct selection *selection;	  /* NULL: all */
	struct keylog *keylog;		  /* may be NULL */
	struct protobuf_schema *protobuf; /* may be NULL */
	uint64_t memory;		  /* bytes; 0: as everywhere */
	unsigned threads;
	bool to_file;		     /* nothing of this goes to the terminal: progress may */
	bool again;		     /* its problems were told */
	const volatile bool *hushed; /* no more progress is told once it is true; may be NULL */
	bool (*stopped)(void);	     /* whether to end early; may be NULL */
};

/* What was looked at. */
struct findings_totals {
	uint64_t records;
	uint64_t connections;
	bool unjudged; /* there were too many connections to know of each how it ended */
};

/* Takes the values of a finding, FINDING_COLUMNS of them, valid during the call. False: no more. */
typedef bool findings_take_fn(void *context, const struct value *values);

/*
 * Reads a recording twice, its connections and its records, and gives what is odd, in the order of
 * time. Returns what to exit with; why was told. Records of both ends of an exchange show the same
 * once. TOTALS may be NULL.
 */
int findings_run(const struct findings_options *options, findings_take_fn *take, void *context,
		 struct findings_totals *totals);

#endif
