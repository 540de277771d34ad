/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "record/tls_layout.h"
#include "record/tls_tie.h"
#include "record/tls_wire.h"

#define EVENTS_MAX  128
#define PAYLOAD_MAX 65536

#define SECONDS (10 * INT64_C(1000000000))

/* What came out, with a copy of its payload. */
struct bench {
	struct tls_ties *ties;
	struct event events[EVENTS_MAX];
	char payloads[EVENTS_MAX][64];
	size_t count;
	uint32_t users[8];
	size_t user_count;
	bool tied[4][2]; /* by connection and direction */
	int64_t now;
};

static void take(void *context, const struct event *event)
{
	struct bench *b = context;
	struct event *to = &b->events[b->count];

	assert_true(b->count < EVENTS_MAX);
	*to = *event;
	if (event->type == EVENT_DATA) {
		size_t len = event->data.payload.len < 64 ? event->data.payload.len : 64;

		if (len)
			memcpy(b->payloads[b->count], event->data.payload.data, len);
		to->data.payload.data = b->payloads[b->count];
	}
	b->count++;
}

static void uses(void *context, uint32_t pid, int64_t ts)
{
	struct bench *b = context;

	(void)ts;
	b->users[b->user_count++ % 8] = pid;
}

static void tied(void *context, uint64_t conn, enum direction direction, bool yes)
{
	struct bench *b = context;

	assert_true(conn < 4);
	b->tied[conn][direction] = yes;
}

static struct bench *bench_new(const struct tls_tie_options *with)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct tls_tie_options options = *with;

	assert_non_null(b);
	options.context = b;
	options.emit = take;
	options.uses = uses;
	options.tied = tied;
	b->ties = tls_tie_new(&options);
	assert_non_null(b->ties);
	b->now = 1000;
	return b;
}

static void bench_free(struct bench *b)
{
	tls_tie_free(b->ties);
	free(b);
}

/* The only event of TYPE among those since FROM; NULL: there is none, or more than one. */
static const struct event *only(const struct bench *b, size_t from, enum event_type type)
{
	const struct event *found = NULL;

	for (size_t i = from; i < b->count; i++) {
		if (b->events[i].type != type)
			continue;
		if (found)
			return NULL;
		found = &b->events[i];
	}
	return found;
}

/* A ClientHello whose random is made of SEED. */
static size_t hello(char out[64], uint8_t seed)
{
	const char head[11] = {22, 3, 1, 0, 59, 1, 0, 0, 55, 3, 3};

	memset(out, 0, 64);
	memcpy(out, head, sizeof(head));
	memset(out + 11, seed, 32);
	return 64;
}

/* As wire(), of LEN bytes of which only CAPTURED were copied. */
static void wire_part(struct bench *b, uint64_t conn, uint32_t pid, enum direction direction,
		      uint64_t offset, const char *bytes, size_t captured, size_t len)
{
	struct event event = {
		.type = EVENT_DATA,
		.ts = b->now++,
		.data = {.conn = conn,
			 .offset = offset,
			 .len = len,
			 .payload = span_of(bytes, captured),
			 .pid = pid,
			 .tid = pid,
			 .fd = 5,
			 .direction = direction,
			 .cut = captured < len ? CUT_TLS_WIRE : CUT_NONE},
	};

	tls_tie_event(b->ties, &event);
}

static void wire(struct bench *b, uint64_t conn, uint32_t pid, enum direction direction,
		 uint64_t offset, const char *bytes, size_t len)
{
	wire_part(b, conn, pid, direction, offset, bytes, len, len);
}

/* A record of application data with a body of LEN bytes; returns its size on the wire. */
static size_t record(struct bench *b, uint64_t conn, uint32_t pid, enum direction direction,
		     uint64_t offset, size_t len)
{
	static char bytes[PAYLOAD_MAX];
	const char head[5] = {23, 3, 3, (char)(len >> 8), (char)len};

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, head, sizeof(head));
	wire(b, conn, pid, direction, offset, bytes, len + 5);
	return len + 5;
}

static void plain(struct bench *b, uint64_t session, uint32_t pid, enum direction direction,
		  uint64_t offset, size_t len)
{
	static char bytes[PAYLOAD_MAX];
	struct event event = {
		.type = EVENT_DATA,
		.ts = b->now++,
		.data = {.conn = session,
			 .offset = offset,
			 .len = len,
			 .payload = span_of(bytes, len),
			 .pid = pid,
			 .tid = pid,
			 .fd = -1,
			 .call = CALL_SSL_WRITE,
			 .direction = direction,
			 .layer = LAYER_TLS},
	};

	memset(bytes, 'p', sizeof(bytes));
	tls_tie_event(b->ties, &event);
}

static struct tls_sight sight_of(struct bench *b, uint64_t session, uint32_t pid, uint64_t object,
				 uint64_t conn, uint8_t seed)
{
	struct tls_sight sight = {
		.ts = b->now++,
		.session = session,
		.object = object,
		.conn = conn,
		.pid = pid,
		.tid = pid,
		.library = 1,
	};

	memset(sight.random, seed, sizeof(sight.random));
	return sight;
}

static void sight(struct bench *b, uint64_t session, uint32_t pid, uint64_t object, uint64_t conn,
		  uint8_t seed)
{
	const struct tls_sight s = sight_of(b, session, pid, object, conn, seed);

	tls_tie_sight(b->ties, &s);
}

static void close_conn(struct bench *b, uint64_t conn)
{
	const struct event event = {.type = EVENT_CLOSE, .ts = b->now++, .close = {.conn = conn}};

	tls_tie_event(b->ties, &event);
}

static const struct tls_tie_options all_wire = {0};

