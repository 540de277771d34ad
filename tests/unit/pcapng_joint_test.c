/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ends of a connection that become one stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analyze/pcapng/joint.h"
#include "analyze/pcapng/queue.h"
#include "tests/unit/tape_build.h"

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED
#define MS	 1000000ll

struct fixture {
	struct joint *joint;
	uint64_t waiting;
	struct buffer bytes[2]; /* by direction; a dot for each that nobody kept */
	struct buffer order;	/* of directions, as they came */
	uint32_t next[2];
};

static void collect(void *context, const struct packet *packet, enum direction direction,
		    int64_t ts, struct span note)
{
	struct fixture *x = context;
	struct buffer *b = &x->bytes[direction];

	(void)ts;
	(void)note;
	if (packet->flags & TCP_SYN)
		x->next[direction] = packet->seq + 1;
	if (!packet->len)
		return;
	for (; x->next[direction] != packet->seq; x->next[direction]++)
		buffer_append_char(b, '.');
	buffer_append_span(b, packet->payload);
	for (size_t i = packet->payload.len; i < packet->len; i++)
		buffer_append_char(b, '.');
	x->next[direction] += (uint32_t)packet->len;
	buffer_append_char(&x->order, direction == SENT ? 's' : 'r');
}

/* The written end saw SENT and RECEIVED bytes, or lacks some of them. */
static void begin(struct fixture *x, uint64_t sent, uint64_t received, bool lacks_sent,
		  bool lacks_received)
{
	*x = (struct fixture){0};
	struct joint_options options = {
		.stream = {.place = {tape_build_address("10.0.0.1:40000"),
				     tape_build_address("10.0.0.2:80"), true},
			   .patient = lacks_sent || lacks_received,
			   .packet = collect,
			   .context = x},
		.high = {sent, received},
		.complete = {!lacks_sent, !lacks_received},
		.waiting = &x->waiting,
	};
	x->joint = joint_new(&options, 0);
	assert_non_null(x->joint);
}

static bool moved(struct fixture *x, bool own, enum direction direction, uint64_t offset,
		  const char *text, uint64_t len, int64_t ts)
{
	struct event_data data = {
		.offset = offset,
		.len = len,
		.payload = span_text(text),
		.direction = direction,
		.cut = strlen(text) < len ? CUT_PRESSURE : CUT_NONE,
	};

	return joint_data(x->joint, own, &data, ts);
}

static void own(struct fixture *x, enum direction direction, uint64_t offset, const char *text,
		int64_t ts)
{
	assert_true(moved(x, true, direction, offset, text, strlen(text), ts));
}

static void other(struct fixture *x, enum direction direction, uint64_t offset, const char *text,
		  int64_t ts)
{
	assert_true(moved(x, false, direction, offset, text, strlen(text), ts));
}

static void end(struct fixture *x, const char *sent, const char *received)
{
	joint_own_end(x->joint);
	joint_finish(x->joint,
		     &(struct stream_end){.final = {strlen(sent), strlen(received)}, .ts = 1});
	assert_true(span_is(buffer_span(&x->bytes[SENT]), sent));
	assert_true(span_is(buffer_span(&x->bytes[RECEIVED]), received));
	assert_int_equal(x->waiting, 0);
	joint_free(x->joint);
	buffer_free(&x->bytes[SENT]);
	buffer_free(&x->bytes[RECEIVED]);
	buffer_free(&x->order);
}

/* The server's last answer is sent long before the client reads the one before, and never read. */
static void test_unread_answer(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, 3, 5, false, false);
	other(&x, RECEIVED, 0, "hello", 1); /* its call returns before the client's does */
	own(&x, SENT, 0, "GET", 2);
	other(&x, SENT, 0, "GET", 3);
	other(&x, RECEIVED, 5, "408", 4 * MS);
	other(&x, RECEIVED, 8, "bye", 5 * MS);
	own(&x, RECEIVED, 0, "hel", 500 * MS);
	assert_int_equal(x.waiting, 6);
	own(&x, RECEIVED, 3, "lo", 900 * MS);
	assert_int_equal(x.waiting, 0);
	/* The order is that of the client: the answer behind the question. */
	assert_true(span_is(buffer_span(&x.order), "srrrr"));
	end(&x, "GET", "hello408bye");
}

/* The client ended without having read what its CLOSE told of. */
static void test_own_end(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, 0, 5, false, false);
	other(&x, RECEIVED, 5, "408", 1);
	end(&x, "", ".....408");
}

/* One call was sent in part before the place where the client stopped reading. */
static void test_part_of_a_call_was_read(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, 0, 4, false, false);
	other(&x, RECEIVED, 0, "abcdefgh", 1);
	own(&x, RECEIVED, 0, "abcd", 2);
	end(&x, "", "abcdefgh");
}

/* What one end's recording lost the other's has, however slowly it reads. */
static void test_lost_at_one_end(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, 9, 6, true, true);
	own(&x, SENT, 0, "abc", 1 * MS);
	own(&x, SENT, 6, "ghi", 2 * MS);
	other(&x, SENT, 0, "abc", 800 * MS);
	other(&x, SENT, 3, "def", 900 * MS);
	other(&x, SENT, 6, "ghi", 1000 * MS);
	assert_true(moved(&x, true, RECEIVED, 0, "12", 6, 1001 * MS)); /* cut by a full ring */
	other(&x, RECEIVED, 0, "123", 1001 * MS);
	other(&x, RECEIVED, 3, "456", 1001 * MS);
	end(&x, "abcdefghi", "123456");
}

