/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the ring as events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/types.h>

#include "bpf/event.h"
#include "record/translate.h"

static struct event event;
static struct process_gaps gaps;

static void data_with_payload(void **state)
{
	struct {
		struct kernel_data data;
		char payload[8];
	} r = {
		.data =
			{
				.record = {.ts = 5000000001, .kind = KERNEL_DATA},
				.conn = 7,
				.offset = 1ull << 40,
				.pid = 10,
				.tid = 11,
				.fd = -1,
				.len = 100,
				.captured = 5,
				.call = CALL_SENDMSG,
				.direction = DIRECTION_SENT,
				.cut = CUT_SNAPLEN,
			},
		.payload = "hello!!",
	};

	(void)state;
	/* An event is made where another was: nothing of that must stay. */
	memset(&event, 0x11, sizeof(event));
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	assert_int_equal(event.type, EVENT_DATA);
	assert_int_equal(event.ts, 5000000001);
	assert_int_equal(event.data.begin_ts, 0);
	assert_false(event.snapshot);
	assert_int_equal(event.data.conn, 7);
	assert_int_equal(event.data.offset, 1ull << 40);
	assert_int_equal(event.data.len, 100);
	assert_true(span_is(event.data.payload, "hello"));
	assert_int_equal(event.data.pid, 10);
	assert_int_equal(event.data.tid, 11);
	assert_int_equal(event.data.fd, -1);
	assert_int_equal(event.data.call, CALL_SENDMSG);
	assert_int_equal(event.data.direction, DIRECTION_SENT);
	assert_int_equal(event.data.layer, LAYER_WIRE);
	assert_int_equal(event.data.cut, CUT_SNAPLEN);
	assert_int_equal(event.data.peer.family, ADDRESS_NONE);
}

static void data_with_peer(void **state)
{
	struct {
		struct kernel_data data;
		struct kernel_address peer;
		char payload[8];
	} r = {
		.data =
			{
				.record = {.kind = KERNEL_DATA, .flags = KERNEL_DATA_PEER},
				.conn = 1,
				.len = 3,
				.captured = 3,
				.call = CALL_RECVMMSG,
				.direction = DIRECTION_RECEIVED,
			},
		.peer = {.family = ADDRESS_INET6, .port = 53, .scope = 2, .ip = {0xfe, 0x80}},
		.payload = "abc",
	};
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	address_text(&event.data.peer, text);
	assert_string_equal(text, "[fe80::%2]:53");
	assert_true(span_is(event.data.payload, "abc"));
	/* The peer is announced, but isn't there. */
	assert_false(translate_record(&r, sizeof(r.data) + 8, &event, &gaps));
}

/* A call that waited tells since when. */
static void data_that_waited(void **state)
{
	struct {
		struct kernel_data data;
		uint64_t blocked;
		char payload[8];
	} r = {
		.data =
			{
				.record = {.ts = 5000000,
					   .kind = KERNEL_DATA,
					   .flags = KERNEL_DATA_BLOCKED},
				.len = 3,
				.captured = 3,
			},
		.blocked = 2000000,
		.payload = "abc",
	};

	(void)state;
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	assert_int_equal(event.data.begin_ts, 3000000);
	assert_true(span_is(event.data.payload, "abc"));
	assert_false(translate_record(&r, sizeof(r.data) + 4, &event, &gaps));
	/* Longer than the clock has gone. */
	r.blocked = 5000001;
	assert_false(translate_record(&r, sizeof(r), &event, &gaps));
}

