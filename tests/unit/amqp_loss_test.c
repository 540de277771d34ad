/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp/amqp.h"
#include "tests/unit/amqp_build.h"

#define OPENED "'outcome':'ok','class':'channel','method':'open' | 'reply':'channel.open-ok'"

/* Message LOSE, counted from 1, is lost, from byte FROM on. */
static void check_loss(struct talk *t, size_t lose, size_t from, const char *const *records)
{
	struct feed feed = talk_feed(t);

	feed.lose = lose;
	feed.lose_from = from;
	http_expect(&feed, records);
	talk_free(t);
}

#define CHECK(t, lose, from, ...)                                                                  \
	check_loss(t, lose, from, (const char *const[]){__VA_ARGS__, NULL})

static void ask(struct talk *t, const char *queue)
{
	talk_client(t);
	talk_method(t, 1, 50, 30, queue[0] == 'a' ? ARGS("\0\0\1a\0") : ARGS("\0\0\1b\0"));
}

static void answer(struct talk *t, char messages)
{
	const char arguments[] = {0, 0, 0, messages};

	talk_server(t);
	talk_method(t, 1, 50, 31, span_of(arguments, sizeof(arguments)));
}

static void a_reply(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	ask(&t, "a");
	answer(&t, 1);
	ask(&t, "b");
	answer(&t, 2);
	CHECK(&t, 4, 0, OPENED, "'outcome':'partial' | 'queue':'a','consumer_tag':null",
	      "'outcome':'ok' | 'queue':'b' | 'messages':2");
}

static void a_call(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	ask(&t, "a");
	answer(&t, 1);
	ask(&t, "b");
	answer(&t, 2);
	CHECK(&t, 3, 0, OPENED,
	      "'outcome':'partial','class':'queue','method':'purge' | 'messages':1",
	      "'outcome':'ok' | 'queue':'b' | 'messages':2");
}

/* What is inside a frame leaves the others as they are. The hole is known once more comes. */
static void inside_a_method(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	ask(&t, "a");
	answer(&t, 1);
	ask(&t, "b");
	answer(&t, 2);
	CHECK(&t, 3, 13, OPENED, "'outcome':'partial' | 'request':null | 'messages':1",
	      "'outcome':'partial','class':'queue','method':'purge' | 'queue':null | 'reply':null "
	      "| "
	      "not all of it was recorded",
	      "'outcome':'ok' | 'queue':'b' | 'messages':2");
}

/* A method of which only the head is there could be any. */
static void the_name_of_a_method(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	ask(&t, "a");
	answer(&t, 1);
	ask(&t, "b");
	answer(&t, 2);
	CHECK(&t, 3, 7, OPENED,
	      "'outcome':'partial','class':'queue','method':'purge' | 'messages':1",
	      "'outcome':'partial','class':null,'method':null,'channel':1",
	      "'outcome':'ok' | 'queue':'b' | 'messages':2");
}

/* A connection ends behind the head of a frame: nothing of what is missing is looked at. */
static void the_end_of_a_connection(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	ask(&t, "a");
	answer(&t, 1);
	talk_client(&t);
	talk_bytes(&t, ARGS("\1\0\1\0\0\0\6"));
	talk_check(&t, (const char *const[]){OPENED, "'outcome':'ok' | 'queue':'a' | 'messages':1",
					     "'outcome':'partial','class':null,'method':null | "
					     "not all of it was recorded",
					     NULL});
}

static void in_a_body(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_publish(&t, 1, "before");
	talk_client(&t);
	talk_publish(&t, 1, "lost from here on");
	talk_client(&t);
	talk_publish(&t, 1, "after");
	CHECK(&t, 4, 19 + 22 + 7 + 4, OPENED, "'outcome':'ok' | 'body':'before'",
	      "'outcome':'ok' | 'body':'before'",
	      "'outcome':'partial' | 'body':'lost','body_bytes':17 | not all of it was recorded",
	      "'outcome':'partial' | 'body':'lost','body_bytes':17", "'body':'after'",
	      "'outcome':'ok' | 'body':'after'");
}

/* Between the method and its body. */
static void a_content_header(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_client(&t);
	talk_header(&t, 1, 4);
	talk_client(&t);
	talk_frame(&t, 3, 1, ARGS("body"));
	talk_publish(&t, 1, "after");
	CHECK(&t, 4, 0, OPENED,
	      "'outcome':'partial' | 'exchange':'x' | 'body':null | not all of it was recorded",
	      "'outcome':'partial' | 'exchange':'x'", "'outcome':'ok' | 'body':'after'",
	      "'outcome':'ok' | 'body':'after'");
}

/* The header and the body of a message whose method is lost are shown all the same. */
static void a_content_method(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_client(&t);
	talk_content(&t, 1, ARGS("body"), 9);
	talk_publish(&t, 1, "after");
	CHECK(&t, 3, 0, OPENED,
	      "'outcome':'partial','class':null | 'body':'body' | the method before this message",
	      "'outcome':'partial','direction':'published' | 'exchange':null | 'body':'body'",
	      "'outcome':'ok' | 'body':'after'", "'outcome':'ok' | 'body':'after'");
}

