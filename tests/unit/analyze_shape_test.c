/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/shape/names_private.h"
#include "analyze/shape/shape.h"
#include "protocols/engine/budget.h"
#include "analyze/shape/statement.h"
#include "protocols/protocol.h"

/* ---- statements ---- */

static void check_shape(enum dialect dialect, const char *statement, const char *shape)
{
	struct buffer b = {0};

	statement_shape(&b, dialect, span_text(statement));
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data, shape);
	/* A statement may be cut anywhere; and a shape has itself for its shape, but for lists. */
	for (size_t len = 0; len < strlen(statement); len++) {
		buffer_clear(&b);
		statement_shape(&b, dialect, span_of(statement, len));
		assert_false(b.failed);
	}
	buffer_free(&b);
}

static void test_statements(void **state)
{
	static const struct {
		enum dialect dialect;
		const char *statement;
		const char *shape;
	} cases[] = {
		{DIALECT_PGSQL, "", ""},
		{DIALECT_PGSQL, " -- nothing", ""},
		{DIALECT_PGSQL, "SELECT  1;", "select ?"},
		{DIALECT_PGSQL, "SELECT * FROM t WHERE a=1 AND b='it''s'",
		 "select * from t where a = ? and b = ?"},
		{DIALECT_PGSQL, "SELECT a FROM t WHERE a IN (1, $2, 'x') AND b IN (1)",
		 "select a from t where a in (?+) and b in (?+)"},
		{DIALECT_PGSQL, "SELECT E'it\\'s', $x$it's$x$, $$;$$, U&'\\0061', B'1'",
		 "select ?, ?, ?, ?, ?"},
		{DIALECT_PGSQL, "SELECT u.id, x&'1' FROM users u",
		 "select u.id, x & ? from users u"},
		{DIALECT_PGSQL, "SELECT /* a /* b */ c */ a -- x\n FROM t", "select a from t"},
		{DIALECT_PGSQL, "SELECT a FROM t WHERE a=-1 AND b - 1 > +2",
		 "select a from t where a = ? and b - ? > ?"},
		{DIALECT_PGSQL, "SELECT \"a\", \"B c\" FROM t WHERE x != 1",
		 "select a, \"B c\" from t where x <> ?"},
		{DIALECT_PGSQL, "SELECT a WHERE b IS NULL AND c = NULL AND d IS NOT TRUE",
		 "select a where b is null and c = ? and d is not true"},
		{DIALECT_PGSQL, "SELECT d->>'k', c::int[] FROM t WHERE a = ARRAY[1,2]",
		 "select d ->> ?, c::int[] from t where a = array[?+]"},
		{DIALECT_PGSQL, "INSERT INTO t VALUES (1, now()), (2, now()), (3, now())",
		 "insert into t values (?, now())"},
		{DIALECT_PGSQL, "SELECT a FROM t WHERE (a, b) IN ((1, 2), (3, 4))",
		 "select a from t where (a, b) in (?+)"},
		{DIALECT_PGSQL, "SELECT a FROM t WHERE a IN (1) AND (b = 1 OR c IN (2))",
		 "select a from t where a in (?+) and (b = ? or c in (?+))"},
		{DIALECT_MYSQL, "SELECT `A`, \"text\", 0xff, x'ff' FROM t1 # end",
		 "select `a`, ?, ?, ? from t?"},
		{DIALECT_MYSQL, "SELECT a FROM t ORDER BY a ASC LIMIT 10, 20",
		 "select a from t order by a limit ?"},
		{DIALECT_MYSQL, "SELECT a FROM t LIMIT 20 OFFSET 10", "select a from t limit ?"},
		{DIALECT_MYSQL, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", "select ?"},
		{DIALECT_MYSQL, "SELECT 1 UNION SELECT a", "select ? union select a"},
		{DIALECT_MYSQL, "/*!40101 SET NAMES utf8 */", "set names utf?"},
		{DIALECT_MYSQL, "CALL p(1, 'x')", "call p"},
		{DIALECT_MYSQL, "USE shop", "use ?"},
		{DIALECT_MYSQL, "UPDATE t SET n = n - 1", "update t set n = n + ?"},
		{DIALECT_MYSQL, "SELECT a--1", "select a + ?"},
		{DIALECT_CQL, "SELECT a FROM t WHERE id = 6ab09bec-e68e-48d9-a5f8-97e6fb4c9b47",
		 "select a from t where id = ?"},
		{DIALECT_CQL, "INSERT INTO t (m) VALUES ({'a': 1, 'b': 2}) USING TTL 60 // end",
		 "insert into t(m) values (?+) using ttl ?"},
		{DIALECT_CQL, "UPDATE t SET d = 12h30m, b = 0xca, c = :c WHERE i IN (?, ?)",
		 "update t set d = ?, b = ?, c = ? where i in (?+)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_shape(cases[i].dialect, cases[i].statement, cases[i].shape);
}

/* A shape doesn't grow with its statement, and two that differ behind its end differ. */
static void test_long_statements(void **state)
{
	struct buffer statement = {0}, shape = {0}, other = {0};

	(void)state;
	buffer_append_text(&statement, "SELECT");
	for (unsigned i = 0; i < 100000; i++)
		buffer_append_text(&statement, " ((((a");
	statement_shape(&shape, DIALECT_PGSQL, buffer_span(&statement));
	buffer_append_char(&statement, 'b');
	statement_shape(&other, DIALECT_PGSQL, buffer_span(&statement));
	assert_in_range(shape.len, STATEMENT_SHAPE_MAX, STATEMENT_SHAPE_MAX + 32);
	assert_false(span_equal(buffer_span(&shape), buffer_span(&other)));
	buffer_free(&statement);
	buffer_free(&shape);
	buffer_free(&other);
}

/* ---- names ---- */

/* What is given while it is learnt is what is appended then. */
static void learn_one(struct names *n, const char *name)
{
	struct buffer taken = {0}, appended = {0};

	assert_true(names_take(n, span_text(name), &taken));
	names_append(n, span_text(name), &appended);
	if (!span_equal(buffer_span(&taken), buffer_span(&appended)))
		fail_msg("%s: %.*s, then %.*s", name, (int)taken.len, taken.data, (int)appended.len,
			 appended.data);
	buffer_free(&taken);
	buffer_free(&appended);
}

static void learn(struct names *n, const char *format, unsigned from, unsigned to)
{
	char name[200];

	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof(name), format, i);
		learn_one(n, name);
	}
}

static void check_name(const struct names *n, const char *name, const char *form)
{
	struct buffer b = {0}, again = {0};

	names_append(n, span_text(name), &b);
	names_append(n, buffer_span(&b), &again);
	assert_true(span_equal(buffer_span(&b), buffer_span(&again)));
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data, form);
	buffer_free(&b);
	buffer_free(&again);
}

