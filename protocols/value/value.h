/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_VALUE_H
#define SOCKTAPE_PROTOCOLS_VALUE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

enum value_type {
	VALUE_NULL = 0,
	VALUE_INT,
	VALUE_BOOL,
	VALUE_TEXT, /* from here on `text` holds it */
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

static inline bool value_has_text(const struct value *v)
{
	return v->type >= VALUE_TEXT;
}

/*
 * Made member by member: a compiler that fills a whole structure on the stack and copies it waits
 * for its own stores, which took a tenth of the time of a record.
 */
static inline struct value value_int(int64_t integer)
{
	struct value v;

	v.type = VALUE_INT;
	v.integer = integer;
	return v;
}

static inline struct value value_bool(bool boolean)
{
	struct value v;

	v.type = VALUE_BOOL;
	v.boolean = boolean;
	return v;
}

static inline struct value value_of(enum value_type type, struct span text)
{
	struct value v;

	v.type = type;
	v.text = text;
	return v;
}

static inline struct value value_text(struct span text)
{
	return value_of(VALUE_TEXT, text);
}

static inline struct value value_word(struct span word)
{
	return value_of(VALUE_WORD, word);
}

/* Null where nothing is known: of empty text, or of a number that is 0. */
static inline struct value value_known_text(struct span text)
{
	struct value v = value_of(VALUE_TEXT, text);

	if (!text.len)
		v.type = VALUE_NULL;
	return v;
}

static inline struct value value_known_int(int64_t integer)
{
	struct value v = value_int(integer);

	if (!integer)
		v.type = VALUE_NULL;
	return v;
}

static inline struct value value_json(struct span text)
{
	return value_of(VALUE_JSON, text);
}

/* A text for a person, behind BEFORE; nothing where there is none. */
static inline void value_append_text(struct buffer *out, const char *before,
				     const struct value *value)
{
	if (value->type != VALUE_TEXT || !value->text.len)
		return;
	buffer_append_text(out, before);
	buffer_append_span(out, value->text);
}

/* Null where there is none of it. */
static inline struct value value_text_if(struct span text)
{
	return value_known_text(text);
}

static inline struct value value_json_if(const struct buffer *json)
{
	struct value v = value_json(buffer_span(json));

	if (!json->len || json->failed)
		v.type = VALUE_NULL;
	return v;
}

#endif
