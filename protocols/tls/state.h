/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_STATE_H
#define SOCKTAPE_PROTOCOLS_TLS_STATE_H

#include "protocols/protocol.h"
#include "protocols/tls/certificate.h"
#include "protocols/tls/decrypt.h"
#include "protocols/tls/hello.h"

#define TLS_RECORD_HEADER_LEN 5

/* 2^14, and what encryption may add (RFC 5246, section 6.2.3). */
#define TLS_RECORD_MAX (16384 + 2048)

enum tls_record_type {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
	TLS_HEARTBEAT = 24,
	TLS_SSL2_RECORD = 128 /* no type of TLS's: one of SSL 2.0 */
};

enum tls_handshake_type {
	TLS_HELLO_REQUEST = 0,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_NEW_SESSION_TICKET = 4,
	TLS_END_OF_EARLY_DATA = 5,
	TLS_ENCRYPTED_EXTENSIONS = 8,
	TLS_CERTIFICATE = 11,
	TLS_CERTIFICATE_REQUEST = 13,
	TLS_SERVER_HELLO_DONE = 14,
	TLS_CERTIFICATE_STATUS = 22,
	TLS_COMPRESSED_CERTIFICATE = 25
};

/* Certificates are long, but not longer than this. */
#define TLS_MESSAGE_MAX (256u << 10)

struct tls_side {
	bool encrypted;	       /* what comes as a handshake can't be read any more */
	bool lost;	       /* bytes are missing in its handshake */
	struct buffer message; /* of a handshake, as far as it came */
	uint64_t records;      /* of application data */
	uint64_t bytes;
	unsigned ccs;	 /* ChangeCipherSpec */
	int64_t last_ts; /* of its protected records */
	bool opened;	 /* a record of it was decrypted: messages come out of those */
	bool missing;	 /* bytes of its protected records are */
};

/* What became of the data that a client sent before it was answered. */
enum tls_early {
	TLS_EARLY_UNDECIDED,
	TLS_EARLY_TAKEN,
	TLS_EARLY_REFUSED /* the client sends it again, or not */
};

/* 0-RTT data that waits for the server's decision; beyond, it is taken for accepted. */
#define TLS_EARLY_MAX (64u << 10)

struct tls_state {
	struct session *session;
	uint64_t charged; /* to the budget, of itself and its texts */
	struct tls_side sides[2];
	bool has_client_hello, has_server_hello, retried, done, client_certificate,
		certificate_asked;
	int64_t first[2], last[2]; /* of the handshake */
	uint64_t position[2];
	int64_t finished; /* when it was over, or TIME_UNKNOWN */
	uint16_t offered, version, suite, group;
	bool offered_psk, offered_ticket, resumed, early_data, ech, mid;
	struct buffer sni, alpn, alpn_offered, ja3, ja4, ja3s, session_id, random;
	struct buffer alerts; /* JSON */
	struct tls_certificate certificate;
	unsigned certificates;
	bool ssl2;		/* the server answers in SSL 2.0 */
	bool failed;		/* by an alert that ends it */
	bool answered_in_clear; /* what the server says instead of a ServerHello is no TLS */
	struct buffer note;

	struct tls_decrypt *decrypt; /* NULL: there are no keys */
	enum tls_early early;
	struct buffer early_bytes; /* that wait */
	struct frame early_frame;  /* that brought the first of them; without data */
};

/* ---- handshake.c ---- */

/*
 * Bytes of handshake records: messages may go on from one to the next. OPENED: they were decrypted.
 */
void tls_take_handshake(struct tls_state *st, const struct frame *frame, struct span bytes,
			bool opened);

/* Hellos of SSL 2.0; whole records, header included. */
void tls_take_ssl2_client_hello(struct tls_state *st, struct span record);
void tls_take_ssl2_server_hello(struct tls_state *st, struct span record);

/*
 * What a CompressedCertificate (RFC 8879, section 4) would be without its compression. False: that
 * can't be had.
 */
bool tls_certificates_decompress(struct span message, struct buffer *out);

void tls_take_alert(struct tls_state *st, enum side side, struct span bytes, bool opened);

/* ---- opened.c ---- */

/* Whether there are keys, so that records are wanted whole. */
bool tls_has_keys(const struct tls_state *st);

/* The same, and the decryption is there then. */
bool tls_can_open(struct tls_state *st);

