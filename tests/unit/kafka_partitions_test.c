/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/kafka/kafka.h"
#include "tests/unit/http_case.h"

/* What an exchange says of partitions: which records are wanted, and where a partition ends. */

#define CHECK(messages, ...) CLIENT_CHECK(NULL, messages, __VA_ARGS__)

/* Offset 6 is asked for, and comes with the batch that begins at 5. */
static void fetch_inside_batch(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\08\0\1\0\4\0\0\0\1\0\2me\377\377\377\377\0\0\1\364\0\0\0\1\0"
			     "\20\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\6\0\20\0\0"),
		FEED_RESPONSE("\0\0\0\200\0\0\0\1\0\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0"
			      "\0\0\0\0\0\0\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0O\0\0\0\0\0\0\0\5"
			      "\0\0\0C\0\0\0\0\2\366T\26\13\0\0\0\0\0\1\0\0\1\213\317\345h\0"
			      "\0\0\1\213\317\345h\0\377\377\377\377\377\377\377\377\377\377"
			      "\377\377\377\377\0\0\0\2\20\0\0\0\2k\2a\0\20\0\0\2\2k\2b\0"),
	};

	(void)state;
	CHECK(messages,
	      "'api':'Fetch','version':4 | 'offsets':{'t-2':6} | "
	      "'end_offsets':{'t-2':7},'replica':null",
	      "'direction':'fetched','topic':'t','partition':2,'offset':5 | 'client_id':'me',"
	      "'group_id':null,'skipped':true",
	      "'direction':'fetched','topic':'t','partition':2,'offset':6 | 'skipped':false");
}

/* What a producer wrote before its marker is aborted, what comes behind it isn't. */
static void aborted_transaction(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\08\0\1\0\4\0\0\0\1\0\2me\377\377\377\377\0\0\1\364\0\0\0\1\0"
			     "\20\0\0\1\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\5\0\20\0\0"),
		FEED_RESPONSE("\0\0\1!\0\0\0\1\0\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0"
			      "\0\0\0\0\10\0\0\0\0\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0\11\0\0\0\0"
			      "\0\0\0\5\0\0\0\340\0\0\0\0\0\0\0\5\0\0\0=\0\0\0\0\2j\206\323D"
			      "\0\20\0\0\0\0\0\0\1\213\317\345h\0\0\0\1\213\317\345h\0\0\0\0"
			      "\0\0\0\0\11\0\0\0\0\0\0\0\0\0\1\26\0\0\0\2k\10gone\0\0\0\0\0\0"
			      "\0\0\6\0\0\0B\0\0\0\0\2\331P\0\321\0000\0\0\0\0\0\0\1\213\317"
			      "\345h\0\0\0\1\213\317\345h\0\0\0\0\0\0\0\0\11\0\0\377\377\377"
			      "\377\0\0\0\1 \0\0\0\10\0\0\0\0\14\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\7\0\0\0=\0\0\0\0\2\354F&\363\0\20\0\0\0\0\0\0\1\213\317\345h"
			      "\0\0\0\1\213\317\345h\0\0\0\0\0\0\0\0\11\0\0\0\0\0\1\0\0\0\1"
			      "\26\0\0\0\2k\10kept\0"),
	};

	(void)state;
	CHECK(messages, "'api':'Fetch' | 'end_offsets':{'t-2':8}",
	      "'offset':5 | 'value':'gone' | 'transactional':true,'control':false | 'skipped':true",
	      "'offset':6 | 'control':true | 'skipped':false",
	      "'offset':7 | 'value':'kept' | 'skipped':false");
}

/* A broker that follows consumes nothing. */
static void follower(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\08\0\1\0\4\0\0\0\1\0\2me\0\0\0\3\0\0\1\364\0\0\0\1\0\20\0\0\0"
			     "\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\5\0\20\0\0"),
		FEED_RESPONSE("\0\0\0\200\0\0\0\1\0\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0"
			      "\0\0\0\0\0\0\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0O\0\0\0\0\0\0\0\5"
			      "\0\0\0C\0\0\0\0\2\366T\26\13\0\0\0\0\0\1\0\0\1\213\317\345h\0"
			      "\0\0\1\213\317\345h\0\377\377\377\377\377\377\377\377\377\377"
			      "\377\377\377\377\0\0\0\2\20\0\0\0\2k\2a\0\20\0\0\2\2k\2b\0"),
	};

	(void)state;
	CHECK(messages, "'api':'Fetch' | 'end_offsets':{'t-2':7},'replica':3",
	      "'direction':'replicated' | 'offset':5 | 'skipped':false",
	      "'direction':'replicated' | 'offset':6");
}

/* Where the first of two went, tells where the partition ends. */
static void end_of_produced(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0v\0\0\0\3\0\0\0\1\0\2me\377\377\0\1\0\0\3\350\0\0\0\1\0"
			     "\1t\0\0\0\1\0\0\0\2\0\0\0O\0\0\0\0\0\0\0\0\0\0\0C\0\0\0\0\2"
			     "\366T\26\13\0\0\0\0\0\1\0\0\1\213\317\345h\0\0\0\1\213\317\345"
			     "h\0\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0"
			     "\0\0\2\20\0\0\0\2k\2a\0\20\0\0\2\2k\2b\0"),
		FEED_RESPONSE("\0\0\0)\0\0\0\1\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\0d"
			      "\377\377\377\377\377\377\377\377\0\0\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'api':'Produce','version':3 | 'offsets':{'t-2':100} | 'end_offsets':{'t-2':102}",
	      "'direction':'produced' | 'offset':100 | "
	      "'client_id':'me','group_id':null,'skipped':null",
	      "'direction':'produced' | 'offset':101");
}

