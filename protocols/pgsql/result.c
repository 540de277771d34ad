/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"
#include "protocols/value/json.h"

/* A column of a RowDescription. */
struct column_type {
	struct span name;
	uint32_t oid;
	uint16_t format;
};

static bool next_column(struct cursor *c, struct column_type *column)
{
	column->name = cursor_until(c, 0);
	cursor_skip(c, 6); /* of which table */
	column->oid = cursor_be32(c);
	cursor_skip(c, 6); /* size and modifier */
	column->format = cursor_be16(c);
	return !c->failed;
}

void pgsql_column_names(struct span description, struct buffer *out)
{
	struct cursor c = cursor_of(description.data, description.len);
	unsigned count = cursor_be16(&c);
	struct column_type column;

	buffer_append_char(out, '[');
	for (unsigned i = 0; i < count && next_column(&c, &column); i++) {
		if (i)
			buffer_append_char(out, ',');
		json_append_string(out, column.name);
	}
	buffer_append_char(out, ']');
}

/* None: all text; one: for all; else one each. */
static unsigned format_of(struct span codes, unsigned index)
{
	size_t count = codes.len / 2;
	size_t at = count == 1 ? 0 : index;

	if (at >= count)
		return 0;
	return (unsigned)(uint8_t)codes.data[2 * at] << 8 | (uint8_t)codes.data[2 * at + 1];
}

static uint32_t oid_of(struct span types, unsigned index)
{
	struct cursor c = cursor_of(types.data, types.len);

	cursor_skip(&c, (size_t)index * 4);
	return cursor_be32(&c);
}

/* Behind the names of a Bind. */
static struct span formats_of(struct cursor *c)
{
	uint16_t count = cursor_be16(c);

	return cursor_span(c, (size_t)count * 2);
}

void pgsql_params(struct span bind, struct span types, size_t limit, struct buffer *out)
{
	struct cursor c = cursor_of(bind.data, bind.len);
	struct span formats = formats_of(&c);
	unsigned count = cursor_be16(&c);
	size_t begin = out->len;

	buffer_append_char(out, '[');
	for (unsigned i = 0; i < count && !c.failed; i++) {
		int32_t len = (int32_t)cursor_be32(&c);
		struct span value = len > 0 ? cursor_span(&c, (size_t)len) : (struct span){0};

		if (c.failed)
			break;
		if (i)
			buffer_append_char(out, ',');
		if (len < 0)
			buffer_append_text(out, "null");
		else if (out->len - begin + value.len > limit)
			buffer_printf(out, "{\"length\":%d}", len);
		else
			pgsql_value(oid_of(types, i), format_of(formats, i), value, out);
	}
	buffer_append_char(out, ']');
}

struct span pgsql_result_formats(struct span bind)
{
	struct cursor c = cursor_of(bind.data, bind.len);
	unsigned count;

	formats_of(&c);
	count = cursor_be16(&c);
	while (count-- > 0 && !c.failed) {
		int32_t len = (int32_t)cursor_be32(&c);

		cursor_skip(&c, len > 0 ? (size_t)len : 0);
	}
	return formats_of(&c);
}

/* The description that a row of OP has, and the formats of its values, where it was bound. */
static void describe(struct pgsql_state *st, struct pgsql_op *op, struct cursor *columns,
		     struct span *formats)
{
	struct span description = pgsql_span(op->columns);

	*formats = (struct span){0};
	if (op->kind == PGSQL_EXECUTE && op->portal) {
		if (!op->columns)
			description = pgsql_columns_of(st, op->portal);
		*formats = pgsql_result_formats(pgsql_span(op->portal->bind));
	}
	*columns = cursor_of(description.data, description.len);
	cursor_skip(columns, description.len ? 2 : 0);
}

static void append_row(struct pgsql_state *st, struct pgsql_op *op, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len), columns;
	unsigned count = cursor_be16(&c);
	struct buffer *out = &op->row_data;
	struct span formats;

	describe(st, op, &columns, &formats);
	json_list_next(out);
	buffer_append_char(out, '[');
	for (unsigned i = 0; i < count && !c.failed; i++) {
		int32_t len = (int32_t)cursor_be32(&c);
		struct span value = len > 0 ? cursor_span(&c, (size_t)len) : (struct span){0};
		struct column_type column = {0};
		bool known = cursor_left(&columns) && next_column(&columns, &column);

		if (c.failed)
			break;
		if (i)
			buffer_append_char(out, ',');
		if (len < 0)
			buffer_append_text(out, "null");
		else
			pgsql_value(known ? column.oid : 0,
				    op->portal ? format_of(formats, i) : column.format, value, out);
	}
	buffer_append_char(out, ']');
}

void pgsql_take_row(struct pgsql_state *st, struct pgsql_op *op, struct span payload, bool whole)
{
	op->rows++;
	op->rows_cut |= !whole;
	if (op->rows_cut || !st->shows_rows)
		return;
	if (!pgsql_op_room(st, &op->row_data, payload.len)) {
		op->rows_cut = true;
		return;
	}
	append_row(st, op, payload);
	pgsql_op_settle(st, op);
}
