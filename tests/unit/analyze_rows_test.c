/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <malloc.h>
#include <cmocka.h>

#include "analyze/replay/order.h"
#include "analyze/replay/rows.h"
#include "tests/unit/tape_build.h"

/* Rows of a recording that is built in memory, one line each. */
struct bench {
	struct rows *rows;
	int64_t ts;
	uint64_t sent[64]; /* by connection, of both directions */
	uint64_t received[64];
	struct buffer lines;
};

static int setup(void **state)
{
	const struct replay_options options = {0};
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->rows = rows_open_fed(&options);
	assert_non_null(b->rows);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	rows_close(b->rows);
	buffer_free(&b->lines);
	free(b);
	return 0;
}

/* Who asks a null for its text gets none, whatever the memory held before. */
static void check_nulls(const struct row *row)
{
	for (size_t i = 0; i < row->table->column_count; i++)
		if (row->values[i].type == VALUE_NULL) {
			assert_null(row->values[i].text.data);
			assert_int_equal(row->values[i].text.len, 0);
		}
}

static void take_rows(struct bench *b)
{
	struct row *row;

	while ((row = rows_next(b->rows)) != NULL) {
		char id[ROW_ID_MAX];

		check_nulls(row);
		row_id(row, id);
		buffer_printf(&b->lines, "%lld %s", (long long)(row->begin / 1000000), id);
		if (row->twin) {
			row_id(row->twin, id);
			buffer_printf(&b->lines, " twin %s %s[%u]", id, row->twin->end->comm,
				      row->twin->end->pid);
		}
		buffer_append_text(&b->lines, row->late ? " late\n" : "\n");
	}
}

static void feed(struct bench *b, struct event event)
{
	event.ts = b->ts;
	rows_event(b->rows, &event);
	take_rows(b);
}

static void open_conn(struct bench *b, uint64_t id, const char *local, const char *remote,
		      enum transport transport)
{
	feed(b, (struct event){.type = EVENT_CONN,
			       .conn = {.conn = id,
					.opened_ts = b->ts,
					.transport = transport,
					.origin = ORIGIN_OPENED,
					.pid = (uint32_t)id + 100,
					.local = tape_build_address(local),
					.remote = tape_build_address(remote)}});
}

static void process(struct bench *b, uint32_t pid, const char *name)
{
	feed(b, (struct event){.type = EVENT_PROCESS,
			       .process = {.pid = pid, .name = span_text(name)}});
}

static void say(struct bench *b, uint64_t conn, enum direction direction, const char *text)
{
	uint64_t *position = direction == DIRECTION_SENT ? &b->sent[conn] : &b->received[conn];
	size_t len = strlen(text);

	feed(b, (struct event){.type = EVENT_DATA,
			       .data = {.conn = conn,
					.offset = *position,
					.len = len,
					.payload = span_text(text),
					.pid = (uint32_t)conn + 100,
					.direction = direction}});
	*position += len;
}

static void expect(struct bench *b, const char *lines)
{
	rows_end(b->rows);
	take_rows(b);
	buffer_append_char(&b->lines, '\0');
	assert_string_equal(b->lines.data, lines);
	assert_int_equal(rows_error(b->rows), TAPE_OK);
}

static void at(struct bench *b, int64_t ms)
{
	b->ts = ms * 1000000;
}

#define PING "*1\r\n$4\r\nPING\r\n"
#define PONG "+PONG\r\n"

/* The first one to begin is the last one to end. */
static void test_order(void **state)
{
	struct bench *b = *state;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:6379", TRANSPORT_TCP);
	open_conn(b, 2, "10.0.0.1:1002", "10.0.0.9:6379", TRANSPORT_TCP);
	at(b, 10), say(b, 1, DIRECTION_SENT, PING);
	at(b, 20), say(b, 2, DIRECTION_SENT, PING);
	at(b, 30), say(b, 2, DIRECTION_RECEIVED, PONG);
	at(b, 40), say(b, 2, DIRECTION_SENT, PING);
	at(b, 50), say(b, 2, DIRECTION_RECEIVED, PONG);
	at(b, 60), say(b, 1, DIRECTION_RECEIVED, PONG);
	expect(b, "10 1.0\n20 2.0\n40 2.14\n");
}

