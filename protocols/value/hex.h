/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_HEX_H
#define SOCKTAPE_PROTOCOLS_VALUE_HEX_H

#include "format/buffer.h"

/* Appends BYTES as hexadecimal digits, two each, in lower case. */
void hex_append(struct buffer *out, struct span bytes);

/* A UUID as RFC 9562, section 4, writes it; nothing where BYTES are not as many as one has. */
#define HEX_UUID_LEN 16
void hex_append_uuid(struct buffer *out, struct span bytes);

#endif