/* A record that is protected, and whose content nobody can read without keys. */
void tls_open_record(struct tls_state *st, const struct frame *frame);

/* Whether the server takes the client's early data. */
void tls_decide_early(struct tls_state *st, bool taken);

/* No more will come. */
void tls_finish_opened(struct tls_state *st);

/* Tells the session what is known of the encryption. */
void tls_tell(struct tls_state *st);

/* What the row says: how it was read, and why not. Constant texts; NULL: nothing to say. */
const char *tls_plaintext_text(const struct tls_state *st, const char **unread);

/* ---- pack.c ---- */

/* Charges what the state and its texts take now. */
void tls_recharge(struct tls_state *st);

void tls_free_texts(struct tls_state *st);

bool tls_pack(const void *state, struct buffer *out);
bool tls_unpack(void *state, struct unpack *in);

/* ---- record.c ---- */

#define TLS_COLUMNS(X)                                                                             \
	X(VERSION, "version", "TEXT", "", "that was chosen: TLS 1.3 and so on")                    \
	X(OFFERED, "offered_version", "TEXT", "", "the highest that the client offers")            \
	X(SNI, "sni", "TEXT", "", "server name that the client asks for")                          \
	X(ALPN, "alpn", "TEXT", "", "protocol that was chosen; of TLS 1.3 with keys")              \
	X(ALPN_OFFERED, "alpn_offered", "JSON", "", "protocols that the client offers")            \
	X(SUITE, "cipher_suite", "TEXT", "", "that was chosen")                                    \
	X(GROUP, "key_group", "TEXT", "", "of TLS 1.3's key exchange: x25519 and so on")           \
	X(JA3, "ja3", "TEXT", "", "fingerprint of the client")                                     \
	X(JA4, "ja4", "TEXT", "", "fingerprint of the client")                                     \
	X(JA3S, "ja3s", "TEXT", "", "fingerprint of the server")                                   \
	X(RESUMED, "resumed", "BOOLEAN", "", "an earlier session goes on")                         \
	X(EARLY_DATA, "early_data", "BOOLEAN", "", "the client sends data before it is answered")  \
	X(RETRIED, "retried", "BOOLEAN", "", "HelloRetryRequest: the client had to begin again")   \
	X(ECH, "ech", "BOOLEAN", "", "the server name may be another's: Encrypted Client Hello")   \
	X(CERT_SUBJECT, "cert_subject", "TEXT", "", "of the server; of TLS 1.3 with keys")         \
	X(CERT_ISSUER, "cert_issuer", "TEXT", "", "of the server's certificate")                   \
	X(CERT_NAMES, "cert_names", "JSON", "", "alternative names of the server's certificate")   \
	X(CERT_NOT_BEFORE, "cert_not_before", "TEXT", "", "begin of its validity, ISO 8601")       \
	X(CERT_NOT_AFTER, "cert_not_after", "TEXT", "", "end of its validity, ISO 8601")           \
	X(CERT_SERIAL, "cert_serial", "TEXT", "", "of the server's certificate, hexadecimal")      \
	X(CERT_COUNT, "cert_count", "BIGINT", "", "certificates in the server's chain")            \
	X(CLIENT_CERT, "client_cert", "BOOLEAN", "", "the client sent one; of TLS 1.3 with keys")  \
	X(HANDSHAKE_NS, "handshake_ns", "BIGINT", "ns",                                            \
	  "from ClientHello to the client's first encrypted record")                               \
	X(ALERTS, "alerts", "JSON", "", "from, level and name; encrypted ones can't be read")      \
	X(PLAINTEXT, "plaintext", "TEXT", "",                                                      \
	  "how what is inside was read: keys, in part (with keys), calls (of the library), or no") \
	X(UNREAD, "unread", "TEXT", "", "why it was not read, or not all of it")                   \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the client's encrypted records")          \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the server's encrypted records")

enum tls_column {
#define TLS_COLUMN_ENUM(id, name, sql, unit, help) TLS_COLUMN_##id,
	TLS_COLUMNS(TLS_COLUMN_ENUM)
#undef TLS_COLUMN_ENUM
	TLS_COLUMN_COUNT
};

extern const struct table tls_table;

void tls_emit(struct tls_state *st);

/* ---- infer.c ---- */

void tls_infer(const struct sample *sample, struct verdict *verdict);
enum start tls_starts(struct span bytes);

#endif