/* A confirm is lost: that message is partial, and no other. */
static void a_confirm(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 85, 10, ARGS("\1"));
	talk_publish(&t, 1, "one");
	talk_publish(&t, 1, "two");
	talk_server(&t);
	talk_settle(&t, 1, 80, 1, 0);
	talk_server(&t);
	talk_settle(&t, 1, 80, 2, 0);
	talk_client(&t);
	talk_publish(&t, 1, "three");
	talk_server(&t);
	talk_settle(&t, 1, 80, 3, 0);
	CHECK(&t, 4, 0, OPENED, "'method':'select'", "'outcome':'ok' | 'body':'two'",
	      "'settled':'ack'", "'method':'ack' | 'delivery_tag':2", "'body':'three'",
	      "'delivery_tag':3 | 'settled':'ack'", "'method':'ack'",
	      "'outcome':'partial' | 'body':'one'", "'outcome':'partial' | 'body':'one'");
}

/* Messages are lost: which confirms are whose is inferred from then on. */
static void a_published_message(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 85, 10, ARGS("\1"));
	talk_publish(&t, 1, "one");
	talk_client(&t);
	talk_publish(&t, 1, "two");
	talk_client(&t);
	talk_publish(&t, 1, "three");
	talk_server(&t);
	talk_settle(&t, 1, 80, 3, 0);
	talk_settle(&t, 1, 80, 1, 0);
	CHECK(&t, 4, 0, OPENED, "'method':'select'",
	      "'outcome':'ok' | 'delivery_tag':3,'reply':'basic.ack' | 'body':'three' | inferred",
	      "'delivery_tag':3 | inferred", "'method':'ack'",
	      "'delivery_tag':1,'reply':'basic.ack' | 'body':'one' | 'note':''", "'body':'one'",
	      "'method':'ack'");
}

static void check_midstream(struct talk *t, const char *const *records)
{
	struct feed feed = talk_feed(t);

	feed.midstream = true;
	http_expect(&feed, records);
	feed_check(&feed, NULL);
	talk_free(t);
}

#define CHECK_MIDSTREAM(t, ...) check_midstream(t, (const char *const[]){__VA_ARGS__, NULL})

/* What a channel is that was opened before is found out where it can be, and said where it can't.
 */
static void from_the_middle(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_client(&t);
	talk_bytes(&t, ARGS("rest of a body\xce"));
	talk_publish(&t, 1, "a");
	talk_server(&t);
	talk_settle(&t, 1, 80, 77, 0);
	talk_client(&t);
	talk_publish(&t, 1, "b");
	talk_publish(&t, 2, "c");
	talk_server(&t);
	talk_settle(&t, 1, 80, 78, 0);
	talk_deliver(&t, 1, 9, "d");
	talk_deliver(&t, 1, 10, "e");
	talk_client(&t);
	talk_settle(&t, 1, 80, 9, 0);
	talk_settle(&t, 1, 80, 8, 0);
	CHECK_MIDSTREAM(
		&t,
		"'outcome':'ok' | 'method':'publish' | 'reply':'basic.ack' | 'body':'a' | inferred",
		"'delivery_tag':77 | 'settled':'ack' | inferred", "'method':'ack' | 'settled':1",
		"'delivery_tag':78 | 'body':'b' | inferred", "'delivery_tag':78 | 'body':'b'",
		"'method':'ack' | 'settled':1", "'method':'deliver' | 'queue':null | 'body':'d'",
		"'queue':null | 'settled':'ack' | 'body':'d' | 'note':''",
		"'method':'ack' | 'settled':1", "'method':'ack' | 'settled':0",
		"'outcome':'ok' | 'body':'e' | whether an acknowledgement is due is unknown",
		"'outcome':'ok' | 'body':'e'",
		"'outcome':'ok' | 'body':'c' | whether a confirm is due is unknown",
		"'outcome':'ok' | 'body':'c'");
}

/* Garbage, frames without their end, a body that is longer than it says. */
static void malformed(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_bytes(&t, ARGS("\1\0\1\0\0\0\4\0\x3c\0\x6f!"));
	talk_bytes(&t, ARGS("garbage that is no frame"));
	talk_publish(&t, 1, "a");
	talk_method(&t, 1, 60, 99, ARGS("?"));
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_header(&t, 1, 2);
	talk_frame(&t, 3, 1, ARGS("more than two"));
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_header(&t, 1, 2);
	talk_publish(&t, 1, "b");
	talk_method(&t, 1, 50, 30, ARGS("\0\0\1"));
	talk_server(&t);
	talk_method(&t, 1, 50, 31, ARGS("\0\0\0\7"));
	talk_check(&t,
		   (const char *const[]){
			   OPENED,
			   "'method':'recover-ok' | its frames are not as they should be; not for "
			   "this end to send",
			   "'body':'a'", "'body':'a'", "'class':null | no such method is known",
			   "'body':'more than two' | its frames are not as they should be",
			   "'body':'more than two'",
			   "'outcome':'partial' | 'body':'','body_bytes':2",
			   "'outcome':'partial' | 'body':''", "'body':'b'", "'body':'b'",
			   "'method':'purge' | 'messages':7 | its fields are not as they should be",
			   NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply),
		cmocka_unit_test(a_call),
		cmocka_unit_test(inside_a_method),
		cmocka_unit_test(the_name_of_a_method),
		cmocka_unit_test(the_end_of_a_connection),
		cmocka_unit_test(in_a_body),
		cmocka_unit_test(a_content_header),
		cmocka_unit_test(a_content_method),
		cmocka_unit_test(a_confirm),
		cmocka_unit_test(a_published_message),
		cmocka_unit_test(from_the_middle),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests_name("amqp losses", tests, NULL, NULL);
}
