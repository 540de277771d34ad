/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_LAYOUT_H
#define SOCKTAPE_RECORD_TLS_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/numbers.h"
#include "format/span.h"

/* Where an object of a library has the client random of its connection, and its secrets. */
struct tls_layout {
	uint32_t random_in; /* offset of a pointer to where it is; 0: it is in the object */
	uint32_t random_at; /* offset */
	uint32_t server_at; /* offset of a number: 1 at the server's end, else 0; 0: not known */
	/* Of the client's application traffic secret of TLS 1.3, and 64 bytes behind it the
	 * server's; 0: not known. */
	uint32_t secrets_at;
	/* Of the master secret of TLS 1.2, and of a pointer to where it is; 0: in the object. */
	uint32_t master_in;
	uint32_t master_at;    /* 0: not known */
	int32_t server_random; /* from the client's random on */
	/* OpenSSL's: of a pointer to the BIO that it reads with; 0: not known. And in that, of a
	 * pointer to what begins with its type, and of its descriptor. */
	uint32_t bio_in;
	uint32_t bio_method;
	uint32_t bio_fd;
	/* Of Go's, whose objects have no random and secrets of TLS 1.3 alone: all 0 elsewhere. */
	uint32_t go_version; /* offset of the version's number */
	uint32_t go_client;  /* offset of a byte: 1 at the client's end, else 0 */
	uint32_t go_sent;    /* offsets of slices: the secrets in use, in each direction */
	uint32_t go_received;
};

/*
 * The Nth that it may be, from 0 on: a distribution's patches may have changed one.
 *
 * By the library's own version text ("OpenSSL 3.0.19 ...", "3.7.9", "go1.22.1"). False when no
 * layout of it is known: nothing of its objects is read then.
 */
bool tls_layout_find(enum tls_library kind, struct span version, size_t n,
		     struct tls_layout *layout);

#endif
