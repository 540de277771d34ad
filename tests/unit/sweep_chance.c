/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/sweep_chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/tape_build.h"

#define US	 INT64_C(1000)
#define MS	 (1000 * US)
#define SECOND	 (1000 * MS)
#define CHATS	 14
#define STEPS	 260
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One recorded end of a conversation. */
struct end {
	uint64_t conn;
	uint32_t pid;
	enum role role;
	uint64_t moved[2][2]; /* by layer and direction */
};

/* A conversation, recorded at one end or both. */
struct chat {
	struct end ends[2];
	size_t count; /* 0: it isn't there now */
	enum transport transport;
	int kind; /* of what is said */
	bool tls; /* it is plaintext, beside records on the wire */
	int asked;
	struct address client;
	struct address server;
};

struct world {
	struct tape_build tape;
	struct chat chats[CHATS];
	uint32_t random;
	uint64_t conns;
	uint32_t ports;
};

static uint32_t chance(struct world *w, uint32_t end)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 12) % end;
}

static bool one_in(struct world *w, uint32_t end)
{
	return chance(w, end) == 0;
}

/* Mostly a little, and sometimes long. */
static void pass(struct world *w)
{
	static const int64_t steps[] = {0,	  1,	  US,	     10 * US, 100 * US,
					MS,	  5 * MS, 20 * MS,   40 * MS, 42 * MS,
					100 * MS, SECOND, 6 * SECOND};
	size_t kind = chance(w, one_in(w, 10) ? COUNT(steps) : 6);

	/* tape_build_event() has passed a millisecond. */
	w->tape.ts += steps[kind] - MS;
}

static void tell(struct world *w, struct event event)
{
	tape_build_event(&w->tape, event);
	pass(w);
}

/* ---- who ---- */

static const char *const names[] = {"nginx",  "curl", "app",	 "redis-server",
				    "a b\tc", "",     "\xc3\xa4"};

static void tell_process(struct world *w, uint32_t pid)
{
	static const char *const containers[] = {"", "0123456789abcdef",
						 "fedcba9876543210fedcba9876543210"};
	const char *name = names[(pid + one_in(w, 4)) % COUNT(names)];
	const char *container = containers[pid % COUNT(containers)];

	tell(w,
	     (struct event){.type = EVENT_PROCESS,
			    .process = {.pid = pid,
					.ppid = one_in(w, 2) ? 1 : pid - 1,
					.uid = pid % 3 ? 1000 : 0,
					.start_ts = 1 + chance(w, 3),
					.name = span_text(name),
					.exe = span_text(one_in(w, 3) ? "" : "/usr/bin/x"),
					.cmdline = span_of("x\0--of\0y z", one_in(w, 3) ? 0 : 11),
					.user = span_text(pid % 3 ? "shop" : ""),
					.cgroup = span_text(*container ? "/docker/x" : ""),
					.container = span_text(container)}});
}

static uint32_t some_pid(struct world *w)
{
	return 100 + chance(w, 12);
}

/* ---- connections ---- */

static struct address some_address(struct world *w, bool server)
{
	static const char *const ips[] = {"10.0.0.1",	 "10.0.0.2", "127.0.0.1",
					  "192.168.7.9", "[::1]",    "[fd00::1]",
					  "[fe80::1]",	 "0.0.0.0",  "[::ffff:10.0.0.2]",
					  "8.8.8.8",	 "[::]",     "224.0.0.251"};
	static const unsigned ports[] = {80, 443, 6379, 8080, 53, 12345, 5432, 0, 5353};
	char text[64];

	snprintf(text, sizeof(text), "%s:%u", ips[chance(w, one_in(w, 3) ? COUNT(ips) : 6)],
		 server ? ports[chance(w, one_in(w, 4) ? COUNT(ports) : 4)]
			: 40000 + w->ports++ % 50);
	return tape_build_address(text);
}

