/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/amqp/state.h"
#include "tests/unit/amqp_build.h"

#define CHECK(t, ...) talk_check(t, (const char *const[]){__VA_ARGS__, NULL})

#define OPENED "'outcome':'ok','class':'channel','method':'open' | 'reply':'channel.open-ok'"

static void login(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_client(&t);
	talk_bytes(&t, ARGS("AMQP\0\0\x09\1"));
	talk_server(&t);
	talk_method(&t, 0, 10, 10,
		    ARGS("\0\x09\0\0\0\x0f\7productS\0\0\0\2it\0\0\0\5PLAIN\0\0\0\5en_US"));
	talk_client(&t);
	talk_method(&t, 0, 10, 11,
		    ARGS("\0\0\0\x19\x0f"
			 "connection_nameS\0\0\0\4shop\5PLAIN\0\0\0\x0d\0guest\0secret\5en_US"));
	talk_server(&t);
	talk_method(&t, 0, 10, 30, ARGS("\7\xff\0\2\0\0\0\x3c"));
	talk_client(&t);
	talk_method(&t, 0, 10, 31, ARGS("\7\xff\0\0\x10\0\0\x3c"));
	talk_method(&t, 0, 10, 40, ARGS("\2/v\0\0"));
	talk_server(&t);
	talk_method(&t, 0, 10, 41, ARGS("\0"));
	talk_client(&t);
	talk_frame(&t, 8, 0, ARGS(""));
	talk_method(&t, 0, 10, 50, ARGS("\0\xc8\3bye\0\0\0\0"));
	talk_server(&t);
	talk_method(&t, 0, 10, 51, ARGS(""));
	CHECK(&t,
	      "'outcome':'ok','class':null,'method':'protocol-header','channel':0,'sender':'client'"
	      " "
	      "| 'request':{'version':'0-9-1'} | 'req_bytes':8",
	      "'outcome':'ok','class':'connection','method':'start','channel':0,'sender':'server' "
	      "| "
	      "'reply':'connection.start-ok','request':{'version_major':0,'version_minor':9,"
	      "'server_properties':{'product':'it'},'mechanisms':'PLAIN','locales':'en_US'} | "
	      "'response':{'client_properties':{'connection_name':'shop'},'mechanism':'PLAIN',"
	      "'locale':'en_US'} | 'user':'guest','application':'shop'",
	      "'method':'tune' | 'response':{'channel_max':2047,'frame_max':4096,'heartbeat':60}",
	      "'method':'open' | 'vhost':'/v','user':'guest','application':'shop'",
	      "'outcome':'ok','class':null,'method':'heartbeat' | 'req_bytes':8",
	      "'outcome':'ok' | 'method':'close' | 'reply_code':200,'reply_text':'bye'");
}

static void refused_version(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_client(&t);
	talk_bytes(&t, ARGS("AMQP\1\1\x08\0"));
	talk_server(&t);
	talk_bytes(&t, ARGS("AMQP\0\0\x09\1"));
	CHECK(&t, "'outcome':'ok' | 'sender':'client' | 'version':'0-8' | an older version",
	      "'outcome':'error' | 'sender':'server' | 'version':'0-9-1' | refuses the version");
}

/* Calls of two channels, pipelined; one that wants no reply; a name that the server makes. */
static void calls(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 50, 10, ARGS("\0\0\0\0\0\0\0\0"));
	talk_method(&t, 2, 20, 10, ARGS("\0"));
	talk_method(&t, 1, 40, 10, ARGS("\0\0\1x\5topic\x10\0\0\0\0"));
	talk_method(&t, 1, 50, 20, ARGS("\0\0\1q\1x\1k\0\0\0\0\4\1ab\1"));
	talk_server(&t);
	talk_method(&t, 2, 20, 11, ARGS("\0\0\0\0"));
	talk_method(&t, 1, 50, 11,
		    ARGS("\7"
			 "amq.gen\0\0\0\3\0\0\0\1"));
	talk_method(&t, 1, 50, 21, ARGS(""));
	CHECK(&t, OPENED, "'method':'declare','channel':1 | 'exchange':'x' | 'reply':null",
	      "'outcome':'ok','class':'channel','method':'open','channel':2",
	      "'outcome':'ok','class':'queue','method':'declare' | 'queue':'amq.gen' | "
	      "'messages':3,'consumers':1",
	      "'method':'bind' | 'exchange':'x','routing_key':'k','queue':'q' | "
	      "'arguments':{'a':1}");
}

