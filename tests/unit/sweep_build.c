/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/sweep_build.h"
#include "tests/unit/tape_build.h"

#define US	 INT64_C(1000)
#define MS	 (1000 * US)
#define SECOND	 (1000 * MS)
#define MINUTE	 (60 * SECOND)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	NGINX = 100,
	CURL = 200,
	APP = 300,
	REDIS = 400
};

/* A recording whose events are written in the order of their times, whenever they were told. */
struct tale {
	struct tape_build b;
	struct later {
		struct event event;
		size_t at;
		void *text; /* its own payload */
	} * list;
	size_t count;
	size_t size;
};

/* A connection that is spoken on. */
struct talk {
	struct tale *b;
	uint64_t id;
	uint32_t pid;
	uint32_t tid;
	enum role role;
	uint64_t there; /* bytes to the server */
	uint64_t back;
};

static void add(struct tale *t, int64_t at, struct event event, void *text)
{
	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : 64;
		t->list = realloc(t->list, t->size * sizeof(*t->list));
		assert_non_null(t->list);
	}
	event.ts = at;
	t->list[t->count] = (struct later){event, t->count, text};
	t->count++;
}

static int by_time(const void *a, const void *b)
{
	const struct later *one = a, *other = b;

	if (one->event.ts != other->event.ts)
		return one->event.ts < other->event.ts ? -1 : 1;
	return one->at < other->at ? -1 : 1;
}

static void begin(struct tale *t, const char *dir, const char *name)
{
	char folder[64];

	*t = (struct tale){0};
	assert_in_range(snprintf(folder, sizeof(folder), "%s/%s", dir, name), 1, 50);
	assert_int_equal(mkdir(folder, 0700), 0);
	tape_build_begin(&t->b, folder);
	tape_build_process(&t->b, NGINX, "nginx");
	tape_build_process(&t->b, CURL, "curl");
	tape_build_process(&t->b, REDIS, "redis-server");
	tape_build_event(&t->b, (struct event){
					.type = EVENT_PROCESS,
					.process = {.pid = APP,
						    .ppid = 1,
						    .uid = 1000,
						    .start_ts = 1,
						    .name = span_text("app"),
						    .exe = span_text("/srv/app"),
						    .cmdline = span_of("app\0--port\00080", 13),
						    .user = span_text("shop"),
						    .cgroup = span_text("/docker/0123"),
						    .container = span_text("0123456789abcdef")},
				});
}

static void end(struct tale *t)
{
	qsort(t->list, t->count, sizeof(*t->list), by_time);
	for (size_t i = 0; i < t->count; i++) {
		t->b.ts = t->list[i].event.ts;
		tape_build_event(&t->b, t->list[i].event);
		free(t->list[i].text);
	}
	free(t->list);
	tape_build_end(&t->b);
}

static struct talk open_as(struct tale *b, int64_t at, uint64_t id, uint32_t pid,
			   const struct event_conn *conn)
{
	struct event event = {.type = EVENT_CONN, .conn = *conn};

	event.conn.conn = id;
	event.conn.pid = pid;
	event.conn.opened_ts = at;
	event.conn.netns = 1;
	event.conn.fd = -1;
	event.conn.origin = conn->origin ? conn->origin : ORIGIN_OPENED;
	add(b, at, event, NULL);
	return (struct talk){.b = b, .id = id, .pid = pid, .role = conn->role};
}

static struct talk open_tcp(struct tale *b, int64_t at, uint64_t id, uint32_t pid, enum role role,
			    const char *local, const char *remote)
{
	return open_as(b, at, id, pid,
		       &(struct event_conn){.transport = TRANSPORT_TCP,
					    .role = role,
					    .local = tape_build_address(local),
					    .remote = tape_build_address(remote)});
}

static void say(struct talk *t, int64_t at, bool back, struct span text)
{
	uint64_t *position = back ? &t->back : &t->there;
	bool sent = back == (t->role == ROLE_SERVER);
	void *own = malloc(text.len + 1);

	assert_non_null(own);
	memcpy(own, text.data, text.len);
	add(t->b, at,
	    (struct event){.type = EVENT_DATA,
			   .data = {.conn = t->id,
				    .offset = *position,
				    .len = text.len,
				    .payload = span_of(own, text.len),
				    .pid = t->pid,
				    .tid = t->tid ? t->tid : t->pid,
				    .fd = -1,
				    .call = sent ? CALL_WRITE : CALL_READ,
				    .direction = sent ? DIRECTION_SENT : DIRECTION_RECEIVED}},
	    own);
	*position += text.len;
}

