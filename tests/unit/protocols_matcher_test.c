/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/budget.h"
#include "protocols/engine/message_pool.h"
#include "protocols/engine/session.h"

/* What was emitted, as text: "a=A " an exchange, "a=? " unanswered, "a=! " its half was lost. */
struct log {
	struct buffer text;
	int64_t now;
	struct matcher *matcher;
};

static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct log *log = context;

	if (request)
		buffer_append_span(&log->text, buffer_span(&request->text));
	buffer_append_char(&log->text, '=');
	if (response)
		buffer_append_span(&log->text, buffer_span(&response->text));
	else
		buffer_append_char(&log->text, lost ? '!' : '?');
	if (!request)
		buffer_append_char(&log->text, lost ? '!' : '+');
	buffer_append_char(&log->text, ' ');
}

static void open_matcher(struct log *log, struct session *s, bool by_key)
{
	log->matcher = matcher_new(s, &(struct matcher_options){
					      .by_key = by_key,
					      .message_len = sizeof(struct message),
					      .emit = emit,
					      .context = log,
				      });
	assert_non_null(log->matcher);
}

static struct message *message(struct log *log, const char *text)
{
	struct frame frame = {.ts_first = ++log->now, .ts_last = log->now};
	struct message *m = matcher_message(log->matcher, &frame);

	assert_non_null(m);
	buffer_append_text(&m->text, text);
	m->key = (uint64_t)(text[0] | 0x20);
	return m;
}

/*
 * Plays a script of one letter a message: small ones are requests, capital ones responses by
 * order; '<' requests were lost here, '>' responses were lost here.
 */
static void play(const char *script, const char *expected)
{
	struct log log = {0};

	open_matcher(&log, NULL, false);
	for (; *script; script++) {
		const char text[2] = {*script, '\0'};

		if (*script == '<')
			matcher_lost(log.matcher, SIDE_CLIENT);
		else if (*script == '>')
			matcher_lost(log.matcher, SIDE_SERVER);
		else if (*script >= 'a')
			matcher_request(log.matcher, message(&log, text));
		else
			matcher_response(log.matcher, message(&log, text));
	}
	matcher_finish(log.matcher);
	buffer_append_char(&log.text, '\0');
	assert_string_equal(log.text.data, expected);
	matcher_free(log.matcher);
	buffer_free(&log.text);
}

static void test_in_order(void **state)
{
	(void)state;
	play("aAbB", "a=A b=B ");
	play("abcABC", "a=A b=B c=C ");
	play("abAcBC", "a=A b=B c=C ");
}

static void test_unanswered(void **state)
{
	(void)state;
	play("abA", "a=A b=? ");
	play("", "");
	play("Aa", "=A! a=? ");
}

/* A lost response marks its own request only. */
static void test_lost_response(void **state)
{
	(void)state;
	play("aAb>cCdD", "a=A b=! c=C d=D ");
	play("a>", "a=! ");
	play("abc>C", "a=! b=! c=C ");
	play("abcd>CDeE", "a=! b=! c=C d=D e=E ");
	play("aA>bB", "a=A b=B ");
}

static void test_lost_request(void **state)
{
	(void)state;
	play("aA<BcC", "a=A =B! c=C ");
	play("<BcC", "=B! c=C ");
}

/* A coarse clock gives a request the time of its response: it was sent before it all the same. */
static void test_same_time(void **state)
{
	struct log log = {0};

	(void)state;
	open_matcher(&log, NULL, false);
	matcher_request(log.matcher, message(&log, "a"));
	matcher_lost(log.matcher, SIDE_SERVER);
	matcher_request(log.matcher, message(&log, "b"));
	log.now--;
	matcher_response(log.matcher, message(&log, "B"));
	matcher_request(log.matcher, message(&log, "c"));
	matcher_response(log.matcher, message(&log, "C"));
	matcher_finish(log.matcher);
	buffer_append_char(&log.text, '\0');
	assert_string_equal(log.text.data, "a=! b=B c=C ");
	matcher_free(log.matcher);
	buffer_free(&log.text);
}

/* Where requests overlap all the time there is no quiet moment until the end. */
static void test_overlapping(void **state)
{
	(void)state;
	play("abAcBdC>eEfF", "a=A b=B c=C d=! e=E f=F ");
}

