/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_BODY_H
#define SOCKTAPE_PROTOCOLS_THRIFT_BODY_H

#include "protocols/thrift/wire.h"

/* A message with what stands before it, for all who carry Thrift: connections, Mux. */
struct thrift_body {
	struct thrift_head head;
	struct span header; /* Finagle's structure before the message; empty: none */
	struct span fields; /* the structure behind the head, as much as is there */
};

/* False when TEXT, which may be cut, is none. */
bool thrift_body_read(struct span text, struct thrift_body *body);

/* What an answer holds. Zeroed buffers are the caller's. */
struct thrift_answer {
	struct buffer *result;	  /* JSON of what was returned; empty: nothing */
	struct buffer *exception; /* JSON of what was thrown; empty: nothing */
	struct buffer *error;	  /* the exception's message */
	int64_t code;		  /* of an exception of the call itself; -1: none */
	bool failed;
	bool cut, damaged;
};

/* Reads a reply or exception, with LIMIT bytes of JSON at most for each. */
void thrift_answer_read(const struct thrift_body *body, size_t limit, struct thrift_answer *answer);

/* The method's name without the service's, which is put before it where several are served. */
void thrift_name_split(struct span name, struct span *service, struct span *method);

#endif
