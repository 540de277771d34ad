/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_JSON_H
#define SOCKTAPE_PROTOCOLS_JSON_H

#include "format/buffer.h"

/*
 * Appends TEXT as a JSON string with its quotes (RFC 8259, section 7). The output is always valid
 * UTF-8: a byte that isn't part of a well-formed UTF-8 sequence is written as \\xHH (a backslash,
 * an x and two digits, in the string's value), so that nothing is lost.
 */
void json_append_string(struct buffer *b, struct span text);

/* `"name":`, after a comma when the object already holds something (*FIRST is cleared). */
void json_append_key(struct buffer *b, const char *name, bool *first);

#endif
