/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/kafka/kafka.h"
#include "protocols/kafka/schema.h"
#include "tests/unit/http_case.h"

#define CHECK(messages, ...) CLIENT_CHECK(NULL, messages, __VA_ARGS__)

/* Heartbeat of version 0: group, generation, member. */
#define HEARTBEAT(id)	"\0\0\0\x1b\0\x0c\0\0\0\0\0" id "\0\2me\0\4shop\0\0\0\7\0\3m-1"
#define ALIVE(id, code) "\0\0\0\6\0\0\0" id "\0" code

static void pipelined_and_out_of_order(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(HEARTBEAT("\1") HEARTBEAT("\2")),
		FEED_RESPONSE(ALIVE("\2", "\x1b") ALIVE("\1", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'error','api':'Heartbeat','version':0,'client_id':'me','correlation_id':2,"
	      "'group_id':'shop','member_id':'m-1','generation':7 | 'error_code':27,"
	      "'error':'REBALANCE_IN_PROGRESS' | "
	      "'request':{'groupId':'shop','generationId':7,'memberId':'m-1'},"
	      "'response':{'errorCode':27},'req_bytes':31,'resp_bytes':10",
	      "'outcome':'ok' | 'correlation_id':1 | 'error_code':0,'error':null");
}

/* Tokens with a length and nothing else follow SaslHandshake of version 0, behind its response. */
static void bare_tokens(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x13\0\x11\0\0\0\0\0\1\0\2me\0\5PLAIN"),
		FEED_RESPONSE("\0\0\0\x11\0\0\0\1\0\0\0\0\0\1\0\5PLAIN"),
		FEED_REQUEST("\0\0\0\x0a\0user\0pass"),
		FEED_RESPONSE("\0\0\0\0"),
		FEED_REQUEST(HEARTBEAT("\2")),
		FEED_RESPONSE(ALIVE("\2", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','api':'SaslHandshake','version':0 | 'error_code':0 | "
	      "'response':{'errorCode':0,'mechanisms':['PLAIN']}",
	      "'outcome':'ok','api':'Heartbeat' | 'correlation_id':2");
}

/* Produce of version 0 with acks 0 has no response. */
static void produce_without_acks(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0H\0\0\0\0\0\0\0\5\0\1c\0\0\0\0\3\350\0\0\0\1\0\1t\0\0\0"
			     "\1\0\0\0\2\0\0\0$\0\0\0\0\0\0\0\0\0\0\0\30\214\217sO\0\0\0\0\0"
			     "\3key\0\0\0\7a value"),
		FEED_REQUEST(HEARTBEAT("\6")),
		FEED_RESPONSE(ALIVE("\6", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','api':'Produce','version':0 | 'topics':['t'],'partitions':['t-2'],"
	      "'records':1 | 'compression':'none','acks':0",
	      "'direction':'produced','topic':'t','partition':2,'offset':null,'timestamp':null,"
	      "'key':'key','value':'a value' | 'magic':0",
	      "'api':'Heartbeat'");
}

/* librdkafka puts an empty array behind the first request of its connections. */
static void versions_with_an_array(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x15\0\x12\0\0\0\0\0\1\0\7rdkafka\0\0\0\0"),
		FEED_RESPONSE("\0\0\0\x10\0\0\0\1\0\0\0\0\0\1\0\x0c\0\0\0\2"),
		FEED_REQUEST(HEARTBEAT("\2")),
		FEED_RESPONSE(ALIVE("\2", "\0")),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','api':'ApiVersions','version':0,'client_id':'rdkafka' | "
	      "'request':{} | 'note':''",
	      "'outcome':'ok','api':'Heartbeat' | 'correlation_id':2");
}

/* An api of another broker's own, or of the next Kafka: what is between is not lost for it. */
static void apis_that_nobody_knows(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(HEARTBEAT("\1")),
		FEED_RESPONSE(ALIVE("\1", "\0")),
		FEED_REQUEST("\0\0\0\x0f\x27\x11\0\1\0\0\0\2\0\2mexyz"),
		FEED_RESPONSE("\0\0\0\6\0\0\0\2ok"),
		FEED_REQUEST(HEARTBEAT("\3")),
		FEED_RESPONSE(ALIVE("\3", "\0")),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','api':'Heartbeat' | 'correlation_id':1",
	      "'outcome':'ok','api':'api_10001','version':1,'client_id':'me','correlation_id':2 | "
	      "'req_bytes':19,'resp_bytes':10 | 'note':'this api is not known'",
	      "'outcome':'ok','api':'Heartbeat' | 'correlation_id':3");
}

/* A hole in a response hides it, and no other. */
static void losses(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(HEARTBEAT("\1")),
		FEED_RESPONSE(ALIVE("\1", "\0")),
		FEED_REQUEST(HEARTBEAT("\2")),
		FEED_RESPONSE(ALIVE("\2", "\0")),
		FEED_REQUEST(HEARTBEAT("\3") HEARTBEAT("\4")),
		FEED_RESPONSE(ALIVE("\3", "\0") ALIVE("\4", "\0")),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(NULL, messages, 4, "'outcome':'ok' | 'correlation_id':1",
			   "'outcome':'ok' | 'correlation_id':3",
			   "'outcome':'ok' | 'correlation_id':4",
			   "'outcome':'partial' | 'correlation_id':2");
}

static void schemas(void **state)
{
	int first, last;

	(void)state;
	assert_string_equal(kafka_api_name(0), "Produce");
	assert_string_equal(kafka_api_name(92), "DeleteShareGroupOffsets");
	assert_null(kafka_api_name(93));
	assert_null(kafka_api_name(-1));
	/* Old brokers' versions come from an older release than new ones. */
	assert_true(kafka_api_versions(1, &first, &last));
	assert_int_equal(first, 0);
	assert_int_equal(last, 18);
	for (int version = 0; version <= 18; version++) {
		assert_non_null(kafka_schema_find(KAFKA_KIND_REQUEST, 1, version));
		assert_non_null(kafka_schema_find(KAFKA_KIND_RESPONSE, 1, version));
	}
	assert_null(kafka_schema_find(KAFKA_KIND_REQUEST, 1, 19));
	assert_non_null(kafka_schema_data("ConsumerProtocolAssignment", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelined_and_out_of_order),
		cmocka_unit_test(bare_tokens),
		cmocka_unit_test(produce_without_acks),
		cmocka_unit_test(versions_with_an_array),
		cmocka_unit_test(apis_that_nobody_knows),
		cmocka_unit_test(losses),
		cmocka_unit_test(schemas),
	};

	return cmocka_run_group_tests_name("kafka_exchange", tests, NULL, NULL);
}