/* What both lost is missing. */
static void test_lost_at_both_ends(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, 9, 0, true, false);
	own(&x, SENT, 0, "abc", 1 * MS);
	other(&x, SENT, 0, "ab", 1 * MS);
	own(&x, SENT, 6, "ghi", 2 * MS);
	other(&x, SENT, 8, "i", 5000 * MS);
	end(&x, "abc...ghi", "");
}

/* What the written end has whole, though cut by the snap length, is not waited for. */
static void test_snap_length(void **state)
{
	struct event_data data = {.len = 6, .payload = span_text("ab"), .cut = CUT_SNAPLEN};
	struct fixture x;

	(void)state;
	begin(&x, 7, 0, false, true);
	assert_true(joint_data(x.joint, true, &data, 1));
	own(&x, SENT, 6, "g", 2);
	assert_true(span_is(buffer_span(&x.bytes[SENT]), "ab....g"));
	end(&x, "ab....g", "");
}

/* Memory for what waits is bounded: the limit to the byte, for all joints together. */
static void test_limit(void **state)
{
	char *big = malloc(JOINT_WAITING_MAX);
	struct event_data data = {.offset = 1, .direction = RECEIVED};
	struct fixture x;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', JOINT_WAITING_MAX);
	begin(&x, 0, 1, false, false);
	data.len = JOINT_WAITING_MAX;
	data.payload = span_of(big, JOINT_WAITING_MAX);
	assert_true(joint_data(x.joint, false, &data, 1));
	assert_int_equal(x.waiting, JOINT_WAITING_MAX);
	assert_false(moved(&x, false, RECEIVED, 1 + JOINT_WAITING_MAX, "y", 1, 1));
	own(&x, RECEIVED, 0, "a", 2);
	assert_int_equal(x.waiting, 0);
	assert_int_equal(x.bytes[RECEIVED].len, 1 + JOINT_WAITING_MAX);
	joint_free(x.joint);
	buffer_free(&x.bytes[RECEIVED]);
	buffer_free(&x.order);
	free(big);
}

/* ---- packets in the order of time ---- */

/* The headers of the packets that are given out, one letter each. */
static void take_letter(void *context, const struct queue_item *item)
{
	buffer_append_span(context, item->packet.headers);
}

static void assert_given(const struct buffer *letters, const char *expected)
{
	assert_true(span_is(buffer_span(letters), expected));
}

static void put(struct queue *q, const char *letter, int64_t ts)
{
	const struct queue_item item = {
		.packet = {.ts = ts, .headers = span_of(letter, 1), .original_len = 1}};

	assert_true(queue_put(q, &item));
}

static void test_queue(void **state)
{
	struct buffer letters = {0};
	struct queue *q = queue_new(take_letter, &letters, 0, 0);

	(void)state;
	assert_non_null(q);
	put(q, "c", 3);
	put(q, "a", 1);
	put(q, "d", 3);
	put(q, "b", 2);
	put(q, "e", 3);
	queue_advance(q, 3 + QUEUE_NS);
	assert_given(&letters, "ab");
	put(q, "f", 1); /* too late for its place */
	queue_advance(q, 4 + QUEUE_NS);
	assert_given(&letters, "abfcde");
	put(q, "h", INT64_MAX);
	put(q, "g", INT64_MIN);
	queue_advance(q, INT64_MIN);
	assert_given(&letters, "abfcde");
	queue_flush(q);
	assert_given(&letters, "abfcdegh");
	queue_free(q);
	buffer_free(&letters);
}

static void count_item(void *context, const struct queue_item *item)
{
	size_t *count = context;

	(void)item;
	++*count;
}

/* It waits as long as the recording has late events, but not for ever, nor for any number. */
static void test_queue_limits(void **state)
{
	static const struct {
		int64_t late;
		int64_t waits;
		uint64_t limit;
		uint64_t bytes;
	} cases[] = {
		{5, QUEUE_NS + 5, 0, QUEUE_BYTES},
		{2 * QUEUE_MAX_NS, QUEUE_NS + QUEUE_MAX_NS, 2 * QUEUE_BYTES, QUEUE_BYTES},
		{5, QUEUE_NS + 5, QUEUE_BYTES / 4, QUEUE_BYTES / 4},
	};
	char *big = calloc(1, 1 << 16);

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t waiting = cases[i].bytes >> 16;
		size_t given = 0;
		struct queue *q = queue_new(count_item, &given, cases[i].late, cases[i].limit);
		const struct queue_item item = {.packet = {.ts = 7,
							   .payload = span_of(big, 1 << 16),
							   .original_len = 1 << 16}};

		assert_non_null(q);
		put(q, "a", 0);
		queue_advance(q, cases[i].waits);
		assert_int_equal(given, 0);
		queue_advance(q, cases[i].waits + 1);
		assert_int_equal(given, 1);
		for (size_t n = 0; n < 2 * waiting; n++)
			assert_true(queue_put(q, &item));
		assert_true(given > waiting);
		assert_true(given < waiting + 100);
		queue_free(q);
	}
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread_answer),
		cmocka_unit_test(test_own_end),
		cmocka_unit_test(test_part_of_a_call_was_read),
		cmocka_unit_test(test_lost_at_one_end),
		cmocka_unit_test(test_lost_at_both_ends),
		cmocka_unit_test(test_snap_length),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_queue_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
