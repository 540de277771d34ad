/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tape_build.h"
#include "tests/unit/eventful.h"

#define NGINX  100
#define CURL   200
#define WORKER 300
#define RANDOM                                                                                     \
	{                                                                                          \
		1, 2, 3, [31] = 9                                                                  \
	}

static const char get[] = "GET /shop?id=1 HTTP/1.1\r\nHost: shop\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static void add_processes(struct tape_build *b)
{
	tape_build_event(b, (struct event){
				    .type = EVENT_HOST,
				    .host = {.cpus = 1,
					     .page_size = 4096,
					     .hostname = span_text("box"),
					     .kernel = span_text("6.1.0"),
					     .machine = span_text("x86_64"),
					     .recorder = span_text("socktape-record 0"),
					     .options = span_text("socktape-record -o incident"),
					     .blind = 5},
			    });
	tape_build_process(b, NGINX, "nginx");
	tape_build_process(b, CURL, "curl");
	tape_build_event(b, (struct event){
				    .type = EVENT_PROCESS,
				    .process = {.pid = WORKER,
						.ppid = 1,
						.uid = 1000,
						.gid = 100,
						.start_ts = 1,
						.name = span_text("worker"),
						.exe = span_text("/usr/bin/worker"),
						.cmdline = span_of("worker\0--all", 13),
						.user = span_text("shop"),
						.cgroup = span_text("/docker/0123"),
						.container = span_text("0123456789abcdef")},
			    });
}

static void add_conn(struct tape_build *b, uint64_t id, uint32_t pid, enum role role,
		     const char *local, const char *remote)
{
	tape_build_conn(b, &(struct tape_conn_spec){.id = id,
						    .transport = TRANSPORT_TCP,
						    .role = role,
						    .local = local,
						    .remote = remote,
						    .pid = pid});
}

/* The same exchange at both ends. */
static void add_both_ends(struct tape_build *b)
{
	size_t asked = sizeof(get) - 1, told = sizeof(answer) - 1;

	add_conn(b, 1, CURL, ROLE_CLIENT, "127.0.0.1:40000", "127.0.0.1:8080");
	add_conn(b, 2, NGINX, ROLE_SERVER, "127.0.0.1:8080", "127.0.0.1:40000");
	tape_build_text(b, 1, CURL, DIRECTION_SENT, 0, get);
	tape_build_text(b, 2, NGINX, DIRECTION_RECEIVED, 0, get);
	tape_build_text(b, 2, NGINX, DIRECTION_SENT, 0, answer);
	tape_build_text(b, 1, CURL, DIRECTION_RECEIVED, 0, answer);
	tape_build_close(b, 1, asked, told);
	tape_build_close(b, 2, told, asked);
}

static void add_loss(struct tape_build *b, struct event_loss loss)
{
	tape_build_event(b, (struct event){.type = EVENT_LOSS, .loss = loss});
}

static void add_cut(struct tape_build *b, uint64_t conn, uint64_t offset, uint64_t len,
		    struct span payload, enum cut cut)
{
	tape_build_data(b, &(struct event_data){.conn = conn,
						.offset = offset,
						.len = len,
						.payload = payload,
						.pid = WORKER,
						.call = CALL_SENDMSG,
						.cut = cut});
}

/* Requests, one of them lost, one cut in each way; answers with a hole in the middle. */
static void add_losses(struct tape_build *b)
{
	struct span body = span_text(
		"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 1000\r\n\r\nabc");
	size_t len = body.len - 3 + 1000, at = sizeof(get) - 1;

	add_conn(b, 3, WORKER, ROLE_CLIENT, "10.0.0.1:40001", "10.0.0.2:80");
	tape_build_text(b, 3, WORKER, DIRECTION_SENT, 0, get);
	tape_build_text(b, 3, WORKER, DIRECTION_RECEIVED, 0, answer);
	add_loss(b, (struct event_loss){.conn = 3,
					.events = 1,
					.bytes = 120,
					.since = 1,
					.cause = LOSS_RING_FULL,
					.direction = DIRECTION_SENT,
					.placed = true,
					.position = at});
	add_loss(b, (struct event_loss){.conn = 3,
					.events = 1,
					.bytes = 60,
					.cause = LOSS_UNSEEN_CALL,
					.direction = DIRECTION_RECEIVED,
					.placed = true,
					.position = sizeof(answer) - 1});
	for (int cut = CUT_SNAPLEN; cut <= CUT_TOO_MANY_PIECES; cut++)
		add_cut(b, 3, at + 120 + len * (size_t)(cut - CUT_SNAPLEN), len, body,
			(enum cut)cut);
	tape_build_text(b, 3, WORKER, DIRECTION_RECEIVED, sizeof(answer) - 1 + 60, answer);
	tape_build_close(b, 3, at + 120 + 5 * len, 2 * (sizeof(answer) - 1) + 60);
	add_loss(b, (struct event_loss){.events = 2, .cause = LOSS_CONN_TABLE_FULL});
	add_loss(b, (struct event_loss){.events = 9, .cause = LOSS_NESTED, .elsewhere = true});
}

