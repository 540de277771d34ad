/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp1/amqp1.h"
#include "tests/unit/http_case.h"

#define CHECK(messages, ...) CLIENT_CHECK(NULL, messages, __VA_ARGS__)

#define FRAME "\0\0\0\x0c\2\1\0\0four"

/* SASL, then AMQP itself; frames are passed over, also those that hold a header. */
static void headers(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("AMQP\3\1\0\0"), FEED_RESPONSE("AMQP\3\1\0\0" FRAME),
		FEED_REQUEST(FRAME),	      FEED_RESPONSE("\0\0\0\x10\2\0\0\0AMQP\3\1\0\0"),
		FEED_REQUEST("AMQP\0\1\0\0"), FEED_RESPONSE("AMQP\0\1\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','layer':'sasl','version':'1.0.0','answer':'sasl 1.0.0','note':''",
	      "'outcome':'ok','layer':'amqp','version':'1.0.0','answer':'amqp 1.0.0'");
}

/* A broker of 0-9-1 names its own version. */
static void refused(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("AMQP\0\1\0\0"),
		FEED_RESPONSE("AMQP\0\0\x09\1"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'error','layer':'amqp','version':'1.0.0','answer':'amqp 0.9.1' | "
	      "the server refuses it");
}

static void malformed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("AMQP\0\1\0\0\0\0\0\4\0\0\0\0AMQP\3\1\0\0"),
		FEED_RESPONSE("AMQP\0\1\0\0"),
	};

	(void)state;
	CHECK(messages, "'layer':'amqp' | 'answer':'amqp 1.0.0'", "'layer':'sasl' | 'answer':null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(refused),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests_name("amqp 1.0", tests, NULL, NULL);
}