/* The channel is closed in place of a reply, and the number is used again. */
static void closed(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 50, 10, ARGS("\0\0\1q\1\0\0\0\0"));
	talk_server(&t);
	talk_method(&t, 1, 20, 40, ARGS("\1\x94\4gone\0\x32\0\x0a"));
	talk_client(&t);
	talk_method(&t, 1, 20, 41, ARGS(""));
	talk_open(&t, 1);
	CHECK(&t, OPENED,
	      "'outcome':'error','class':'queue','method':'declare' | 'queue':'q' | "
	      "'reply':'channel.close' | 'reply_code':404,'reply_text':'gone'",
	      "'outcome':'error','class':'channel','method':'close','channel':1,'sender':'server' "
	      "| 'reply':'channel.close-ok' | 'reply_code':404,'reply_text':'gone',"
	      "'cause':'queue.declare'",
	      OPENED);
}

static void confirms(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_publish(&t, 1, "zero");
	talk_method(&t, 1, 85, 10, ARGS("\0"));
	talk_publish(&t, 1, "one");
	talk_publish(&t, 1, "two");
	talk_publish(&t, 1, "three");
	talk_publish(&t, 1, "four");
	talk_server(&t);
	talk_method(&t, 1, 85, 11, ARGS(""));
	talk_settle(&t, 1, 80, 2, 1);
	talk_settle(&t, 1, 120, 3, 0);
	CHECK(&t, OPENED, "'method':'publish' | 'delivery_tag':null,'reply':null | 'body':'zero'",
	      "'direction':'published' | 'settled':null | 'body':'zero'",
	      "'class':'confirm','method':'select'",
	      "'outcome':'ok','class':'basic','method':'publish','channel':1,'sender':'client',"
	      "'exchange':'x','routing_key':'k' | 'delivery_tag':1,'reply':'basic.ack' | "
	      "'properties':{},'body':'one','body_bytes':3",
	      "'outcome':'ok','direction':'published','channel':1,'exchange':'x',"
	      "'routing_key':'k','queue':null,'consumer_tag':null,'delivery_tag':1 | "
	      "'settled':'ack','multiple':true,'requeue':null,'returned':false | 'frames':1",
	      "'delivery_tag':2,'reply':'basic.ack'", "'delivery_tag':2 | 'settled':'ack'",
	      "'method':'ack' | 'delivery_tag':2 | 'settled':2",
	      "'outcome':'error' | 'method':'publish' | 'delivery_tag':3,'reply':'basic.nack'",
	      "'outcome':'error' | 'settled':'nack'",
	      "'method':'nack','channel':1,'sender':'server' | 'settled':1",
	      "'outcome':'unanswered' | 'delivery_tag':4,'reply':null | not confirmed",
	      "'outcome':'unanswered' | 'body':'four' | not confirmed");
}

/* The broker sends it back before it confirms it. */
static void returned(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 85, 10, ARGS("\1"));
	talk_publish(&t, 1, "a");
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\1"));
	talk_content(&t, 1, ARGS("b"), 9);
	talk_server(&t);
	talk_method(&t, 1, 60, 50, ARGS("\1\x38\x08NO_ROUTE\1x\1k"));
	talk_content(&t, 1, ARGS("b"), 9);
	talk_settle(&t, 1, 80, 2, 1);
	CHECK(&t, OPENED, "'method':'select' | 'reply':null",
	      "'outcome':'error','class':'basic','method':'return' | 'reply_code':312,"
	      "'reply_text':'NO_ROUTE'",
	      "'outcome':'error','direction':'returned' | 'reply_code':312 | 'body':'b'",
	      "'outcome':'ok' | 'method':'publish' | 'delivery_tag':1 | 'reply_code':null",
	      "'outcome':'ok','direction':'published' | 'returned':false",
	      "'outcome':'error' | 'method':'publish' | 'delivery_tag':2,'reply':'basic.ack' | "
	      "'reply_code':312,'reply_text':'NO_ROUTE'",
	      "'outcome':'error','direction':'published' | 'mandatory':true,'settled':'ack' | "
	      "'returned':true,'reply_code':312",
	      "'method':'ack' | 'settled':2");
}