static void tell_conn(struct world *w, const struct chat *c, const struct end *e)
{
	/* Abstract names begin with a zero; a socket without a name has none. */
	static const struct span paths[] = {
		{"/run/a.sock", 11}, {"\0abstract", 9}, {"/run/b", 6}, {NULL, 0}};
	bool server = e->role == ROLE_SERVER;
	struct span path = paths[e->conn / 2 % COUNT(paths)];
	struct event_conn conn = {
		.conn = e->conn,
		.inode = 1000 + e->conn,
		.opened_ts = w->tape.ts - (one_in(w, 3) ? 3 * MS : 0),
		.established_ts = one_in(w, 3) ? w->tape.ts - MS : 0,
		.netns = one_in(w, 8) ? 2 : 1,
		.pid = e->pid,
		.fd = one_in(w, 3) ? -1 : 7,
		.transport = c->transport,
		.role = one_in(w, 10) ? ROLE_UNKNOWN : e->role,
		.origin = one_in(w, 4) ? ORIGIN_MIDSTREAM : ORIGIN_OPENED,
		.state = one_in(w, 3) ? (enum conn_state)chance(w, 7) : CONN_UNKNOWN,
		.local = server ? c->server : c->client,
		.remote = server ? c->client : c->server,
	};

	if (c->transport >= TRANSPORT_UNIX_STREAM) {
		conn.local = conn.remote = (struct address){.family = ADDRESS_UNIX};
		if (server)
			conn.local_path = path;
		else
			conn.remote_path = path;
	}
	if (c->transport == TRANSPORT_UDP && one_in(w, 3))
		conn.remote = (struct address){0};
	tell(w, (struct event){.type = EVENT_CONN, .conn = conn});
}

static void open_chat(struct world *w, struct chat *c)
{
	static const enum transport transports[] = {
		TRANSPORT_TCP, TRANSPORT_TCP,	      TRANSPORT_TCP,	      TRANSPORT_TCP,
		TRANSPORT_UDP, TRANSPORT_UNIX_STREAM, TRANSPORT_UNIX_DATAGRAM};

	*c = (struct chat){.count = one_in(w, 2) ? 1 : 2,
			   .transport = transports[chance(w, COUNT(transports))],
			   .kind = (int)chance(w, 5),
			   .client = some_address(w, false),
			   .server = some_address(w, true)};
	c->tls = c->transport == TRANSPORT_TCP && one_in(w, 5);
	c->client.family = c->server.family == ADDRESS_INET6 ? ADDRESS_INET6 : c->client.family;
	for (size_t i = 0; i < c->count; i++) {
		bool server = i ? c->ends[0].role != ROLE_SERVER : one_in(w, 3);

		c->ends[i] = (struct end){.conn = ++w->conns,
					  .pid = some_pid(w),
					  .role = server ? ROLE_SERVER : ROLE_CLIENT};
		if (!one_in(w, 20))
			tell_conn(w, c, &c->ends[i]);
	}
}

static void close_chat(struct world *w, struct chat *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct end *e = &c->ends[i];

		if (one_in(w, 3))
			tell(w, (struct event){.type = EVENT_STATE,
					       .state = {.conn = e->conn,
							 .state = (enum conn_state)chance(w, 7),
							 .by = (enum conn_end)chance(w, 3),
							 .error = one_in(w, 2) ? 104 : 0}});
		if (!one_in(w, 5))
			tell(w,
			     (struct event){.type = EVENT_CLOSE,
					    .close = {e->conn,
						      e->moved[0][DIRECTION_SENT] + one_in(w, 10),
						      e->moved[0][DIRECTION_RECEIVED]}});
	}
	c->count = 0;
}

/* ---- what is said ---- */

static void tell_loss(struct world *w, uint64_t conn, enum direction d, uint64_t at, uint64_t len)
{
	if (one_in(w, 6))
		conn = 0;
	tell(w, (struct event){.type = EVENT_LOSS,
			       .loss = {.conn = conn,
					.events = 1,
					.bytes = len,
					.since = w->tape.ts - MS,
					.cause = (enum loss_cause)chance(w, 12),
					.direction = d,
					.placed = conn && !one_in(w, 3),
					.elsewhere = one_in(w, 10),
					.position = at}});
}

