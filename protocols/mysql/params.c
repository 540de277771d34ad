/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"
#include "protocols/value/json.h"

#define PARAM_COUNT_AVAILABLE 0x08 /* a flag of EXECUTE: query attributes may come, too */
#define TYPE_UNSIGNED	      0x80 /* in the second byte of a type */

/* ---- the text with values in the place of its marks ---- */

struct binding {
	struct span text;
	size_t at;
	struct buffer *out;
};

static void bind_next(struct binding *b, const struct mysql_value *value)
{
	size_t mark = mysql_next_mark(b->text, b->at);

	buffer_append(b->out, b->text.data + b->at, mark - b->at);
	b->at = mark;
	if (mark == b->text.len)
		return;
	b->at++;
	mysql_value_sql(value, b->out);
}

static void bind_rest(struct binding *b)
{
	buffer_append(b->out, b->text.data + b->at, b->text.len - b->at);
}

/* ---- values that came before, in pieces ---- */

static bool long_data(const struct mysql_statement *s, uint16_t index, struct buffer *out)
{
	struct cursor c = cursor_of(s->long_data.data, s->long_data.len);
	bool any = false;

	while (cursor_left(&c) >= 6) {
		const uint8_t *head = cursor_take(&c, 6);
		uint16_t at;
		uint32_t len;
		struct span piece;

		memcpy(&at, head, sizeof(at));
		memcpy(&len, head + 2, sizeof(len));
		piece = cursor_span(&c, len);
		if (at != index || c.failed)
			continue;
		buffer_append_span(out, piece);
		any = true;
	}
	return any;
}

/* ---- execute ---- */

struct execute {
	const uint8_t *nulls;
	uint64_t count;
	bool names;	   /* types have names behind them: query attributes */
	struct span types; /* two bytes each, or with names */
};

static struct mysql_type_of read_type(struct cursor *types, bool names)
{
	uint8_t type = cursor_u8(types), flags = cursor_u8(types);

	if (names)
		mysql_lenenc_span(types);
	return (struct mysql_type_of){type, flags & TYPE_UNSIGNED};
}

/* What stands before the values; false: it can't be read. */
static bool read_head(struct mysql_state *st, struct mysql_statement *s, struct cursor *c,
		      struct execute *x)
{
	uint8_t flags;
	struct cursor begin;

	cursor_skip(c, 4); /* id */
	flags = cursor_u8(c);
	cursor_skip(c, 4); /* iterations */
	x->count = s->param_count;
	x->names = st->capabilities & MYSQL_CAP_QUERY_ATTRIBUTES;
	if (x->names && (x->count || flags & PARAM_COUNT_AVAILABLE))
		x->count = mysql_lenenc(c);
	if (!x->count || c->failed || x->count > UINT16_MAX)
		return !c->failed && !x->count;
	x->nulls = cursor_take(c, ((size_t)x->count + 7) / 8);
	if (!cursor_u8(c)) {
		/* As bound before. */
		x->types = buffer_span(&s->types);
		return !c->failed && x->types.len >= 2 * x->count;
	}
	begin = *c;
	for (uint64_t i = 0; i < x->count && !c->failed; i++)
		read_type(c, x->names);
	x->types = span_of(begin.pos, (size_t)(c->pos - begin.pos));
	buffer_clear(&s->types);
	buffer_append_span(&s->types, x->types);
	mysql_statement_settle(st, s);
	return !c->failed;
}

static void read_param(struct mysql_statement *s, const struct execute *x, uint64_t i,
		       struct mysql_type_of type, struct cursor *c, struct buffer *joined,
		       struct mysql_value *value)
{
	*value = (struct mysql_value){.kind = MYSQL_VALUE_NULL};
	buffer_clear(joined);
	if (long_data(s, (uint16_t)i, joined)) {
		value->kind = MYSQL_VALUE_TEXT;
		value->text = buffer_span(joined);
	} else if (!(x->nulls[i / 8] >> (i % 8) & 1)) {
		mysql_binary_value(type, c, value);
	}
}

bool mysql_params(struct mysql_state *st, struct mysql_op *op, struct mysql_statement *s)
{
	struct cursor c = cursor_of(op->text.data, op->text.len), types;
	struct binding b = {buffer_span(&s->text), 0, &st->bound};
	struct buffer joined = {0};
	struct execute x = {0};
	bool good = read_head(st, s, &c, &x);

	buffer_clear(&st->json);
	buffer_clear(&st->bound);
	buffer_append_char(&st->json, '[');
	types = cursor_of(x.types.data, x.types.len);
	for (uint64_t i = 0; good && i < x.count; i++) {
		struct mysql_value value;

		read_param(s, &x, i, read_type(&types, x.names), &c, &joined, &value);
		good = !c.failed;
		if (!good || i >= s->param_count)
			break;
		if (i)
			buffer_append_char(&st->json, ',');
		mysql_value_json(&value, &st->json);
		bind_next(&b, &value);
	}
	bind_rest(&b);
	buffer_append_char(&st->json, ']');
	buffer_free(&joined);
	return good;
}

