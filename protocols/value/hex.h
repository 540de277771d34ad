/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_HEX_H
#define SOCKTAPE_PROTOCOLS_VALUE_HEX_H

#include "format/buffer.h"

/* Appends BYTES as hexadecimal digits, two each, in lower case. */
void hex_append(struct buffer *out, struct span bytes);

#endif