static void exchange(struct talk *t, int64_t at, int64_t took, const char *asked, const char *told)
{
	say(t, at, false, span_text(asked));
	say(t, at + took, true, span_text(told));
}

/* GET PATH, answered with CODE and BODY; MORE are heads of the request. */
static void get(struct talk *t, int64_t at, int64_t took, const char *path, const char *more,
		int code, const char *body)
{
	char asked[512], told[2048];

	assert_in_range(snprintf(asked, sizeof(asked), "GET %s HTTP/1.1\r\nHost: shop\r\n%s\r\n",
				 path, more),
			1, sizeof(asked) - 1);
	assert_in_range(snprintf(told, sizeof(told),
				 "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n\r\n%s", code,
				 code < 400 ? "OK" : "No", strlen(body), body),
			1, sizeof(told) - 1);
	exchange(t, at, took, asked, told);
}

static void leave(struct talk *t, int64_t at)
{
	bool server = t->role == ROLE_SERVER;

	add(t->b, at,
	    (struct event){
		    .type = EVENT_CLOSE,
		    .close = {t->id, server ? t->back : t->there, server ? t->there : t->back}},
	    NULL);
}

/* ---- few ---- */

static void build_few(const char *dir, const char *name, int count)
{
	struct tale b;
	struct talk t;

	begin(&b, dir, name);
	t = open_tcp(&b, SECOND, 1, CURL, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.2:80");
	/* At the same time, but for their order. */
	for (int i = 0; i < count; i++)
		get(&t, 2 * SECOND, 0, "/same", "", 200, "same");
	if (count)
		leave(&t, 3 * SECOND);
	end(&b);
}

/* ---- times and sizes ---- */

static const int64_t units[] = {US,	 10 * US,    100 * US,	  MS,
				10 * MS, 100 * MS,   SECOND,	  10 * SECOND,
				MINUTE,	 2 * MINUTE, 10 * MINUTE, 60 * MINUTE};

/* How one recording of the same differs from another. */
struct manner {
	const char *name;
	int64_t factor; /* so many times as long */
	const char *where;
	int code;	  /* of what fails */
	const char *more; /* heads */
	int last;	  /* of a list of 70 numbers, and other values */
	int count;	  /* of the shape that comes often */
};

/* A body with values of all kinds, of which some are the same whatever the manner. */
static void make_body(char body[1024], int i, const struct manner *m)
{
	size_t len = (size_t)sprintf(body,
				     "{\"id\":%d,\"kind\":%d,\"text\":\"%s\",\"real\":%d.5,"
				     "\"none\":null,\"yes\":%s,\"list\":[",
				     1000 + i, i % 3 + m->last % 2, m->last ? "new" : "old", i % 7,
				     m->last ? "true" : "false");

	for (int k = 0; k < 70; k++)
		len += (size_t)sprintf(body + len, "%d,", k == 69 ? m->last : k % 10);
	sprintf(body + len - 1, "],\"deep\":{\"a\":{\"b\":[{\"c\":%d}]}}}", m->last);
}

/* Each unit of time for its path, and one shape often enough for a distribution. */
static void build_times(const char *dir, const struct manner *m)
{
	struct tale b;
	int64_t at = SECOND;
	struct talk t;
	char path[64], body[1024];

	begin(&b, dir, m->name);
	t = open_tcp(&b, at, 1, CURL, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.2:80");
	for (int64_t took = 0; took < 3; took++, at += MS)
		get(&t, at, took, m->where, m->more, 200, "ok");
	for (size_t i = 0; i < COUNT(units); i++) {
		/* What rounds up to the unit, what is it to a part of it, and just above it. */
		const int64_t takes[] = {units[i] - units[i] / 2000 - 1,
					 units[i] - units[i] / 2000,
					 units[i] - units[i] / 200,
					 units[i] - 1,
					 units[i],
					 units[i] + 1,
					 units[i] + units[i] / 2};

		snprintf(path, sizeof(path), "/%s/%zu?unit=%zu", m->where + 1, i, i);
		for (size_t j = 0; j < COUNT(takes); j++, at += 2 * units[i] * m->factor)
			get(&t, at, takes[j] * m->factor, path, "", j == 3 ? m->code : 200, "ok");
	}
	for (int i = 0; i < m->count; i++, at += SECOND) {
		make_body(body, i, m);
		get(&t, at, (i % 17 + 1) * MS * m->factor, "/often", m->more,
		    i % 50 ? 200 : m->code, i % 3 ? body : "{\"a\":2,\"b\":[1,2]}");
	}
	leave(&t, at);
	end(&b);
}

static const struct manner manners[] = {
	{"times", 1, "/a", 500, "Accept: */*\r\n", 0, 300},
	{"slower", 3, "/b", 404, "Accept: */*\r\n", 0, 300},
	{"changed", 2, "/a", 503, "Accept: text/html\r\nX-New: 1\r\n", 7, 200},
};

static const size_t lengths[] = {0,	1,     9,     10,     99,      100,    511,   512,
				 999,	1000,  1001,  1023,   1024,    1025,   2047,  2048,
				 2049,	4095,  4096,  4097,   9999,    10000,  10239, 10240,
				 65535, 65536, 65537, 102400, 1048576, 1048577};

static void build_sizes(const char *dir)
{
	char *text = malloc(2u << 20), asked[128];
	struct tale b;
	struct talk t;

	assert_non_null(text);
	begin(&b, dir, "sizes");
	t = open_tcp(&b, SECOND, 1, NGINX, ROLE_SERVER, "10.0.0.2:80", "10.0.0.1:40000");
	for (size_t i = 0; i < COUNT(lengths); i++) {
		int64_t at = SECOND + (int64_t)i * MS;
		size_t head;

		snprintf(asked, sizeof(asked), "GET /length/%zu HTTP/1.1\r\nHost: shop\r\n\r\n",
			 lengths[i]);
		head = (size_t)sprintf(text,
				       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
				       "Content-Length: %zu\r\n\r\n",
				       lengths[i]);
		for (size_t j = 0; j < lengths[i]; j++)
			text[head + j] = "a quick brown fox\n"[j % 18];
		say(&t, at, false, span_text(asked));
		say(&t, at + 10 * US, true, span_of(text, head + lengths[i]));
	}
	leave(&t, 2 * SECOND);
	end(&b);
	free(text);
}

/* ---- who asks whom ---- */

/* A connection that is recorded at both its ends, by which the client's tells what it says twice.
 */
struct pair {
	struct talk client;
	struct talk server;
};

static struct pair open_pair(struct tale *b, uint64_t id, uint32_t from, uint32_t to,
			     const char *local, const char *remote)
{
	return (struct pair){open_tcp(b, SECOND, id, from, ROLE_CLIENT, local, remote),
			     open_tcp(b, SECOND, id + 1, to, ROLE_SERVER, remote, local)};
}

static void leave_pair(struct pair *p, int64_t at)
{
	leave(&p->client, at);
	leave(&p->server, at);
}

/* What both ends see: the server a part of a millisecond later, and earlier. */
static void get_pair(struct pair *p, int64_t at, int64_t took, const char *path, const char *more,
		     int code)
{
	get(&p->client, at, took, path, more, code, "page");
	get(&p->server, at + 100 * US, took - 200 * US, path, more, code, "page");
}

static void ask_redis(struct talk *t, int64_t at, int64_t took, const char *key)
{
	char asked[128];

	snprintf(asked, sizeof(asked), "*2\r\n$3\r\nGET\r\n$%zu\r\n%s\r\n", strlen(key), key);
	exchange(t, at, took, asked, "$1\r\nx\r\n");
}

/* A page, for which nginx asks the application, and that asks Redis again and again. */
static void serve_page(struct pair *front, struct pair *back, struct talk cache[2], int64_t at,
		       int i)
{
	static const char *const ids[] = {
		"", "X-Request-Id: 0123456789abcdef%02d\r\n",
		"traceparent: 00-0af7651916cd43dd8448eb211c8031%02d-b7ad6b7169203331-01\r\n"};
	char path[64], key[64], heads[128];
	int code = i % 7 == 6 ? 502 : 200;

	front->server.tid = back->client.tid = NGINX + 1 + (uint32_t)i % 2;
	back->server.tid = cache[0].tid = cache[1].tid = APP + 1 + (uint32_t)i % 3;
	snprintf(path, sizeof(path), "/users/%d/page?n=%d", i, i % 4);
	snprintf(heads, sizeof(heads), ids[i % 3], i);
	get_pair(front, at, 60 * MS, path, heads, code);
	get_pair(back, at + MS, 58 * MS, path, heads, code);
	for (int k = 0; k < 6 + i % 5; k++) {
		snprintf(key, sizeof(key), "user:%d", 100 * i + k);
		ask_redis(&cache[k % 3 == 2], at + (3 + 5 * k) * MS, (k + 1) * 300 * US, key);
	}
}

static void build_services(const char *dir)
{
	struct pair front, back;
	struct talk cache[2], shop;
	struct tale b;

	begin(&b, dir, "services");
	front = open_pair(&b, 1, CURL, NGINX, "10.0.0.1:40000", "10.0.0.2:80");
	back = open_pair(&b, 3, NGINX, APP, "127.0.0.1:40001", "127.0.0.1:8080");
	cache[0] = open_tcp(&b, SECOND, 5, APP, ROLE_CLIENT, "10.0.0.2:40002", "10.0.0.3:6379");
	cache[1] = open_as(&b, SECOND, 6, APP,
			   &(struct event_conn){.transport = TRANSPORT_UNIX_STREAM,
						.role = ROLE_CLIENT,
						.local = {.family = ADDRESS_UNIX},
						.remote = {.family = ADDRESS_UNIX},
						.remote_path = span_text("/run/redis.sock")});
	/* Of a server in another network that has the same address. */
	shop = open_tcp(&b, SECOND, 7, APP, ROLE_CLIENT, "[fd00::1]:40003", "[fd00::2]:8081");
	for (int i = 0; i < 24; i++) {
		serve_page(&front, &back, cache, 2 * SECOND + i * 100 * MS, i);
		if (i % 4 == 0)
			get(&shop, 2 * SECOND + (i * 100 + 50) * MS, 4 * MS, "/stock", "", 200,
			    "3");
	}
	leave_pair(&front, 5 * SECOND);
	leave_pair(&back, 5 * SECOND);
	leave(&cache[0], 5 * SECOND);
	leave(&shop, 5 * SECOND);
	end(&b);
}

/* ---- what findings are of ---- */

/* Connection ID of its own, and addresses that tell it from others. */
static struct talk open_odd(struct tale *b, int64_t at, uint64_t id, uint32_t pid)
{
	char local[32], remote[32];

	snprintf(local, sizeof(local), "10.1.0.1:%u", 20000 + (unsigned)id);
	snprintf(remote, sizeof(remote), "10.2.0.%u:80", (unsigned)id % 250 + 1);
	return open_tcp(b, at, id, pid, ROLE_CLIENT, local, remote);
}

/* A first answer that takes FIRST, and COUNT that take LATER. */
static void start_slowly(struct tale *b, int64_t at, uint64_t id, int64_t first, int64_t later,
			 int count)
{
	struct talk t = open_odd(b, at, id, CURL);

	get(&t, at + MS, first, "/first", "", 200, "ok");
	for (int i = 0; i < count; i++)
		get(&t, at + SECOND + i * SECOND, later, "/later", "", 200, "ok");
	leave(&t, at + 20 * SECOND);
}

/* A request, or an answer, of which the second part comes GAP later. */
static void stand_still(struct tale *b, int64_t at, uint64_t id, int64_t gap, bool back)
{
	struct talk t = open_odd(b, at, id, CURL);
	int64_t asked = at + MS, told = asked + gap + MS;

	say(&t, asked, false, span_text("GET /parts HTTP/1.1\r\n"));
	say(&t, back ? asked : asked + gap, false, span_text("Host: a\r\n\r\n"));
	say(&t, told, true, span_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"));
	say(&t, back ? told + gap : told, true, span_text("ok"));
	leave(&t, told + SECOND);
}

/* A request that fails, and the same again so much later. */
static void try_again(struct tale *b, int64_t at, uint64_t id, int64_t later)
{
	struct talk t = open_odd(b, at, id, CURL);

	get(&t, at, MS, "/again", "", 503, "no");
	get(&t, at + later, MS, "/again", "", 200, "ok");
	leave(&t, at + later + SECOND);
}

/*
 * A process with one connection that has two requests to answer: the second waits for WAIT until
 * the connection is free, and takes it TAKEN later.
 */
static void wait_for_pool(struct tale *b, int64_t at, uint64_t id, int64_t wait, int64_t taken)
{
	uint32_t pid = 1000 + (uint32_t)id;
	struct talk served[2], asks = open_odd(b, at, id, pid);
	int64_t free_at = at + 10 * MS + wait;

	for (uint64_t i = 0; i < 2; i++) {
		char remote[32];

		snprintf(remote, sizeof(remote), "10.3.0.1:%u", 30000 + (unsigned)(2 * id + i));
		served[i] = open_tcp(b, at, id + 1 + i, pid, ROLE_SERVER, "10.1.0.1:8080", remote);
		served[i].tid = pid + 1 + (uint32_t)i;
	}
	get(&served[0], at + MS, free_at - at + MS, "/one", "", 200, "1");
	get(&served[1], at + 10 * MS, wait + taken + 100 * MS, "/two", "", 200, "2");
	asks.tid = served[0].tid;
	get(&asks, at + 2 * MS, free_at - at - 2 * MS, "/of-one", "", 200, "1");
	asks.tid = served[1].tid;
	get(&asks, free_at + taken, MS, "/of-two", "", 200, "2");
	leave(&asks, at + 10 * SECOND);
}

/* Not answered, and the recording goes on for so long. */
static void give_up(struct tale *b, int64_t at, uint64_t id, enum conn_end by, bool closes)
{
	struct talk t = open_odd(b, at, id, CURL);

	say(&t, at, false, span_text("GET /never HTTP/1.1\r\nHost: a\r\n\r\n"));
	if (by)
		add(b, at + SECOND,
		    (struct event){.type = EVENT_STATE,
				   .state = {.conn = id,
					     .state = CONN_RESET,
					     .by = by,
					     .error = by == END_REMOTE ? CONN_ERROR_CONNRESET : 0}},
		    NULL);
	if (closes)
		leave(&t, at + 2 * SECOND);
}

static void build_odd(const char *dir)
{
	static const int64_t gaps[] = {39 * MS - 1, 39 * MS, 45 * MS, 45 * MS + 1};
	static const int64_t agains[] = {SECOND, MINUTE - 1, MINUTE, MINUTE + 1};
	static const int64_t waits[] = {50 * MS - 1, 50 * MS, 50 * MS + 1, 80 * MS};
	int64_t at = SECOND;
	uint64_t id = 1;
	struct tale b;

	begin(&b, dir, "odd");
	for (size_t i = 0; i < 8; i++, at += 2 * MINUTE)
		stand_still(&b, at, id++, gaps[i % 4], i / 4);
	for (size_t i = 0; i < 4; i++, at += 2 * MINUTE)
		try_again(&b, at, id++, agains[i]);
	for (size_t i = 0; i < 8; i++, at += 2 * MINUTE, id += 3)
		wait_for_pool(&b, at, id, waits[i % 4], i < 4 ? MS : 5 * MS + (int64_t)i - 5);
	start_slowly(&b, at, id++, 100 * MS - 1, 10 * MS, 5);
	start_slowly(&b, at, id++, 100 * MS, 10 * MS, 5);
	start_slowly(&b, at, id++, 100 * MS, 10 * MS + 1, 5);
	start_slowly(&b, at, id++, 100 * MS, 10 * MS, 4);
	start_slowly(&b, at, id++, 200 * MS, 20 * MS - 1, 6);
	at += MINUTE;
	for (int i = 0; i < 6; i++)
		give_up(&b, at, id++, (enum conn_end)(i / 2), i % 2);
	/* Still open when the recording ends, ten seconds after the one. */
	at += MINUTE;
	give_up(&b, at, id++, END_UNKNOWN, false);
	give_up(&b, at + 1, id++, END_UNKNOWN, false);
	start_slowly(&b, at - 10 * SECOND, id++, MS, MS, 1);
	end(&b);
}

/* ---- how connections may end ---- */

static void build_ends(const char *dir)
{
	static const int64_t handshakes[] = {
		0, 1, 950 * MS - 1, 950 * MS, 950 * MS + 1, SECOND, 3 * SECOND};
	uint64_t id = 1;
	struct tale b;

	begin(&b, dir, "ends");
	for (int error = 0; error < 40; error++)
		for (int state = 0; state < 5; state++, id++) {
			struct talk t = open_odd(&b, SECOND + (int64_t)id * MS, id,
						 id % 2 ? CURL : APP);

			if (id % 3)
				get(&t, 2 * SECOND + (int64_t)id * MS, MS, "/end", "", 200, "ok");
			add(&b, 3 * SECOND + (int64_t)id * MS,
			    (struct event){.type = EVENT_STATE,
					   .state = {.conn = id,
						     .state = (enum conn_state)state,
						     .by = (enum conn_end)(id / 5 % 3),
						     .error = (uint16_t)error}},
			    NULL);
			if (id % 2)
				leave(&t, 4 * SECOND + (int64_t)id * MS);
		}
	for (size_t i = 0; i < 2 * COUNT(handshakes); i++, id++) {
		int64_t at = 10 * SECOND + (int64_t)i * MS;
		struct talk t = open_as(
			&b, at, id, CURL,
			&(struct event_conn){.transport = TRANSPORT_TCP,
					     .role = ROLE_CLIENT,
					     .local = tape_build_address("10.1.0.1:50000"),
					     .remote = tape_build_address("10.2.0.1:80"),
					     .state = i % 2 ? CONN_ESTABLISHED : CONN_OPENING,
					     .state_ts = at,
					     .established_ts = i % 2 ? at + handshakes[i / 2] : 0});

		if (i % 2)
			get(&t, at + 4 * SECOND, MS, "/late", "", 200, "ok");
		leave(&t, at + 5 * SECOND + handshakes[i / 2]);
	}
	end(&b);
}

/* ---- many ---- */

static void build_many(const char *dir)
{
	struct tale b;
	struct talk t[4];
	char key[32];

	begin(&b, dir, "many");
	for (unsigned i = 0; i < COUNT(t); i++) {
		char local[32];

		snprintf(local, sizeof(local), "10.0.0.1:%u", 40000 + i);
		t[i] = open_tcp(&b, SECOND, i + 1, APP, ROLE_CLIENT, local, "10.0.0.3:6379");
	}
	for (int i = 0; i < 16400; i++) {
		struct talk *one = &t[i / 7 % (int)COUNT(t)];
		int64_t at = 2 * SECOND + i * 100 * US;

		snprintf(key, sizeof(key), "k%d", i);
		if (i % 2)
			ask_redis(one, at, (i % 90) * US, key);
		else
			exchange(one, at, 50 * US, "*1\r\n$5\r\nWRONG\r\n", "-ERR no\r\n");
	}
	end(&b);
}

/* ---- a crowd ---- */

/* More services, clients and shapes than a small memory holds. */
static void build_crowd(const char *dir)
{
	struct tale b;

	begin(&b, dir, "crowd");
	for (unsigned i = 0; i < 3000; i++) {
		char local[32], remote[32], path[64], heads[64];
		int64_t at = SECOND + i * MS;
		struct talk t;

		snprintf(local, sizeof(local), "10.1.%u.%u:40000", i / 250 % 4, i % 250 + 1);
		snprintf(remote, sizeof(remote), "10.2.%u.%u:80", i / 250, i % 250 + 1);
		snprintf(path, sizeof(path), "/of-%c%c%c/page", 'a' + (int)(i % 26),
			 'a' + (int)(i / 26 % 26), 'a' + (int)(i / 676));
		snprintf(heads, sizeof(heads), "X-Request-Id: %u\r\n", i / 2);
		t = open_tcp(&b, at, i + 1, i % 3 ? CURL : 1000 + i, ROLE_CLIENT, local, remote);
		get(&t, at + MS, (i % 100) * MS, path, heads, i % 10 ? 200 : 500, "ok");
		leave(&t, at + SECOND);
	}
	end(&b);
}

/* A capture without packets. */
static void build_empty(const char *dir)
{
	static const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/empty.pcap", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(head, 1, sizeof(head), file), sizeof(head));
	assert_int_equal(fclose(file), 0);
}

void sweep_build(const char *dir)
{
	build_empty(dir);
	build_few(dir, "none", 0);
	build_few(dir, "one", 1);
	build_few(dir, "two", 2);
	for (size_t i = 0; i < COUNT(manners); i++)
		build_times(dir, &manners[i]);
	build_sizes(dir);
	build_services(dir);
	build_odd(dir);
	build_ends(dir);
	build_many(dir);
	build_crowd(dir);
}
