/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/thrift/walk.h"
#include "protocols/value/base64.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"
#include "protocols/value/utf8.h"

/* Brackets inside each other, of what is written; deeper ones are left out. */
#define NESTING_MAX 32

bool thrift_next_field(struct thrift_fields *f, uint8_t *type)
{
	*type = thrift_field_begin(&f->c, f->encoding, &f->id);
	return !f->c.failed && *type != THRIFT_STOP && *type != THRIFT_NO_TYPE;
}

static bool fail(struct thrift_fields *f)
{
	f->c.failed = true;
	f->c.pos = f->c.end;
	return false;
}

static size_t value_len(const struct thrift_fields *f, uint8_t type)
{
	struct thrift_walk walk = {.encoding = (uint8_t)f->encoding, .depth = 1};
	struct thrift_level *level = &walk.levels[0];
	struct span rest = cursor_rest(&f->c);
	size_t pos = 0;

	/* As the only element of a list. */
	level->kind = THRIFT_LIST;
	level->types[0] = level->types[1] = type;
	level->left = 1;
	if (thrift_walk(&walk, rest, SIZE_MAX, &pos) != FRAME_DONE || pos > rest.len)
		return SIZE_MAX;
	return pos;
}

bool thrift_skip(struct thrift_fields *f, uint8_t type)
{
	size_t len = value_len(f, type);

	if (len == SIZE_MAX)
		return fail(f);
	cursor_skip(&f->c, len);
	return true;
}

static int64_t read_integer(struct thrift_fields *f, uint8_t type)
{
	if (type == THRIFT_BYTE)
		return (int8_t)cursor_u8(&f->c);
	if (f->encoding == THRIFT_COMPACT)
		return cursor_zigzag(&f->c);
	if (type == THRIFT_I16)
		return (int16_t)cursor_be16(&f->c);
	return type == THRIFT_I32 ? (int32_t)cursor_be32(&f->c) : (int64_t)cursor_be64(&f->c);
}

static bool is_integer(uint8_t type)
{
	return type == THRIFT_BYTE || type == THRIFT_I16 || type == THRIFT_I32 ||
	       type == THRIFT_I64;
}

bool thrift_integer(struct thrift_fields *f, uint8_t type, int64_t *value)
{
	if (!is_integer(type)) {
		thrift_skip(f, type);
		return false;
	}
	*value = read_integer(f, type);
	return !f->c.failed;
}

bool thrift_string(struct thrift_fields *f, uint8_t type, struct span *value)
{
	uint64_t len;

	if (type != THRIFT_STRING) {
		thrift_skip(f, type);
		return false;
	}
	len = thrift_string_len(&f->c, f->encoding);
	if (f->c.failed || len > cursor_left(&f->c))
		return fail(f);
	*value = cursor_span(&f->c, (size_t)len);
	return true;
}

/* ---- JSON ---- */

struct view {
	struct thrift_writer *w;
	struct thrift_fields *f;
	unsigned nesting;
};

static void append_value(struct view *v, uint8_t type);

/* Whether there is room for more. */
static bool goes_on(struct view *v)
{
	struct thrift_writer *w = v->w;

	if (v->f->c.failed || w->out->failed) {
		w->damaged = true;
		return false;
	}
	if (w->out->len >= w->limit) {
		w->cut = true;
		v->f->c.pos = v->f->c.end;
	}
	return !w->cut;
}

static void append_real(struct buffer *out, double real)
{
	if (isfinite(real))
		real_append(out, real);
	else
		buffer_append_text(out, isnan(real) ? "\"NaN\""
					: real < 0  ? "\"-inf\""
						    : "\"inf\"");
}

