/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_JSON_TEXT_H
#define SOCKTAPE_ANALYZE_OUTPUT_JSON_TEXT_H

#include "format/buffer.h"

/* JSON (RFC 8259) as people read it. */

/* One value with a line for each member and element, indented; the text's own numbers and strings.
 */
void json_append_indented(struct buffer *b, struct span json);

/*
 * What it says without its marks: members as "name: value", those of the outermost on lines of
 * their own, strings with their escapes undone, also those of json_append_string() for bytes.
 */
void json_append_flat(struct buffer *b, struct span json);

/*
 * An object of fields, as headers are kept: a line "name: value" for each, several for a name whose
 * value is an array. What else it is as json_append_flat() has it.
 */
void json_append_fields(struct buffer *b, struct span json);

#endif