/* Much later than that, it comes out when it ends. */
static void test_late(void **state)
{
	struct bench *b = *state;
	int64_t hold = ORDER_NS / 1000000;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:6379", TRANSPORT_TCP);
	open_conn(b, 2, "10.0.0.1:1002", "10.0.0.9:6379", TRANSPORT_TCP);
	at(b, 10), say(b, 1, DIRECTION_SENT, PING);
	at(b, 20), say(b, 2, DIRECTION_SENT, PING);
	at(b, 30), say(b, 2, DIRECTION_RECEIVED, PONG);
	at(b, 9 + hold), say(b, 2, DIRECTION_SENT, PING);
	at(b, 9 + hold), say(b, 2, DIRECTION_RECEIVED, PONG);
	at(b, 10 + hold), say(b, 1, DIRECTION_RECEIVED, PONG);
	expect(b, "10 1.0 late\n20 2.0\n5009 2.14\n");
}

/* What a client and a server saw of one exchange. */
static void test_twins(void **state)
{
	struct bench *b = *state;

	process(b, 101, "client");
	process(b, 102, "server");
	open_conn(b, 1, "127.0.0.1:1001", "127.0.0.1:6379", TRANSPORT_TCP);
	open_conn(b, 2, "127.0.0.1:6379", "127.0.0.1:1001", TRANSPORT_TCP);
	for (int i = 1; i < 3; i++) {
		at(b, i * 10), say(b, 1, DIRECTION_SENT, PING);
		at(b, i * 10 + 1), say(b, 2, DIRECTION_RECEIVED, PING);
		at(b, i * 10 + 2), say(b, 2, DIRECTION_SENT, PONG);
		at(b, i * 10 + 3), say(b, 1, DIRECTION_RECEIVED, PONG);
	}
	expect(b, "10 1.0 twin 2.0 server[102]\n11 2.0 twin 1.0 client[101]\n"
		  "20 1.14 twin 2.14 server[102]\n21 2.14 twin 1.14 client[101]\n");
}

/* Loopback addresses are the same in every network namespace; so are those of strangers. */
static void test_no_twins(void **state)
{
	struct bench *b = *state;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:6379", TRANSPORT_TCP);
	open_conn(b, 2, "10.0.0.8:6379", "10.0.0.1:1001", TRANSPORT_TCP);
	feed(b, (struct event){.type = EVENT_CONN,
			       .conn = {.conn = 3,
					.transport = TRANSPORT_TCP,
					.origin = ORIGIN_OPENED,
					.netns = 7,
					.local = tape_build_address("127.0.0.1:1001"),
					.remote = tape_build_address("127.0.0.1:6379")}});
	open_conn(b, 4, "127.0.0.1:6379", "127.0.0.1:1001", TRANSPORT_TCP);
	at(b, 10);
	for (uint64_t conn = 1; conn <= 3; conn += 2) {
		say(b, conn, DIRECTION_SENT, PING);
		say(b, conn + 1, DIRECTION_RECEIVED, PING);
		say(b, conn + 1, DIRECTION_SENT, PONG);
		say(b, conn, DIRECTION_RECEIVED, PONG);
	}
	expect(b, "10 2.0\n10 1.0\n10 4.0\n10 3.0\n");
}

/* A question of "a.", type A, and the answer that there is no such name. */
static const char question[] = "\0\7\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";
static const char answer[] = "\0\7\x81\x83\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";

static void datagram(struct bench *b, uint64_t conn, enum direction direction, const char *bytes)
{
	const size_t len = sizeof(question) - 1;

	feed(b, (struct event){.type = EVENT_DATA,
			       .data = {.conn = conn,
					.len = len,
					.payload = span_of(bytes, len),
					.pid = (uint32_t)conn + 100,
					.direction = direction}});
}