/* ---- bulk execute ---- */

/* Flags, and what stands before each value (MariaDB's "COM_STMT_BULK_EXECUTE"). */
#define BULK_TYPES 0x80
enum {
	BULK_VALUE,
	BULK_NULL,
	BULK_DEFAULT,
	BULK_IGNORE
};

static bool bulk_param(struct cursor *c, struct mysql_type_of type, struct buffer *out)
{
	struct mysql_value value = {.kind = MYSQL_VALUE_NULL};

	switch (cursor_u8(c)) {
	case BULK_VALUE:
		mysql_binary_value(type, c, &value);
		mysql_value_json(&value, out);
		break;
	case BULK_NULL:
		mysql_value_json(&value, out);
		break;
	case BULK_DEFAULT:
		buffer_append_text(out, "{\"indicator\":\"default\"}");
		break;
	case BULK_IGNORE:
		buffer_append_text(out, "{\"indicator\":\"ignore\"}");
		break;
	default:
		return false;
	}
	return !c->failed;
}

static bool bulk_row(struct mysql_statement *s, struct cursor *c, struct buffer *out)
{
	struct cursor types = cursor_of(s->types.data, s->types.len);

	buffer_append_char(out, '[');
	for (unsigned i = 0; i < s->param_count; i++) {
		if (i)
			buffer_append_char(out, ',');
		if (!bulk_param(c, read_type(&types, false), out))
			return false;
	}
	buffer_append_char(out, ']');
	return true;
}

bool mysql_bulk_params(struct mysql_state *st, struct mysql_op *op, struct mysql_statement *s,
		       size_t limit, bool *cut)
{
	struct cursor c = cursor_of(op->text.data, op->text.len);
	size_t types_len = (size_t)s->param_count * 2;
	uint16_t flags;

	cursor_skip(&c, 4); /* id */
	flags = cursor_le16(&c);
	if (flags & BULK_TYPES) {
		buffer_clear(&s->types);
		buffer_append_span(&s->types, cursor_span(&c, types_len));
		mysql_statement_settle(st, s);
	}
	buffer_clear(&st->json);
	buffer_append_char(&st->json, '[');
	if (c.failed || !s->param_count || s->types.len != types_len)
		return false;
	while (cursor_left(&c) && !*cut) {
		if (st->json.len > 1)
			buffer_append_char(&st->json, ',');
		if (!bulk_row(s, &c, &st->json))
			return false;
		*cut = st->json.len > limit && cursor_left(&c);
	}
	buffer_append_char(&st->json, ']');
	return !st->json.failed;
}

/* ---- query attributes ---- */

/* "Query Attributes": counts, nulls, types with names, values; then the text. */
void mysql_attributes(struct mysql_state *st, struct span *text, struct buffer *out)
{
	struct cursor c = cursor_of(text->data, text->len), types;
	bool known = st->capabilities_known;
	uint64_t count;
	const uint8_t *nulls;

	if (known && !(st->capabilities & MYSQL_CAP_QUERY_ATTRIBUTES))
		return;
	count = mysql_lenenc(&c);
	/* Without the beginning only the shortest form is sure: no text begins with a zero. */
	if (mysql_lenenc(&c) != 1 || c.failed || count > UINT16_MAX || (!known && count))
		return;
	if (!count) {
		*text = cursor_rest(&c);
		return;
	}
	nulls = cursor_take(&c, ((size_t)count + 7) / 8);
	cursor_skip(&c, 1);
	types = c;
	for (uint64_t i = 0; i < count && !c.failed; i++)
		read_type(&c, true);
	buffer_append_char(out, '{');
	for (uint64_t i = 0; i < count && !c.failed; i++) {
		uint8_t type = cursor_u8(&types), flags = cursor_u8(&types);
		struct span name = mysql_lenenc_span(&types);
		struct mysql_value value = {.kind = MYSQL_VALUE_NULL};

		if (!(nulls[i / 8] >> (i % 8) & 1))
			mysql_binary_value((struct mysql_type_of){type, flags & TYPE_UNSIGNED}, &c,
					   &value);
		if (i)
			buffer_append_char(out, ',');
		json_append_string(out, name);
		buffer_append_char(out, ':');
		mysql_value_json(&value, out);
	}
	buffer_append_char(out, '}');
	if (!c.failed)
		*text = cursor_rest(&c);
}