/* A call at one end. */
static void call(struct world *w, const struct chat *c, struct end *e, enum layer layer,
		 enum direction d, struct span bytes)
{
	uint64_t *position = &e->moved[layer][d];
	struct event_data data = {.conn = e->conn,
				  .offset = *position,
				  .len = bytes.len,
				  .payload = bytes,
				  .pid = e->pid,
				  .tid = e->pid + (one_in(w, 4) ? 1 : 0),
				  .fd = one_in(w, 2) ? -1 : 7,
				  .call = (enum call)(1 + chance(w, 23)),
				  .direction = d,
				  .layer = layer,
				  .begin_ts = one_in(w, 10) ? w->tape.ts - 2 * MS : 0};

	*position += bytes.len;
	if (one_in(w, 40)) { /* it is missing, and that is told, or not */
		if (!one_in(w, 3))
			tell_loss(w, e->conn, d, data.offset, data.len);
		return;
	}
	if (one_in(w, 30) && bytes.len) {
		data.payload.len = chance(w, (uint32_t)bytes.len);
		data.cut = (enum cut)(1 + chance(w, 5));
	}
	if (c->transport == TRANSPORT_UDP && one_in(w, 3))
		data.peer = e->role == ROLE_SERVER ? c->client : c->server;
	tell(w, (struct event){.type = EVENT_DATA, .data = data});
	if (one_in(w, 60)) /* told twice */
		tell(w, (struct event){.type = EVENT_DATA, .data = data});
}

/* In pieces, unless it is a datagram. */
static void move(struct world *w, const struct chat *c, struct end *e, enum layer layer,
		 enum direction d, struct span bytes)
{
	while (bytes.len > 1 && c->transport != TRANSPORT_UDP && one_in(w, 4)) {
		size_t n = 1 + chance(w, (uint32_t)bytes.len - 1);

		call(w, c, e, layer, d, span_of(bytes.data, n));
		bytes = span_of(bytes.data + n, bytes.len - n);
	}
	call(w, c, e, layer, d, bytes);
}

static void say(struct world *w, struct chat *c, bool request, struct span bytes)
{
	char record[2100] = {23, 3, 3, (char)(bytes.len >> 8), (char)bytes.len};

	assert_in_range(bytes.len, 1, sizeof(record) - 5);
	memset(record + 5, 0xe5, bytes.len);
	/* Who sends it does so first, mostly. */
	for (size_t i = 0; i < c->count; i++) {
		struct end *e = &c->ends[one_in(w, 10) ? c->count - 1 - i : i];
		enum direction d = (e->role == ROLE_CLIENT) == request ? DIRECTION_SENT
								       : DIRECTION_RECEIVED;

		if (c->tls)
			move(w, c, e, LAYER_WIRE, d, span_of(record, bytes.len + 5));
		move(w, c, e, c->tls ? LAYER_TLS : LAYER_WIRE, d, bytes);
	}
}

static void tell_tls(struct world *w, const struct chat *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct event_tls tls = {.conn = c->ends[i].conn,
					.object = 0x1000 + c->ends[i].conn,
					.pid = c->ends[i].pid,
					.library = one_in(w, 3) ? 0 : 1 + chance(w, 2),
					.tie = (enum tls_tie)chance(w, 8)};

		memset(tls.random, one_in(w, 3) ? 0 : 0x5a, sizeof(tls.random));
		tell(w, (struct event){.type = EVENT_TLS, .tls = tls});
	}
}