/* A server that is bound to every address has them all; one that is bound to another hasn't. */
static void test_datagram_twins(void **state)
{
	struct bench *b = *state;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:53", TRANSPORT_UDP);
	open_conn(b, 2, "0.0.0.0:53", "10.0.0.1:1001", TRANSPORT_UDP);
	open_conn(b, 3, "10.0.0.1:1003", "10.0.0.9:53", TRANSPORT_UDP);
	open_conn(b, 4, "10.0.0.8:53", "10.0.0.1:1003", TRANSPORT_UDP);
	for (uint64_t conn = 1; conn <= 3; conn += 2) {
		at(b, 10 * (int64_t)conn);
		datagram(b, conn, DIRECTION_SENT, question);
		datagram(b, conn + 1, DIRECTION_RECEIVED, question);
		datagram(b, conn + 1, DIRECTION_SENT, answer);
		datagram(b, conn, DIRECTION_RECEIVED, answer);
	}
	expect(b, "10 2.0 twin 1.0 [101]\n10 1.0 twin 2.0 [102]\n30 4.0\n30 3.0\n");
}

/* More rows than are held: they come out as they can, and say so. */
static void test_many(void **state)
{
	struct bench *b = *state;
	size_t lines = 0;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:6379", TRANSPORT_TCP);
	open_conn(b, 2, "10.0.0.1:1002", "10.0.0.9:6379", TRANSPORT_TCP);
	at(b, 1), say(b, 1, DIRECTION_SENT, PING);
	at(b, 2);
	for (int i = 0; i < ORDER_ROWS + 1000; i++) {
		say(b, 2, DIRECTION_SENT, PING);
		say(b, 2, DIRECTION_RECEIVED, PONG);
	}
	say(b, 1, DIRECTION_RECEIVED, PONG);
	rows_end(b->rows);
	take_rows(b);
	for (size_t i = 0; i < b->lines.len; i++)
		lines += b->lines.data[i] == '\n';
	assert_int_equal(lines, ORDER_ROWS + 1001);
	buffer_append_char(&b->lines, '\0');
	assert_non_null(strstr(b->lines.data, "\n1 1.0 late\n"));
	assert_null(strstr(b->lines.data, " 2.0 late"));
}

/* A long text that is said again stands there once, and each row has it; one that is another, too.
 */
static void test_repeated(void **state)
{
	static const char said[] = "aabbaabcab";
	struct bench *b = *state;
	size_t count = 0;
	struct row *row;

	open_conn(b, 1, "10.0.0.1:1001", "10.0.0.9:6379", TRANSPORT_TCP);
	for (const char *c = said; *c; c++) {
		char text[128];

		at(b, 10 * (c - said + 1));
		snprintf(text, sizeof(text), "*2\r\n$4\r\nECHO\r\n$40\r\n%039d%c\r\n", 0, *c);
		say(b, 1, DIRECTION_SENT, text);
		say(b, 1, DIRECTION_RECEIVED, PONG);
	}
	rows_end(b->rows);
	for (; (row = rows_next(b->rows)) != NULL; count++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "[\"%039d%c\"]", 0, said[count]);
		assert_true(span_is(row->values[1].text, expected));
	}
	assert_int_equal(count, strlen(said));
}

/* ---- without memory ---- */

/* So many more blocks of memory are given, then none; below 0: all are. */
static long given = -1;

#ifdef __SANITIZE_ADDRESS__
#define MEMORY_IS_OURS false
#else
#define MEMORY_IS_OURS true