static void the_random_ties_both_ends_of_one_host(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 7);
	size_t from;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	/* The server reads five bytes, and then the rest. */
	wire(b, 2, 200, DIRECTION_RECEIVED, 0, bytes, 5);
	wire(b, 2, 200, DIRECTION_RECEIVED, 5, bytes + 5, len - 5);
	assert_int_equal(b->user_count, 2);
	from = b->count;
	sight(b, 50, 200, 0x1000, 0, 7);
	sight(b, 51, 100, 0x1000, 0, 7);
	assert_int_equal(b->count, from + 2);
	assert_int_equal(b->events[from].tls.conn, 2);
	assert_int_equal(b->events[from].tls.tie, TLS_TIE_RANDOM);
	assert_int_equal(b->events[from + 1].tls.conn, 1);
	plain(b, 50, 200, DIRECTION_SENT, 0, 10);
	assert_int_equal(b->events[b->count - 1].data.conn, 2);
	assert_int_equal(b->events[b->count - 1].data.layer, LAYER_TLS);
	bench_free(b);
}

static void both_ends_in_one_process_are_told_apart(void **state)
{
	struct bench *b = bench_new(&all_wire);
	struct tls_sight client;
	char bytes[64];
	size_t len = hello(bytes, 7);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	wire(b, 2, 100, DIRECTION_RECEIVED, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 2, 7);
	assert_int_equal(b->events[b->count - 1].tls.conn, 2);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_RANDOM);
	/* Or by which end the object is. */
	client = sight_of(b, 52, 100, 0x3000, 0, 7);
	client.client = true;
	tls_tie_sight(b->ties, &client);
	assert_int_equal(b->events[b->count - 1].tls.conn, 1);
	/* Without either it is nobody's, when nothing else has told in some seconds. */
	sight(b, 51, 100, 0x2000, 0, 7);
	tls_tie_turn(b->ties, b->now + SECONDS);
	assert_int_equal(b->events[b->count - 1].tls.conn, 51);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_NONE);
	assert_int_equal(b->events[b->count - 2].type, EVENT_CONN);
	bench_free(b);
}

static void a_hello_may_come_after_other_bytes_of_the_connection(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 9);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, "\0\0\0\x08\x04\xd2\x16\x2f", 8);
	wire(b, 1, 100, DIRECTION_RECEIVED, 0, "S", 1);
	wire(b, 1, 100, DIRECTION_SENT, 8, bytes, len);
	sight(b, 50, 100, 0x1000, 0, 9);
	assert_int_equal(b->events[b->count - 1].tls.conn, 1);
	bench_free(b);
}

static void the_socket_of_the_calls_ties_where_no_random_is_known(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 9);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 0);
	assert_int_equal(b->events[b->count - 1].tls.conn, 1);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_CALL);
	/* Of a connection whose hello nobody saw, too. */
	sight(b, 51, 100, 0x2000, 33, 4);
	assert_int_equal(b->events[b->count - 1].tls.conn, 33);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_CALL);
	bench_free(b);
}

/* What its calls move stands behind what they did at the socket, as with any that use it. */
static void the_descriptor_that_an_object_uses_ties_as_its_calls_do(void **state)
{
	struct bench *b = bench_new(&all_wire);
	struct tls_sight s = sight_of(b, 50, 100, 0x1000, 33, 4);
	uint64_t at;

	(void)state;
	s.named = s.own = true;
	tls_tie_sight(b->ties, &s);
	assert_int_equal(b->events[b->count - 1].tls.conn, 33);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_FD);
	at = record(b, 33, 100, DIRECTION_SENT, 0, 100 + 17);
	plain(b, 50, 100, DIRECTION_SENT, 0, 100);
	at += record(b, 33, 100, DIRECTION_SENT, at, 30 + 17); /* of a call that no hook saw */
	record(b, 33, 100, DIRECTION_SENT, at, 8 + 17);
	plain(b, 50, 100, DIRECTION_SENT, 100, 8);
	assert_non_null(only(b, 0, EVENT_LOSS));
	assert_int_equal(only(b, 0, EVENT_LOSS)->loss.position, 100);
	assert_int_equal(only(b, 0, EVENT_LOSS)->loss.bytes, 30);
	bench_free(b);
}

static void tls_inside_of_tls_is_not_glued_to_the_socket(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 9);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 9);
	sight(b, 51, 100, 0x2000, 1, 77);
	assert_int_equal(b->events[b->count - 1].tls.conn, 51);
	assert_int_equal(b->events[b->count - 1].tls.tie, TLS_TIE_NONE);
	assert_int_equal(tls_tie_totals(b->ties)->untied, 1);
	bench_free(b);
}

static void an_object_that_is_used_again_is_another_connections(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 1);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 1);
	plain(b, 50, 100, DIRECTION_SENT, 0, 10);
	len = hello(bytes, 2);
	wire(b, 2, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 51, 100, 0x1000, 2, 2);
	plain(b, 51, 100, DIRECTION_SENT, 0, 10);
	assert_int_equal(b->events[b->count - 1].data.conn, 2);
	assert_int_equal(b->events[b->count - 1].data.offset, 0);
	bench_free(b);
}

static void positions_go_on_when_the_handshake_is_repeated(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 1);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 1);
	plain(b, 50, 100, DIRECTION_SENT, 0, 10);
	sight(b, 51, 100, 0x1000, 1, 2);
	plain(b, 51, 100, DIRECTION_SENT, 0, 10);
	assert_int_equal(b->events[b->count - 1].data.conn, 1);
	assert_int_equal(b->events[b->count - 1].data.offset, 10);
	bench_free(b);
}

static void what_the_pool_had_no_room_for_is_lost_at_its_place(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 1);
	const struct event *loss;
	size_t from;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 1);
	plain(b, 50, 100, DIRECTION_SENT, 0, 10);
	from = b->count;
	plain(b, 50, 100, DIRECTION_SENT, 40, 5);
	loss = only(b, from, EVENT_LOSS);
	assert_non_null(loss);
	assert_int_equal(loss->loss.cause, LOSS_RING_FULL);
	assert_int_equal(loss->loss.layer, LAYER_TLS);
	assert_int_equal(loss->loss.position, 10);
	assert_int_equal(loss->loss.bytes, 30);
	assert_int_equal(b->events[b->count - 1].data.offset, 40);
	bench_free(b);
}

