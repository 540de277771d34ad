/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/replay/record.h"

#define LONG_NAME "a_table_whose_name_is_so_long_that_it_does_not_fit_where_names_are_put_at_once"

static const struct column columns[] = {{"name", "TEXT", "", ""}, {"size", "BIGINT", "bytes", ""}};
static const struct table table = {.name = "shop", .columns = columns, .column_count = 2};
static const struct table odd_table = {.name = LONG_NAME, .columns = columns, .column_count = 2};

static struct row_end client_end(void)
{
	return (struct row_end){
		.conn = 24,
		.pid = 7,
		.role = ROLE_CLIENT,
		.comm = "curl",
		.container = "",
		.local_text = "127.0.0.1:40000",
		.remote_text = "127.0.0.1:80",
		.id = "24.",
		.id_len = 3,
	};
}

static struct row plain_row(struct row_end *end, const struct value *values)
{
	return (struct row){
		.table = &table,
		.end = end,
		.outcome = OUTCOME_OK,
		.position = 1830,
		.begin = 1795320384640824123,
		.request_last = 10,
		.response_first = 2000,
		.response_last = 3000,
		.has_request = true,
		.values = values,
	};
}

typedef void print_fn(struct output *o, struct row *row);

/* What PRINT prints of ROW, and what its columns give, are the same. */
static void check_print(struct row *row, print_fn *print, struct value no_note)
{
	struct record_values common;
	const struct row_part parts[] = {
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = columns, .count = 2, .values = row->values},
	};
	struct buffer got = {0}, expected = {0};
	struct output *o = output_new_into(OUTPUT_JSON, &got);

	print(o, row);
	print(o, row);
	assert_true(output_free(o));
	o = output_new_into(OUTPUT_JSON, &expected);
	for (int i = 0; i < 2; i++) {
		record_fill(&common, row);
		if (!row->note.len)
			common.values[RECORD_NOTE] = no_note;
		output_row(o, parts, 2);
	}
	assert_true(output_free(o));
	assert_false(expected.failed);
	buffer_append_char(&got, '\0');
	buffer_append_char(&expected, '\0');
	assert_string_equal(got.data, expected.data);
	buffer_free(&got);
	buffer_free(&expected);
	buffer_free(&row->end->members);
}

static void check(struct row *row)
{
	check_print(row, record_print_json, (struct value){0});
	check_print(row, record_print_expected, value_text(span_of("", 0)));
}

static void what_is_printed_is_what_the_columns_give(void **state)
{
	const struct value values[] = {value_text(span_text("a \"b\"")), value_int(-1)};
	const struct address peer = {.family = ADDRESS_INET4, .port = 53, .ip = {192, 0, 2, 1}};
	struct row_end end = client_end(), other = client_end();
	struct row plain = plain_row(&end, values), twin = plain_row(&other, values), row;

	(void)state;
	check(&plain);
	row = plain;
	row.table = &odd_table;
	check(&row);
	row = plain;
	row.begin = -1;
	check(&row);
	row = plain;
	row.has_request = false;
	row.side = SIDE_SERVER;
	row.outcome = OUTCOME_PARTIAL;
	check(&row);
	row = plain;
	row.response_first = row.response_last = TIME_UNKNOWN;
	row.outcome = OUTCOME_UNANSWERED;
	check(&row);
	row = plain;
	row.note = span_text("its \"end\" is missing");
	check(&row);
	row = plain;
	row.late = true;
	check(&row);
	row = plain;
	row.repeat = 3;
	row.peer = &peer;
	check(&row);
	row = plain;
	row.twin = &twin;
	check(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_what_the_columns_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
