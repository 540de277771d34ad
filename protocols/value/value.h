/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_VALUE_H
#define SOCKTAPE_PROTOCOLS_VALUE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/span.h"

enum value_type {
	VALUE_NULL = 0,
	VALUE_INT,
	VALUE_BOOL,
	VALUE_TEXT,
	VALUE_WORD,
	VALUE_JSON
};

/*
 * A cell. A zeroed one is null. TEXT is any bytes; WORD is text of printable ASCII without quotes
 * and backslashes, which no format has to escape; JSON is one valid JSON value as text.
 */
struct value {
	enum value_type type;
	union {
		int64_t integer;
		bool boolean;
		struct span text;
	};
};

static inline struct value value_int(int64_t integer)
{
	return (struct value){.type = VALUE_INT, .integer = integer};
}

static inline struct value value_bool(bool boolean)
{
	return (struct value){.type = VALUE_BOOL, .boolean = boolean};
}

static inline struct value value_text(struct span text)
{
	return (struct value){.type = VALUE_TEXT, .text = text};
}

static inline struct value value_word(struct span word)
{
	return (struct value){.type = VALUE_WORD, .text = word};
}

static inline struct value value_json(struct span text)
{
	return (struct value){.type = VALUE_JSON, .text = text};
}

#endif