/* Sends LEN bytes through the library, whose record goes over the wire before its call returns. */
static uint64_t send_seen(struct bench *b, uint64_t wire_at, uint64_t plain_at, size_t len)
{
	wire_at += record(b, 1, 100, DIRECTION_SENT, wire_at, len + 17);
	plain(b, 50, 100, DIRECTION_SENT, plain_at, len);
	return wire_at;
}

static void bodies_are_left_out_where_their_plaintext_is_recorded(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	char bytes[256];
	size_t len = hello(bytes, 1);
	size_t from;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	record(b, 1, 100, DIRECTION_SENT, 64, 20); /* part of the handshake, as far as is known */
	assert_int_equal(b->events[b->count - 1].data.payload.len, 25);
	sight(b, 50, 100, 0x1000, 1, 1);
	/* Two records in one call, the second in two pieces; an alert behind them. */
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "\x17\x03\x03\0\x14", 5);
	memcpy(bytes + 25, "\x17\x03\x03\0\x28", 5);
	from = b->count;
	wire(b, 1, 100, DIRECTION_SENT, 89, bytes, 40);
	memcpy(bytes + 30, "\x15\x03\x03\0\x02", 5);
	wire(b, 1, 100, DIRECTION_SENT, 129, bytes, 37);
	assert_int_equal(b->count, from + 4);
	assert_int_equal(b->events[from].data.offset, 89);
	assert_int_equal(b->events[from].data.len, 25);
	assert_int_equal(b->events[from].data.payload.len, 5);
	assert_int_equal(b->events[from].data.cut, CUT_TLS_WIRE);
	assert_int_equal(b->events[from + 1].data.offset, 114);
	assert_int_equal(b->events[from + 1].data.len, 15);
	assert_int_equal(b->events[from + 1].data.payload.len, 5);
	assert_int_equal(b->events[from + 2].data.offset, 129);
	assert_int_equal(b->events[from + 2].data.len, 30);
	assert_int_equal(b->events[from + 2].data.payload.len, 0);
	assert_int_equal(b->events[from + 3].data.offset, 159);
	assert_int_equal(b->events[from + 3].data.len, 7);
	assert_int_equal(b->events[from + 3].data.payload.len, 7);
	assert_int_equal(b->events[from + 3].data.cut, CUT_NONE);
	assert_memory_equal(b->payloads[from + 3], "\x15\x03\x03", 3);
	bench_free(b);
}

/* The programs leave out what is told to be tied: what comes out is the same. */
static void bodies_may_have_been_left_out_before(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	const struct event *last;
	char bytes[256];
	uint64_t at = hello(bytes, 1);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	assert_false(b->tied[1][DIRECTION_SENT] || b->tied[1][DIRECTION_RECEIVED]);
	at += record(b, 1, 100, DIRECTION_SENT, at, 69); /* Finished */
	sight(b, 50, 100, 0x1000, 1, 1);
	assert_true(b->tied[1][DIRECTION_SENT] && b->tied[1][DIRECTION_RECEIVED]);
	at = send_seen(b, at, 0, 100);
	/* A whole record; one whose header was copied alone, and whose body comes in two parts. */
	wire_part(b, 1, 100, DIRECTION_SENT, at, "\x17\x03\x03\0\x43", 5, 72);
	plain(b, 50, 100, DIRECTION_SENT, 100, 50);
	wire_part(b, 1, 100, DIRECTION_SENT, at + 72, "\x17\x03\x03\0\x4d", 5, 5);
	wire_part(b, 1, 100, DIRECTION_SENT, at + 77, NULL, 0, 70);
	wire_part(b, 1, 100, DIRECTION_SENT, at + 147, NULL, 0, 7);
	last = &b->events[b->count - 1];
	assert_int_equal(last->data.offset, at + 147);
	assert_int_equal(last->data.len, 7);
	assert_int_equal(last->data.payload.len, 0);
	assert_int_equal(last->data.cut, CUT_TLS_WIRE);
	plain(b, 50, 100, DIRECTION_SENT, 150, 60);
	assert_null(only(b, 0, EVENT_LOSS));
	/* And what no hook saw is missed as before. */
	wire_part(b, 1, 100, DIRECTION_SENT, at + 154, "\x17\x03\x03\0\x2f", 5, 52);
	close_conn(b, 1);
	assert_int_equal(tls_tie_totals(b->ties)->missed_bytes, 30);
	assert_false(b->tied[1][DIRECTION_SENT] || b->tied[1][DIRECTION_RECEIVED]);
	bench_free(b);
}

/* Who wants all of the wire gets it. */
static void nothing_is_told_to_be_left_out_of_all(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t len = hello(bytes, 1);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	sight(b, 50, 100, 0x1000, 1, 1);
	assert_false(b->tied[1][DIRECTION_SENT] || b->tied[1][DIRECTION_RECEIVED]);
	bench_free(b);
}

static void nothing_is_left_out_of_what_nobody_reads(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	char bytes[64];
	size_t len = hello(bytes, 1);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	for (uint64_t i = 0; i < 3; i++) {
		record(b, 1, 100, DIRECTION_SENT, 64 + i * 105, 100);
		assert_int_equal(b->events[b->count - 1].data.payload.len, 105);
		assert_int_equal(b->events[b->count - 1].data.len, 105);
	}
	bench_free(b);
}

