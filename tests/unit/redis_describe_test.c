/* SPDX-License-Identifier: BSD-2-Clause */
/* One line for a person out of a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/redis/redis.h"
#include "protocols/redis/state.h"

static void expect(const char *command, const char *args, const char *reply, const char *push,
		   const char *line)
{
	struct value values[COLUMN_COUNT] = {0};
	struct buffer out = {0};

	if (command)
		values[COLUMN_COMMAND] = value_text(span_text(command));
	if (args)
		values[COLUMN_ARGS] = value_json(span_text(args));
	if (reply)
		values[COLUMN_REPLY] = value_json(span_text(reply));
	if (push)
		values[COLUMN_PUSH] = value_text(span_text(push));
	redis_table.describe(values, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, line);
	buffer_free(&out);
}

static void exchanges(void **state)
{
	(void)state;
	expect("SET", "[\"key\",\"a value\"]", "\"OK\"", NULL, "SET key \"a value\" -> OK");
	expect("CONFIG GET", "[\"x\",\"\"]", "[]", NULL, "CONFIG GET x \"\" -> []");
	expect("PING", "[]", "\"PONG\"", NULL, "PING -> PONG");
	expect("GET", "[\"k\"]", "null", NULL, "GET k -> (nil)");
	expect("GET", "[\"a\\\"b\"]", "{\"error\":\"ERR no\"}", NULL,
	       "GET \"a\\\"b\" -> (error) ERR no");
	expect("GET", "[\"k\"]", NULL, NULL, "GET k");
	expect("", "[]", NULL, NULL, "\"\"");
	expect(NULL, NULL, "\"OK\"", NULL, "? -> OK");
	expect(NULL, NULL, "[\"message\",\"a\",\"b\"]", "message",
	       "<- message [\"message\",\"a\",\"b\"]");
}

/* Cut to a sensible width, and never inside a character. */
static void long_ones(void **state)
{
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
	(void)state;
	expect("SET", "[\"" FIFTY FIFTY "\",\"more\"]", "\"" FIFTY FIFTY "\"", NULL,
	       "SET " FIFTY "012345... ... -> " FIFTY TEN "...");
	expect("SET", "[\"" FIFTY "01234\xc3\xa9x\"]", NULL, NULL, "SET " FIFTY "01234...");
	expect("GET", "[\"k\"]", "[\"" FIFTY "\",\"" TEN "\"]", NULL,
	       "GET k -> [\"" FIFTY "\",\"01234...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchanges),
		cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
