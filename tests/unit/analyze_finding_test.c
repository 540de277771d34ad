/* SPDX-License-Identifier: BSD-2-Clause */
/* What findings are made of; tests/e2e/findings.sh has an input for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/finding/endings.h"
#include "analyze/finding/retry.h"
#include "analyze/finding/rules.h"

/* Tables and columns are named in words. */
static void names_are_there(void **state)
{
	(void)state;
	assert_true(matches_are_sound());
	assert_true(rules_are_sound());
}

static void kinds_by_name(void **state)
{
	(void)state;
	for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++)
		assert_int_equal(finding_find(span_text(finding_name(kind))), kind);
	assert_int_equal(finding_find(span_text("nothing")), FINDING_KINDS);
	assert_string_equal(finding_severity_text(finding_severity_of(FINDING_REFUSED)), "error");
}

static void endings(void **state)
{
	struct connection c = {
		.id = 1, .closed = true, .origin = ORIGIN_OPENED, .state_by = END_REMOTE};
	struct endings endings = {.limit = 2};
	struct conn_ending e;

	(void)state;
	endings_add(&endings, &c);
	c = (struct connection){.id = 2, .closed = true, .origin = ORIGIN_OPENED, .lost_bytes = 1};
	endings_add(&endings, &c);
	assert_false(endings.full);
	c.id = 3;
	endings_add(&endings, &c);
	assert_true(endings.full);
	e = endings_of(&endings, 1);
	assert_true(e.known && e.closed && e.whole);
	assert_int_equal(e.left_by, END_REMOTE);
	e = endings_of(&endings, 2);
	assert_true(e.known && e.closed && !e.whole);
	assert_int_equal(e.left_by, END_UNKNOWN);
	assert_false(endings_of(&endings, 3).known);
	endings_free(&endings);
}

/* What failed and is sent again to the same server, by whatever port, within a minute. */
static void retries(void **state)
{
	const struct table *redis = protocol_table_find("redis", NULL);
	struct retries *retries = calloc(1, sizeof(*retries));
	struct row_end end = {.transport = TRANSPORT_TCP, .role = ROLE_CLIENT};
	struct value values[4] = {value_word(span_text("GET")), value_json(span_text("[\"k\"]"))};
	struct row row = {
		.table = redis, .end = &end, .has_request = true, .begin = 1000, .values = values};

	(void)state;
	assert_int_equal(redis->column_count, 4);
	assert_false(retry_look(retries, &row, true));
	row.begin += INT64_C(59000000000);
	end.local.port = 5;
	values[1] = value_json(span_text("[\"other\"]"));
	assert_false(retry_look(retries, &row, false));
	values[1] = value_json(span_text("[\"k\"]"));
	assert_true(retry_look(retries, &row, true));
	row.begin += INT64_C(61000000000);
	assert_false(retry_look(retries, &row, true));
	assert_true(retry_look(retries, &row, false));
	assert_false(retry_look(retries, &row, false)); /* it went well meanwhile */
	end.remote.port = 6;
	assert_false(retry_look(retries, &row, true));
	row.has_request = false;
	assert_false(retry_look(retries, &row, true));
	free(retries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_there),
		cmocka_unit_test(kinds_by_name),
		cmocka_unit_test(endings),
		cmocka_unit_test(retries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