static void what_was_sent_and_not_read_is_a_loss_at_its_place(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	uint64_t at = hello(bytes, 1);
	const struct event *loss;
	size_t from;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	at += record(b, 1, 100, DIRECTION_SENT, at, 69); /* Finished */
	sight(b, 50, 100, 0x1000, 1, 1);
	at = send_seen(b, at, 0, 100);
	at = send_seen(b, at, 100, 50);
	assert_null(only(b, 0, EVENT_LOSS));
	at += record(b, 1, 100, DIRECTION_SENT, at, 30 + 17); /* of a call that no hook saw */
	from = b->count;
	at = send_seen(b, at, 150, 8);
	loss = only(b, from, EVENT_LOSS);
	assert_non_null(loss);
	assert_int_equal(loss->loss.cause, LOSS_PLAINTEXT);
	assert_int_equal(loss->loss.position, 150);
	assert_int_equal(loss->loss.bytes, 30);
	assert_int_equal(b->events[b->count - 1].data.offset, 180);
	/* And at the end, what nothing came after; the alert that ends a connection is none. */
	at += record(b, 1, 100, DIRECTION_SENT, at, 12 + 17);
	at += record(b, 1, 100, DIRECTION_SENT, at, 2 + 17);
	from = b->count;
	close_conn(b, 1);
	loss = only(b, from, EVENT_LOSS);
	assert_non_null(loss);
	assert_int_equal(loss->loss.position, 188);
	assert_int_equal(loss->loss.bytes, 12);
	assert_int_equal(tls_tie_totals(b->ties)->missed_bytes, 42);
	bench_free(b);
}

/* Sends LEN bytes through the library, whose record the application writes after the call. */
static uint64_t send_later(struct bench *b, uint64_t wire_at, uint64_t plain_at, size_t len)
{
	plain(b, 50, 100, DIRECTION_SENT, plain_at, len);
	return wire_at + record(b, 1, 100, DIRECTION_SENT, wire_at, len + 17);
}

static void records_may_be_written_after_the_call(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	uint64_t at = hello(bytes, 1);
	const struct event *loss;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	wire(b, 1, 100, DIRECTION_RECEIVED, 0, "\x16\x03\x03\0\x04hey!", 9);
	sight(b, 50, 100, 0x1000, 0, 1);
	record(b, 1, 100, DIRECTION_RECEIVED, 9, 100 + 17);
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 100);
	for (uint64_t i = 0; i < 4; i++)
		at = send_later(b, at, i * 6, 6);
	assert_null(only(b, 0, EVENT_LOSS));
	at += record(b, 1, 100, DIRECTION_SENT, at, 33 + 17);
	send_later(b, at, 24, 6);
	close_conn(b, 1);
	loss = only(b, 0, EVENT_LOSS);
	assert_non_null(loss);
	assert_int_equal(loss->loss.position, 24);
	assert_int_equal(loss->loss.bytes, 33);
	bench_free(b);
}

static void what_came_before_the_hooks_is_a_loss(void **state)
{
	struct bench *b = bench_new(&all_wire);
	struct tls_sight late;
	char bytes[64];
	uint64_t at = hello(bytes, 1);
	const struct event *loss;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	at += record(b, 1, 100, DIRECTION_SENT, at, 200 + 17);
	late = sight_of(b, 50, 100, 0x1000, 1, 1);
	late.hooked = late.ts;
	tls_tie_sight(b->ties, &late);
	send_seen(b, at, 0, 100);
	loss = only(b, 0, EVENT_LOSS);
	assert_non_null(loss);
	assert_int_equal(loss->loss.position, 0);
	assert_int_equal(loss->loss.bytes, 200);
	assert_int_equal(b->events[b->count - 1].data.offset, 200);
	bench_free(b);
}

static void what_was_received_may_be_read_in_parts(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	uint64_t at = 0;

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, hello(bytes, 1));
	wire(b, 1, 100, DIRECTION_RECEIVED, 0, "\x16\x03\x03\0\x04hey!", 9);
	tls_tie_event(b->ties, &(struct event){.type = EVENT_CLOCK});
	sight(b, 50, 100, 0x1000, 1, 1);
	at = 9;
	/* Its stream is followed from the first header that makes sense. */
	at += record(b, 1, 100, DIRECTION_RECEIVED, at, 100 + 24);
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 100);
	at += record(b, 1, 100, DIRECTION_RECEIVED, at, 100 + 24);
	plain(b, 50, 100, DIRECTION_RECEIVED, 100, 30);
	plain(b, 50, 100, DIRECTION_RECEIVED, 130, 70);
	close_conn(b, 1);
	assert_null(only(b, 0, EVENT_LOSS));
	bench_free(b);
}

/* ---- connections that are older than the recording ---- */

static const struct event *last_tie(const struct bench *b)
{
	for (size_t i = b->count; i-- > 0;)
		if (b->events[i].type == EVENT_TLS)
			return &b->events[i];
	return NULL;
}

static size_t plain_count(const struct bench *b, uint64_t conn)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += b->events[i].type == EVENT_DATA && b->events[i].data.layer == LAYER_TLS &&
			 b->events[i].data.conn == conn;
	return count;
}

static void the_order_of_calls_ties_what_is_older(void **state)
{
	struct bench *b = bench_new(&all_wire);
	size_t at = 1000;

	(void)state;
	record(b, 1, 100, DIRECTION_RECEIVED, 500, 40 + 17);
	sight(b, 50, 100, 0x1000, 0, 9);
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 40);
	/* One call alone tells nothing. */
	assert_null(last_tie(b));
	plain(b, 50, 100, DIRECTION_SENT, 0, 100);
	assert_int_equal(plain_count(b, 1), 0);
	at += record(b, 1, 100, DIRECTION_SENT, at, 100 + 17);
	/* Its process is known to use TLS, though no ClientHello was seen. */
	assert_int_equal(b->user_count, 1);
	assert_int_equal(b->users[0], 100);
	assert_non_null(last_tie(b));
	assert_int_equal(last_tie(b)->tls.tie, TLS_TIE_THREAD);
	assert_int_equal(last_tie(b)->tls.conn, 1);
	/* What waited comes with it, and what follows at once. */
	assert_int_equal(plain_count(b, 1), 2);
	plain(b, 50, 100, DIRECTION_SENT, 100, 30);
	assert_int_equal(plain_count(b, 1), 3);
	assert_int_equal(b->events[b->count - 1].data.offset, 100);
	record(b, 1, 100, DIRECTION_SENT, at, 30 + 17);
	assert_int_equal(tls_tie_totals(b->ties)->inferred, 1);
	close_conn(b, 1);
	assert_null(only(b, 0, EVENT_LOSS));
	bench_free(b);
}

