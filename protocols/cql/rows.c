/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"
#include "protocols/value/json.h"

/* ---- bound values ---- */

/* Where in st->types the type of the value NAME is; false: it is none of them. */
static bool find_type(const struct cql_metadata *binds, struct span name, struct buffer *type)
{
	struct cursor c = cursor_of(binds->columns.data, binds->columns.len);
	struct cql_column_spec column;

	while (cql_column_next(&c, binds, &column)) {
		struct cursor one = cursor_of(column.type.data, column.type.len);

		if (!span_equal(column.name, name))
			continue;
		buffer_clear(type);
		cql_type_compile(&one, type);
		return true;
	}
	return false;
}

static void compile_types(const struct cql_metadata *m, struct buffer *types)
{
	struct cursor c = cursor_of(m->columns.data, m->columns.len);
	struct cql_column_spec column;

	buffer_clear(types);
	while (cql_column_next(&c, m, &column)) {
		struct cursor type = cursor_of(column.type.data, column.type.len);

		cql_type_compile(&type, types);
	}
}

/* A value whose type nobody told. */
static void append_untyped(struct cql_writer *w, struct cursor *c)
{
	static const uint8_t blob[] = {0, CQL_TYPE_BLOB};
	struct cursor type = cursor_of(blob, sizeof(blob));

	cql_element_json(w, &type, c);
}

static void append_named(struct cql_state *st, const struct cql_metadata *binds, struct cursor *c,
			 struct cql_writer *w)
{
	struct span name = cql_string(c);
	struct cursor type;

	json_append_string(w->out, name);
	buffer_append_char(w->out, ':');
	if (!binds || !find_type(binds, name, &st->types)) {
		append_untyped(w, c);
		return;
	}
	type = cursor_of(st->types.data, st->types.len);
	cql_element_json(w, &type, c);
}

void cql_params_json(struct cql_state *st, const struct cql_values *values,
		     const struct cql_metadata *binds, struct cql_writer *w)
{
	struct cursor c = cursor_of(values->bytes.data, values->bytes.len), types = {0};

	if (binds && !values->named) {
		compile_types(binds, &st->types);
		types = cursor_of(st->types.data, st->types.len);
	}
	buffer_append_char(w->out, values->named ? '{' : '[');
	for (uint16_t i = 0; i < values->count && cursor_left(&c) && !cql_writer_full(w); i++) {
		if (i)
			buffer_append_char(w->out, ',');
		if (values->named)
			append_named(st, binds, &c, w);
		else if (cursor_left(&types))
			cql_element_json(w, &types, &c);
		else
			append_untyped(w, &c);
	}
	buffer_append_char(w->out, values->named ? '}' : ']');
}

/* ---- columns and rows ---- */

static void append_type_name(struct buffer *out, struct buffer *scratch, struct cursor *type)
{
	buffer_clear(scratch);
	cql_type_name(type, scratch);
	json_append_string(out, buffer_span(scratch));
}

void cql_columns_json(struct cql_state *st, const struct cql_metadata *m)
{
	struct cursor c = cursor_of(m->columns.data, m->columns.len), types;
	struct cql_column_spec column;

	buffer_append_char(&st->columns, '[');
	for (uint32_t i = 0; cql_column_next(&c, m, &column); i++) {
		if (i)
			buffer_append_char(&st->columns, ',');
		json_append_string(&st->columns, column.name);
	}
	buffer_append_char(&st->columns, ']');
	compile_types(m, &st->types);
	types = cursor_of(st->types.data, st->types.len);
	buffer_append_char(&st->column_types, '[');
	while (cursor_left(&types) && !types.failed) {
		if (st->column_types.len > 1)
			buffer_append_char(&st->column_types, ',');
		append_type_name(&st->column_types, &st->fact, &types);
	}
	buffer_append_char(&st->column_types, ']');
}

static void append_row(struct cql_state *st, uint32_t count, struct cursor *c, struct cql_writer *w)
{
	struct cursor types = cursor_of(st->types.data, st->types.len);

	buffer_append_char(w->out, '[');
	for (uint32_t i = 0; i < count && cursor_left(c) && !cql_writer_full(w); i++) {
		if (i)
			buffer_append_char(w->out, ',');
		if (cursor_left(&types))
			cql_element_json(w, &types, c);
		else
			append_untyped(w, c);
	}
	buffer_append_char(w->out, ']');
}

void cql_rows_check(uint32_t count, uint32_t rows, struct span data, struct cql_writer *w)
{
	struct cursor c = cursor_of(data.data, data.len);
	int32_t null_;

	for (uint64_t cells = (uint64_t)count * rows; cells && cursor_left(&c); cells--)
		cql_bytes(&c, &null_);
	w->damaged |= c.failed;
}

void cql_rows_json(struct cql_state *st, uint32_t count, uint32_t rows, struct span data,
		   struct cql_writer *w)
{
	struct cursor c = cursor_of(data.data, data.len);

	buffer_append_char(w->out, '[');
	for (uint32_t i = 0; i < rows && cursor_left(&c) && !cql_writer_full(w); i++) {
		if (i)
			buffer_append_char(w->out, ',');
		append_row(st, count, &c, w);
	}
	buffer_append_char(w->out, ']');
	w->damaged |= c.failed;
}
