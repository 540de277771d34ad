/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"
#include "protocols/value/json.h"

/* Types by their OIDs, as in value.c. */
enum {
	BYTEA = 17,
	INT8 = 20,
	INT4 = 23,
	OID = 26
};

struct function {
	uint32_t oid;
	const char *name;
	uint32_t result;
	uint32_t params[3]; /* types; 0: no more */
};

/*
 * What clients call by FunctionCall: large objects (its manual, "Large Objects"; pg_proc.dat). The
 * numbers are the same in every database.
 */
static const struct function functions[] = {
	{715, "lo_create", OID, {OID}},
	{952, "lo_open", INT4, {OID, INT4}},
	{953, "lo_close", INT4, {INT4}},
	{954, "loread", BYTEA, {INT4, INT4}},
	{955, "lowrite", INT4, {INT4, BYTEA}},
	{956, "lo_lseek", INT4, {INT4, INT4, INT4}},
	{957, "lo_creat", OID, {INT4}},
	{958, "lo_tell", INT4, {INT4}},
	{964, "lo_unlink", INT4, {OID}},
	{1004, "lo_truncate", INT4, {INT4, INT4}},
	{3170, "lo_lseek64", INT8, {INT4, INT8, INT4}},
	{3171, "lo_tell64", INT8, {INT4}},
	{3172, "lo_truncate64", INT4, {INT4, INT8}},
};

static const struct function *find(uint32_t oid)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i].oid == oid)
			return &functions[i];
	return NULL;
}

void pgsql_function_name(struct span call, struct buffer *out)
{
	struct cursor c = cursor_of(call.data, call.len);
	uint32_t oid = cursor_be32(&c);
	const struct function *function = find(oid);

	if (function)
		buffer_append_text(out, function->name);
	else
		buffer_append_u64(out, oid);
}

void pgsql_function_params(struct span call, size_t limit, struct buffer *out)
{
	struct cursor c = cursor_of(call.data, call.len);
	const struct function *function = find(cursor_be32(&c));
	uint8_t types[sizeof(function->params)] = {0};

	/* As a Bind has them: behind the number the two are the same. */
	for (size_t i = 0; function && i < sizeof(types); i++)
		types[i] = (uint8_t)(function->params[i / 4] >> (24 - i % 4 * 8));
	pgsql_params(cursor_rest(&c), span_of(types, sizeof(types)), limit, out);
}

/* How the client wants the result is the last that it says. */
void pgsql_take_result(struct pgsql_state *st, struct pgsql_op *op, struct span payload)
{
	struct span call = pgsql_span(op->text);
	struct cursor c = cursor_of(payload.data, payload.len), asked;
	int32_t len = (int32_t)cursor_be32(&c);
	const struct function *function;
	unsigned format;

	asked = cursor_of(call.data, call.len);
	function = find(cursor_be32(&asked));
	format = call.len && call.data[call.len - 1];
	op->rows = 1;
	if (len < 0) {
		json_list_next(&op->row_data);
		buffer_append_text(&op->row_data, "[null]");
	} else if ((size_t)len != cursor_left(&c) ||
		   !pgsql_op_room(st, &op->row_data, (size_t)len)) {
		op->rows_cut = true;
	} else {
		json_list_next(&op->row_data);
		buffer_append_char(&op->row_data, '[');
		pgsql_value(function ? function->result : 0, format, cursor_rest(&c),
			    &op->row_data);
		buffer_append_char(&op->row_data, ']');
	}
	pgsql_op_settle(st, op);
}
