/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/sql/engine.h"
#include "analyze/sql/views.h"

#define REC "corpora/http/live-demo"

struct database {
	sqlite3 *db;
	struct sql_engine *engine;
};

static struct database open_database(void)
{
	struct database d;

	assert_int_equal(sqlite3_open(":memory:", &d.db), SQLITE_OK);
	d.engine = sql_engine_new(d.db, "test");
	assert_non_null(d.engine);
	assert_true(sql_engine_add(d.engine, REC, REC));
	assert_int_equal(sql_engine_start(d.engine), SQLITE_OK);
	sql_engine_restrict(d.engine);
	return d;
}

static void close_database(struct database *d)
{
	assert_int_equal(sqlite3_close(d->db), SQLITE_OK);
	sql_engine_release(d->engine);
}

/* The only value of the only row. */
static sqlite3_int64 ask(const struct database *d, const char *sql)
{
	sqlite3_stmt *s;
	sqlite3_int64 value;

	if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(d->db));
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	value = sqlite3_column_int64(s, 0);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
	return value;
}

static int try(const struct database *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL);
}

/* Every table and view can be asked, and no table has two columns of one name. */
static void test_all_tables(void **state)
{
	struct database d = open_database();

	(void)state;
	for (size_t i = 0; i < sql_table_count(); i++) {
		struct sql_table t = sql_table_at(i);
		char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", t.name);

		for (size_t c = 0; c < sql_column_count(&t); c++)
			assert_int_equal(sql_column_find(&t, sql_column(&t, c)->name), c);
		if (try(&d, sql) != SQLITE_OK)
			fail_msg("%s: %s", t.name, sqlite3_errmsg(d.db));
		sqlite3_free(sql);
	}
	for (size_t i = 0; sql_view_at(i); i++) {
		char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", sql_view_at(i)->name);

		if (try(&d, sql) != SQLITE_OK)
			fail_msg("%s: %s", sql_view_at(i)->name, sqlite3_errmsg(d.db));
		sqlite3_free(sql);
	}
	close_database(&d);
}

/* A condition that goes to the recording's index gives what it gives when SQLite tests it alone. */
static void test_conditions(void **state)
{
	static const char *const conditions[] = {
		"conn = 1",
		"conn = '1'",
		"conn = 1.0",
		"conn = 1.5",
		"conn = 0",
		"conn = -1",
		"conn = NULL",
		"conn IN (1, 2, 3)",
		"conn IN (1, 'x', NULL)",
		"conn > 3",
		"pid = (SELECT max(pid) FROM processes)",
		"comm = 'nginx'",
		"comm = 'nobody'",
		"comm IN ('nginx', 'curl')",
		"role = 'server'",
		"role = 'nothing'",
		"outcome = 'error'",
		"outcome IN ('error', 'ok')",
		"outcome = 5",
		"record_id = '1.0'",
		"record_id = 'x'",
		"proto = 'http'",
		"proto = 'nothing'",
		"proto IN ('http', 'redis')",
		"recording = '" REC "'",
		"recording = 'another'",
		"recording IN ('" REC "', 'another')",
		"ts > 1795324259600000000",
		"ts >= 1795324259600000000 AND ts < 1795324259700000000",
		"ts <= 1795324259600000000.5",
		"ts BETWEEN 1795324259600000000 AND 1795324259600000000",
		"ts < 0",
		"ts > 0",
		"ts = (SELECT min(ts) FROM records)",
		"ts > 'x'",
		"ts < 'x'",
		"conn = 1 AND conn = 2",
		"comm = 'nginx' AND role = 'server' AND outcome = 'error'",
	};
	struct database d = open_database();

	(void)state;
	assert_int_equal(
		try(&d, "CREATE TEMP TABLE plain(conn BIGINT, pid BIGINT, comm TEXT, role TEXT, "
			"outcome TEXT, record_id TEXT, proto TEXT, recording TEXT, ts BIGINT); "
			"INSERT INTO plain SELECT conn, pid, comm, role, outcome, record_id, "
			"proto, recording, ts FROM records"),
		SQLITE_OK);
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		char *plain = sqlite3_mprintf("SELECT count(*) FROM plain WHERE %s", conditions[i]);
		char *indexed = sqlite3_mprintf("SELECT count(*) FROM records WHERE %s",
						conditions[i]);
		sqlite3_int64 wanted = ask(&d, plain), got = ask(&d, indexed);

		if (got != wanted)
			fail_msg("%s: %lld rows, not %lld", conditions[i], got, wanted);
		sqlite3_free(plain);
		sqlite3_free(indexed);
	}
	close_database(&d);
}

