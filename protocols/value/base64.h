/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_BASE64_H
#define SOCKTAPE_PROTOCOLS_VALUE_BASE64_H

#include "format/buffer.h"

/* Appends BYTES in base64 with padding (RFC 4648, section 4). */
void base64_append(struct buffer *out, struct span bytes);

/*
 * Appends what TEXT says in base64 or base64url, padded or not. False when it isn't: then what was
 * appended is undefined.
 */
bool base64_decode(struct buffer *out, struct span text);

#endif