/* A question and its answer, of so many kinds as there are. */
static void words(struct world *w, const struct chat *c, char asked[256], char told[2048],
		  size_t len[2])
{
	static const int codes[] = {200, 200, 200, 204, 301, 404, 500, 503};
	static const char dns[] = "\0\7\1\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1";
	static const char address[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\2";
	uint32_t id = chance(w, 9), body = one_in(w, 6) ? 1500 : chance(w, 30);

	switch (c->kind) {
	case 0:
	case 1:
		len[0] = (size_t)sprintf(asked,
					 "%s /%s/%u?n=%u HTTP/1.1\r\nHost: shop\r\n"
					 "X-Request-Id: r%u\r\n%s\r\n",
					 id % 3 ? "GET" : "PUT", c->kind ? "users" : "a%20b", id,
					 chance(w, 3), chance(w, 40),
					 one_in(w, 20) ? "Connection: close\r\n" : "");
		len[1] = (size_t)sprintf(told,
					 "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\n"
					 "Content-Length: %u\r\n\r\n%*s",
					 codes[chance(w, COUNT(codes))], body, (int)body, "");
		return;
	case 2:
		len[0] = (size_t)sprintf(asked, "*2\r\n$3\r\nGET\r\n$6\r\nuser:%u\r\n", id);
		len[1] = (size_t)sprintf(told, "%s", one_in(w, 6) ? "-ERR no\r\n" : "$2\r\nhi\r\n");
		return;
	case 3:
		len[0] = sizeof(dns) - 1;
		memcpy(asked, dns, len[0]);
		asked[0] = (char)(1 + c->asked);
		memcpy(told, asked, len[0]);
		told[2] = (char)0x81;
		told[3] = (char)(one_in(w, 5) ? 0x83 : 0x80);
		told[7] = 1;
		memcpy(told + len[0], address, sizeof(address) - 1);
		len[1] = len[0] + sizeof(address) - 1;
		return;
	default:
		len[0] = (size_t)sprintf(asked, "HELLO %u\n", id);
		len[1] = (size_t)sprintf(told, "%c\x1b[31m\xe2\x80\xae%u\n", (int)id, id);
	}
}

static void talk(struct world *w, struct chat *c)
{
	char asked[256], told[2048];
	size_t len[2];

	words(w, c, asked, told, len);
	if (c->tls && !c->asked)
		tell_tls(w, c);
	c->asked++;
	say(w, c, true, span_of(asked, len[0]));
	if (!one_in(w, 20))
		say(w, c, false, span_of(told, len[1]));
}

/* ---- what else happens ---- */

static void tell_library(struct world *w)
{
	tell(w, (struct event){
			.type = EVENT_LIBRARY,
			.library = {.library = chance(w, 3),
				    .pid = some_pid(w),
				    .kind = (enum tls_library)chance(w, 11),
				    .hook = (enum tls_hook)chance(w, 14),
				    .path = span_text(one_in(w, 3) ? "" : "/usr/lib/libssl.so.3"),
				    .version = span_text(one_in(w, 2) ? "" : "OpenSSL 3.0.9"),
				    .note = span_text(one_in(w, 2) ? "" : "a note")}});
}

static void tell_totals(struct world *w)
{
	tell(w, (struct event){.type = EVENT_TOTALS,
			       .totals = {.moved_bytes = 1000000,
					  .kept_bytes = 900000,
					  .lost_events = 7,
					  .lost_bytes = 60000,
					  .cut_bytes = 30000,
					  .snaplen_bytes = 10000,
					  .data_events = 1000,
					  .connections = w->conns}});
}

static void step(struct world *w)
{
	struct chat *c = &w->chats[chance(w, CHATS)];
	uint32_t what = chance(w, 100);

	if (!c->count)
		open_chat(w, c);
	else if (what < 84)
		talk(w, c);
	else if (what < 90)
		close_chat(w, c);
	else if (what < 92)
		tell_process(w, some_pid(w));
	else if (what < 93)
		tell(w, (struct event){.type = EVENT_PROCESS_EXIT,
				       .process_exit = {some_pid(w), (int32_t)chance(w, 3) - 1}});
	else if (what < 95)
		tell_loss(w, c->ends[0].conn, DIRECTION_SENT, c->ends[0].moved[0][0], 50);
	else if (what < 97)
		tell_library(w);
	else if (what < 98)
		tell_totals(w);
	else
		tell_conn(w, c, &c->ends[0]);
}

void sweep_chance_build(const char *dir, const char *name, uint32_t seed)
{
	struct world w = {.random = seed * 2654435761u};
	char folder[64];

	assert_in_range(snprintf(folder, sizeof(folder), "%s/%s", dir, name), 1, 50);
	assert_int_equal(mkdir(folder, 0700), 0);
	tape_build_begin(&w.tape, folder);
	w.tape.ts = SECOND;
	for (uint32_t pid = 100; pid < 110; pid++)
		tell_process(&w, pid);
	for (int i = 0; i < STEPS; i++)
		step(&w);
	tape_build_end(&w.tape);
}
