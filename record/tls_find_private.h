/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_FIND_PRIVATE_H
#define SOCKTAPE_RECORD_TLS_FIND_PRIVATE_H

#include "record/elf_file.h"
#include "record/go_file.h"
#include "record/tls_find.h"

/* Code of a function that is looked at. */
#define TLS_CODE_MAX 1024

/* Functions by which a library is known, and those that are probed. */
enum {
	SSL_READ,
	SSL_WRITE,
	SSL_READ_EX,
	SSL_WRITE_EX,
	SSL_WRITE_EX2,
	SSL_LOG_SECRET,
	TLS_METHOD,
	BORING,
	LIBRE,
	GNUTLS_RECV,
	GNUTLS_SEND,
	GNUTLS_SEND2,
	NSS,
	MBEDTLS,
	WOLFSSL,
	SYMBOLS,
};

struct finder {
	struct elf_file *file;
	struct tls_wanted wanted;
	struct elf_symbol symbols[SYMBOLS];
	struct tls_found *found;
	uint8_t code[TLS_CODE_MAX];
	size_t code_len;
};

/* Reads the code at ADDRESS, at most SIZE bytes unless that is 0. */
void tls_code_read(struct finder *f, uint64_t address, uint64_t size);

/* Adds a point like LIKE at ADDRESS; false when that is no code, or there are too many. */
bool tls_point_add(struct finder *f, uint64_t address, const struct tls_point *like);

/* The same at the entry of a function, whatever that costs; false unless it may. */
bool tls_entry_add(struct finder *f, uint64_t address, const struct tls_point *like);

/* Adds one in the function at ADDRESS; false when it has no place that may be taken. */
bool tls_function_add(struct finder *f, uint64_t address, const struct tls_point *like);

/* Looks for rustls, which is built into programs; false when it isn't there. */
bool tls_find_rustls(struct finder *f);

/* The same at the begin of a function of Go's. */
bool tls_go_begin(struct finder *f, const struct go_function *function, struct tls_point like);

/* Adds where OpenSSL has read, as found by its table of methods; false where that isn't known. */
bool tls_find_moved(struct finder *f, const struct tls_point *like);

/* Where OpenSSL, its kin, and GnuTLS tell secrets: TLS_HOOK_KEYS, or why that isn't found. */
enum tls_hook tls_find_secrets(struct finder *f);

/*
 * Whether code of the file reaches what is at both offsets of an object: SECRETS_AT, which is the
 * client's secret, and where the server's is.
 */
bool tls_find_uses(struct finder *f, uint32_t secrets_at);

/* The same of Go; WRITE sends. */
enum tls_hook tls_find_go_secrets(struct finder *f, const struct go_function *write);

#endif