static void conn_with_addresses_and_paths(void **state)
{
	struct kernel_conn r = {
		.record = {.ts = 1, .kind = KERNEL_CONN},
		.conn = 3,
		.inode = 99,
		.opened_ts = 1,
		.sent = 10,
		.received = 20,
		.local = {.family = ADDRESS_INET4, .port = 80, .ip = {127, 0, 0, 1}},
		.remote = {.family = ADDRESS_INET4, .port = 4000, .ip = {10, 0, 0, 2}},
		.netns = 4026531840,
		.pid = 5,
		.fd = 6,
		.transport = TRANSPORT_TCP,
		.role = ROLE_SERVER,
		.origin = ORIGIN_MIDSTREAM,
		.local_path_len = 5,
		.local_path = "\0abc",
	};
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	assert_int_equal(event.type, EVENT_CONN);
	address_text(&event.conn.local, text);
	assert_string_equal(text, "127.0.0.1:80");
	address_text(&event.conn.remote, text);
	assert_string_equal(text, "10.0.0.2:4000");
	assert_true(span_equal(event.conn.local_path, span_of("\0abc", 5)));
	assert_int_equal(event.conn.remote_path.len, 0);
	assert_int_equal(event.conn.sent, 10);
	assert_int_equal(event.conn.received, 20);
	assert_int_equal(event.conn.transport, TRANSPORT_TCP);
	assert_int_equal(event.conn.role, ROLE_SERVER);
	assert_int_equal(event.conn.origin, ORIGIN_MIDSTREAM);
	r.remote_path_len = KERNEL_PATH_LEN + 1;
	assert_false(translate_record(&r, sizeof(r), &event, &gaps));
}

static void process_and_what_is_missing_of_it(void **state)
{
	struct kernel_process r = {
		.record = {.kind = KERNEL_PROCESS},
		.start_ts = 12345,
		.cgroup_id = 77,
		.pid = 5,
		.ppid = 4,
		.uid = 1000,
		.gid = 1001,
		.comm = "fifteen_letters",
		.exe_len = 8,
		.args_len = 7,
		.exe = "/bin/cat",
		.args = "cat\0-u",
	};

	(void)state;
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	assert_int_equal(event.type, EVENT_PROCESS);
	assert_int_equal(event.process.start_ts, 12345);
	assert_true(span_is(event.process.name, "fifteen_letters"));
	assert_true(span_is(event.process.exe, "/bin/cat"));
	assert_true(span_equal(event.process.cmdline, span_of("cat\0-u", 7)));
	assert_int_equal(gaps.cgroup_id, 77);
	assert_false(gaps.args_cut || gaps.exe_cut);
	r.args_len = KERNEL_ARGS_LEN;
	r.exe_len = KERNEL_EXE_LEN;
	assert_true(translate_record(&r, sizeof(r), &event, &gaps));
	assert_true(gaps.args_cut && gaps.exe_cut);
	r.args_len++;
	assert_false(translate_record(&r, sizeof(r), &event, &gaps));
}

static void states_of_a_connection(void **state)
{
	struct kernel_state changed = {{9, 0, KERNEL_STATE, 0}, 3, 104, CONN_RESET, END_REMOTE, 0};
	struct kernel_conn conn = {
		.record = {9, 0, KERNEL_CONN, 0},
		.conn = 3,
		.opened_ts = 1000,
		.established_ts = 3000,
		.state_ts = 4000,
		.state = CONN_FAILED,
		.state_by = END_LOCAL,
		.error = 125,
	};

	(void)state;
	assert_true(translate_record(&changed, sizeof(changed), &event, &gaps));
	assert_int_equal(event.type, EVENT_STATE);
	assert_int_equal(event.ts, 9);
	assert_int_equal(event.state.conn, 3);
	assert_int_equal(event.state.state, CONN_RESET);
	assert_int_equal(event.state.by, END_REMOTE);
	assert_int_equal(event.state.error, 104);
	assert_true(translate_record(&conn, sizeof(conn), &event, &gaps));
	assert_int_equal(event.conn.established_ts, 3000);
	assert_int_equal(event.conn.state_ts, 4000);
	assert_int_equal(event.conn.state, CONN_FAILED);
	assert_int_equal(event.conn.state_by, END_LOCAL);
	assert_int_equal(event.conn.error, 125);
}

