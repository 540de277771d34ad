/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/sweep_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/buffer.h"
#include "tests/unit/pgsql_messages.h"
#include "tests/unit/tape_build.h"

#define MS	 INT64_C(1000000)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIRST	 1000 /* of the processes */
#define CROWD	 110
#define ROW	 70 /* processes that ask each other */

/* A connection of which one end is recorded. */
struct line {
	struct tape_build *tape;
	uint64_t conn;
	uint32_t pid;
	enum role role;
	uint64_t moved[2];
};

/* A number that no other connection has. */
static uint64_t next_conn(const struct tape_build *b)
{
	return (uint64_t)(b->ts / MS); /* each event is a millisecond later */
}

static struct line begin(struct tape_build *b, uint32_t pid, enum role role, const char *local,
			 const char *remote)
{
	struct line l = {.tape = b, .conn = next_conn(b), .pid = pid, .role = role};

	tape_build_conn(b, &(struct tape_conn_spec){.id = l.conn,
						    .transport = TRANSPORT_TCP,
						    .role = role,
						    .local = local,
						    .remote = remote,
						    .pid = pid});
	return l;
}

static void move(struct line *l, bool request, struct span bytes)
{
	enum direction d = (l->role == ROLE_CLIENT) == request ? DIRECTION_SENT
							       : DIRECTION_RECEIVED;

	tape_build_data(l->tape, &(struct event_data){.conn = l->conn,
						      .offset = l->moved[d],
						      .len = bytes.len,
						      .payload = bytes,
						      .pid = l->pid,
						      .direction = d});
	l->moved[d] += bytes.len;
}

static void end(struct line *l)
{
	tape_build_close(l->tape, l->conn, l->moved[DIRECTION_SENT], l->moved[DIRECTION_RECEIVED]);
}

static void repeat(struct buffer *b, const char *text, size_t times)
{
	while (times--)
		buffer_append_text(b, text);
}

static void say(struct line *l, bool request, struct buffer *b)
{
	assert_false(b->failed);
	move(l, request, buffer_span(b));
	buffer_clear(b);
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/* ---- as long as that ---- */

static const size_t lengths[] = {
	14,  15,  16,	31,   32,   33,	  39,	40,   41,   59,	  60,	61,   63,   64,	 65,
	79,  80,  81,	99,   100,  101,  118,	119,  120,  121,  238,	239,  240,  241, 254,
	255, 256, 257,	258,  259,  260,  261,	262,  298,  299,  300,	301,  302,  398, 399,
	400, 401, 1000, 1022, 1023, 1024, 1025, 2020, 2047, 2048, 2049, 4095, 4096, 4097};

static void build_lengths(struct tape_build *b)
{
	struct line l = begin(b, FIRST, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.2:80");
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		buffer_append_text(&text, "GET /");
		for (size_t k = 0; k < lengths[i]; k++)
			buffer_append_char(&text, "abcdefg/"[k % (i % 2 ? 8 : 7)]);
		buffer_append_text(&text, " HTTP/1.1\r\nHost: ");
		repeat(&text, "h", lengths[i]);
		buffer_append_text(&text, "\r\nX-Long: ");
		repeat(&text, "v", lengths[i]);
		buffer_append_text(&text, "\r\nAccept: x\r\n\r\n");
		say(&l, true, &text);
		buffer_printf(&text, "HTTP/1.1 %d ", i % 5 ? 200 : 500);
		repeat(&text, "r", lengths[i]);
		buffer_printf(&text, "\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
			      lengths[i]);
		repeat(&text, "b", lengths[i] - 1);
		buffer_append_text(&text, "\n");
		say(&l, false, &text);
	}
	end(&l);
	buffer_free(&text);
}

/* Bodies that are one call, as long as a segment is, or longer. */
static void build_segments(struct tape_build *b)
{
	static const size_t sizes[] = {1459, 1460, 65000, 65535, 65536, 65537, 131072, 200000};
	struct line l = begin(b, FIRST, ROLE_CLIENT, "10.0.0.1:40001", "10.0.0.2:80");
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		move(&l, true, span_text("GET /segment HTTP/1.1\r\nHost: a\r\n\r\n"));
		buffer_printf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
		repeat(&text, "s", sizes[i]);
		say(&l, false, &text);
	}
	end(&l);
	buffer_free(&text);
}

/* ---- as often ---- */

/* Calls of one exchange. */
static void build_calls(struct tape_build *b)
{
	struct line l = begin(b, FIRST + 1, ROLE_SERVER, "10.0.0.2:80", "10.0.0.1:40002");

	for (size_t calls = 47; calls < 54; calls++) {
		char head[128];

		snprintf(head, sizeof(head),
			 "PUT /calls/%zu HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", calls, calls);
		move(&l, true, span_text(head));
		for (size_t i = 0; i < calls; i++)
			move(&l, true, span_text("c"));
		move(&l, false, span_text(ok));
	}
	end(&l);
}

/* Exchanges in one call. */
static void build_pipelines(struct tape_build *b)
{
	static const size_t counts[] = {2, 48, 49, 50, 51, 52, 99, 100, 101, 102};
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct line l = begin(b, FIRST + 2, ROLE_CLIENT, "10.0.0.1:40003", "10.0.0.2:80");

		repeat(&text, "GET /pipe HTTP/1.1\r\nHost: a\r\n\r\n", counts[i]);
		say(&l, true, &text);
		repeat(&text, ok, counts[i]);
		say(&l, false, &text);
		end(&l);
	}
	buffer_free(&text);
}

