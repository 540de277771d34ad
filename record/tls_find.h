/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_FIND_H
#define SOCKTAPE_RECORD_TLS_FIND_H

#include "format/buffer.h"
#include "format/numbers.h"
#include "record/tls_layout.h"

/*
 * What TLS library a file holds, and where probes can stand in it. The file is only read: nothing
 * of it is executed.
 */

/* What a function is like: bits. */
#define TLS_POINT_COUNTED                                                                          \
	1		  /* it returns 1, and the number of bytes through its fourth argument     \
			   */
#define TLS_POINT_TYPED 2 /* argument 2 is a type of record, buffer and length follow */

#define TLS_POINT_BRANCH 4 /* Go: it stands at the branch that makes the stack larger */

#define TLS_POINT_WRAPPED 8 /* of a secret: the client random is handed on with it */

#define TLS_POINT_FIFTH 16 /* with COUNTED: through its fifth argument */

#define TLS_POINT_SLOW 32 /* it stands where each call costs microseconds more */

/* Which probes stand there. */
enum tls_point_kind {
	TLS_POINT_FUNCTION,  /* one at the begin of a function, and one at its return */
	TLS_POINT_MOVED,     /* one behind all that a function does, with its arguments at hand */
	TLS_POINT_GO_WRITE,  /* one at the begin of Go's Write */
	TLS_POINT_GO_READ,   /* and of its Read */
	TLS_POINT_GO_COPY,   /* one at Read's call of memmove() */
	TLS_POINT_OLDER,     /* one at the begin of what sends, for the secrets in its object */
	TLS_POINT_SECRET,    /* one where a secret is told to what writes key logs */
	TLS_POINT_GO_SECRET, /* the same in Go */
	TLS_POINT_GO_OLDER,  /* as of what sends, of Go */
	TLS_POINT_RUSTLS,    /* as of a function, of rustls */
	TLS_POINT_GO_MASTER, /* one where Go makes keys of a master secret */
	TLS_POINT_KINDS,
};

/* Numbers of registers, as instructions encode them. */
struct tls_registers {
	uint8_t object;
	uint8_t buffer;
	uint8_t count_at; /* address of the number of bytes */
	uint8_t peeks;	  /* not 0: nothing was taken out of the stream; 0: there is none */
};

struct tls_point {
	uint64_t offset; /* in the file */
	enum tls_point_kind kind;
	enum call call;
	enum direction direction;
	uint32_t shape;
	struct tls_registers registers; /* of TLS_POINT_MOVED */
};

#define TLS_POINTS_MAX 16

struct tls_found {
	enum tls_library kind;
	enum tls_hook hook; /* as was asked for: points has where; or why not */
	struct buffer version;
	struct buffer build_id;
	struct buffer note; /* more, in words */
	struct tls_point points[TLS_POINTS_MAX];
	size_t point_count;
	bool wants_crypto; /* the version stands in the libcrypto beside it: tls_find_version() */
	struct tls_layout layout; /* of the library's objects; all 0 when it isn't known */
};

/* What is looked for. */
struct tls_wanted {
	/* TLS_HOOK_PLAINTEXT, TLS_HOOK_KEYS: secrets, TLS_HOOK_OFF: as plaintext, but not hooked */
	enum tls_hook hook;
	bool slow; /* also where each call costs microseconds more */
	bool once; /* by one probe where one is enough, and by two where not */
};

/*
 * Looks at the file that FD has open, for where WANTED can be read. False when there is no TLS
 * library in it. *FOUND must be zero before; to be released with tls_found_free() in any case.
 */
bool tls_find(int fd, struct tls_wanted wanted, struct tls_found *found);

/* Whether such a point is only for connections that are older than the recorder. */
bool tls_point_is_older(enum tls_point_kind kind);

/* Whether probes can stand at its points. */
bool tls_found_points(const struct tls_found *found);

/* Completes *FOUND with what the libcrypto says that FD has open; -1: there is none. */
void tls_find_version(int fd, struct tls_found *found);

void tls_found_free(struct tls_found *found);

#endif