static void close_and_exit(void **state)
{
	struct kernel_close closed = {{9, 0, KERNEL_CLOSE, 0}, 3, 100, 200};
	struct kernel_exit ended = {{9, 0, KERNEL_EXIT, 0}, 5, 256};

	(void)state;
	assert_true(translate_record(&closed, sizeof(closed), &event, &gaps));
	assert_int_equal(event.type, EVENT_CLOSE);
	assert_int_equal(event.close.conn, 3);
	assert_int_equal(event.close.sent, 100);
	assert_int_equal(event.close.received, 200);
	assert_true(translate_record(&ended, sizeof(ended), &event, &gaps));
	assert_int_equal(event.type, EVENT_PROCESS_EXIT);
	assert_int_equal(event.process_exit.pid, 5);
	assert_int_equal(event.process_exit.status, 256);
}

/* The ring is our own kernel programs', yet a record that doesn't add up must not be believed. */
static void malformed_records_are_refused(void **state)
{
	static const size_t sizes[] = {
		[KERNEL_DATA] = sizeof(struct kernel_data),
		[KERNEL_CONN] = sizeof(struct kernel_conn),
		[KERNEL_CLOSE] = sizeof(struct kernel_close),
		[KERNEL_PROCESS] = sizeof(struct kernel_process),
		[KERNEL_EXIT] = sizeof(struct kernel_exit),
	};
	union {
		struct kernel_record record;
		struct kernel_data data;
		char bytes[4096];
	} r = {0};

	(void)state;
	for (unsigned int kind = KERNEL_DATA; kind <= KERNEL_EXIT; kind++) {
		r.record.kind = (uint16_t)kind;
		assert_true(translate_record(&r, sizes[kind], &event, &gaps));
		for (size_t len = 0; len < sizes[kind]; len++)
			assert_false(translate_record(&r, len, &event, &gaps));
	}
	r.record.kind = 0;
	assert_false(translate_record(&r, sizeof(r), &event, &gaps));
	r.record.kind = KERNEL_EXIT + 1;
	assert_false(translate_record(&r, sizeof(r), &event, &gaps));
	r.record.kind = KERNEL_DATA;
	r.data.len = 100;
	r.data.captured = 11;
	assert_false(translate_record(&r, sizeof(r.data) + 10, &event, &gaps));
	assert_true(translate_record(&r, sizeof(r.data) + 11, &event, &gaps));
	r.data.len = 10;
	assert_false(translate_record(&r, sizeof(r.data) + 11, &event, &gaps));
}

static void counters_by_cause(void **state)
{
	struct kernel_counters k = {
		.data_records = 1,
		.data_bytes = 2,
		.moved_bytes = 3,
		.lost_ring_records = 10,
		.lost_ring_bytes = 11,
		.lost_table_calls = 20,
		.lost_table_bytes = 21,
		.lost_nested_calls = 30,
		.lost_unreadable_bytes = 41,
		.lost_uncaptured_calls = 50,
		.lost_meta_records = 60,
		.cut_snaplen_bytes = 1000,
		.cut_pressure_bytes = 200,
		.cut_pieces_bytes = 30,
		.cut_tls_bytes = 7,
	};
	struct tally tally;
	struct loss_sum lost;

	(void)state;
	translate_counters(&k, &tally);
	assert_int_equal(tally.lost[LOSS_RING_FULL].events, 10);
	assert_int_equal(tally.lost[LOSS_CONN_TABLE_FULL].bytes, 21);
	assert_int_equal(tally.delayed, 60);
	lost = loss_sum_all(tally.lost);
	assert_int_equal(lost.events, 10 + 20 + 30 + 50);
	assert_int_equal(lost.bytes, 11 + 21 + 41);
	assert_int_equal(tally.cut[CUT_SNAPLEN], 1000);
	assert_int_equal(tally.cut[CUT_PRESSURE], 200);
	assert_int_equal(tally.cut[CUT_TOO_MANY_PIECES], 30);
	assert_int_equal(tally.cut[CUT_TLS_WIRE], 7);
}

