/* SPDX-License-Identifier: BSD-2-Clause */
/* What documents, SQL and outputs take from the tables is there, for every protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/protocol.h"

static bool is_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static void check_column(const struct table *table, size_t index)
{
	static const char *const types[] = {"BIGINT", "BOOLEAN", "TEXT", "JSON", NULL};
	static const char *const units[] = {"", "ns", "ms", "s", "bytes", NULL};
	const struct column *column = &table->columns[index];

	assert_true(is_name(column->name));
	assert_true(is_one_of(column->sql, types));
	assert_true(is_one_of(column->unit, units));
	assert_true(*column->help && !strchr(column->help, '\n'));
	for (size_t i = 0; i < index; i++)
		assert_string_not_equal(table->columns[i].name, column->name);
}

static void test_tables_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; protocols[i]; i++) {
		assert_true(is_name(protocols[i]->name));
		assert_true(*protocols[i]->summary);
		assert_non_null(protocols[i]->tables[0]);
		for (const struct table *const *t = protocols[i]->tables; *t; t++) {
			assert_true(is_name((*t)->name));
			assert_true(*(*t)->summary && (*t)->column_count && (*t)->describe);
			for (size_t c = 0; c < (*t)->column_count; c++)
				check_column(*t, c);
		}
	}
}

/* A name leads to its one table. */
static void test_tables_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; protocols[i]; i++) {
		assert_ptr_equal(protocol_find(protocols[i]->name), protocols[i]);
		for (const struct table *const *t = protocols[i]->tables; *t; t++) {
			const struct protocol *owner = NULL;

			assert_ptr_equal(protocol_table_find((*t)->name, &owner), *t);
			assert_ptr_equal(owner, protocols[i]);
		}
	}
	assert_null(protocol_table_find("no_such_table", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_whole),
		cmocka_unit_test(test_tables_are_found),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