/* The call that the recorder found under way is missed. */
static void what_an_older_connection_received_before_is_a_loss(void **state)
{
	struct bench *b = bench_new(&all_wire);
	size_t at = 700;

	(void)state;
	at += record(b, 1, 100, DIRECTION_RECEIVED, at, 40 + 17);
	at += record(b, 1, 100, DIRECTION_RECEIVED, at, 60 + 17);
	sight(b, 50, 100, 0x1000, 1, 9);
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 60);
	assert_non_null(only(b, 0, EVENT_LOSS));
	assert_int_equal(only(b, 0, EVENT_LOSS)->loss.bytes, 40);
	assert_int_equal(only(b, 0, EVENT_LOSS)->loss.position, 0);
	assert_int_equal(b->events[b->count - 1].data.offset, 40);
	bench_free(b);
}

/* An application holds back what it has for one connection, and writes to another. */
static void the_order_of_calls_never_ties_what_does_not_fit(void **state)
{
	struct bench *b = bench_new(&all_wire);
	size_t at = 0;

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	for (int i = 0; i < 5; i++) {
		plain(b, 50, 100, DIRECTION_SENT, (uint64_t)i * 100, 100);
		at += record(b, 1, 100, DIRECTION_SENT, at, 333);
	}
	assert_null(last_tie(b));
	tls_tie_turn(b->ties, b->now + SECONDS);
	assert_int_equal(last_tie(b)->tls.tie, TLS_TIE_NONE);
	assert_int_equal(plain_count(b, 50), 5);
	bench_free(b);
}

/* Two objects say that they are the same connection's: neither is believed. */
static void two_that_claim_a_connection_get_none(void **state)
{
	struct bench *b = bench_new(&all_wire);
	size_t at = 0;

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	sight(b, 51, 100, 0x2000, 0, 8);
	for (int i = 0; i < 3; i++) {
		plain(b, 50, 100, DIRECTION_SENT, (uint64_t)i * 10, 10);
		at += record(b, 1, 100, DIRECTION_SENT, at, 27);
		plain(b, 51, 100, DIRECTION_SENT, (uint64_t)i * 10, 10);
		at += record(b, 1, 100, DIRECTION_SENT, at, 27);
	}
	assert_null(last_tie(b));
	tls_tie_end(b->ties, b->now);
	assert_int_equal(plain_count(b, 1), 0);
	assert_int_equal(tls_tie_totals(b->ties)->untied, 2);
	bench_free(b);
}

/* A thread has two records to write: which one goes out first isn't told by its order. */
static void two_calls_before_a_write_tell_nothing(void **state)
{
	struct bench *b = bench_new(&all_wire);
	size_t at = 0;

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	sight(b, 51, 100, 0x2000, 0, 8);
	for (int i = 0; i < 3; i++) {
		plain(b, 50, 100, DIRECTION_SENT, (uint64_t)i * 10, 10);
		plain(b, 51, 100, DIRECTION_SENT, (uint64_t)i * 10, 10);
		at += record(b, 1, 100, DIRECTION_SENT, at, 27);
	}
	assert_null(last_tie(b));
	bench_free(b);
}

/* What waits is bounded: a long silence of sockets gives it up. */
static void what_waits_is_bounded(void **state)
{
	struct bench *b = bench_new(&all_wire);

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	for (int i = 0; i < 60; i++)
		plain(b, 50, 100, DIRECTION_RECEIVED, (uint64_t)i * 10, 10);
	assert_int_equal(last_tie(b)->tls.tie, TLS_TIE_NONE);
	assert_int_equal(plain_count(b, 50), 60);
	for (size_t i = 0, next = 0; i < b->count; i++) {
		if (b->events[i].type != EVENT_DATA)
			continue;
		assert_int_equal(b->events[i].data.offset, next);
		next += 10;
	}
	bench_free(b);
}

/* ---- objects that only their records tell of ---- */

static struct tls_sight record_sight(struct bench *b, uint64_t session, uint64_t object,
				     enum direction way, uint8_t tag)
{
	struct tls_sight sight = sight_of(b, session, 100, object, 0, 0);

	sight.one_way = true;
	sight.way = way;
	sight.by_record = true;
	memset(sight.random, tag, TLS_TAG_LEN);
	return sight;
}

/* A record whose body of LEN bytes ends with a tag; in PIECES. */
static size_t tagged(struct bench *b, uint64_t conn, enum direction direction, uint64_t offset,
		     size_t len, uint8_t tag, size_t piece)
{
	char bytes[512] = {23, 3, 3, (char)(len >> 8), (char)len};

	memset(bytes + 5, 'x', len);
	memset(bytes + 5 + len - TLS_TAG_LEN, tag, TLS_TAG_LEN);
	for (size_t at = 0; at < len + 5; at += piece)
		wire(b, conn, 100, direction, offset + at, bytes + at,
		     len + 5 - at < piece ? len + 5 - at : piece);
	return len + 5;
}