static void an_object_of_a_tls_library(void **state)
{
	struct kernel_tls k = {
		.record = {.ts = 7, .len = sizeof(k), .kind = KERNEL_TLS},
		.session = KERNEL_TLS_SESSION_FIRST + 3,
		.object = 0x1000,
		.conn = 9,
		.sent = 11,
		.received = 12,
		.pid = 100,
		.tid = 101,
		.library = 2,
		.flags = KERNEL_TLS_CLIENT | KERNEL_TLS_NAMED,
		.random = {1, 2, 3, 4},
	};
	struct tls_sight sight;

	(void)state;
	assert_true(translate_sight(&k, sizeof(k), &sight));
	assert_int_equal(sight.session, KERNEL_TLS_SESSION_FIRST + 3);
	assert_int_equal(sight.conn, 9);
	assert_int_equal(sight.received, 12);
	assert_true(sight.client && sight.named && !sight.server);
	assert_false(sight.own);
	assert_int_equal(sight.random[8], 2);
	k.flags = KERNEL_TLS_OWN;
	assert_true(translate_sight(&k, sizeof(k), &sight));
	assert_true(sight.named && sight.own);
	assert_false(translate_sight(&k, sizeof(k) - 1, &sight));
	/* It is no event by itself. */
	assert_false(translate_record(&k, sizeof(k), &event, &gaps));
	k.record.kind = KERNEL_CLOSE;
	assert_false(translate_sight(&k, sizeof(k), &sight));
}

static void a_secret(void **state)
{
	struct kernel_secret k = {
		.record = {.ts = 7, .len = sizeof(k), .kind = KERNEL_SECRET},
		.pid = 100,
		.library = 2,
		.len = 32,
		.random = {1},
		.label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		.secret = {0xab},
	};
	char line[TLS_SECRET_LINE_MAX];
	struct tls_secret secret;

	(void)state;
	assert_true(translate_secret(&k, sizeof(k), &secret));
	assert_int_equal(secret.pid, 100);
	assert_int_equal(secret.library, 2);
	assert_true(tls_secret_line(&secret, line));
	assert_string_equal(line,
			    "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
			    "0100000000000000000000000000000000000000000000000000000000000000"
			    " "
			    "ab00000000000000000000000000000000000000000000000000000000000000");
	assert_false(translate_secret(&k, sizeof(k) - 1, &secret));
	assert_false(translate_record(&k, sizeof(k), &event, &gaps));
	k.len = KERNEL_SECRET_LEN + 1;
	assert_false(translate_secret(&k, sizeof(k), &secret));
}

/* A label of 32 characters has no end of its own, and a master secret is as long as can be. */
static void lines_of_secrets(void **state)
{
	struct tls_secret secret = {.random = {1}, .len = TLS_SECRET_LEN};
	char line[TLS_SECRET_LINE_MAX];

	(void)state;
	assert_true(tls_secret_line(&secret, line));
	assert_memory_equal(line, "CLIENT_RANDOM 01", 16);
	assert_int_equal(strlen(line), 13 + 1 + 64 + 1 + 96);
	memset(secret.label, 'A', TLS_LABEL_LEN);
	assert_false(tls_secret_line(&secret, line));
	strcpy(secret.label, "EXPORTER_SECRET");
	assert_false(tls_secret_line(&secret, line));
	strcpy(secret.label, "SERVER_TRAFFIC_SECRET_0");
	assert_true(tls_secret_line(&secret, line));
	secret.random[0] = 0;
	assert_false(tls_secret_line(&secret, line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_with_payload),
		cmocka_unit_test(data_with_peer),
		cmocka_unit_test(data_that_waited),
		cmocka_unit_test(conn_with_addresses_and_paths),
		cmocka_unit_test(process_and_what_is_missing_of_it),
		cmocka_unit_test(states_of_a_connection),
		cmocka_unit_test(close_and_exit),
		cmocka_unit_test(malformed_records_are_refused),
		cmocka_unit_test(counters_by_cause),
		cmocka_unit_test(an_object_of_a_tls_library),
		cmocka_unit_test(a_secret),
		cmocka_unit_test(lines_of_secrets),
	};

	return cmocka_run_group_tests_name("record translate", tests, NULL, NULL);
}