static void add_state(struct tape_build *b, uint64_t conn, enum conn_state state, enum conn_end by,
		      uint16_t error)
{
	tape_build_event(
		b,
		(struct event){.type = EVENT_STATE,
			       .state = {.conn = conn, .state = state, .by = by, .error = error}});
}

/* Connections that fail, break or say nothing that is known. */
static void add_troubles(struct tape_build *b)
{
	add_conn(b, 4, CURL, ROLE_CLIENT, "10.0.0.1:40002", "10.0.0.9:81");
	add_state(b, 4, CONN_FAILED, END_REMOTE, CONN_ERROR_CONNREFUSED);
	add_conn(b, 5, CURL, ROLE_CLIENT, "[fe80::1]:40003", "[fe80::2]:6379");
	add_state(b, 5, CONN_ESTABLISHED, END_UNKNOWN, 0);
	tape_build_text(b, 5, CURL, DIRECTION_SENT, 0, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
	add_state(b, 5, CONN_RESET, END_REMOTE, CONN_ERROR_CONNRESET);
	tape_build_close(b, 5, 22, 0);
	tape_build_conn(b, &(struct tape_conn_spec){.id = 6,
						    .transport = TRANSPORT_UNIX_STREAM,
						    .role = ROLE_SERVER,
						    .origin = ORIGIN_MIDSTREAM,
						    .local = "unix:/run/shop.sock",
						    .pid = WORKER});
	tape_build_text(b, 6, WORKER, DIRECTION_RECEIVED, 0, "\001\033[31mnobody's\tprotocol\n");
	tape_build_text(b, 6, WORKER, DIRECTION_SENT, 0, "\002");
	add_conn(b, 7, CURL, ROLE_CLIENT, "10.0.0.1:40004", "10.0.0.3:443");
	/* Faster than the clock. */
	tape_build_event(b, (struct event){
				    .type = EVENT_CONN,
				    .conn = {.conn = 10,
					     .opened_ts = b->ts,
					     .established_ts = b->ts,
					     .local = tape_build_address("10.0.0.1:40007"),
					     .remote = tape_build_address("10.0.0.3:8443"),
					     .pid = WORKER,
					     .fd = 7,
					     .transport = TRANSPORT_TCP,
					     .role = ROLE_CLIENT,
					     .origin = ORIGIN_OPENED,
					     .state = CONN_ESTABLISHED,
					     .state_ts = b->ts},
			    });
	tape_build_event(b,
			 (struct event){.type = EVENT_PROCESS_EXIT, .process_exit = {CURL, 256}});
}

/* Two connections with TLS: of the one the library's calls tell, of the other nothing does. */
static void add_tls(struct tape_build *b)
{
	static const char hello[] =
		"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"
		"\x01\x02\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"
		"\x00\x00\x04\x13\x01\x13\x02\x01\x00";

	tape_build_event(b, (struct event){.type = EVENT_LIBRARY,
					   .library = {.library = 1,
						       .pid = WORKER,
						       .kind = TLS_LIBRARY_OPENSSL,
						       .hook = TLS_HOOK_PLAINTEXT,
						       .path = span_text("/lib/libssl.so.3"),
						       .build_id = span_text("0a0b"),
						       .version = span_text("3.0.9"),
						       .note = span_text("a note")}});
	for (uint64_t id = 8; id < 10; id++) {
		add_conn(b, id, WORKER, ROLE_CLIENT, id == 8 ? "10.0.0.1:40005" : "10.0.0.1:40006",
			 "10.0.0.4:443");
		add_cut(b, id, 0, sizeof(hello) - 1, span_of(hello, sizeof(hello) - 1), CUT_NONE);
	}
	tape_build_event(b, (struct event){.type = EVENT_TLS,
					   .tls = {.conn = 8,
						   .object = 0x1000,
						   .pid = WORKER,
						   .library = 1,
						   .tie = TLS_TIE_THREAD,
						   .random = RANDOM}});
	tape_build_data(b, &(struct event_data){.conn = 8,
						.len = sizeof(get) - 1,
						.payload = span_text(get),
						.pid = WORKER,
						.call = CALL_SSL_WRITE,
						.layer = LAYER_TLS});
	tape_build_data(b, &(struct event_data){.conn = 8,
						.len = sizeof(answer) - 1,
						.payload = span_text(answer),
						.pid = WORKER,
						.call = CALL_SSL_READ,
						.direction = DIRECTION_RECEIVED,
						.layer = LAYER_TLS});
	add_cut(b, 8, sizeof(hello) - 1, 200, span_text(""), CUT_TLS_WIRE);
}

void eventful_build(const char *dir)
{
	struct tape_build b;

	tape_build_begin(&b, dir);
	add_processes(&b);
	add_both_ends(&b);
	add_losses(&b);
	add_troubles(&b);
	add_tls(&b);
	tape_build_event(&b, (struct event){.type = EVENT_TOTALS,
					    .totals = {9000, 4000, 4, 180, 4000, 1000, 20, 9}});
	tape_build_end(&b);
}
