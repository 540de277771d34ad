/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_NAME_H
#define SOCKTAPE_PROTOCOLS_DNS_NAME_H

#include "format/buffer.h"
#include "protocols/cursor.h"

/* Octets of a name on the wire, its end included (RFC 1035, section 2.3.4). */
#define DNS_NAME_MAX 255

/*
 * Reads the name at C, which must have been started at the first byte of the message (that is what
 * compression pointers count from), and moves C behind it. A pointer must lead to an earlier place
 * behind the header than where the name, or the part that the last pointer led to, begins (RFC
 * 1035, section 4.1.4: a "prior occurrence"); so no chain of them can be a loop.
 *
 * The text goes to OUT (NULL: nowhere): labels with dots between them and none at the end, "." for
 * the root; dots in a label and what is special in a zone file with a backslash before it, other
 * bytes than visible ASCII as \DDD (RFC 1035, section 5.1).
 *
 * False when the name is malformed: OUT then has what could be read. C has only failed when it
 * can't be told where the name ends.
 */
bool dns_name_read(struct cursor *c, struct buffer *out);

/* Whether the pointers of the name at C, which could not be read, lead in a circle. */
bool dns_name_loops(struct cursor c);

#endif
