/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_JSON_READ_H
#define SOCKTAPE_PROTOCOLS_VALUE_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

/*
 * Finds its way in JSON (RFC 8259) that stands in a message, without making anything of it: values
 * are spans of the text. Nesting is bounded.
 */

/* Behind the value that begins at AT, spaces before it allowed; 0: there is none, whole. */
size_t json_value_end(struct span text, size_t at);

/* Whether TEXT is one value and nothing else but spaces. */
bool json_is_whole(struct span text);

/*
 * The members of OBJECT one by one: *AT begins as 0. NAME is without its quotes, escapes as they
 * are. False behind the last one, where it is damaged, and when OBJECT is none.
 */
bool json_next_member(struct span object, size_t *at, struct span *name, struct span *value);

/* The elements of ARRAY one by one, in the same way. */
bool json_next_element(struct span array, size_t *at, struct span *value);

/* The value of the first member called NAME. */
bool json_find(struct span object, const char *name, struct span *value);

/* Appends what a string says, its escapes undone; false and nothing when VALUE is no string. */
bool json_string_append(struct buffer *out, struct span value);

/* False when VALUE isn't a whole number that fits. */
bool json_integer(struct span value, int64_t *integer);

#endif