/* Without confirms, a later reply shows that it won't come back. */
static void not_returned(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\1"));
	talk_content(&t, 1, ARGS("a"), 9);
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\1"));
	talk_content(&t, 1, ARGS("b"), 9);
	talk_method(&t, 1, 60, 10, ARGS("\0\0\0\0\0\1\0"));
	talk_server(&t);
	talk_method(&t, 1, 60, 50, ARGS("\1\x38\0\1x\1k"));
	talk_content(&t, 1, ARGS("b"), 9);
	talk_method(&t, 1, 60, 11, ARGS(""));
	CHECK(&t, OPENED, "'method':'return'", "'direction':'returned'",
	      "'outcome':'ok' | 'method':'publish' | 'body':'a'", "'outcome':'ok' | 'body':'a'",
	      "'outcome':'error' | 'method':'publish' | 'body':'b'", "'returned':true",
	      "'method':'qos' | 'reply':'basic.qos-ok'");
}

static void consumers(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 60, 20, ARGS("\0\0\1q\0\0\0\0\0\0"));
	talk_server(&t);
	talk_method(&t, 1, 60, 21, ARGS("\1c"));
	talk_deliver(&t, 1, 1, "a");
	talk_deliver(&t, 1, 2, "b");
	talk_deliver(&t, 1, 3, "c");
	talk_deliver(&t, 1, 4, "d");
	talk_deliver(&t, 1, 5, "e");
	talk_client(&t);
	talk_settle(&t, 1, 90, 3, 1);
	talk_settle(&t, 1, 80, 2, 1);
	talk_settle(&t, 1, 120, 4, 2);
	CHECK(&t, OPENED, "'method':'consume' | 'queue':'q','consumer_tag':'c'",
	      "'outcome':'ok' | 'method':'deliver','channel':1,'sender':'server' | 'queue':'q',"
	      "'consumer_tag':'c','delivery_tag':3,'reply':'basic.reject'",
	      "'outcome':'ok','direction':'delivered' | 'queue':'q','consumer_tag':'c',"
	      "'delivery_tag':3,'redelivered':false,'mandatory':null,'settled':'reject',"
	      "'multiple':false,'requeue':true,'returned':null",
	      "'method':'reject','channel':1,'sender':'client' | 'settled':1", "'delivery_tag':1",
	      "'delivery_tag':1 | 'settled':'ack','multiple':true", "'delivery_tag':2",
	      "'settled':'ack' | 'body':'b'", "'method':'ack' | 'settled':2",
	      "'reply':'basic.nack'", "'settled':'nack','multiple':false,'requeue':true",
	      "'method':'nack' | 'settled':1",
	      "'outcome':'unanswered' | 'delivery_tag':5 | not acknowledged",
	      "'outcome':'unanswered' | 'body':'e' | not acknowledged");
}