/* The offset of the latest is an end, that of the earliest is none. */
static void end_as_listed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0"
			     "3\0\2\0\1\0\0\0\1\0\2me\377\377\377\377\0\0\0\1\0\1t\0\0\0"
			     "\2\0\0\0\2\377\377\377\377\377\377\377\377\0\0\0\3\377\377\377\377"
			     "\377\377\377\376"),
		FEED_RESPONSE("\0\0\0;\0\0\0\1\0\0\0\1\0\1t\0\0\0\2\0\0\0\2\0\0\377\377\377\377"
			      "\377\377\377\377\0\0\0\0\0\0\0f\0\0\0\3\0\0\377\377\377\377\377"
			      "\377\377\377\0\0\0\0\0\0\0("),
	};

	(void)state;
	CHECK(messages, "'api':'ListOffsets','version':1 | 'offsets':{'t-2':102,'t-3':40} | "
			"'end_offsets':{'t-2':102}");
}

/* Nothing is there to fetch: no records, and no row for them. */
static void nothing_new(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0"
			     "8\0\1\0\4\0\0\0\1\0\2me\377\377\377\377\0\0\1\364\0\0\0\1\0"
			     "\20\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\7\0\20\0\0"),
		FEED_RESPONSE("\0\0\0"
			      "1\0\0\0\1\0\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0"
			      "\0\0\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'api':'Fetch','version':4 | 'records':0 | 'end_offsets':{'t-2':7},'replica':null");
}

/* What was aborted in a partition without records is not so in the next. */
static void aborted_elsewhere(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0H\0\1\0\4\0\0\0\1\0\2me\377\377\377\377\0\0\1\364\0\0\0\1\0"
			     "\20\0\0\1\0\0\0\1\0\1t\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0\5\0\20\0\0\0\0"
			     "\0\3\0\0\0\0\0\0\0\5\0\20\0\0"),
		FEED_RESPONSE("\0\0\0\250\0\0\0\1\0\0\0\0\0\0\0\1\0\1t\0\0\0\2\0\0\0\2\0\0\0"
			      "\0\0\0\0\0\0\10\0\0\0\0\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0\11\0\0"
			      "\0\0\0\0\0\5\377\377\377\377\0\0\0\3\0\0\0\0\0\0\0\0\0\6\0\0\0"
			      "\0\0\0\0\6\0\0\0\0\0\0\0I\0\0\0\0\0\0\0\5\0\0\0=\0\0\0\0\2\263"
			      "\242\372\254\0\20\0\0\0\0\0\0\1\213\317\345h\0\0\0\1\213\317"
			      "\345h\0\0\0\0\0\0\0\0\11\0\0\0\0\0\0\0\0\0\1\26\0\0\0\2k\10kep"
			      "t\0"),
	};

	(void)state;
	CHECK(messages, "'api':'Fetch' | 'end_offsets':{'t-2':8,'t-3':6}",
	      "'partition':3,'offset':5 | 'value':'kept' | 'transactional':true | "
	      "'skipped':false");
}

/* Nobody told the name of the topic: what the answer says of its id is found all the same. */
static void produced_by_id(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0t\0\0\0\15\0\0\0\1\0\2me\0\0\0\1\0\0\3\350\2\1\2\3\4\5\6"
			     "\7\10\11\12\13\14\15\16\17\20\2\0\0\0\2G\0\0\0\0\0\0\0\0\0\0\0"
			     ":\0\0\0\0\2\2543\265\34\0\0\0\0\0\0\0\0\1\213\317\345h\0\0\0\1"
			     "\213\317\345h\0\377\377\377\377\377\377\377\377\377\377\377"
			     "\377\377\377\0\0\0\1\20\0\0\0\2k\2a\0\0\0\0"),
		FEED_RESPONSE("\0\0\0>\0\0\0\1\0\2\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\2\0\0"
			      "\0\2\0\0\0\0\0\0\0\0\0d\377\377\377\377\377\377\377\377\0\0\0\0\0"
			      "\0\0\0\1\0\0\0\0\0\0\0\0"),
	};

	(void)state;
	CHECK(messages,
	      "'api':'Produce','version':13 | 'topics':['AQIDBAUGBwgJCgsMDQ4PEA'] | "
	      "'end_offsets':{'AQIDBAUGBwgJCgsMDQ4PEA-2':101}",
	      "'direction':'produced','topic':'AQIDBAUGBwgJCgsMDQ4PEA','partition':2,'offset':100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fetch_inside_batch), cmocka_unit_test(aborted_transaction),
		cmocka_unit_test(follower),	      cmocka_unit_test(end_of_produced),
		cmocka_unit_test(end_as_listed),      cmocka_unit_test(nothing_new),
		cmocka_unit_test(aborted_elsewhere),  cmocka_unit_test(produced_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
