/* SPDX-License-Identifier: BSD-2-Clause */
/* What findings are made of; tests/e2e/findings.sh has an input for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/finding/endings.h"
#include "analyze/finding/pools.h"
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

/* An exchange of a process, from BEGIN to END in ms; how many of them it waited. */
static int64_t exchange(struct pools *pools, enum role role, uint64_t conn, uint32_t tid, int begin,
			int end)
{
	struct row_end side = {.transport = TRANSPORT_TCP,
			       .role = role,
			       .pid = 7,
			       .conn = conn,
			       .remote_text = ""};
	const struct row row = {
		.table = protocol_table_find("redis", NULL),
		.end = &side,
		.has_request = true,
		.tid = tid,
		.begin = INT64_C(1000000) * begin,
		.response_last = INT64_C(1000000) * (end - begin),
	};

	return pools_look(pools, &row) / 1000000;
}

#define ASKED(conn, tid, begin, end) exchange(pools, ROLE_SERVER, conn, tid, begin, end)
#define ASKS(conn, tid, begin, end)  exchange(pools, ROLE_CLIENT, conn, tid, begin, end)

/* Who has something to answer and asks for it only when a connection becomes free has waited. */
static void a_pool_of_one(void **state)
{
	struct pools *pools = pools_new();

	(void)state;
	ASKED(1, 1, 100, 1000);
	ASKED(2, 2, 120, 2000);
	assert_int_equal(ASKS(9, 1, 110, 500), 0);
	assert_int_equal(ASKS(9, 2, 505, 600), 380);
	/* Nobody asked this thread; that one took its time; there was another connection. */
	assert_int_equal(ASKS(9, 3, 601, 610), 0);
	assert_int_equal(ASKS(9, 2, 616, 700), 0);
	assert_int_equal(ASKS(10, 1, 620, 650), 0);
	assert_int_equal(ASKS(9, 1, 701, 720), 0);
	pools_free(pools);
}

static void too_little_to_wait_for(void **state)
{
	(void)state;
	for (int wait = 49; wait <= 50; wait++) {
		struct pools *pools = pools_new();

		ASKED(1, 1, 100, 1000);
		ASKED(2, 2, 150, 1000);
		ASKS(9, 1, 110, 150 + wait);
		assert_int_equal(ASKS(9, 2, 150 + wait, 300), wait < 50 ? 0 : 50);
		pools_free(pools);
	}
}

/* Without threads nobody knows which of two was to be answered. */
static void requests_in_doubt(void **state)
{
	struct pools *pools = pools_new();

	(void)state;
	ASKED(1, 0, 100, 1000);
	ASKED(2, 0, 120, 1000);
	ASKS(9, 0, 110, 500);
	assert_int_equal(ASKS(9, 0, 501, 600), 0);
	pools_free(pools);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_there),
		cmocka_unit_test(kinds_by_name),
		cmocka_unit_test(endings),
		cmocka_unit_test(a_pool_of_one),
		cmocka_unit_test(too_little_to_wait_for),
		cmocka_unit_test(requests_in_doubt),
		cmocka_unit_test(retries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