static void test_by_key(void **state)
{
	struct log log = {0};

	(void)state;
	open_matcher(&log, NULL, true);
	matcher_request(log.matcher, message(&log, "a"));
	matcher_request(log.matcher, message(&log, "b"));
	matcher_response(log.matcher, message(&log, "B"));
	matcher_response(log.matcher, message(&log, "X"));
	matcher_push(log.matcher, message(&log, "P"));
	matcher_response(log.matcher, message(&log, "A"));
	assert_int_equal(matcher_pending(log.matcher), 0);
	matcher_finish(log.matcher);
	buffer_append_char(&log.text, '\0');
	assert_string_equal(log.text.data, "b=B =X! =P+ a=A ");
	matcher_free(log.matcher);
	buffer_free(&log.text);
}

/*
 * Requests that nobody answers don't fill the memory. The responses to those that were given up are
 * not taken for responses to others.
 */
static void test_bounded(void **state)
{
	struct budget budget = {.limit = 4 << 20};
	struct session_options options = {.budget = &budget};
	struct session *s = session_new(&options);
	struct log log = {0};
	size_t requests = 100000, kept;

	(void)state;
	assert_non_null(s);
	open_matcher(&log, s, false);
	for (size_t i = 0; i < requests; i++)
		matcher_request(log.matcher, message(&log, "a"));
	kept = matcher_pending(log.matcher);
	assert_true(kept > 2000 && kept < 20000);
	assert_true(budget.used <= budget.limit);
	for (size_t i = 0; i < requests - kept; i++)
		matcher_response(log.matcher, message(&log, "X"));
	assert_int_equal(matcher_pending(log.matcher), kept);
	buffer_clear(&log.text);
	matcher_response(log.matcher, message(&log, "A"));
	buffer_append_char(&log.text, '\0');
	assert_string_equal(log.text.data, "a=A ");
	matcher_free(log.matcher);
	session_free(s);
	assert_int_equal(budget.used, 0);
	buffer_free(&log.text);
}

/* What one matcher is done with, the next one uses, with nothing left in it. */
static void test_pool(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct message_pool pool = {.budget = &budget};
	struct session_options options = {.budget = &budget, .pool = &pool};
	struct session *s = session_new(&options);
	struct log first = {0}, second = {0};
	struct message *m, *again;
	uint64_t kept;

	(void)state;
	open_matcher(&first, s, false);
	open_matcher(&second, s, false);
	m = message(&first, "a text");
	m->key = 7;
	matcher_discard(first.matcher, m);
	matcher_free(first.matcher);
	kept = budget.used;
	again = matcher_message(second.matcher, &(struct frame){0});
	assert_ptr_equal(again, m);
	assert_int_equal(again->key, 0);
	assert_int_equal(again->text.len, 0);
	assert_int_equal(budget.used, kept);
	matcher_discard(second.matcher, again);
	matcher_free(second.matcher);
	session_free(s);
	message_pool_free(&pool);
	assert_int_equal(budget.used, 0);
}

static void test_record(void **state)
{
	struct message request = {.ts_first = 1, .ts_last = 2};
	struct message response = {.ts_first = 3, .ts_last = 4};
	struct record record = {0};

	(void)state;
	matcher_record(&request, &response, false, false, &record);
	assert_int_equal(record.outcome, OUTCOME_OK);
	assert_int_equal(record.request_first, 1);
	assert_int_equal(record.request_last, 2);
	assert_int_equal(record.response_first, 3);
	assert_int_equal(record.response_last, 4);
	matcher_record(&request, &response, false, true, &record);
	assert_int_equal(record.outcome, OUTCOME_ERROR);
	matcher_record(&request, NULL, false, false, &record);
	assert_int_equal(record.outcome, OUTCOME_UNANSWERED);
	assert_true(record.response_first == TIME_UNKNOWN);
	matcher_record(NULL, &response, true, false, &record);
	assert_int_equal(record.outcome, OUTCOME_PARTIAL);
	matcher_record(NULL, &response, false, false, &record);
	assert_int_equal(record.outcome, OUTCOME_OK);
	response.partial = true;
	matcher_record(&request, &response, false, true, &record);
	assert_int_equal(record.outcome, OUTCOME_PARTIAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),      cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_lost_response), cmocka_unit_test(test_lost_request),
		cmocka_unit_test(test_same_time),     cmocka_unit_test(test_overlapping),
		cmocka_unit_test(test_by_key),	      cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_record),	      cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
