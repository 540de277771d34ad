/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_DECRYPT_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_TLS_DECRYPT_PRIVATE_H

#include "protocols/tls/decrypt.h"

/*
 * What the files of the decryption share: decrypt.c follows the handshake and the records,
 * decrypt_find.c finds the key and the number of a record, decrypt_pack.c puts a connection aside.
 */

/* TLS 1.3 changes keys behind messages that may be missing: a record tells which are in use. */
enum tls_stage {
	TLS_STAGE_EARLY,     /* the client's 0-RTT data */
	TLS_STAGE_HANDSHAKE, /* what is encrypted of it */
	TLS_STAGE_TRAFFIC    /* in TLS 1.2 the only one */
};

#define TLS_END_UNKNOWN UINT64_MAX

struct tls_direction {
	enum side side;
	struct opener *opener; /* in use; NULL: none yet */
	struct suite suite;    /* of it */
	struct secret secret;  /* of it, in TLS 1.3 */
	unsigned updates;      /* KeyUpdates between the stage's first secret and this one */
	enum tls_stage stage;  /* of it, or which comes first */
	struct opener *next;   /* TLS 1.2: from the next ChangeCipherSpec on */
	uint64_t seq;	       /* number of the record that comes next */
	uint64_t end;	       /* position behind the last record that was understood */
	uint64_t seen;	       /* the same of any record */
	bool snapped;	       /* what is between them was not wanted */
	bool given_up;	       /* records can't be opened, and why is known */
	uint64_t opened;
	uint64_t closed;  /* records that could not be opened, and holes */
	int64_t effort;	  /* left for looking, in bytes to decrypt */
	size_t tied_from; /* secrets tried for a connection whose hello is missing */
};

struct tls_decrypt {
	struct session *session;
	struct keylog *keylog;
	uint64_t charged;	       /* to the budget */
	const struct secrets *secrets; /* of this connection; NULL: none known */
	const struct secret
		*resumed; /* master secret of the session that the client goes on with */
	bool has_client_hello, has_server_hello, hidden_name, encrypt_then_mac;
	bool swapped;	  /* found by trial: who seemed the client is the server */
	bool early;	  /* the client has sent, or may have sent, 0-RTT data */
	uint16_t version; /* 0: not known */
	bool suite_known, suite_unsupported, compresses;
	struct suite suite;
	struct secret master; /* of TLS 1.2 and older, and what its keys are made of beside it */
	uint8_t client_random[SECRET_NAME_LEN], server_random[SECRET_NAME_LEN];
	struct tls_direction directions[2]; /* by enum side */
};

/* ---- decrypt.c ---- */

/* The master secret of a connection of TLS 1.2 or older; NULL: not known. */
const struct secret *tls_decrypt_master(const struct tls_decrypt *d);

/* The keys of the end whose records DIR has, with SUITE, out of what D has of VERSION's handshake.
 */
struct opener *tls_decrypt_opener(const struct tls_decrypt *d, const struct tls_direction *dir,
				  const struct suite *suite, uint16_t version);

/* DIR's next keys are in use from here on. */
void tls_decrypt_take_next(struct tls_decrypt *d, struct tls_direction *dir);

/* Charges what it takes now. */
void tls_decrypt_recharge(struct tls_decrypt *d);

/* ---- decrypt_find.c ---- */

/* The secret with which STAGE of DIR begins, in TLS 1.3; NULL: not known. */
const struct secret *tls_decrypt_secret(const struct tls_decrypt *d,
					const struct tls_direction *dir, enum tls_stage stage);

/* Which record FRAME of D's direction is. MISSING: wire bytes before it; TLS_END_UNKNOWN. */
struct tls_attempt {
	struct span record;
	uint64_t missing;
	uint64_t seq; /* found */
	struct opened opened;
};

/* True when it was opened: DIR's key and number are those of this record then. */
bool tls_decrypt_find(struct tls_decrypt *d, struct tls_direction *dir,
		      struct tls_attempt *attempt);

#endif