/* One that doesn't acknowledge, and is cancelled; messages that are asked for. */
static void without_acks(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 60, 20, ARGS("\0\0\1q\1c\2\0\0\0\0"));
	talk_server(&t);
	talk_method(&t, 1, 60, 21, ARGS("\1c"));
	talk_deliver(&t, 1, 1, "a");
	talk_client(&t);
	talk_method(&t, 1, 60, 30, ARGS("\1c\0"));
	talk_method(&t, 1, 60, 70, ARGS("\0\0\1q\0"));
	talk_method(&t, 1, 60, 70, ARGS("\0\0\1q\1"));
	talk_method(&t, 1, 60, 70, ARGS("\0\0\1q\1"));
	talk_server(&t);
	talk_method(&t, 1, 60, 31, ARGS("\1c"));
	talk_method(&t, 1, 60, 71, ARGS("\0\0\0\0\0\0\0\2\0\1x\1k\0\0\0\1"));
	talk_content(&t, 1, ARGS("b"), 9);
	talk_method(&t, 1, 60, 71, ARGS("\0\0\0\0\0\0\0\3\1\1x\1k\0\0\0\0"));
	talk_content(&t, 1, ARGS(""), 9);
	talk_method(&t, 1, 60, 72, ARGS("\0"));
	talk_client(&t);
	talk_settle(&t, 1, 80, 0, 1);
	CHECK(&t, OPENED, "'method':'consume' | 'no_ack':true",
	      "'outcome':'ok' | 'method':'deliver' | 'reply':null | 'note':''",
	      "'outcome':'ok','direction':'delivered' | 'queue':'q' | 'settled':null | 'note':''",
	      "'method':'cancel' | 'consumer_tag':'c'",
	      "'outcome':'ok' | 'method':'get','channel':1,'sender':'client','exchange':'x',"
	      "'routing_key':'k','queue':'q','consumer_tag':null,'delivery_tag':2,"
	      "'reply':'basic.get-ok' | 'properties':{},'body':'b','body_bytes':1,'settled':null,"
	      "'messages':1",
	      "'method':'get' | 'delivery_tag':3 | 'body':'','body_bytes':0",
	      "'outcome':'ok','direction':'got' | 'delivery_tag':3,'redelivered':true | "
	      "'settled':null | 'frames':0",
	      "'outcome':'ok' | 'method':'get' | 'reply':'basic.get-empty' | 'body':null",
	      "'outcome':'ok','direction':'got' | 'queue':'q' | 'delivery_tag':2 | "
	      "'settled':'ack','multiple':true",
	      "'method':'ack' | 'delivery_tag':0 | 'settled':1");
}

static void transactions(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 90, 10, ARGS(""));
	talk_publish(&t, 1, "a");
	talk_publish(&t, 1, "b");
	talk_method(&t, 1, 90, 20, ARGS(""));
	talk_server(&t);
	talk_method(&t, 1, 90, 11, ARGS(""));
	talk_method(&t, 1, 90, 21, ARGS(""));
	talk_client(&t);
	talk_publish(&t, 1, "c");
	talk_method(&t, 1, 90, 30, ARGS(""));
	talk_server(&t);
	talk_method(&t, 1, 90, 31, ARGS(""));
	talk_client(&t);
	talk_publish(&t, 1, "d");
	CHECK(&t, OPENED, "'class':'tx','method':'select'",
	      "'outcome':'ok' | 'method':'publish' | 'delivery_tag':null,'reply':'tx.commit-ok' | "
	      "'body':'a'",
	      "'settled':'commit' | 'body':'a'", "'body':'b'", "'settled':'commit' | 'body':'b'",
	      "'class':'tx','method':'commit' | 'reply':'tx.commit-ok' | 'settled':2",
	      "'reply':'tx.rollback-ok' | 'body':'c'", "'settled':'rollback' | 'body':'c'",
	      "'method':'rollback' | 'settled':1",
	      "'outcome':'unanswered' | 'body':'d' | neither committed",
	      "'outcome':'unanswered' | 'body':'d'");
}

/* Bodies of two channels, frame by frame in turn. */
static void bodies_over_frames(void **state)
{
	struct talk t = {0};

	(void)state;
	talk_client(&t);
	talk_method(&t, 1, 20, 10, ARGS("\0"));
	talk_method(&t, 2, 20, 10, ARGS("\0"));
	talk_method(&t, 1, 60, 40, ARGS("\0\0\0\1k\0"));
	talk_method(&t, 2, 60, 40, ARGS("\0\0\0\1k\0"));
	talk_header(&t, 2, 6);
	talk_header(&t, 1, 4);
	talk_frame(&t, 3, 1, ARGS("ab"));
	talk_frame(&t, 3, 2, ARGS("uvw"));
	talk_frame(&t, 8, 0, ARGS(""));
	talk_frame(&t, 3, 2, ARGS(""));
	talk_frame(&t, 3, 2, ARGS("xyz"));
	talk_frame(&t, 3, 1, ARGS("cd"));
	CHECK(&t, "'method':'heartbeat'",
	      "'method':'publish','channel':2 | 'exchange':'','routing_key':'k' | "
	      "'body':'uvwxyz','body_bytes':6 | 'req_bytes':70",
	      "'direction':'published','channel':2 | 'body':'uvwxyz','body_bytes':6,'frames':3",
	      "'channel':1 | 'body':'abcd','body_bytes':4", "'channel':1 | 'frames':2",
	      "'outcome':'unanswered' | 'method':'open','channel':1",
	      "'outcome':'unanswered' | 'method':'open','channel':2");
}