static double read_real(struct thrift_fields *f)
{
	uint64_t bits = f->encoding == THRIFT_COMPACT ? cursor_le64(&f->c) : cursor_be64(&f->c);
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

/* What isn't there is null: of a message whose end is missing. */
static void append_double(struct view *v)
{
	double real = read_real(v->f);

	if (v->f->c.failed)
		buffer_append_text(v->w->out, "null");
	else
		append_real(v->w->out, real);
}

static void append_integer(struct view *v, uint8_t type)
{
	int64_t integer = read_integer(v->f, type);

	if (v->f->c.failed)
		buffer_append_text(v->w->out, "null");
	else
		buffer_append_i64(v->w->out, integer);
}

static void append_bool(struct view *v)
{
	bool yes = cursor_u8(&v->f->c) == 1;

	if (v->f->c.failed)
		buffer_append_text(v->w->out, "null");
	else
		buffer_append_text(v->w->out, yes ? "true" : "false");
}

static void append_string(struct view *v)
{
	struct buffer *out = v->w->out;
	uint64_t len = thrift_string_len(&v->f->c, v->f->encoding);
	size_t left = cursor_left(&v->f->c), room;
	struct span text;

	/* What is there of one whose end is missing. */
	v->w->cut |= len > left;
	text = cursor_span(&v->f->c, len > left ? left : (size_t)len);
	room = v->w->limit > out->len ? v->w->limit - out->len : 0;
	if (text.len > room) {
		text.len = room;
		v->w->cut = true;
	}
	if (utf8_is_text(text) || v->w->cut) {
		json_append_string(out, text);
		return;
	}
	buffer_append_text(out, "{\"bytes\":\"");
	base64_append(out, text);
	buffer_append_text(out, "\"}");
}

static void append_uuid(struct view *v)
{
	buffer_append_char(v->w->out, '"');
	hex_append_uuid(v->w->out, cursor_span(&v->f->c, HEX_UUID_LEN));
	buffer_append_char(v->w->out, '"');
}

static void append_list(struct view *v)
{
	struct buffer *out = v->w->out;
	struct thrift_list list;

	buffer_append_char(out, '[');
	if (!thrift_list_begin(&v->f->c, v->f->encoding, &list))
		fail(v->f);
	for (uint32_t i = 0; !v->f->c.failed && i < list.count && goes_on(v); i++) {
		if (i)
			buffer_append_char(out, ',');
		append_value(v, list.types[0]);
	}
	buffer_append_char(out, ']');
}

/* Of an object: numbers and words in quotes. */
static void append_key(struct view *v, uint8_t type)
{
	if (type == THRIFT_STRING) {
		struct span text = {0};

		thrift_string(v->f, type, &text);
		json_append_string(v->w->out, text);
		return;
	}
	buffer_append_char(v->w->out, '"');
	append_value(v, type);
	buffer_append_char(v->w->out, '"');
}

static bool is_key(uint8_t type)
{
	return is_integer(type) || type == THRIFT_BOOL || type == THRIFT_STRING;
}

static void append_pairs(struct view *v, const struct thrift_list *map)
{
	struct buffer *out = v->w->out;
	bool object = is_key(map->types[0]);

	for (uint32_t i = 0; i < map->count && goes_on(v); i++) {
		if (i)
			buffer_append_char(out, ',');
		if (object) {
			append_key(v, map->types[0]);
			buffer_append_char(out, ':');
			append_value(v, map->types[1]);
			continue;
		}
		buffer_append_char(out, '[');
		append_value(v, map->types[0]);
		buffer_append_char(out, ',');
		append_value(v, map->types[1]);
		buffer_append_char(out, ']');
	}
}

static void append_map(struct view *v)
{
	struct thrift_list map = {0};
	bool object;

	if (!thrift_map_begin(&v->f->c, v->f->encoding, &map))
		fail(v->f);
	object = v->f->c.failed || !map.count || is_key(map.types[0]);
	buffer_append_char(v->w->out, object ? '{' : '[');
	v->nesting++;
	if (!v->f->c.failed)
		append_pairs(v, &map);
	v->nesting--;
	buffer_append_char(v->w->out, object ? '}' : ']');
}

static void append_struct(struct view *v)
{
	struct buffer *out = v->w->out;
	int16_t outer = v->f->id;
	bool first = true;
	uint8_t type;

	v->f->id = 0;
	buffer_append_char(out, '{');
	while (goes_on(v) && thrift_next_field(v->f, &type)) {
		if (!first)
			buffer_append_char(out, ',');
		first = false;
		buffer_append_char(out, '"');
		buffer_append_i64(out, v->f->id);
		buffer_append_text(out, "\":");
		append_value(v, type);
	}
	buffer_append_char(out, '}');
	v->w->damaged |= v->f->c.failed;
	v->f->id = outer;
}

static void append_nested(struct view *v, uint8_t type)
{
	if (v->nesting == NESTING_MAX) {
		thrift_skip(v->f, type);
		buffer_append_text(v->w->out, "null");
		v->w->cut = true;
		return;
	}
	v->nesting++;
	if (type == THRIFT_STRUCT)
		append_struct(v);
	else if (type == THRIFT_MAP)
		append_map(v);
	else
		append_list(v);
	v->nesting--;
}

static void append_value(struct view *v, uint8_t type)
{
	struct buffer *out = v->w->out;

	switch (type) {
	case THRIFT_TRUE:
		buffer_append_text(out, "true");
		break;
	case THRIFT_FALSE:
		buffer_append_text(out, "false");
		break;
	case THRIFT_BOOL:
		append_bool(v);
		break;
	case THRIFT_BYTE:
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		append_integer(v, type);
		break;
	case THRIFT_DOUBLE:
		append_double(v);
		break;
	case THRIFT_STRING:
		append_string(v);
		break;
	case THRIFT_UUID:
		append_uuid(v);
		break;
	case THRIFT_STRUCT:
	case THRIFT_MAP:
	case THRIFT_LIST:
	case THRIFT_SET:
		append_nested(v, type);
		break;
	default:
		fail(v->f);
		buffer_append_text(out, "null");
	}
}

void thrift_value_json(struct thrift_writer *w, struct thrift_fields *f, uint8_t type)
{
	struct view v = {.w = w, .f = f};

	append_value(&v, type);
	w->damaged |= f->c.failed;
}

void thrift_struct_json(struct thrift_writer *w, enum thrift_encoding encoding, struct span data)
{
	struct thrift_fields f = {.encoding = encoding, .c = cursor_of(data.data, data.len)};

	thrift_value_json(w, &f, THRIFT_STRUCT);
}
