/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual page of the tables is made from the tables, and every table is fit for SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "analyze/command/schema.h"

#define PAGE "analyze/socktape-tables.5"

static void test_page(void **state)
{
	struct buffer page = {0}, file = {0};
	FILE *f = fopen(PAGE, "r");
	char part[4096];
	size_t n;

	(void)state;
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buffer_append(&file, part, n);
	fclose(f);
	schema_page(&page);
	if (!span_equal(buffer_span(&page), buffer_span(&file)))
		fail_msg(PAGE " is not up to date: make tables-page");
	buffer_free(&page);
	buffer_free(&file);
}

static void check_table(void *context, const struct table *table, bool records)
{
	size_t *tables = context;

	++*tables;
	assert_true(*table->name && *table->summary && table->column_count);
	for (size_t i = 0; i < table->column_count; i++) {
		assert_true(*table->columns[i].name && *table->columns[i].sql);
		assert_true(*table->columns[i].help && table->columns[i].unit);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(table->columns[i].name, table->columns[j].name);
		/* Both stand in one row, as one object. */
		for (size_t j = 0; records && j < records_table.column_count; j++)
			assert_string_not_equal(table->columns[i].name,
						records_table.columns[j].name);
	}
}

static void test_tables(void **state)
{
	size_t tables = 0;

	(void)state;
	schema_each(check_table, &tables);
	assert_true(tables >= 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
