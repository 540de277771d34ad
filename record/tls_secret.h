/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_SECRET_H
#define SOCKTAPE_RECORD_TLS_SECRET_H

#include "format/event.h"

#define TLS_LABEL_LEN  32
#define TLS_SECRET_LEN 48 /* a master secret, or SHA-384's output */

/* A secret of a connection, as its library told it: struct kernel_secret of bpf/event.h. */
struct tls_secret {
	int64_t ts;
	uint32_t pid;
	uint32_t tid;
	uint32_t library;
	bool older; /* of a call that is about to use its connection's socket */
	uint8_t random[EVENT_RANDOM_LEN]; /* zero: not known */
	char label[TLS_LABEL_LEN + 1];	  /* empty: a master secret of TLS 1.2 */
	uint8_t bytes[TLS_SECRET_LEN];
	uint8_t len;
};

/* A line of a key log, with its terminating zero. */
#define TLS_SECRET_LINE_MAX (TLS_LABEL_LEN + 2 * EVENT_RANDOM_LEN + 2 * TLS_SECRET_LEN + 3)

/*
 * Writes the line of the NSS key log format (draft-ietf-tls-keylogfile, section 2) that tells
 * SECRET to LINE. False when it opens no record (exporters' secrets), or the client random is not
 * known: then it is not to be kept.
 */
bool tls_secret_line(const struct tls_secret *secret, char line[TLS_SECRET_LINE_MAX]);

#endif
