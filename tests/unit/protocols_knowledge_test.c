/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts that connections tell, and who may use them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "format/pack.h"
#include "protocols/engine/knowledge.h"
#include "protocols/engine/session.h"

#define SERVER_A 11
#define SERVER_B 22

struct world {
	struct budget budget;
	struct knowledge knowledge;
};

static void setup(struct world *w)
{
	*w = (struct world){.budget = {.limit = 1 << 20}};
	w->knowledge.budget = &w->budget;
}

static void teardown(struct world *w)
{
	knowledge_free(&w->knowledge);
	assert_int_equal(w->budget.used, 0);
}

/* A client's connection to SERVER. */
static struct session *connect_to(struct world *w, uint64_t server)
{
	struct session_options options = {
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.budget = &w->budget,
		.knowledge = &w->knowledge,
		.ends = {99, server},
	};
	struct session *s = session_new(&options);

	assert_non_null(s);
	return s;
}

static void learn(struct session *s, enum fact_scope scope, const char *key, const char *value)
{
	const struct fact fact = {1, scope, span_text(key), span_text(value)};

	session_learn(s, &fact);
}

static void expect(struct session *s, enum fact_scope scope, const char *key, enum recall how,
		   const char *value)
{
	struct fact fact = {.kind = 1, .scope = scope, .key = span_text(key)};

	assert_int_equal(session_recall(s, &fact), how);
	if (how != RECALL_NONE)
		assert_true(span_is(fact.value, value));
}

static void test_own(void **state)
{
	struct world w;
	struct session *s;
	struct fact other_kind = {.kind = 2, .scope = FACT_CONNECTION, .key = span_text("a")};

	(void)state;
	setup(&w);
	s = connect_to(&w, SERVER_A);
	learn(s, FACT_CONNECTION, "a", "1");
	learn(s, FACT_CONNECTION, "b", "");
	expect(s, FACT_CONNECTION, "a", RECALL_OWN, "1");
	expect(s, FACT_CONNECTION, "b", RECALL_OWN, "");
	expect(s, FACT_CONNECTION, "c", RECALL_NONE, NULL);
	assert_int_equal(session_recall(s, &other_kind), RECALL_NONE);
	learn(s, FACT_CONNECTION, "a", "another");
	expect(s, FACT_CONNECTION, "a", RECALL_OWN, "another");
	session_forget(s, &(struct fact){1, FACT_CONNECTION, span_text("a"), {0}});
	expect(s, FACT_CONNECTION, "a", RECALL_NONE, NULL);
	assert_int_equal(w.knowledge.wanted, 0);
	session_free(s);
	teardown(&w);
}

/* A connection that is put aside takes what is its own along; what it taught others stays. */
static void test_aside(void **state)
{
	struct world w;
	struct session *s, *other;
	struct session_options options = {0};
	struct buffer packed = {0};
	struct unpack in;
	char *much = calloc(1, 300000);

	(void)state;
	assert_non_null(much);
	setup(&w);
	s = connect_to(&w, SERVER_A);
	options = (struct session_options){.transport = TRANSPORT_TCP,
					   .role = ROLE_CLIENT,
					   .budget = &w.budget,
					   .knowledge = &w.knowledge,
					   .ends = {99, SERVER_A}};
	learn(s, FACT_CONNECTION, "a", "1");
	learn(s, FACT_CONNECTION, "empty", "");
	learn(s, FACT_ANYWHERE, "uuid", "topic");
	assert_true(session_pack(s, &packed));
	session_drop(s);
	other = connect_to(&w, SERVER_A);
	expect(other, FACT_CONNECTION, "a", RECALL_NONE, NULL);
	in = unpack_begin(buffer_span(&packed));
	s = session_unpack(&options, &in);
	assert_non_null(s);
	assert_ptr_equal(in.at, in.end);
	expect(s, FACT_CONNECTION, "a", RECALL_OWN, "1");
	expect(s, FACT_CONNECTION, "empty", RECALL_OWN, "");
	expect(s, FACT_ANYWHERE, "uuid", RECALL_OWN, "topic");
	session_forget(s, &(struct fact){1, FACT_CONNECTION, span_text("a"), {0}});
	expect(s, FACT_CONNECTION, "a", RECALL_NONE, NULL);
	memset(much, 'x', 299999);
	w.budget.limit = 8 << 20;
	learn(s, FACT_CONNECTION, "much", much);
	buffer_clear(&packed);
	assert_false(session_pack(s, &packed));
	session_free(s);
	w.knowledge.complete = true;
	expect(other, FACT_ANYWHERE, "uuid", RECALL_INFERRED, "topic");
	session_free(other);
	teardown(&w);
	buffer_free(&packed);
	free(much);
}