/* Processes with command lines that end where they are cut, and a connection each to one server. */
static void build_crowd(struct tape_build *b)
{
	struct buffer text = {0};

	for (uint32_t i = 0; i < CROWD; i++) {
		char name[16], remote[32], local[32];

		snprintf(name, sizeof(name), "p%u", i);
		repeat(&text, "c", 395 + i % 12);
		buffer_append_char(&text, '\0');
		tape_build_event(b, (struct event){.type = EVENT_PROCESS,
						   .process = {.pid = FIRST + i,
							       .ppid = 1,
							       .start_ts = 1,
							       .name = span_text(name),
							       .cmdline = buffer_span(&text)}});
		buffer_clear(&text);
		snprintf(local, sizeof(local), "10.0.1.%u:50000", i + 1);
		snprintf(remote, sizeof(remote), "10.0.0.%u:%u", 3 + i % 3, 8000 + i % 9);
		for (uint32_t k = 0; k < i % 4; k++) {
			struct line l = begin(b, FIRST + i, ROLE_CLIENT, local, remote);

			move(&l, true, span_text("GET /crowd HTTP/1.1\r\nHost: a\r\n\r\n"));
			move(&l, false, span_text(ok));
			end(&l);
		}
	}
	buffer_free(&text);
}

/* ---- as deep ---- */

/* Each process asks the next one before it answers. */
static void build_row(struct tape_build *b)
{
	struct line asks[ROW], serves[ROW];

	for (uint32_t i = 0; i < ROW; i++) {
		char local[32], remote[32], head[128];

		snprintf(local, sizeof(local), "127.0.0.1:%u", 20000 + i);
		snprintf(remote, sizeof(remote), "127.0.0.1:%u", 30000 + i);
		asks[i] = begin(b, FIRST + i, ROLE_CLIENT, local, remote);
		serves[i] = begin(b, FIRST + i + 1, ROLE_SERVER, remote, local);
		snprintf(head, sizeof(head),
			 "GET /row/%u HTTP/1.1\r\nHost: a\r\nX-Request-Id: of-the-row\r\n\r\n", i);
		move(&asks[i], true, span_text(head));
		move(&serves[i], true, span_text(head));
	}
	for (uint32_t i = ROW; i-- > 0;) {
		move(&serves[i], false, span_text(ok));
		move(&asks[i], false, span_text(ok));
		end(&serves[i]);
		end(&asks[i]);
	}
}

/* Bodies of JSON with lists in lists, and with so many members. */
static void build_json(struct tape_build *b)
{
	struct line l = begin(b, FIRST + 3, ROLE_CLIENT, "10.0.0.1:40004", "10.0.0.2:80");
	struct buffer text = {0}, body = {0};

	for (size_t depth = 9; depth < 16; depth++) {
		move(&l, true, span_text("GET /json HTTP/1.1\r\nHost: a\r\n\r\n"));
		repeat(&body, "[", depth);
		for (size_t i = 0; i < 53 + depth; i++)
			buffer_printf(&body, "%s{\"k%zu\":%zu}", i ? "," : "", i, i * depth);
		repeat(&body, "]", depth);
		buffer_printf(&text,
			      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			      "Content-Length: %zu\r\n\r\n",
			      body.len);
		buffer_append_span(&text, buffer_span(&body));
		buffer_clear(&body);
		say(&l, false, &text);
	}
	end(&l);
	buffer_free(&text);
	buffer_free(&body);
}

static void build_sql(struct tape_build *b)
{
	struct line l = begin(b, FIRST + 4, ROLE_CLIENT, "10.0.0.1:40005", "10.0.0.2:5432");
	struct buffer text = {0};

	move(&l, true, span_of(STARTUP, sizeof(STARTUP) - 1));
	move(&l, false, span_of(WELCOME, sizeof(WELCOME) - 1));
	for (size_t depth = 61; depth < 68; depth++) {
		size_t len = 4 + strlen("select ") + 2 * depth + 3 + 1;

		buffer_append_char(&text, 'Q');
		buffer_append_char(&text, 0);
		buffer_append_char(&text, 0);
		buffer_append_char(&text, (char)(len >> 8));
		buffer_append_char(&text, (char)len);
		buffer_append_text(&text, "select ");
		repeat(&text, "(", depth);
		buffer_append_text(&text, "'x'");
		repeat(&text, ")", depth);
		buffer_append_char(&text, 0);
		say(&l, true, &text);
		move(&l, false, span_of("C\0\0\0\x0dSELECT 1\0" READY, 14 + sizeof(READY) - 1));
	}
	end(&l);
	buffer_free(&text);
}

void sweep_limits_build(const char *dir)
{
	char folder[64];
	struct tape_build b;

	assert_in_range(snprintf(folder, sizeof(folder), "%s/limits", dir), 1, 50);
	assert_int_equal(mkdir(folder, 0700), 0);
	tape_build_begin(&b, folder);
	build_crowd(&b);
	build_lengths(&b);
	build_segments(&b);
	build_calls(&b);
	build_pipelines(&b);
	build_row(&b);
	build_json(&b);
	build_sql(&b);
	tape_build_end(&b);
}