static void test_names(void **state)
{
	struct names *n = names_new("/", NULL);

	(void)state;
	learn(n, "/users/%u", 1, 3);
	learn(n, "/users/1/orders/a%08xb0c1", 1, 3);
	learn(n, "/users/me", 0, 5);
	learn(n, "/v%u/things", 1, 4);
	learn(n, "/files/report-%u.pdf", 2020, 2024);
	learn(n, "/alone/7", 0, 1);
	learn(n, "/login", 0, 9);
	learn(n, "/logout", 0, 9);
	assert_true(names_settle(n));
	check_name(n, "/users/1", "/users/{id}");
	check_name(n, "/users/3000", "/users/{id}");
	check_name(n, "/users/2/orders/a00000001b0c1", "/users/{id}/orders/{id}");
	check_name(n, "/users/me", "/users/me");
	check_name(n, "/v1/things", "/v1/things");
	check_name(n, "/files/report-2021.pdf", "/files/report-{id}.pdf");
	check_name(n, "/alone/7", "/alone/7");
	check_name(n, "/login", "/login");
	check_name(n, "/never/seen/at/all", "/never/seen/at/all");
	check_name(n, "", "");
	names_free(n);
}

/* Words are values where there are many, whatever they look like. */
static void test_words(void **state)
{
	static const char letters[] = "abcdefghij";
	struct names *n = names_new("/", NULL);
	char name[] = "/shop/item-xx/view";

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		name[11] = letters[i / 10];
		name[12] = letters[i % 10];
		assert_true(names_take(n, span_text(name), NULL));
	}
	learn(n, "/shop/cart/view", 0, 200);
	/* One that comes often stands for itself. */
	learn(n, "/shop/basket/view", 0, 49);
	learn(n, "/shop/wishes/view", 0, 50);
	for (const char *c = letters; *c; c++) {
		char page[] = "/page-x";

		page[6] = *c;
		learn(n, page, 0, 30);
	}
	assert_true(names_settle(n));
	check_name(n, "/shop/item-ab/view", "/shop/{id}/view");
	check_name(n, "/shop/unknown/view", "/shop/{id}/view");
	check_name(n, "/shop/cart/view", "/shop/cart/view");
	check_name(n, "/shop/basket/view", "/shop/{id}/view");
	check_name(n, "/shop/wishes/view", "/shop/wishes/view");
	check_name(n, "/page-a", "/page-a");
	names_free(n);
}