static void records_tie_each_direction(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	struct tls_sight s;
	size_t in = 0;
	size_t out = 0;
	char bytes[64];

	(void)state;
	in += hello(bytes, 3);
	wire(b, 1, 100, DIRECTION_RECEIVED, 0, bytes, in);
	in += tagged(b, 1, DIRECTION_RECEIVED, in, 50 + 17, 0xaa, 1000);
	in += tagged(b, 2, DIRECTION_RECEIVED, 0, 50 + 17, 0xab, 1000);
	/* What was received has passed the socket before. */
	s = record_sight(b, 50, 0x1000, DIRECTION_RECEIVED, 0xaa);
	tls_tie_sight(b->ties, &s);
	assert_int_equal(last_tie(b)->tls.conn, 1);
	assert_int_equal(last_tie(b)->tls.tie, TLS_TIE_RECORD);
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 50);
	assert_int_equal(plain_count(b, 1), 1);
	/* What is sent passes it after, in whatever pieces. */
	s = record_sight(b, 51, 0x2000, DIRECTION_SENT, 0xbb);
	tls_tie_sight(b->ties, &s);
	plain(b, 51, 100, DIRECTION_SENT, 0, 30);
	assert_int_equal(plain_count(b, 1), 1);
	out += tagged(b, 1, DIRECTION_SENT, 0, 30 + 17, 0xba, 1000);
	assert_int_equal(plain_count(b, 1), 1);
	out += tagged(b, 1, DIRECTION_SENT, out, 30 + 17, 0xbb, 7);
	assert_int_equal(plain_count(b, 1), 2);
	assert_int_equal(last_tie(b)->tls.conn, 1);
	/* Of both objects: the one is not taken for the other's. */
	plain(b, 50, 100, DIRECTION_RECEIVED, 50, 10);
	plain(b, 51, 100, DIRECTION_SENT, 30, 10);
	assert_int_equal(plain_count(b, 1), 4);
	assert_int_equal(tls_tie_totals(b->ties)->tied, 1);
	bench_free(b);
}

/* ---- TLS in the kernel ---- */

static void by_kernel(struct bench *b, uint64_t conn, enum direction direction, uint64_t offset,
		      const char *bytes)
{
	const struct event event = {
		.type = EVENT_DATA,
		.ts = b->now++,
		.data = {.conn = conn,
			 .offset = offset,
			 .len = strlen(bytes),
			 .payload = span_text(bytes),
			 .pid = 100,
			 .tid = 100,
			 .direction = direction,
			 .layer = LAYER_TLS},
	};

	tls_tie_event(b->ties, &event);
}

/* A library hands over its keys after the handshake: what a call sends is the plaintext then. */
static void what_the_kernel_makes_records_of_is_plaintext(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	const struct event_data *data;
	char bytes[64];
	size_t at = hello(bytes, 3);
	size_t from;

	(void)state;
	wire(b, 1, 100, DIRECTION_RECEIVED, 0, bytes, at);
	sight(b, 50, 100, 0x1000, 1, 3);
	from = b->count;
	by_kernel(b, 1, DIRECTION_SENT, 200, "hello");
	/* On the wire's layer its length, and the bytes where plaintext is. */
	assert_int_equal(b->count, from + 2);
	data = &b->events[from].data;
	assert_int_equal(data->layer, LAYER_WIRE);
	assert_int_equal(data->offset, 200);
	assert_int_equal(data->len, 5);
	assert_int_equal(data->payload.len, 0);
	assert_int_equal(data->cut, CUT_TLS_WIRE);
	data = &b->events[from + 1].data;
	assert_int_equal(data->layer, LAYER_TLS);
	assert_int_equal(data->conn, 1);
	assert_int_equal(data->offset, 0);
	assert_memory_equal(data->payload.data, "hello", 5);
	/* The library's own call has given the same: it is told once. */
	plain(b, 50, 100, DIRECTION_SENT, 0, 5);
	assert_int_equal(b->count, from + 2);
	/* And what only the socket was given, of a file. */
	by_kernel(b, 1, DIRECTION_SENT, 205, "file");
	assert_int_equal(b->events[b->count - 1].data.offset, 5);
	/* What is received comes from the library still. */
	plain(b, 50, 100, DIRECTION_RECEIVED, 0, 7);
	assert_int_equal(b->events[b->count - 1].data.len, 7);
	/* Until the kernel opens records, too. */
	by_kernel(b, 1, DIRECTION_RECEIVED, (uint64_t)at, "answer");
	assert_int_equal(b->events[b->count - 2].data.cut, CUT_TLS_WIRE);
	assert_int_equal(b->events[b->count - 1].data.offset, 7);
	from = b->count;
	plain(b, 50, 100, DIRECTION_RECEIVED, 7, 6);
	assert_int_equal(b->count, from);
	close_conn(b, 1);
	assert_null(only(b, 0, EVENT_LOSS));
	bench_free(b);
}

/* Nobody has hooked the library, or there is none. */
static void the_kernel_alone_tells_plaintext(void **state)
{
	struct bench *b = bench_new(&all_wire);

	(void)state;
	by_kernel(b, 1, DIRECTION_SENT, 900, "one");
	by_kernel(b, 1, DIRECTION_SENT, 903, "two");
	assert_int_equal(plain_count(b, 1), 2);
	assert_int_equal(b->events[b->count - 1].data.offset, 3);
	/* Whose TLS it is can be asked all the same. */
	assert_int_equal(b->user_count, 1);
	assert_int_equal(b->users[0], 100);
	bench_free(b);
}

static uint64_t last_offset(const struct bench *b)
{
	assert_int_equal(b->events[b->count - 1].data.layer, LAYER_TLS);
	return b->events[b->count - 1].data.offset;
}