/* glibc's own, behind those that follow, which all of this program calls. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t count, size_t len);
void *__libc_realloc(void *old, size_t len);

/* Of all threads: the recording is read by others than the one that asks for rows. */
static bool is_given(void)
{
	long left = __atomic_load_n(&given, __ATOMIC_RELAXED);

	while (left > 0 && !__atomic_compare_exchange_n(&given, &left, left - 1, true,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left != 0;
}

void *malloc(size_t len)
{
	return is_given() ? __libc_malloc(len) : NULL;
}

void *calloc(size_t count, size_t len)
{
	return is_given() ? __libc_calloc(count, len) : NULL;
}

void *realloc(void *old, size_t len)
{
	return is_given() ? __libc_realloc(old, len) : NULL;
}

#endif

#define EXCHANGES 40

static void write_exchanges(struct tape_build *b, const char *dir)
{
	const struct tape_conn_spec spec = {
		1, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:1001", "10.0.0.9:6379", 9};

	tape_build_begin(b, dir);
	tape_build_conn(b, &spec);
	for (uint64_t i = 0; i < EXCHANGES; i++) {
		tape_build_text(b, 1, 9, DIRECTION_SENT, i * strlen(PING), PING);
		tape_build_text(b, 1, 9, DIRECTION_RECEIVED, i * strlen(PONG), PONG);
	}
	tape_build_end(b);
}

/* Reads it with so many blocks of memory; false: there were not enough, as it says itself. */
static bool read_with(const char *path, long blocks)
{
	const struct replay_options options = {0};
	unsigned count = 0;
	struct rows *rows;
	enum tape_error error;

	given = blocks;
	error = rows_open(path, &options, &rows);
	if (!error) {
		while (rows_next(rows))
			count++;
		error = rows_error(rows);
		rows_close(rows);
	}
	given = -1;
	if (!error && count != EXCHANGES)
		print_error("of %d rows %u came with %ld blocks of memory\n", EXCHANGES, count,
			    blocks);
	assert_true(error == TAPE_ERROR_MEMORY || (!error && count == EXCHANGES));
	return !error;
}

/* Wherever memory ends: either all rows come, or it is told. */
static void test_memory_ends(void **state)
{
	struct tape_build b;
	long blocks = 0;
	char *dir;

	(void)state;
	if (!MEMORY_IS_OURS) {
		print_message("the sanitizer gives the memory\n");
		skip();
	}
	dir = scratch_new();
	write_exchanges(&b, dir);
	while (!read_with(b.path, blocks))
		blocks++;
	assert_true(blocks > 10);
	scratch_remove(dir);
}

static void test_names(void **state)
{
	static const char *const good[] = {"1.0", "24.1830", "24.t7", "3.r512", "3.tr5.2"};
	static const char *const bad[] = {"",
					  "24",
					  "24.",
					  ".5",
					  "0.5",
					  "24.x",
					  "24.5.",
					  "24.5.x",
					  "24.r",
					  "24.5 ",
					  "99999999999999999999.1",
					  "24.-1"};
	struct row_end end = {0};
	struct row row = {.end = &end};
	struct record_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char text[ROW_ID_MAX];

		assert_true(record_name_parse(good[i], &name));
		end.id_len = (uint8_t)snprintf(end.id, sizeof(end.id), "%llu.%s",
					       (unsigned long long)name.conn, name.tls ? "t" : "");
		row.side = name.side;
		row.position = name.position;
		row.repeat = name.repeat;
		row_id(&row, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(record_name_parse(bad[i], &name));
	/* The longest one. */
	end.id_len = (uint8_t)snprintf(end.id, sizeof(end.id), "%llu.t", (unsigned long long)-1);
	row = (struct row){
		.end = &end, .side = SIDE_SERVER, .position = UINT64_MAX, .repeat = UINT32_MAX};
	assert_true(row_id(&row, (char[ROW_ID_MAX]){0}) < ROW_ID_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_datagram_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeated, setup, teardown),
		cmocka_unit_test(test_memory_ends),
		cmocka_unit_test(test_names),
	};

	mallopt(M_PERTURB, 0x5a); /* memory that is taken holds anything */
	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
