/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include "protocols/websocket/websocket.h"
#include "tests/unit/http_case.h"

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_websocket, messages, __VA_ARGS__)

static void messages_of_all_kinds(void **state)
{
	static const struct feed_message messages[] = {
		/* "Hello", masked: RFC 6455, section 5.7 */
		FEED_REQUEST("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
		FEED_RESPONSE("\x82\x03\x00\xff\x01\x89\x02hi"),
		FEED_REQUEST("\x8a\x82\0\0\0\0hi\x88\x85\0\0\0\0\x03\xe8"
			     "bye"),
		FEED_RESPONSE("\x88\x00"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','opcode':'text','sender':'client','length':5 | 'payload':'Hello' | "
	      "'close_code':null | 'fragments':1,'compressed':false",
	      "'opcode':'binary','sender':'server','length':3", "'opcode':'ping' | 'payload':'hi'",
	      "'opcode':'pong','sender':'client' | 'payload':'hi'",
	      "'opcode':'close' | 'payload':null,'close_code':1000,'close_reason':'bye'",
	      "'opcode':'close','sender':'server','length':0 | 'close_code':null");
}

/* Control frames may come between the frames of a message. */
static void fragments(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("\x01\x03one\x89\x01p\x00\x03two\x80\x05three\x81\x01x"),
	};

	(void)state;
	CHECK(messages, "'opcode':'ping'",
	      "'opcode':'text','sender':'server','length':11 | 'payload':'onetwothree' | "
	      "'fragments':3",
	      "'payload':'x' | 'fragments':1");
}

static void broken_rules(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x81\x01"
			     "a"), /* not masked */
		FEED_RESPONSE("\x81\x7e\0\x01"
			      "b"), /* not the shortest length */
		FEED_RESPONSE("\x01\x01"
			      "c\x81\x01"
			      "d"), /* the first never ends */
	};

	(void)state;
	CHECK(messages, "'payload':'a' | a frame of it breaks",
	      "'payload':'b' | a frame of it breaks", "'outcome':'partial' | 'payload':'c'",
	      "'outcome':'ok' | 'payload':'d'");
}

/* A message compressed in the window of those before it (RFC 7692, section 7.2.3). */
static size_t pack(z_stream *z, const char *text, char *to, size_t room)
{
	z->next_in = (Bytef *)text;
	z->avail_in = (uInt)strlen(text);
	z->next_out = (Bytef *)to + 2;
	z->avail_out = (uInt)(room - 2);
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	room -= z->avail_out + 2 + 4; /* without the last four bytes */
	assert_true(room < 126);
	to[0] = (char)0xc1;
	to[1] = (char)room;
	return room + 2;
}

static void compressed(void **state)
{
	static const char *const texts[] = {"the same words, again and again",
					    "the same words, again and again!", "again"};
	struct feed_message messages[3];
	char frames[3][200];
	z_stream z = {0};

	(void)state;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	for (int i = 0; i < 3; i++)
		messages[i] = (struct feed_message){
			DIRECTION_RECEIVED, frames[i],
			pack(&z, texts[i], frames[i], sizeof(frames[i]))};
	deflateEnd(&z);
	CHECK(messages,
	      "'length':31 | 'payload':'the same words, again and again' | 'compressed':true",
	      "'payload':'the same words, again and again!'", "'payload':'again'");
	/* Without the first, the second refers to what is not there. */
	client_check(&protocol_websocket, messages + 1, 2,
		     (const char *const[]){"'opcode':'text' | be decompressed: it goes on",
					   "'opcode':'text'", NULL});
}

/* How long a message is does not depend on how much of it is kept, to the byte. */
static void longer_than_is_kept(void **state)
{
	static const char text[] = "0123456789012345678901234567890123456789";
	static const char *const expected[] = {
		"'length':40 | 'payload':'01234567890123456789' | 'note':'not all of it is kept'",
		"'length':20 | 'payload':'01234567890123456789' | 'note':''"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char frame[200];
		z_stream z = {0};
		struct feed_message message = {DIRECTION_RECEIVED, frame, 0};

		assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
				 Z_OK);
		message.len = pack(&z, text + 20 * i, frame, sizeof(frame));
		deflateEnd(&z);
		http_expect(&(struct feed){.messages = &message,
					   .count = 1,
					   .decode_as = &protocol_websocket,
					   .role = ROLE_CLIENT,
					   .keep = 20},
			    (const char *const[]){expected[i], NULL});
	}
}

static void what_is_lost(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("\x81\x03one"),
		FEED_RESPONSE("\x01\x03two"),
		FEED_RESPONSE("\x80\x05three"),
		FEED_RESPONSE("\x81\x04"
			      "four\x81\x04"
			      "five\x81\x03six"),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(&protocol_websocket, messages, 2, "'outcome':'ok' | 'payload':'one'",
			   "'outcome':'partial' | 'opcode':'unknown'",
			   "'outcome':'ok' | 'payload':'four'", "'payload':'five'",
			   "'payload':'six'");
}

/* Of short frames behind a hole none is missed, though each is less than the longest head. */
static void short_ones_behind_a_hole(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("\x81\x03one"),
		FEED_RESPONSE("\x81\x03two"),
		FEED_RESPONSE("\x81\x03six"),
		FEED_RESPONSE("\x88\x02\x03\xe8"),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(&protocol_websocket, messages, 2, "'outcome':'ok' | 'payload':'one'",
			   "'outcome':'ok' | 'payload':'six'",
			   "'opcode':'close' | 'close_code':1000");
}

/* On one line a text shows its first 80 bytes. */
static void one_line(void **state)
{
	const struct table *table = protocol_websocket.tables[0];
	struct value values[32] = {0};
	char text[100];
	struct buffer out = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < table->column_count; i++) {
		if (strcmp(table->columns[i].name, "sender") == 0)
			values[i] = value_text(span_text("client"));
		else if (strcmp(table->columns[i].name, "opcode") == 0)
			values[i] = value_text(span_text("text"));
		else if (strcmp(table->columns[i].name, "payload") == 0)
			values[i] = value_text(span_of(text, sizeof(text)));
	}
	table->describe(values, &out);
	assert_int_equal(out.len, strlen("-> text ") + 80);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_all_kinds),
		cmocka_unit_test(fragments),
		cmocka_unit_test(broken_rules),
		cmocka_unit_test(compressed),
		cmocka_unit_test(longer_than_is_kept),
		cmocka_unit_test(what_is_lost),
		cmocka_unit_test(short_ones_behind_a_hole),
		cmocka_unit_test(one_line),
	};

	return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
