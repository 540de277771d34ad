/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_JSON_H
#define SOCKTAPE_PROTOCOLS_VALUE_JSON_H

#include "format/buffer.h"
#include "protocols/value/value.h"

/*
 * Appends TEXT as a JSON string with its quotes (RFC 8259, section 7). The output is always valid
 * UTF-8: a byte that isn't part of a well-formed UTF-8 sequence is written as \\xHH (a backslash,
 * an x and two digits, in the string's value), so that nothing is lost; a backslash that stands
 * before an x in the text itself becomes \\x5c, so that the two differ.
 */
void json_append_string(struct buffer *b, struct span text);

/*
 * TEXT of well-formed UTF-8 as a JSON string whose value it is, exactly: nothing stands for a byte
 * in it. False, and nothing appended, when it isn't well-formed.
 */
bool json_append_text(struct buffer *b, struct span text);

/* The same without the quotes: of a text that is told in pieces. */
bool json_append_characters(struct buffer *b, struct span text);

/* Any bytes as a JSON string in base64 (RFC 4648, section 4). */
void json_append_base64(struct buffer *b, struct span bytes);

/* A cell as a JSON value; one that isn't there as null. */
void json_append_value(struct buffer *b, const struct value *value);

/*
 * The same at TO, which has room for the text of a value that has some and JSON_VALUE_ROOM more;
 * returns the end. NULL: something in it must be escaped, and what was written means nothing.
 */
#define JSON_VALUE_ROOM 24
char *json_put_value(char *to, const struct value *value);
char *json_put_integer(char *to, int64_t integer);

/* `"name":`, after a comma when the object already holds something (*FIRST is cleared). */
void json_append_key(struct buffer *b, const char *name, bool *first);

/* In the same way a member whose value is TEXT, or null where that is empty. */
void json_append_known(struct buffer *b, const char *name, struct span text, bool *first);

/* Before each element of the array that LIST becomes, and alone is: its bracket, or a comma. */
static inline void json_list_next(struct buffer *list)
{
	buffer_append_char(list, list->len ? ',' : '[');
}

/* Closes it, empty or not; nothing may be appended after that. Null: there was no memory. */
struct value json_list_end(struct buffer *list);

#endif