/* What there is no room for has a form, too, and takes no more. */
static void check_bounded(bool deep)
{
	struct budget budget = {.limit = 2u << 20};
	struct names *n = names_new("/", &budget);
	struct buffer form = {0};
	static char name[20000];

	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; deep && i < sizeof(name) - 1; i += 1000)
		name[i] = '/';
	name[0] = '/';
	for (unsigned i = 0; i < 4000; i++) {
		for (size_t at = 1; at + 8 < sizeof(name) - 1; at += 1000)
			for (unsigned bit = 0; bit < 8; bit++)
				name[at + bit] = (char)('a' + (i >> 2 * bit) % 4);
		buffer_clear(&form);
		assert_true(names_take(n, span_text(name), &form));
		assert_true(form.len && !form.failed);
	}
	assert_true(form.len < 200);
	assert_true(budget.used <= budget.limit + budget.limit / 2);
	assert_true(names_settle(n));
	buffer_free(&form);
	names_free(n);
	assert_int_equal(budget.used, 0);
}

static void test_long_names(void **state)
{
	(void)state;
	check_bounded(false);
	check_bounded(true);
}

/* Neither many names, nor deep ones, nor long ones take memory without end. */
static void test_many_names(void **state)
{
	struct names *n = names_new("/", NULL);
	char deep[4001];

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		deep[i] = i % 2 ? 'x' : '/';
	deep[4000] = '\0';
	learn_one(n, deep);
	check_name(n, deep, deep);
	/* More segments than are told apart, in few bytes: what is in front of the last one, too.
	 */
	for (unsigned len = 58; len < 70; len += 2) {
		deep[len] = '\0';
		learn_one(n, deep);
		learn(n, deep, 0, 2);
		deep[len] = '/';
	}
	learn(n, "/a/%u/b", 0, 300000);
	for (unsigned i = 0; i < 600; i++) {
		char format[40];

		snprintf(format, sizeof(format), "/%c%c/x%%uy/z", 'a' + (char)(i % 26),
			 'a' + (char)(i / 26));
		learn(n, format, 0, 1000);
	}
	assert_true(names_settle(n));
	check_name(n, "/a/5/b", "/a/{id}/b");
	names_free(n);
}

/* ---- records ---- */

static int column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return (int)i;
	fail_msg("%s has no column %s", t->name, name);
	return -1;
}

#define FIELDS 3