/* A content header of class basic with a property content-encoding alone, and its body. */
static void talk_encoded(struct talk *t, const char *encoding, struct span body)
{
	struct buffer header = {0};

	buffer_append(&header, "\0\x3c\0\0\0\0\0\0\0\0\0", 11);
	buffer_append_char(&header, (char)body.len);
	buffer_append(&header, "\x40\0", 2);
	buffer_append_char(&header, (char)strlen(encoding));
	buffer_append_text(&header, encoding);
	talk_method(t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_frame(t, 2, 1, buffer_span(&header));
	talk_frame(t, 3, 1, body);
	buffer_free(&header);
}

/* Bodies are shown without the coding that their properties name; charsets are none. */
static void encoded_bodies(void **state)
{
	static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9W(\xcf/"
				   "\xcaI\x01\0\x85\x11J\x0d\x0b\0\0";
	struct talk t = {0};

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_encoded(&t, "gzip", span_of(gzip, sizeof(gzip)));
	talk_encoded(&t, "gzip:UTF-8", span_of(gzip, sizeof(gzip)));
	talk_encoded(&t, "utf-8", span_text("plain"));
	talk_encoded(&t, "gzip", span_text("plain"));
	talk_encoded(&t, "gzip", span_of(gzip, 20));
	CHECK(&t, OPENED, "'method':'publish' | 'body':'hello world','body_bytes':31",
	      "'content_encoding':'gzip' | 'body':'hello world','body_bytes':31",
	      "'body':'hello world'", "'content_encoding':'gzip:UTF-8' | 'body':'hello world'",
	      "'body':'plain'", "'content_encoding':'utf-8' | 'body':'plain'",
	      "'body':'plain' | encoded as announced", "'body':'plain' | encoded as announced",
	      "the encoded body is damaged or ends early",
	      "the encoded body is damaged or ends early");
}

/* What a table has is not as it should be, whether anybody asks for it or not. */
static void damaged_tables(void **state)
{
	const struct wanted none[] = {{&amqp_table, 0}, {NULL, 0}};
	const char *const records[] = {
		OPENED, "'method':'declare' | 'note':'its fields are not as they should be'",
		"'method':'publish' | 'note':'its properties are not as they should be'", NULL};
	struct talk t = {0};
	struct feed feed;

	(void)state;
	talk_open(&t, 1);
	talk_client(&t);
	talk_method(&t, 1, 50, 10, ARGS("\0\0\1q\x10\0\0\0\3\1kQ"));
	talk_method(&t, 1, 60, 40, ARGS("\0\0\1x\1k\0"));
	talk_frame(&t, 2, 1, ARGS("\0\x3c\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\0\3\1kQ"));
	feed = talk_feed(&t);
	feed.wanted = none;
	http_expect(&feed, records);
	feed_check(&feed, NULL);
	talk_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login),
		cmocka_unit_test(refused_version),
		cmocka_unit_test(calls),
		cmocka_unit_test(closed),
		cmocka_unit_test(confirms),
		cmocka_unit_test(returned),
		cmocka_unit_test(not_returned),
		cmocka_unit_test(consumers),
		cmocka_unit_test(without_acks),
		cmocka_unit_test(transactions),
		cmocka_unit_test(bodies_over_frames),
		cmocka_unit_test(encoded_bodies),
		cmocka_unit_test(damaged_tables),
	};

	return cmocka_run_group_tests_name("amqp exchanges", tests, NULL, NULL);
}
