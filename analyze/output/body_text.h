/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_BODY_TEXT_H
#define SOCKTAPE_ANALYZE_OUTPUT_BODY_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

/* Bytes of any kind for people: all of them, however many there are. */

/* Whether BYTES are text: UTF-8, and hardly any of it control characters. */
bool body_is_text(struct span bytes);

/* JSON indented, text as its lines, anything else as body_append_hex(). Ends with a line end. */
void body_append(struct buffer *b, struct span bytes);

/* Lines of 16 bytes: their offset from OFFSET on, in hexadecimal, and as ASCII. */
void body_append_hex(struct buffer *b, uint64_t offset, struct span bytes);

#endif
