/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp/amqp.h"
#include "tests/unit/amqp_build.h"

static struct verdict look(struct span sent, struct span received, bool midstream)
{
	struct sample sample = {
		.transport = TRANSPORT_TCP,
		.midstream = midstream,
		.bytes = {[DIRECTION_SENT] = sent, [DIRECTION_RECEIVED] = received},
	};
	struct verdict verdict = {0};

	protocol_amqp.infer(&sample, &verdict);
	return verdict;
}

#define NOTHING ((struct span){0})

static void beginnings(void **state)
{
	struct verdict v = look(ARGS("AMQP\0\0\x09\1"), NOTHING, false);

	(void)state;
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_CLIENT);
	assert_string_equal(v.reason, "begins with the header of AMQP 0-9-1");
	assert_int_equal(look(NOTHING, ARGS("AMQP\0\0\x09\1"), false).role, ROLE_SERVER);
	/* AMQP 1.0 is another protocol. */
	assert_int_equal(look(ARGS("AMQP\0\1\0\0"), NOTHING, false).score, 0);
	assert_int_equal(look(ARGS("AMQP\3\1\0\0"), NOTHING, false).score, 0);
	assert_int_equal(look(ARGS("AMQ"), NOTHING, false).score, 0);
}

/* What BYTES, cut at every byte, never is; and what is found of it behind CUT bytes. */
static void check_from(const struct talk *t, size_t cut, int score, enum role role)
{
	struct span bytes = span_of(t->bytes[0].data + cut, t->bytes[0].len - cut);
	struct verdict v = look(bytes, NOTHING, true);

	assert_in_range(v.score, score, 100);
	assert_int_equal(v.role, role);
	v = look(NOTHING, bytes, true);
	assert_int_equal(v.role, role == ROLE_CLIENT   ? ROLE_SERVER
				 : role == ROLE_SERVER ? ROLE_CLIENT
						       : ROLE_UNKNOWN);
}

static void from_the_middle(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_client(&t);
	talk_publish(&t, 1, "a body");
	talk_publish(&t, 1, "another");
	for (size_t cut = 0; cut <= t.bytes[0].len - 60; cut++)
		check_from(&t, cut, INFER_CERTAIN, cut <= 54 ? ROLE_CLIENT : ROLE_UNKNOWN);
	talk_free(&t);
	talk_client(&t);
	talk_deliver(&t, 1, 1, "a body");
	check_from(&t, 0, INFER_CERTAIN, ROLE_SERVER);
	talk_free(&t);
	talk_client(&t);
	talk_settle(&t, 1, 80, 1, 0);
	check_from(&t, 0, INFER_CERTAIN, ROLE_UNKNOWN);
	talk_free(&t);
	talk_client(&t);
	talk_frame(&t, 8, 0, NOTHING);
	check_from(&t, 0, INFER_CERTAIN, ROLE_UNKNOWN);
	talk_free(&t);
}

static void others(void **state)
{
	/* Frames with another end, another class, arguments that are too long, another type. */
	static const char *const bytes[] = {
		"\1\0\1\0\0\0\4\0\x3c\0\x6f\xcd",
		"\1\0\1\0\0\0\4\0\x3d\0\x6f\xce",
		"\1\0\1\0\0\0\5\0\x3c\0\x6f\0\xce",
		"\4\0\1\0\0\0\4\0\x3c\0\x6f\xce",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int midstream = 0; midstream < 2; midstream++)
			assert_int_equal(
				look(span_of(bytes[i], i == 2 ? 13 : 12), NOTHING, midstream).score,
				0);
	assert_int_equal(look(NOTHING, NOTHING, true).score, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings),
		cmocka_unit_test(from_the_middle),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests_name("amqp inference", tests, NULL, NULL);
}