/* What is read again and again is copied, and is the same. */
static void test_joins(void **state)
{
	struct database d = open_database();

	(void)state;
	assert_int_equal(ask(&d, "SELECT count(*) FROM http a JOIN http b ON a.twin = b.record_id"),
			 ask(&d, "SELECT count(*) FROM http WHERE twin IS NOT NULL"));
	assert_int_equal(ask(&d, "SELECT count(*) FROM records r JOIN conns c USING (conn)"),
			 ask(&d, "SELECT count(*) FROM records"));
	assert_int_equal(ask(&d, "SELECT count(*) FROM http r WHERE EXISTS (SELECT 1 FROM events e "
				 "WHERE e.conn = r.conn)"),
			 ask(&d, "SELECT count(*) FROM http"));
	assert_int_equal(ask(&d, "SELECT count(*) FROM processes p JOIN conns c ON c.pid = p.pid"),
			 ask(&d, "SELECT count(*) FROM conns WHERE pid"));
	close_database(&d);
}

static void test_read_only(void **state)
{
	static const char *const refused[] = {
		"ATTACH 'x.sqlite' AS x",
		"VACUUM INTO 'x.sqlite'",
		"SELECT load_extension('x')",
		"PRAGMA temp_store_directory = '.'",
		"PRAGMA writable_schema = 1",
		"DELETE FROM http",
		"INSERT INTO conns(conn) VALUES (1)",
		"UPDATE records SET conn = 1",
	};
	struct database d = open_database();

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (try(&d, refused[i]) == SQLITE_OK)
			fail_msg("not refused: %s", refused[i]);
	close_database(&d);
}

static void test_several_recordings(void **state)
{
	struct database d = open_database();
	sqlite3_int64 one = ask(&d, "SELECT count(*) FROM records");
	sqlite3_int64 dns;

	(void)state;
	assert_true(sql_engine_add(d.engine, "corpora/dns/own-every-type/capture.tape.zst",
				   "corpora/dns/own-every-type/capture.tape.zst"));
	assert_int_equal(try(&d, "SELECT count(*) FROM records"), SQLITE_ERROR);
	close_database(&d);

	d = open_database();
	assert_true(sql_engine_add(d.engine, "corpora/redis/../http/live-demo",
				   "corpora/redis/../http/live-demo"));
	dns = ask(&d, "SELECT count(*) FROM records");
	assert_int_equal(dns, 2 * one);
	assert_int_equal(ask(&d, "SELECT count(DISTINCT recording) FROM records"), 2);
	assert_int_equal(ask(&d, "SELECT count(*) FROM records WHERE recording = '" REC "'"), one);
	close_database(&d);
}

static void test_functions(void **state)
{
	static const char *const truths[] = {
		"iso(0) = '1970-01-01T00:00:00.000000000Z'",
		"iso(NULL) IS NULL",
		"ms(1500000) = 1.5",
		"duration(1500000) = '1.50 ms'",
		"ip('10.0.0.1:80') = '10.0.0.1'",
		"ip('[::1]:80') = '::1'",
		"ip('unix:/run/x') IS NULL",
		"ip(':80') IS NULL",
		"port('[::1]:443') = 443",
		"port('10.0.0.1') IS NULL",
		"in_network('10.1.2.3:80', '10.0.0.0/8')",
		"NOT in_network('11.1.2.3:80', '10.0.0.0/8')",
		"in_network('10.1.2.3:80', '0.0.0.0/0')",
		"in_network('10.1.2.3', '10.1.2.3/32')",
		"in_network('[fe80::1]:5', 'fe80::/10')",
		"NOT in_network('10.1.2.3', '::/0')",
		"in_network('x', '10.0.0.0/8') IS NULL",
		"path('/a/b?c=d') = '/a/b'",
		"path('/a#b') = '/a'",
		"path(NULL) IS NULL",
		"(SELECT p50(column1) FROM (VALUES (1), (2), (3), (NULL), ('x'))) = 2",
		"(SELECT percentile(column1, 100) FROM (VALUES (1), (9))) = 9",
		"(SELECT p99(column1) FROM (VALUES (1.5))) = 1.5",
		"(SELECT p99(column1) FROM (VALUES (NULL))) IS NULL",
	};
	struct database d = open_database();

	(void)state;
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		char *sql = sqlite3_mprintf("SELECT %s", truths[i]);

		if (ask(&d, sql) != 1)
			fail_msg("not true: %s", truths[i]);
		sqlite3_free(sql);
	}
	assert_int_equal(try(&d, "SELECT in_network('10.1.2.3', '10.0.0.0')"), SQLITE_ERROR);
	assert_int_equal(try(&d, "SELECT in_network('10.1.2.3', '10.0.0.0/33')"), SQLITE_ERROR);
	assert_int_equal(try(&d, "SELECT percentile(1, 101)"), SQLITE_ERROR);
	close_database(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_tables),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_several_recordings),
		cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
