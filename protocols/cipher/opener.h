/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CIPHER_OPENER_H
#define SOCKTAPE_PROTOCOLS_CIPHER_OPENER_H

#include "format/buffer.h"
#include "protocols/cipher/keylog.h"
#include "protocols/cipher/suite.h"

/*
 * Opens the protected records of one direction of a TLS connection. A record proves itself: by the
 * AEAD's tag, or by CBC's MAC. So a record number that isn't known can be found by trial.
 */
struct opener;
struct unpack;

/* Bytes of memory that one takes, about: for budgets. */
#define OPENER_SIZE 2048

/* ---- TLS 1.3 ---- */

/* For the records under a traffic secret (RFC 8446, section 7.3). NULL: no memory, or no such suite
 * in libcrypto. */
struct opener *opener_of_secret(const struct suite *suite, const struct secret *secret);

/* What follows SECRET after a KeyUpdate (section 7.2). False when libcrypto doesn't do it. */
bool secret_update(const struct suite *suite, struct secret *secret);

/* ---- TLS 1.0 to 1.2 ---- */

struct master_keys {
	uint16_t version;
	const struct secret *master;
	const uint8_t *client_random; /* SECRET_NAME_LEN bytes each */
	const uint8_t *server_random;
	bool encrypt_then_mac; /* RFC 7366 */
};

/* For the records that the server (or else the client) sends (RFC 5246, section 6.3). */
struct opener *opener_of_master(const struct suite *suite, const struct master_keys *keys,
				bool server);

/* ---- records ---- */

struct opened {
	uint8_t type;	   /* of the content: enum tls_record_type */
	struct span bytes; /* borrowed from the opener until its next call */
};

/*
 * Opens RECORD, header included, as number SEQ of its direction. False when it isn't that record.
 */
bool opener_open(struct opener *o, uint64_t seq, struct span record, struct opened *opened);

/*
 * Guess number N (from 0 on) of what number RECORD has: what its nonce suggests, or what its tag
 * tells, which is certain for GCM. It has to be tried. False: no more guesses.
 */
bool opener_number(struct opener *o, struct span record, unsigned n, uint64_t *seq);

/* Whether other numbers may be right when the guesses were not. */
bool opener_may_count(const struct opener *o);

/* CBC of TLS 1.0: the next record can't be opened without this one, which could not be opened. */
void opener_pass(struct opener *o, struct span record);

/* ---- putting aside ---- */

/* The version of TLS that its records are of: what it was made of. */
uint16_t opener_version(const struct opener *o);

/* Whether both have the same keys: one that was made again is the one that it was. */
bool opener_equal(const struct opener *a, const struct opener *b);

/* Appends to OUT what one with the same keys needs to go on as O (format/pack.h): no secret. */
void opener_pack(const struct opener *o, struct buffer *out);
void opener_unpack(struct opener *o, struct unpack *in);

/* Bytes that it has beside OPENER_SIZE: of the record that was opened last. */
size_t opener_memory(const struct opener *o);

void opener_free(struct opener *o); /* NULL is fine; wipes the keys */

#endif