/* What others told waits for the second pass, whether it came before or after. */
static void test_shared(void **state)
{
	struct world w;
	struct session *a, *b, *elsewhere;

	(void)state;
	setup(&w);
	a = connect_to(&w, SERVER_A);
	b = connect_to(&w, SERVER_A);
	elsewhere = connect_to(&w, SERVER_B);
	learn(a, FACT_SERVER, "s", "select 1");
	learn(a, FACT_ANYWHERE, "uuid", "topic");
	learn(a, FACT_CONNECTION, "c", "own");
	expect(a, FACT_SERVER, "s", RECALL_OWN, "select 1");
	expect(b, FACT_SERVER, "s", RECALL_NONE, NULL);
	assert_int_equal(w.knowledge.wanted, 1);
	assert_string_equal(session_unresolved(b), "not resolved yet");
	session_free(a);
	w.knowledge.complete = true;
	expect(b, FACT_SERVER, "s", RECALL_INFERRED, "select 1");
	expect(b, FACT_ANYWHERE, "uuid", RECALL_INFERRED, "topic");
	expect(b, FACT_CONNECTION, "c", RECALL_NONE, NULL);
	expect(elsewhere, FACT_SERVER, "s", RECALL_NONE, NULL);
	expect(elsewhere, FACT_ANYWHERE, "uuid", RECALL_INFERRED, "topic");
	assert_string_equal(session_unresolved(b), "nowhere told in this recording");
	session_free(b);
	session_free(elsewhere);
	teardown(&w);
}

/* Where connections contradict each other nothing is guessed, not even what came last. */
static void test_ambiguous(void **state)
{
	struct world w;
	struct session *a, *b, *c;

	(void)state;
	setup(&w);
	w.knowledge.once = true;
	a = connect_to(&w, SERVER_A);
	b = connect_to(&w, SERVER_A);
	c = connect_to(&w, SERVER_A);
	learn(a, FACT_SERVER, "s", "select 1");
	learn(b, FACT_SERVER, "t", "select 3");
	expect(c, FACT_SERVER, "s", RECALL_INFERRED, "select 1");
	learn(b, FACT_SERVER, "s", "select 2");
	learn(b, FACT_SERVER, "s", "select 2");
	expect(a, FACT_SERVER, "s", RECALL_OWN, "select 1");
	expect(b, FACT_SERVER, "s", RECALL_OWN, "select 2");
	expect(c, FACT_SERVER, "s", RECALL_NONE, NULL);
	expect(c, FACT_SERVER, "t", RECALL_INFERRED, "select 3");
	assert_int_equal(w.knowledge.wanted, 0);
	session_free(a);
	session_free(b);
	session_free(c);
	teardown(&w);
}

/* A connection that teaches without end fills its share of the memory, and no more. */
static void test_bounded(void **state)
{
	static char value[1000];
	struct world w;
	struct session *s;
	char key[16];

	(void)state;
	setup(&w);
	memset(value, 'v', sizeof(value) - 1);
	s = connect_to(&w, SERVER_A);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		learn(s, FACT_SERVER, key, value);
		assert_true(w.budget.used < 300 << 10);
	}
	assert_true(w.knowledge.refused > 0);
	expect(s, FACT_SERVER, "0", RECALL_OWN, value);
	session_free(s);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),	cmocka_unit_test(test_aside),
		cmocka_unit_test(test_shared),	cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("knowledge", tests, NULL, NULL);
}