/* What the pool had no room for is missing in the plaintext, too: nothing is joined over it. */
static void what_is_lost_of_the_kernels_is_a_hole(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t at = hello(bytes, 3);
	char alert[2] = {1, 0};

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	by_kernel(b, 1, DIRECTION_SENT, at, "one");
	assert_int_equal(last_offset(b), 0);
	by_kernel(b, 1, DIRECTION_SENT, at + 13, "two");
	assert_int_equal(last_offset(b), 13);
	/* A record of another type is on the wire alone. */
	wire(b, 1, 100, DIRECTION_SENT, at + 16, alert, sizeof(alert));
	by_kernel(b, 1, DIRECTION_SENT, at + 18, "three");
	assert_int_equal(last_offset(b), 16);
	/* It was no loss, but another thread's, and late. */
	by_kernel(b, 1, DIRECTION_SENT, at + 30, "b");
	assert_int_equal(last_offset(b), 28);
	by_kernel(b, 1, DIRECTION_SENT, at + 23, "a......");
	assert_int_equal(last_offset(b), 21);
	by_kernel(b, 1, DIRECTION_SENT, at + 31, "c");
	assert_int_equal(last_offset(b), 29);
	assert_null(only(b, 0, EVENT_LOSS));
	/* The other direction begins where it was first seen. */
	by_kernel(b, 1, DIRECTION_RECEIVED, 700, "answer");
	assert_int_equal(last_offset(b), 0);
	bench_free(b);
}

/* A call of the library that was lost is none where its socket's tells the same. */
static void a_librarys_call_isnt_missed_where_the_kernel_tells(void **state)
{
	struct bench *b = bench_new(&all_wire);
	char bytes[64];
	size_t at = hello(bytes, 3);

	(void)state;
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, at);
	sight(b, 50, 100, 0x1000, 1, 3);
	by_kernel(b, 1, DIRECTION_SENT, at, "one");
	plain(b, 50, 100, DIRECTION_SENT, 0, 3);
	by_kernel(b, 1, DIRECTION_SENT, at + 3, "two");
	by_kernel(b, 1, DIRECTION_SENT, at + 6, "three");
	plain(b, 50, 100, DIRECTION_SENT, 6, 5);
	assert_null(only(b, 0, EVENT_LOSS));
	assert_int_equal(plain_count(b, 1), 3);
	bench_free(b);
}

static void another_processes_record_ties_nothing(void **state)
{
	struct bench *b = bench_new(&all_wire);
	struct tls_sight s;

	(void)state;
	tagged(b, 1, DIRECTION_RECEIVED, 0, 50 + 17, 0xaa, 1000);
	s = record_sight(b, 50, 0x1000, DIRECTION_RECEIVED, 0xaa);
	s.pid = 200;
	tls_tie_sight(b->ties, &s);
	assert_null(last_tie(b));
	tls_tie_end(b->ties, b->now);
	assert_int_equal(last_tie(b)->tls.tie, TLS_TIE_NONE);
	bench_free(b);
}

static void a_filter_of_ports_leaves_out_what_has_no_port(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.drop_untied = true});

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	plain(b, 50, 100, DIRECTION_SENT, 0, 9);
	tls_tie_turn(b->ties, b->now + SECONDS);
	plain(b, 50, 100, DIRECTION_SENT, 9, 9);
	assert_int_equal(b->count, 0);
	assert_int_equal(tls_tie_totals(b->ties)->dropped, 1);
	bench_free(b);
}

static void what_is_alone_ends_with_its_process(void **state)
{
	struct bench *b = bench_new(&all_wire);
	const struct event gone = {.type = EVENT_PROCESS_EXIT, .process_exit = {.pid = 100}};

	(void)state;
	sight(b, 50, 100, 0x1000, 0, 9);
	sight(b, 51, 101, 0x1000, 0, 9);
	tls_tie_event(b->ties, &gone);
	assert_non_null(only(b, 0, EVENT_CLOSE));
	assert_int_equal(only(b, 0, EVENT_CLOSE)->close.conn, 50);
	bench_free(b);
}

/* Whatever bytes come, in whatever pieces: nothing of them may be lost. */
static void noise_passes_whole(void **state)
{
	struct bench *b = bench_new(&(struct tls_tie_options){.cut_wire = true});
	uint32_t random = 1;
	char bytes[64];

	(void)state;
	hello(bytes, 1);
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, 64);
	sight(b, 50, 100, 0x1000, 1, 1);
	for (uint64_t at = 64, i = 0; i < 20000; i++) {
		uint64_t sum = 0;
		size_t len;

		for (size_t k = 0; k < sizeof(bytes); k++) {
			random = random * 1664525 + 1013904223;
			bytes[k] = (char)(random >> 24);
		}
		len = random >> 16 & 63;
		if (random & 1 && len > 5)
			memcpy(bytes, "\x17\x03\x03\0\x09", 5);
		b->count = 0;
		wire(b, 1, 100, DIRECTION_SENT, at, bytes, len);
		for (size_t k = 0; k < b->count; k++) {
			assert_int_equal(b->events[k].data.offset, at + sum);
			assert_true(b->events[k].data.payload.len <= b->events[k].data.len);
			sum += b->events[k].data.len;
		}
		assert_int_equal(sum, len);
		at += len;
	}
	bench_free(b);
}

/* In a recording of secrets: whose they are, and nothing of the wire is left out. */
static void secrets_are_told_of_their_connection(void **state)
{
	struct bench *b = bench_new(&all_wire);
	struct tls_secret secret = {.ts = 5, .pid = 200, .library = 3};
	const struct event *event;
	char bytes[64];
	size_t len = hello(bytes, 9);

	(void)state;
	memset(secret.random, 9, sizeof(secret.random));
	assert_int_equal(tls_tie_secret(b->ties, &secret), 0);
	wire(b, 1, 100, DIRECTION_SENT, 0, bytes, len);
	/* Another process has it, too: the other end, of which nothing was seen. */
	assert_int_equal(tls_tie_secret(b->ties, &secret), 1);
	assert_null(only(b, 0, EVENT_TLS));
	wire(b, 2, 200, DIRECTION_RECEIVED, 0, bytes, len);
	assert_int_equal(tls_tie_secret(b->ties, &secret), 2);
	assert_int_equal(tls_tie_secret(b->ties, &secret), 2);
	event = only(b, 0, EVENT_TLS);
	assert_non_null(event);
	assert_int_equal(event->tls.conn, 2);
	assert_int_equal(event->tls.library, 3);
	assert_int_equal(event->tls.tie, TLS_TIE_RANDOM);
	memset(secret.random, 8, sizeof(secret.random));
	assert_int_equal(tls_tie_secret(b->ties, &secret), 0);
	bench_free(b);
}