static void test_records(void **state)
{
	static const struct {
		const char *table;
		const char *fields[FIELDS][2];
		const char *shape;
	} cases[] = {
		{"http", {{"method", "GET"}, {"path", "/users/12?x=1"}}, "GET /users/{id}"},
		{"http", {{"method", "GET"}, {"path", "http://h:80/users/9"}}, "GET /users/{id}"},
		{"http", {{"method", "CONNECT"}, {"path", "h:80"}}, "CONNECT h:80"},
		{"http", {{"reason", "OK"}}, ""},
		{"redis",
		 {{"command", "GET"}, {"args", "[\"user:12:name\"]"}},
		 "GET user:{id}:name"},
		{"redis",
		 {{"command", "GET"}, {"args", "[\"user:7:name\"]"}},
		 "GET user:{id}:name"},
		{"redis", {{"command", "PING"}, {"args", "[\"user:7:name\"]"}}, "PING"},
		{"redis",
		 {{"command", "EVAL"}, {"args", "[\"return 1\",\"1\",\"user:8:name\"]"}},
		 "EVAL user:{id}:name"},
		{"redis",
		 {{"command", "XREAD"}, {"args", "[\"COUNT\",\"2\",\"streams\",\"s\",\"0\"]"}},
		 "XREAD s"},
		{"pgsql", {{"operation", "query"}, {"statement", "SELECT 1"}}, "select ?"},
		{"pgsql", {{"operation", "startup"}}, "startup"},
		{"mysql", {{"command", "ping"}}, "ping"},
		{"cql", {{"opcode", "QUERY"}, {"statement", "SELECT a FROM t"}}, "select a from t"},
		{"mongodb",
		 {{"command", "find"}, {"collection", "c"}, {"shape", "{\"a\":?}"}},
		 "find c {\"a\":?}"},
		{"kafka", {{"api", "Produce"}, {"topics", "[\"a\",\"b\"]"}}, "Produce a,b"},
		{"dns", {{"qtype", "A"}, {"qname", "WWW.Example.org"}}, "A www.example.org"},
		{"grpc", {{"service", "shop.Orders"}, {"method", "Get"}}, "shop.Orders/Get"},
		{"amqp",
		 {{"method", "publish"}, {"exchange", "logs"}, {"routing_key", "a.b"}},
		 "publish logs a.b"},
		{"amqp", {{"method", "consume"}, {"queue", "q"}}, "consume q"},
		{"nats", {{"kind", "publish"}, {"subject", "orders.12"}}, "publish orders.12"},
	};
	struct shapes *s = shapes_new(0);

	(void)state;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const struct table *t = protocol_table_find(cases[i].table, NULL);
			struct value *values = calloc(t->column_count, sizeof(*values));
			struct buffer shape = {0};

			for (size_t f = 0; f < FIELDS && cases[i].fields[f][0]; f++)
				values[column(t, cases[i].fields[f][0])] = value_text(
					span_text(cases[i].fields[f][1]));
			assert_true(shape_has(t));
			if (pass == 0) {
				assert_true(shapes_learn(s, t, values));
				shapes_append(s, t, values, &shape);
			} else {
				struct buffer again = {0};

				shapes_append(s, t, values, &shape);
				shapes_again(s, t, buffer_span(&shape), &again);
				assert_true(span_equal(buffer_span(&shape), buffer_span(&again)));
				buffer_free(&again);
				buffer_append_char(&shape, '\0');
				assert_string_equal(shape.data, cases[i].shape);
			}
			buffer_free(&shape);
			free(values);
		}
		assert_true(shapes_settle(s));
	}
	shapes_free(s);
}

/* A separator behind a number is none of its digits, and no segment is no number. */
static void numbers_as_segments(void **state)
{
	static const struct {
		const char *segment;
		size_t digits;
	} cases[] = {{"", 0},	{"1", 1}, {"12", 2},   {"12/", 2},
		     {"1/", 1}, {"/", 0}, {"12a/", 0}, {"a/", 0}};
	struct names *n = names_new("/", NULL);

	(void)state;
	assert_non_null(n);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t len = strlen(cases[i].segment);
		/* Between bytes that would change it. */
		char around[16] = "//";

		memcpy(around + 1, cases[i].segment, len);
		around[0] = '7';
		assert_int_equal(names_number_len(n, span_of(around + 1, len)), cases[i].digits);
	}
	names_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements), cmocka_unit_test(test_long_statements),
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_words),
		cmocka_unit_test(test_many_names), cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_records),	   cmocka_unit_test(numbers_as_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
