/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_PRIVATE_H

#include "protocols/protobuf/view.h"
#include "protocols/protobuf/wire.h"

/* view.c goes through messages, and shows what has no definition; typed.c what has one. */

struct view {
	struct buffer *out;
	size_t limit; /* of out->len */
	bool cut;
};

/* Whether as much is shown as may be; then there is more. */
bool protobuf_is_full(struct view *v);

/* Bytes as far as they fit. */
struct span protobuf_fitting(struct view *v, struct span bytes);

/* TYPE may be NULL. */
void protobuf_append_message(struct view *v, struct span message,
			     const struct protobuf_message *type, unsigned depth);

/* Bytes of which nothing is known but that they are no message, or too deep in others. */
void protobuf_append_bytes(struct view *v, struct span bytes);

/* Whether all of FIELDS, which have the number of MEMBER, are what it says. */
bool protobuf_fits_member(const struct protobuf_member *member, const struct protobuf_field *fields,
			  size_t count);

/* Their value; only where they fit. */
void protobuf_append_member(struct view *v, const struct protobuf_member *member,
			    const struct protobuf_field *fields, size_t count, unsigned depth);

/* Messages inside messages are shown as bytes below this. */
#define PROTOBUF_DEPTH_MAX 16

#endif