static void layouts_are_known_by_version(void **state)
{
	struct tls_layout layout = {0};

	(void)state;
	assert_true(tls_layout_find(TLS_LIBRARY_OPENSSL, span_text("OpenSSL 3.0.22 25 Aug 2026"), 0,
				    &layout));
	assert_int_equal(layout.random_at, 0x160);
	assert_int_equal(layout.master_in, 0x918);
	assert_int_equal(layout.bio_in, 0x10);
	assert_int_equal(layout.bio_fd, 0x38);
	assert_true(tls_layout_find(TLS_LIBRARY_OPENSSL, span_text("OpenSSL 1.1.1w  11 Sep 2023"),
				    0, &layout));
	assert_int_equal(layout.random_in, 0xa8);
	assert_true(tls_layout_find(TLS_LIBRARY_GNUTLS, span_text("GnuTLS 3.7.9"), 0, &layout));
	assert_true(tls_layout_find(TLS_LIBRARY_GNUTLS, span_text("GnuTLS 3.8.9"), 0, &layout));
	assert_int_equal(layout.random_at, 0x50);
	assert_int_equal(layout.secrets_at, 0x1a54);
	assert_true(tls_layout_find(TLS_LIBRARY_GNUTLS, span_text("GnuTLS 3.8.9"), 1, &layout));
	assert_int_equal(layout.secrets_at, 0x1b5c);
	assert_false(tls_layout_find(TLS_LIBRARY_GNUTLS, span_text("GnuTLS 3.8.9"), 2, &layout));
	assert_true(tls_layout_find(TLS_LIBRARY_GO, span_text("go1.19"), 0, &layout));
	assert_int_equal(layout.go_sent, 0x260);
	assert_int_equal(layout.random_at, 0);
	assert_true(tls_layout_find(TLS_LIBRARY_GO, span_text("go1.26.8 X:nodwarf5"), 0, &layout));
	assert_int_equal(layout.go_version, 0x48);
	assert_int_equal(layout.go_received, 0x1f0);
	assert_false(tls_layout_find(TLS_LIBRARY_GO, span_text("go1.18.10"), 0, &layout));
	assert_false(
		tls_layout_find(TLS_LIBRARY_GO, span_text("devel go1.99-1234abcd"), 0, &layout));
	assert_false(tls_layout_find(TLS_LIBRARY_OPENSSL, span_text("OpenSSL 1.0.2u"), 0, &layout));
	assert_false(tls_layout_find(TLS_LIBRARY_OPENSSL, span_text(""), 0, &layout));
	assert_false(tls_layout_find(TLS_LIBRARY_BORINGSSL, span_text("3.0.1"), 0, &layout));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_random_ties_both_ends_of_one_host),
		cmocka_unit_test(both_ends_in_one_process_are_told_apart),
		cmocka_unit_test(a_hello_may_come_after_other_bytes_of_the_connection),
		cmocka_unit_test(the_socket_of_the_calls_ties_where_no_random_is_known),
		cmocka_unit_test(the_descriptor_that_an_object_uses_ties_as_its_calls_do),
		cmocka_unit_test(tls_inside_of_tls_is_not_glued_to_the_socket),
		cmocka_unit_test(an_object_that_is_used_again_is_another_connections),
		cmocka_unit_test(positions_go_on_when_the_handshake_is_repeated),
		cmocka_unit_test(what_the_pool_had_no_room_for_is_lost_at_its_place),
		cmocka_unit_test(bodies_are_left_out_where_their_plaintext_is_recorded),
		cmocka_unit_test(bodies_may_have_been_left_out_before),
		cmocka_unit_test(nothing_is_told_to_be_left_out_of_all),
		cmocka_unit_test(nothing_is_left_out_of_what_nobody_reads),
		cmocka_unit_test(what_was_sent_and_not_read_is_a_loss_at_its_place),
		cmocka_unit_test(what_came_before_the_hooks_is_a_loss),
		cmocka_unit_test(records_may_be_written_after_the_call),
		cmocka_unit_test(what_was_received_may_be_read_in_parts),
		cmocka_unit_test(the_order_of_calls_ties_what_is_older),
		cmocka_unit_test(what_an_older_connection_received_before_is_a_loss),
		cmocka_unit_test(the_order_of_calls_never_ties_what_does_not_fit),
		cmocka_unit_test(two_that_claim_a_connection_get_none),
		cmocka_unit_test(two_calls_before_a_write_tell_nothing),
		cmocka_unit_test(what_waits_is_bounded),
		cmocka_unit_test(records_tie_each_direction),
		cmocka_unit_test(what_the_kernel_makes_records_of_is_plaintext),
		cmocka_unit_test(the_kernel_alone_tells_plaintext),
		cmocka_unit_test(what_is_lost_of_the_kernels_is_a_hole),
		cmocka_unit_test(a_librarys_call_isnt_missed_where_the_kernel_tells),
		cmocka_unit_test(another_processes_record_ties_nothing),
		cmocka_unit_test(a_filter_of_ports_leaves_out_what_has_no_port),
		cmocka_unit_test(what_is_alone_ends_with_its_process),
		cmocka_unit_test(noise_passes_whole),
		cmocka_unit_test(secrets_are_told_of_their_connection),
		cmocka_unit_test(layouts_are_known_by_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
