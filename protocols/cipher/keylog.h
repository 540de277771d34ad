/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CIPHER_KEYLOG_H
#define SOCKTAPE_PROTOCOLS_CIPHER_KEYLOG_H

#include "format/span.h"
#include "protocols/engine/budget.h"

/*
 * The secrets of TLS connections, as lines of the NSS key log format tell them (SSLKEYLOGFILE;
 * draft-ietf-tls-keylogfile, section 2): "LABEL <client random> <secret>" in hexadecimal. They are
 * found by the random of the ClientHello.
 */

#define SECRET_NAME_LEN 32 /* of a client random */
#define SECRET_LEN_MAX	48 /* a master secret, or SHA-384's output */

enum secret_kind {
	SECRET_MASTER,		 /* CLIENT_RANDOM: of TLS 1.2 and older */
	SECRET_EARLY,		 /* CLIENT_EARLY_TRAFFIC_SECRET */
	SECRET_CLIENT_HANDSHAKE, /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
	SECRET_SERVER_HANDSHAKE,
	SECRET_CLIENT_TRAFFIC, /* CLIENT_TRAFFIC_SECRET_0 */
	SECRET_SERVER_TRAFFIC,
	/* SERVER_RANDOM, which no key log has: a recorder tells it of a connection of TLS 1.2 whose
	 * handshake it didn't see. */
	SECRET_SERVER_RANDOM,
	SECRET_KINDS
};

struct secret {
	uint8_t len; /* 0: not known */
	uint8_t bytes[SECRET_LEN_MAX];
};

/* What is known of one client random. */
struct secrets {
	uint8_t name[SECRET_NAME_LEN];
	uint64_t conn; /* on which it was told; 0 when unknown */
	struct secret of[SECRET_KINDS];
	struct secrets *same_hash;
};

struct keylog;

/*
 * An empty one. What it keeps is charged to BUDGET (may be NULL). What isn't in it is looked for in
 * ALSO (may be NULL), which must outlive it. NULL when there is no memory.
 */
struct keylog *keylog_new(struct budget *budget, struct keylog *also);

enum keylog_answer {
	KEYLOG_TAKEN,
	KEYLOG_IGNORED,	 /* a comment, an empty line, or a label that nothing here needs */
	KEYLOG_NO_LINE,	 /* this isn't a line of a key log */
	KEYLOG_NO_MEMORY /* or the budget doesn't allow it */
};

/* A line without its end. CONN: on which it was told; 0 when unknown. */
enum keylog_answer keylog_add(struct keylog *k, struct span line, uint64_t conn);

/* A master secret by a session id or a ticket, with which a later connection resumes. */
void keylog_add_session(struct keylog *k, struct span session, const struct secret *master);

/* By the client random. NULL when there is none. Valid as long as the keylogs. */
const struct secrets *keylog_find(struct keylog *k, struct span random);

/* Appends what is known of RANDOM to OUT, as lines of the format. False: nothing. */
bool keylog_write(const struct keylog *k, struct span random, struct buffer *out);

/* By a session id or a ticket: the master secret, or NULL. */
const struct secret *keylog_find_session(struct keylog *k, struct span session);

/*
 * All secrets, those of ALSO last, for who knows no random: the one at *AT, which moves behind it.
 * Start with 0; NULL after the last.
 */
const struct secrets *keylog_next(const struct keylog *k, size_t *at);

/* How many client randoms have a secret, those of ALSO counted in. */
size_t keylog_count(const struct keylog *k);

/* Whether something was found in it, or keylog_use() said that one of its secrets fits. */
bool keylog_was_used(const struct keylog *k);

/* One of it, or of ALSO, fits: as keylog_next() gave it. */
void keylog_use(struct keylog *k);

void keylog_free(struct keylog *k); /* NULL is fine; wipes them */

#endif
